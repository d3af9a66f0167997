//! What readers see of publications, of those that fail too, and how many snapshots there are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use netpol_core::model::{Kind, Object};
use netpol_core::options::{EqualPriorities, MissingNamespaces};
use netpol_core::{Admission, Cluster, Options, Packet, Reader, Verdict};

use super::questions::{address, portrait};
use super::small_cluster::{policy, read, surroundings};

/// From `d/web` to `d/db`.
fn packet(port: u16) -> Packet {
    Packet::tcp(address("10.0.0.2"), address("10.0.0.1"), port)
}

fn apply(cluster: &mut Cluster, text: &str) {
    cluster.apply(&read(text), Admission::Create).unwrap_or_else(|error| panic!("{error}"));
}

fn cluster_policy(name: &str, priority: u32) -> String {
    format!(
        "
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {{name: {name}}}
spec:
  tier: Admin
  priority: {priority}
  subject: {{pods: {{podSelector: {{matchLabels: {{app: db}}}}}}}}
  ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]"
    )
}

/// Applies a text or deletes what has a name, after which nothing is refused any more.
type Mend = fn(&mut Cluster, &str);

/// While a publication is refused readers stay in the generation that they are in, however often
/// it is tried and whatever else happens meanwhile; once it is mended they see everything at once.
#[test]
fn readers_do_not_see_a_refused_publication() {
    let mut options = Options::default();
    options.missing_namespaces = MissingNamespaces::Error;
    options.equal_priorities = EqualPriorities::Error;
    let elsewhere = policy("podSelector: {}").replace("namespace: d", "namespace: f");
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: f}}";
    let (first, second) = (cluster_policy("first", 1), cluster_policy("second", 1));
    let cases: [(&str, &[&str], Mend, &str); 4] = [
        ("Namespace f", &[&elsewhere], apply, namespace),
        (
            "Namespace f",
            &[&elsewhere],
            |cluster, name| assert!(cluster.delete(Kind::NetworkPolicy, "f", name)),
            "p",
        ),
        ("same priority", &[&first, &second], apply, &cluster_policy("second", 2)),
        (
            "same priority",
            &[&first, &second],
            |cluster, name| assert!(cluster.delete(Kind::ClusterNetworkPolicy, "", name)),
            "second",
        ),
    ];
    for (told, texts, mend, with) in cases {
        let mut cluster = surroundings(options.clone());
        let mut reader = cluster.readers().reader();
        assert!(!reader.decide(&packet(80)).is_allow(), "nothing was published");
        let before = cluster.publish().expect("all namespaces are there");
        assert!(reader.decide(&packet(80)).is_allow());
        for text in texts {
            apply(&mut cluster, text);
        }
        // What is good waits with what is not.
        apply(&mut cluster, &policy("podSelector: {matchLabels: {app: db}}"));
        for port in 1..4 {
            let refusal = cluster.publish().expect_err("it is refused").to_string();
            assert!(refusal.contains(told), "{refusal}");
            assert_eq!(reader.engine().generation(), before.generation());
            assert!(reader.decide(&packet(80)).is_allow());
            assert_eq!(portrait(reader.engine()), portrait(&before));
            assert_eq!(cluster.readers().engine().generation(), before.generation());
            let more = policy("podSelector: {matchLabels: {app: web}}");
            apply(&mut cluster, &more.replace("name: p", &format!("name: p{port}")));
        }
        mend(&mut cluster, with);
        let after = cluster.publish().expect("it is mended");
        assert_eq!(after.generation(), before.generation() + 1);
        assert_eq!(reader.engine().generation(), after.generation());
        assert!(!reader.decide(&packet(80)).is_allow());
        // What was known is still known: this was no compilation of everything.
        let changes = after.changes_since(before.generation());
        assert!(!changes.is_everything());
        assert!(changes.touches(&packet(80)));
        let mut fresh = cluster.clone();
        assert_eq!(portrait(&fresh.publish().expect("it fits")), portrait(&after));
    }
}

/// Snapshots that somebody holds are kept, and the newest; not one for each publication.
#[test]
fn snapshots_are_as_many_as_are_held() {
    let mut cluster = surroundings(Options::default());
    let readers = cluster.readers();
    let mut turn = 0;
    let mut publish = |cluster: &mut Cluster| {
        turn += 1;
        let ports = format!("podSelector: {{}}\ningress: [{{ports: [{{port: {turn}}}]}}]");
        apply(cluster, &policy(&ports));
        cluster.publish().expect("it fits")
    };
    drop(publish(&mut cluster));
    assert_eq!(cluster.snapshots(), 1);

    // An idle reader pins the one it saw last.
    let mut idle = readers.reader();
    for _ in 0..50 {
        drop(publish(&mut cluster));
        assert_eq!(cluster.snapshots(), 2);
    }
    assert!(idle.decide(&packet(51)).is_allow());
    assert_eq!(cluster.snapshots(), 1);

    // Engines, and changes, which hold the engine that told them.
    let engine = publish(&mut cluster);
    drop(publish(&mut cluster));
    let changes = publish(&mut cluster).changes_since(engine.generation());
    for _ in 0..10 {
        drop(publish(&mut cluster));
        assert_eq!(cluster.snapshots(), 4, "the newest, the reader's, the engine's, the changes'");
    }
    drop((engine, changes));
    idle.refresh();
    assert_eq!(cluster.snapshots(), 1);

    // A thread that ends, and one that dies, take their readers with them.
    for dies in [false, true] {
        let mut reader = readers.reader();
        let engine = publish(&mut cluster);
        let thread = thread::Builder::new().spawn(move || {
            let _ = reader.decide(&packet(80));
            assert!(!dies || engine.generation() == 0, "it dies, which is meant to be");
        });
        assert_eq!(thread.expect("there is room").join().is_err(), dies);
        assert_eq!(cluster.snapshots(), 2, "{dies}: that of the idle reader and the newest");
        idle.refresh();
        assert_eq!(cluster.snapshots(), 1, "{dies}");
    }
}

/// Readers go on when the cluster is gone, with the last that it published.
#[test]
fn readers_outlive_the_cluster() {
    let mut cluster = surroundings(Options::default());
    let readers = cluster.readers();
    let (mut unused, mut late) = (readers.reader(), readers.reader());
    cluster.publish().expect("it fits");
    assert!(late.decide(&packet(80)).is_allow());
    apply(&mut cluster, &policy("podSelector: {matchLabels: {app: db}}"));
    cluster.publish().expect("it fits");
    drop(cluster);
    let mut made_after = readers.reader();
    drop(readers);
    let elsewhere = thread::spawn(move || {
        for reader in [&mut unused, &mut late, &mut made_after] {
            assert_eq!(reader.engine().generation(), 2);
            assert!(!reader.decide(&packet(80)).is_allow());
        }
    });
    elsewhere.join().expect("no panic");
}

/// In one publication two policies take each other's place and two pods swap their addresses.
/// Readers see both or neither: always exactly one port is open, and always to the same pod.
#[test]
fn no_reader_sees_half_a_batch() {
    const GENERATIONS: u64 = 400;
    let mut cluster = surroundings(Options::default());
    let opens = |port: u16| {
        let spec = format!(
            "podSelector: {{matchLabels: {{app: db}}}}\ningress: [{{ports: [{{port: {port}}}]}}]"
        );
        policy(&spec).replace("name: p", &format!("name: p{port}"))
    };
    let at = |name: &str, ip: &str| {
        format!(
            "
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: d, labels: {{app: {name}}}}}
status: {{phase: Running, podIP: {ip}}}"
        )
    };
    let mut publish = |generation: u64| {
        let odd = generation % 2;
        let (opened, closed) = if odd == 0 { (80, 81) } else { (81, 80) };
        cluster.delete(Kind::NetworkPolicy, "d", &format!("p{closed}"));
        apply(&mut cluster, &opens(opened));
        let (db, web) = if odd == 0 { ("10.0.0.1", "10.0.0.2") } else { ("10.0.0.2", "10.0.0.1") };
        // In between both have one address.
        for object in [read(&at("db", db)), read(&at("web", web))].iter().flat_map(|m| m.objects())
        {
            let object: Object = object.clone();
            cluster.upsert(object, Admission::Create).expect("it is good");
        }
        assert_eq!(cluster.publish().expect("it fits").generation(), generation);
        cluster.readers()
    };
    let readers = publish(1);
    let done = AtomicBool::new(false);
    let from = address("192.0.2.1");
    let to = |ip: &str, port| Packet::tcp(from, address(ip), port);
    let packets = [to("10.0.0.1", 80), to("10.0.0.1", 81), to("10.0.0.2", 80), to("10.0.0.2", 81)];
    let look = |reader: &mut Reader| {
        let mut verdicts = [Verdict::Deny; 4];
        reader.decide_batch(&packets, &mut verdicts).expect("four and four");
        let verdicts = verdicts.map(Verdict::is_allow);
        // The pod that no policy selects is open, the other on one port.
        let even = [true, false, true, true];
        let odd = [true, true, false, true];
        assert!(verdicts == even || verdicts == odd, "{verdicts:?}");
        let engine = reader.engine();
        let expected = if engine.generation().is_multiple_of(2) { even } else { odd };
        assert_eq!(packets.map(|packet| engine.decide(&packet).is_allow()), expected);
        engine.generation()
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut reader = readers.reader();
                let mut seen = 0;
                while !done.load(Ordering::Acquire) {
                    let generation = look(&mut reader);
                    assert!(generation >= seen, "time runs forwards");
                    seen = generation;
                }
                assert_eq!(look(&mut reader), GENERATIONS);
            });
        }
        for generation in 2..=GENERATIONS {
            publish(generation);
        }
        done.store(true, Ordering::Release);
    });
}
