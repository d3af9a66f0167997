mod cidrs;
mod cluster;
mod older;

use self::cidrs::CidrWarnings;
use super::ValidateOptions;
use super::cluster_policy::ClusterPolicy;
use crate::diagnostic::Problem;
use crate::field::Path;
use crate::model::Object;

/// What is odd about an object that may be valid all the same. Every problem is a
/// [`Problem::Note`]; what [`object`](super::object) reports as an error is not repeated.
///
/// | code | about |
/// |---|---|
/// | `cidr-host-bits`, `cidr-non-standard`, `cidr-not-canonical` | a CIDR does not say what it means, or not in the usual form; the first two also say that Kubernetes 1.36 and later refuse such a CIDR in a new object of the older types |
/// | `selector-unusable` | a selector of a cluster-wide policy, which no server judges, selects nothing that anybody could tell |
/// | `port-unusable` | a port of a cluster-wide policy, likewise |
/// | `domain-names-not-accepted` | `domainNames` in a rule that does not let traffic in, where the API does not define them |
/// | `no-rules` | a cluster-wide policy without any |
/// | `version-removed` | `extensions/v1beta1`, which no current server knows |
/// | `empty-list` | a list there that once meant nothing and now means everything |
/// | `third-party-form` | the form of 2016, and what it means |
/// | `namespaces-ignored`, `peer-names-nobody` | peers of that form |
///
/// Sources: `networkPolicyWarnings` of kubernetes/pkg/registry/networking/networkpolicy,
/// `GetWarningsForCIDR` of k8s.io/apimachinery/pkg/util/validation.
#[must_use]
pub fn warnings(object: &Object, options: &ValidateOptions) -> Vec<Problem> {
    let spec = Path::new("spec");
    let mut cidrs = CidrWarnings::new(options);
    match object {
        Object::NetworkPolicy(policy) => {
            for (index, rule) in policy.spec.ingress.iter().enumerate() {
                cidrs.peers(&rule.from, &spec.child("ingress").index(index).child("from"));
            }
            for (index, rule) in policy.spec.egress.iter().enumerate() {
                cidrs.peers(&rule.to, &spec.child("egress").index(index).child("to"));
            }
            cidrs.problems
        }
        Object::ExtensionsNetworkPolicy(policy) => older::extensions(policy, cidrs),
        Object::AlphaNetworkPolicy(policy) => older::alpha(policy),
        Object::Node(node) => {
            let path = spec.child("podCIDRs");
            for (index, text) in node.spec.pod_cidrs.iter().enumerate() {
                cidrs.cidr(text, &path.index(index));
            }
            cidrs.problems
        }
        _ => match ClusterPolicy::of(object) {
            Some(policy) => cluster::cluster_policy(&policy, cidrs),
            None => Vec::new(),
        },
    }
}

fn note(code: &'static str, path: &Path, message: impl Into<String>) -> Problem {
    Problem::Note { code, path: path.clone(), message: message.into() }
}
