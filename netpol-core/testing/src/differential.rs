//! Two implementations, one scenario: where do they part?

use std::fmt;

use netpol_core::model::Object;
use netpol_core::net::Protocol;
use netpol_core::packet::Transport;
use netpol_core::{Admission, Packet};

use crate::cases::{
    Ask, AskBy, Case, Event, Implementation, Probe, Refusal, Resolution, ServiceAnswer, Step,
    Unanswered, Withdrawal,
};
use crate::engine::EveryWay;
use crate::generate::Scenario;
use crate::reference::{Judgement, Question, World};

/// Where the engine parts from the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// The question, when it is an answer that differs.
    pub ask: Option<Ask>,
    /// What both say.
    pub message: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ask) = &self.ask {
            write!(f, "{ask}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Puts the scenario to the reference and, in every way to ask it, to the engine; the first
/// difference, if there is one.
#[must_use]
pub fn disagreement(scenario: &Scenario) -> Option<Disagreement> {
    let mut reference = World::new(scenario.options.clone());
    let mut engine = EveryWay::new(&scenario.options);
    for event in &scenario.events {
        let (expected, got) = (reference.handle(event), engine.handle(event));
        if expected.is_ok() != got.is_ok() {
            let message = format!("{event:?}: reference {expected:?}, engine {got:?}");
            return Some(Disagreement { ask: None, message });
        }
    }
    let expected = Implementation::publish(&mut reference);
    let got = engine.publish();
    if expected.is_ok() != got.is_ok() {
        let message = format!("publish: reference {expected:?}, engine {got:?}");
        return Some(Disagreement { ask: None, message });
    }
    if expected.is_err() {
        return None;
    }
    let of_services = scenario.service_asks.iter().find_map(|question| {
        let (expected, got) = (reference.ask_service(question)?, engine.ask_service(question)?);
        let message = format!("{question}: reference {expected:?}, engine {got:?}");
        (!is_same_answer(&expected, &got)).then_some(Disagreement { ask: None, message })
    });
    if of_services.is_some() {
        return of_services;
    }
    scenario.asks.iter().find_map(|ask| {
        let (expected, got) = (reference.ask(ask), engine.ask(ask));
        let agree = match (&expected, &got) {
            (Ok(expected), Ok(got)) => expected == got,
            (Err(expected), Err(got)) => expected.code() == got.code(),
            _ => false,
        };
        (!agree).then(|| Disagreement {
            ask: Some(ask.clone()),
            message: format!("reference {}, engine {}", tell(&expected), tell(&got)),
        })
    })
}

/// Whether two answers about a Service say the same, reasons included.
#[must_use]
pub fn is_same_answer(one: &ServiceAnswer, other: &ServiceAnswer) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(one), Err(other)) => one.code() == other.code() && one.code() != "fault",
        _ => false,
    }
}

fn tell(answer: &Result<Judgement, Unanswered>) -> String {
    match answer {
        Ok(judgement) => format!(
            "{} (ingress: {} {}, egress: {} {})",
            judgement.verdict(),
            judgement.ingress.verdict,
            judgement.ingress.reason,
            judgement.egress.verdict,
            judgement.egress.reason
        ),
        Err(error) => format!("none ({error})"),
    }
}

/// The scenario as a case with the answers of the reference, to be committed when a disagreement
/// has been settled.
#[must_use]
pub fn case(scenario: &Scenario, name: &str) -> Case {
    let mut world = World::new(scenario.options.clone());
    let mut steps = vec![Step::default()];
    let mut order = Order::default();
    for event in &scenario.events {
        let refused = world.handle(event).is_err();
        if refused || !order.admits(event) {
            order = Order::default();
            order.admits(event);
            steps.push(Step::default());
        }
        let step = steps.last_mut().expect("there is one from the start");
        add(step, event);
        if refused {
            step.refused = Some(Refusal::Apply);
            order.close();
        } else if World::publish(&world).is_err() {
            step.refused = Some(Refusal::Publish);
        } else {
            step.refused = None;
        }
    }
    let step = steps.last_mut().expect("there is one from the start");
    if step.refused != Some(Refusal::Publish) {
        step.expect = scenario.asks.iter().map(|ask| probe(ask, &world.ask(ask))).collect();
        let of_services = scenario.service_asks.iter();
        step.expect.extend(
            of_services.map(|question| Probe::of_service(question, &world.judge_service(question))),
        );
    }
    Case {
        name: name.to_owned(),
        spec: "found at random".to_owned(),
        options: scenario.options.clone(),
        admission: Admission::Stored,
        steps,
    }
}

/// Whether an event can join a step, in which things happen in a fixed order.
#[derive(Debug, Default)]
struct Order {
    stage: usize,
    objects: Vec<netpol_core::model::ObjectRef>,
}

impl Order {
    fn admits(&mut self, event: &Event) -> bool {
        let stage = match event {
            Event::Delete { .. } => 0,
            Event::ReplaceAll { .. } => 1,
            Event::Upsert { .. } => 2,
            Event::Apply { .. } => 3,
            Event::NodeAddresses { .. } => 4,
            Event::Advance(_) => 5,
            Event::WithdrawDomain { .. } => 6,
            Event::ResolveDomain { .. } => 7,
            Event::Synced(_) => 8,
        };
        // Objects of a listing and single objects of the same kind cannot share a step, and
        // neither can two versions of one object.
        let again = match event {
            Event::Upsert { object, .. } => self.objects.contains(&object.object_ref()),
            Event::NodeAddresses { .. }
            | Event::Advance(_)
            | Event::Synced(_)
            | Event::ReplaceAll { .. } => self.stage >= stage.max(1),
            Event::Delete { .. }
            | Event::Apply { .. }
            | Event::WithdrawDomain { .. }
            | Event::ResolveDomain { .. } => false,
        };
        if stage < self.stage || again {
            return false;
        }
        self.stage = stage;
        match event {
            Event::Upsert { object, .. } => self.objects.push(object.object_ref()),
            // Whatever follows a listing gets a step of its own.
            Event::ReplaceAll { .. } => self.close(),
            _ => {}
        }
        true
    }

    fn close(&mut self) {
        self.stage = usize::MAX;
    }
}

fn add(step: &mut Step, event: &Event) {
    match event {
        Event::Upsert { object, .. } => step.push(object),
        Event::ReplaceAll { kind, objects, .. } => {
            step.relist.push(kind.as_str().to_owned());
            objects.iter().for_each(|object: &Object| step.push(object));
        }
        Event::Apply { text, .. } => step.manifests.push(text.clone()),
        Event::Delete { kind, namespace, name } if namespace.is_empty() => {
            step.delete.push(format!("{kind} {name}"));
        }
        Event::Delete { kind, namespace, name } => {
            step.delete.push(format!("{kind} {namespace}/{name}"));
        }
        Event::NodeAddresses { node, addresses } => {
            step.node_addresses.insert(node.clone(), addresses.clone());
        }
        Event::Advance(now) => step.advance = Some(now.as_secs()),
        Event::WithdrawDomain { name, addresses } => {
            step.withdraw.push(Withdrawal { name: name.clone(), addresses: addresses.clone() });
        }
        Event::ResolveDomain { name, addresses, expires } => step.domains.push(Resolution {
            name: name.clone(),
            addresses: addresses.clone(),
            expires: expires.map(|expires| expires.as_secs()),
        }),
        Event::Synced(synced) => step.synced = Some(*synced),
    }
}

fn probe(ask: &Ask, answer: &Result<Judgement, Unanswered>) -> Probe {
    let mut probe = match ask {
        Ask::Packet(packet) => probe_of_packet(packet),
        Ask::Question(question) => probe_of_question(question),
    };
    match answer {
        Ok(judgement) => {
            probe.verdict = Some(judgement.verdict().into());
            probe.ingress_reason = Some(judgement.ingress.reason.to_string());
            probe.egress_reason = Some(judgement.egress.reason.to_string());
        }
        Err(error) => probe.error = Some(error.code().to_owned()),
    }
    probe
}

fn probe_of_packet(packet: &Packet) -> Probe {
    Probe {
        from: packet.source().to_string(),
        to: packet.destination().to_string(),
        ask: Some(AskBy::Address),
        via_service: packet.is_via_service(),
        ..probe_of_traffic(packet.protocol(), packet.transport())
    }
}

fn probe_of_question(question: &Question) -> Probe {
    Probe {
        from: question.source.to_string(),
        to: question.destination.to_string(),
        ask: Some(AskBy::Name),
        ..probe_of_traffic(question.protocol, question.transport)
    }
}

fn probe_of_traffic(protocol: Protocol, transport: Transport) -> Probe {
    use netpol_core::model::IntOrString;
    let mut probe = Probe::default();
    match (protocol, transport) {
        (Protocol::ICMP, Transport::Icmp { kind, code }) => {
            probe.icmp = Some([kind, code]);
            return probe;
        }
        (Protocol::ICMPV6, Transport::Icmp { kind, code }) => {
            probe.icmpv6 = Some([kind, code]);
            return probe;
        }
        (_, Transport::Ports { destination, .. }) => {
            probe.port = Some(IntOrString::Int(destination.into()));
        }
        _ => probe.fragment = protocol.has_policy_ports(),
    }
    probe.protocol = match protocol {
        Protocol::TCP => None,
        Protocol::UDP => Some(IntOrString::String("UDP".to_owned())),
        Protocol::SCTP => Some(IntOrString::String("SCTP".to_owned())),
        Protocol(number) => Some(IntOrString::Int(number.into())),
    };
    probe
}
