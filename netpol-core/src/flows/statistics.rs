use std::time::Duration;

use serde::Serialize;

use super::entry::Turn;
use super::{FlowState, Flows, Tracking};
use crate::packet::Verdict;

/// What is in a table, and what has happened to it since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FlowStatistics {
    /// How many flows there is room for.
    pub capacity: usize,
    /// How many there are in each [state](FlowState), in the order of their numbers; those that are cut
    /// off among them.
    pub by_state: [usize; FlowState::ALL.len()],
    /// How many of them are cut off.
    pub cut_off: usize,
    /// How many fragmented packets are known.
    pub fragments: usize,
    /// How many packets passed, by [what they were](Tracking), in the order of the numbers.
    pub allowed: [u64; Tracking::ALL.len()],
    /// How many did not.
    pub denied: [u64; Tracking::ALL.len()],
    /// How many flows were opened and remembered.
    pub opened: u64,
    /// How many were forgotten because they were quiet for too long. A flow whose time is over counts
    /// from when its place is needed, its next packet comes, or all are rechecked.
    pub expired: u64,
    /// How many made room for others before their time was over.
    pub evicted: u64,
    /// How many were allowed and not remembered, because only established ones were in their places.
    pub refused: u64,
    /// How often a flow was cut off.
    pub cuts: u64,
    /// How often one that was cut off was allowed again.
    pub resumed: u64,
}

impl FlowStatistics {
    /// How many flows there are.
    #[must_use]
    pub fn flows(&self) -> usize {
        self.by_state.iter().sum()
    }

    /// How many flows are in a state.
    #[must_use]
    pub fn in_state(&self, state: FlowState) -> usize {
        self.by_state.get(state as usize).copied().unwrap_or(0)
    }

    /// How many packets were judged that were this to the table, and passed or did not.
    #[must_use]
    pub fn packets(&self, tracking: Tracking, verdict: Verdict) -> u64 {
        let counts = if verdict.is_allow() { &self.allowed } else { &self.denied };
        counts.get(tracking as usize).copied().unwrap_or(0)
    }
}

/// What is counted as it happens.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    packets: [[u64; Tracking::ALL.len()]; 2],
    pub(super) opened: u64,
    pub(super) expired: u64,
    pub(super) evicted: u64,
    pub(super) refused: u64,
    pub(super) cut_off: u64,
    pub(super) resumed: u64,
}

impl Counters {
    #[inline]
    pub(super) fn count_turn(&mut self, turn: Option<Turn>) {
        match turn {
            Some(Turn::CutOff) => self.cut_off += 1,
            Some(Turn::Resumed) => self.resumed += 1,
            None => {}
        }
    }

    #[inline]
    pub(super) fn count(&mut self, verdict: Verdict, tracking: Tracking) {
        let counts = self.packets.get_mut(verdict as usize);
        if let Some(count) = counts.and_then(|counts| counts.get_mut(tracking as usize)) {
            *count += 1;
        }
    }
}

impl Flows {
    /// What is in the table at this time, and what has happened to it. Looks at the whole table.
    #[must_use]
    pub fn statistics(&mut self, now: Duration) -> FlowStatistics {
        let now = self.advance(now);
        let mut by_state = [0; FlowState::ALL.len()];
        let mut cut_off = 0;
        for entry in self.table.iter().filter(|entry| !entry.is_expired(&self.limits, now)) {
            if let Some(count) = by_state.get_mut(entry.state as usize) {
                *count += 1;
            }
            cut_off += usize::from(entry.is_cut_off());
        }
        let counters = &self.counters;
        let [denied, allowed] = counters.packets;
        FlowStatistics {
            capacity: self.capacity(),
            by_state,
            cut_off,
            fragments: self.fragments.count(now),
            allowed,
            denied,
            opened: counters.opened,
            expired: counters.expired,
            evicted: counters.evicted,
            refused: counters.refused,
            cuts: counters.cut_off,
            resumed: counters.resumed,
        }
    }
}
