//! What the table keeps of a flow, and how its packets change that.

use std::time::Duration;

use super::key::{Key, Keyed, Kind};
use super::sighting::{Sighting, Signal};
use super::timeouts::Limits;
use super::{Flow, FlowState};
use crate::engine::Engine;
use crate::packet::Packet;

/// A flow in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Entry {
    pub(super) key: Key,
    /// The generation in which policy was last asked.
    pub(super) generation: u64,
    /// When its last packet came, in nanoseconds.
    pub(super) seen: u64,
    /// The first byte of what the other side answered, by TCP's numbering; the opener's
    /// acknowledgement of it proves that it got there.
    awaited: u32,
    pub(super) state: FlowState,
    icmp_code: u8,
    marks: u8,
}

const _: () = assert!(size_of::<Entry>() == 64);

/// The end that comes second in the key opened it.
const OPENED_BY_UPPER: u8 = 1;
const OPENER_FINISHED: u8 = 2;
const OTHER_FINISHED: u8 = 4;
const CUT_OFF: u8 = 8;
/// It was cut off, and no recheck has told so yet.
const NOT_TOLD: u8 = 16;
const VIA_SERVICE: u8 = 32;

/// How far behind the first byte of an answer an acknowledgement may be that proves that the answer was
/// seen: what is sent before the third segment of a handshake got through, and a window of a
/// connection that is found midway. Whoever guesses hits one time in four thousand.
const NEAR: u32 = 1 << 20;

/// What to do without first, to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Its time is over.
    Expired,
    /// The connection is over.
    Over,
    /// Not established, or cut off.
    Open,
    /// Makes room for none.
    Established,
}

impl Entry {
    /// What stands where there is no flow.
    pub(super) const NONE: Entry = Entry {
        key: Key::NONE,
        generation: 0,
        seen: 0,
        awaited: 0,
        state: FlowState::Opening,
        icmp_code: 0,
        marks: 0,
    };

    /// The flow that a packet opens, which policy allowed in this generation.
    pub(super) fn opened_by(
        packet: &Packet,
        icmp_code: u8,
        sighting: &Sighting,
        generation: u64,
        now: u64,
    ) -> Entry {
        let mut marks = 0;
        if sighting.keyed.from_upper {
            marks |= OPENED_BY_UPPER;
        }
        if packet.is_via_service() {
            marks |= VIA_SERVICE;
        }
        if sighting.signal == Signal::Finish {
            marks |= OPENER_FINISHED;
        }
        Entry {
            key: sighting.keyed.key,
            generation,
            seen: now,
            awaited: 0,
            state: FlowState::Opening,
            icmp_code,
            marks,
        }
    }

    const fn is(&self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    fn mark(&mut self, mark: u8, is: bool) {
        self.marks = if is { self.marks | mark } else { self.marks & !mark };
    }

    /// Whether a packet of the flow comes from the side that opened it.
    #[inline]
    pub(super) const fn is_from_opener(&self, keyed: &Keyed) -> bool {
        keyed.from_upper == self.is(OPENED_BY_UPPER)
    }

    #[inline]
    pub(super) const fn is_cut_off(&self) -> bool {
        self.is(CUT_OFF)
    }

    /// Whether it is cut off, and was not when this was last asked.
    pub(super) fn take_news(&mut self) -> bool {
        let news = self.is(CUT_OFF) && self.is(NOT_TOLD);
        self.mark(NOT_TOLD, false);
        news
    }

    #[inline]
    pub(super) fn is_expired(&self, limits: &Limits, now: u64) -> bool {
        now - self.seen.min(now) >= limits.of(self.key.kind(), self.state)
    }

    pub(super) fn standing(&self, limits: &Limits, now: u64) -> Standing {
        if self.is_expired(limits, now) {
            Standing::Expired
        } else if self.state.is_over() {
            Standing::Over
        } else if self.state.is_established() && !self.is_cut_off() {
            Standing::Established
        } else {
            Standing::Open
        }
    }

    /// The packet by which policy judges it.
    pub(super) fn opening(&self) -> Packet {
        let packet = self.key.opening(self.is(OPENED_BY_UPPER), self.icmp_code);
        if self.is(VIA_SERVICE) { packet.via_service() } else { packet }
    }

    /// Asks policy again. Says what that changed, if anything.
    pub(super) fn judge_again(&mut self, engine: &Engine) -> Option<Turn> {
        let is_cut_off = !engine.decide(&self.opening()).is_allow();
        let before = self.is_cut_off();
        self.generation = engine.generation();
        self.mark(CUT_OFF, is_cut_off);
        match (before, is_cut_off) {
            (false, true) => {
                self.mark(NOT_TOLD, true);
                Some(Turn::CutOff)
            }
            (true, false) => Some(Turn::Resumed),
            _ => None,
        }
    }

    /// A packet of the flow passes.
    #[inline]
    pub(super) fn advance(&mut self, sighting: &Sighting) {
        let from_opener = self.is_from_opener(&sighting.keyed);
        match sighting.signal {
            Signal::Reset => self.state = FlowState::Reset,
            Signal::Finish if from_opener => self.mark(OPENER_FINISHED, true),
            Signal::Finish => self.mark(OTHER_FINISHED, true),
            _ => {}
        }
        match self.state {
            FlowState::Opening if !from_opener => {
                self.state = FlowState::Answered;
                self.awaited = sighting.sequence;
            }
            // An old connection may have answered first, which the new one acknowledges nothing of.
            FlowState::Answered if !from_opener && sighting.signal == Signal::Accept => {
                self.awaited = sighting.sequence;
            }
            FlowState::Answered if from_opener && self.is_acknowledged(sighting) => {
                self.state = FlowState::Established;
            }
            _ => {}
        }
        if self.is(OPENER_FINISHED | OTHER_FINISHED) && !self.state.is_over() {
            if self.is(OPENER_FINISHED) && self.is(OTHER_FINISHED) {
                self.state = FlowState::Closed;
            } else if self.state == FlowState::Established {
                self.state = FlowState::HalfClosed;
            }
        }
    }

    /// Whether the opener shows that it was answered.
    fn is_acknowledged(&self, sighting: &Sighting) -> bool {
        match self.key.kind() {
            Kind::Tcp => sighting
                .acknowledgement
                .is_some_and(|number| number.wrapping_sub(self.awaited) <= NEAR),
            Kind::Sctp => sighting.signal != Signal::Open,
            Kind::IcmpQuery => false,
            Kind::Udp | Kind::Other => true,
        }
    }

    /// The flow as others see it.
    pub(super) fn flow(&self) -> Flow {
        Flow {
            opening: self.opening(),
            icmp_identifier: self.key.icmp_identifier(),
            state: self.state,
            is_cut_off: self.is_cut_off(),
            generation: self.generation,
            seen: Duration::from_nanos(self.seen),
        }
    }
}

/// What another generation makes of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    CutOff,
    Resumed,
}
