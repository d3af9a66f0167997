use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use netpol_core::model::{Kind, Object};
use netpol_core::{Packet, Verdict};

use super::expectation::{Answer, AskBy, Probe};
use super::implementation::{Ask, Event, Implementation, ServiceAnswer, Unanswered, read};
use super::load::Case;
use super::step::{Refusal, Step};
use crate::reference::{Judgement, Party, Question};

/// An answer that is not the one that the case gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The case.
    pub case: String,
    /// Position of the step, from 0.
    pub step: usize,
    /// Which implementation.
    pub implementation: String,
    /// What was expected, and what came.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { case, step, implementation, message } = self;
        write!(f, "{case}, step {step}, {implementation}: {message}")
    }
}

/// Puts a case to an implementation and tells everything that is not as the case says.
///
/// # Panics
///
/// When the case itself is malformed.
pub fn run(case: &Case, implementation: &mut dyn Implementation) -> Vec<Failure> {
    implementation.reset(&case.options);
    let mut run =
        Run { case, implementation, pods: BTreeMap::new(), failures: Vec::new(), step: 0 };
    for (index, step) in case.steps.iter().enumerate() {
        run.step = index;
        run.step(step);
    }
    run.failures
}

struct Run<'a> {
    case: &'a Case,
    implementation: &'a mut dyn Implementation,
    /// The addresses of the pods as the steps gave them.
    pods: BTreeMap<String, Vec<IpAddr>>,
    failures: Vec<Failure>,
    step: usize,
}

impl Run<'_> {
    fn step(&mut self, step: &Step) {
        let refused = step.refused == Some(Refusal::Apply);
        let events = step.events(self.case.admission);
        let events = events.unwrap_or_else(|error| self.malformed(&error));
        if !refused || self.implementation.validates() {
            self.handle(&events, refused);
        }
        // Where nothing is to count, there is nothing to publish.
        if !refused {
            events.iter().for_each(|event| self.remember_pods(event));
            match (self.implementation.publish(), step.refused) {
                (Ok(()), Some(_)) => self.fail("publish was not refused".to_owned()),
                (Err(refusal), None) => self.fail(format!("publish was refused: {refusal}")),
                _ => {}
            }
        }
        for probe in &step.expect {
            self.probe(probe);
        }
        for reach in &step.reach {
            let pods: Vec<String> = self.pods.keys().cloned().collect();
            let probes = reach.probes(&pods);
            for probe in probes.unwrap_or_else(|error| self.malformed(&error)) {
                self.probe(&probe);
            }
        }
    }

    fn handle(&mut self, events: &[Event], refused: bool) {
        let mut refusals = Vec::new();
        for event in events {
            refusals.extend(self.implementation.handle(event).err());
        }
        match refusals.first() {
            None if refused => self.fail("nothing was refused".to_owned()),
            Some(refusal) if !refused => self.fail(format!("refused: {refusal}")),
            _ => {}
        }
    }

    fn remember_pods(&mut self, event: &Event) {
        match event {
            Event::Upsert { object, .. } => self.remember_pod(object),
            Event::Apply { text, .. } => {
                read(text).objects().iter().for_each(|object| self.remember_pod(object));
            }
            Event::ReplaceAll { kind, objects, .. } => {
                if *kind == Kind::Pod {
                    self.pods.clear();
                }
                objects.iter().for_each(|object| self.remember_pod(object));
            }
            Event::Delete { kind: Kind::Pod, namespace, name } => {
                self.pods.remove(&format!("{namespace}/{name}"));
            }
            _ => {}
        }
    }

    fn remember_pod(&mut self, object: &Object) {
        let Object::Pod(pod) = object else { return };
        let name = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        let status = &pod.status;
        let texts = if status.pod_ips.is_empty() {
            std::slice::from_ref(&status.pod_ip)
        } else {
            &status.pod_ips
        };
        let addresses = texts.iter().filter_map(|text| text.parse().ok()).collect();
        self.pods.insert(name, addresses);
    }

    fn probe(&mut self, probe: &Probe) {
        let about_service = probe.service_question();
        if let Some(question) = about_service.unwrap_or_else(|error| self.malformed(&error)) {
            let answer = self.implementation.ask_service(&question);
            if let Some(Err(message)) = answer.map(|answer| check_service(probe, &answer)) {
                self.fail(format!("{question}: {message}"));
            }
            return;
        }
        let mut asks = Vec::new();
        if probe.ask != Some(AskBy::Name) {
            asks.extend(self.packets(probe).into_iter().map(Ask::Packet));
        }
        if probe.ask != Some(AskBy::Address) && !probe.via_service {
            asks.push(Ask::Question(self.question(probe)));
        }
        if asks.is_empty() {
            self.malformed::<()>(&format!("{} and {} cannot be asked", probe.from, probe.to));
        }
        for ask in asks {
            let answer = self.implementation.ask(&ask);
            if let Err(message) = check(probe, &answer) {
                self.fail(format!("{} -> {} ({ask}): {message}", probe.from, probe.to));
            }
        }
    }

    /// One packet for each family that both ends have.
    fn packets(&self, probe: &Probe) -> Vec<Packet> {
        let (protocol, transport) = self.traffic(probe);
        // Between two addresses the packet is asked about as it is, even an impossible one.
        let literal = [&probe.from, &probe.to].iter().all(|end| end.parse::<IpAddr>().is_ok());
        let mut packets = Vec::new();
        for source in self.addresses(&probe.from) {
            for destination in self.addresses(&probe.to) {
                let fits = source.is_ipv4() == destination.is_ipv4() && probe.fits(destination);
                if fits || literal {
                    let packet = Packet::new(source, destination, protocol, transport);
                    packets.push(if probe.via_service { packet.via_service() } else { packet });
                }
            }
        }
        packets
    }

    fn question(&self, probe: &Probe) -> Question {
        let (protocol, transport) = self.traffic(probe);
        let (source, destination) = (Party::read(&probe.from), Party::read(&probe.to));
        Question { source, destination, protocol, transport }
    }

    fn traffic(
        &self,
        probe: &Probe,
    ) -> (netpol_core::net::Protocol, netpol_core::packet::Transport) {
        probe.traffic().unwrap_or_else(|error| self.malformed(&error))
    }

    /// The address itself, or those of a pod, in canonical form.
    fn addresses(&self, party: &str) -> Vec<IpAddr> {
        match party.parse::<IpAddr>() {
            Ok(address) => vec![address.to_canonical()],
            Err(_) => self.pods.get(party).cloned().unwrap_or_default(),
        }
    }

    fn fail(&mut self, message: String) {
        self.failures.push(Failure {
            case: self.case.name.clone(),
            step: self.step,
            implementation: self.implementation.name().to_owned(),
            message,
        });
    }

    fn malformed<T>(&self, error: &str) -> T {
        panic!("case {:?}, step {}: {error}", self.case.name, self.step)
    }
}

/// Compares an answer about a Service with what a probe says about it.
fn check_service(probe: &Probe, answer: &ServiceAnswer) -> Result<(), String> {
    let judgements = match (answer, &probe.error) {
        (Err(error), Some(code)) if error.code() == code => return Ok(()),
        (Err(error), _) => return Err(format!("no answer: {error}")),
        (Ok(_), Some(code)) => return Err(format!("expected the error {code}")),
        (Ok(judgements), None) => judgements,
    };
    let verdicts = judgements.iter().map(|backend| backend.judgement.verdict());
    let (got, expected) = (Answer::of(verdicts), probe.verdict);
    let backends = judgements.iter().map(ToString::to_string).collect::<Vec<_>>();
    if expected.is_some() && got != expected {
        return Err(format!("the verdict is {got:?}, expected {expected:?}, of {backends:?}"));
    }
    match &probe.backends {
        Some(expected) if *expected != backends => {
            Err(format!("the backends are {backends:?}, expected {expected:?}"))
        }
        _ => Ok(()),
    }
}

/// Compares an answer with what a probe says about it.
fn check(probe: &Probe, answer: &Result<Judgement, Unanswered>) -> Result<(), String> {
    let judgement = match (answer, &probe.error) {
        (Err(error), Some(code)) if error.code() == code => return Ok(()),
        (Err(error), _) => return Err(format!("no answer: {error}")),
        (Ok(_), Some(code)) => return Err(format!("expected the error {code}")),
        (Ok(judgement), None) => judgement,
    };
    if probe.verdict.is_some_and(|expected| expected != judgement.verdict().into()) {
        let (got, expected) = (judgement.verdict(), probe.verdict);
        return Err(format!(
            "the verdict is {got}, expected {expected:?} (ingress: {}, egress: {})",
            judgement.ingress.reason, judgement.egress.reason
        ));
    }
    let verdict = |expected: Option<Verdict>, got: Verdict, what: &str| match expected {
        Some(expected) if expected != got => Err(format!(
            "{what} is {got}, expected {expected} (ingress: {}, egress: {})",
            judgement.ingress.reason, judgement.egress.reason
        )),
        _ => Ok(()),
    };
    verdict(probe.ingress, judgement.ingress.verdict, "ingress")?;
    verdict(probe.egress, judgement.egress.verdict, "egress")?;
    let reason = |expected: &Option<String>, got: String, what: &str| match expected {
        Some(expected) if *expected != got => {
            Err(format!("{what} is decided by {got:?}, expected {expected:?}"))
        }
        _ => Ok(()),
    };
    reason(&probe.ingress_reason, judgement.ingress.reason.to_string(), "ingress")?;
    reason(&probe.egress_reason, judgement.egress.reason.to_string(), "egress")
}
