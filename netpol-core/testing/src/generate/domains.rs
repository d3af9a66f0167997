//! What domain names resolve to, and the names that policies mean.

use std::net::IpAddr;
use std::time::Duration;

use super::Choices;
use crate::cases::Event;

/// Few names, so that patterns mean some of them, spelt in more than one way.
const NAMES: [&str; 6] = [
    "db.example.com",
    "db.example.com",
    "DB.Example.com.",
    "a.b.example.com",
    "example.com",
    "db.example.org",
];

const PATTERNS: [&str; 6] = [
    "db.example.com",
    "*.example.com",
    "*.EXAMPLE.com.",
    "example.com",
    "*.b.example.com",
    "Db.example.org.",
];

/// One or two patterns of a peer.
pub(super) fn patterns(choices: &mut impl Choices) -> Vec<String> {
    (0..choices.between(1, 2)).map(|_| (*choices.pick(&PATTERNS)).to_owned()).collect()
}

/// What is resolved, withdrawn and runs out, in order. Few enough times, so that records expire in
/// the very moment that it is.
pub(super) fn events(choices: &mut impl Choices, addresses: &[IpAddr]) -> Vec<Event> {
    let mut events = Vec::new();
    // Few addresses, so that a name gets the same one again, for another time.
    let addresses: Vec<IpAddr> = (0..4).map(|_| *choices.pick(addresses)).collect();
    for _ in 0..choices.between(1, 8) {
        let name = (*choices.pick(&NAMES)).to_owned();
        let count = choices.between(1, 3);
        let some = (0..count).map(|_| *choices.pick(&addresses)).collect();
        events.push(match choices.below(8) {
            6 => {
                let addresses = choices.once_in(2).then_some(some);
                Event::WithdrawDomain { name, addresses }
            }
            7 => Event::Advance(seconds(choices)),
            _ => {
                let expires = (!choices.once_in(3)).then(|| seconds(choices));
                Event::ResolveDomain { name, addresses: some, expires }
            }
        });
    }
    // Time tells the records apart.
    if choices.below(2) == 1 {
        events.push(Event::Advance(seconds(choices)));
    }
    events
}

fn seconds(choices: &mut impl Choices) -> Duration {
    Duration::from_secs(*choices.pick(&[10, 20, 30]))
}
