use netpol_core::Verdict;
use netpol_core::options::{
    BaselineScope, CidrStrictness, CompletedPods, EqualPriorities, Fragments, HostNetworkPods,
    IpBlockPods, MissingNamespaces, NamedPortContainers, Options, UnknownPodAddresses,
    UnmatchedProtocols, UnreadableSubjects,
};

use super::Choices;

/// The defaults half of the time, otherwise every knob by itself. What NetworkPolicies mean is up to
/// the scenario, because it makes sense together with annotations of namespaces only.
pub(super) fn options(choices: &mut impl Choices) -> Options {
    let mut options = Options::default();
    if choices.below(2) == 0 {
        return options;
    }
    // Rarer than the rest, because they make everything else invisible.
    options.missing_namespaces = *choices.pick(&[
        MissingNamespaces::MetadataNameOnly,
        MissingNamespaces::MetadataNameOnly,
        MissingNamespaces::Empty,
        MissingNamespaces::Empty,
        MissingNamespaces::Error,
    ]);
    options.until_synced = match choices.below(16) {
        14 => Some(Verdict::Deny),
        15 => Some(Verdict::Allow),
        _ => None,
    };
    options.own_node_ingress = choices.below(2) == 0;
    options.own_node_egress = choices.below(2) == 1;
    options.pod_cidr_gateway = choices.below(2) == 1;
    options.self_traffic = choices.below(2) == 0;
    options.service_hairpin = choices.below(2) == 1;
    options.host_network_pods =
        *choices.pick(&[HostNetworkPods::Ignore, HostNetworkPods::TreatAsPod]);
    options.ip_block_pods = *choices.pick(&[IpBlockPods::Match, IpBlockPods::Never]);
    options.unmatched_protocols = *choices.pick(&[
        UnmatchedProtocols::Deny,
        UnmatchedProtocols::Allow,
        UnmatchedProtocols::EssentialIcmp,
    ]);
    options.named_port_containers = *choices.pick(&[
        NamedPortContainers::ContainersAndSidecars,
        NamedPortContainers::Containers,
        NamedPortContainers::AllContainers,
    ]);
    options.fragments = *choices.pick(&[Fragments::UnknownPort, Fragments::Allow, Fragments::Deny]);
    options.inject_metadata_name = choices.below(2) == 0;
    options.completed_pods = *choices.pick(&[CompletedPods::Drop, CompletedPods::Keep]);
    options.unknown_pod_addresses =
        *choices.pick(&[UnknownPodAddresses::External, UnknownPodAddresses::Deny]);
    options.end_port = choices.below(2) == 0;
    options.unreadable_subjects =
        *choices.pick(&[UnreadableSubjects::IsolateNamespace, UnreadableSubjects::Error]);
    // Nothing that a cluster holds already depends on it.
    options.cidrs = *choices.pick(&[CidrStrictness::Legacy, CidrStrictness::Strict]);
    options.baseline = *choices.pick(&[BaselineScope::PerDirection, BaselineScope::Literal]);
    // Rare as well, since nothing is published then.
    if choices.once_in(8) {
        options.equal_priorities = EqualPriorities::Error;
    }
    options
}
