//! What comes and goes.

use std::net::{IpAddr, Ipv4Addr};

use netpol_core::engine::MemoryUsage;
use netpol_core::model::{IntOrString, Kind, Labels, NetworkPolicyPeer, NetworkPolicyPort, Object};
use netpol_core::{Cluster, Packet};

use super::measured::FIRST_CHUNKS;
use super::objects::{
    block, cluster, ipv4, ipv6, labels, namespace, pod, pods, policy, port, rule, selector,
    subject, upsert, values,
};

/// A namespace that changes its labels a thousand times between two publications is looked at once:
/// what is kept is what a cluster keeps that was told the last labels alone, and only pods are
/// touched of which rules speak differently.
#[test]
fn relabelling_is_coalesced() {
    const PODS: u32 = 500;
    let team = |team: &str, release: u32| {
        namespace("a", labels([("team", team.to_owned()), ("release", release.to_string())]))
    };
    let teams = |name: &str| NetworkPolicyPeer {
        namespace_selector: Some(selector(labels([("team", name)]))),
        ..NetworkPolicyPeer::default()
    };
    let subject_selector = || selector(labels([("role", "subject")]));
    let with = |labels: Object| {
        let in_a = (0..PODS).map(|n| pod("a", n, self::labels([("own", n % 50)]), &[ipv4(n)]));
        let in_d = (PODS..2 * PODS).map(|n| pod("d", n, Labels::new(), &[ipv4(n)]));
        let policies = (0..50).map(|number| {
            let peers = vec![teams(&format!("team{number}"))];
            policy(
                number,
                subject_selector(),
                vec![rule(peers, vec![port(1 + number, 1 + number)])],
            )
        });
        let own = (50..100).map(|number| {
            let mut policy = policy(number, selector(self::labels([("own", number - 50)])), vec![]);
            if let Object::NetworkPolicy(policy) = &mut policy {
                policy.metadata.namespace = "a".into();
            }
            policy
        });
        cluster(
            std::iter::once(labels)
                .chain(in_a)
                .chain(in_d)
                .chain(policies)
                .chain(own)
                .chain([subject()]),
        )
    };
    let mut cluster = with(team("team0", 0));
    let before = cluster.publish().expect("it fits");
    let counts = cluster.counts();
    for round in 1..=1_000 {
        upsert(&mut cluster, [team(&format!("team{}", round % 50), round)]);
    }
    // It ends as team 0 again, with another label that nobody asks for.
    let same = cluster.publish().expect("it fits");
    assert!(same.changes_since(before.generation()).is_empty());
    assert_eq!(cluster.counts(), counts);

    for round in 0..=1_007 {
        upsert(&mut cluster, [team(&format!("team{}", round % 50), round)]);
    }
    let moved = cluster.publish().expect("it fits");
    let changes = moved.changes_since(same.generation());
    assert!(!changes.is_everything());
    assert_eq!(changes.endpoints().len(), PODS as usize, "those of the namespace, once each");
    assert_eq!((changes.addresses(), changes.prefixes()), (Vec::new(), Vec::new()));
    for endpoint in changes.endpoints() {
        let name = moved.endpoint_name(endpoint).expect("it is there");
        assert_eq!(name.namespace, "a");
    }
    let fresh = with(team("team7", 1_007));
    assert_eq!(cluster.counts(), fresh.counts());
    let usage = (cluster.memory_usage(), fresh.memory_usage());
    // Chunks that were written to once stay; of each room it is one or two.
    let slack = FIRST_CHUNKS / 4;
    assert!(usage.0.hot_bytes() <= usage.1.hot_bytes() + slack, "{usage:#?}");
}

/// A generation of a cluster that never comes to rest: pods and policies with labels, addresses,
/// prefixes, ports and names that were never there before.
fn passing(round: u32) -> Vec<Object> {
    let mut objects = Vec::new();
    for place in 0..40 {
        let number = 100_000 + round * 40 + place;
        let own = labels([
            ("own".to_owned(), format!("own{number}")),
            (format!("key{number}"), "v".to_owned()),
            ("app".to_owned(), format!("app{}", number % 7)),
        ]);
        objects.push(pod("d", number, own, &[ipv4(number * 3), ipv6(number * 5)]));
    }
    for place in 0..10 {
        let number = 100_000 + round * 10 + place;
        let from = vec![
            pods(selector(labels([("own", format!("own{}", number * 4))]))),
            pods(values("app", "NotIn", [format!("app{place}")])),
            block(
                format_args!("{}/24", Ipv4Addr::from_bits(0x1400_0000 + number * 256)),
                vec![format!("{}/30", Ipv4Addr::from_bits(0x1400_0000 + number * 256 + 64))],
            ),
            block(format_args!("{}/120", ipv6(number << 8)), Vec::new()),
        ];
        let mut ports = vec![port(1 + number % 20_000, 1 + number % 20_000 + number % 13)];
        ports.push(NetworkPolicyPort {
            port: Some(IntOrString::String(format!("p{number}"))),
            ..NetworkPolicyPort::default()
        });
        let subject = selector(labels([("app", format!("app{}", place % 7))]));
        objects.push(policy(number, subject, vec![rule(from, ports)]));
    }
    let name = format!("n{round}");
    objects.push(namespace(&name, labels([("round", round)])));
    objects.push(pod(&name, 0, labels([("app", "app1")]), &[ipv4(90_000 + round)]));
    objects
}

fn delete(cluster: &mut Cluster, objects: &[Object]) {
    for object in objects {
        let name = object.object_ref();
        if name.kind != Kind::Namespace {
            assert!(cluster.delete(name.kind, &name.namespace, &name.name));
        }
    }
    for object in objects.iter().filter(|object| object.kind() == Kind::Namespace) {
        assert!(cluster.delete(Kind::Namespace, "", &object.metadata().name));
    }
}

fn standing() -> impl Iterator<Item = Object> {
    let pods = (0..200).map(|number| {
        let own = labels([("app", format!("app{}", number % 7))]);
        pod("d", number, own, &[ipv4(number), ipv6(number)])
    });
    let policies = (0..20).map(|number| {
        let from = vec![self::pods(selector(labels([("app", format!("app{}", number % 7))])))];
        let subject = selector(labels([("app", format!("app{}", number % 5))]));
        policy(number, subject, vec![rule(from, vec![port(80, 80 + number)])])
    });
    pods.chain(policies)
}

/// What comes and goes leaves nothing: after hundreds of generations the counts are what they were
/// at the start, and no part takes more than after the first few.
#[test]
fn churn_leaves_nothing() {
    let mut cluster = cluster(standing());
    let (counts, start) = (cluster.counts(), cluster.memory_usage());
    let mut after_some = None;
    let mut last = Vec::new();
    for round in 0..240 {
        let objects = passing(round);
        upsert(&mut cluster, objects.clone());
        if round % 3 != 0 {
            cluster.publish().expect("it fits");
        }
        delete(&mut cluster, &last);
        last = objects;
        // Some rounds are never seen by anybody.
        if round % 5 != 0 {
            cluster.publish().expect("it fits");
        }
        if round % 40 == 39 {
            delete(&mut cluster, &std::mem::take(&mut last));
            cluster.publish().expect("it fits");
            assert_eq!(cluster.counts(), counts, "round {round}");
            let usage = cluster.memory_usage();
            let first = after_some.get_or_insert_with(|| usage.clone());
            // A hash map may grow once more, for what it has marked as deleted.
            assert_parts(&usage, first, |_| 16 << 10);
            assert!(usage.hot_bytes() <= first.hot_bytes() + (64 << 10), "{first:?} to {usage:?}");
        }
    }
    assert_eq!(cluster.snapshots(), 1);
    let end = cluster.memory_usage();
    // What forty pods and ten policies more took for a moment.
    assert!(end.hot_bytes() <= start.hot_bytes() + (512 << 10), "{start:#?} to {end:#?}");
}

/// No part has more than twice what it had, and what it may keep besides.
#[track_caller]
fn assert_parts(now: &MemoryUsage, before: &MemoryUsage, kept: impl Fn(&str) -> usize) {
    for (now, before) in [
        (&now.hot, &before.hot),
        (&now.provenance, &before.provenance),
        (&now.names, &before.names),
        (&now.writer, &before.writer),
    ] {
        for ((name, bytes), (_, before)) in now.iter().zip(before) {
            assert!(*bytes <= before * 2 + kept(name), "{name}: {before} to {bytes}");
        }
    }
}

/// A cluster that shrinks gives its memory back with the publication that shows it smaller.
fn assert_gives_back(grown: &[Object]) {
    let mut cluster = cluster(standing());
    let (counts, start) = (cluster.counts(), cluster.memory_usage());
    upsert(&mut cluster, grown.iter().cloned());
    let big = cluster.publish().expect("it fits").memory_usage();
    assert!(big.hot_bytes() > 2 * start.hot_bytes(), "there is something to give back");
    delete(&mut cluster, grown);
    let shrunk = cluster.publish().expect("it fits");
    assert!(shrunk.changes_since(1).is_everything());
    let fresh = self::cluster(standing()).publish().expect("it fits");
    for (from, to) in (0..20).flat_map(|from| (20..40).map(move |to| (from, to))) {
        for (port, address) in
            (80..100).flat_map(|port| [(port, ipv4 as fn(u32) -> _), (port, ipv6)])
        {
            let packet = Packet::tcp(address(from), address(to), port);
            assert_eq!(shrunk.decide(&packet), fresh.decide(&packet), "{packet}");
        }
    }
    drop((shrunk, fresh));
    let end = cluster.memory_usage();
    assert_eq!(cluster.counts(), counts);
    // Numbers of pods and namespaces and the words of their labels stay with the objects.
    let kept = |name: &str| if name == "objects" { 4 << 20 } else { 64 << 10 };
    assert_parts(&end, &start, kept);
    // And it goes on step by step.
    upsert(&mut cluster, passing(0));
    let grown = cluster.publish().expect("it fits");
    assert!(!grown.changes_since(grown.generation() - 1).is_everything());
    delete(&mut cluster, &passing(0));
    cluster.publish().expect("it fits");
    assert_eq!(cluster.counts(), counts);
}

/// A page for each address.
#[test]
fn scattered_addresses_are_given_back() {
    let scattered = |number| IpAddr::from(Ipv4Addr::from_bits(0x0b00_0000 + number * 256));
    let grown = (1_000..71_000).map(|n| pod("d", n, Labels::new(), &[scattered(n)]));
    assert_gives_back(&grown.collect::<Vec<_>>());
}

/// A class, a rule set, a signature, a prefix and a policy for each pod.
#[test]
fn classes_and_rule_sets_are_given_back() {
    let own = |number: u32| labels([("name", format!("pod{number}"))]);
    let grown = (1_000..11_000).flat_map(|number| {
        let from = vec![
            pods(selector(own(number + 1))),
            block(format_args!("{}/32", Ipv4Addr::from_bits(0x1400_0000 + number)), vec![]),
        ];
        [
            pod("d", number, own(number), &[ipv4(number), ipv6(number)]),
            policy(number, selector(own(number)), vec![rule(from, vec![port(number, number + 1)])]),
        ]
    });
    assert_gives_back(&grown.collect::<Vec<_>>());
}
