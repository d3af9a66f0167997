//! What the first pieces of fragmented packets were answered, for the pieces that follow.

use std::time::Duration;

use siphasher::sip::SipHasher13;

use super::key::bytes;
use super::table::filled;
use super::{FlowsError, nanoseconds};
use crate::net::Protocol;
use crate::packet::{Packet, Verdict};

const WAYS: usize = 4;

/// The most homes there can be.
const MOST_HOMES: usize = 1 << 24;

/// A small table of which the oldest entries go first.
pub(super) struct Fragments {
    homes: Vec<[Option<Answer>; WAYS]>,
    hasher: SipHasher13,
    /// How long an answer holds.
    limit: u64,
}

/// What a first piece was answered.
#[derive(Clone, Copy, Debug)]
struct Answer {
    of: Identity,
    verdict: Verdict,
    /// When.
    began: u64,
}

/// What the pieces of a packet have in common: source, destination and identification, and in IPv4 the
/// protocol (RFC 791, section 3.2; RFC 8200, section 4.5, leaves it out, as each piece may have another
/// header in front).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    addresses: [[u64; 2]; 2],
    identification: u32,
    protocol: Protocol,
}

impl Identity {
    fn of(piece: &Packet, identification: u32) -> Identity {
        let protocol = if piece.source().is_ipv4() { piece.protocol() } else { Protocol(0) };
        Identity { addresses: piece.address_bits(), identification, protocol }
    }
}

impl Fragments {
    pub(super) fn new(
        capacity: usize,
        seed: [u64; 2],
        limit: Duration,
    ) -> Result<Fragments, FlowsError> {
        let homes = capacity.div_ceil(WAYS).max(1).checked_next_power_of_two();
        let homes = homes.filter(|homes| *homes <= MOST_HOMES).ok_or(FlowsError { capacity })?;
        let [key0, key1] = seed;
        Ok(Fragments {
            homes: filled([None; WAYS], homes).ok_or(FlowsError { capacity })?,
            hasher: SipHasher13::new_with_keys(key0, key1),
            limit: nanoseconds(limit),
        })
    }

    pub(super) const fn bytes(&self) -> usize {
        self.homes.len() * size_of::<[Option<Answer>; WAYS]>()
    }

    /// Takes note of what a first piece was answered.
    pub(super) fn remember(
        &mut self,
        piece: &Packet,
        identification: u32,
        verdict: Verdict,
        now: u64,
    ) {
        let of = Identity::of(piece, identification);
        let home = self.home(&of);
        let Some(home) = self.homes.get_mut(home) else { return };
        let same = home.iter_mut().position(|place| place.is_some_and(|answer| answer.of == of));
        let place = match same {
            Some(way) => home.get_mut(way),
            None => home.iter_mut().min_by_key(|place| place.map(|answer| answer.began)),
        };
        if let Some(place) = place {
            *place = Some(Answer { of, verdict, began: now });
        }
    }

    /// What the first piece of the same packet was answered.
    pub(super) fn answer(&self, piece: &Packet, identification: u32, now: u64) -> Option<Verdict> {
        let of = Identity::of(piece, identification);
        let home = self.homes.get(self.home(&of))?;
        let answer = home.iter().flatten().find(|answer| answer.of == of)?;
        self.holds(answer, now).then_some(answer.verdict)
    }

    /// How many answers hold.
    pub(super) fn count(&self, now: u64) -> usize {
        self.homes.iter().flatten().flatten().filter(|answer| self.holds(answer, now)).count()
    }

    pub(super) fn clear(&mut self) {
        self.homes.fill([None; WAYS]);
    }

    const fn holds(&self, answer: &Answer, now: u64) -> bool {
        now.saturating_sub(answer.began) < self.limit
    }

    fn home(&self, of: &Identity) -> usize {
        let [[a, b], [c, d]] = of.addresses;
        let rest = u64::from(of.identification) | u64::from(of.protocol.0) << 32;
        let hash = self.hasher.hash(&bytes::<5, 40>([a, b, c, d, rest]));
        hash as usize & (self.homes.len() - 1)
    }
}
