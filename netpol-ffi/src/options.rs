//! Options, as a struct that may grow.

use netpol_core::manifest::ReadOptions;
use netpol_core::options::{
    BaselineScope, CidrStrictness, CompletedPods, EqualPriorities, Fragments, HostNetworkPods,
    IpBlockPods, MissingNamespaces, NamedPortContainers, NetworkPolicySemantics,
    UnknownPodAddresses, UnmatchedProtocols, UnreadableSubjects,
};
use netpol_core::{Options, Verdict};

use crate::pointer;
use crate::status::netpol_status;

/// What the API leaves open. Set everything to 0 (`netpol_options options = {sizeof options}`), then
/// what is wanted otherwise: 0 means the default in every field. What each says is with the option
/// of the same name in the documentation of `netpol_core::Options`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct netpol_options {
    /// `sizeof(netpol_options)`: fields that a program did not know of stay at their defaults.
    pub size: usize,
    /// Traffic from its own node always enters a pod: NETPOL_KNOB_ON (default) or _OFF.
    pub own_node_ingress: u8,
    /// Traffic of a pod to its own node always leaves it: _ON or _OFF (default).
    pub own_node_egress: u8,
    /// The first address of a node's pod range is the node's: _ON or _OFF (default).
    pub pod_cidr_gateway: u8,
    /// A pod always reaches itself: _ON (default) or _OFF.
    pub self_traffic: u8,
    /// A Service that leads back to the pod counts as the pod itself: _ON or _OFF (default).
    pub service_hairpin: u8,
    /// Pods in the host network: 1 ignored (default), 2 treated as pods.
    pub host_network_pods: u8,
    /// ipBlocks: 1 match pods' addresses (default), 2 never do.
    pub ip_block_pods: u8,
    /// Protocols without ports that no rule admits: 1 denied (default), 2 allowed, 3 essential ICMP
    /// allowed.
    pub unmatched_protocols: u8,
    /// Containers that give port names their numbers: 1 containers, 2 sidecars too (default), 3 all.
    pub named_port_containers: u8,
    /// Fragments without ports: 1 match rules without ports (default), 2 allowed, 3 denied.
    pub fragments: u8,
    /// Namespaces that are only mentioned: 1 have their name as label (default), 2 no labels, 3
    /// refuse to publish.
    pub missing_namespaces: u8,
    /// Namespaces have the label `kubernetes.io/metadata.name`: _ON (default) or _OFF.
    pub inject_metadata_name: u8,
    /// Pods that ran to their end: 1 dropped (default), 2 kept.
    pub completed_pods: u8,
    /// Addresses in a pod range that are no pod's: 1 external (default), 2 denied.
    pub unknown_pod_addresses: u8,
    /// CIDRs in admission Create: 1 legacy (default), 2 strict.
    pub cidrs: u8,
    /// `endPort` makes a range: _ON (default) or _OFF.
    pub end_port: u8,
    /// Policies whose subject cannot be read: 1 isolate the namespace (default), 2 are refused.
    pub unreadable_subjects: u8,
    /// The Baseline tier is asked: 1 per direction (default), 2 of pods without NetworkPolicy.
    pub baseline: u8,
    /// Equal priorities: 1 by name (default), 2 refuse to publish.
    pub equal_priorities: u8,
    /// NetworkPolicies mean: 1 what v1 says (default), 2 what they meant before.
    pub network_policies: u8,
    /// The answer until `netpol_cluster_set_synced`: 0 no such answer (default), 1 deny, 2 allow.
    pub until_synced: u8,
    /// NetworkPolicies in their form of 2016 are read from texts: _ON or _OFF (default).
    pub legacy_forms: u8,
    /// Not used; 0.
    pub reserved: [u8; 2],
}

/// The values of an option that is on or off.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_knob {
    /// As the library has it.
    Default = 0,
    /// Off.
    Off = 1,
    /// On.
    On = 2,
}

/// The size of the struct in the first version of the interface.
const FIRST_SIZE: usize = size_of::<netpol_options>();

impl netpol_options {
    /// The options, and how texts are read; the defaults for null.
    ///
    /// # Safety
    ///
    /// Null, or a struct as large as its first field says.
    pub(crate) unsafe fn read(
        options: *const netpol_options,
    ) -> Result<(Options, ReadOptions), netpol_status> {
        if options.is_null() {
            return Ok((Options::default(), ReadOptions::default()));
        }
        // SAFETY: every version of the struct begins with its size.
        let size = unsafe { *pointer::shared(options.cast::<usize>())? };
        if size != FIRST_SIZE {
            return Err(netpol_status::InvalidSize);
        }
        // SAFETY: as large as this version of it.
        let options = unsafe { pointer::shared(options) }?;
        let mut reading = ReadOptions::default();
        switch(&mut reading.legacy, options.legacy_forms)?;
        Ok((options.options()?, reading))
    }

    fn options(&self) -> Result<Options, netpol_status> {
        if self.reserved != [0; 2] {
            return Err(netpol_status::InvalidValue);
        }
        let mut options = Options::default();
        switch(&mut options.own_node_ingress, self.own_node_ingress)?;
        switch(&mut options.own_node_egress, self.own_node_egress)?;
        switch(&mut options.pod_cidr_gateway, self.pod_cidr_gateway)?;
        switch(&mut options.self_traffic, self.self_traffic)?;
        switch(&mut options.service_hairpin, self.service_hairpin)?;
        switch(&mut options.inject_metadata_name, self.inject_metadata_name)?;
        switch(&mut options.end_port, self.end_port)?;
        choose(
            &mut options.host_network_pods,
            self.host_network_pods,
            &[HostNetworkPods::Ignore, HostNetworkPods::TreatAsPod],
        )?;
        choose(
            &mut options.ip_block_pods,
            self.ip_block_pods,
            &[IpBlockPods::Match, IpBlockPods::Never],
        )?;
        choose(
            &mut options.unmatched_protocols,
            self.unmatched_protocols,
            &[
                UnmatchedProtocols::Deny,
                UnmatchedProtocols::Allow,
                UnmatchedProtocols::EssentialIcmp,
            ],
        )?;
        choose(
            &mut options.named_port_containers,
            self.named_port_containers,
            &[
                NamedPortContainers::Containers,
                NamedPortContainers::ContainersAndSidecars,
                NamedPortContainers::AllContainers,
            ],
        )?;
        choose(
            &mut options.fragments,
            self.fragments,
            &[Fragments::UnknownPort, Fragments::Allow, Fragments::Deny],
        )?;
        choose(
            &mut options.missing_namespaces,
            self.missing_namespaces,
            &[
                MissingNamespaces::MetadataNameOnly,
                MissingNamespaces::Empty,
                MissingNamespaces::Error,
            ],
        )?;
        choose(
            &mut options.completed_pods,
            self.completed_pods,
            &[CompletedPods::Drop, CompletedPods::Keep],
        )?;
        choose(
            &mut options.unknown_pod_addresses,
            self.unknown_pod_addresses,
            &[UnknownPodAddresses::External, UnknownPodAddresses::Deny],
        )?;
        choose(&mut options.cidrs, self.cidrs, &[CidrStrictness::Legacy, CidrStrictness::Strict])?;
        choose(
            &mut options.unreadable_subjects,
            self.unreadable_subjects,
            &[UnreadableSubjects::IsolateNamespace, UnreadableSubjects::Error],
        )?;
        choose(
            &mut options.baseline,
            self.baseline,
            &[BaselineScope::PerDirection, BaselineScope::Literal],
        )?;
        choose(
            &mut options.equal_priorities,
            self.equal_priorities,
            &[EqualPriorities::ByName, EqualPriorities::Error],
        )?;
        choose(
            &mut options.network_policies,
            self.network_policies,
            &[NetworkPolicySemantics::V1, NetworkPolicySemantics::Legacy],
        )?;
        choose(
            &mut options.until_synced,
            self.until_synced,
            &[Some(Verdict::Deny), Some(Verdict::Allow)],
        )?;
        Ok(options)
    }
}

fn switch(option: &mut bool, value: u8) -> Result<(), netpol_status> {
    choose(option, value, &[false, true])
}

/// Sets an option to the choice with this number, counted from 1; 0 leaves it.
fn choose<T: Copy>(option: &mut T, value: u8, choices: &[T]) -> Result<(), netpol_status> {
    if let Some(place) = usize::from(value).checked_sub(1) {
        *option = *choices.get(place).ok_or(netpol_status::InvalidValue)?;
    }
    Ok(())
}
