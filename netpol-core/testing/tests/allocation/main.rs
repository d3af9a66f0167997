//! No question about a packet allocates memory, whatever is published meanwhile.
//!
//! A binary of its own: counting takes a global allocator, of which a program has one, and the
//! other tests are not to run on it.

mod connections;
mod counting;
mod publishing;

use std::fmt::Write as _;
use std::net::IpAddr;

use netpol_core::net::Protocol;
use netpol_core::options::{Fragments, UnknownPodAddresses, UnmatchedProtocols};
use netpol_core::packet::Transport;
use netpol_core::{
    Admission, Cluster, Engine, Manifest, Options, Packet, Party, Question, Reason, Verdict,
    manifest::ReadOptions,
};

use self::counting::calls_of;

/// An engine with everything that has a path of its own through the tables.
fn engine(options: Options) -> Engine {
    cluster(options).publish().expect("it fits")
}

/// The cluster behind it.
fn cluster(options: Options) -> Cluster {
    let mut text = String::from(
        "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: d}}
- apiVersion: v1
  kind: Node
  metadata: {name: worker}
  spec: {podCIDRs: [10.0.0.0/16, 'fd00::/64']}
  status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: subject, namespace: d, labels: {role: subject}}
  spec:
    nodeName: worker
    containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]
  status: {phase: Running, hostIP: 192.168.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: open, namespace: d, labels: {role: open, a0: v, a1: v, a2: v, a3: v, a4: v,
    a5: v, a6: v, a7: v, a8: v, a9: v, a10: v, a11: v, a12: v, a13: v, a14: v}}
  spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}
  status: {phase: Running, podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: some, namespace: d, labels: {role: some}}
  status: {phase: Running, podIP: 10.0.0.3}
- apiVersion: v1
  kind: Pod
  metadata: {name: host, namespace: d}
  spec: {hostNetwork: true, nodeName: worker}
  status: {phase: Running, podIP: 192.168.0.1}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: planned, namespace: d}
  spec:
    selector: {matchLabels: {role: planned}}
    template: {metadata: {labels: {role: planned}}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: named, namespace: d}
  spec:
    podSelector: {matchLabels: {role: subject}}
    policyTypes: [Ingress, Egress]
    ingress: [{from: [{namespaceSelector: {}}], ports: [{port: http}, {port: 9000, endPort: 9009}]}]
    egress: [{to: [{podSelector: {}}], ports: [{port: http}, {protocol: UDP, port: 53}]}]
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: blocks, namespace: d}
  spec:
    podSelector: {matchLabels: {role: subject}}
    policyTypes: [Ingress, Egress]
    egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [172.16.0.0/12, 203.0.113.0/24]}}]}]
    ingress:
    - from: [{ipBlock: {cidr: 172.16.0.0/12, except: [172.17.0.0/16]}}, {ipBlock: {cidr: '::/0'}}]
      ports: [{port: 443}]
",
    );
    // More blocks around one address, and more labels, than a signature holds within itself.
    for direction in ["from", "to"] {
        let list = if direction == "from" { "ingress" } else { "egress" };
        let _ = write!(
            text,
            "- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {{name: heavy-{list}, namespace: d}}
  spec:
    podSelector: {{matchLabels: {{role: subject}}}}
    {list}:
"
        );
        for length in 8..=32 {
            let network = u32::from_be_bytes([198, 51, 100, 7]) >> (32 - length) << (32 - length);
            let network = std::net::Ipv4Addr::from(network);
            let port = 1_000 + length;
            let _ = write!(
                text,
                "    - {{{direction}: [{{ipBlock: {{cidr: {network}/{length}}}}}], ports: [{{port: {port}}}]}}
    - {{{direction}: [{{podSelector: {{matchLabels: {{a{}: v}}}}}}], ports: [{{port: {}}}]}}\n",
                length - 8,
                2_000 + length,
            );
        }
        for number in 0..2_000 {
            let _ = writeln!(
                text,
                "    - {{{direction}: [{{ipBlock: {{cidr: 100.64.{}.{}/32}}}}], ports: [{{port: {}}}]}}",
                number / 256,
                number % 256,
                10_000 + number * 3,
            );
        }
    }
    // More entries than one record holds, fewer than are hashed.
    text.push_str(
        "- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: some, namespace: d}
  spec:
    podSelector: {matchLabels: {role: some}}
    ingress:
",
    );
    for number in 0..20 {
        let _ = writeln!(text, "    - from: [{{ipBlock: {{cidr: 8.8.8.{number}/32}}}}]");
    }
    // Tiers before and after: a few rules, more than are scanned, and one that is not understood.
    text.push_str(
        "- apiVersion: policy.networking.k8s.io/v1alpha2
  kind: ClusterNetworkPolicy
  metadata: {name: few}
  spec:
    tier: Admin
    priority: 1
    subject: {namespaces: {}}
    ingress:
    - {action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 8080}}}]}
    - {action: Deny, from: [{pods: {podSelector: {matchLabels: {role: some}}}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    egress:
    - {action: Deny, to: [{networks: [8.8.8.8/32]}]}
    - {action: Accept, to: [{networks: [198.51.100.6/32]}]}
    - {action: Deny, to: [{pods: {podSelector: {matchLabels: {role: some}}}}],
       protocols: [{destinationNamedPort: http}]}
- apiVersion: policy.networking.k8s.io/v1alpha2
  kind: ClusterNetworkPolicy
  metadata: {name: not-understood}
  spec:
    tier: Baseline
    priority: 2
    subject: {pods: {podSelector: {matchLabels: {role: some}}}}
    egress: [{action: Deny, to: [{pods: {podSelector: {matchLabels: {a: not a value}}}}]}]
- apiVersion: policy.networking.k8s.io/v1alpha2
  kind: ClusterNetworkPolicy
  metadata: {name: many}
  spec:
    tier: Admin
    priority: 3
    subject: {namespaces: {}}
    egress:
",
    );
    for number in 0..25 {
        let networks = (0..25).map(|network| format!("172.16.{number}.{network}/32"));
        let networks = networks.collect::<Vec<_>>().join(", ");
        let port = 2_000 + number;
        let _ = writeln!(
            text,
            "    - {{action: Pass, to: [{{networks: [{networks}]}}], \
             protocols: [{{tcp: {{destinationPort: {{number: {port}}}}}}}]}}",
        );
    }
    let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
    let mut cluster = Cluster::new(options);
    cluster.apply(&manifest, Admission::Create).unwrap_or_else(|error| panic!("{error}"));
    cluster
}

const ADDRESSES: [&str; 22] = [
    "10.0.0.1",     // the subject
    "fd00::1",      // its other address
    "10.0.0.2",     // a pod with many labels
    "fd00::2",      // its other address
    "10.0.0.3",     // a pod with a rule set of middling length
    "10.0.0.77",    // of the pod range, and nobody's
    "fd00::77",     // likewise
    "192.168.0.1",  // the node
    "192.168.0.2",  // another machine
    "127.0.0.1",    // loopback
    "::1",          // loopback
    "198.51.100.7", // inside 25 blocks
    "198.51.100.6", // inside 24
    "100.64.7.207", // the last of two thousand
    "172.16.24.24", // the last of many networks
    "172.16.0.1",   // in a block
    "172.17.0.1",   // in its except
    "8.8.8.8",      // outside
    "0.0.0.0",
    "255.255.255.255",
    "2001:db8::1",
    "ff02::1",
];

const TRANSPORTS: [(Protocol, Transport); 20] = [
    port(Protocol::TCP, 80),
    port(Protocol::TCP, 8080),
    port(Protocol::TCP, 443),
    port(Protocol::TCP, 9009),
    port(Protocol::TCP, 1_032),
    port(Protocol::TCP, 2_022),
    port(Protocol::TCP, 15_997),
    port(Protocol::TCP, 0),
    port(Protocol::UDP, 53),
    port(Protocol::SCTP, 65_535),
    port(Protocol(99), 1),
    (Protocol::ICMP, Transport::Icmp { kind: 8, code: 0 }),
    (Protocol::ICMP, Transport::Icmp { kind: 3, code: 4 }),
    (Protocol::ICMPV6, Transport::Icmp { kind: 128, code: 0 }),
    (Protocol::ICMPV6, Transport::Icmp { kind: 135, code: 0 }),
    (Protocol::TCP, Transport::Unknown),
    (Protocol::UDP, Transport::Unknown),
    (Protocol(47), Transport::Unknown),
    (Protocol(0), Transport::Unknown),
    (Protocol::TCP, Transport::Icmp { kind: 0, code: 0 }),
];

const fn port(protocol: Protocol, destination: u16) -> (Protocol, Transport) {
    (protocol, Transport::Ports { source: 40_000, destination })
}

/// The defaults, and knobs that lead packets another way.
fn options() -> Vec<Options> {
    let defaults = Options::default();
    let mut strict = Options::default();
    strict.fragments = Fragments::Deny;
    strict.unknown_pod_addresses = UnknownPodAddresses::Deny;
    strict.unmatched_protocols = UnmatchedProtocols::EssentialIcmp;
    strict.self_traffic = false;
    strict.own_node_ingress = false;
    let mut lax = Options::default();
    lax.fragments = Fragments::Allow;
    lax.unmatched_protocols = UnmatchedProtocols::Allow;
    lax.own_node_egress = true;
    lax.service_hairpin = true;
    let mut waiting = Options::default();
    waiting.until_synced = Some(Verdict::Deny);
    vec![defaults, strict, lax, waiting]
}

fn packets() -> Vec<Packet> {
    let addresses = ADDRESSES.map(|text| text.parse::<IpAddr>().expect("an address"));
    let pairs = addresses.iter().flat_map(|a| addresses.iter().map(move |b| (*a, *b)));
    pairs
        .flat_map(|(source, destination)| {
            TRANSPORTS
                .map(|(protocol, transport)| Packet::new(source, destination, protocol, transport))
        })
        .flat_map(|packet| [packet, packet.via_service()])
        .collect()
}

#[test]
fn the_counter_counts() {
    let (calls, text) = calls_of(|| String::from("on the heap"));
    assert_eq!(calls, 1);
    let (calls, ()) = calls_of(|| drop(text));
    assert_eq!(calls, 1);
}

#[test]
fn packets_are_judged_without_allocation() {
    let packets = packets();
    let mut verdicts = vec![Verdict::Deny; packets.len()];
    let mut reasons = Vec::new();
    for options in options() {
        let engine = engine(options);
        for packet in &packets {
            let (calls, decision) = calls_of(|| {
                let _ = engine.decide(packet);
                let _ = engine.decide_ingress(packet);
                let _ = engine.decide_egress(packet);
                engine.attribute(packet)
            });
            assert_eq!(calls, 0, "{packet}: {decision:?}");
            reasons.extend([decision.ingress.reason, decision.egress.reason]);
        }
        let (calls, result) = calls_of(|| engine.decide_batch(&packets, &mut verdicts));
        assert_eq!((calls, result), (0, Ok(())));
        let (calls, result) = calls_of(|| engine.decide_batch(&packets[1..], &mut verdicts));
        assert_eq!((calls, result.is_err()), (0, true));
    }
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!(reasons, Reason::ALL, "every way through the engine was taken");
}

#[test]
fn questions_are_answered_without_allocation() {
    for options in options() {
        let engine = engine(options);
        let addresses = ADDRESSES.map(|text| text.parse::<IpAddr>().expect("an address"));
        let parties = engine.endpoints().map(Party::from).chain(addresses.map(Party::from));
        let parties = parties.collect::<Vec<_>>();
        for (source, destination) in
            parties.iter().flat_map(|a| parties.iter().map(move |b| (a, b)))
        {
            for (protocol, transport) in TRANSPORTS {
                let question = Question::new(*source, *destination, protocol, transport);
                // A refusal names the ends that have no family in common.
                if engine.decide_question(&question).is_err() {
                    continue;
                }
                let (calls, decision) = calls_of(|| {
                    let verdict = engine.decide_question(&question);
                    let decision = engine.attribute_question(&question);
                    verdict.is_ok() && decision.is_ok()
                });
                assert_eq!((calls, decision), (0, true), "{question:?}");
            }
        }
    }
}

#[test]
fn snapshots_are_shared_without_allocation() {
    let engine = engine(Options::default());
    let (calls, copy) = calls_of(|| engine.clone());
    assert_eq!(calls, 0);
    let (calls, ()) = calls_of(|| drop(copy));
    assert_eq!(calls, 0);
    let (calls, owner) = calls_of(|| engine.owner("10.0.0.1".parse().expect("an address")));
    assert_eq!((calls, owner.is_some()), (0, true));
}
