//! The scenarios of the Kubernetes e2e suite: what really connects is what `decide` says.

use std::collections::BTreeMap;

use netpol_core::model::Object;
use netpol_core::{Cluster, Engine, Packet, Verdict};
use netpol_testing::cases::{self, Answer, Case, Event, Step};

use crate::attempts::{Attempt, Knock, Outcome, make};
use crate::dataplane::{Dataplane, Fields, install_rules};
use crate::manifests::ConfigMap;
use crate::network::{Node, Pod};
use crate::requirements;
use crate::servers::PORTS;

/// What is tried between every two pods after every step, besides what the case asks.
const ALWAYS: [Knock; 5] = [
    Knock::Tcp(PORTS[0]),
    Knock::Tcp(PORTS[1]),
    Knock::Udp(PORTS[0]),
    Knock::Sctp(PORTS[0]),
    Knock::Ping,
];

/// A scenario while it runs.
struct Scenario<'a> {
    case: &'a Case,
    node: &'a Node,
    dataplane: &'a Dataplane,
    map: &'a mut ConfigMap,
    cluster: Cluster,
    /// The number that the address of a pod ends with.
    pods: BTreeMap<String, u8>,
    failures: Vec<String>,
    attempts: usize,
}

impl Scenario<'_> {
    fn run(&mut self) {
        self.map.clear();
        for (index, step) in self.case.steps.iter().enumerate() {
            for event in step.events(self.case.admission).unwrap() {
                self.handle(&event);
            }
            let mark = self.dataplane.mark();
            self.map.publish();
            self.dataplane.published(mark);
            let engine = self.cluster.publish().unwrap();
            self.try_all(index, step, &engine);
        }
    }

    fn handle(&mut self, event: &Event) {
        match event {
            Event::Upsert { object, admission } => {
                self.cluster.upsert(Object::clone(object), *admission).unwrap();
                self.map.upsert(object);
                if let Object::Pod(pod) = &**object {
                    let address = pod.status.pod_ip.parse().unwrap();
                    let number = match address {
                        std::net::IpAddr::V4(address) => address.octets()[3],
                        std::net::IpAddr::V6(address) => address.octets()[15],
                    };
                    let name = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
                    self.pods.insert(name, number);
                }
            }
            Event::Delete { kind, namespace, name } => {
                assert!(self.cluster.delete(*kind, namespace, name));
                self.map.delete(*kind, namespace, name);
            }
            other => panic!("{}: {other:?}", self.case.name),
        }
    }

    /// What the case says of pairs of pods.
    fn expected(&self, step: &Step) -> BTreeMap<(String, String, Knock), Answer> {
        let pods = self.pods.keys().cloned().collect::<Vec<_>>();
        let probes = step.reach.iter().flat_map(|reach| reach.probes(&pods).unwrap());
        let knock = |probe: &cases::Probe| {
            let (protocol, transport) = probe.traffic().unwrap();
            Knock::of(protocol, transport).unwrap()
        };
        probes
            .chain(step.expect.iter().cloned())
            .map(|probe| {
                ((probe.from.clone(), probe.to.clone(), knock(&probe)), probe.verdict.unwrap())
            })
            .collect()
    }

    fn try_all(&mut self, index: usize, step: &Step, engine: &Engine) {
        let expected = self.expected(step);
        let mut wanted = expected.keys().cloned().collect::<Vec<_>>();
        for (from, to) in
            self.pods.keys().flat_map(|from| self.pods.keys().map(move |to| (from, to)))
        {
            let always = ALWAYS.iter().map(|knock| (from.clone(), to.clone(), *knock));
            wanted.extend(always.filter(|_| from != to));
        }
        wanted.sort();
        wanted.dedup();
        let family = if self.case.name.contains("[ipv4]") { 4 } else { 6 };
        let pod = |name: &String| self.node.pod_of(self.pods[name]);
        let attempts = wanted.iter().map(|(from, to, knock)| {
            (pod(from), Attempt::new(pod(from).address(family), pod(to).address(family), *knock))
        });
        let attempts: Vec<(&Pod, Attempt)> = attempts.collect();
        self.dataplane.forget_verdicts();
        let outcomes = make(self.dataplane, &attempts);
        self.attempts += attempts.len();

        for ((key, (_, attempt)), outcome) in wanted.iter().zip(&attempts).zip(outcomes) {
            let (from, to, knock) = key;
            let mut fail = |what: String| {
                let case = &self.case.name;
                self.failures
                    .push(format!("{case}, step {index}: {from} -> {to} {knock:?}: {what}"));
            };
            let packet = packet(attempt);
            let decided = engine.decide(&packet);
            let really = match outcome {
                Outcome::Reached => Verdict::Allow,
                Outcome::Denied => Verdict::Deny,
                Outcome::Nothing => {
                    fail(format!("neither answered nor denied, where decide says {decided}"));
                    continue;
                }
            };
            if really != decided {
                fail(format!("really {really}, where decide says {decided}"));
            }
            if expected.get(key).is_some_and(|expected| *expected != Answer::from(really)) {
                fail(format!("really {really}, which the case does not expect"));
            }
            let guest = std::net::SocketAddr::new(attempt.source, attempt.source_port);
            if knock.port().is_some() && pod(to).servers.saw(guest) != really.is_allow() {
                fail(format!("{really}, but the server saw another thing"));
            }
            let logged = self.dataplane.verdicts(&attempt.key());
            match logged.last() {
                None => fail("its verdict is not in the log".to_owned()),
                Some(fields) => compare(fields, engine, &packet).err().into_iter().for_each(fail),
            }
        }
    }
}

/// The packet that an attempt begins with.
fn packet(attempt: &Attempt) -> Packet {
    let Attempt { source, destination, knock, .. } = *attempt;
    match knock {
        Knock::Tcp(port) => Packet::tcp(source, destination, port),
        Knock::Udp(port) => Packet::udp(source, destination, port),
        Knock::Sctp(port) => Packet::sctp(source, destination, port),
        Knock::Ping => Packet::icmp(source, destination, if source.is_ipv4() { 8 } else { 128 }, 0),
    }
}

/// Compares a line of the log with the attribution: verdicts, reasons, policies and rules of both directions.
fn compare(fields: &Fields, engine: &Engine, packet: &Packet) -> Result<(), String> {
    let decision = engine.attribute(packet);
    let mut expected = Fields::new();
    for (name, side) in [("ingress", decision.ingress), ("egress", decision.egress)] {
        expected.insert(name.to_owned(), side.verdict.to_string());
        let reason = serde_json::to_value(side.reason).unwrap();
        expected.insert(format!("{name}Reason"), reason.as_str().unwrap().to_owned());
        if let Some(policy) = side.policy {
            let policy = engine.policy_name(policy).unwrap();
            let text = format!("{}/{}/{}", policy.kind.as_str(), policy.namespace, policy.name);
            expected.insert(format!("{name}Policy"), text);
        }
        for (what, index) in [("Rule", side.rule), ("Peer", side.peer), ("Port", side.port)] {
            if let Some(index) = index {
                expected.insert(format!("{name}{what}"), index.to_string());
            }
        }
    }
    for (name, address) in [("from", packet.source()), ("to", packet.destination())] {
        if let Some(owner) = engine.owner(address) {
            expected.insert(name.to_owned(), engine.endpoint_name(owner).unwrap().to_string());
        }
    }
    let said = fields.iter().filter(|(name, _)| {
        name.starts_with("ingress")
            || name.starts_with("egress")
            || *name == "from"
            || *name == "to"
    });
    let said = said.map(|(name, value)| (name.clone(), value.clone())).collect::<Fields>();
    let said = said.into_iter().map(|(name, value)| {
        // An endpoint is told with its kind.
        let short = value.strip_prefix("Pod/").map(str::to_owned);
        let is_end = name == "from" || name == "to";
        (name, if is_end { short.unwrap_or(value) } else { value })
    });
    let said = said.collect::<Fields>();
    let expected = expected.into_iter().map(|(name, value)| {
        let end = value.rsplit(' ').next().unwrap().to_owned();
        let is_end = name == "from" || name == "to";
        (name, if is_end { end } else { value })
    });
    let expected = expected.collect::<Fields>();
    if said == expected { Ok(()) } else { Err(format!("the log says {said:?}, not {expected:?}")) }
}

#[test]
fn what_really_connects_is_what_decide_says() {
    if !requirements::met("the scenarios of the Kubernetes e2e suite") {
        return;
    }
    let cases = cases::load_all();
    let cases = cases.iter().filter(|case| case.name.starts_with("e2e ")).collect::<Vec<_>>();
    let node = Node::new(5);
    let mut map = ConfigMap::new("upstream");
    install_rules(&node.namespace, &[]);
    let dataplane = Dataplane::ready(&node.namespace, map.path(), &[]);
    let (mut failures, mut attempts) = (Vec::new(), 0);
    for case in &cases {
        let (pods, cluster) = (BTreeMap::new(), Cluster::new(case.options.clone()));
        let mut scenario = Scenario {
            case,
            node: &node,
            dataplane: &dataplane,
            map: &mut map,
            cluster,
            pods,
            failures: Vec::new(),
            attempts: 0,
        };
        scenario.run();
        failures.append(&mut scenario.failures);
        attempts += scenario.attempts;
    }
    let count = failures.len();
    assert!(failures.is_empty(), "{count} of {attempts} are not so:\n{}", failures.join("\n"));
    assert!(cases.len() == 96 && attempts > 4_000, "{} cases, {attempts} attempts", cases.len());
    println!("{} cases, {attempts} attempts", cases.len());
    dataplane.stop();
}
