//! The life of a TCP connection.

use netpol_core::flows::{FlowState, FlowTimeouts};

use super::world::*;

fn state(world: &World) -> FlowState {
    world.state(&tcp(end(WEB), end(DB), ACK, [0; 2]))
}

#[test]
fn from_handshake_to_the_last_acknowledgement() {
    let mut world = World::new();
    assert_eq!(world.tcp(WEB, DB, SYN), (ALLOW, New));
    assert_eq!(state(&world), FlowState::Opening);
    assert_eq!(world.tcp(WEB, DB, SYN), (ALLOW, Established), "sent again");
    assert_eq!(state(&world), FlowState::Opening);
    assert_eq!(world.tcp(DB, WEB, SYN | ACK), (ALLOW, Reply));
    assert_eq!(state(&world), FlowState::Answered);
    assert_eq!(world.tcp(DB, WEB, SYN | ACK), (ALLOW, Reply), "sent again");
    assert_eq!(world.tcp(WEB, DB, SYN), (ALLOW, Established), "and so is this");
    assert_eq!(state(&world), FlowState::Answered);
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
    assert_eq!(state(&world), FlowState::Established);
    assert_eq!(world.tcp(DB, WEB, FIN | ACK), (ALLOW, Reply));
    assert_eq!(state(&world), FlowState::HalfClosed);
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
    assert_eq!(world.tcp(DB, WEB, FIN | ACK), (ALLOW, Reply), "one side alone does not close it");
    assert_eq!(state(&world), FlowState::HalfClosed);
    assert_eq!(world.tcp(WEB, DB, FIN | ACK), (ALLOW, Established));
    assert_eq!(state(&world), FlowState::Closed);
    assert_eq!(world.tcp(DB, WEB, ACK), (ALLOW, Reply), "the last acknowledgement");
    assert_eq!(state(&world), FlowState::Closed);
    assert_eq!(world.tcp(DB, WEB, SYN), (DENY, New));
    assert_eq!(world.tcp(WEB, DB, SYN), (ALLOW, New), "the same ports, another connection");
    assert_eq!(state(&world), FlowState::Opening);
    assert_eq!(world.statistics().opened, 2);
}

/// How long a connection may be quiet in each state, to the nanosecond.
#[test]
fn each_state_has_its_time() {
    let limits = FlowTimeouts::default();
    let way = [
        (WEB, SYN, FlowState::Opening, limits.tcp_opening),
        (DB, SYN | ACK, FlowState::Answered, limits.tcp_answered),
        (WEB, ACK, FlowState::Established, limits.tcp_established),
        (DB, FIN | ACK, FlowState::HalfClosed, limits.tcp_half_closed),
        (WEB, FIN | ACK, FlowState::Closed, limits.tcp_closed),
        (WEB, RST, FlowState::Reset, limits.tcp_reset),
    ];
    for length in 1..=way.len() {
        let mut world = World::new();
        for (from, flags, reached, _) in &way[..length] {
            let to = if *from == WEB { DB } else { WEB };
            assert!(world.tcp(from, to, *flags).0.is_allow());
            assert_eq!(state(&world), *reached);
            world.wait(5);
        }
        world.wait(0);
        let (.., limit) = way[length - 1];
        let last = world.now - std::time::Duration::from_secs(5);
        let moment = std::time::Duration::from_nanos(1);
        world.now = last + limit - moment;
        assert_eq!(world.statistics().flows(), 1);
        world.now = last + limit;
        assert_eq!(world.statistics().flows(), 0, "{length}");
        assert_eq!(world.tcp(DB, WEB, ACK), (DENY, New));
    }
}

#[test]
fn resets() {
    let mut world = World::new();
    assert_eq!(world.tcp(WEB, DB, SYN), (ALLOW, New));
    assert_eq!(world.tcp(DB, WEB, RST | ACK), (ALLOW, Reply), "connection refused");
    assert_eq!(state(&world), FlowState::Reset);
    assert_eq!(world.tcp(WEB, DB, SYN), (ALLOW, New));
    assert_eq!(world.tcp(DB, WEB, SYN | ACK), (ALLOW, Reply));
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
    assert_eq!(world.tcp(WEB, DB, RST), (ALLOW, Established));
    // Who forged it has not ended the connection: it goes on, as long as it is not quiet.
    for _ in 0..10 {
        world.wait(9);
        assert_eq!(world.tcp(DB, WEB, ACK), (ALLOW, Reply));
        assert_eq!(state(&world), FlowState::Reset);
    }
    world.wait(10);
    assert_eq!(world.tcp(DB, WEB, ACK), (DENY, New));
    assert_eq!(world.tcp(WEB, DB, RST), (ALLOW, NotTracked), "of nothing");
    assert_eq!(world.tcp(DB, WEB, RST), (DENY, NotTracked), "of nothing");
}

/// A connection is not established before its opener has shown that it got the answer.
#[test]
fn forged_openers_establish_nothing() {
    let answered_from = u32::MAX - 3;
    let mut world = World::new();
    let syn = tcp(end(WEB), end(DB), SYN, [7, 0]);
    let answer = tcp(end(DB), end(WEB), SYN | ACK, [answered_from, 8]);
    let acknowledging = |number| tcp(end(WEB), end(DB), ACK, [8, number]);
    assert_eq!(world.answer(&syn), (ALLOW, New));
    assert_eq!(world.answer(&answer), (ALLOW, Reply));
    for guess in [1_u32 << 24, answered_from - 1, answered_from.wrapping_add((1 << 20) + 1)] {
        assert_eq!(world.answer(&acknowledging(guess)), (ALLOW, Established), "but unproven");
        assert_eq!(state(&world), FlowState::Answered, "{guess}");
    }
    assert_eq!(world.answer(&tcp(end(WEB), end(DB), FIN | ACK, [8, 1 << 24])).0, ALLOW);
    assert_eq!(state(&world), FlowState::Answered);
    for number in [answered_from.wrapping_add(1), answered_from.wrapping_add(1 << 20)] {
        let mut world = World::new();
        for bytes in [&syn, &answer, &acknowledging(number)] {
            assert_eq!(world.answer(bytes).0, ALLOW);
        }
        assert_eq!(state(&world), FlowState::Established);
    }
}

/// A segment of a connection that the table does not know.
#[test]
fn midway() {
    let mut world = World::new();
    assert_eq!(world.tcp(DB, WEB, ACK), (DENY, New), "judged in the direction it travels");
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, New));
    assert_eq!(state(&world), FlowState::Opening);
    assert_eq!(world.tcp(DB, WEB, ACK), (ALLOW, Reply));
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
    assert_eq!(state(&world), FlowState::Established);

    let mut world = World::new();
    assert_eq!(world.tcp(WEB, DB, FIN | ACK), (ALLOW, New));
    assert_eq!(world.tcp(DB, WEB, ACK), (ALLOW, Reply));
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
    assert_eq!(state(&world), FlowState::HalfClosed);
    assert_eq!(world.tcp(DB, WEB, FIN | ACK), (ALLOW, Reply));
    assert_eq!(state(&world), FlowState::Closed);

    let mut world = World::strict();
    for flags in [ACK, SYN | ACK, FIN | ACK, RST, RST | ACK, 0, SYN | FIN] {
        assert_eq!(world.tcp(WEB, DB, flags), (DENY, NotTracked), "{flags}");
        assert_eq!(world.tcp(DB, WEB, flags), (DENY, NotTracked), "{flags}");
    }
    world.connect(WEB, DB);
    assert_eq!(world.tcp(DB, WEB, 0), (DENY, NotTracked));
    assert_eq!(world.udp(WEB, DB), (ALLOW, New), "where nothing opens a connection, anything does");
}

/// Segments that do not tell what they are: with flags that no TCP sets, or cut off before them.
#[test]
fn segments_that_say_too_little() {
    let mut world = World::new();
    world.connect(WEB, DB);
    let cut = |from: &str, to: &str| {
        let bytes = tcp(end(from), end(to), SYN, [0; 2]);
        bytes[..bytes.len() - 12].to_vec()
    };
    for flags in [0, FIN, SYN | FIN, SYN | RST, SYN | ACK | RST, FIN | RST, FIN | RST | ACK] {
        assert_eq!(world.tcp(WEB, DB, flags), (ALLOW, Established), "{flags}: it may connect");
        assert_eq!(world.tcp(DB, WEB, flags), (DENY, NotTracked), "{flags}: it may not");
    }
    assert_eq!(world.answer(&cut(WEB, DB)), (ALLOW, Established));
    assert_eq!(world.answer(&cut(DB, WEB)), (DENY, NotTracked));
    assert_eq!(state(&world), FlowState::Established, "they change nothing");
    let other = "10.0.0.1:40001";
    assert_eq!(world.answer(&cut(other, DB)), (ALLOW, NotTracked));
    assert_eq!(world.tcp(other, DB, 0), (ALLOW, NotTracked));
    assert_eq!(world.statistics().flows(), 1);
}

/// Both sides open the connection at once.
#[test]
fn both_sides_open() {
    let mut world = World::new();
    assert_eq!(world.tcp(WEB, DB, SYN), (ALLOW, New));
    assert_eq!(world.tcp(DB, WEB, SYN), (DENY, New), "db may not connect to web");
    world.policy("into-web", "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
    assert_eq!(world.tcp(DB, WEB, SYN), (ALLOW, New));
    assert_eq!(world.flows.iter().count(), 1);
    assert_eq!(world.tcp(WEB, DB, SYN | ACK), (ALLOW, Reply));
    assert_eq!(world.tcp(DB, WEB, SYN | ACK), (ALLOW, Established));
    assert_eq!(state(&world), FlowState::Established);
}

/// A SYN that its sender may send does nothing to a connection the other way round.
#[test]
fn a_syn_does_not_turn_a_connection() {
    let mut world = World::new();
    world.policy("into-web", "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
    world.connect(WEB, DB);
    assert_eq!(world.tcp(DB, WEB, SYN), (ALLOW, NotTracked));
    let flow = world.flow(&tcp(end(WEB), end(DB), ACK, [0; 2])).expect("it is there");
    assert_eq!(flow.state, FlowState::Established);
    assert_eq!(flow.opening.to_string(), "TCP 10.0.0.1 -> 10.0.0.2:80");
    // db did start anew: web's answer tells it so, and it resets and tries again.
    assert_eq!(world.tcp(WEB, DB, ACK), (ALLOW, Established));
    assert_eq!(world.tcp(DB, WEB, RST), (ALLOW, Reply));
    assert_eq!(world.tcp(DB, WEB, SYN), (ALLOW, New));
    let flow = world.flow(&tcp(end(WEB), end(DB), ACK, [0; 2])).expect("it is there");
    assert_eq!(flow.opening.to_string(), "TCP 10.0.0.2 -> 10.0.0.1:40000");
}
