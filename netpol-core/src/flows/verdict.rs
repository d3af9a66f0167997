use serde::Serialize;

use crate::packet::Verdict;

/// What a table answers about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FlowVerdict {
    /// May it pass?
    pub verdict: Verdict,
    /// What it is to the table.
    pub tracking: Tracking,
    /// The generation of the engine that was asked.
    pub generation: u64,
}

impl FlowVerdict {
    /// A packet that was not judged, which must not pass: what to fill a slice with for
    /// [`judge_batch`](super::Flows::judge_batch).
    pub const NOT_JUDGED: FlowVerdict =
        FlowVerdict { verdict: Verdict::Deny, tracking: Tracking::NotTracked, generation: 0 };

    /// Whether the packet may pass.
    #[must_use]
    pub const fn is_allow(&self) -> bool {
        self.verdict.is_allow()
    }
}

/// What a packet is to the table. The numbers are stable and are the ones of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[repr(u8)]
pub enum Tracking {
    /// Judged by policy on its own, and not remembered: it belongs to no flow and opens none, or there
    /// was no room. [`Engine::attribute`](crate::Engine::attribute) of the packet says why it may
    /// pass or not. Also what [`MidStream::Deny`](super::MidStream::Deny) denies.
    NotTracked = 0,
    /// The first packet of a flow, judged by policy, and remembered when it may pass.
    /// [`Engine::attribute`](crate::Engine::attribute) of the packet says why.
    New = 1,
    /// Of a flow, from the side that opened it.
    Established = 2,
    /// Of a flow, from the other side.
    Reply = 3,
    /// An ICMP error about a packet of a flow.
    Related = 4,
    /// A piece of a fragmented packet whose first piece was judged, or one that is denied because it
    /// would write over what that was judged by.
    Fragment = 5,
    /// Of a flow that policy does not allow any more.
    /// [`Engine::attribute`](crate::Engine::attribute) of [the packet that opened
    /// it](super::Flow::opening) says why.
    CutOff = 6,
}

impl Tracking {
    /// Every one, in order of their numbers.
    pub const ALL: [Tracking; 7] = [
        Tracking::NotTracked,
        Tracking::New,
        Tracking::Established,
        Tracking::Reply,
        Tracking::Related,
        Tracking::Fragment,
        Tracking::CutOff,
    ];

    /// The name as the C and Python libraries have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Tracking::NotTracked => "notTracked",
            Tracking::New => "new",
            Tracking::Established => "established",
            Tracking::Reply => "reply",
            Tracking::Related => "related",
            Tracking::Fragment => "fragment",
            Tracking::CutOff => "cutOff",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tracking;

    #[test]
    fn numbers_are_stable_and_names_are_those_of_json() {
        for (number, tracking) in (0_u8..).zip(Tracking::ALL) {
            assert_eq!(tracking as u8, number);
            assert_eq!(serde_json::to_value(tracking).unwrap(), tracking.name());
        }
    }
}
