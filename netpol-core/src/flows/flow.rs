use std::time::Duration;

use serde::Serialize;

use crate::packet::Packet;

/// How far a flow has come. The numbers are stable and are the ones of the C library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[repr(u8)]
pub enum FlowState {
    /// Only its opener has sent anything.
    #[default]
    Opening = 0,
    /// The other side has answered.
    Answered = 1,
    /// The opener has gone on after that; with TCP, it has acknowledged the answer. Never of ICMP.
    Established = 2,
    /// One side has sent everything: FIN of TCP, SHUTDOWN of SCTP.
    HalfClosed = 3,
    /// Both sides have.
    Closed = 4,
    /// One side has given up: RST of TCP, ABORT of SCTP.
    Reset = 5,
}

impl FlowState {
    /// Every state, in order of their numbers.
    pub const ALL: [FlowState; 6] = [
        FlowState::Opening,
        FlowState::Answered,
        FlowState::Established,
        FlowState::HalfClosed,
        FlowState::Closed,
        FlowState::Reset,
    ];

    /// The name as the C and Python libraries have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FlowState::Opening => "opening",
            FlowState::Answered => "answered",
            FlowState::Established => "established",
            FlowState::HalfClosed => "halfClosed",
            FlowState::Closed => "closed",
            FlowState::Reset => "reset",
        }
    }

    /// Whether the next SYN between the same ports is another connection's.
    #[inline]
    pub(super) const fn is_over(self) -> bool {
        matches!(self, FlowState::Closed | FlowState::Reset)
    }

    /// Whether it makes room for no other.
    #[inline]
    pub(super) const fn is_established(self) -> bool {
        matches!(self, FlowState::Established | FlowState::HalfClosed)
    }
}

/// A flow, as it is at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flow {
    /// The packet that opened it, by which policies judge it: [`Engine::attribute`] and
    /// [`Engine::explain`] say why.
    ///
    /// [`Engine::attribute`]: crate::Engine::attribute
    /// [`Engine::explain`]: crate::Engine::explain
    pub opening: Packet,
    /// What tells questions of ICMP between the same addresses apart.
    pub icmp_identifier: Option<u16>,
    /// How far it has come.
    pub state: FlowState,
    /// Policy does not allow it any more, so none of its packets pass.
    pub is_cut_off: bool,
    /// The generation in which policy was last asked about it.
    pub generation: u64,
    /// When its last packet came, as the table was told.
    pub seen: Duration,
}

#[cfg(test)]
mod tests {
    use super::FlowState;

    #[test]
    fn numbers_are_stable_and_names_are_those_of_json() {
        for (number, state) in (0_u8..).zip(FlowState::ALL) {
            assert_eq!(state as u8, number);
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
