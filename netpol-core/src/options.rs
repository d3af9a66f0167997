//! Every knob, with its default and the reason for it.
//!
//! Where Kubernetes leaves something to the implementation, implementations differ; here each such
//! point is one field. The defaults are what most dataplanes do or what the API comments say.
//! Options are fixed when a [`Cluster`](crate::Cluster) is created. No option is needed to be
//! right about what the API does prescribe.

use serde::{Deserialize, Serialize};

use crate::packet::Verdict;

/// All knobs of a cluster.
///
/// ```
/// use netpol_core::options::{HostNetworkPods, Options};
///
/// let mut options = Options::default();
/// options.host_network_pods = HostNetworkPods::TreatAsPod;
/// assert!(options.own_node_ingress);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Options {
    /// Traffic from a pod's own node always enters the pod (kubelet probes). Default `true`, as
    /// the comment on `NetworkPolicySpec.ingress` says.
    pub own_node_ingress: bool,
    /// Traffic from a pod to its own node always leaves the pod. Default `false`: judged as any
    /// other egress, which is what most implementations do.
    pub own_node_egress: bool,
    /// The first address of each of a node's pod ranges (`spec.podCIDRs`) counts as an address of
    /// the node, as it does where a bridge such as `cni0` holds it. Default `false`.
    pub pod_cidr_gateway: bool,
    /// A pod always reaches its own address. Default `true`: "a pod cannot block access to itself".
    pub self_traffic: bool,
    /// A packet that a Service sent back to the pod it came from
    /// ([`Packet::via_service`](crate::Packet::via_service)) counts as self traffic. Default
    /// `false`: it is judged as traffic of the pod to itself, by its policies.
    pub service_hairpin: bool,
    /// What pods in the host network are to NetworkPolicies. To cluster-wide policies they are
    /// always part of their node.
    pub host_network_pods: HostNetworkPods,
    /// Whether an ipBlock of a NetworkPolicy matches the addresses of pods. `networks` of
    /// cluster-wide policies always do.
    pub ip_block_pods: IpBlockPods,
    /// What happens to protocols other than TCP, UDP and SCTP that no rule of an isolating policy
    /// admits.
    pub unmatched_protocols: UnmatchedProtocols,
    /// Which containers give port names their numbers.
    pub named_port_containers: NamedPortContainers,
    /// What happens to fragments that carry no ports.
    pub fragments: Fragments,
    /// What a namespace that only policies and pods mention looks like.
    pub missing_namespaces: MissingNamespaces,
    /// Every namespace carries the label `kubernetes.io/metadata.name` with its own name, whatever
    /// its manifest says. Default `true`, as the API server's defaulting does (KEP-2161).
    pub inject_metadata_name: bool,
    /// What pods that ran to their end are.
    pub completed_pods: CompletedPods,
    /// What an address is that lies in a node's pod range and belongs to no pod.
    pub unknown_pod_addresses: UnknownPodAddresses,
    /// How CIDRs are read in admission `Create`.
    pub cidrs: CidrStrictness,
    /// `endPort` makes a range. Default `true`; `false` matches `port` alone, as dataplanes did
    /// that predate the field.
    pub end_port: bool,
    /// What admission `Stored` does with a policy whose subject cannot be read.
    pub unreadable_subjects: UnreadableSubjects,
    /// When the Baseline tier is asked about a pod.
    pub baseline: BaselineScope,
    /// What two policies of one tier with the same priority are.
    pub equal_priorities: EqualPriorities,
    /// What NetworkPolicies mean.
    pub network_policies: NetworkPolicySemantics,
    /// The answer until [`Cluster::set_synced`](crate::Cluster::set_synced) is called. Default
    /// `None`: the cluster counts as complete from the start, as a directory of manifests is.
    pub until_synced: Option<Verdict>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            own_node_ingress: true,
            own_node_egress: false,
            pod_cidr_gateway: false,
            self_traffic: true,
            service_hairpin: false,
            host_network_pods: HostNetworkPods::default(),
            ip_block_pods: IpBlockPods::default(),
            unmatched_protocols: UnmatchedProtocols::default(),
            named_port_containers: NamedPortContainers::default(),
            fragments: Fragments::default(),
            missing_namespaces: MissingNamespaces::default(),
            inject_metadata_name: true,
            completed_pods: CompletedPods::default(),
            unknown_pod_addresses: UnknownPodAddresses::default(),
            cidrs: CidrStrictness::default(),
            end_port: true,
            unreadable_subjects: UnreadableSubjects::default(),
            baseline: BaselineScope::default(),
            equal_priorities: EqualPriorities::default(),
            network_policies: NetworkPolicySemantics::default(),
            until_synced: None,
        }
    }
}

/// What pods in the host network are; the API documentation allows both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum HostNetworkPods {
    /// Part of their node: no selector selects them, neither as subject nor as peer, and their
    /// traffic is the node's.
    #[default]
    Ignore,
    /// Pods like others when asked for by name; their address stays the node's.
    TreatAsPod,
}

/// Whether an ipBlock matches the addresses of pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IpBlockPods {
    /// It does, as the upstream e2e suite requires.
    #[default]
    Match,
    /// It never matches the address of a known pod, as in Cilium.
    Never,
}

/// What happens to protocols other than TCP, UDP and SCTP that are not admitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnmatchedProtocols {
    /// Denied, as TCP would be.
    #[default]
    Deny,
    /// Allowed.
    Allow,
    /// Essential ICMP is allowed, the rest denied. Essential are, as in kube-router, echo request,
    /// destination unreachable and time exceeded; for ICMPv6 also packet too big (an IPv4
    /// destination unreachable) and echo reply.
    EssentialIcmp,
}

/// Which containers give port names their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NamedPortContainers {
    /// `spec.containers` only.
    Containers,
    /// Those and the init containers that keep running (`restartPolicy: Always`).
    #[default]
    ContainersAndSidecars,
    /// Those and every init container, as in Calico.
    AllContainers,
}

/// What happens to TCP, UDP and SCTP packets without ports, that is to non-first fragments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Fragments {
    /// A rule with ports does not match them, a rule without ports does.
    #[default]
    UnknownPort,
    /// Always allowed, before any policy: without its first fragment a fragment is harmless.
    Allow,
    /// Always denied where a NetworkPolicy isolates and no Admin rule has decided.
    Deny,
}

/// What a namespace looks like that was never loaded itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum MissingNamespaces {
    /// It has the label `kubernetes.io/metadata.name` only, and a warning says so.
    #[default]
    MetadataNameOnly,
    /// It has no labels, and a warning says so.
    Empty,
    /// `publish` refuses.
    Error,
}

/// What pods in phase `Succeeded` or `Failed` are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CompletedPods {
    /// Nothing: their address may belong to another pod by now.
    #[default]
    Drop,
    /// Pods like others, that lose every conflict over an address to a pod that is not completed.
    Keep,
}

/// What an address is that lies in a known pod range and belongs to no pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnknownPodAddresses {
    /// An address like any outside the cluster.
    #[default]
    External,
    /// Nothing may pass from or to it.
    Deny,
}

/// How CIDRs are read in admission `Create`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CidrStrictness {
    /// What kube-apiserver 1.35 accepts, with a warning where 1.36 and later refuse.
    #[default]
    Legacy,
    /// What kube-apiserver 1.36 accepts (StrictIPCIDRValidation, KEP-4858).
    Strict,
}

/// What admission `Stored` does with a policy whose subject cannot be read: the `podSelector` of a
/// NetworkPolicy, the subject or the tier of a cluster-wide policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnreadableSubjects {
    /// A NetworkPolicy selects every pod of its namespace, and none of its rules counts: deny. A
    /// cluster-wide policy is kept without effect, because it isolates nobody.
    #[default]
    IsolateNamespace,
    /// The policy is refused.
    Error,
}

/// When the Baseline tier is asked about a pod. The API's text speaks of pods "selected by a
/// NetworkPolicy" and leaves open in which direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum BaselineScope {
    /// In every direction in which no NetworkPolicy isolates the pod.
    #[default]
    PerDirection,
    /// Only when no NetworkPolicy selects the pod at all, for either direction.
    Literal,
}

/// What two policies of one tier with the same priority are; the API leaves their order open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum EqualPriorities {
    /// Asked in the order of their names, and a warning says so.
    #[default]
    ByName,
    /// `publish` refuses.
    Error,
}

/// What NetworkPolicies mean, in the whole cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NetworkPolicySemantics {
    /// What `networking.k8s.io/v1` says: being selected isolates. Older forms mean the same.
    #[default]
    V1,
    /// What Kubernetes 1.3 to 1.6 said: an annotation of the namespace isolates its pods, for
    /// ingress only, and policies open what it closes. In `extensions/v1beta1` a list that is there
    /// and empty matches nothing.
    Legacy,
}
