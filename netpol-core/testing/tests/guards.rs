//! Clusters made to be too much, and what they come to: counts and bytes, never time.
//!
//! Each test says what would be quadratic, or grow without end, and holds the tables to a bound: it
//! compiles a cluster of one size and one of twice that, or compares with a cluster made at once.
//! Whether the answers are right is for `it/hostile` to say.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netpol_core::engine::MemoryUsage;
use netpol_core::model::{
    IntOrString, IpBlock, Kind, LabelSelector, LabelSelectorRequirement, Labels, Namespace,
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, Object, Pod,
};
use netpol_core::{Admission, Cluster, Options};

/// What is made before anything is grown: the tables of an empty cluster and the first chunks of
/// each room, which have some sixteen kibibytes each.
const FIRST_CHUNKS: usize = 640 << 10;

fn labels<K: Display, V: Display>(labels: impl IntoIterator<Item = (K, V)>) -> Labels {
    labels.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn namespace(name: &str, labels: Labels) -> Object {
    let mut namespace = Namespace::default();
    namespace.metadata.name = name.into();
    namespace.metadata.labels = labels;
    Object::Namespace(namespace)
}

fn pod(namespace: &str, number: u32, labels: Labels, addresses: &[IpAddr]) -> Object {
    let mut pod = Pod::default();
    pod.metadata.name = format!("pod{number}");
    pod.metadata.namespace = namespace.into();
    pod.metadata.labels = labels;
    pod.status.phase = "Running".into();
    pod.status.pod_ips = addresses.iter().map(ToString::to_string).collect();
    pod.status.pod_ip = pod.status.pod_ips.first().cloned().unwrap_or_default();
    Object::Pod(pod)
}

/// Pods lie side by side, as those of one node do.
fn ipv4(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 + number).into()
}

fn ipv6(number: u32) -> IpAddr {
    Ipv6Addr::from_bits(0xfd00 << 112 | u128::from(number)).into()
}

fn selector(labels: Labels) -> LabelSelector {
    LabelSelector { match_labels: labels, ..LabelSelector::default() }
}

/// Values of one key, or all but those.
fn values(key: &str, operator: &str, values: impl IntoIterator<Item = String>) -> LabelSelector {
    let mut selector = LabelSelector::default();
    let mut requirement = LabelSelectorRequirement::default();
    requirement.key = key.into();
    requirement.operator = operator.into();
    requirement.values = values.into_iter().collect();
    selector.match_expressions.push(requirement);
    selector
}

fn pods(selector: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(selector), ..NetworkPolicyPeer::default() }
}

fn block(cidr: impl Display, except: Vec<String>) -> NetworkPolicyPeer {
    let ip_block = Some(IpBlock { cidr: cidr.to_string(), except });
    NetworkPolicyPeer { ip_block, ..NetworkPolicyPeer::default() }
}

fn port(first: u32, last: u32) -> NetworkPolicyPort {
    let number = |port: u32| i32::try_from(port).expect("a port");
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number(first))),
        end_port: (last > first).then(|| number(last)),
        ..NetworkPolicyPort::default()
    }
}

fn rule(from: Vec<NetworkPolicyPeer>, ports: Vec<NetworkPolicyPort>) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from, ports }
}

/// A policy of namespace `d` about ingress.
fn policy(number: u32, subject: LabelSelector, ingress: Vec<NetworkPolicyIngressRule>) -> Object {
    let mut policy = NetworkPolicy::default();
    policy.metadata.name = format!("policy{number}");
    policy.metadata.namespace = "d".into();
    policy.spec.pod_selector = subject;
    policy.spec.policy_types = vec!["Ingress".into()];
    policy.spec.ingress = ingress;
    Object::NetworkPolicy(policy)
}

fn everybody() -> LabelSelector {
    LabelSelector::default()
}

/// Something that every test needs but does not grow.
fn subject() -> Object {
    pod("d", u32::MAX, labels([("role", "subject")]), &[Ipv4Addr::new(172, 31, 255, 1).into()])
}

fn upsert(cluster: &mut Cluster, objects: impl IntoIterator<Item = Object>) {
    for object in objects {
        cluster.upsert(object, Admission::Stored).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn cluster(objects: impl IntoIterator<Item = Object>) -> Cluster {
    let mut cluster = Cluster::new(Options::default());
    upsert(&mut cluster, [namespace("d", Labels::new())]);
    upsert(&mut cluster, objects);
    cluster.publish().expect("it fits");
    cluster
}

/// What a cluster came to.
#[derive(Debug)]
struct Measured {
    /// Beyond those of a cluster with an empty namespace.
    counts: BTreeMap<&'static str, usize>,
    usage: MemoryUsage,
}

impl Measured {
    fn of(cluster: &Cluster) -> Measured {
        let empty = self::cluster([]).counts();
        let counts = cluster.counts().into_iter().zip(empty);
        let counts = counts.map(|((name, count), (_, empty))| (name, count - empty)).collect();
        Measured { counts, usage: cluster.memory_usage() }
    }

    fn count(&self, name: &str) -> usize {
        *self.counts.get(name).unwrap_or_else(|| panic!("{name} is not counted"))
    }

    fn hot(&self, name: &str) -> usize {
        part(&self.usage.hot, name)
    }
}

fn part(parts: &[(&'static str, usize)], name: &str) -> usize {
    let part = parts.iter().find(|(part, _)| *part == name);
    part.unwrap_or_else(|| panic!("{name} is not told")).1
}

fn sum(parts: &[(&'static str, usize)]) -> usize {
    parts.iter().map(|(_, bytes)| bytes).sum()
}

fn measure(objects: impl IntoIterator<Item = Object>) -> Measured {
    Measured::of(&cluster(objects))
}

/// Compiles a cluster of `size` and one of twice that. Every count at most doubles, and a few more;
/// and each one more takes at most so many bytes of what `decide` reads, and so many in all.
fn assert_linear<I: IntoIterator<Item = Object>>(
    size: u32,
    make: impl Fn(u32) -> I,
    hot_each: usize,
    each: usize,
) -> (Measured, Measured) {
    let (once, twice) = (measure(make(size)), measure(make(size * 2)));
    for (name, count) in &twice.counts {
        assert!(*count <= 2 * once.count(name) + 8, "{name}: {} to {count}", once.count(name));
    }
    let more = size as usize;
    let hot = twice.usage.hot_bytes().saturating_sub(once.usage.hot_bytes()) / more;
    let all = twice.usage.bytes().saturating_sub(once.usage.bytes()) / more;
    println!("{hot} bytes of hot memory for each, {all} in all");
    assert!(hot <= hot_each, "{hot} bytes each of {:#?}", twice.usage);
    assert!(all <= each, "{all} bytes each of {:#?}", twice.usage);
    assert!(once.usage.hot_bytes() <= FIRST_CHUNKS + more * hot_each, "{:#?}", once.usage);
    (once, twice)
}

/// Every pod has labels of its own that no selector asks for: what nobody asks for makes no
/// difference, so there are as many classes as combinations that policies tell apart, here two.
#[test]
fn labels_that_nobody_asks_for() {
    let make = |size: u32| {
        let closed = selector(labels([("tier", "t0")]));
        let open = vec![rule(vec![pods(selector(labels([("tier", "t1")])))], Vec::new())];
        let pods = (0..size).map(|number| {
            let own = labels([
                (format!("own{number}"), "v".into()),
                ("hash".into(), format!("h{number}")),
                ("tier".into(), format!("t{}", number % 2)),
            ]);
            pod("d", number, own, &[ipv4(number)])
        });
        std::iter::once(policy(0, closed, open)).chain(pods)
    };
    // Four bytes for the address, by pages of 256.
    let (once, twice) = assert_linear(4_000, make, 6, 1_600);
    for measured in [&once, &twice] {
        assert_eq!(measured.count("label classes"), 2);
        assert_eq!(measured.count("rule sets"), 1);
        assert_eq!(measured.count("classes"), 2);
        assert!(measured.count("signatures") <= 2, "{:?}", measured.counts);
    }
}

/// Every pod has a label of its own, such as its name, and a policy of its own that selects it by
/// that and lets its neighbour in: an atom, a class, a rule set and a signature for each, and no
/// more.
#[test]
fn selectors_on_labels_of_their_own() {
    let make = |size: u32| {
        let own = |number: u32| labels([("name", format!("pod{number}"))]);
        (0..size).flat_map(move |number| {
            let neighbour = pods(selector(own((number + 1) % size)));
            let ingress = vec![rule(vec![neighbour], vec![port(80, 80)])];
            [
                pod("d", number, own(number), &[ipv4(number)]),
                policy(number, selector(own(number)), ingress),
            ]
        })
    };
    let (once, twice) = assert_linear(2_000, make, 256, 6_000);
    for (measured, size) in [(&once, 2_000), (&twice, 4_000)] {
        for name in ["atoms", "label classes", "rule sets", "policy lists"] {
            assert_eq!(measured.count(name), size, "{name}");
        }
        assert_eq!(measured.count("guards"), 1);
        assert!(measured.count("signatures") <= size + 2, "{:?}", measured.counts);
    }
}

/// Thousands of policies select every pod of a namespace: there is one list of them and one rule
/// set, with an entry for each, whatever the number of pods.
#[test]
fn many_policies_on_one_namespace() {
    let make = |policies: u32, pod_count: u32| {
        let policies = (0..policies).map(|number| {
            let from = pods(selector(labels([("app", format!("app{number}"))])));
            policy(number, everybody(), vec![rule(vec![from], vec![port(80, 80)])])
        });
        let pods = (0..pod_count)
            .map(|number| pod("d", number, labels([("own", number)]), &[ipv4(number)]));
        measure(policies.chain(pods))
    };
    let (policies, pods) = (3_000, 1_000);
    let once = make(policies, pods);
    let more_pods = make(policies, pods * 4);
    let more_policies = make(policies * 2, pods);
    for measured in [&once, &more_pods, &more_policies] {
        for name in ["label classes", "policy lists", "rule sets", "guards"] {
            assert_eq!(measured.count(name), 1, "{name}");
        }
    }
    let grown = |part: fn(&MemoryUsage) -> usize, more: &Measured, by: u32| {
        part(&more.usage).saturating_sub(part(&once.usage)) / by as usize
    };
    let provenance = |usage: &MemoryUsage| sum(&usage.provenance);
    // A pod is an address, and its policies do not count.
    assert!(grown(MemoryUsage::hot_bytes, &more_pods, pods * 3) <= 8);
    assert!(grown(provenance, &more_pods, pods * 3) <= 8);
    // An entry of a hashed rule set: twelve bytes at most half full, up to a power of two, and four.
    assert!(grown(MemoryUsage::hot_bytes, &more_policies, policies) <= 64);
    assert!(grown(provenance, &more_policies, policies) <= 1_000);
}

/// A pod has thousands of labels, each of which some policy asks for: its signature has as many
/// atoms, once for all pods that are like it.
#[test]
fn a_signature_of_thousands() {
    let make = |size: u32, pod_count: u32| {
        let key = |number: u32| format!("key{number}");
        let policies = (0..size).map(move |number| {
            let from = pods(selector(labels([(key(number), "v")])));
            let ingress = vec![rule(vec![from], Vec::new())];
            policy(number, selector(labels([("role", "subject")])), ingress)
        });
        let pods = (0..pod_count).map(move |number| {
            pod("d", number, labels((0..size).map(|n| (key(n), "v"))), &[ipv4(number)])
        });
        policies.chain(pods).chain([subject()])
    };
    // Four bytes in the signature, up to 52 in the rule set.
    let (once, twice) = assert_linear(1_500, |size| make(size, 4), 64, 8_000);
    assert_eq!(once.count("atoms"), 1_500);
    assert_eq!(twice.count("atoms"), 3_000);
    assert_eq!(once.count("signatures"), twice.count("signatures"));
    let more_pods = measure(make(1_500, 40));
    for name in ["signatures", "classes", "label classes"] {
        assert_eq!(more_pods.count(name), once.count(name), "{name}");
    }
    assert_eq!(more_pods.usage.hot_bytes(), once.usage.hot_bytes());
}

/// Thousands of policies select pods that match thousands of atoms: both are kept once, and a
/// packet costs as many probes as the shorter has entries.
#[test]
fn both_sides_heavy() {
    let make = |size: u32| {
        let key = |number: u32| format!("key{number}");
        let policies = (0..size).map(move |number| {
            // No two of them may have a port in common, so that none stands for another.
            let from = pods(selector(labels([(key(number), "v")])));
            let ports = vec![port(1 + number * 2, 1 + number * 2)];
            policy(number, everybody(), vec![rule(vec![from], ports)])
        });
        let pods = (0..8).map(move |number| {
            let mut own = labels((0..size).map(|n| (key(n), "v")));
            // Each lacks one, so no two have a signature in common.
            own.remove(&key(number));
            pod("d", number, own, &[ipv4(number)])
        });
        policies.chain(pods)
    };
    // Four bytes in each of eight signatures, up to 52 in the rule set, 32 for the guard.
    let (once, twice) = assert_linear(1_000, make, 128, 24_000);
    for (measured, size) in [(&once, 1_000), (&twice, 2_000)] {
        assert_eq!(measured.count("rule sets"), 1);
        assert_eq!(measured.count("guards"), size);
        assert!(measured.count("signatures") <= 8 + 2, "{:?}", measured.counts);
    }
}

/// Blocks of every length around the same addresses: as many prefixes and classes as there are
/// blocks, for they are not split where they overlap.
#[test]
fn blocks_of_every_length() {
    let make = |size: u32| {
        let spread = |number: u32| number.wrapping_mul(0x9e37_79b1);
        let rules = (1..=32_u32).map(|length| {
            let networks = (0..size).map(|number| {
                let network = spread(number) >> (32 - length) << (32 - length);
                block(format_args!("{}/{length}", Ipv4Addr::from_bits(network)), Vec::new())
            });
            rule(networks.collect(), vec![port(length, length)])
        });
        [policy(0, selector(labels([("role", "subject")])), rules.collect()), subject()]
    };
    // Of each address about 20 blocks are its own: for each a class (64 bytes), a signature with up
    // to 33 atoms, an entry of the rule set, and its part of a page.
    let each = 20 * 400;
    let (once, twice) = assert_linear(300, make, each, 5 * each);
    for measured in [&once, &twice] {
        let prefixes = measured.count("prefixes");
        assert!(measured.count("classes") <= prefixes + 3, "{:?}", measured.counts);
        assert!(measured.count("signatures") <= 2 * prefixes + 3, "{:?}", measured.counts);
        assert!(measured.count("atoms") <= prefixes + 1, "{:?}", measured.counts);
    }
    let distinct = twice.count("prefixes") - once.count("prefixes");
    assert!(distinct > 300 * 20, "{distinct}");
}

/// A block of all addresses with thousands of excepts, in many policies: a prefix for each except,
/// one entry for each block.
#[test]
fn a_block_with_thousands_of_excepts() {
    let make = |size: u32| {
        let excepts = (0..size).map(|number| Ipv4Addr::from_bits(0x1400_0000 + number * 512));
        let excepts = excepts.map(|network| format!("{network}/24")).collect::<Vec<_>>();
        let from = block("0.0.0.0/0", excepts);
        let policies = (0..10).map(move |number| {
            let ingress = vec![rule(vec![from.clone()], vec![port(80, 80)])];
            policy(number, selector(labels([("role", format!("r{number}"))])), ingress)
        });
        let pods = (0..10).map(|number| {
            pod("d", number, labels([("role", format!("r{number}"))]), &[ipv4(number)])
        });
        policies.chain(pods)
    };
    let (once, twice) = assert_linear(3_000, make, 512, 4_000);
    for (measured, size) in [(&once, 3_000), (&twice, 6_000)] {
        assert_eq!(measured.count("prefixes"), size);
        assert!(measured.count("classes") <= size + 10, "{:?}", measured.counts);
        assert_eq!((measured.count("rule sets"), measured.count("guards")), (1, 1));
    }
}

/// Thousands of single addresses, each in a /24 of its own, where a page with an entry for each
/// address would be a kibibyte; and single addresses of IPv6.
#[test]
fn storms_of_single_addresses() {
    let scattered = |number: u32| IpAddr::from(Ipv4Addr::from_bits(0x0b00_0007 + number * 256));
    let blocks = |address: fn(u32) -> IpAddr, length: u8| {
        move |size: u32| {
            let blocks = (0..size).map(|n| block(format_args!("{}/{length}", address(n)), vec![]));
            let ingress = vec![rule(blocks.collect(), vec![port(443, 443)])];
            [policy(0, selector(labels([("role", "subject")])), ingress), subject()]
        }
    };
    let grown = |(once, twice): &(Measured, Measured), name: &str, size: usize| {
        (twice.hot(name) - once.hot(name)) / size
    };
    // A class and a signature of 64 bytes each, at most 52 in the rule set, and a page of runs.
    let ipv4 = assert_linear(
        4_000,
        blocks(|n| Ipv4Addr::from_bits(0x0b00_0007 + n * 256).into(), 32),
        400,
        2_000,
    );
    assert!(grown(&ipv4, "ipv4", 4_000) <= 88, "a page of runs and its part of that above");
    assert!(ipv4.1.count("run pages") <= 8_000 + 2 * 8_000 / 256 + 4);
    assert!(ipv4.1.count("dense pages") <= 8_000 / 256 + 2);
    // Twenty bytes in a table at least three fifths full.
    let ipv6 = assert_linear(4_000, blocks(ipv6, 128), 400, 2_000);
    assert!(grown(&ipv6, "ipv6", 4_000) <= 40);
    // Pods on such addresses.
    let pods = |size: u32| {
        (0..size).map(move |number| {
            pod("d", number, Labels::new(), &[scattered(number), self::ipv6(number)])
        })
    };
    let pods = assert_linear(4_000, pods, 88 + 40, 2_500);
    assert_eq!(pods.0.count("classes"), pods.1.count("classes"));
}

/// Thousands of distinct ranges of ports that overlap: a guard for each, no matter what they have in
/// common; and thousands of ranges in one rule, which are one guard.
#[test]
fn thousands_of_port_ranges() {
    let spread = |number: u32| 1 + number.wrapping_mul(7) % 30_000;
    let each_its_own = |size: u32| {
        let rules = (0..size).map(|number| {
            let from = block(Ipv4Addr::from_bits(0x0b00_0000 + number).to_string() + "/32", vec![]);
            rule(vec![from], vec![port(spread(number), spread(number) + 30_000)])
        });
        [policy(0, selector(labels([("role", "subject")])), rules.collect()), subject()]
    };
    // As for a single address, and a guard of 32 bytes.
    let (once, twice) = assert_linear(4_000, each_its_own, 300, 2_500);
    assert_eq!((once.count("guards"), twice.count("guards")), (4_000, 8_000));

    let in_one_rule = |size: u32| {
        let ports = (0..size).map(|number| port(1 + number * 4, 2 + number * 4)).collect();
        let from = pods(selector(labels([("app", "a")])));
        let ingress = vec![rule(vec![from], ports)];
        [policy(0, selector(labels([("role", "subject")])), ingress), subject()]
    };
    let (once, twice) = assert_linear(4_000, in_one_rule, 8, 250);
    assert_eq!((once.count("guards"), twice.count("guards")), (1, 1));
}

/// Peers that are everybody but one: an atom for everybody, and one for each who is not. What each
/// pod matches stays as short as it is for peers that are one.
#[test]
fn negative_selectors_are_linear() {
    let make = |size: u32| {
        let grown = (0..size).flat_map(|number| {
            let own = format!("app{number}");
            let from = pods(values("app", "NotIn", [own.clone()]));
            let ingress = vec![rule(vec![from], vec![port(1 + number, 1 + number)])];
            [
                pod("d", number, labels([("app", own)]), &[ipv4(number)]),
                policy(number, selector(labels([("role", "subject")])), ingress),
            ]
        });
        grown.chain([subject()])
    };
    // A class and a signature; a guard; up to 52 in the rule set.
    let (once, twice) = assert_linear(2_000, make, 400, 8_000);
    for (measured, size) in [(&once, 2_000), (&twice, 4_000)] {
        assert!(measured.count("atoms") <= size + 1, "{:?}", measured.counts);
        assert!(measured.count("signatures") <= size + 2, "{:?}", measured.counts);
    }
}

/// The one thing that is quadratic: pods that each match most of many peers, and no two the same
/// ones. Then every pair of pod and peer is an atom in a signature, of four bytes, and for the writer
/// as many again. Here peers name all values but one, one by one.
#[test]
fn a_dense_matrix_takes_four_bytes_for_each_pair() {
    let make = |size: u32| {
        let value = |number: u32| format!("v{number}");
        let policies = (0..size).map(move |number| {
            let others = (0..size).filter(|other| *other != number).map(value);
            let from = pods(values("app", "In", others));
            let ingress = vec![rule(vec![from], vec![port(1 + number, 1 + number)])];
            policy(number, selector(labels([("role", "subject")])), ingress)
        });
        let pods = (0..size)
            .map(move |number| pod("d", number, labels([("app", value(number))]), &[ipv4(number)]));
        measure(policies.chain(pods).chain([subject()]))
    };
    let signatures = |measured: &Measured| measured.hot("signatures") + measured.hot("guards");
    let size = 300;
    for size in [size, size * 2] {
        let measured = make(size);
        let (pairs, singles) = ((size * size) as usize, 2 * size as usize);
        let bytes = signatures(&measured);
        assert!(bytes >= pairs * 4, "this is the dense case: {bytes} for {pairs} pairs");
        assert!(bytes <= pairs * 4 + singles * 128 + (64 << 10), "{bytes} for {pairs} pairs");
        // Everything else is linear.
        let rest = measured.usage.hot_bytes() - bytes;
        assert!(rest <= FIRST_CHUNKS + singles * 128, "{:#?}", measured.usage);
    }
}

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
            for (parts, before) in [
                (&usage.hot, &first.hot),
                (&usage.provenance, &first.provenance),
                (&usage.names, &first.names),
                (&usage.writer, &first.writer),
            ] {
                for ((name, bytes), (_, before)) in parts.iter().zip(before) {
                    // A hash map may grow once more, for what it has marked as deleted.
                    let most = before * 2 + (16 << 10);
                    assert!(*bytes <= most, "round {round}, {name}: {before} to {bytes}");
                }
            }
            assert!(usage.hot_bytes() <= first.hot_bytes() + (64 << 10), "{first:?} to {usage:?}");
        }
    }
    assert_eq!(cluster.snapshots(), 1);
    let end = cluster.memory_usage();
    println!("start {start:#?}\nend {end:#?}");
    // What forty pods and ten policies more took for a moment.
    assert!(end.hot_bytes() <= start.hot_bytes() + (512 << 10), "{start:#?} to {end:#?}");
}

/// A cluster that shrinks gives its memory back with the publication that shows it smaller.
fn assert_gives_back(grown: &[Object]) {
    let mut cluster = cluster(standing());
    let (counts, start) = (cluster.counts(), cluster.memory_usage());
    upsert(&mut cluster, grown.iter().cloned());
    let big = cluster.publish().expect("it fits").memory_usage();
    delete(&mut cluster, grown);
    let shrunk = cluster.publish().expect("it fits");
    assert!(shrunk.changes_since(1).is_everything());
    drop(shrunk);
    let end = cluster.memory_usage();
    println!("start {start:#?}\nbig {big:#?}\nend {end:#?}");
    assert_eq!(cluster.counts(), counts);
    for (parts, before) in [
        (&end.hot, &start.hot),
        (&end.provenance, &start.provenance),
        (&end.names, &start.names),
        (&end.writer, &start.writer),
    ] {
        for ((name, bytes), (_, before)) in parts.iter().zip(before) {
            // Numbers of pods and namespaces and the words of their labels stay with the objects.
            let kept = if *name == "objects" { 4 << 20 } else { 64 << 10 };
            assert!(*bytes <= before * 2 + kept, "{name}: {before} to {bytes}");
        }
    }
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
    let grown = (1_000..16_000).flat_map(|number| {
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
