use ipnet::IpNet;

use crate::diagnostic::Problem;
use crate::field::Path;
use crate::model::{IpBlock, NetworkPolicyPeer};
use crate::net::{Cidr, CidrObjection};
use crate::validate::ValidateOptions;

/// Collects what is to be said of ranges of addresses.
pub(super) struct CidrWarnings<'options> {
    options: &'options ValidateOptions,
    pub(super) problems: Vec<Problem>,
}

impl<'options> CidrWarnings<'options> {
    pub(super) fn new(options: &'options ValidateOptions) -> CidrWarnings<'options> {
        CidrWarnings { options, problems: Vec::new() }
    }

    /// Those of a rule's peers.
    pub(super) fn peers(&mut self, peers: &[NetworkPolicyPeer], path: &Path) {
        for (index, peer) in peers.iter().enumerate() {
            if let Some(block) = &peer.ip_block {
                self.ip_block(block, &path.index(index).child("ipBlock"));
            }
        }
    }

    fn ip_block(&mut self, block: &IpBlock, path: &Path) {
        self.cidr(&block.cidr, &path.child("cidr"));
        let path = path.child("except");
        for (index, except) in block.except.iter().enumerate() {
            self.cidr(except, &path.index(index));
        }
    }

    /// One of a `networks` peer, in which bits beyond the prefix are never refused.
    pub(super) fn network(&mut self, text: &str, path: &Path) {
        if let Ok(cidr) = Cidr::parse_network(text) {
            self.host_bits(text, &cidr, path, false);
        }
    }

    /// One of an object older than the strict reading.
    pub(super) fn cidr(&mut self, text: &str, path: &Path) {
        let Ok(cidr) = Cidr::parse(text) else { return };
        let refused = cidr.objection().is_some() && self.options.is_strict_about(text);
        if refused || cidr.is_canonical() {
            return;
        }
        let network = cidr.network();
        let before = self.problems.len();
        // The strict reading names one fault; a warning is due for both.
        self.host_bits(text, &cidr, path, true);
        if !matches!(cidr.objection(), None | Some(CidrObjection::HostBits)) {
            self.note(
                "cidr-non-standard",
                path,
                format!(
                    "non-standard CIDR value {text:?} will be considered invalid in a future \
                     Kubernetes release: use \"{network}\""
                ),
                true,
            );
        }
        if self.problems.len() == before {
            self.note(
                "cidr-not-canonical",
                path,
                format!(
                    "IPv6 CIDR value {text:?} should be in RFC 5952 canonical format \
                     (\"{network}\")"
                ),
                false,
            );
        }
    }

    fn host_bits(&mut self, text: &str, cidr: &Cidr, path: &Path, refused_later: bool) {
        let network = cidr.network();
        if cidr.address() != network.addr() {
            let alone = IpNet::from(cidr.address()).to_string();
            let message = format!(
                "CIDR value {text:?} is ambiguous in this context (should be \"{network}\" or \
                 {alone:?}?)"
            );
            self.note("cidr-host-bits", path, message, refused_later);
        }
    }

    fn note(&mut self, code: &'static str, path: &Path, mut message: String, refused_later: bool) {
        if refused_later {
            message.push_str("; Kubernetes 1.36 and later refuse it in a new object");
        }
        self.problems.push(Problem::Note { code, path: path.clone(), message });
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Problem;
    use crate::model::Object;
    use crate::options::CidrStrictness;
    use crate::validate::{ValidateOptions, warnings};
    use serde_json::json;

    fn policy(cidr: &str) -> Object {
        let rule = json!({"ipBlock": {"cidr": cidr}});
        let policy = json!({"metadata": {}, "spec": {"egress": [{"to": [rule]}]}});
        Object::NetworkPolicy(serde_json::from_value(policy).unwrap())
    }

    fn codes(cidr: &str, options: &ValidateOptions) -> Vec<&'static str> {
        warnings(&policy(cidr), options)
            .into_iter()
            .map(|problem| match problem {
                Problem::Note { code, .. } => code,
                other => panic!("{other}"),
            })
            .collect()
    }

    #[test]
    fn warns_of_every_unusual_form() {
        for (cidr, expected) in [
            ("10.0.0.0/8", &[][..]),
            ("fd00::/16", &[]),
            ("not a cidr", &[]),
            ("", &[]),
            ("10.1.2.3/8", &["cidr-host-bits"]),
            ("010.0.0.0/8", &["cidr-non-standard"]),
            ("010.1.2.3/8", &["cidr-host-bits", "cidr-non-standard"]),
            ("::ffff:10.0.0.0/104", &["cidr-non-standard"]),
            ("FD00:0:0::/16", &["cidr-not-canonical"]),
            ("FD00::1/16", &["cidr-host-bits"]),
            ("::ffff:0:0/90", &["cidr-host-bits", "cidr-non-standard"]),
        ] {
            assert_eq!(codes(cidr, &ValidateOptions::default()), expected, "{cidr}");
        }
    }

    #[test]
    fn words_and_place() {
        let message = |cidr| {
            let problems = warnings(&policy(cidr), &ValidateOptions::default());
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(
            message("10.1.2.3/8"),
            "spec.egress[0].to[0].ipBlock.cidr: CIDR value \"10.1.2.3/8\" is ambiguous in this \
             context (should be \"10.0.0.0/8\" or \"10.1.2.3/32\"?); Kubernetes 1.36 and later \
             refuse it in a new object"
        );
        assert_eq!(
            message("010.0.0.0/8"),
            "spec.egress[0].to[0].ipBlock.cidr: non-standard CIDR value \"010.0.0.0/8\" will be \
             considered invalid in a future Kubernetes release: use \"10.0.0.0/8\"; Kubernetes \
             1.36 and later refuse it in a new object"
        );
        assert_eq!(
            message("FD00::/16"),
            "spec.egress[0].to[0].ipBlock.cidr: IPv6 CIDR value \"FD00::/16\" should be in RFC \
             5952 canonical format (\"fd00::/16\")"
        );
    }

    #[test]
    fn errors_are_not_repeated_as_warnings() {
        let mut options =
            ValidateOptions { cidrs: CidrStrictness::Strict, ..ValidateOptions::default() };
        assert_eq!(codes("10.1.2.3/8", &options), [""; 0]);
        assert_eq!(codes("FD00::/16", &options), ["cidr-not-canonical"]);
        options.grandfathered_cidrs.insert("10.1.2.3/8".to_owned());
        assert_eq!(codes("10.1.2.3/8", &options), ["cidr-host-bits"]);
    }

    #[test]
    fn looks_at_every_block_and_at_nodes() {
        let block = json!({"cidr": "10.1.0.0/8", "except": ["10.2.0.0/16", "010.3.0.0/16"]});
        let policy =
            json!({"metadata": {}, "spec": {"ingress": [{"from": [{}, {"ipBlock": block}]}]}});
        let policy = Object::NetworkPolicy(serde_json::from_value(policy).unwrap());
        let node = json!({"metadata": {}, "spec": {"podCIDRs": ["10.0.0.0/24", "FD00::/64"]}});
        let node = Object::Node(serde_json::from_value(node).unwrap());
        let paths = |object| {
            warnings(object, &ValidateOptions::default())
                .into_iter()
                .map(|problem| match problem {
                    Problem::Note { path, .. } => path.to_string(),
                    other => panic!("{other}"),
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(
            paths(&policy),
            ["spec.ingress[0].from[1].ipBlock.cidr", "spec.ingress[0].from[1].ipBlock.except[1]"]
        );
        assert_eq!(paths(&node), ["spec.podCIDRs[1]"]);
    }
}
