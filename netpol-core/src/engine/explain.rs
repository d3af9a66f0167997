use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::attribute::{Attribution, PolicyId};
use super::nearest::Stage;
use super::question::{Case, Side};
use super::reason::Reason;
use super::{Engine, Question, QuestionError, Snapshot};
use crate::directory::{PeerLine, PolicyNumber, PortLine};
use crate::model::ObjectRef;
use crate::net::Protocol;
use crate::packet::{Direction, Packet, Transport, Verdict};
use crate::policy::{Peer, Tier};

/// A verdict with names: who asked whom for what, and what each direction rests on.
///
/// `Display` prints it for people, `Serialize` gives the JSON of `-o json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Explanation {
    /// What [`Engine::decide`] answers.
    pub verdict: Verdict,
    /// The engine's generation.
    pub generation: u64,
    /// Who sends.
    pub source: PartyName,
    /// Who receives.
    pub destination: PartyName,
    /// The protocol.
    #[serde(serialize_with = "as_text")]
    pub protocol: Protocol,
    /// Ports, or ICMP type and code.
    pub transport: Transport,
    /// May the source send it?
    pub egress: Account,
    /// May the destination receive it?
    pub ingress: Account,
    /// What else is to be known about the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One end of an explained packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PartyName {
    /// The endpoint, when the end is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<ObjectRef>,
    /// Its address, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

/// What the verdict of one direction rests on, in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Account {
    /// The direction.
    pub direction: Direction,
    /// The verdict of this direction.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Every policy that isolates the subject in this direction, by namespace and name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub isolated_by: Vec<PolicyName>,
    /// Every rule that allows, with every peer and port that does, up to 1,000 in all; the first is
    /// the canonical one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_by: Vec<RuleName>,
    /// The rule that came nearest, when none allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest_miss: Option<NearMiss>,
}

/// Names a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PolicyName {
    /// Its tier.
    pub tier: Tier,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Names a rule, and the peer and port in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RuleName {
    /// The policy.
    pub policy: PolicyName,
    /// The list: `spec.ingress` or `spec.egress`.
    pub direction: Direction,
    /// Index in the list.
    pub rule: u32,
    /// Index in the rule's `from` or `to`, unless the rule names no peers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<u32>,
    /// Index in the rule's `ports`, unless the rule names no ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u32>,
}

/// The rule that came nearest to allowing, and what it fails on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NearMiss {
    /// The rule, with the peer or port it fails on.
    pub rule: RuleName,
    /// What it fails on.
    pub stage: Stage,
    /// The same in words.
    pub detail: String,
}

/// How many allowing rules are named. Each pair of a peer and a port is one, so a rule with ten
/// thousand of both could otherwise fill the memory.
const MOST_RULES: usize = 1000;

fn as_text<S: Serializer>(protocol: &Protocol, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(protocol)
}

impl Explanation {
    /// What one direction rests on.
    #[must_use]
    pub const fn direction(&self, direction: Direction) -> &Account {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

impl Engine {
    /// The verdict on a packet, with everything it rests on.
    ///
    /// Allocates, and looks at every rule of every policy that isolates one of the ends.
    #[must_use]
    pub fn explain(&self, packet: &Packet) -> Explanation {
        self.0.explain_case(&self.0.case_of_packet(packet))
    }

    /// As [`explain`](Engine::explain), between endpoints meant by name or handle. Notes say where
    /// the other address family has another verdict, and where an address that is not known would
    /// matter.
    ///
    /// # Errors
    ///
    /// When the ends have no address family in common, or a handle is of another engine.
    pub fn explain_question(&self, question: &Question) -> Result<Explanation, QuestionError> {
        let cases = self.0.cases_of_question(question)?;
        let (first, others) =
            cases.split_first().ok_or_else(|| self.0.no_common_family(question))?;
        let mut explanation = self.0.explain_case(first);
        for other in others {
            let verdict = self.0.attribute_case(other).verdict;
            if verdict != explanation.verdict {
                let family = match other.source.address.or(other.destination.address) {
                    Some(IpAddr::V6(_)) => "IPv6",
                    _ => "IPv4",
                };
                explanation.notes.push(format!("the verdict for {family} is {verdict}"));
            }
        }
        Ok(explanation)
    }

    /// Tier, namespace and name of a policy; `None` for a handle of another engine that has no
    /// policy here.
    #[must_use]
    pub fn policy_name(&self, policy: PolicyId) -> Option<PolicyName> {
        self.0.policy_name(PolicyNumber(policy.0))
    }
}

impl Snapshot {
    fn explain_case(&self, case: &Case) -> Explanation {
        let decision = self.attribute_case(case);
        let mut notes = Vec::new();
        for (direction, end) in [(Direction::Egress, "destination"), (Direction::Ingress, "source")]
        {
            if case.peer(direction).address.is_none() && self.consults_blocks(case, direction) {
                notes.push(format!("the {end} has no address, and {direction} depends on it"));
            }
        }
        let egress = self.account(case, Direction::Egress, &decision.egress);
        let ingress = self.account(case, Direction::Ingress, &decision.ingress);
        for Account { direction, allowed_by, .. } in [&egress, &ingress] {
            if allowed_by.len() == MOST_RULES {
                notes.push(format!("of the rules for {direction}, {MOST_RULES} are named at most"));
            }
        }
        Explanation {
            verdict: decision.verdict,
            generation: self.generation,
            source: self.party_name(&case.source),
            destination: self.party_name(&case.destination),
            protocol: case.traffic.protocol(),
            transport: case.traffic.transport(),
            egress,
            ingress,
            notes,
        }
    }

    fn account(&self, case: &Case, direction: Direction, attribution: &Attribution) -> Account {
        let mut account = Account {
            direction,
            verdict: attribution.verdict,
            reason: attribution.reason,
            isolated_by: Vec::new(),
            allowed_by: Vec::new(),
            nearest_miss: None,
        };
        let policies = self.isolating(case, direction);
        if matches!(attribution.reason, Reason::RuleMatches | Reason::NoRuleMatches) {
            account.isolated_by =
                policies.iter().filter_map(|policy| self.policy_name(*policy)).collect();
        }
        if attribution.reason == Reason::RuleMatches {
            account.allowed_by = self.allowing_rules(case, direction);
        }
        if attribution.reason == Reason::NoRuleMatches {
            account.nearest_miss = self.nearest_miss(case, direction).and_then(|miss| {
                let policy = self.policy_name(miss.policy)?;
                let (rule, peer, port) = (miss.rule, miss.peer, miss.port);
                let rule = RuleName { policy, direction, rule, peer, port };
                Some(NearMiss { rule, stage: miss.stage, detail: miss.detail })
            });
        }
        account
    }

    fn allowing_rules(&self, case: &Case, direction: Direction) -> Vec<RuleName> {
        let held = self.held(case, direction);
        let mut names = Vec::new();
        for number in self.isolating(case, direction) {
            let (Some(policy), Some(lines)) =
                (self.policy_name(*number), self.directory.lines.get(number.0 as usize))
            else {
                continue;
            };
            for lines in lines.of(direction) {
                let peers = matching(lines.peers.as_deref(), |line: &PeerLine| {
                    self.is_peer(line, held.peer).then_some(line.peer)
                });
                let ports = matching(lines.ports.as_deref(), |line: &PortLine| {
                    held.means(line.keys).then_some(line.port)
                });
                for peer in &peers {
                    let space = MOST_RULES.saturating_sub(names.len());
                    names.extend(ports.iter().take(space).map(|port| RuleName {
                        policy: policy.clone(),
                        direction,
                        rule: lines.rule,
                        peer: *peer,
                        port: *port,
                    }));
                }
            }
        }
        names
    }

    /// Whether some rule asks for the address of a peer that has none.
    fn consults_blocks(&self, case: &Case, direction: Direction) -> bool {
        let policies = self.isolating(case, direction).iter();
        policies
            .filter_map(|number| self.directory.policies.get(number.0 as usize))
            .filter_map(|policy| policy.rules(direction))
            .flatten()
            .flat_map(|rule| &rule.peers)
            .any(|peer| match peer {
                Peer::Block(block) => block.cidr().prefix_len() > 0 || !block.excepts().is_empty(),
                _ => false,
            })
    }

    fn party_name(&self, side: &Side) -> PartyName {
        let endpoint =
            side.endpoint.and_then(|id| self.directory.endpoint(id)).map(|entry| ObjectRef {
                kind: entry.record.kind,
                namespace: entry.record.namespace.to_string(),
                name: entry.record.name.to_string(),
            });
        PartyName { endpoint, address: side.address }
    }

    fn policy_name(&self, number: PolicyNumber) -> Option<PolicyName> {
        let policy = self.directory.policies.get(number.0 as usize)?;
        Some(PolicyName {
            tier: policy.tier,
            namespace: policy.namespace.to_string(),
            name: policy.name.to_string(),
        })
    }
}

/// The indexes of the lines that match; one `None` when there is no list to match.
fn matching<T>(lines: Option<&[T]>, found: impl Fn(&T) -> Option<u32>) -> Vec<Option<u32>> {
    match lines {
        None => vec![None],
        Some(lines) => lines.iter().filter_map(found).map(Some).collect(),
    }
}
