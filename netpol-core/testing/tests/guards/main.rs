//! Clusters made to be too much, and what they come to: counts and bytes, never time.
//!
//! Each test says what would be quadratic, or grow without end, and holds the tables to a bound: it
//! compiles a cluster of one size and one of twice that, or compares with a cluster made at once.
//! Whether the answers are right is for `it/hostile` to say.

mod churn;
mod measured;
mod objects;

use std::net::{IpAddr, Ipv4Addr};

use netpol_core::engine::MemoryUsage;
use netpol_core::model::Labels;

use self::measured::{FIRST_CHUNKS, Measured, assert_linear, measure, part, sum};
use self::objects::{
    block, everybody, ipv4, ipv6, labels, pod, pods, policy, port, rule, selector, subject, values,
};

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
        assert_eq!(measured.count("guards"), 0, "one port needs no record");
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
        for name in ["label classes", "policy lists", "rule sets"] {
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
/// packet costs as many probes as its peer has atoms, if any rule is about its port.
#[test]
fn both_sides_heavy() {
    let make = |size: u32| {
        let key = |number: u32| format!("key{number}");
        let policies = (0..size).map(move |number| {
            // No two of them may have a port in common, so that none stands for another.
            let from = pods(selector(labels([(key(number), "v")])));
            let ports = vec![port(1 + number * 3, 2 + number * 3)];
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
    // Four bytes in each of eight signatures, up to 52 in the rule set, 32 for the guard, 8 for its
    // ports among those of all.
    let (once, twice) = assert_linear(1_000, make, 128, 24_000);
    for (measured, size) in [(&once, 1_000), (&twice, 2_000)] {
        assert_eq!(measured.count("rule sets"), 1);
        assert_eq!(measured.count("guards"), size + 1, "one for all ports together");
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
/// common, and one for all of them together; and thousands of ranges in one rule, which are one guard.
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
    assert_eq!((once.count("guards"), twice.count("guards")), (4_001, 8_001));

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
/// ones. Then every pair of pod and peer is an atom in a signature, of four bytes, and eight more for
/// the writer. Here peers name all values but one, one by one.
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
    for size in [300, 600] {
        let measured = make(size);
        let (pairs, singles) = ((size * size) as usize, 2 * size as usize);
        let bytes = signatures(&measured);
        assert!(bytes >= pairs * 4, "this is the dense case: {bytes} for {pairs} pairs");
        assert!(bytes <= pairs * 4 + singles * 128 + (64 << 10), "{bytes} for {pairs} pairs");
        let writer = |name: &str| part(&measured.usage.writer, name);
        let known = writer("classes") + writer("label classes");
        assert!(known <= pairs * 8 + singles * 1_500 + (64 << 10), "{known} for {pairs} pairs");
        // Everything else is linear.
        let rest = measured.usage.hot_bytes() - bytes;
        assert!(rest <= FIRST_CHUNKS + singles * 128, "{:#?}", measured.usage);
    }
}
