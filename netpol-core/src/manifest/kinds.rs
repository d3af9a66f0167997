//! Which kinds are read, and what becomes of the others.
//!
//! To read another kind, add a row to [`KINDS`]. What is not in the table is passed over in
//! silence only when no verdict could depend on it: a policy that is skipped is a policy that
//! answers "allow".

use crate::model::{Object, WorkloadKind};

use super::decode::{
    self, ADMIN_NETWORK_POLICY, ALPHA_NETWORK_POLICY, At, BASELINE_ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY, CRON_JOB, Decoder, ENDPOINT_SLICE, NAMESPACE, NETWORK_POLICY, NODE,
    POD, REPLICATION_CONTROLLER, SERVICE, Shape, WORKLOAD,
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

/// Every kind that is read. Its list (`PodList`) is read too. Where a kind has several forms, the
/// one to be written today comes first.
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
    Row::new("", "v1", "Service", &SERVICE, decode::service),
    // Endpoints, its forerunner, is deprecated and not read: a cluster has a slice for each, and
    // who asks about a Service without slices is told.
    Row::new("discovery.k8s.io", "v1", "EndpointSlice", &ENDPOINT_SLICE, decode::endpoint_slice),
    Row::new("networking.k8s.io", "v1", "NetworkPolicy", &NETWORK_POLICY, decode::network_policy),
    Row::new(
        "extensions",
        "v1beta1",
        "NetworkPolicy",
        &NETWORK_POLICY,
        decode::extensions_network_policy,
    ),
    Row::new(
        POLICY_GROUP,
        "v1alpha2",
        "ClusterNetworkPolicy",
        &CLUSTER_NETWORK_POLICY,
        decode::cluster_network_policy,
    ),
    Row::new(
        POLICY_GROUP,
        "v1alpha1",
        "AdminNetworkPolicy",
        &ADMIN_NETWORK_POLICY,
        decode::admin_network_policy,
    ),
    Row::new(
        POLICY_GROUP,
        "v1alpha1",
        "BaselineAdminNetworkPolicy",
        &BASELINE_ADMIN_NETWORK_POLICY,
        decode::baseline_admin_network_policy,
    ),
];

/// The third-party resource of 2016, which is read on request only: its name was anybody's.
pub(super) static ALPHA: Row = Row::new(
    "net.alpha.kubernetes.io",
    "v1alpha1",
    "NetworkPolicy",
    &ALPHA_NETWORK_POLICY,
    decode::alpha_network_policy,
);

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

/// The row of that kind, whatever its group; the first of several.
pub(super) fn by_kind(kind: &str) -> Option<&'static Row> {
    KINDS.iter().find(|row| row.kind == kind)
}

/// What is to be done with an object of that `apiVersion` and `kind`; `legacy` says whether the
/// form of 2016 is read.
pub(super) fn dispatch(api_version: &str, kind: &str, legacy: bool) -> Dispatch {
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
    let (element, is_list) = match kind.strip_suffix("List") {
        Some(element) => (element, true),
        None => (kind, false),
    };
    if let Some(first) = by_kind(element) {
        let rows = KINDS.iter().filter(|row| row.kind == element);
        let outcome = match rows.into_iter().find(|row| row.is_of(group, version)) {
            Some(row) => Dispatch::Read(row),
            None => elsewhere(first, group, version, legacy),
        };
        return if is_list { outcome.for_list() } else { outcome };
    }
    if kind == "ThirdPartyResource" {
        return refuse(
            "third-party resources left Kubernetes in 1.8, and this one defines no policy by \
             itself; write the policies as `networking.k8s.io/v1` NetworkPolicy",
            None,
        );
    }
    match group {
        "networking.k8s.io" if NOT_POLICIES.contains(&element) => return Dispatch::Skip,
        "networking.k8s.io" => {
            let kinds = KINDS.iter().map(|row| row.kind).chain(NOT_POLICIES.iter().copied());
            let hint = did_you_mean(kind, kinds)
                .unwrap_or_else(|| "networking.k8s.io has no such kind".into());
            return refuse(hint, decode::nearest(kind, ["NetworkPolicy"]).and_then(by_kind));
        }
        POLICY_GROUP => {
            let kinds = KINDS.iter().filter(|row| row.group == POLICY_GROUP).map(|row| row.kind);
            let meant = decode::nearest(kind, kinds);
            let hint = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "no such policy is known, and a verdict without it could be wrong".into(),
            };
            return refuse(hint, meant.and_then(by_kind));
        }
        _ => {}
    }
    if is_policy_elsewhere(group, element) {
        return Dispatch::Warn(NOT_KNOWN.into());
    }
    // Its list looks like an EndpointSlice.
    if (group, element) == ("", "Endpoints") {
        return Dispatch::Skip;
    }
    if is_kubernetes(group)
        && let Some(meant) = decode::nearest(kind, KINDS.iter().map(|row| row.kind).chain(["List"]))
    {
        return refuse(format!("did you mean `{meant}`?"), by_kind(meant));
    }
    Dispatch::Skip
}

impl Dispatch {
    /// What is to be done with a list of such objects.
    fn for_list(self) -> Dispatch {
        match self {
            Dispatch::Read(row) => Dispatch::List(Some(row)),
            Dispatch::Refuse { message, .. } => Dispatch::Refuse { message, meant: None },
            other => other,
        }
    }
}

/// A kind that is read, in a group or version in which it is not.
fn elsewhere(row: &'static Row, group: &str, version: &str, legacy: bool) -> Dispatch {
    if row.kind == ALPHA.kind {
        if ALPHA.is_of(group, version) && legacy {
            return Dispatch::Read(&ALPHA);
        }
        if group == ALPHA.group {
            let message = if legacy {
                "the third-party resource of 2016 is read in apiVersion \
                 `net.alpha.kubernetes.io/v1alpha1`"
            } else {
                "the third-party resource of 2016 is read only with the option `legacy`; write the \
                 policy as `networking.k8s.io/v1` NetworkPolicy"
            };
            return refuse(message, None);
        }
        if group == PROTOTYPE_GROUP {
            return refuse(PROTOTYPE, None);
        }
    }
    let close = decode::nearest(group, [row.group]).is_some();
    if is_kubernetes(group) || close {
        return refuse(
            format!("{} is read in apiVersion `{}`", row.kind, row.api_version()),
            Some(row),
        );
    }
    if is_policy_elsewhere(group, row.kind) {
        Dispatch::Warn(NOT_KNOWN.into())
    } else {
        Dispatch::Skip
    }
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

/// The group of the cluster-wide policies.
const POLICY_GROUP: &str = "policy.networking.k8s.io";

/// The group of what came before the third-party resource.
const PROTOTYPE_GROUP: &str = "experimental.kubernetes.io";

/// What is said of it.
pub(super) const PROTOTYPE: &str = "this is the prototype of early 2016, with `selector` and \
    `allowIncoming` outside the spec, which no release of Kubernetes knew; write the policy as \
    `networking.k8s.io/v1` NetworkPolicy";

/// The kinds of networking.k8s.io that decide about no packet, in any version.
const NOT_POLICIES: [&str; 4] = ["Ingress", "IngressClass", "IPAddress", "ServiceCIDR"];

const NOT_KNOWN: &str = "a policy of another project; no verdict knows what it allows or denies";

#[cfg(test)]
mod tests {
    use super::{Dispatch, Row, dispatch};

    fn outcome(api_version: &str, kind: &str) -> String {
        outcome_in(api_version, kind, false)
    }

    fn outcome_in(api_version: &str, kind: &str, legacy: bool) -> String {
        // In which form, where there are several.
        let form = |row: &Row| match row.group {
            "extensions" | "net.alpha.kubernetes.io" => format!("{} of {}", row.kind, row.group),
            _ => row.kind.to_owned(),
        };
        match dispatch(api_version, kind, legacy) {
            Dispatch::Read(row) => format!("read {}", form(row)),
            Dispatch::List(None) => "list".into(),
            Dispatch::List(Some(row)) => format!("list of {}", form(row)),
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
            ("v1", "Service", "read Service"),
            ("v1", "ServiceList", "list of Service"),
            ("discovery.k8s.io/v1", "EndpointSlice", "read EndpointSlice"),
            ("discovery.k8s.io/v1", "EndpointSliceList", "list of EndpointSlice"),
            ("networking.k8s.io/v1", "NetworkPolicy", "read NetworkPolicy"),
            ("networking.k8s.io/v1", "NetworkPolicyList", "list of NetworkPolicy"),
            ("extensions/v1beta1", "NetworkPolicy", "read NetworkPolicy of extensions"),
            ("extensions/v1beta1", "NetworkPolicyList", "list of NetworkPolicy of extensions"),
            (
                "policy.networking.k8s.io/v1alpha2",
                "ClusterNetworkPolicy",
                "read ClusterNetworkPolicy",
            ),
            (
                "policy.networking.k8s.io/v1alpha2",
                "ClusterNetworkPolicyList",
                "list of ClusterNetworkPolicy",
            ),
            ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "read AdminNetworkPolicy"),
            (
                "policy.networking.k8s.io/v1alpha1",
                "BaselineAdminNetworkPolicyList",
                "list of BaselineAdminNetworkPolicy",
            ),
        ] {
            assert_eq!(outcome(api_version, kind), expected, "{api_version} {kind}");
        }
    }

    #[test]
    fn the_form_of_2016_is_read_on_request() {
        let alpha = "net.alpha.kubernetes.io/v1alpha1";
        let read = "read NetworkPolicy of net.alpha.kubernetes.io";
        assert_eq!(outcome_in(alpha, "NetworkPolicy", true), read);
        let list = "list of NetworkPolicy of net.alpha.kubernetes.io";
        assert_eq!(outcome_in(alpha, "NetworkPolicyList", true), list);
        assert!(outcome(alpha, "NetworkPolicy").starts_with("refuse -: "));
        assert!(outcome(alpha, "NetworkPolicy").contains("the option `legacy`"));
        let beta = "net.alpha.kubernetes.io/v1beta1";
        assert!(outcome_in(beta, "NetworkPolicy", true).starts_with("refuse -: "));
        for legacy in [false, true] {
            let prototype = outcome_in("experimental.kubernetes.io/v1", "NetworkPolicy", legacy);
            assert!(prototype.starts_with("refuse -: this is the prototype"), "{prototype}");
            let read = outcome_in("networking.k8s.io/v1", "NetworkPolicy", legacy);
            assert_eq!(read, "read NetworkPolicy");
        }
    }

    #[test]
    fn what_is_no_concern_of_ours() {
        for (api_version, kind) in [
            ("v1", "ServiceAccount"),
            ("v1", "Secret"),
            ("v1", "Event"),
            ("v1", "Endpoints"),
            ("v1", "PodTemplate"),
            ("v1", "EndpointsList"),
            ("serving.knative.dev/v1", "Service"),
            ("apiregistration.k8s.io/v1", "APIService"),
            ("apps/v1", "ControllerRevision"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"),
            ("policy/v1", "PodDisruptionBudget"),
            ("coordination.k8s.io/v1", "Lease"),
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
            ("crd.antrea.io/v1beta1", "ClusterNetworkPolicyList"),
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
                "extensions/v1",
                "NetworkPolicy",
                "refuse NetworkPolicy: NetworkPolicy is read in apiVersion `networking.k8s.io/v1`",
            ),
            (
                "policy.networking.k8s.io/v1alpha1",
                "ClusterNetworkPolicy",
                "refuse ClusterNetworkPolicy: ClusterNetworkPolicy is read in apiVersion \
                 `policy.networking.k8s.io/v1alpha2`",
            ),
            (
                "policy.networking.k8s.io/v1",
                "AdminNetworkPolicy",
                "refuse AdminNetworkPolicy: AdminNetworkPolicy is read in apiVersion \
                 `policy.networking.k8s.io/v1alpha1`",
            ),
            (
                "policy.networking.k8s.io/v1alpha2",
                "ClusterNetworkPolcy",
                "refuse ClusterNetworkPolicy: did you mean `ClusterNetworkPolicy`?",
            ),
            (
                "policy.networking.k8s.io/v1alpha1",
                "BaselineAdminNetworkPolicys",
                "refuse BaselineAdminNetworkPolicy: did you mean `BaselineAdminNetworkPolicy`?",
            ),
            (
                "policy.networking.k8s.io/v1alpha2",
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
            ("v1", "Servcie", "refuse Service: did you mean `Service`?"),
            (
                "discovery.k8s.io/v1beta1",
                "EndpointSlice",
                "refuse EndpointSlice: EndpointSlice is read in apiVersion `discovery.k8s.io/v1`",
            ),
            ("v2", "List", "refuse -: did you mean apiVersion `v1`?"),
        ] {
            assert_eq!(outcome(api_version, kind), expected, "{api_version} {kind}");
        }
        for (api_version, kind) in [
            ("policy.networking.k8s.io/v1alpha1", "ClusterNetworkPolicyList"),
            ("policy.networking.k8s.io/v1alpha2", "Firewall"),
            ("policy.networking.k8s.io/v1alpha2", "ExternalNetworkSet"),
            ("networking.k8s.io/v2", "Firewall"),
            ("extensions/v1beta1", "ThirdPartyResource"),
            ("a/b/c", "Service"),
            ("", "Pod"),
        ] {
            assert!(outcome(api_version, kind).starts_with("refuse"), "{api_version} {kind}");
        }
    }
}
