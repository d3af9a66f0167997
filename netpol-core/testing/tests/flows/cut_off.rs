//! What policies that change do to connections.

use netpol_core::flows::FlowState;

use super::world::*;

/// Which flows a recheck says that policy does not allow any more.
fn recheck(world: &mut World) -> Vec<String> {
    let mut told = Vec::new();
    world.flows.recheck(&world.engine, world.now, |flow| {
        assert!(flow.is_cut_off);
        told.push(flow.opening.to_string());
    });
    told.sort();
    told
}

#[test]
fn neither_way() {
    let mut world = World::new();
    world.connect(WEB, DB);
    world.without("db");
    assert_eq!(world.tcp(DB, WEB, ACK), (DENY, CutOff), "the reply comes first");
    assert_eq!(world.tcp(WEB, DB, ACK), (DENY, CutOff));
    assert_eq!(world.tcp(DB, WEB, FIN | ACK), (DENY, CutOff));
    assert_eq!(world.tcp(WEB, DB, RST), (DENY, CutOff));
    assert_eq!(world.tcp(WEB, DB, 0), (DENY, CutOff));
    assert_eq!(world.tcp(WEB, DB, SYN), (DENY, New));
    assert_eq!(world.tcp(DB, WEB, SYN), (DENY, New));
    let flow = world.flow(&tcp(end(WEB), end(DB), ACK, [0; 2])).expect("it is kept");
    assert_eq!((flow.state, flow.is_cut_off), (FlowState::Established, true));
    assert_eq!(flow.generation, world.engine.generation());
    let statistics = world.statistics();
    assert_eq!((statistics.cuts, statistics.cut_off, statistics.resumed), (1, 1, 0));
}

/// Where the other side may open connections, a flow that is cut off does not go on as one of these.
#[test]
fn not_the_other_way_round() {
    let mut world = World::new();
    world.policy("into-web", "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
    world.connect(WEB, DB);
    world.without("db");
    for _ in 0..3 {
        assert_eq!(world.tcp(DB, WEB, ACK), (DENY, CutOff));
        world.wait(7_000);
        assert_eq!(world.tcp(WEB, DB, ACK), (DENY, CutOff), "as long as somebody tries");
        world.wait(7_000);
    }
    assert_eq!(world.tcp(DB, WEB, SYN), (ALLOW, New), "a connection of its own");
    assert_eq!(world.tcp(WEB, DB, SYN | ACK), (ALLOW, Reply));
}

/// When policy allows it again, it goes on where it was.
#[test]
fn it_goes_on() {
    let mut world = World::new();
    world.connect(WEB, DB);
    world.policy("db", "{podSelector: {matchLabels: {app: db}}, ingress: []}");
    assert_eq!(world.tcp(WEB, DB, ACK), (DENY, CutOff));
    world.policy("db", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80}]}]}");
    assert_eq!(world.tcp(DB, WEB, ACK), (ALLOW, Reply));
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
    assert_eq!(world.state(&tcp(end(WEB), end(DB), ACK, [0; 2])), FlowState::Established);
    assert_eq!((world.statistics().cuts, world.statistics().resumed), (1, 1));
}

/// What policy says of the way back does not matter.
#[test]
fn only_the_opener_is_judged() {
    let mut world = World::new();
    world.policy("into-web", "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
    world.connect(WEB, DB);
    world.without("into-web");
    assert_eq!(world.tcp(DB, WEB, ACK), (ALLOW, Reply));
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
}

/// An address that came to another pod is another's.
#[test]
fn addresses_change_hands() {
    let mut world = World::new();
    world.connect(WEB, DB);
    let other = "{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: other}},
                  status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}}";
    let manifest = netpol_core::Manifest::read(None, other.as_bytes(), &Default::default());
    world.cluster.apply(&manifest, netpol_core::Admission::Stored).expect("it is good");
    world.publish();
    assert_eq!(world.tcp(DB, WEB, ACK), (DENY, CutOff));
    assert_eq!(recheck(&mut world), ["TCP 10.0.0.1 -> 10.0.0.2:80"]);
}

#[test]
fn rechecks_tell_each_once() {
    let mut world = World::new();
    world.connect(WEB, DB);
    world.connect("10.0.0.1:40001", DB);
    assert_eq!(world.udp(WEB, "192.0.2.1:53"), (ALLOW, New));
    assert_eq!(recheck(&mut world), [""; 0]);
    world.without("db");
    // One is found by a packet before, and told all the same.
    assert_eq!(world.tcp(WEB, DB, ACK), (DENY, CutOff));
    assert_eq!(recheck(&mut world), ["TCP 10.0.0.1 -> 10.0.0.2:80"; 2]);
    assert_eq!(recheck(&mut world), [""; 0]);
    assert_eq!(world.statistics().cut_off, 2);
    world.policy("no-out", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}");
    assert_eq!(recheck(&mut world), ["UDP 10.0.0.1 -> 192.0.2.1:53"], "the others were told");
    world.without("no-out");
    world.without("closed");
    assert_eq!(recheck(&mut world), [""; 0]);
    assert_eq!((world.statistics().cut_off, world.statistics().resumed), (0, 3));
    world.policy("closed", "{podSelector: {}, policyTypes: [Ingress]}");
    assert_eq!(recheck(&mut world), ["TCP 10.0.0.1 -> 10.0.0.2:80"; 2], "it is news again");
}

/// A recheck forgets what was quiet for too long.
#[test]
fn rechecks_tidy_up() {
    let mut world = World::new();
    assert_eq!(world.udp(WEB, DB), (ALLOW, New));
    world.publish();
    world.wait(29);
    assert_eq!(recheck(&mut world), [""; 0]);
    let flow = world.flow(&udp(end(WEB), end(DB))).expect("it is there");
    assert_eq!(flow.generation, world.engine.generation());
    world.wait(1);
    assert_eq!(recheck(&mut world), [""; 0]);
    let statistics = world.statistics();
    assert_eq!((statistics.flows(), statistics.expired), (0, 1));
}

/// Until the cluster is known completely nothing passes, and then what was there goes on.
#[test]
fn engines_that_deny_everything() {
    let mut world = World::new();
    world.connect(WEB, DB);
    let empty = netpol_core::Cluster::new(netpol_core::Options::default()).readers().engine();
    let raw =
        netpol_core::RawPacket::parse(&tcp(end(DB), end(WEB), ACK, [0; 2])).expect("it is one");
    let verdict = world.flows.judge(&empty, &raw, world.now);
    assert_eq!((verdict.verdict, verdict.tracking, verdict.generation), (DENY, CutOff, 0));
    assert_eq!(world.tcp(DB, WEB, ACK), (ALLOW, Reply));
}
