use super::ip_block::cidr;
use super::pod::one_of_each_family;
use super::{ValidateOptions, object_meta};
use crate::field::{Error, ErrorList, Path, origin};
use crate::model::{Kind, Node};

/// Every fault of a new Node: its metadata and the ranges of its pods. Its addresses may be
/// anything, host names among them.
///
/// Source: `ValidateNode` of kubernetes/pkg/apis/core/validation.
#[must_use]
pub fn node(node: &Node, options: &ValidateOptions) -> ErrorList {
    let mut errors = object_meta(&node.metadata, Kind::Node, &Path::new("metadata"));
    let path = Path::new("spec");
    let single = &node.spec.pod_cidr;
    let single_range = if single.is_empty() {
        None
    } else {
        cidr(single, options, &path.child("podCIDR"), &mut errors)
    };

    let path = path.child("podCIDRs");
    let mut families = Vec::new();
    for (index, text) in node.spec.pod_cidrs.iter().enumerate() {
        let path = path.index(index);
        let Some(range) = cidr(text, options, &path, &mut errors) else { continue };
        families.push(range.network().addr().is_ipv4());
        if index == 0 && single_range.is_some_and(|single| single.network() != range.network()) {
            let detail = "must be equal to `podCIDR`";
            errors.push(Error::invalid(&path, text, detail, origin::FIRST_OF_LIST));
        }
    }
    errors.append(one_of_each_family(families.into_iter(), &node.spec.pod_cidrs, "CIDR", || {
        path.clone()
    }));
    errors
}

#[cfg(test)]
mod tests {
    use super::node;
    use crate::field::ErrorKind::{Duplicate, Forbidden, Invalid};
    use crate::field::{ErrorKind, origin};
    use crate::options::CidrStrictness;
    use crate::validate::ValidateOptions;
    use crate::validate::assertions::assert_errors;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(spec: Value, strict: bool, expected: &[(ErrorKind, &str, &str)]) {
        let cidrs = if strict { CidrStrictness::Strict } else { CidrStrictness::Legacy };
        let options = ValidateOptions { cidrs, ..ValidateOptions::default() };
        let object = json!({"metadata": {"name": "node-1.example"}, "spec": spec,
                            "status": {"addresses": [{"type": "Hostname", "address": "n o"}]}});
        assert_errors(&node(&serde_json::from_value(object).unwrap(), &options), expected);
    }

    #[test]
    fn pod_ranges() {
        check(json!({}), false, &[]);
        check(
            json!({"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24", "fd00:1::/64"]}),
            true,
            &[],
        );
        check(
            json!({"podCIDR": "10.1.0.0", "podCIDRs": ["x"]}),
            false,
            &[(Invalid, "spec.podCIDR", origin::CIDR), (Invalid, "spec.podCIDRs[0]", origin::CIDR)],
        );
        check(
            json!({"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.2.0.0/24", "10.2.0.0/24"]}),
            false,
            &[
                (Invalid, "spec.podCIDRs[0]", origin::FIRST_OF_LIST),
                (Invalid, "spec.podCIDRs", origin::FAMILY_UNIQUE),
                (Duplicate, "spec.podCIDRs[1]", origin::UNIQUE),
            ],
        );
        check(json!({"podCIDRs": ["10.1.0.1/24"]}), false, &[]);
        check(
            json!({"podCIDRs": ["10.1.0.1/24"]}),
            true,
            &[(Invalid, "spec.podCIDRs[0]", origin::CIDR_STRICT)],
        );
    }

    #[test]
    fn nodes_have_no_namespace() {
        let object = json!({"metadata": {"name": "node-1", "namespace": "default"}});
        assert_errors(
            &node(&serde_json::from_value(object).unwrap(), &ValidateOptions::default()),
            &[(Forbidden, "metadata.namespace", origin::NAMESPACE_FORBIDDEN)],
        );
    }
}
