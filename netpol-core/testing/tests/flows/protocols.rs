//! Protocols other than TCP.

use netpol_core::flows::FlowState;

use super::world::*;

/// An answer to a ping passes, and pings the other way do not, whatever their identifiers.
#[test]
fn pings() {
    for (web, db) in [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")].map(|(a, b)| (ip(a), ip(b)))
    {
        let mut world = World::new();
        // db lets in nothing but ports, so web pings the outside.
        assert_eq!(world.answer(&ping(web, db, 8)), (DENY, New));
        let out = ip(if web.is_ipv4() { "192.0.2.1" } else { "2001:db8::1" });
        for identifier in [0, 1, 4, 8, 128, 0xffff] {
            assert_eq!(world.answer(&pong(out, web, identifier)), (DENY, NotTracked));
            assert_eq!(world.answer(&ping(web, out, identifier)), (ALLOW, New));
            assert_eq!(world.answer(&pong(out, web, identifier)), (ALLOW, Reply));
            assert_eq!(world.answer(&ping(web, out, identifier)), (ALLOW, Established));
            assert_eq!(world.answer(&ping(out, web, identifier)), (DENY, New), "{identifier}");
            assert_eq!(world.answer(&pong(web, out, identifier)), (ALLOW, NotTracked));
            assert_eq!(world.state(&ping(web, out, identifier)), FlowState::Answered);
        }
        assert_eq!(world.statistics().flows(), 6);
        let flow = world.flow(&pong(out, web, 0xffff)).expect("it is there");
        assert_eq!(flow.icmp_identifier, Some(0xffff));
        let kind = if web.is_ipv4() { 8 } else { 128 };
        assert_eq!(flow.opening, netpol_core::Packet::icmp(web, out, kind, 0));
        world.wait(30);
        assert_eq!(world.answer(&pong(out, web, 0xffff)), (DENY, NotTracked));
    }
}

/// Two that may ping each other, with one identifier, are two flows.
#[test]
fn pings_that_cross() {
    let mut world = World::new();
    world.policy("open", "{podSelector: {}, ingress: [{}]}");
    for identifier in [8, 128, 7] {
        let (web, db) = (ip("10.0.0.1"), ip("10.0.0.2"));
        assert_eq!(world.answer(&ping(web, db, identifier)), (ALLOW, New));
        assert_eq!(world.answer(&ping(db, web, identifier)), (ALLOW, New));
        assert_eq!(world.answer(&pong(web, db, identifier)), (ALLOW, Reply));
        assert_eq!(world.answer(&pong(db, web, identifier)), (ALLOW, Reply));
    }
    assert_eq!(world.statistics().flows(), 6);
}

#[test]
fn timestamps() {
    let mut world = World::new();
    let (web, out) = (ip("10.0.0.1"), ip("192.0.2.1"));
    assert_eq!(world.answer(&icmp(web, out, 13, 5)), (ALLOW, New));
    assert_eq!(world.answer(&pong(out, web, 5)), (DENY, NotTracked), "to another question");
    assert_eq!(world.answer(&icmp(out, web, 14, 5)), (ALLOW, Reply));
    assert_eq!(world.answer(&ping(web, out, 5)), (ALLOW, New), "another question");
    let flow = world.flow(&icmp(out, web, 14, 5)).expect("it is there");
    assert_eq!(flow.opening, netpol_core::Packet::icmp(web, out, 13, 0));
}

/// Messages that are neither questions nor errors, and what only looks like ICMP.
#[test]
fn other_messages() {
    let mut world = World::new();
    let (web, out) = (ip("10.0.0.1"), ip("192.0.2.1"));
    for kind in [9, 10, 15, 17, 40, 255] {
        assert_eq!(world.answer(&icmp(web, out, kind, 5)), (ALLOW, NotTracked), "{kind}");
        assert_eq!(world.answer(&icmp(out, web, kind, 5)), (DENY, NotTracked), "{kind}");
    }
    assert_eq!(world.answer(&other(web, out, 58)), (ALLOW, NotTracked));
    assert_eq!(world.answer(&other(out, web, 58)), (DENY, NotTracked));
    // Cut off before its identifier.
    let short = &ping(web, out, 5)[..24];
    assert_eq!(world.answer(short), (ALLOW, NotTracked));
    assert_eq!(world.statistics().flows(), 0);
}

#[test]
fn datagrams() {
    let mut world = World::new();
    assert_eq!(world.udp(WEB, DB), (ALLOW, New));
    assert_eq!(world.state(&udp(end(WEB), end(DB))), FlowState::Opening);
    assert_eq!(world.udp(WEB, DB), (ALLOW, Established));
    assert_eq!(world.state(&udp(end(WEB), end(DB))), FlowState::Opening);
    assert_eq!(world.udp(DB, WEB), (ALLOW, Reply));
    assert_eq!(world.state(&udp(end(WEB), end(DB))), FlowState::Answered);
    assert_eq!(world.udp(WEB, DB), (ALLOW, Established));
    assert_eq!(world.state(&udp(end(WEB), end(DB))), FlowState::Established);
    assert_eq!(world.tcp(DB, WEB, ACK), (DENY, New), "the ports are of another protocol");
}

/// An association of SCTP, by the first chunk of its packets.
#[test]
fn associations() {
    let [data, init, init_ack, abort] = [0, 1, 2, 6];
    let [shutdown, shutdown_ack, cookie_echo, cookie_ack, shutdown_complete] = [7, 8, 10, 11, 14];
    let (web, db) = (end(WEB6), end(DB6));
    let mut world = World::new();
    assert_eq!(world.answer(&sctp(db, web, init)), (DENY, New));
    let way = [
        (true, init, New, FlowState::Opening),
        (true, init, Established, FlowState::Opening),
        (false, init_ack, Reply, FlowState::Answered),
        (true, init, Established, FlowState::Answered),
        (true, cookie_echo, Established, FlowState::Established),
        (false, cookie_ack, Reply, FlowState::Established),
        (true, data, Established, FlowState::Established),
        (false, shutdown, Reply, FlowState::HalfClosed),
        (true, shutdown_ack, Established, FlowState::Closed),
        (false, shutdown_complete, Reply, FlowState::Closed),
        (true, init, New, FlowState::Opening),
        (false, abort, Reply, FlowState::Reset),
        (true, data, Established, FlowState::Reset),
    ];
    for (from_web, chunk, tracking, state) in way {
        let (from, to) = if from_web { (web, db) } else { (db, web) };
        assert_eq!(world.answer(&sctp(from, to, chunk)), (ALLOW, tracking), "chunk {chunk}");
        assert_eq!(world.state(&sctp(from, to, chunk)), state, "chunk {chunk}");
        assert_eq!(world.answer(&sctp(db, web, init)), (DENY, New), "db may not open any");
        let short = sctp(db, web, init);
        assert_eq!(world.answer(&short[..short.len() - 4]), (DENY, NotTracked), "nor may this");
    }
    world.wait(10);
    assert_eq!(world.answer(&sctp(db, web, data)), (DENY, New));
    let mut world = World::strict();
    assert_eq!(world.answer(&sctp(web, db, data)), (DENY, NotTracked));
    assert_eq!(world.answer(&sctp(web, db, init)), (ALLOW, New));
}

/// What has no ports is told apart by its addresses alone.
#[test]
fn other_protocols() {
    for (web, out) in [("10.0.0.1", "192.0.2.1"), ("fd00::1", "2001:db8::1")] {
        let (web, out) = (ip(web), ip(out));
        let mut world = World::new();
        assert_eq!(world.answer(&other(out, web, 47)), (DENY, New));
        assert_eq!(world.answer(&other(web, out, 47)), (ALLOW, New));
        assert_eq!(world.answer(&other(out, web, 47)), (ALLOW, Reply));
        assert_eq!(world.answer(&other(out, web, 50)), (DENY, New));
        assert_eq!(world.answer(&other(web, out, 47)), (ALLOW, Established));
        assert_eq!(world.state(&other(web, out, 47)), FlowState::Established);
        world.wait(599);
        assert_eq!(world.answer(&other(out, web, 47)), (ALLOW, Reply));
        world.wait(600);
        assert_eq!(world.answer(&other(out, web, 47)), (DENY, New));
    }
}

/// What a Service leads back to its pod is judged as that, also when policies change.
#[test]
fn via_a_service() {
    let mut world = World::new();
    let (from, to) = (end("10.0.0.2:40000"), end("10.0.0.2:81"));
    let raw = netpol_core::RawPacket::parse(&udp(from, to)).expect("it is a packet").via_service();
    let judge = |world: &mut World| {
        let verdict = world.flows.judge(&world.engine, &raw, world.now);
        (verdict.verdict, verdict.tracking)
    };
    assert_eq!(judge(&mut world), (DENY, New));
    let itself = "{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 81, protocol: UDP}]}]}";
    world.policy("itself", itself);
    assert_eq!(judge(&mut world), (ALLOW, New));
    assert_eq!(world.answer(&udp(to, from)), (ALLOW, Reply));
    world.without("itself");
    assert_eq!(judge(&mut world), (DENY, CutOff));
    assert_eq!(world.answer(&udp(to, from)), (DENY, CutOff));
    assert_eq!(world.udp("10.0.0.2:40001", "10.0.0.2:81"), (ALLOW, New), "a pod reaches itself");
}
