use std::fmt;

use serde::{Deserialize, Serialize};

use super::Protocol;

/// One entry of a rule's `ports`: a protocol, and which of its destination ports.
///
/// A rule without entries admits every port and every protocol; that is for the rule to know, not
/// for an entry.
///
/// Source: `NetworkPolicyPort` of k8s.io/api/networking/v1.
///
/// ```
/// use netpol_core::net::{PolicyPort, Protocol};
///
/// // What the destination pod's containers declare.
/// let declared = |name: &str, protocol: Protocol| match (name, protocol) {
///     ("http", Protocol::TCP) => Some(8080),
///     _ => None,
/// };
/// let entry = PolicyPort::named(Protocol::TCP, "http");
/// assert!(entry.matches(Protocol::TCP, 8080, declared));
/// assert!(!entry.matches(Protocol::TCP, 80, declared));
/// assert!(!PolicyPort::named(Protocol::UDP, "http").matches(Protocol::UDP, 8080, declared));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "the two halves of the API type, both always there")]
pub struct PolicyPort {
    /// The protocol; an entry always has one, `TCP` when the manifest names none.
    pub protocol: Protocol,
    /// Which of its ports.
    pub ports: Ports,
}

/// Which destination ports an entry admits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_enums, reason = "a fourth form must break those who match on it")]
pub enum Ports {
    /// Every port of the protocol.
    All,
    /// The ports of a range.
    Range(PortRange),
    /// The ports that the destination pod's containers declare under this name.
    Named(Box<str>),
}

/// A range of port numbers, both ends included; at least one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16)", into = "(u16, u16)")]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PolicyPort {
    /// Every port of `protocol`.
    #[must_use]
    pub const fn all(protocol: Protocol) -> PolicyPort {
        PolicyPort { protocol, ports: Ports::All }
    }

    /// The ports of `range`.
    #[must_use]
    pub const fn range(protocol: Protocol, range: PortRange) -> PolicyPort {
        PolicyPort { protocol, ports: Ports::Range(range) }
    }

    /// The ports that the destination declares as `name`.
    #[must_use]
    pub fn named(protocol: Protocol, name: &str) -> PolicyPort {
        PolicyPort { protocol, ports: Ports::Named(name.into()) }
    }

    /// Whether it admits a packet of `protocol` to `port`.
    ///
    /// `resolve` is asked for the numbers under which the *destination* declares a port name for
    /// this entry's protocol: none when the destination is no pod or declares no such port, more
    /// than one when several containers use the name. It is called at most once, and only for a
    /// named port of the packet's protocol.
    pub fn matches<Numbers>(
        &self,
        protocol: Protocol,
        port: u16,
        resolve: impl FnOnce(&str, Protocol) -> Numbers,
    ) -> bool
    where
        Numbers: IntoIterator<Item = u16>,
    {
        self.protocol == protocol
            && match &self.ports {
                Ports::All => true,
                Ports::Range(range) => range.contains(port),
                Ports::Named(name) => {
                    resolve(name, protocol).into_iter().any(|number| number == port)
                }
            }
    }
}

/// `TCP`, `TCP 80`, `TCP 32000-32768` or `TCP http`.
impl fmt::Display for PolicyPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.protocol.fmt(f)?;
        match &self.ports {
            Ports::All => Ok(()),
            Ports::Range(range) => write!(f, " {range}"),
            Ports::Named(name) => write!(f, " {name}"),
        }
    }
}

impl PortRange {
    /// The ports from `first` to `last`, both included; `None` when `last` is smaller.
    #[must_use]
    pub const fn new(first: u16, last: u16) -> Option<PortRange> {
        if first <= last { Some(PortRange { first, last }) } else { None }
    }

    /// The lowest port.
    #[must_use]
    pub const fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    #[must_use]
    pub const fn last(self) -> u16 {
        self.last
    }

    /// Whether `port` is one of them.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

/// First and last port; a last one before the first is an error.
impl TryFrom<(u16, u16)> for PortRange {
    type Error = String;

    fn try_from((first, last): (u16, u16)) -> Result<PortRange, String> {
        PortRange::new(first, last)
            .ok_or_else(|| format!("no port lies between {first} and {last}"))
    }
}

impl From<PortRange> for (u16, u16) {
    fn from(range: PortRange) -> (u16, u16) {
        (range.first, range.last)
    }
}

/// The one port.
impl From<u16> for PortRange {
    fn from(port: u16) -> PortRange {
        PortRange { first: port, last: port }
    }
}

/// `80`, or `32000-32768`.
impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PolicyPort, PortRange, Protocol};

    fn undeclared(_: &str, _: Protocol) -> Option<u16> {
        None
    }

    #[test]
    fn all_ports_are_of_one_protocol() {
        let entry = PolicyPort::all(Protocol::TCP);
        for port in [0, 1, 65535] {
            assert!(entry.matches(Protocol::TCP, port, undeclared));
            assert!(!entry.matches(Protocol::UDP, port, undeclared));
            assert!(!entry.matches(Protocol::SCTP, port, undeclared));
        }
    }

    #[test]
    fn ranges_include_both_ends() {
        let entry = PolicyPort::range(Protocol::UDP, PortRange::new(32000, 32768).unwrap());
        for (port, expected) in [(31999, false), (32000, true), (32768, true), (32769, false)] {
            assert_eq!(entry.matches(Protocol::UDP, port, undeclared), expected, "{port}");
        }
        assert!(PolicyPort::range(Protocol::UDP, 7.into()).matches(Protocol::UDP, 7, undeclared));
        assert_eq!(PortRange::new(2, 1), None);
    }

    #[test]
    fn a_name_may_stand_for_several_numbers_or_none() {
        let entry = PolicyPort::named(Protocol::TCP, "http");
        let declared = |name: &str, protocol| {
            assert_eq!((name, protocol), ("http", Protocol::TCP));
            [8080, 9090]
        };
        assert!(entry.matches(Protocol::TCP, 8080, declared));
        assert!(entry.matches(Protocol::TCP, 9090, declared));
        assert!(!entry.matches(Protocol::TCP, 80, declared));
        assert!(!entry.matches(Protocol::TCP, 8080, undeclared));
        assert!(!entry.matches(Protocol::UDP, 8080, declared));
    }

    #[test]
    fn prints() {
        assert_eq!(PolicyPort::all(Protocol::SCTP).to_string(), "SCTP");
        assert_eq!(PolicyPort::range(Protocol::TCP, 80.into()).to_string(), "TCP 80");
        let range = PortRange::new(32000, 32768).unwrap();
        assert_eq!(PolicyPort::range(Protocol::TCP, range).to_string(), "TCP 32000-32768");
        assert_eq!(PolicyPort::named(Protocol::UDP, "dns").to_string(), "UDP dns");
    }
}
