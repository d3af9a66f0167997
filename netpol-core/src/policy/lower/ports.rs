use smallvec::SmallVec;

use crate::net::{PolicyPort, PortRange, Protocol};
use crate::policy::RulePort;

/// A port number that a rule may name.
pub(super) fn number(number: i32) -> Option<u16> {
    u16::try_from(number).ok().filter(|number| *number > 0)
}

/// One port of a protocol, or several in a row; `None` when a rule may not name them.
pub(super) fn range(protocol: Protocol, first: i32, last: i32) -> Option<RulePort> {
    let range = PortRange::new(number(first)?, number(last)?)?;
    Some(SmallVec::from_iter([PolicyPort::range(protocol, range)]))
}

/// The ports of any protocol that the destination declares as `name`: in cluster-wide policies the
/// declaration has the protocol.
pub(super) fn named(name: &str) -> Option<RulePort> {
    let protocols = [Protocol::TCP, Protocol::UDP, Protocol::SCTP];
    let ports =
        || protocols.map(|protocol| PolicyPort::named(protocol, name)).into_iter().collect();
    (!name.is_empty()).then(ports)
}
