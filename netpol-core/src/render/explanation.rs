use std::fmt;

use crate::engine::{
    Account, Explanation, PartyName, PolicyName, Reason, RuleName, TierOutcome, TierStep,
};
use crate::model::Kind;
use crate::packet::{Direction, Transport};
use crate::policy::Tier;

/// The explanation as JSON, indented: the fields of [`Explanation`] in camelCase.
#[must_use]
pub fn explanation_json(explanation: &Explanation) -> String {
    // Serialising plain data into a string has nothing to fail on.
    serde_json::to_string_pretty(explanation).unwrap_or_default()
}

/// For people; the first line is the verdict.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict)?;
        write!(f, "{} {} -> {}", self.protocol, self.source, self.destination)?;
        match self.transport {
            Transport::Ports { destination, .. } => write!(f, " port {destination}")?,
            Transport::Icmp { kind, code } => write!(f, " type {kind} code {code}")?,
            Transport::Unknown => {}
        }
        write!(f, "\negress from {}: {}", self.source.short(), self.egress)?;
        write!(f, "\ningress to {}: {}", self.destination.short(), self.ingress)?;
        for note in &self.notes {
            write!(f, "\nnote: {note}")?;
        }
        Ok(())
    }
}

/// `allow, by …` or `deny, isolated by …`, and what follows from it on further lines. Where the
/// ordered tiers have something to say to the subject, the walk through all of them:
/// `Admin: Pass (…) → NetworkPolicy: isolated by …, no rule matches → deny`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_walk = self.tiers.iter().any(|step| step.tier != Tier::NetworkPolicy);
        if is_walk {
            for step in &self.tiers {
                self.write_step(step, f)?;
                f.write_str(" → ")?;
            }
            write!(f, "{}", self.verdict)?;
            return self.write_further_lines(f);
        }
        write!(f, "{}, ", self.verdict)?;
        match self.reason {
            Reason::RuleMatches => {
                f.write_str("by ")?;
                if let Some(rule) = self.allowed_by.first() {
                    rule.fmt(f)?;
                }
            }
            Reason::NoRuleMatches => {
                write!(f, "isolated by {}, and no rule matches", self.isolated_by())?;
            }
            reason => f.write_str(reason.as_str(self.verdict))?,
        }
        self.write_further_lines(f)?;
        match self.reason {
            Reason::RuleMatches => write!(f, "\n  isolated by {}", self.isolated_by()),
            _ => Ok(()),
        }
    }
}

impl Account {
    fn isolated_by(&self) -> String {
        let names = self.isolated_by.iter().map(PolicyName::to_string).collect::<Vec<_>>();
        names.join(", ")
    }

    /// `Admin: Pass (ClusterNetworkPolicy tenants (priority 10) spec.ingress[0] (from[0]))`.
    fn write_step(&self, step: &TierStep, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", step.tier)?;
        match (step.tier, self.isolated_by.is_empty()) {
            (Tier::NetworkPolicy, true) => f.write_str("isolated, ")?,
            (Tier::NetworkPolicy, false) => write!(f, "isolated by {}, ", self.isolated_by())?,
            _ => {}
        }
        let words = match step.outcome {
            TierOutcome::Accept if step.tier == Tier::NetworkPolicy => "allowed",
            TierOutcome::Accept => "Accept",
            TierOutcome::Deny => "Deny",
            TierOutcome::NotUnderstood => "Deny everything, for want of understanding",
            TierOutcome::Pass => "Pass",
            TierOutcome::NoMatch => "no rule matches",
            TierOutcome::Option => self.reason.as_str(self.verdict),
        };
        f.write_str(words)?;
        match &step.rule {
            Some(rule) => write!(f, " ({rule})"),
            None => Ok(()),
        }
    }

    /// The other rules that allow, or the one that came nearest.
    fn write_further_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in self.allowed_by.iter().skip(1) {
            write!(f, "\n  and by {rule}")?;
        }
        match &self.nearest_miss {
            Some(miss) => write!(f, "\n  nearest: {}: {}", miss.rule, miss.detail),
            None => Ok(()),
        }
    }
}

/// `shop/db (10.0.0.1)`; the address alone when nobody has it.
impl fmt::Display for PartyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())?;
        match (&self.endpoint, self.address) {
            (Some(_), Some(address)) => write!(f, " ({address})"),
            _ => Ok(()),
        }
    }
}

impl PartyName {
    fn short(&self) -> String {
        match (&self.endpoint, self.address) {
            (Some(endpoint), _) => format!("{}/{}", endpoint.namespace, endpoint.name),
            (None, Some(address)) => address.to_string(),
            (None, None) => "nobody".to_owned(),
        }
    }
}

/// `NetworkPolicy shop/db`, or `ClusterNetworkPolicy tenants (priority 10)`.
impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == Kind::Namespace {
            return write!(f, "the annotation of Namespace {}", self.name);
        }
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)?;
        match self.priority {
            Some(priority) => write!(f, " (priority {priority})"),
            None => Ok(()),
        }
    }
}

/// `NetworkPolicy shop/db spec.ingress[0] (from[1], ports[0])`.
impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peers = match self.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        let ports = match self.policy.kind {
            Kind::ClusterNetworkPolicy => "protocols",
            _ => "ports",
        };
        write!(f, "{} spec.{}[{}]", self.policy, self.direction, self.rule)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        match (self.peer, self.port) {
            (Some(peer), Some(port)) => write!(f, " ({peers}[{peer}], {ports}[{port}])"),
            (Some(peer), None) => write!(f, " ({peers}[{peer}])"),
            (None, Some(port)) => write!(f, " ({ports}[{port}])"),
            (None, None) => Ok(()),
        }
    }
}
