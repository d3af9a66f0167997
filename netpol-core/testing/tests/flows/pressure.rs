//! More flows than there is room for.

use std::net::{Ipv4Addr, SocketAddr};

use netpol_core::Options;
use netpol_core::flows::{FlowOptions, FlowState, Flows};

use super::world::*;

/// A port of an outsider that web may reach.
fn outsider(number: u32) -> SocketAddr {
    let address = Ipv4Addr::from_bits(0x0b00_0000 | number >> 12);
    SocketAddr::new(address.into(), 10_000 + (number & 0xfff) as u16)
}

/// Half of the room is taken by connections, then come ten times as many as there is room for, of which
/// none is answered.
#[test]
fn a_flood_forgets_no_connection() {
    for opens in [
        (|from, to| tcp(from, to, SYN, [0; 2])) as fn(SocketAddr, SocketAddr) -> Vec<u8>,
        |from, to| tcp(from, to, ACK, [0; 2]),
        udp,
        |from, to| ping(from.ip(), to.ip(), to.port()),
        |from, to| sctp(from, to, 1),
    ] {
        let mut world = World::new();
        let capacity = world.flows.capacity() as u32;
        assert_eq!(capacity, 1 << 10);
        let connections = (0..capacity / 2).map(|number| outsider(number).to_string());
        let connections = connections.collect::<Vec<_>>();
        for to in &connections {
            world.connect(WEB, to);
        }
        for number in 0..10 * capacity {
            world.now += std::time::Duration::from_micros(10);
            let from = SocketAddr::new(ip("10.0.0.2"), 1_000 + (number % 50_000) as u16);
            assert!(world.judge(&opens(from, outsider(1 << 20 | number))).is_allow());
        }
        let statistics = world.statistics();
        assert_eq!(statistics.in_state(FlowState::Established), connections.len());
        assert_eq!(statistics.flows(), capacity as usize, "and there is no room left");
        // Those that were there first are not touched, and whoever comes now finds a place.
        for to in &connections {
            assert_eq!(world.tcp(to, WEB, ACK), (ALLOW, Reply));
        }
        for number in 0..100 {
            world.connect(&format!("10.0.0.1:{}", 50_000 + number), DB);
        }
        let statistics = world.statistics();
        assert_eq!(statistics.refused, 0, "the places are never all taken at half");
        assert_eq!(statistics.evicted, statistics.opened - u64::from(capacity));
    }
}

/// When everything is taken by connections, others are allowed and not remembered.
#[test]
fn a_table_full_of_connections() {
    let mut world = World::with(Options::default(), |options| options.capacity = 1);
    let capacity = world.flows.capacity();
    assert_eq!(capacity, 16);
    for number in 0..16 {
        world.connect(WEB, &outsider(number).to_string());
    }
    let late = outsider(99).to_string();
    assert_eq!(world.tcp(WEB, &late, SYN), (ALLOW, NotTracked));
    assert_eq!(world.tcp(&late, WEB, SYN | ACK), (DENY, New), "so its replies do not pass");
    assert_eq!(world.statistics().refused, 1);
    // One that is closed makes room, and so does one whose time is over.
    let first = outsider(0).to_string();
    assert_eq!(world.tcp(WEB, &first, FIN | ACK), (ALLOW, Established));
    assert_eq!(world.tcp(WEB, &late, SYN), (ALLOW, NotTracked), "half closed is not enough");
    assert_eq!(world.tcp(&first, WEB, FIN | ACK), (ALLOW, Reply));
    world.connect(WEB, &late);
    assert_eq!(world.statistics().evicted, 1);
    world.wait(7_440);
    world.connect(WEB, &first);
    assert_eq!((world.statistics().expired, world.statistics().flows()), (1, 1));
}

/// What makes room: time that is over, then connections that are, then the flow that was quiet longest
/// of those that are not established.
#[test]
fn who_makes_room() {
    let mut world = World::with(Options::default(), |options| options.capacity = 16);
    let name = |number| outsider(number).to_string();
    let moment = std::time::Duration::from_millis(1);
    for number in 0..14 {
        world.connect(WEB, &name(number));
    }
    assert_eq!(world.udp(WEB, &name(20)), (ALLOW, New));
    world.now += moment;
    assert_eq!(world.udp(WEB, &name(21)), (ALLOW, New));
    world.now += moment;
    assert_eq!(world.udp(WEB, &name(20)), (ALLOW, Established));
    world.now += moment;
    assert_eq!(world.udp(WEB, &name(22)), (ALLOW, New));
    let there = |world: &World, number| world.flow(&udp(end(WEB), outsider(number))).is_some();
    assert!(there(&world, 20) && !there(&world, 21), "21 was quiet longest");
    world.now += moment;
    assert_eq!(world.tcp(WEB, &name(3), RST), (ALLOW, Established));
    assert_eq!(world.udp(WEB, &name(23)), (ALLOW, New));
    assert!(there(&world, 20) && there(&world, 22), "3 was over");
    assert_eq!(world.flow(&tcp(end(WEB), outsider(3), ACK, [0; 2])), None);
    world.wait(20);
    assert_eq!(world.udp(WEB, &name(22)), (ALLOW, Established));
    assert_eq!(world.udp(WEB, &name(23)), (ALLOW, Established));
    world.wait(10);
    assert_eq!(world.udp(WEB, &name(24)), (ALLOW, New));
    assert!(!there(&world, 20) && there(&world, 22), "the time of 20 was over");
    let statistics = world.statistics();
    assert_eq!((statistics.evicted, statistics.expired), (2, 1));
    // Policies change, and what is cut off competes as well.
    world.policy("no-out", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}");
    world.wait(1);
    world.flows.recheck(&world.engine, world.now, |_| {});
    assert_eq!(world.udp("10.0.0.2:40000", &name(30)), (ALLOW, New));
    assert_eq!(world.statistics().in_state(FlowState::Established), 12);
}

/// A table holds three quarters of its room before anything has to go.
#[test]
fn how_full_it_gets() {
    let mut world = World::with(Options::default(), |options| options.capacity = 1 << 14);
    let mut first_refusal = None;
    for number in 0..1 << 14 {
        let to = outsider(number).to_string();
        if world.tcp(WEB, &to, SYN) != (ALLOW, New) {
            first_refusal = first_refusal.or(Some(number));
            continue;
        }
        assert_eq!(world.tcp(&to, WEB, SYN | ACK), (ALLOW, Reply));
        assert_eq!(world.tcp(WEB, &to, ACK), (ALLOW, Established));
    }
    let first_refusal = first_refusal.expect("it is never quite full");
    assert!(first_refusal > (1 << 14) * 3 / 4, "{first_refusal}");
}

#[test]
fn sizes() {
    for (capacity, expected) in [(0, 16), (16, 16), (17, 32), (1_000, 1_024), (1 << 16, 1 << 16)] {
        let mut options = FlowOptions::new([3, 4]);
        options.capacity = capacity;
        options.fragments = capacity;
        let flows = Flows::new(&options).expect("there is memory");
        assert_eq!(flows.capacity(), expected);
        let bytes = expected * 66 + capacity.next_power_of_two().max(4) * 56;
        assert!((bytes..bytes + 1_000).contains(&flows.memory_usage()), "{}", flows.memory_usage());
    }
    for capacity in [1 << 28, usize::MAX / 2, usize::MAX] {
        let mut options = FlowOptions::new([3, 4]);
        options.capacity = capacity;
        let error = Flows::new(&options).expect_err("there is no such room");
        assert_eq!(
            error.to_string(),
            format!("there is no memory for a table of {capacity} entries")
        );
        let mut options = FlowOptions::new([3, 4]);
        options.fragments = capacity;
        assert!(Flows::new(&options).is_err());
    }
}

/// Who knows the seed can aim; who does not sees another table for each.
#[test]
fn the_seed_moves_flows() {
    let kept = |seed| {
        let mut world = World::with(Options::default(), |options| {
            options.seed = seed;
            options.capacity = 64;
        });
        for number in 0..200 {
            world.connect_if_there_is_room(&outsider(number).to_string());
        }
        (0..200)
            .filter(|number| world.flow(&tcp(end(WEB), outsider(*number), ACK, [0; 2])).is_some())
            .collect::<Vec<_>>()
    };
    assert_eq!(kept([1, 2]), kept([1, 2]));
    assert_ne!(kept([1, 2]), kept([1, 3]));
    assert_ne!(kept([1, 2]), kept([2, 2]));
}

impl World {
    fn connect_if_there_is_room(&mut self, to: &str) {
        if self.tcp(WEB, to, SYN) == (ALLOW, New) {
            assert_eq!(self.tcp(to, WEB, SYN | ACK), (ALLOW, Reply));
            assert_eq!(self.tcp(WEB, to, ACK), (ALLOW, Established));
        }
    }
}
