//! Replies pass without a rule, and connections do not.

use netpol_core::flows::FlowState;
use netpol_core::{Reason, Verdict};

use super::world::*;

/// Corner case 72: a reply of an allowed connection passes though the way back has no rule; the same
/// addresses and ports as a new connection do not.
#[test]
fn replies_pass_and_new_connections_do_not() {
    for (web, db) in [(WEB, DB), (WEB6, DB6)] {
        let mut world = World::new();
        assert_eq!(world.tcp(db, web, SYN), (DENY, New), "nobody may connect to web");
        assert_eq!(world.tcp(db, web, SYN | ACK), (DENY, New), "nor reply to what it never sent");
        assert_eq!(world.tcp(web, db, SYN), (ALLOW, New));
        assert_eq!(world.tcp(db, web, SYN | ACK), (ALLOW, Reply));
        assert_eq!(world.tcp(web, db, ACK), (ALLOW, Established));
        assert_eq!(world.tcp(db, web, ACK), (ALLOW, Reply));

        assert_eq!(world.tcp(db, web, SYN), (DENY, New), "though the ports are those of the flow");
        assert_eq!(world.tcp(db, web, ACK), (ALLOW, Reply), "which that does no harm to");
        let other = web.replace("40000", "40001");
        assert_eq!(world.tcp(db, &other, ACK), (DENY, New), "other ports are another flow");
        assert_eq!(world.tcp(db, &other, SYN), (DENY, New));
    }
}

#[test]
fn replies_pass_as_long_as_the_flow_is_remembered() {
    let mut world = World::new();
    assert_eq!(world.udp(WEB, DB), (ALLOW, New));
    world.wait(29);
    assert_eq!(world.udp(DB, WEB), (ALLOW, Reply));
    world.wait(119);
    assert_eq!(world.udp(DB, WEB), (ALLOW, Reply));
    world.wait(120);
    assert_eq!(world.udp(DB, WEB), (DENY, New));
    assert_eq!(world.udp(WEB, DB), (ALLOW, New));
    world.wait(30);
    assert_eq!(world.udp(DB, WEB), (DENY, New), "nobody answered in time");
}

/// What is not allowed leaves nothing behind.
#[test]
fn what_is_denied_is_not_remembered() {
    let mut world = World::new();
    assert_eq!(world.udp(WEB, "10.0.0.2:81"), (DENY, New));
    assert_eq!(world.statistics().flows(), 0);
    assert_eq!(world.flow(&udp(end(WEB), end("10.0.0.2:81"))), None);
    assert_eq!(world.udp("10.0.0.2:81", WEB), (DENY, New));
    let why = world.engine.attribute(&netpol_core::Packet::udp(ip("10.0.0.1"), ip("10.0.0.2"), 81));
    assert_eq!((why.verdict, why.ingress.reason), (Verdict::Deny, Reason::NoRuleMatches));
}

/// A clock that goes back is taken for one that stands still.
#[test]
fn time_does_not_go_back() {
    let mut world = World::new();
    world.wait(1_000);
    assert_eq!(world.udp(WEB, DB), (ALLOW, New));
    world.now = std::time::Duration::from_secs(1);
    assert_eq!(world.udp(DB, WEB), (ALLOW, Reply));
    assert_eq!(world.flow(&udp(end(WEB), end(DB))).expect("it is there").seen.as_secs(), 1_000);
    world.now = std::time::Duration::MAX;
    assert_eq!(world.udp(DB, WEB), (DENY, New));
    assert_eq!(world.udp(WEB, DB), (ALLOW, New));
    assert_eq!(world.udp(DB, WEB), (ALLOW, Reply));
}

#[test]
fn a_flow_tells_how_it_was_opened() {
    let mut world = World::new();
    world.connect(WEB, DB);
    for bytes in [tcp(end(WEB), end(DB), ACK, [0; 2]), tcp(end(DB), end(WEB), RST, [0; 2])] {
        let flow = world.flow(&bytes).expect("it is there");
        assert_eq!(flow.opening.to_string(), "TCP 10.0.0.1 -> 10.0.0.2:80");
        assert_eq!((flow.state, flow.is_cut_off), (FlowState::Established, false));
        assert_eq!(flow.generation, world.engine.generation());
        assert!(world.engine.attribute(&flow.opening).verdict.is_allow());
    }
    assert_eq!(world.flows.iter().count(), 1);
    world.flows.clear();
    assert_eq!(world.flows.iter().count(), 0);
    assert_eq!(world.tcp(DB, WEB, ACK), (DENY, New));
}

/// Neighbour discovery passes always and is no flow.
#[test]
fn link_signalling_is_not_tracked() {
    let mut world = World::new();
    let solicitation = icmp(ip("fd00::2"), ip("fd00::1"), 135, 0);
    assert_eq!(world.answer(&solicitation), (ALLOW, NotTracked));
    assert_eq!(world.statistics().flows(), 0);
}

/// A pod that talks to itself is one flow, in whichever direction.
#[test]
fn traffic_with_oneself() {
    let mut world = World::new();
    let (from, to) = ("10.0.0.1:40000", "10.0.0.1:80");
    assert_eq!(world.tcp(from, to, SYN), (ALLOW, New));
    assert_eq!(world.tcp(to, from, SYN | ACK), (ALLOW, Reply));
    assert_eq!(world.udp(to, to), (ALLOW, New));
    assert_eq!(world.udp(to, to), (ALLOW, Established));
    let me = ip("fd00::1");
    assert_eq!(world.answer(&ping(me, me, 7)), (ALLOW, New));
    assert_eq!(world.answer(&pong(me, me, 7)), (ALLOW, Established));
    assert_eq!(world.statistics().flows(), 3);
}

/// A batch is its packets one after the other.
#[test]
fn batches() {
    let packets = [
        udp(end(DB), end(WEB)),
        udp(end(WEB), end(DB)),
        udp(end(DB), end(WEB)),
        udp(end(WEB), end(DB)),
    ];
    let raws = packets
        .each_ref()
        .map(|bytes| netpol_core::RawPacket::parse(bytes).expect("it is a packet"));
    let mut world = World::new();
    let mut verdicts = [netpol_core::FlowVerdict::NOT_JUDGED; 4];
    let World { flows, engine, now, .. } = &mut world;
    assert!(flows.judge_batch(engine, &raws, *now, &mut verdicts[1..]).is_err());
    assert!(flows.judge_batch(engine, &raws, *now, &mut verdicts).is_ok());
    assert_eq!(verdicts.map(|it| it.tracking), [New, New, Reply, Established]);
    assert_eq!(verdicts.map(|it| it.is_allow()), [false, true, true, true]);
    assert!(flows.judge_bytes(engine, &packets[0], *now).is_ok_and(|verdict| verdict.is_allow()));
    assert!(flows.judge_bytes(engine, &packets[0][..21], *now).is_err());
}
