//! What becomes of a packet.

use std::time::Duration;

use super::entry::Entry;
use super::key::{Keyed, Kind};
use super::sighting::{Sighting, Signal};
use super::table::{Hash, Place, Room};
use super::{Flow, FlowVerdict, Flows, MidStream, Tracking};
use crate::engine::{Engine, LengthMismatch};
use crate::net::Protocol;
use crate::packet::{Fragment, RawPacket, RawPacketError, Transport, Verdict};

/// A packet that is judged, by whom, and when.
#[derive(Clone, Copy)]
struct Asked<'asked> {
    engine: &'asked Engine,
    raw: &'asked RawPacket,
    now: u64,
}

impl Asked<'_> {
    /// What policy says of the packet on its own.
    fn policy(&self) -> Verdict {
        self.engine.decide(&self.raw.packet())
    }
}

/// What a packet is answered, and what it is.
type Answer = (Verdict, Tracking);

impl Flows {
    /// May this packet pass? Remembers the flow that it opens, or what it means to the flow that it
    /// belongs to. `now` is the time since some moment that is the same for all calls.
    ///
    /// The engine is the newest one: [`Reader::engine`](crate::Reader::engine). Never allocates,
    /// locks or panics, whatever the packet.
    pub fn judge(&mut self, engine: &Engine, raw: &RawPacket, now: Duration) -> FlowVerdict {
        let asked = Asked { engine, raw, now: self.advance(now) };
        let (verdict, tracking) = match raw.fragment() {
            None => self.judge_whole(asked),
            Some(Fragment::First { identification }) => {
                let answer = self.judge_whole(asked);
                self.fragments.remember(&raw.packet(), identification, answer.0, asked.now);
                answer
            }
            Some(Fragment::Later { identification, offset }) => {
                self.judge_piece(asked, identification, offset)
            }
        };
        self.counters.count(verdict, tracking);
        FlowVerdict { verdict, tracking, generation: engine.generation() }
    }

    /// Judges many packets, one after the other: `verdicts[i]` answers `packets[i]`, as
    /// [`judge`](Flows::judge) would.
    ///
    /// # Errors
    ///
    /// When the slices differ in length; then nothing is judged.
    pub fn judge_batch(
        &mut self,
        engine: &Engine,
        packets: &[RawPacket],
        now: Duration,
        verdicts: &mut [FlowVerdict],
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::check(packets.len(), verdicts.len())?;
        for (raw, verdict) in packets.iter().zip(verdicts) {
            *verdict = self.judge(engine, raw, now);
        }
        Ok(())
    }

    /// [`judge`](Flows::judge) of the packet that [`RawPacket::parse`] reads.
    ///
    /// # Errors
    ///
    /// When the bytes are no packet that can be judged: then it must not pass.
    pub fn judge_bytes(
        &mut self,
        engine: &Engine,
        bytes: &[u8],
        now: Duration,
    ) -> Result<FlowVerdict, RawPacketError> {
        Ok(self.judge(engine, &RawPacket::parse(bytes)?, now))
    }

    /// The flow that a packet belongs to, or that an ICMP error is about, if the table knows it. It
    /// changes nothing, and does not ask policy again.
    #[must_use]
    pub fn find(&self, raw: &RawPacket) -> Option<Flow> {
        let keyed = Keyed::of(&raw.packet(), raw.icmp_identifier()).or_else(|| quoted(raw))?;
        let place = self.table.find(&keyed.key, self.table.hash(&keyed.key))?;
        let entry = self.table.get(place)?;
        (!entry.is_expired(&self.limits, self.now)).then(|| entry.flow())
    }

    fn judge_whole(&mut self, asked: Asked<'_>) -> Answer {
        let Some(sighting) = Sighting::of(asked.raw) else {
            if self.is_related(asked) {
                return (Verdict::Allow, Tracking::Related);
            }
            return (asked.policy(), Tracking::NotTracked);
        };
        let hash = self.table.hash(&sighting.keyed.key);
        match self.find_alive(&sighting.keyed, hash, asked.now) {
            Some(place) => self.judge_known(asked, &sighting, place),
            None => self.judge_unknown(asked, &sighting, hash),
        }
    }

    /// Where a flow is; one whose time is over is forgotten.
    #[inline]
    fn find_alive(&mut self, keyed: &Keyed, hash: Hash, now: u64) -> Option<Place> {
        let place = self.table.find(&keyed.key, hash)?;
        if self.table.get(place)?.is_expired(&self.limits, now) {
            self.table.release(place);
            self.counters.expired += 1;
            return None;
        }
        Some(place)
    }

    /// Has policy asked again about a flow, unless that was done in this generation.
    #[inline]
    fn revise(&mut self, place: Place, engine: &Engine) -> Option<&mut Entry> {
        let entry = self.table.at(place)?;
        if entry.generation != engine.generation() {
            self.counters.count_turn(entry.judge_again(engine));
        }
        Some(entry)
    }

    fn judge_known(&mut self, asked: Asked<'_>, sighting: &Sighting, place: Place) -> Answer {
        let Some(entry) = self.revise(place, asked.engine) else {
            return (Verdict::Deny, Tracking::NotTracked);
        };
        let from_opener = entry.is_from_opener(&sighting.keyed);
        if sighting.signal == Signal::Open
            && (!from_opener || entry.state.is_over() || entry.is_cut_off())
        {
            return self.judge_again_opened(asked, sighting, place);
        }
        if entry.is_cut_off() {
            // As long as somebody tries, nobody may take it for another connection.
            entry.seen = asked.now;
            return (Verdict::Deny, Tracking::CutOff);
        }
        if sighting.signal == Signal::Unclear {
            // Policy has allowed whatever its opener sends. What comes the other way could open a
            // connection.
            if from_opener {
                return (Verdict::Allow, Tracking::Established);
            }
            return (self.judge_stray(asked, sighting), Tracking::NotTracked);
        }
        entry.seen = asked.now;
        entry.advance(sighting);
        (Verdict::Allow, if from_opener { Tracking::Established } else { Tracking::Reply })
    }

    /// A connection is opened between the addresses and ports of a known flow: by the other side, or
    /// after that was over or cut off.
    fn judge_again_opened(
        &mut self,
        asked: Asked<'_>,
        sighting: &Sighting,
        place: Place,
    ) -> Answer {
        if !asked.policy().is_allow() {
            return (Verdict::Deny, Tracking::New);
        }
        let Some(entry) = self.table.at(place) else {
            return (Verdict::Deny, Tracking::NotTracked);
        };
        if entry.state.is_established() && !entry.is_cut_off() {
            // If the other side did start anew, the opener's answer ends the old connection
            // (RFC 9293, section 3.10.7.4). Whoever forges a SYN is not to undo it.
            return (Verdict::Allow, Tracking::NotTracked);
        }
        *entry = opened(asked, sighting);
        self.counters.opened += 1;
        (Verdict::Allow, Tracking::New)
    }

    fn judge_unknown(&mut self, asked: Asked<'_>, sighting: &Sighting, hash: Hash) -> Answer {
        let opens_nothing =
            matches!(sighting.signal, Signal::Reset | Signal::Unclear) || sighting.keyed.is_answer;
        let verdict = self.judge_stray(asked, sighting);
        if opens_nothing || self.is_refused_mid_stream(sighting) {
            return (verdict, Tracking::NotTracked);
        }
        if !verdict.is_allow() {
            return (verdict, Tracking::New);
        }
        match self.table.insert(opened(asked, sighting), hash, &self.limits, asked.now) {
            Some(room) => {
                self.counters.opened += 1;
                match room {
                    Room::Free => {}
                    Room::Expired => self.counters.expired += 1,
                    Room::Evicted => self.counters.evicted += 1,
                }
                (Verdict::Allow, Tracking::New)
            }
            None => {
                self.counters.refused += 1;
                (Verdict::Allow, Tracking::NotTracked)
            }
        }
    }

    /// Judges a packet that is of no known flow, or does not say whether it is.
    fn judge_stray(&self, asked: Asked<'_>, sighting: &Sighting) -> Verdict {
        if self.is_refused_mid_stream(sighting) { Verdict::Deny } else { asked.policy() }
    }

    fn is_refused_mid_stream(&self, sighting: &Sighting) -> bool {
        self.mid_stream == MidStream::Deny
            && sighting.signal != Signal::Open
            && matches!(sighting.keyed.key.kind(), Kind::Tcp | Kind::Sctp)
    }

    /// Whether it is an ICMP error that goes to the sender of a packet of a known flow, about that
    /// packet. Linux asks the same of it (`nf_conntrack_inet_error` in
    /// net/netfilter/nf_conntrack_proto_icmp.c).
    fn is_related(&mut self, asked: Asked<'_>) -> bool {
        let Some(keyed) = quoted(asked.raw) else { return false };
        let hash = self.table.hash(&keyed.key);
        let Some(place) = self.find_alive(&keyed, hash, asked.now) else { return false };
        self.revise(place, asked.engine).is_some_and(|entry| !entry.is_cut_off())
    }

    fn judge_piece(&self, asked: Asked<'_>, identification: u32, offset: u16) -> Answer {
        let packet = asked.raw.packet();
        // Its bytes would come over the flags or the chunk of the first piece, which was judged by them.
        if matches!(packet.protocol(), Protocol::TCP | Protocol::SCTP) && offset == 1 {
            return (Verdict::Deny, Tracking::Fragment);
        }
        match self.fragments.answer(&packet, identification, asked.now) {
            Some(verdict) => (verdict, Tracking::Fragment),
            None => (asked.policy(), Tracking::NotTracked),
        }
    }
}

fn opened(asked: Asked<'_>, sighting: &Sighting) -> Entry {
    let packet = asked.raw.packet();
    let icmp_code = match packet.transport() {
        Transport::Icmp { code, .. } => code,
        _ => 0,
    };
    Entry::opened_by(&packet, icmp_code, sighting, asked.engine.generation(), asked.now)
}

/// The key of the packet that an ICMP error is about, when the error goes to who sent that.
fn quoted(raw: &RawPacket) -> Option<Keyed> {
    let quoted = raw.embedded()?;
    let ([sender, _], [_, receiver]) = (quoted.address_bits(), raw.packet().address_bits());
    if sender != receiver {
        return None;
    }
    Keyed::of(&quoted, raw.embedded_icmp_identifier())
}
