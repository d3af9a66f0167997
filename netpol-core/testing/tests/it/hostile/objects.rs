//! More pods than fit, and pods that dispute what they are.

use std::fmt::Write as _;

use netpol_core::{Admission, Packet};

use super::super::questions::{address, assert_answers};
use super::{apply, ends, engine, ipv4, pod, with_subject};

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
