use std::fmt;

use serde::{Deserialize, Serialize};

/// An IP protocol number (the IPv4 `protocol` or the last IPv6 `next header`).
///
/// Policies speak of [`TCP`](Protocol::TCP), [`UDP`](Protocol::UDP) and
/// [`SCTP`](Protocol::SCTP); packets may carry any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP for IPv4.
    pub const ICMP: Protocol = Protocol(1);
    /// TCP.
    pub const TCP: Protocol = Protocol(6);
    /// UDP.
    pub const UDP: Protocol = Protocol(17);
    /// ICMP for IPv6.
    pub const ICMPV6: Protocol = Protocol(58);
    /// SCTP.
    pub const SCTP: Protocol = Protocol(132);

    /// Reads a protocol as a NetworkPolicy spells it: `TCP`, `UDP` or `SCTP`, in upper case.
    /// `None` for everything else.
    #[must_use]
    pub fn from_api(text: &str) -> Option<Protocol> {
        match text {
            "TCP" => Some(Protocol::TCP),
            "UDP" => Some(Protocol::UDP),
            "SCTP" => Some(Protocol::SCTP),
            _ => None,
        }
    }

    /// Whether policies can name ports of it: TCP, UDP and SCTP.
    #[must_use]
    pub const fn has_policy_ports(self) -> bool {
        matches!(self, Protocol::TCP | Protocol::UDP | Protocol::SCTP)
    }
}

/// The usual name, or `protocol 47` for one that policies do not know.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Protocol::ICMP => f.write_str("ICMP"),
            Protocol::TCP => f.write_str("TCP"),
            Protocol::UDP => f.write_str("UDP"),
            Protocol::ICMPV6 => f.write_str("ICMPv6"),
            Protocol::SCTP => f.write_str("SCTP"),
            Protocol(number) => write!(f, "protocol {number}"),
        }
    }
}
