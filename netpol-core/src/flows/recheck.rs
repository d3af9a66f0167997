//! All flows at once.

use std::time::Duration;

use super::entry::Entry;
use super::{Flow, Flows};
use crate::engine::Engine;

impl Flows {
    /// Judges every flow again that was last judged in another generation. Calls `cut_off` with each flow
    /// that policy does not allow any more and that was not told before, also where a packet has found
    /// that out already: what was offloaded of these is to be taken back.
    ///
    /// A table need not be rechecked for its own sake: a flow is judged again before its next packet
    /// passes. Where nothing has [changed](crate::Changes::is_empty) there is nothing to tell. Which
    /// flows the changes touch is not asked: it takes more than to judge them.
    ///
    /// Looks at every flow, and takes a decision for each: some ten milliseconds for a hundred thousand
    /// flows. Never allocates, locks or panics.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use netpol_core::{Flows, Reader, flows::Flow};
    /// # fn recheck(reader: &mut Reader, flows: &mut Flows, now: Duration, take_back: fn(&Flow)) {
    /// flows.recheck(reader.engine(), now, take_back);
    /// # }
    /// ```
    pub fn recheck(&mut self, engine: &Engine, now: Duration, mut cut_off: impl FnMut(&Flow)) {
        let now = self.advance(now);
        let Flows { table, limits, counters, .. } = self;
        table.retain(|entry| {
            if entry.is_expired(limits, now) {
                counters.expired += 1;
                return false;
            }
            if entry.generation != engine.generation() {
                counters.count_turn(entry.judge_again(engine));
            }
            if entry.take_news() {
                cut_off(&entry.flow());
            }
            true
        });
    }

    /// Every flow, in no order. Looks at the whole table.
    pub fn iter(&self) -> impl Iterator<Item = Flow> {
        let alive = self.table.iter().filter(|entry| !entry.is_expired(&self.limits, self.now));
        alive.map(Entry::flow)
    }
}
