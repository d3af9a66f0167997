//! ICMP errors.

use super::world::*;

/// A router tells each side about a packet of a known flow.
#[test]
fn about_a_known_flow() {
    for (web, db, router) in [(WEB, DB, "192.0.2.9"), (WEB6, DB6, "2001:db8::9")] {
        let (web, db, router) = (end(web), end(db), ip(router));
        let mut world = World::new();
        let segment = tcp(web, db, SYN, [0; 2]);
        let back = tcp(db, web, ACK, [0; 2]);
        assert_eq!(world.answer(&unreachable(router, web.ip(), &segment)), (DENY, NotTracked));
        assert_eq!(world.answer(&segment), (ALLOW, New));
        assert_eq!(world.answer(&unreachable(router, web.ip(), &segment)), (ALLOW, Related));
        assert_eq!(world.answer(&unreachable(router, db.ip(), &back)), (ALLOW, Related));
        assert_eq!(world.answer(&unreachable(db.ip(), web.ip(), &segment)), (ALLOW, Related));

        // To somebody else than the sender of what it quotes.
        assert_eq!(world.answer(&unreachable(router, web.ip(), &back)), (DENY, NotTracked));
        assert_eq!(world.answer(&unreachable(router, db.ip(), &segment)), (DENY, NotTracked));
        // About other ports, and about another protocol.
        let other_port = tcp(web, end(&db.to_string().replace("80", "81")), SYN, [0; 2]);
        assert_eq!(world.answer(&unreachable(router, web.ip(), &other_port)), (DENY, NotTracked));
        let other_protocol = udp(web, db);
        let error = unreachable(router, web.ip(), &other_protocol);
        assert_eq!(world.answer(&error), (DENY, NotTracked));
        // Where policy lets errors in, they need not be about anything.
        world.policy("into-web", "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
        assert_eq!(world.answer(&error), (ALLOW, NotTracked));
        assert_eq!(world.answer(&unreachable(router, web.ip(), &segment)), (ALLOW, Related));
        assert_eq!(world.statistics().flows(), 1, "errors open nothing");
    }
}

/// An error does not keep a flow alive, and is about none whose time is over.
#[test]
fn after_the_flow() {
    let mut world = World::new();
    let datagram = udp(end(WEB), end(DB));
    assert_eq!(world.answer(&datagram), (ALLOW, New));
    let error = unreachable(ip("10.0.0.2"), ip("10.0.0.1"), &datagram);
    world.wait(29);
    assert_eq!(world.answer(&error), (ALLOW, Related));
    world.wait(1);
    assert_eq!(world.answer(&error), (DENY, NotTracked));
}

#[test]
fn about_pings() {
    for (web, out) in [("10.0.0.1", "192.0.2.1"), ("fd00::1", "2001:db8::1")] {
        let (web, out) = (ip(web), ip(out));
        let mut world = World::new();
        let question = ping(web, out, 77);
        assert_eq!(world.answer(&question), (ALLOW, New));
        assert_eq!(world.answer(&unreachable(out, web, &question)), (ALLOW, Related));
        assert_eq!(world.answer(&unreachable(web, out, &pong(out, web, 77))), (ALLOW, Related));
        assert_eq!(world.answer(&unreachable(out, web, &ping(web, out, 78))), (DENY, NotTracked));
        assert_eq!(world.answer(&unreachable(out, web, &pong(web, out, 77))), (DENY, NotTracked));
        let flow = world.flow(&unreachable(out, web, &question)).expect("it is there");
        assert_eq!(flow.icmp_identifier, Some(77));
    }
}

/// Errors about errors, about pieces that have no ports, and about other protocols.
#[test]
fn about_other_packets() {
    let mut world = World::new();
    let (web, out) = (ip("10.0.0.1"), ip("192.0.2.1"));
    let tunnelled = other(web, out, 47);
    assert_eq!(world.answer(&tunnelled), (ALLOW, New));
    let error = unreachable(out, web, &tunnelled);
    assert_eq!(world.answer(&error), (ALLOW, Related));
    assert_eq!(
        world.answer(&unreachable(out, web, &unreachable(web, out, &tunnelled))),
        (DENY, NotTracked)
    );
    let datagram = udp(end(WEB), end("192.0.2.1:53"));
    assert_eq!(world.answer(&datagram), (ALLOW, New));
    let later = piece(&datagram, 3, false, 1);
    assert_eq!(world.answer(&unreachable(out, web, &later)), (DENY, NotTracked));
    let first = piece(&datagram, 0, true, 1);
    assert_eq!(world.answer(&unreachable(out, web, &first)), (ALLOW, Related));
}

/// An error about a flow that policy does not allow any more is judged by policy.
#[test]
fn about_what_is_cut_off() {
    let mut world = World::new();
    world.connect(WEB, DB);
    let error = unreachable(ip("192.0.2.9"), ip("10.0.0.1"), &tcp(end(WEB), end(DB), ACK, [0; 2]));
    assert_eq!(world.answer(&error), (ALLOW, Related));
    world.without("db");
    assert_eq!(world.answer(&error), (DENY, NotTracked));
    let flow = world.flow(&error).expect("it is there");
    assert!(flow.is_cut_off, "the error has found it out");
}
