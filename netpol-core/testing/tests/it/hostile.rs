//! Inputs made to be too much: each ends with the right answers or a clear refusal.
//!
//! Nothing here measures time; [`ends`] only tells a hang from a wait.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::mpsc;
use std::time::Duration;
use std::{panic, thread};

use netpol_core::engine::QuestionError;
use netpol_core::manifest::ReadOptions;
use netpol_core::{
    Admission, Applied, Cluster, Engine, Error, Manifest, Options, Packet, Verdict, render,
};

use super::questions::{address, assert_answers};

/// Where the subject `d/subject` of most policies here is.
const SUBJECT: &str = "10.0.0.1";

/// Runs `work` to its end, which must come: a long time after it should have, the test fails.
fn ends(work: impl FnOnce() + Send + 'static) {
    const TOO_LONG: Duration = Duration::from_secs(600);
    let (done, is_done) = mpsc::channel();
    let worker = thread::spawn(move || {
        work();
        // Whoever waited may be gone.
        let _ = done.send(());
    });
    match is_done.recv_timeout(TOO_LONG) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {}
    }
    if let Err(failure) = worker.join() {
        panic::resume_unwind(failure);
    }
}

fn apply(text: &str, admission: Admission) -> Result<(Cluster, Applied), Error> {
    let manifest = Manifest::read(Some("hostile.yaml"), text.as_bytes(), &ReadOptions::default());
    let mut cluster = Cluster::new(Options::default());
    let applied = cluster.apply(&manifest, admission)?;
    Ok((cluster, applied))
}

/// The engine over a text that nothing is wrong with.
fn engine(text: &str) -> Engine {
    let (mut cluster, applied) =
        apply(text, Admission::Create).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(applied.warnings, []);
    cluster.publish().unwrap_or_else(|error| panic!("{error}"))
}

/// Namespace `d` and its pod `subject`, as a list that further items can follow.
fn with_subject() -> String {
    format!(
        "
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Namespace, metadata: {{name: d}}}}
- {}",
        pod("subject", "role: subject", SUBJECT)
    )
}

fn pod(name: &str, labels: &str, ip: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: d, labels: {{{labels}}}}}, \
         status: {{phase: Running, podIP: \"{ip}\"}}}}\n"
    )
}

/// An ingress policy over `d/subject`, down to where its rules begin.
fn policy(name: &str) -> String {
    format!(
        "
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {{name: {name}, namespace: d}}
  spec:
    podSelector: {{matchLabels: {{role: subject}}}}
    policyTypes: [Ingress]
    ingress:
"
    )
}

fn ipv4(bits: u32) -> IpAddr {
    Ipv4Addr::from(bits).into()
}

/// Whether `source` reaches the subject on a TCP port.
fn enters(engine: &Engine, source: IpAddr, port: u16) -> bool {
    engine.decide(&Packet::tcp(source, address(SUBJECT), port)).is_allow()
}

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
            let _ = writeln!(text, "      - {{ipBlock: {{cidr: {}/31}}}}", {
                ipv4(0x0b00_0000 + number * 4)
            });
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

#[test]
fn a_label_value_of_a_megabyte() {
    ends(|| {
        let mut text = with_subject();
        let value = "v".repeat(1 << 20);
        text.push_str(&policy("selects-it"));
        let _ = writeln!(text, "    - from: [{{podSelector: {{matchLabels: {{huge: {value}}}}}}}]");
        text.push_str("- ");
        text.push_str(&pod("huge", &format!("huge: {value}"), "10.0.0.2"));

        let Err(refusal) = apply(&text, Admission::Create) else { panic!("it is too long") };
        assert_eq!(refusal.errors().count(), 2);
        let told = refusal.to_string();
        assert!(told.len() < 4_000, "the value is not repeated: {}", told.len());
        assert!(told.contains("63"), "{told}");

        // Whatever a cluster holds is taken. A selector that no server accepts matches nothing.
        let (mut cluster, applied) = apply(&text, Admission::Stored).expect("it is stored");
        assert_eq!(applied.warnings.len(), 2);
        let engine = cluster.publish().expect("it fits");
        assert_answers(&engine, "d/huge -> d/subject TCP 80 deny");
        assert_answers(&engine, "d/subject -> d/huge TCP 80 allow");
    });
}

#[test]
fn names_given_twice_ten_thousand_times() {
    ends(|| {
        let mut text = with_subject();
        for number in 0..10_000_u32 {
            for ip in [number * 2, number * 2 + 1] {
                let ip = ipv4(0x0a00_1000 + ip).to_string();
                text.push_str("- ");
                text.push_str(&pod(&format!("pod{number}"), "", &ip));
            }
        }
        for admission in [Admission::Create, Admission::Stored] {
            let Err(refusal) = apply(&text, admission) else { panic!("all are there twice") };
            assert_eq!(refusal.errors().count(), 10_000);
            let first = refusal.errors().next().expect("one").to_string();
            assert!(first.contains("twice") && first.contains("hostile.yaml:7:4"), "{first}");
        }
    });
}

/// Running before not running, then the newer, then the name: whoever comes first in the text.
#[test]
fn pods_on_one_address() {
    let claimant = |name: &str, phase: &str, created: &str| {
        format!(
            "
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: d, labels: {{name: {name}}}, creationTimestamp: {created}}}
status: {{phase: {phase}, podIP: 10.0.0.9}}"
        )
    };
    let (old, new) = ("'2026-01-01T00:00:00Z'", "'2026-02-01T00:00:00Z'");
    for (winner, loser) in [
        (claimant("winner", "Running", old), claimant("loser", "Pending", new)),
        (claimant("winner", "Running", new), claimant("loser", "Running", old)),
        (claimant("winner", "Running", old), claimant("loser", "Running", "null")),
        (claimant("winner-a", "Running", new), claimant("winner-b", "Running", new)),
        (claimant("winner", "Pending", old), claimant("loser", "Succeeded", new)),
    ] {
        let namespace = "
apiVersion: v1
kind: Namespace
metadata: {name: d}";
        let policy = "
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: d}
spec:
  podSelector: {matchExpressions: [{key: name, operator: In, values: [winner, winner-a]}]}
";
        for text in [
            format!("{namespace}{winner}{loser}{policy}"),
            format!("{namespace}{loser}{winner}{policy}"),
        ] {
            let engine = engine(&text);
            let owner = engine.owner(address("10.0.0.9")).expect("somebody");
            let owner = engine.endpoint_name(owner).expect("an endpoint of this engine").name;
            assert!(["winner", "winner-a"].contains(&owner.as_str()), "{owner}:\n{text}");
            assert_answers(&engine, "192.0.2.1 -> 10.0.0.9 TCP 80 deny");
            let conflicts = engine.warnings().iter().map(ToString::to_string).collect::<Vec<_>>();
            if text.contains("Succeeded") {
                assert_eq!(conflicts, [""; 0], "a completed pod claims nothing");
                continue;
            }
            assert_eq!(conflicts.len(), 1, "{conflicts:?}");
            assert!(conflicts[0].contains("10.0.0.9 is also claimed by pod d/winner"));
            // The loser still is one of its name, open and with the same address.
            let loser = if text.contains("loser") { "d/loser" } else { "d/winner-b" };
            let endpoint = engine.endpoint(loser).expect("it is live");
            assert!(engine.endpoint_name(endpoint).is_some());
        }
    }
}

#[test]
fn five_thousand_pods_on_one_address() {
    ends(|| {
        let mut text = with_subject();
        for number in 0..5_000 {
            text.push_str("- ");
            text.push_str(&pod(&format!("pod{number:04}"), "", "10.0.0.9"));
        }
        let engine = engine(&text);
        assert_eq!(engine.warnings().len(), 4_999);
        let owner = engine.owner(address("10.0.0.9")).expect("one of them");
        assert_eq!(engine.endpoint_name(owner).expect("it is here").name, "pod0000");
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

#[test]
fn five_thousand_pods_with_labels_of_their_own() {
    ends(|| {
        let mut text = with_subject();
        let ip = |number: u32| ipv4(0x0a01_0000 + number);
        for number in 0..5_000 {
            text.push_str("- ");
            let labels = format!("app: app{number}, own{number}: v");
            text.push_str(&pod(&format!("pod{number}"), &labels, &ip(number).to_string()));
            let next = number + 1;
            let _ = write!(
                text,
                "- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {{name: p{number}, namespace: d}}
  spec:
    podSelector: {{matchLabels: {{app: app{number}}}}}
    ingress: [{{from: [{{podSelector: {{matchExpressions: [{{key: own{next}, operator: Exists}}]}}}}]}}]
"
            );
        }
        let engine = engine(&text);
        let enters = |from, to| engine.decide(&Packet::tcp(ip(from), ip(to), 80)).is_allow();
        for number in 0..4_998 {
            assert!(enters(number + 1, number), "{number}");
            assert!(!enters(number + 2, number), "{number}");
            assert!(!enters(number, number + 1), "{number}");
        }
    });
}

#[test]
fn a_list_of_a_hundred_thousand_pods() {
    ends(|| {
        let mut text = String::from("apiVersion: v1\nkind: PodList\nitems:\n");
        for number in 0..100_000_u32 {
            let _ = write!(
                text,
                "- metadata:
    labels:
      app: app{}
      pod-template-hash: h{}
    name: pod{number}
    namespace: d
  spec:
    containers:
    - name: main
      ports:
      - containerPort: 8080
        name: http
        protocol: TCP
    nodeName: node{}
  status:
    hostIP: {}
    phase: Running
    podIP: {}
    podIPs:
    - ip: {}
",
                number % 1_000,
                number % 3_000,
                number / 100,
                ipv4(0xc0a8_0000 + number / 100),
                ipv4(0x0a00_0000 + number),
                ipv4(0x0a00_0000 + number),
            );
        }
        text.push_str(
            "
---
apiVersion: v1
kind: Namespace
metadata: {name: d}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: d}
spec:
  podSelector: {matchLabels: {app: app7}}
  ingress: [{from: [{podSelector: {matchLabels: {app: app8}}}], ports: [{port: http}]}]
",
        );
        let engine = engine(&text);
        assert_eq!(engine.endpoints().count(), 100_000);
        assert_answers(
            &engine,
            "d/pod8 -> d/pod7 TCP 8080 allow
             d/pod99008 -> d/pod99007 TCP 8080 allow
             d/pod99008 -> d/pod99007 TCP 80 deny
             d/pod99009 -> d/pod99007 TCP 8080 deny
             d/pod99999 -> d/pod99998 TCP 80 allow
             192.168.0.0 -> d/pod7 TCP 80 allow
             192.168.0.1 -> d/pod7 TCP 80 deny",
        );
    });
}

/// All of them are told, each with its place, and can be shown.
#[test]
fn fifty_thousand_errors() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(&policy("wrong"));
        text.push_str("    - from:\n");
        text.push_str(&"      - {ipBlock: {cidr: 300.0.0.0/8}}\n".repeat(50_000));
        let manifest =
            Manifest::read(Some("hostile.yaml"), text.as_bytes(), &ReadOptions::default());
        let mut cluster = Cluster::new(Options::default());
        let refusal = cluster.apply(&manifest, Admission::Create).expect_err("no such addresses");
        assert_eq!(refusal.errors().count(), 50_000);
        let lines = refusal.errors().filter_map(|error| Some(error.location?.line));
        let written = (1..).zip(text.lines()).filter(|(_, line)| line.contains("300.0.0.0"));
        assert!(lines.eq(written.map(|(number, _)| number)), "each has its own line");
        let shown = render::diagnostics(refusal.diagnostics(), &manifest, render::Style::Plain);
        assert_eq!(shown.matches("hostile.yaml:").count(), 50_000);

        let applied = cluster.apply(&manifest, Admission::Stored).expect("it is stored");
        assert_eq!(applied.warnings.len(), 50_000);
        let engine = cluster.publish().expect("it fits");
        assert_answers(&engine, "192.0.2.1 -> d/subject TCP 80 deny");
    });
}

/// What a text could expand to, or nest into, is refused before it is done.
#[test]
fn texts_that_would_explode() {
    ends(|| {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..30 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            let _ = writeln!(bomb, "a{level}: &a{level} [{below}]");
        }
        let merges = "a: &a {x: 1}\nb: &b {<<: [*a, *a]}\n".to_owned()
            + &"c: {<<: [*a, *b, *a, *b]}\n".repeat(1_000);
        let nested = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
        for (text, part) in [
            (bomb, "limits."),
            (merges, ""),
            (nested("[", "]"), "limits.depth"),
            (nested("{a: ", "}"), "limits.depth"),
            (nested("- ", ""), "limits.depth"),
            (format!("{{\"a\": {}}}", nested("[", "]")), "limits.depth"),
            (format!("{{\"a\": {}", "{\"a\": ".repeat(100_000)), "limits.depth"),
            ("? ".repeat(100_000), "limits.depth"),
            ("a: ".repeat(100_000), ""),
            ("&a ".repeat(100_000), ""),
            ("!".repeat(1_000_000), ""),
            ("---\n".repeat(1_000_001), ""),
            (format!("a: \"{}", "\\x".repeat(1 << 20)), ""),
            (format!("a: {}", "x".repeat((8 << 20) + 1)), "limits.scalarBytes"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\0b\"}\n".to_owned(), "U+0000"),
        ] {
            let start = text.chars().take(40).collect::<String>();
            for admission in [Admission::Create, Admission::Stored] {
                match apply(&text, admission) {
                    Err(refusal) => {
                        let told = refusal.to_string();
                        assert!(told.contains(part), "{start}: {told}");
                        assert!(told.len() < 100_000, "{start}: {}", told.len());
                    }
                    // A million separators are a million times nothing.
                    Ok((_, applied)) => assert_eq!(applied.objects, 0, "{start}"),
                }
            }
        }
    });
}

/// A question may be as long as somebody likes.
#[test]
fn names_of_a_megabyte_asked_for() {
    ends(|| {
        let mut text = with_subject();
        for number in 0..2_000_u32 {
            text.push_str("- ");
            let ip = ipv4(0x0a00_1000 + number).to_string();
            text.push_str(&pod(&format!("{}{number}", "a".repeat(240)), "", &ip));
        }
        let engine = engine(&text);
        for name in [format!("d/{}", "a".repeat(1 << 20)), "/".repeat(1 << 20)] {
            match engine.endpoint(&name).expect_err("there is none") {
                QuestionError::Unknown { similar, .. } => assert_eq!(similar, [""; 0]),
                QuestionError::Malformed { .. } => {}
                other => panic!("{other}"),
            }
        }
        let similar = format!("d/{}x", "a".repeat(240));
        assert!(engine.endpoint(&similar).expect_err("near miss").to_string().contains("did you"));
    });
}

/// A batch of any size, over and over the same packet or never twice.
#[test]
fn a_million_packets_in_one_batch() {
    ends(|| {
        let mut text = with_subject();
        text.push_str(&policy("half"));
        text.push_str("    - from: [{ipBlock: {cidr: 128.0.0.0/1}}]\n");
        let engine = engine(&text);
        let spread = |number: u32| number.wrapping_mul(0x9e37_79b1);
        let packets = (0..1_000_000)
            .map(|number| Packet::tcp(ipv4(spread(number)), address(SUBJECT), 80))
            .collect::<Vec<_>>();
        let mut verdicts = vec![Verdict::Deny; packets.len()];
        engine.decide_batch(&packets, &mut verdicts).expect("the slices are of one length");
        for (number, verdict) in (0..).zip(verdicts) {
            let own = ipv4(spread(number)) == address(SUBJECT);
            assert_eq!(verdict.is_allow(), own || spread(number) >> 31 == 1, "{number}");
        }
        assert!(engine.decide_batch(&packets, &mut [Verdict::Deny]).is_err());
    });
}
