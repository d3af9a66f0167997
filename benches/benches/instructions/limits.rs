//! What a decision may cost, in instructions, averaged over the packets of a world.
//!
//! Each is what was measured and three parts in a hundred. Who makes decisions cheaper lowers them;
//! who raises one says in the commit what is had in return.

/// The limits of a world.
pub(crate) struct Limits {
    /// `Reader::decide`.
    pub(crate) single: f64,
    /// `Reader::decide_batch`, 32 packets at a time.
    pub(crate) batch: f64,
    /// `Reader::attribute`.
    pub(crate) attribute: f64,
}

/// 10,000 pods, 1,000 NetworkPolicies, IPv4.
pub(crate) const W10K: Limits = Limits { single: 189.9, batch: 198.8, attribute: 374.5 };

/// The same, with 20 ClusterNetworkPolicies.
pub(crate) const W10K_20_CLUSTER_POLICIES: Limits =
    Limits { single: 452.7, batch: 463.5, attribute: 920.1 };

/// `Reader::decide` in the first world when pods have two addresses and three of ten packets are
/// IPv6.
pub(crate) const W10K_DUAL_STACK_SINGLE: f64 = 224.2;
