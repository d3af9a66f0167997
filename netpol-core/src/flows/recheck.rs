//! All flows at once.

use std::time::Duration;

use super::entry::Turn;
use super::{Flow, Flows};
use crate::engine::Changes;

impl Flows {
    /// Judges again every flow that was not judged since the changes: those that they touch, and those
    /// that were last judged before they begin. Calls `cut_off` with each flow that policy does not allow any
    /// more and that was not told before, also where a packet has found that out already: what was
    /// offloaded of these is to be taken back.
    ///
    /// A table need not be rechecked for its own sake. Where it is, one call after the other:
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use netpol_core::{Engine, flows::{Flow, Flows}};
    /// # fn recheck(engine: &Engine, flows: &mut Flows, now: Duration, take_back: fn(&Flow)) {
    /// let changes = engine.changes_since(flows.rechecked());
    /// flows.recheck(&changes, now, take_back);
    /// # }
    /// ```
    ///
    /// Looks at every flow, and asks policy about those that are judged: so it takes some ten
    /// milliseconds for a hundred thousand flows. It allocates nothing, but
    /// [`changes_since`](crate::Engine::changes_since) does, and the changes can be shared by the
    /// tables of all threads.
    pub fn recheck(&mut self, changes: &Changes, now: Duration, mut cut_off: impl FnMut(&Flow)) {
        let now = self.advance(now);
        let Flows { table, limits, counters, .. } = self;
        let (from, to) = (changes.from_generation(), changes.to_generation());
        table.retain(|entry| {
            if entry.is_expired(limits, now) {
                counters.expired += 1;
                return false;
            }
            if entry.generation < to {
                if entry.generation >= from && !changes.touches(&entry.opening()) {
                    entry.generation = to;
                } else {
                    match entry.judge_again(changes.engine()) {
                        Some(Turn::CutOff) => counters.cut_off += 1,
                        Some(Turn::Resumed) => counters.resumed += 1,
                        None => {}
                    }
                }
            }
            if entry.take_news() {
                cut_off(&entry.flow());
            }
            true
        });
        self.rechecked = self.rechecked.max(to);
    }

    /// The generation that the last recheck led to, 0 before the first: all flows were judged in that
    /// one or a later one.
    #[must_use]
    pub const fn rechecked(&self) -> u64 {
        self.rechecked
    }

    /// Every flow, in no order. Looks at the whole table.
    pub fn iter(&self) -> impl Iterator<Item = Flow> {
        let alive = self.table.iter().filter(|entry| !entry.is_expired(&self.limits, self.now));
        alive.map(super::entry::Entry::flow)
    }
}
