use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::attribute::{Attribution, PolicyId};
use super::nearest::Stage;
use super::question::{Case, Side};
use super::reason::Reason;
use super::tiers::{Effect, Said};
use super::{Engine, Question, QuestionError, Snapshot};
use crate::directory::{PeerLine, PolicyNumber, PortLine};
use crate::model::{Kind, ObjectRef};
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
    /// What the tiers say that have policies for the subject, in the order in which they were asked;
    /// empty when something before them decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierStep>,
    /// Every NetworkPolicy that isolates the subject in this direction, by namespace and name; when
    /// they were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub isolated_by: Vec<PolicyName>,
    /// Every rule of theirs that allows, with every peer and port that does, up to 1,000 in all; the
    /// first is the canonical one. Or the one rule of an ordered tier that accepts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_by: Vec<RuleName>,
    /// The rule that came nearest, when none allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest_miss: Option<NearMiss>,
}

/// What one tier says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TierStep {
    /// The tier.
    pub tier: Tier,
    /// What it says.
    pub outcome: TierOutcome,
    /// The rule that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
}

/// What a tier says to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TierOutcome {
    /// A rule accepts.
    Accept,
    /// A rule denies.
    Deny,
    /// A rule that is not understood denies everything.
    NotUnderstood,
    /// A rule leaves it to the next tier.
    Pass,
    /// No rule matches: in the tier of NetworkPolicies a denial, in the others none.
    NoMatch,
    /// What no NetworkPolicy admits is left to an option.
    Option,
}

/// Names a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PolicyName {
    /// Its tier.
    pub tier: Tier,
    /// Its kind; that of a namespace whose annotation isolates its pods.
    pub kind: Kind,
    /// Its namespace; empty for a cluster-wide policy.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its priority, where its kind has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
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
    /// Its own name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Index in the rule's `from` or `to`, unless the rule names no peers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<u32>,
    /// Index in the rule's `ports` or `protocols`, unless the rule has no such list.
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
    /// Allocates, and looks at every rule of every policy that selects one of the ends.
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

    /// Every policy, in order of their handles. Names among them that are a namespace's stand for its
    /// annotation, where that isolates.
    #[must_use]
    pub fn policies(&self) -> Vec<PolicyId> {
        self.0.directory.policies.iter().map(|(number, _)| PolicyId(number)).collect()
    }

    /// Tier, kind, namespace, name and priority of a policy; `None` for a handle of another engine
    /// that has no policy here.
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
        if let Side { endpoint: None, address: Some(address), .. } = case.destination {
            notes.extend(self.note_on_service_address(address));
        }
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
            tiers: Vec::new(),
            isolated_by: Vec::new(),
            allowed_by: Vec::new(),
            nearest_miss: None,
        };
        if self.before_policies(case, direction).is_some() {
            return account;
        }
        let walk = self.walk(&self.scene(case, direction));
        let steps = [
            (Tier::Admin, Some(walk.admin)),
            (Tier::NetworkPolicy, walk.network_policy),
            (Tier::Baseline, walk.baseline),
        ];
        let steps = steps.into_iter().filter_map(|(tier, said)| self.step(tier, direction, said?));
        account.tiers = steps.collect();
        if let Some(Said::Match(..) | Said::NoMatch) = walk.network_policy {
            let policies = self.policies(case, direction, Tier::NetworkPolicy);
            account.isolated_by =
                policies.iter().filter_map(|policy| self.policy_name(*policy)).collect();
        }
        match (attribution.reason, attribution.tier) {
            (Reason::RuleMatches, Some(Tier::NetworkPolicy)) => {
                account.allowed_by = self.allowing_rules(case, direction);
            }
            (Reason::RuleMatches, _) => {
                account.allowed_by =
                    account.tiers.last().and_then(|step| step.rule.clone()).into_iter().collect();
            }
            (Reason::NoRuleMatches, _) => {
                account.nearest_miss = self.nearest_miss(case, direction).and_then(|miss| {
                    let rule =
                        self.rule_name(miss.policy, direction, miss.rule, miss.peer, miss.port)?;
                    Some(NearMiss { rule, stage: miss.stage, detail: miss.detail })
                });
            }
            _ => {}
        }
        account
    }

    /// What a tier says, with names; `None` when it has no policies for the subject.
    fn step(&self, tier: Tier, direction: Direction, said: Said) -> Option<TierStep> {
        let (outcome, rule) = match said {
            Said::Nothing => return None,
            Said::NoMatch => (TierOutcome::NoMatch, None),
            Said::Option(..) => (TierOutcome::Option, None),
            Said::Match(hit, effect) => {
                let outcome = match effect {
                    Effect::Accept => TierOutcome::Accept,
                    Effect::Deny => TierOutcome::Deny,
                    Effect::NotUnderstood => TierOutcome::NotUnderstood,
                    Effect::Pass => TierOutcome::Pass,
                };
                let rule = self.rule_name(hit.policy, direction, hit.rule, hit.peer, hit.port);
                (outcome, rule)
            }
        };
        Some(TierStep { tier, outcome, rule })
    }

    fn allowing_rules(&self, case: &Case, direction: Direction) -> Vec<RuleName> {
        let scene = self.scene(case, direction);
        let mut names = Vec::new();
        for number in self.policies(case, direction, Tier::NetworkPolicy) {
            let Some(entry) = self.directory.policies.get(number.0) else { continue };
            for lines in entry.lines.of(direction) {
                let peers = matching(lines.peers.as_deref(), |line: &PeerLine| {
                    self.is_peer(line, scene.peer).then_some(line.peer)
                });
                let ports = matching(lines.ports.as_deref(), |line: &PortLine| {
                    scene.means(line.keys).then_some(line.port)
                });
                for peer in &peers {
                    let space = MOST_RULES.saturating_sub(names.len());
                    names.extend(ports.iter().take(space).filter_map(|port| {
                        self.rule_name(*number, direction, lines.rule, *peer, *port)
                    }));
                }
            }
        }
        names
    }

    /// Whether some rule asks for the address of a peer that has none.
    fn consults_blocks(&self, case: &Case, direction: Direction) -> bool {
        let tiers = [Tier::Admin, Tier::NetworkPolicy, Tier::Baseline];
        tiers
            .into_iter()
            .flat_map(|tier| self.policies(case, direction, tier))
            .filter_map(|number| self.directory.policies.get(number.0))
            .filter_map(|entry| entry.policy.rules(direction))
            .flatten()
            .flat_map(|rule| &rule.peers)
            .any(|peer| match peer {
                Peer::Block(block) => block.cidr().prefix_len() > 0 || !block.excepts().is_empty(),
                Peer::Networks(networks) => networks.iter().any(|range| range.prefix_len() > 0),
                Peer::Nodes(_) | Peer::Domains(_) => true,
                Peer::Pods { .. } | Peer::Nobody => false,
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
        let policy = &self.directory.policies.get(number.0)?.policy;
        Some(PolicyName {
            tier: policy.tier,
            kind: policy.kind,
            namespace: policy.namespace.to_string(),
            name: policy.name.to_string(),
            priority: policy.priority,
        })
    }

    fn rule_name(
        &self,
        policy: PolicyNumber,
        direction: Direction,
        rule: u32,
        peer: Option<u32>,
        port: Option<u32>,
    ) -> Option<RuleName> {
        let entry = self.directory.policies.get(policy.0)?;
        let own = entry.policy.rules(direction).unwrap_or_default().get(rule as usize);
        let name = own.and_then(|rule| rule.name.as_deref()).map(str::to_owned);
        let policy = self.policy_name(policy)?;
        Some(RuleName { policy, direction, rule, name, peer, port })
    }
}

/// The indexes of the lines that match; one `None` when there is no list to match.
fn matching<T>(lines: Option<&[T]>, found: impl Fn(&T) -> Option<u32>) -> Vec<Option<u32>> {
    match lines {
        None => vec![None],
        Some(lines) => lines.iter().filter_map(found).map(Some).collect(),
    }
}
