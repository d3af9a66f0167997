use std::collections::BTreeSet;

use super::{ValidateOptions, label_selector, network_policy_spec, object_meta_update};
use crate::field::{ErrorList, Path};
use crate::model::{NetworkPolicy, NetworkPolicySpec};

/// Every fault of a NetworkPolicy that is to replace `old`.
///
/// The whole spec may change. So that a policy stored under older rules can still be changed, two
/// leniencies are granted beyond those of `options`: a CIDR that is written the same anywhere in
/// `old` passes as it is, and when `old` has a faulty `spec.podSelector`, malformed label values
/// in any `matchExpressions` pass.
///
/// Sources: `ValidateNetworkPolicyUpdate` and `ValidationOptionsForNetworking` of
/// kubernetes/pkg/apis/networking/validation.
#[must_use]
pub fn network_policy_update(
    new: &NetworkPolicy,
    old: &NetworkPolicy,
    options: &ValidateOptions,
) -> ErrorList {
    let mut options = options.clone();
    options.grandfathered_cidrs.append(&mut cidrs(&old.spec));
    let subject_faults =
        label_selector(&old.spec.pod_selector, &ValidateOptions::default(), &Path::root());
    options.invalid_label_values_in_selectors |= !subject_faults.is_empty();

    let mut errors = object_meta_update(&new.metadata, &old.metadata, &Path::new("metadata"));
    errors.append(network_policy_spec(&new.spec, &options, &Path::new("spec")));
    errors
}

/// Every CIDR and except of a spec, as written.
fn cidrs(spec: &NetworkPolicySpec) -> BTreeSet<String> {
    let from = spec.ingress.iter().flat_map(|rule| &rule.from);
    let to = spec.egress.iter().flat_map(|rule| &rule.to);
    from.chain(to)
        .filter_map(|peer| peer.ip_block.as_ref())
        .flat_map(|block| std::iter::once(&block.cidr).chain(&block.except))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::network_policy_update;
    use crate::field::ErrorKind::Invalid;
    use crate::field::{ErrorKind, origin};
    use crate::model::NetworkPolicy;
    use crate::options::CidrStrictness;
    use crate::validate::ValidateOptions;
    use crate::validate::assertions::assert_errors;
    use serde_json::{Value, json};

    fn policy(spec: Value) -> NetworkPolicy {
        let metadata = json!({"name": "foo", "namespace": "bar", "resourceVersion": "1"});
        serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap()
    }

    #[track_caller]
    fn check(old: Value, new: Value, expected: &[(ErrorKind, &str, &str)]) {
        let options =
            ValidateOptions { cidrs: CidrStrictness::Strict, ..ValidateOptions::default() };
        assert_errors(&network_policy_update(&policy(new), &policy(old), &options), expected);
    }

    fn block(cidr: &str, except: &[&str]) -> Value {
        json!({"ipBlock": {"cidr": cidr, "except": except}})
    }

    #[test]
    fn no_change() {
        check(json!({}), json!({}), &[]);
    }

    #[test]
    fn change_name() {
        let mut new = policy(json!({}));
        new.metadata.name = "baz".to_owned();
        assert_errors(
            &network_policy_update(&new, &policy(json!({})), &ValidateOptions::default()),
            &[(Invalid, "metadata.name", origin::IMMUTABLE)],
        );
    }

    #[test]
    fn the_spec_may_change_and_is_reported_once() {
        check(
            json!({"policyTypes": ["Ingress"]}),
            json!({"egress": [{"ports": [{"port": 0}]}], "policyTypes": ["Egress"]}),
            &[(Invalid, "spec.egress[0].ports[0].port", origin::PORT_NUMBER)],
        );
    }

    #[test]
    fn cidrs_of_the_old_object_pass_anywhere_in_the_new() {
        let old = json!({"ingress": [{"from": [block("010.0.0.0/8", &["10.1.2.3/16", "bad"])]}]});
        check(old.clone(), old.clone(), &[]);
        check(
            old.clone(),
            json!({"egress": [{"to": [block("10.1.2.3/16", &[]), block("bad", &["x"])]}]}),
            &[],
        );
        check(
            old,
            json!({"ingress": [{"from": [block("010.0.0.0/9", &["10.1.2.3/16", "worse"])]}]}),
            &[
                (Invalid, "spec.ingress[0].from[0].ipBlock.cidr", origin::CIDR_STRICT),
                (Invalid, "spec.ingress[0].from[0].ipBlock.except[1]", origin::CIDR),
            ],
        );
        check(
            json!({"egress": [{"to": [block("010.0.0.0/8", &[])]}]}),
            json!({"ingress": [{"from": [block("010.0.0.0/8", &["10.1.2.3/16"])]}]}),
            &[(Invalid, "spec.ingress[0].from[0].ipBlock.except[0]", origin::CIDR_STRICT)],
        );
    }

    #[test]
    fn a_faulty_old_subject_excuses_label_values_everywhere() {
        let expression = |value: &str| json!({"matchExpressions": [{"key": "a", "operator": "In", "values": [value]}]});
        let new = json!({
            "podSelector": expression("-"),
            "ingress": [{"from": [{"podSelector": expression("-")}]}]
        });
        let subject = "spec.podSelector.matchExpressions[0].values[0]";
        let peer = "spec.ingress[0].from[0].podSelector.matchExpressions[0].values[0]";
        let faults =
            [(Invalid, subject, origin::LABEL_VALUE), (Invalid, peer, origin::LABEL_VALUE)];
        check(json!({}), new.clone(), &faults);
        check(json!({"podSelector": expression("-")}), new.clone(), &[]);
        check(json!({"podSelector": {"matchLabels": {"a": "-"}}}), new.clone(), &[]);
        // Only the subject of the old object is looked at.
        check(json!({"ingress": [{"from": [{"podSelector": expression("-")}]}]}), new, &faults);
        check(
            json!({"podSelector": expression("-")}),
            json!({"podSelector": {"matchLabels": {"a": "-"}}}),
            &[(Invalid, "spec.podSelector.matchLabels", origin::LABEL_VALUE)],
        );
    }
}
