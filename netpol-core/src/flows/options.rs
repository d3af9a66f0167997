use serde::{Deserialize, Serialize};

use super::FlowTimeouts;

/// What a [`Flows`](super::Flows) is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowOptions {
    /// For how many flows there is to be room. Default 65,536, half of what kube-proxy has Linux
    /// remember at least (`conntrack.min`). It is made a power of two, and 16 at least; each flow takes
    /// 66 bytes. A table is best not more than three quarters full: it has sixteen places for each
    /// flow, and the fuller it is the likelier they are all taken.
    pub capacity: usize,
    /// For how many fragmented packets there is to be room, each from its first fragment on until
    /// [time](FlowTimeouts::fragments) is over. Default 1,024. It is made a power of two, and 4 at
    /// least; each takes 56 bytes. A new one takes the place of the oldest.
    pub fragments: usize,
    /// What keeps others from aiming at one place of the table.
    pub seed: [u64; 2],
    /// How long flows are remembered.
    pub timeouts: FlowTimeouts,
    /// What a TCP or SCTP packet is that opens no connection and belongs to none that is known.
    pub mid_stream: MidStream,
}

impl FlowOptions {
    /// The defaults, with a seed.
    ///
    /// Whoever sends packets chooses addresses and ports. If they could work out which of these come
    /// to the same place of the table they could fill that place alone, and nobody's flows that come
    /// there would be remembered. So the seed must be drawn at random, by what draws keys
    /// (`getrandom`), and be told to nobody; another one for each table and start.
    #[must_use]
    pub fn new(seed: [u64; 2]) -> FlowOptions {
        FlowOptions {
            capacity: 1 << 16,
            fragments: 1 << 10,
            seed,
            timeouts: FlowTimeouts::default(),
            mid_stream: MidStream::default(),
        }
    }
}

/// What a TCP segment without SYN, or an SCTP packet without INIT, is when it belongs to no known flow.
/// The table forgot the flow, never had room for it, or is younger than it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum MidStream {
    /// The first packet of a flow, judged by policy in the direction in which it travels. So a dataplane
    /// that starts again does not break the connections of a node, as with Linux'
    /// `nf_conntrack_tcp_loose`, whose default it is too. Nothing passes that policy would not let
    /// the sender open; a connection goes on with the next packet of whoever opened it, or of whoever
    /// might have.
    #[default]
    Judge,
    /// Denied: only what opens a connection is judged by policy.
    Deny,
}

/// There is no memory for a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no memory for a table of {capacity} entries")]
pub struct FlowsError {
    pub(super) capacity: usize,
}
