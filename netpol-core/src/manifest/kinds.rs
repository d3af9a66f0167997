//! Which kinds are read, and what becomes of the others.
//!
//! To read another kind, add a row to [`KINDS`]. What is not in the table is passed over in
//! silence only when no verdict could depend on it: a policy that is skipped is a policy that
//! answers "allow".

use crate::model::{Object, WorkloadKind};

use super::decode::{
    self, At, CRON_JOB, Decoder, NAMESPACE, NETWORK_POLICY, NODE, POD, REPLICATION_CONTROLLER,
    Shape, WORKLOAD,
};
use super::tree::Node;

/// A kind that is read.
pub(super) struct Row {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) shape: &'static Shape,
    pub(super) decode: fn(&mut Decoder<'_>, &Node<'_>, &At<'_>) -> Object,
}

/// Every kind that is read. Its list (`PodList`) is read too.
pub(super) static KINDS: &[Row] = &[
    Row::new("", "v1", "Namespace", &NAMESPACE, decode::namespace),
    Row::new("", "v1", "Node", &NODE, decode::node),
    Row::new("", "v1", "Pod", &POD, decode::pod),
    Row::new("", "v1", "ReplicationController", &REPLICATION_CONTROLLER, |decoder, node, at| {
        decode::workload(WorkloadKind::ReplicationController, decoder, node, at)
    }),
    Row::new("apps", "v1", "Deployment", &WORKLOAD, |decoder, node, at| {
        decode::workload(WorkloadKind::Deployment, decoder, node, at)
    }),
    Row::new("apps", "v1", "ReplicaSet", &WORKLOAD, |decoder, node, at| {
        decode::workload(WorkloadKind::ReplicaSet, decoder, node, at)
    }),
    Row::new("apps", "v1", "StatefulSet", &WORKLOAD, |decoder, node, at| {
        decode::workload(WorkloadKind::StatefulSet, decoder, node, at)
    }),
    Row::new("apps", "v1", "DaemonSet", &WORKLOAD, |decoder, node, at| {
        decode::workload(WorkloadKind::DaemonSet, decoder, node, at)
    }),
    Row::new("batch", "v1", "Job", &WORKLOAD, |decoder, node, at| {
        decode::workload(WorkloadKind::Job, decoder, node, at)
    }),
    Row::new("batch", "v1", "CronJob", &CRON_JOB, |decoder, node, at| {
        decode::workload(WorkloadKind::CronJob, decoder, node, at)
    }),
    Row::new("networking.k8s.io", "v1", "NetworkPolicy", &NETWORK_POLICY, decode::network_policy),
];

/// What is to be done with a document or list item.
pub(super) enum Dispatch {
    /// Read it.
    Read(&'static Row),
    /// It is a list of objects that name their own kinds, unless all are of one.
    List(Option<&'static Row>),
    /// Pass it over; no verdict depends on it.
    Skip,
    /// Pass it over and warn.
    Warn(String),
    /// Refuse it, after reading it as what it was probably meant to be.
    Refuse { message: String, meant: Option<&'static Row> },
}

impl Row {
    const fn new(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        shape: &'static Shape,
        decode: fn(&mut Decoder<'_>, &Node<'_>, &At<'_>) -> Object,
    ) -> Row {
        Row { group, version, kind, shape, decode }
    }

    /// `group/version`, or the version alone in the core group.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    fn is_of(&self, group: &str, version: &str) -> bool {
        self.group == group && self.version == version
    }
}

/// The row of that kind, whatever its group.
pub(super) fn by_kind(kind: &str) -> Option<&'static Row> {
    KINDS.iter().find(|row| row.kind == kind)
}

/// What is to be done with an object of that `apiVersion` and `kind`.
pub(super) fn dispatch(api_version: &str, kind: &str) -> Dispatch {
    let (group, version) = match api_version.split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", api_version),
    };
    if version.is_empty() || version.contains('/') {
        return refuse("the apiVersion must be `version` or `group/version`", by_kind(kind));
    }
    if kind == "List" && group.is_empty() {
        return if version == "v1" {
            Dispatch::List(None)
        } else {
            refuse("did you mean apiVersion `v1`?", None)
        };
    }
    if let Some(row) = by_kind(kind) {
        return if row.is_of(group, version) { Dispatch::Read(row) } else { elsewhere(row, group) };
    }
    if let Some(element) = kind.strip_suffix("List")
        && let Some(row) = by_kind(element)
    {
        return if row.is_of(group, version) {
            Dispatch::List(Some(row))
        } else {
            match elsewhere(row, group) {
                Dispatch::Refuse { message, .. } => Dispatch::Refuse { message, meant: None },
                other => other,
            }
        };
    }
    if kind == "ThirdPartyResource" {
        return refuse(
            "third-party resources left Kubernetes in 1.8, and this one defines no policy by \
             itself; write the policies as `networking.k8s.io/v1` NetworkPolicy",
            None,
        );
    }
    let element = kind.strip_suffix("List").unwrap_or(kind);
    match group {
        "networking.k8s.io" if NOT_POLICIES.contains(&element) => return Dispatch::Skip,
        "networking.k8s.io" => {
            let kinds = KINDS.iter().map(|row| row.kind).chain(NOT_POLICIES.iter().copied());
            let hint = did_you_mean(kind, kinds)
                .unwrap_or_else(|| "networking.k8s.io has no such kind".into());
            return refuse(hint, decode::nearest(kind, ["NetworkPolicy"]).and_then(by_kind));
        }
        "policy.networking.k8s.io" => {
            return refuse(
                "cluster-wide policies are not read, and a verdict without them could be wrong",
                None,
            );
        }
        _ => {}
    }
    if is_policy_elsewhere(group, element) {
        return Dispatch::Warn(NOT_KNOWN.into());
    }
    if is_kubernetes(group)
        && let Some(meant) = decode::nearest(kind, KINDS.iter().map(|row| row.kind).chain(["List"]))
    {
        return refuse(format!("did you mean `{meant}`?"), by_kind(meant));
    }
    Dispatch::Skip
}

/// A kind that is read, in a group or version in which it is not.
fn elsewhere(row: &'static Row, group: &str) -> Dispatch {
    let close = decode::nearest(group, [row.group]).is_some();
    if is_kubernetes(group) || close {
        return refuse(
            format!("{} is read in apiVersion `{}`", row.kind, row.api_version()),
            Some(row),
        );
    }
    if row.kind == "NetworkPolicy" { Dispatch::Warn(NOT_KNOWN.into()) } else { Dispatch::Skip }
}

/// A misspelt kind in one of Kubernetes' own groups.
fn did_you_mean<'c>(kind: &str, kinds: impl Iterator<Item = &'c str>) -> Option<String> {
    decode::nearest(kind, kinds).map(|meant| format!("did you mean `{meant}`?"))
}

fn refuse(message: impl Into<String>, meant: Option<&'static Row>) -> Dispatch {
    Dispatch::Refuse { message: message.into(), meant }
}

/// Whether the group is one of Kubernetes' own; others have a domain of their vendor.
fn is_kubernetes(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

/// Policy kinds of other projects. What they allow or deny is in no verdict.
fn is_policy_elsewhere(group: &str, kind: &str) -> bool {
    if is_kubernetes(group) {
        return false;
    }
    kind.contains("NetworkPolicy")
        || decode::nearest(kind, ["NetworkPolicy"]).is_some()
        || matches!(
            (group, kind),
            ("k8s.ovn.org", "EgressFirewall")
                | ("security.istio.io", "AuthorizationPolicy")
                | ("policy.linkerd.io", "AuthorizationPolicy" | "ServerAuthorization")
                | ("kuma.io", "MeshTrafficPermission")
        )
}

/// The kinds of networking.k8s.io that decide about no packet, in any version.
const NOT_POLICIES: [&str; 4] = ["Ingress", "IngressClass", "IPAddress", "ServiceCIDR"];

const NOT_KNOWN: &str = "a policy of another project; no verdict knows what it allows or denies";

#[cfg(test)]
mod tests {
    use super::{Dispatch, dispatch};

    fn outcome(api_version: &str, kind: &str) -> String {
        match dispatch(api_version, kind) {
            Dispatch::Read(row) => format!("read {}", row.kind),
            Dispatch::List(None) => "list".into(),
            Dispatch::List(Some(row)) => format!("list of {}", row.kind),
            Dispatch::Skip => "skip".into(),
            Dispatch::Warn(_) => "warn".into(),
            Dispatch::Refuse { message, meant } => {
                format!("refuse {}: {message}", meant.map_or("-", |row| row.kind))
            }
        }
    }

    #[test]
    fn what_is_read() {
        for (api_version, kind, expected) in [
            ("v1", "Pod", "read Pod"),
            ("v1", "List", "list"),
            ("v1", "PodList", "list of Pod"),
            ("batch/v1", "CronJobList", "list of CronJob"),
            ("networking.k8s.io/v1", "NetworkPolicy", "read NetworkPolicy"),
            ("networking.k8s.io/v1", "NetworkPolicyList", "list of NetworkPolicy"),
        ] {
            assert_eq!(outcome(api_version, kind), expected, "{api_version} {kind}");
        }
    }

    #[test]
    fn what_is_no_concern_of_ours() {
        for (api_version, kind) in [
            ("v1", "Service"),
            ("v1", "Secret"),
            ("v1", "Event"),
            ("v1", "Endpoints"),
            ("v1", "PodTemplate"),
            ("v1", "ServiceList"),
            ("apps/v1", "ControllerRevision"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"),
            ("policy/v1", "PodDisruptionBudget"),
            ("coordination.k8s.io/v1", "Lease"),
            ("discovery.k8s.io/v1", "EndpointSlice"),
            ("node.k8s.io/v1", "RuntimeClass"),
            ("metrics.k8s.io/v1beta1", "PodMetrics"),
            ("metrics.k8s.io/v1beta1", "NodeMetrics"),
            ("rbac.authorization.k8s.io/v1", "Role"),
            ("storage.k8s.io/v1", "CSINode"),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
            ("networking.k8s.io/v1", "Ingress"),
            ("networking.k8s.io/v1beta1", "IngressClassList"),
            ("networking.k8s.io/v1beta1", "IPAddress"),
            ("management.cattle.io/v3", "Node"),
            ("batch.volcano.sh/v1alpha1", "Job"),
            ("apps.kruise.io/v1alpha1", "DaemonSet"),
            ("example.com/v1", "Pode"),
        ] {
            assert_eq!(outcome(api_version, kind), "skip", "{api_version} {kind}");
        }
    }

    #[test]
    fn policies_of_others() {
        for (api_version, kind) in [
            ("cilium.io/v2", "CiliumNetworkPolicy"),
            ("cilium.io/v2", "CiliumClusterwideNetworkPolicyList"),
            ("crd.projectcalico.org/v1", "NetworkPolicy"),
            ("projectcalico.org/v3", "GlobalNetworkPolicy"),
            ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy"),
            ("k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy"),
            ("k8s.ovn.org/v1", "EgressFirewall"),
        ] {
            assert_eq!(outcome(api_version, kind), "warn", "{api_version} {kind}");
        }
    }

    #[test]
    fn what_would_be_missed() {
        for (api_version, kind, expected) in [
            (
                "networking.k8s.io/v1",
                "NetworkPolcy",
                "refuse NetworkPolicy: did you mean `NetworkPolicy`?",
            ),
            (
                "networking.k8s.io/v1",
                "networkpolicy",
                "refuse NetworkPolicy: did you mean `NetworkPolicy`?",
            ),
            ("networking.k8s.io/v1", "Ingres", "refuse -: did you mean `Ingress`?"),
            (
                "networking.k8s.io/v1beta1",
                "NetworkPolicy",
                "refuse NetworkPolicy: NetworkPolicy is read in apiVersion `networking.k8s.io/v1`",
            ),
            (
                "extensions/v1beta1",
                "NetworkPolicy",
                "refuse NetworkPolicy: NetworkPolicy is read in apiVersion `networking.k8s.io/v1`",
            ),
            (
                "networking.k8s.oi/v1",
                "NetworkPolicy",
                "refuse NetworkPolicy: NetworkPolicy is read in apiVersion `networking.k8s.io/v1`",
            ),
            ("v1", "Deployment", "refuse Deployment: Deployment is read in apiVersion `apps/v1`"),
            ("apps/v1", "Deploymnet", "refuse Deployment: did you mean `Deployment`?"),
            ("v1", "pod", "refuse Pod: did you mean `Pod`?"),
            ("v2", "List", "refuse -: did you mean apiVersion `v1`?"),
        ] {
            assert_eq!(outcome(api_version, kind), expected, "{api_version} {kind}");
        }
        for (api_version, kind) in [
            ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
            ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"),
            ("networking.k8s.io/v2", "Firewall"),
            ("extensions/v1beta1", "ThirdPartyResource"),
            ("a/b/c", "Service"),
            ("", "Pod"),
        ] {
            assert!(outcome(api_version, kind).starts_with("refuse"), "{api_version} {kind}");
        }
    }
}
