//! The engine, asked in all its ways at once.

use netpol_core::engine::{
    Account, Attribution, Backend, Decision, Explanation, Party, PolicyName, Question,
    QuestionError, Reason as EngineReason, RuleName, ServiceError, ServiceQuestion, ServiceVerdict,
    TierOutcome,
};
use netpol_core::model::{IntOrString, Kind};
use netpol_core::{Cluster, Contents, Engine, Options, Packet, Tier as EngineTier, Verdict};

use crate::cases::{Ask, Event, Implementation, ServiceAnswer, Unanswered, read};
use crate::reference::{self, BackendJudgement, DecidingRule, Judgement, Reason, Side, Tier};

/// A cluster and its newest engine. Every question is put to `decide`, to both single directions,
/// to `decide_batch`, `attribute` and `explain`; it is a fault when two of them disagree.
#[derive(Debug)]
pub struct EveryWay {
    cluster: Cluster,
    engine: Option<Engine>,
}

impl EveryWay {
    /// An empty cluster.
    #[must_use]
    pub fn new(options: &Options) -> EveryWay {
        EveryWay { cluster: Cluster::new(options.clone()), engine: None }
    }

    /// The same cluster, written down and read again; nothing of it is published yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes, as text.
    pub fn restored(&self) -> Result<EveryWay, String> {
        let bytes = self.cluster.contents().to_bytes();
        let contents = Contents::from_bytes(&bytes).map_err(|error| error.to_string())?;
        Ok(EveryWay { cluster: Cluster::from(contents), engine: None })
    }

    /// What the cluster holds, written down.
    #[must_use]
    pub fn saved(&self) -> Vec<u8> {
        self.cluster.contents().to_bytes()
    }

    /// How many of each thing the newest publication left.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        self.cluster.counts()
    }

    /// The newest engine; `None` before the first publication.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }
}

impl Implementation for EveryWay {
    fn name(&self) -> &str {
        "engine"
    }

    fn reset(&mut self, options: &Options) {
        *self = EveryWay::new(options);
    }

    fn validates(&self) -> bool {
        true
    }

    fn handle(&mut self, event: &Event) -> Result<(), String> {
        let applied = match event.clone() {
            Event::Upsert { object, admission } => self.cluster.upsert(*object, admission),
            Event::Apply { text, admission } => self.cluster.apply(&read(&text), admission),
            Event::ReplaceAll { kind, objects, admission } => {
                self.cluster.replace_all(kind, objects, admission)
            }
            Event::Delete { kind, namespace, name } => {
                self.cluster.delete(kind, &namespace, &name);
                return Ok(());
            }
            Event::NodeAddresses { node, addresses } => {
                self.cluster.set_node_addresses(&node, addresses);
                return Ok(());
            }
            Event::ResolveDomain { name, addresses, expires } => {
                self.cluster.resolve_domain(&name, addresses, expires);
                return Ok(());
            }
            Event::WithdrawDomain { name, addresses } => {
                self.cluster.withdraw_domain(&name, addresses.as_deref());
                return Ok(());
            }
            Event::Advance(now) => {
                self.cluster.advance(now);
                return Ok(());
            }
            Event::Synced(synced) => {
                self.cluster.set_synced(synced);
                return Ok(());
            }
        };
        applied.map(|_| ()).map_err(|error| error.to_string())
    }

    fn publish(&mut self) -> Result<(), String> {
        self.engine = Some(self.cluster.publish().map_err(|error| error.to_string())?);
        Ok(())
    }

    fn ask(&self, ask: &Ask) -> Result<Judgement, Unanswered> {
        let fault = || Unanswered::Fault("nothing was published".to_owned());
        let engine = self.engine.as_ref().ok_or_else(fault)?;
        match ask {
            Ask::Packet(packet) => ask_packet(engine, packet),
            Ask::Question(question) => ask_question(engine, question),
        }
    }

    fn ask_service(&self, question: &reference::ServiceQuestion) -> Option<ServiceAnswer> {
        let fault = || Unanswered::Fault("nothing was published".to_owned());
        let engine = self.engine.as_ref().ok_or_else(fault);
        Some(engine.and_then(|engine| ask_service(engine, question)))
    }
}

fn ask_packet(engine: &Engine, packet: &Packet) -> Result<Judgement, Unanswered> {
    let decision = engine.attribute(packet);
    let judgement = judge(engine, &decision, &engine.explain(packet))?;
    let mut batch = [!judgement.verdict().is_allow(); 3].map(Verdict::from_allowed);
    engine
        .decide_batch(&[*packet; 3], &mut batch)
        .map_err(|error| Unanswered::Fault(error.to_string()))?;
    let both = judgement.verdict();
    same("decide", engine.decide(packet), both)?;
    same("decide_ingress", engine.decide_ingress(packet), judgement.ingress.verdict)?;
    same("decide_egress", engine.decide_egress(packet), judgement.egress.verdict)?;
    batch.into_iter().try_for_each(|verdict| same("decide_batch", verdict, both))?;
    Ok(judgement)
}

fn ask_question(engine: &Engine, question: &reference::Question) -> Result<Judgement, Unanswered> {
    let question = Question::new(
        party(engine, &question.source)?,
        party(engine, &question.destination)?,
        question.protocol,
        question.transport,
    );
    ask_engine(engine, &question)
}

fn party(engine: &Engine, party: &reference::Party) -> Result<Party, Unanswered> {
    match party {
        reference::Party::Address(address) => Ok(Party::from(*address)),
        reference::Party::Name(name) => {
            engine.endpoint(name).map(Party::from).map_err(|error| unanswered(&error, name))
        }
    }
}

/// The backends one by one, when they come to what the engine says of the Service as a whole.
fn ask_service(engine: &Engine, question: &reference::ServiceQuestion) -> ServiceAnswer {
    let source = party(engine, &question.source)?;
    let without_answer = |error: ServiceError| unanswered_service(&error, &question.service);
    let service = engine.service(&question.service).map_err(without_answer)?;
    let asked = match &question.port {
        IntOrString::Int(number) => {
            let number = u16::try_from(*number).map_err(|e| Unanswered::Fault(e.to_string()))?;
            ServiceQuestion::port(source, service, question.protocol, number)
        }
        IntOrString::String(name) => {
            ServiceQuestion::named_port(source, service, question.protocol, name)
        }
    };
    let backends = engine.backends(&asked).map_err(without_answer)?;
    let verdict = engine.decide_service(&asked).map_err(without_answer)?;
    let explanation = engine.explain_service(&asked).map_err(without_answer)?;
    let explained = explanation.backends.iter();
    let mut judgements = Vec::new();
    for (backend, explained) in backends.iter().zip(explained) {
        let judgement = ask_engine(engine, &backend.question)?;
        if Ok(explained) != engine.explain_question(&backend.question).as_ref() {
            return Err(Unanswered::Fault(format!("explain_service says {explained:?}")));
        }
        let name = backend_name(engine, backend);
        judgements.push(BackendJudgement { backend: name, port: backend.port, judgement });
    }
    let allowed = judgements.iter().filter(|one| one.judgement.verdict().is_allow()).count();
    let expected = match allowed {
        0 => ServiceVerdict::Deny,
        all if all == judgements.len() => ServiceVerdict::Allow,
        _ => ServiceVerdict::Mixed,
    };
    let whole = (verdict, explanation.verdict, explanation.backends.len(), backends.len());
    if whole != (expected, expected, judgements.len(), judgements.len()) {
        return Err(Unanswered::Fault(format!("of {judgements:?} the engine says {whole:?}")));
    }
    judgements.sort_by(|a, b| (&a.backend, a.port).cmp(&(&b.backend, b.port)));
    Ok(judgements)
}

/// A backend in the words of the reference.
fn backend_name(engine: &Engine, backend: &Backend) -> String {
    let endpoint = match backend.party {
        Party::Address(address) => return address.to_string(),
        Party::Endpoint(endpoint) => engine.endpoint_name(endpoint).expect("it is there"),
    };
    let name = format!("{}/{}", endpoint.namespace, endpoint.name);
    match endpoint.kind {
        Kind::Pod => name,
        kind => format!("{}/{name}", kind.as_str().to_ascii_lowercase()),
    }
}

/// A question, put in every way.
fn ask_engine(engine: &Engine, question: &Question) -> Result<Judgement, Unanswered> {
    let unanswered = |error: QuestionError| unanswered(&error, "");
    let decision = engine.attribute_question(question).map_err(unanswered)?;
    let explanation = engine.explain_question(question).map_err(unanswered)?;
    let judgement = judge(engine, &decision, &explanation)?;
    let verdict = engine.decide_question(question).map_err(unanswered)?;
    same("decide_question", verdict, judgement.verdict())?;
    let ingress = engine.decide_question_ingress(question).map_err(unanswered)?;
    same("decide_question_ingress", ingress, judgement.ingress.verdict)?;
    let egress = engine.decide_question_egress(question).map_err(unanswered)?;
    same("decide_question_egress", egress, judgement.egress.verdict)?;
    for verdict in engine.decide_questions(&[*question; 2]) {
        same("decide_questions", verdict.map_err(unanswered)?, judgement.verdict())?;
    }
    Ok(judgement)
}

/// The answer in the words of the reference, when attribution and explanation agree on it.
fn judge(
    engine: &Engine,
    decision: &Decision,
    explanation: &Explanation,
) -> Result<Judgement, Unanswered> {
    let ingress = side(engine, &decision.ingress)?;
    let egress = side(engine, &decision.egress)?;
    let judgement = Judgement { ingress, egress };
    same("attribute", decision.verdict, judgement.verdict())?;
    same("explain", explanation.verdict, judgement.verdict())?;
    for (attribution, side, account) in [
        (&decision.ingress, &judgement.ingress, &explanation.ingress),
        (&decision.egress, &judgement.egress, &explanation.egress),
    ] {
        same("explain, one direction", account.verdict, side.verdict)?;
        if account.reason != attribution.reason {
            return Err(Unanswered::Fault(format!(
                "explain says {}, attribute {}",
                account.reason, attribution.reason
            )));
        }
        explains(account, side)?;
    }
    Ok(judgement)
}

/// An explanation lists first the rule that attribution names, lists policies that isolate where
/// some do, and leads through the tiers to what decides.
fn explains(account: &Account, side: &Side) -> Result<(), Unanswered> {
    let listed = account.allowed_by.first().map(rule_in_words).transpose()?;
    let named = match &side.reason {
        Reason::Allowed(rule) => Some(rule),
        _ => None,
    };
    if listed.as_ref() != named {
        return Err(Unanswered::Fault(format!(
            "explain lists {listed:?} first, attribute names {named:?}"
        )));
    }
    let isolated = named.is_some_and(|rule| rule.tier == Tier::NetworkPolicy)
        || side.reason == Reason::NoRuleMatches;
    if isolated == account.isolated_by.is_empty() {
        return Err(Unanswered::Fault(format!(
            "explain lists {} isolating policies for {}",
            account.isolated_by.len(),
            side.reason
        )));
    }
    let leads = match account.tiers.split_last() {
        None => side.reason.rule().is_none() && side.reason != Reason::NoRuleMatches,
        Some((last, before)) => {
            let passed = before.iter().all(|step| {
                step.tier != EngineTier::NetworkPolicy
                    && matches!(step.outcome, TierOutcome::Pass | TierOutcome::NoMatch)
            });
            let rule = last.rule.as_ref().map(rule_in_words).transpose()?;
            let decides = match (&side.reason, last.outcome) {
                (Reason::Allowed(_), TierOutcome::Accept)
                | (Reason::Denied(_), TierOutcome::Deny)
                | (Reason::NotUnderstood(_), TierOutcome::NotUnderstood) => {
                    rule.as_ref() == side.reason.rule()
                }
                (Reason::NoRuleMatches, TierOutcome::NoMatch) => {
                    last.tier == EngineTier::NetworkPolicy
                }
                (Reason::NotIsolated, TierOutcome::Pass | TierOutcome::NoMatch) => {
                    last.tier != EngineTier::NetworkPolicy
                }
                (
                    Reason::UnmatchedProtocol | Reason::EssentialIcmp | Reason::Fragment,
                    TierOutcome::Option,
                ) => last.tier == EngineTier::NetworkPolicy,
                _ => false,
            };
            passed && decides
        }
    };
    if !leads {
        let (reason, tiers) = (&side.reason, &account.tiers);
        return Err(Unanswered::Fault(format!("explain walks to {reason} by {tiers:?}")));
    }
    Ok(())
}

fn side(engine: &Engine, attribution: &Attribution) -> Result<Side, Unanswered> {
    let reason = match attribution.reason {
        EngineReason::NotAPod => Reason::NotAPod,
        EngineReason::NotIsolated => Reason::NotIsolated,
        EngineReason::RuleMatches => Reason::Allowed(deciding_rule(engine, attribution)?),
        EngineReason::NoRuleMatches => Reason::NoRuleMatches,
        EngineReason::SelfTraffic => Reason::SelfTraffic,
        EngineReason::OwnNode => Reason::OwnNode,
        EngineReason::LinkSignalling => Reason::LinkSignalling,
        EngineReason::UnmatchedProtocol => Reason::UnmatchedProtocol,
        EngineReason::EssentialIcmp => Reason::EssentialIcmp,
        EngineReason::Fragment => Reason::Fragment,
        EngineReason::UnknownPodAddress => Reason::UnknownPodAddress,
        EngineReason::NotSynced => Reason::NotSynced,
        EngineReason::RuleDenies => Reason::Denied(deciding_rule(engine, attribution)?),
        EngineReason::RuleNotUnderstood => {
            Reason::NotUnderstood(deciding_rule(engine, attribution)?)
        }
        other => return Err(Unanswered::Fault(format!("the reference does not know {other}"))),
    };
    Ok(Side { verdict: attribution.verdict, reason })
}

/// The rule that an attribution names.
fn deciding_rule(engine: &Engine, attribution: &Attribution) -> Result<DecidingRule, Unanswered> {
    let policy = attribution.policy.and_then(|policy| engine.policy_name(policy));
    let (Some(policy), Some(rule)) = (policy, attribution.rule) else {
        return Err(Unanswered::Fault("a rule decides, but which?".to_owned()));
    };
    if attribution.tier != Some(policy.tier) {
        return Err(Unanswered::Fault(format!(
            "the tier {:?} decides by a policy of {:?}",
            attribution.tier, policy.tier
        )));
    }
    in_words(&policy, rule, attribution.peer, attribution.port)
}

/// A rule that an explanation names, in the words of the reference.
fn rule_in_words(rule: &RuleName) -> Result<DecidingRule, Unanswered> {
    in_words(&rule.policy, rule.rule, rule.peer, rule.port)
}

fn in_words(
    policy: &PolicyName,
    rule: u32,
    peer: Option<u32>,
    port: Option<u32>,
) -> Result<DecidingRule, Unanswered> {
    let tier = match policy.tier {
        EngineTier::Admin => Tier::Admin,
        EngineTier::NetworkPolicy => Tier::NetworkPolicy,
        EngineTier::Baseline => Tier::Baseline,
        other => return Err(Unanswered::Fault(format!("the reference does not know {other}"))),
    };
    Ok(DecidingRule {
        tier,
        kind: policy.kind,
        namespace: policy.namespace.clone(),
        name: policy.name.clone(),
        rule: index(rule),
        peer: peer.map(index),
        port: port.map(index),
    })
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("an index fits")
}

fn same(what: &str, verdict: Verdict, expected: Verdict) -> Result<(), Unanswered> {
    if verdict == expected {
        return Ok(());
    }
    Err(Unanswered::Fault(format!("{what} says {verdict}, attribute {expected}")))
}

fn unanswered(error: &QuestionError, name: &str) -> Unanswered {
    let name = name.to_owned();
    match error {
        QuestionError::Unknown { .. } | QuestionError::Malformed { .. } => {
            reference::QuestionError::Unknown(name).into()
        }
        QuestionError::Ambiguous { .. } => reference::QuestionError::Ambiguous(name).into(),
        QuestionError::IsService { .. } => reference::QuestionError::IsService(name).into(),
        QuestionError::NoCommonFamily { .. } => reference::QuestionError::NoCommonFamily.into(),
        other => Unanswered::Fault(other.to_string()),
    }
}

fn unanswered_service(error: &ServiceError, service: &str) -> Unanswered {
    let service = service.to_owned();
    match error {
        ServiceError::Unknown { .. } | ServiceError::Malformed { .. } => {
            reference::QuestionError::Unknown(service).into()
        }
        ServiceError::NoSuchPort { .. } => reference::QuestionError::NoPort(service).into(),
        ServiceError::ExternalName { .. } => reference::QuestionError::ExternalName(service).into(),
        ServiceError::NoBackends { .. } => reference::QuestionError::NoBackends(service).into(),
        ServiceError::NotUnderstood { .. } => {
            reference::QuestionError::NotUnderstood(service).into()
        }
        ServiceError::UnknownPod { pod, .. } => {
            reference::QuestionError::UnknownPod(pod.clone()).into()
        }
        ServiceError::Question(error) => unanswered(error, &service),
        other => Unanswered::Fault(other.to_string()),
    }
}
