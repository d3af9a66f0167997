//! Policies with more of everything than anybody writes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netpol_core::Packet;

use super::super::questions::{address, assert_answers};
use super::{SUBJECT, ends, engine, enters, ipv4, pod, policy, with_subject};

#[test]
fn a_hundred_thousand_peers() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(&policy("many"));
        text.push_str("    - from:\n");
        // Every other address of 11.0.0.0 to 11.3.13.63, and as many pods that are not there.
        for number in 0..50_000 {
            let block = ipv4(0x0b00_0000 + number * 2);
            let _ = writeln!(text, "      - {{ipBlock: {{cidr: {block}/32}}}}");
            let _ = writeln!(text, "      - {{podSelector: {{matchLabels: {{app: a{number}}}}}}}");
        }
        text.push_str("- ");
        text.push_str(&pod("first", "app: a0", "10.0.0.2"));
        text.push_str("- ");
        text.push_str(&pod("last", "app: a49999", "10.0.0.3"));
        text.push_str("- ");
        text.push_str(&pod("beyond", "app: a50000", "10.0.0.4"));
        let engine = engine(&text);
        for number in 0..50_000 {
            let listed = 0x0b00_0000 + number * 2;
            assert!(enters(&engine, ipv4(listed), 80), "{number}");
            assert!(!enters(&engine, ipv4(listed + 1), 80), "{number}");
        }
        assert!(!enters(&engine, ipv4(0x0aff_ffff), 80));
        assert_answers(
            &engine,
            "d/first -> d/subject TCP 80 allow
             d/last -> d/subject UDP 80 allow
             d/beyond -> d/subject TCP 80 deny",
        );
        // The nearest miss is sought among all of them.
        let denied = engine.explain(&Packet::tcp(address("10.0.0.4"), address(SUBJECT), 80));
        assert!(denied.ingress.nearest_miss.is_some());
    });
}

#[test]
fn ten_thousand_excepts() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(&policy("most"));
        text.push_str("    - from: [{ipBlock: {cidr: 0.0.0.0/0, except: [");
        // Every other /24 from 20.0.0.0 on.
        let first = |number: u32| 0x1400_0000 + number * 512;
        for number in 0..10_000 {
            let _ = write!(text, "{}/24, ", ipv4(first(number)));
        }
        text.push_str("]}}]\n");
        let engine = engine(&text);
        for number in 0..10_000 {
            let first = first(number);
            for (source, expected) in
                [(first - 1, true), (first, false), (first + 255, false), (first + 256, true)]
            {
                assert_eq!(enters(&engine, ipv4(source), 80), expected, "{}", ipv4(source));
            }
        }
        for source in ["0.0.0.0", "1.2.3.4", "255.255.255.255"] {
            assert!(enters(&engine, address(source), 80), "{source}");
        }
        assert!(!enters(&engine, address("2001:db8::1"), 80));
        let denied = engine.explain(&Packet::tcp(ipv4(first(9_999)), address(SUBJECT), 80));
        let miss = denied.ingress.nearest_miss.expect("a block that excepts it");
        assert!(miss.detail.contains("is in except"), "{}", miss.detail);
    });
}

#[test]
fn ten_thousand_peers_with_ten_thousand_ports() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(&policy("square"));
        text.push_str("    - from:\n");
        for number in 0..10_000 {
            let block = ipv4(0x0b00_0000 + number * 4);
            let _ = writeln!(text, "      - {{ipBlock: {{cidr: {block}/31}}}}");
        }
        text.push_str("      ports:\n");
        for number in 0..10_000 {
            let (first, last) = (number * 6 + 1, number * 6 + 3);
            let _ = writeln!(text, "      - {{port: {first}, endPort: {last}}}");
        }
        let engine = engine(&text);
        for number in 0..10_000_u16 {
            let inside = 0x0b00_0000 + u32::from(number) * 4 + 1;
            let port = number * 6 + 3;
            assert!(enters(&engine, ipv4(inside), port), "{number}");
            assert!(!enters(&engine, ipv4(inside), port + 1), "{number}");
            assert!(!enters(&engine, ipv4(inside + 1), port), "{number}");
        }
    });
}

/// What a name means is the destination's to say, in a list too long to be scanned as well; and a
/// port that no rule is about is one that no name stands for.
#[test]
fn a_hundred_peers_with_named_ports() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(
            "- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {namespace: d, name: out}\n  \
             spec:\n    podSelector: {matchLabels: {role: subject}}\n    policyTypes: [Egress]\n    egress:\n",
        );
        for number in 0..100 {
            let _ = writeln!(
                text,
                "    - {{to: [{{podSelector: {{matchLabels: {{app: a{number}}}}}}}], ports: [{{port: web}}]}}"
            );
        }
        for (name, app, address, port) in [
            ("one", 0, "10.0.0.2", 8080),
            ("other", 99, "10.0.0.3", 9090),
            ("none", 100, "10.0.0.4", 8080),
        ] {
            let _ = writeln!(
                text,
                "- apiVersion: v1\n  kind: Pod\n  metadata: {{namespace: d, name: {name}, labels: {{app: a{app}}}}}\n  \
                 spec: {{containers: [{{name: c, ports: [{{name: web, containerPort: {port}}}]}}]}}\n  \
                 status: {{phase: Running, podIPs: [{{ip: {address}}}]}}"
            );
        }
        let engine = engine(&text);
        assert_answers(
            &engine,
            "d/subject -> d/one TCP 8080 allow
             d/subject -> d/one TCP 9090 deny
             d/subject -> d/one UDP 8080 deny
             d/subject -> d/other TCP 9090 allow
             d/subject -> d/other TCP 8080 deny
             d/subject -> d/none TCP 8080 deny",
        );
    });
}

/// Every one of a hundred million combinations allows: nobody may be handed them all.
#[test]
fn a_square_that_matches_everywhere() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(&policy("same"));
        text.push_str("    - from:\n");
        text.push_str(&"      - {ipBlock: {cidr: 0.0.0.0/0}}\n".repeat(10_000));
        text.push_str("      ports:\n");
        text.push_str(&"      - {port: 80}\n".repeat(10_000));
        let engine = engine(&text);
        assert!(enters(&engine, address("192.0.2.1"), 80));
        assert!(!enters(&engine, address("192.0.2.1"), 81));
        let explanation = engine.explain(&Packet::tcp(address("192.0.2.1"), address(SUBJECT), 80));
        let first = &explanation.ingress.allowed_by[0];
        assert_eq!((first.rule, first.peer, first.port), (0, Some(0), Some(0)));
        assert!(explanation.ingress.allowed_by.len() <= 10_000);
        assert!(!explanation.notes.is_empty(), "it says that there are more");
    });
}

#[test]
fn ten_thousand_policies_on_one_namespace() {
    ends(|| {
        let mut text = with_subject();
        for number in 0..10_000 {
            text.push_str(&policy(&format!("p{number:05}")));
            let block = ipv4(0x0b00_0000 + number * 2);
            let _ = writeln!(
                text,
                "    - {{from: [{{ipBlock: {{cidr: {block}/32}}}}], ports: [{{port: 80}}]}}"
            );
        }
        // Many pods that all of them select, each with a label of its own.
        for number in 0..1_000_u32 {
            text.push_str("- ");
            let labels = format!("role: subject, own: v{number}");
            let ip = ipv4(0x0a00_1000 + number).to_string();
            text.push_str(&pod(&format!("pod{number}"), &labels, &ip));
        }
        let engine = engine(&text);
        for number in 0..10_000 {
            let listed = 0x0b00_0000 + number * 2;
            assert!(enters(&engine, ipv4(listed), 80));
            assert!(!enters(&engine, ipv4(listed), 81));
            assert!(!enters(&engine, ipv4(listed + 1), 80));
        }
        let explanation = engine.explain(&Packet::tcp(ipv4(0x0b00_4e1e), address(SUBJECT), 80));
        assert_eq!(explanation.ingress.isolated_by.len(), 10_000);
        assert_eq!(explanation.ingress.allowed_by[0].policy.name, "p09999");
    });
}

#[test]
fn ten_thousand_labels_and_requirements() {
    ends(|| {
        let mut text = with_subject();
        let label = |number: u32| format!("key{number}: v");
        let labels =
            |numbers: std::ops::Range<u32>| numbers.map(label).collect::<Vec<_>>().join(", ");
        text.push_str(&policy("many-labels"));
        let _ = writeln!(text, "    - from:");
        let _ = writeln!(text, "      - podSelector: {{matchLabels: {{{}}}}}", labels(0..10_000));
        text.push_str(&policy("one-each"));
        let _ = write!(text, "    - ports: [{{port: 81}}]\n      from:\n");
        for number in 0..10_000 {
            let _ = writeln!(
                text,
                "      - podSelector: {{matchLabels: {{{}, more: v}}}}",
                label(number)
            );
        }
        text.push_str("- ");
        text.push_str(&pod("all", &format!("{}, more: v", labels(0..10_000)), "10.0.0.2"));
        text.push_str("- ");
        text.push_str(&pod("most", &labels(1..10_000), "10.0.0.3"));
        let engine = engine(&text);
        assert_answers(
            &engine,
            "d/all -> d/subject TCP 80 allow
             d/all -> d/subject TCP 81 allow
             d/most -> d/subject TCP 80 deny
             d/most -> d/subject TCP 81 deny",
        );
    });
}

#[test]
fn a_thousand_peers_of_a_thousand_values() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(&policy("values"));
        text.push_str("    - from:\n");
        for number in 0..1_000 {
            let values = (0..1_000).map(|value| format!("v{}", number * 1_000 + value));
            let values = values.collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                text,
                "      - podSelector: {{matchExpressions: [{{key: app, operator: In, values: [{values}]}}]}}"
            );
        }
        for (number, ip) in [(0, 2), (999_999, 3), (1_000_000, 4)] {
            text.push_str("- ");
            let app = format!("app: v{number}");
            text.push_str(&pod(&format!("pod{number}"), &app, &format!("10.0.0.{ip}")));
        }
        assert_answers(
            &engine(&text),
            "d/pod0 -> d/subject TCP 80 allow
             d/pod999999 -> d/subject TCP 80 allow
             d/pod1000000 -> d/subject TCP 80 deny",
        );
    });
}

/// Each of 3,125 addresses in blocks of all 32 sizes, which admit it on as many ports.
#[test]
fn a_hundred_thousand_nested_blocks() {
    ends(|| {
        let spread = |number: u32| number.wrapping_mul(0x9e37_79b1);
        let mut text = with_subject();
        text.push_str(&policy("nested"));
        let mut blocks = BTreeSet::new();
        for length in 1..=32_u32 {
            let _ = write!(text, "    - ports: [{{port: {length}}}]\n      from:\n");
            for number in 0..3_125 {
                let network = spread(number) >> (32 - length) << (32 - length);
                let _ = writeln!(
                    text,
                    "      - {{ipBlock: {{cidr: {}/{length}}}}}",
                    Ipv4Addr::from(network)
                );
                blocks.insert((length, network));
            }
        }
        let engine = engine(&text);
        let addresses = (0..3_125).map(spread).flat_map(|at| [at, at ^ 1, at ^ 0x100, !at]);
        for source in addresses {
            for length in 1..=32_u32 {
                let network = source >> (32 - length) << (32 - length);
                let expected = blocks.contains(&(length, network));
                let port = u16::try_from(length).expect("it is small");
                assert_eq!(enters(&engine, ipv4(source), port), expected, "{source:x}/{length}");
            }
        }
    });
}

/// A single chain of all 128 sizes, each an except of the one before.
#[test]
fn blocks_nested_as_deep_as_they_go() {
    let subject = address("fd00::1");
    let mut text = format!(
        "
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Namespace, metadata: {{name: d}}}}
- {}",
        pod("subject", "role: subject", "fd00::1")
    );
    text.push_str(&policy("deep"));
    let inner = u128::MAX / 3;
    let network = |length: u32| Ipv6Addr::from(inner >> (128 - length) << (128 - length));
    for length in (2..128_u32).step_by(2) {
        let _ = writeln!(
            text,
            "    - from: [{{ipBlock: {{cidr: '{}/{length}', except: ['{}/{}']}}}}]",
            network(length),
            network(length + 1),
            length + 1
        );
    }
    let engine = engine(&text);
    for length in 0..128 {
        // As far as the block of that length, and not of the next.
        let source = IpAddr::from(Ipv6Addr::from(inner ^ (1 << (127 - length))));
        let allowed = engine.decide(&Packet::tcp(source, subject, 80)).is_allow();
        assert_eq!(allowed, length >= 2 && length % 2 == 0, "{length}");
    }
}
