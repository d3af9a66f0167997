//! What a packet says of the flow that it belongs to.

use super::key::Keyed;
use crate::net::Protocol;
use crate::packet::{RawPacket, TcpFlags};

/// What a packet does to its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Opens a connection: SYN, INIT.
    Open,
    /// Answers that: SYN and ACK, INIT ACK.
    Accept,
    /// Goes on, or opens a flow of a protocol that has no way to say so.
    Go,
    /// The sender has nothing more to send: FIN, SHUTDOWN.
    Finish,
    /// The connection is gone: RST, ABORT.
    Reset,
    /// Could be anything.
    Unclear,
}

/// A packet as the table sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    pub(super) keyed: Keyed,
    pub(super) signal: Signal,
    /// What TCP numbers its bytes by, and what it has received.
    pub(super) sequence: u32,
    pub(super) acknowledgement: Option<u32>,
}

impl Sighting {
    /// What a packet is of a flow; `None` when it is of none.
    #[inline]
    pub(super) fn of(raw: &RawPacket) -> Option<Sighting> {
        let packet = raw.packet();
        let keyed = Keyed::of(&packet, raw.icmp_identifier())?;
        let signal = match packet.protocol() {
            Protocol::TCP => raw.tcp_flags().map_or(Signal::Unclear, of_segment),
            Protocol::SCTP => raw.sctp_chunk().map_or(Signal::Unclear, of_chunk),
            _ => Signal::Go,
        };
        let sequence = raw.tcp_sequence().unwrap_or(0);
        Some(Sighting { keyed, signal, sequence, acknowledgement: raw.tcp_acknowledgement() })
    }
}

/// The combinations that a TCP has (RFC 9293, section 3.10; `tcp_valid_flags` in
/// net/netfilter/nf_conntrack_proto_tcp.c). What receivers make of others is their affair, so it is
/// not known.
#[inline]
const fn of_segment(flags: TcpFlags) -> Signal {
    match (flags.syn(), flags.ack(), flags.fin(), flags.rst()) {
        (true, false, false, false) => Signal::Open,
        (true, true, false, false) => Signal::Accept,
        (false, true, false, false) => Signal::Go,
        (false, true, true, false) => Signal::Finish,
        (false, _, false, true) => Signal::Reset,
        _ => Signal::Unclear,
    }
}

/// Types of chunks: RFC 9260, section 3.2.
#[inline]
const fn of_chunk(chunk: u8) -> Signal {
    match chunk {
        1 => Signal::Open,
        2 => Signal::Accept,
        6 => Signal::Reset,
        // SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE.
        7 | 8 | 14 => Signal::Finish,
        _ => Signal::Go,
    }
}
