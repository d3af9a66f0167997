//! Texts, questions and batches of any size, and texts that are larger than they look.

use std::fmt::Write as _;

use netpol_core::engine::QuestionError;
use netpol_core::manifest::ReadOptions;
use netpol_core::{Admission, Cluster, Manifest, Options, Packet, Verdict, render};

use super::super::questions::{address, assert_answers};
use super::{SUBJECT, apply, ends, engine, ipv4, pod, policy, with_subject};

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
