use netpol_core::packet::{Fragment, Packet, RawPacket, Transport};

use super::{Carried, NaivePacket, read};

/// Where the library reads something else in these bytes than [`read`] does.
#[must_use]
pub fn disagreement(bytes: &[u8]) -> Option<String> {
    let read = read(bytes);
    let parsed = RawPacket::parse(bytes);
    let agree = match (&read, &parsed) {
        (Some(naive), Ok(raw)) => agrees(naive, raw),
        (None, Err(_)) => true,
        _ => false,
    };
    (!agree).then(|| format!("{bytes:02x?}\nplainly {read:#?}\nlibrary {parsed:#?}"))
}

/// Where the first bytes of a packet, for each length up to `most`, give another packet than all of
/// them do. To give none is no disagreement.
#[must_use]
pub fn disagreement_of_prefixes(bytes: &[u8], most: usize) -> Option<String> {
    // A longer prefix may give what a shorter one did not, so the whole is the measure.
    let whole = RawPacket::parse(bytes);
    for length in 0..bytes.len().min(most) {
        let Ok(prefix) = RawPacket::parse(&bytes[..length]) else {
            continue;
        };
        let same = whole.is_ok_and(|whole| {
            prefix.packet() == whole.packet()
                && prefix.fragment() == whole.fragment()
                && prefix.tcp_flags().is_none_or(|flags| Some(flags) == whole.tcp_flags())
                && prefix.tcp_sequence().is_none_or(|it| Some(it) == whole.tcp_sequence())
                && prefix.sctp_chunk().is_none_or(|chunk| Some(chunk) == whole.sctp_chunk())
                && prefix.icmp_identifier().is_none_or(|it| Some(it) == whole.icmp_identifier())
                && prefix.embedded().is_none_or(|packet| Some(packet) == whole.embedded())
                && prefix
                    .embedded_icmp_identifier()
                    .is_none_or(|it| Some(it) == whole.embedded_icmp_identifier())
        });
        if !same {
            return Some(format!(
                "{bytes:02x?}\nall of it gives {whole:#?}\nthe first {length} bytes {prefix:#?}"
            ));
        }
    }
    None
}

fn agrees(naive: &NaivePacket, raw: &RawPacket) -> bool {
    let piece = naive.piece.map(|piece| (piece.offset, piece.identification));
    let fragment = raw.fragment().map(|fragment| match fragment {
        Fragment::First { identification } => (0, identification),
        Fragment::Later { identification, offset } => (offset, identification),
    });
    let acknowledges = naive.flags.is_some_and(|[_, _, _, ack]| ack);
    let acknowledgement = naive.numbers.filter(|_| acknowledges).map(|numbers| numbers[1]);
    let detail = naive.numbers.map(|numbers| numbers[0]) == raw.tcp_sequence()
        && acknowledgement == raw.tcp_acknowledgement()
        && naive.identifier == raw.icmp_identifier()
        && naive.chunk == raw.sctp_chunk();
    let flags = raw.tcp_flags().map(|flags| [flags.fin(), flags.syn(), flags.rst(), flags.ack()]);
    let quoted = match (&naive.quoted, raw.embedded()) {
        (Some(naive), Some(packet)) => {
            says(naive, &packet) && naive.identifier == raw.embedded_icmp_identifier()
        }
        (None, None) => raw.embedded_icmp_identifier().is_none(),
        _ => false,
    };
    says(naive, &raw.packet()) && piece == fragment && naive.flags == flags && detail && quoted
}

/// Whether a packet is what was read.
fn says(naive: &NaivePacket, packet: &Packet) -> bool {
    let carried = match packet.transport() {
        Transport::Ports { source, destination } => Carried::Ports(source, destination),
        Transport::Icmp { kind, code } => Carried::Message(kind, code),
        _ => Carried::Nothing,
    };
    naive.source == packet.source()
        && naive.destination == packet.destination()
        && naive.protocol == packet.protocol().0
        && naive.carried == carried
}
