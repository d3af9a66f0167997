use std::net::IpAddr;
use std::time::Duration;

use netpol_core::flows::{FlowOptions, FlowState, MidStream, Tracking};
use netpol_core::{Packet, RawPacket};

use crate::naive_packet::{self, Carried, NaivePacket};

/// A list of connections without bound.
#[derive(Clone, Debug)]
pub struct NaiveFlows {
    options: FlowOptions,
    flows: Vec<NaiveFlow>,
    pieces: Vec<FirstPiece>,
    now: Duration,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct NaiveFlow {
    /// The packet that opened it.
    pub opening: Packet,
    /// How far it has come.
    pub state: FlowState,
    /// Whether policy does not allow it any more.
    pub is_cut_off: bool,
    ends: Ends,
    generation: u64,
    seen: Duration,
    /// The number of the first byte that the other side answered.
    answered_from: u32,
    opener_has_finished: bool,
    other_has_finished: bool,
    told: bool,
}

/// Who speaks to whom, in the direction in which the connection is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    opener: (IpAddr, u16),
    other: (IpAddr, u16),
    protocol: u8,
    /// The type of the question, of ICMP.
    question: Option<u8>,
}

/// What the first piece of a packet was answered.
#[derive(Clone, Debug)]
struct FirstPiece {
    source: IpAddr,
    destination: IpAddr,
    /// Only in IPv4.
    protocol: Option<u8>,
    identification: u32,
    allowed: bool,
    since: Duration,
}

/// What a packet does to its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Opens,
    Accepts,
    GoesOn,
    Finishes,
    Resets,
    MayBeAnything,
}

impl NaiveFlows {
    /// None yet. Of the options, what the size of a table is does not matter.
    #[must_use]
    pub fn new(options: &FlowOptions) -> NaiveFlows {
        NaiveFlows {
            options: options.clone(),
            flows: Vec::new(),
            pieces: Vec::new(),
            now: Duration::ZERO,
        }
    }

    /// Whether a packet may pass, and what it is; `policy` says what policies do about one on its own.
    ///
    /// # Panics
    ///
    /// When the bytes are no packet.
    pub fn judge(
        &mut self,
        bytes: &[u8],
        now: Duration,
        generation: u64,
        policy: impl Fn(&Packet) -> bool,
    ) -> (bool, Tracking) {
        self.pass_time(now);
        let read = naive_packet::read(bytes).expect("it is a packet");
        let packet = RawPacket::parse(bytes).expect("it is a packet").packet();
        let Some(piece) = read.piece else {
            return self.judge_whole(&read, &packet, generation, policy);
        };
        let is_same = |first: &FirstPiece| {
            first.source == read.source
                && first.destination == read.destination
                && first.identification == piece.identification
                && first.protocol.is_none_or(|protocol| protocol == read.protocol)
        };
        if piece.offset > 0 {
            if matches!(read.protocol, 6 | 132) && piece.offset == 1 {
                return (false, Tracking::Fragment);
            }
            return match self.pieces.iter().find(|first| is_same(first)) {
                Some(first) => (first.allowed, Tracking::Fragment),
                None => (policy(&packet), Tracking::NotTracked),
            };
        }
        let (allowed, tracking) = self.judge_whole(&read, &packet, generation, policy);
        self.pieces.retain(|first| !is_same(first));
        self.pieces.push(FirstPiece {
            source: read.source,
            destination: read.destination,
            protocol: read.source.is_ipv4().then_some(read.protocol),
            identification: piece.identification,
            allowed,
            since: self.now,
        });
        (allowed, tracking)
    }

    /// Forgets what was quiet for too long.
    pub fn pass_time(&mut self, now: Duration) {
        self.now = self.now.max(now);
        let (now, options) = (self.now, self.options.clone());
        self.flows.retain(|flow| now - flow.seen < timeout(&options, flow));
        self.pieces.retain(|first| now - first.since < options.timeouts.fragments);
    }

    fn judge_whole(
        &mut self,
        read: &NaivePacket,
        packet: &Packet,
        generation: u64,
        policy: impl Fn(&Packet) -> bool,
    ) -> (bool, Tracking) {
        let Some(ends) = ends(read) else {
            let related = quoted(read).and_then(|ends| self.position(&ends));
            if let Some(place) = related {
                self.flows[place].judge_in(generation, &policy);
                if !self.flows[place].is_cut_off {
                    return (true, Tracking::Related);
                }
            }
            return (policy(packet), Tracking::NotTracked);
        };
        let moves = what_it_does(read);
        let is_connection = matches!(read.protocol, 6 | 132);
        let strict = self.options.mid_stream == MidStream::Deny;
        let alone =
            |moves: Move| !(is_connection && strict && moves != Move::Opens) && policy(packet);
        let is_answer = answers_question(read);

        let Some(place) = self.position(&ends) else {
            let allowed = alone(moves);
            if is_answer || matches!(moves, Move::Resets | Move::MayBeAnything) {
                return (allowed, Tracking::NotTracked);
            }
            if is_connection && strict && moves != Move::Opens {
                return (false, Tracking::NotTracked);
            }
            if allowed {
                self.flows.push(NaiveFlow::opened(ends, moves, packet, generation, self.now));
            }
            return (allowed, Tracking::New);
        };
        self.flows[place].judge_in(generation, &policy);
        let flow = &mut self.flows[place];
        let from_opener = flow.ends == ends && (!is_answer || ends.opener == ends.other);
        let is_over = matches!(flow.state, FlowState::Closed | FlowState::Reset);
        let is_established = matches!(flow.state, FlowState::Established | FlowState::HalfClosed);

        if moves == Move::Opens && (!from_opener || is_over || flow.is_cut_off) {
            if !policy(packet) {
                return (false, Tracking::New);
            }
            if is_established && !flow.is_cut_off {
                return (true, Tracking::NotTracked);
            }
            *flow = NaiveFlow::opened(ends, moves, packet, generation, self.now);
            return (true, Tracking::New);
        }
        if flow.is_cut_off {
            flow.seen = self.now;
            return (false, Tracking::CutOff);
        }
        if moves == Move::MayBeAnything {
            return match from_opener {
                true => (true, Tracking::Established),
                false => (alone(moves), Tracking::NotTracked),
            };
        }
        flow.seen = self.now;
        flow.take(read, moves, from_opener);
        (true, if from_opener { Tracking::Established } else { Tracking::Reply })
    }

    /// The connection between these ends, whichever of them opened it; questions of ICMP go one way.
    fn position(&self, ends: &Ends) -> Option<usize> {
        let reversed = Ends { opener: ends.other, other: ends.opener, ..*ends };
        self.flows
            .iter()
            .position(|flow| flow.ends == *ends || flow.ends == reversed && ends.question.is_none())
    }

    /// The connection that a packet belongs to, or that it is an error about.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<&NaiveFlow> {
        let read = naive_packet::read(bytes)?;
        let ends = ends(&read).or_else(|| quoted(&read))?;
        self.flows.get(self.position(&ends)?)
    }

    /// The connections that policy does not allow any more, of which this was not told before.
    pub fn recheck(
        &mut self,
        now: Duration,
        generation: u64,
        policy: impl Fn(&Packet) -> bool,
    ) -> Vec<Packet> {
        self.pass_time(now);
        let mut news = Vec::new();
        for flow in &mut self.flows {
            flow.judge_in(generation, &policy);
            if flow.is_cut_off && !flow.told {
                flow.told = true;
                news.push(flow.opening);
            }
        }
        news
    }

    /// All of them.
    #[must_use]
    pub fn flows(&self) -> &[NaiveFlow] {
        &self.flows
    }
}

impl NaiveFlow {
    fn opened(
        ends: Ends,
        moves: Move,
        opening: &Packet,
        generation: u64,
        now: Duration,
    ) -> NaiveFlow {
        NaiveFlow {
            opening: *opening,
            state: FlowState::Opening,
            is_cut_off: false,
            ends,
            generation,
            seen: now,
            answered_from: 0,
            opener_has_finished: moves == Move::Finishes,
            other_has_finished: false,
            told: false,
        }
    }

    fn judge_in(&mut self, generation: u64, policy: impl Fn(&Packet) -> bool) {
        if self.generation != generation {
            self.generation = generation;
            self.is_cut_off = !policy(&self.opening);
            self.told &= self.is_cut_off;
        }
    }

    /// A packet of it passes.
    fn take(&mut self, read: &NaivePacket, moves: Move, from_opener: bool) {
        if moves == Move::Resets {
            self.state = FlowState::Reset;
            return;
        }
        if matches!(self.state, FlowState::Closed | FlowState::Reset) {
            return;
        }
        let [sequence, acknowledgement] = read.numbers.unwrap_or_default();
        if from_opener {
            let proven = match read.protocol {
                6 => {
                    let ack = read.flags.is_some_and(|[_, _, _, ack]| ack);
                    ack && acknowledgement.wrapping_sub(self.answered_from) <= 1 << 20
                }
                132 => moves != Move::Opens,
                1 | 58 => false,
                _ => true,
            };
            if self.state == FlowState::Answered && proven {
                self.state = FlowState::Established;
            }
            self.opener_has_finished |= moves == Move::Finishes;
        } else {
            let first = self.state == FlowState::Opening;
            let again = self.state == FlowState::Answered && moves == Move::Accepts;
            if first || again {
                self.state = FlowState::Answered;
                self.answered_from = sequence;
            }
            self.other_has_finished |= moves == Move::Finishes;
        }
        match (self.opener_has_finished, self.other_has_finished) {
            (true, true) => self.state = FlowState::Closed,
            (false, false) => {}
            _ if self.state == FlowState::Established => self.state = FlowState::HalfClosed,
            _ => {}
        }
    }
}

/// Who speaks to whom; for the answer to a question of ICMP, who asked whom. `None` for what belongs
/// to no connection.
fn ends(read: &NaivePacket) -> Option<Ends> {
    let ends = |from: u16, to: u16| Ends {
        opener: (read.source, from),
        other: (read.destination, to),
        protocol: read.protocol,
        question: None,
    };
    match read.carried {
        Carried::Ports(from, to) => Some(ends(from, to)),
        Carried::Message(kind, _) => {
            let identifier = read.identifier?;
            let asks = ends(identifier, identifier);
            let turned = Ends { opener: asks.other, other: asks.opener, ..asks };
            Some(match kind {
                0 => Ends { question: Some(8), ..turned },
                14 => Ends { question: Some(13), ..turned },
                129 => Ends { question: Some(128), ..turned },
                question => Ends { question: Some(question), ..asks },
            })
        }
        Carried::Nothing if [1, 6, 17, 58, 132].contains(&read.protocol) => None,
        Carried::Nothing => Some(ends(0, 0)),
    }
}

/// The same of the packet that an error is about, when the error goes to its sender.
fn quoted(read: &NaivePacket) -> Option<Ends> {
    let quoted = read.quoted.as_ref()?;
    (quoted.source == read.destination).then(|| ends(quoted))?
}

fn answers_question(read: &NaivePacket) -> bool {
    read.identifier.is_some() && matches!(read.carried, Carried::Message(0 | 14 | 129, _))
}

fn what_it_does(read: &NaivePacket) -> Move {
    match (read.protocol, read.flags, read.chunk) {
        (6, Some([fin, syn, rst, ack]), _) => match [fin, syn, rst, ack] {
            [false, true, false, false] => Move::Opens,
            [false, true, false, true] => Move::Accepts,
            [false, false, false, true] => Move::GoesOn,
            [true, false, false, true] => Move::Finishes,
            [false, false, true, _] => Move::Resets,
            _ => Move::MayBeAnything,
        },
        (6, None, _) | (132, _, None) => Move::MayBeAnything,
        (132, _, Some(chunk)) => match chunk {
            1 => Move::Opens,
            2 => Move::Accepts,
            6 => Move::Resets,
            7 | 8 | 14 => Move::Finishes,
            _ => Move::GoesOn,
        },
        _ => Move::GoesOn,
    }
}

fn timeout(options: &FlowOptions, flow: &NaiveFlow) -> Duration {
    let t = &options.timeouts;
    match (flow.ends.protocol, flow.state) {
        (6, FlowState::Opening) => t.tcp_opening,
        (6, FlowState::Answered) => t.tcp_answered,
        (6, FlowState::Established) => t.tcp_established,
        (6, FlowState::HalfClosed) => t.tcp_half_closed,
        (6, FlowState::Closed) => t.tcp_closed,
        (6, FlowState::Reset) => t.tcp_reset,
        (17, FlowState::Opening) => t.udp_opening,
        (17, _) => t.udp_answered,
        (132, FlowState::Opening | FlowState::Answered) => t.sctp_opening,
        (132, FlowState::Established) => t.sctp_established,
        (132, _) => t.sctp_closed,
        (1 | 58, _) => t.icmp,
        _ => t.other,
    }
}
