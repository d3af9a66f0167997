//! Pieces of packets.

use netpol_core::options::{Fragments, Options};

use super::world::*;

fn with(fragments: Fragments) -> World {
    let mut options = Options::default();
    options.fragments = fragments;
    World::with(options, |_| {})
}

#[test]
fn pieces_follow_the_first() {
    for (web, db) in [(WEB, DB), (WEB6, DB6)] {
        let (web, db) = (end(web), end(db));
        for option in [Fragments::UnknownPort, Fragments::Allow, Fragments::Deny] {
            let mut world = with(option);
            let unknown = if option == Fragments::Allow { ALLOW } else { DENY };
            let datagram = udp(web, db);
            let later = |identification| piece(&datagram, 3, true, identification);
            let last = |identification| piece(&datagram, 8, false, identification);
            assert_eq!(world.answer(&later(1)), (unknown, NotTracked), "as the option has it");
            assert_eq!(world.answer(&piece(&datagram, 0, true, 1)), (ALLOW, New));
            assert_eq!(world.answer(&later(1)), (ALLOW, Fragment));
            assert_eq!(world.answer(&last(1)), (ALLOW, Fragment));
            assert_eq!(world.answer(&last(2)), (unknown, NotTracked), "of another packet");
            let back = udp(db, web);
            assert_eq!(world.answer(&piece(&back, 3, false, 1)), (unknown, NotTracked));
            assert_eq!(world.answer(&piece(&back, 0, true, 1)), (ALLOW, Reply));
            assert_eq!(world.answer(&piece(&back, 3, false, 1)), (ALLOW, Fragment));
            // A denied first piece denies the others, whatever the option.
            let denied = udp(web, end(&db.to_string().replace("80", "81")));
            assert_eq!(world.answer(&piece(&denied, 0, true, 1)), (DENY, New));
            assert_eq!(world.answer(&later(1)), (DENY, Fragment));
            assert_eq!(world.statistics().fragments, 2);
        }
    }
}

#[test]
fn answers_hold_for_a_while() {
    let mut world = World::new();
    let datagram = udp(end(WEB), end(DB));
    assert_eq!(world.answer(&piece(&datagram, 0, true, 1)), (ALLOW, New));
    world.wait(29);
    assert_eq!(world.answer(&piece(&datagram, 3, false, 1)), (ALLOW, Fragment));
    // A publication in between does not tear a packet apart.
    world.without("db");
    assert_eq!(world.answer(&piece(&datagram, 4, false, 1)), (ALLOW, Fragment));
    world.wait(1);
    assert_eq!(world.answer(&piece(&datagram, 5, false, 1)), (DENY, NotTracked));
    assert_eq!(world.statistics().fragments, 0);
    world.flows.clear();
    assert_eq!(world.answer(&piece(&datagram, 3, false, 1)), (DENY, NotTracked));
}

/// The oldest answers go first, and there are never more than there is room for.
#[test]
fn the_table_is_small() {
    let mut world = World::with(Options::default(), |options| options.fragments = 64);
    let datagram = udp(end(WEB), end(DB));
    for identification in 0..1_000 {
        world.now += std::time::Duration::from_millis(1);
        assert!(world.judge(&piece(&datagram, 0, true, identification)).is_allow());
        let later = piece(&datagram, 3, false, identification);
        assert_eq!(world.answer(&later), (ALLOW, Fragment), "the newest is known");
    }
    let known = world.statistics().fragments;
    assert!((32..=64).contains(&known), "{known}");
}

/// The second piece must not write over the flags or the chunk that were judged.
#[test]
fn pieces_within_the_header() {
    for (web, db) in [(WEB, DB), (WEB6, DB6)] {
        let mut world = with(Fragments::Allow);
        world.connect(web, db);
        let acknowledgement = tcp(end(db), end(web), ACK, [0; 2]);
        assert_eq!(world.answer(&piece(&acknowledgement, 0, true, 1)), (ALLOW, Reply));
        assert_eq!(world.answer(&piece(&acknowledgement, 1, false, 1)), (DENY, Fragment));
        assert_eq!(world.answer(&piece(&acknowledgement, 1, false, 2)), (DENY, Fragment));
        assert_eq!(world.answer(&piece(&acknowledgement, 2, false, 1)), (ALLOW, Fragment));
        // Without the flags it may be anything.
        let header = acknowledgement.len() - 12;
        let tiny = &piece(&acknowledgement[..header], 0, true, 3);
        assert_eq!(world.answer(tiny), (DENY, NotTracked));
        let datagram = udp(end(web), end(db));
        assert_eq!(world.answer(&piece(&datagram, 1, false, 4)), (ALLOW, NotTracked));
        let heartbeat = sctp(end(web), end(db), 4);
        assert_eq!(world.answer(&piece(&heartbeat, 0, true, 5)), (ALLOW, New));
        assert_eq!(world.answer(&piece(&heartbeat, 1, true, 5)), (DENY, Fragment));
        assert_eq!(world.answer(&piece(&heartbeat, 2, true, 5)), (ALLOW, Fragment));
    }
}
