//! A table of connections takes its memory when it is made, and none after.

use std::time::Duration;

use netpol_core::flows::{FlowOptions, FlowVerdict, Flows, Tracking};
use netpol_core::{Admission, Manifest, Options, RawPacket, Verdict, manifest::ReadOptions};
use netpol_testing::generate::Seeded;
use netpol_testing::naive_flows::{Act, story};

use super::cluster;
use super::counting::calls_of;

/// Tables that have room, and ones that are full, over whatever comes.
#[test]
fn packets_of_connections_are_judged_without_allocation() {
    let mut seen = [false; Tracking::ALL.len()];
    for capacity in [16, 1 << 12] {
        let mut cluster = cluster(Options::default());
        let mut engine = cluster.publish().expect("it fits");
        let mut options = FlowOptions::new([5, 6]);
        (options.capacity, options.fragments) = (capacity, 4);
        let mut flows = Flows::new(&options).expect("there is memory");
        let bytes = flows.memory_usage();
        let mut now = Duration::ZERO;
        for act in (0..200).flat_map(|seed| story(&mut Seeded::new(seed), 150).acts) {
            match act {
                Act::Wait(time) => now += time / 8,
                Act::Packet(bytes) => {
                    let (calls, verdict) = calls_of(|| {
                        let raw = RawPacket::parse(&bytes).expect("it is a packet");
                        let _ = flows.find(&raw);
                        flows.judge(&engine, &raw, now)
                    });
                    assert_eq!(calls, 0, "{verdict:?} of {bytes:02x?}");
                    seen[verdict.tracking as usize] = true;
                }
                Act::Publish(policies) => {
                    let spec = ["[]", "[{}]", "[{ports: [{port: 80}]}]"][usize::from(policies % 3)];
                    let text = format!(
                        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy,
                           metadata: {{name: open, namespace: d}},
                           spec: {{podSelector: {{matchLabels: {{role: open}}}}, ingress: {spec}}}}}"
                    );
                    let policy = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
                    cluster.apply(&policy, Admission::Create).expect("it is good");
                    engine = cluster.publish().expect("it fits");
                }
                Act::Recheck => {
                    let mut cut_off = 0;
                    let (calls, ()) = calls_of(|| flows.recheck(&engine, now, |_| cut_off += 1));
                    assert_eq!(calls, 0, "{cut_off} were cut off");
                }
            }
        }
        let (calls, statistics) = calls_of(|| flows.statistics(now));
        assert_eq!((calls, flows.memory_usage()), (0, bytes), "{statistics:?}");
        assert!(capacity > 16 || statistics.evicted + statistics.refused > 100, "{statistics:?}");
        let (calls, ()) = calls_of(|| flows.clear());
        assert_eq!(calls, 0);
    }
    assert_eq!(seen, [true; Tracking::ALL.len()], "every way through the table was taken");
}

#[test]
fn batches_of_connections_are_judged_without_allocation() {
    let engine = cluster(Options::default()).publish().expect("it fits");
    let mut flows = Flows::new(&FlowOptions::new([5, 6])).expect("there is memory");
    let acts = (0..50).flat_map(|seed| story(&mut Seeded::new(seed), 150).acts);
    let packets = acts.filter_map(|act| match act {
        Act::Packet(bytes) => RawPacket::parse(&bytes).ok(),
        _ => None,
    });
    let packets = packets.collect::<Vec<_>>();
    let mut verdicts = vec![FlowVerdict::NOT_JUDGED; packets.len()];
    let (calls, result) =
        calls_of(|| flows.judge_batch(&engine, &packets, Duration::ZERO, &mut verdicts));
    assert_eq!((calls, result), (0, Ok(())));
    assert!(verdicts.iter().any(|verdict| verdict.verdict == Verdict::Allow));
}
