//! What other engines are given is what netpol has, and what they answer is not taken on trust.
//! No other engine is needed for this.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use netpol_benches::peers::{Answer, Expansion, Peer, Prefix, Side, Stage, compare, export};
use netpol_core::manifest::ReadOptions;
use netpol_core::{Admission, Cluster, Manifest, Options, Packet, Verdict};
use netpol_testing::workload::TraceParameters;

fn stage(name: &str) -> Stage {
    Stage::new(name, &TraceParameters { packets: 5_000, ..TraceParameters::default() }).unwrap()
}

fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).unwrap();
    directory
}

#[test]
fn what_is_written_is_read_back_and_judged_the_same() {
    for name in ["120", "120-corners"] {
        let stage = stage(name);
        let directory = directory(name);
        export::objects(&stage.world, &directory).unwrap();
        let mut cluster = Cluster::new(Options::default());
        for kind in ["namespaces", "pods", "policies"] {
            let text = fs::read(directory.join(format!("{kind}.jsonl"))).unwrap();
            let manifest = Manifest::read(Some(kind), &text, &ReadOptions::default());
            cluster.apply(&manifest, Admission::Create).unwrap();
        }
        let engine = cluster.publish().unwrap();
        for (packet, verdict) in stage.packets.iter().zip(&stage.verdicts) {
            assert_eq!(engine.decide(packet), *verdict, "{packet}");
        }
        assert!((0.01..0.99).contains(&stage.allowed()), "{name} decides nothing");
    }
}

#[test]
fn packets_are_written_in_full() {
    let stage = stage("60");
    let directory = directory("packets");
    export::packets(&stage.packets, &directory).unwrap();
    let text = fs::read_to_string(directory.join("packets.txt")).unwrap();
    assert_eq!(text.lines().count(), stage.packets.len());
    for (line, packet) in text.lines().zip(&stage.packets) {
        let [protocol, source, _, destination, port] =
            line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(format!("{protocol} {source} -> {destination}:{port}"), packet.to_string());
    }
}

#[test]
fn expanded_rules_say_what_policies_say() {
    for name in ["60", "60-corners"] {
        let stage = stage(name);
        let expansion = Expansion::new(&stage.world, u64::MAX).unwrap();
        for (packet, verdict) in stage.packets.iter().zip(&stage.verdicts) {
            let (source, destination) = (packet.source(), packet.destination());
            let entered = allows(&expansion.ingress, destination, source, packet);
            let left = allows(&expansion.egress, source, destination, packet);
            assert_eq!(Verdict::from_allowed(entered && left), *verdict, "{packet}");
        }
        let counted = expansion.counted;
        assert_eq!(Expansion::new(&stage.world, counted - 1).unwrap_err().rules, counted);
    }
}

#[test]
fn disagreements_are_not_let_pass() {
    let stage = stage("120");
    let mut answers = stage.verdicts.iter().map(|it| Answer::Verdict(*it)).collect::<Vec<_>>();
    for peer in Peer::ALL {
        assert_eq!(compare(&stage, peer, &answers).unwrap().disagreements(), 0);
    }
    let flipped = Verdict::from_allowed(!stage.verdicts[17].is_allow());
    answers[17] = Answer::Verdict(flipped);
    for peer in Peer::ALL {
        assert!(compare(&stage, peer, &answers).is_err(), "{}", peer.name());
    }
    answers[17] = Answer::Error("named port error".to_owned());
    assert!(compare(&stage, Peer::Cyclonus, &answers).is_err());
}

/// What a list of rules says, read from front to back.
fn allows(side: &Side, subject: IpAddr, peer: IpAddr, packet: &Packet) -> bool {
    let (IpAddr::V4(subject), IpAddr::V4(peer)) = (subject, peer) else { unreachable!() };
    let port = packet.destination_port().unwrap();
    let within = |prefix: Prefix| {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix.length)).unwrap_or(0);
        peer.to_bits() & mask == prefix.address.to_bits()
    };
    let matching = |rule: &&netpol_benches::peers::Rule| {
        rule.subject == subject
            && within(rule.peer)
            && (rule.protocol == 0 || rule.protocol == packet.protocol().0)
            && (rule.ports.0..=rule.ports.1).contains(&port)
    };
    !side.isolated.contains(&subject) || side.rules.iter().any(|rule| matching(&rule))
}
