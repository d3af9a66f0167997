//! Clusters that are written down and read again answer as they did.

use std::fs;
use std::path::Path;

use netpol_core::contents::{Contents, ContentsError};
use netpol_core::engine::{ServiceQuestion as AskedService, ServiceVerdict};
use netpol_core::net::Protocol;
use netpol_core::{Cluster, Options, Packet};
use netpol_testing::cases::{self, Ask, Event, Implementation, ServiceAnswer, Unanswered};
use netpol_testing::engine::EveryWay;
use netpol_testing::generate::{Choices, Seeded};
use netpol_testing::live::{Act, story};
use netpol_testing::reference::{Judgement, ServiceQuestion};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::laws::{after, config, hold, same_answers, seeds};

/// An engine that is written down after each publication, and asked where it was read again.
struct Travelled {
    home: EveryWay,
    away: Option<EveryWay>,
}

impl Implementation for Travelled {
    fn name(&self) -> &str {
        "restored engine"
    }

    fn reset(&mut self, options: &Options) {
        *self = Travelled { home: EveryWay::new(options), away: None };
    }

    fn validates(&self) -> bool {
        true
    }

    fn handle(&mut self, event: &Event) -> Result<(), String> {
        self.home.handle(event)
    }

    fn publish(&mut self) -> Result<(), String> {
        // The cluster goes on from what was read, so that every step travels.
        let mut away = self.home.restored()?;
        away.publish()?;
        self.home = self.home.restored()?;
        self.home.publish()?;
        self.away = Some(away);
        Ok(())
    }

    fn ask(&self, ask: &Ask) -> Result<Judgement, Unanswered> {
        self.away.as_ref().ok_or_else(|| Unanswered::Fault("not published".to_owned()))?.ask(ask)
    }

    fn ask_service(&self, question: &ServiceQuestion) -> Option<ServiceAnswer> {
        self.away.as_ref().and_then(|away| away.ask_service(question))
    }
}

#[test]
fn every_case_holds_after_a_journey() {
    let mut travelled = Travelled { home: EveryWay::new(&Options::default()), away: None };
    let cases = cases::load_all();
    let failures = cases.iter().flat_map(|case| cases::run(case, &mut travelled));
    let failures: Vec<String> = failures.map(|failure| failure.to_string()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

proptest! {
    #![proptest_config(config())]

    /// The same answers with the same reasons, the same counts, the same generation, the same bytes.
    #[test]
    fn a_restored_cluster_is_the_same(seed in seeds()) {
        hold(seed, 60, |scenario| {
            let Some(home) = after(scenario, &scenario.events) else { return Ok(()) };
            let mut away = home.restored()?;
            away.publish()?;
            same_answers(scenario, Some(&home), Some(&away))?;
            if home.counts() != away.counts() {
                return Err(format!("{:?} and {:?}", home.counts(), away.counts()));
            }
            let generations = [&home, &away].map(|way| way.engine().map(|e| e.generation()));
            if generations[0] != generations[1] {
                return Err(format!("generations {generations:?}"));
            }
            if home.saved() != away.saved() {
                return Err("what was read is written otherwise".to_owned());
            }
            Ok(())
        });
    }

    /// What is written depends on what a cluster holds, and not on how it came to hold it.
    #[test]
    fn history_is_not_written(seed in seeds()) {
        hold(seed, 0, |scenario| {
            let mut choices = Seeded::new(seed);
            let (mut live, mut at_once) = (EveryWay::new(&scenario.options), EveryWay::new(&scenario.options));
            for act in story(&mut choices, scenario) {
                match act {
                    Act::Event(event) => {
                        let _ = (live.handle(&event), at_once.handle(&event));
                    }
                    Act::Publish => {
                        let _ = live.publish();
                    }
                }
            }
            let written = |way: &EveryWay| {
                let value: Value = serde_json::from_slice(&way.saved()).expect("it is JSON");
                (value["inventory"].clone(), value["options"].clone())
            };
            if written(&live) != written(&at_once) {
                return Err(format!("{:?}\n{:?}", written(&live), written(&at_once)));
            }
            Ok(())
        });
    }

    /// Bytes that were tampered with are an error, or make a cluster that can be asked.
    #[test]
    fn nothing_that_is_read_panics(seed in seeds()) {
        hold(seed, 3, |scenario| {
            let Some(home) = after(scenario, &scenario.events) else { return Ok(()) };
            let mut choices = Seeded::new(seed);
            for _ in 0..20 {
                let mut bytes = home.saved();
                for _ in 0..choices.between(1, 3) {
                    tamper(&mut choices, &mut bytes);
                }
                if let Ok(contents) = Contents::from_bytes(&bytes) {
                    let mut cluster = Cluster::from(contents);
                    let again = cluster.contents().to_bytes();
                    let _ = Contents::from_bytes(&again).map_err(|error| error.to_string())?;
                    if let Ok(engine) = cluster.publish() {
                        for ask in &scenario.asks {
                            if let Ask::Packet(packet) = ask {
                                let decision = engine.attribute(packet);
                                if decision.verdict != engine.explain(packet).verdict {
                                    return Err(format!("{packet} in {}", String::from_utf8_lossy(&bytes)));
                                }
                            }
                        }
                    }
                }
            }
            Ok(())
        });
    }
}

/// Changes a byte, takes some away, or has some twice.
fn tamper(choices: &mut impl Choices, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let place = choices.below(bytes.len());
    let end = (place + choices.below(40)).min(bytes.len());
    match choices.below(4) {
        0 => bytes[place] = *choices.pick(b"0123456789\"{}[],:-atfn\\ \x00\xff"),
        1 => drop(bytes.drain(place..end)),
        2 => {
            let part = bytes[place..end].to_vec();
            bytes.splice(place..place, part);
        }
        _ => bytes.truncate(place),
    }
}

fn written() -> Value {
    let text = fs::read_to_string(golden()).expect("the file can be read");
    serde_json::from_str(&text).expect("the file is JSON")
}

fn golden() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/contents/version-1.json")
}

fn read(value: &Value) -> Result<Contents, ContentsError> {
    Contents::from_bytes(value.to_string().as_bytes())
}

/// What was written once can be read for ever, and means what it meant.
#[test]
fn version_1_is_read() {
    let contents = read(&written()).expect("the file is of a known version");
    let mut cluster = Cluster::from(contents);
    let engine = cluster.publish().expect("it fits");
    assert_eq!(engine.generation(), 7);
    assert!(!engine.options().end_port);
    let address = |text: &str| text.parse().expect("it is an address");
    let tcp = |source, destination, port| {
        engine.decide(&Packet::tcp(address(source), address(destination), port)).is_allow()
    };
    // The pod's label, the except, the port by its name, the tier above and the domain name.
    assert!(tcp("10.0.0.2", "10.0.0.1", 5432) && !tcp("10.0.0.3", "10.0.0.1", 5432));
    assert!(tcp("192.0.2.1", "10.0.0.1", 5432) && !tcp("192.0.2.129", "10.0.0.1", 5432));
    assert!(!tcp("10.0.0.2", "10.0.0.1", 5433));
    assert!(!tcp("10.0.0.3", "203.0.113.1", 443) && tcp("10.0.0.3", "203.0.113.2", 443));
    // The Service's port, which is a name on the pod, and the other's EndpointSlice.
    let service = |source, name, port| {
        let service = engine.service(name).expect("the Service is there");
        let question = AskedService::port(address(source), service, Protocol::TCP, port);
        engine.decide_service(&question).expect("it has backends")
    };
    assert_eq!(service("10.0.0.2", "shop/db", 5000), ServiceVerdict::Allow);
    assert_eq!(service("10.0.0.3", "shop/db", 5000), ServiceVerdict::Deny);
    assert_eq!(service("10.0.0.3", "shop/outside", 443), ServiceVerdict::Allow);
    cluster.advance(std::time::Duration::from_secs(100));
    let engine = cluster.publish().expect("it fits");
    let packet = Packet::tcp(address("10.0.0.3"), address("203.0.113.1"), 443);
    assert!(engine.decide(&packet).is_allow(), "the record has expired");
}

/// A version is written as it is read; whoever changes the form finds that this fails, and counts
/// the version up.
#[test]
fn version_1_is_written() {
    let contents = read(&written()).expect("the file is of a known version");
    let bytes = Cluster::from(contents).contents().to_bytes();
    let again: Value = serde_json::from_slice(&bytes).expect("it is JSON");
    assert_eq!(again, written());
}

#[test]
fn other_versions_are_refused() {
    let mut other = written();
    other["netpolContents"] = json!(2);
    other["inventory"] = json!({"somethingNew": true});
    let error = read(&other).expect_err("nobody knows version 2");
    assert!(matches!(error, ContentsError::Version { found: 2, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "saved in version 2 of the form, where only version 1 can be read here"
    );
}

#[test]
fn every_beginning_is_refused() {
    let text = fs::read_to_string(golden()).expect("the file can be read");
    let text = text.trim_end();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let error = Contents::from_bytes(&text.as_bytes()[..end]).expect_err("it is cut off");
        assert!(error.to_string().starts_with("not the saved contents"), "{error}");
    }
}

#[test]
fn what_nothing_here_writes_is_refused() {
    let changes: &[(&str, Value, &str)] = &[
        ("/generation", json!(0), "generation 0"),
        ("/generation", json!(u64::MAX), "generation 18446744073709551615"),
        ("/options/endport", json!(true), "option `endport` is not known"),
        ("/options/cidrs", json!("lax"), "unknown variant `lax`"),
        ("/inventory/extra", json!(1), "unknown field `extra`"),
        ("/inventory/namespaces/1/endpoints/0/kind", json!("Node"), "is no pod and no workload"),
        ("/inventory/namespaces/1/endpoints/0/kind", json!("Rock"), "kind `Rock` is not known"),
        (
            "/inventory/namespaces/1/endpoints/0/addresses",
            json!(["10.0.0.1", "10.0.0.9"]),
            "two addresses of one family",
        ),
        ("/inventory/namespaces/1/endpoints/0/name", json!("job"), "is there twice"),
        ("/inventory/namespaces/1/policies/0/namespace", json!("other"), "another kind's"),
        ("/inventory/namespaces/1/policies/0/tier", json!("Admin"), "another kind's"),
        ("/inventory/namespaces/1/policies/0/ingress/0/action", json!("Deny"), "another kind's"),
        (
            "/inventory/namespaces/1/policies/0/ingress/0/peers/1/block/cidr",
            json!("10.0.0.0/99"),
            "must be a valid CIDR value",
        ),
        (
            "/inventory/namespaces/1/policies/0/ingress/0/ports/0/0/ports",
            json!({"range": [9, 8]}),
            "no port lies between 9 and 8",
        ),
        ("/inventory/clusterPolicies/0/kind", json!("NetworkPolicy"), "no cluster-wide policy"),
        ("/inventory/services/services/1/name", json!("db"), "Service shop/db is there twice"),
        ("/inventory/services/services/0/ports/0/number", json!(0), "a port without a number"),
        (
            "/inventory/services/slices/0/slice/ports/0/number",
            json!(0),
            "EndpointSlice shop/outside-1 has a port without a number",
        ),
    ];
    for (place, value, expected) in changes {
        let mut changed = written();
        let (parent, name) = place.rsplit_once('/').expect("places have parents");
        let parent = changed.pointer_mut(parent).and_then(Value::as_object_mut);
        parent.unwrap_or_else(|| panic!("{place}")).insert(name.to_owned(), value.clone());
        let error = read(&changed).expect_err(place).to_string();
        assert!(error.contains(expected), "{place}: {error}");
    }
}

/// A cluster that nobody's contents are held of copies nothing; one that has given some away leaves
/// them as they were.
#[test]
fn contents_stay_as_they_were() {
    let mut cluster = Cluster::from_manifests(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {phase: Running, podIP: 10.0.0.1}}",
    )
    .expect("it is a pod");
    let engine = cluster.publish().expect("it fits");
    let contents = cluster.contents();
    let before = contents.to_bytes();
    cluster.delete(netpol_core::model::Kind::Pod, "default", "a");
    cluster.set_synced(true);
    assert_eq!(contents.to_bytes(), before);
    assert_ne!(cluster.contents().to_bytes(), before);
    // What is not published yet is another generation.
    let other = Cluster::from(cluster.contents()).publish().expect("it fits");
    assert_eq!((engine.generation(), other.generation()), (1, 2));
    let same = Cluster::from(contents).publish().expect("it fits");
    assert_eq!(same.generation(), 1);
    assert_eq!(same.endpoints().count(), 1);
    assert_eq!(other.endpoints().count(), 0);
}
