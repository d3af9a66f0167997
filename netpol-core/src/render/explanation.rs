use std::fmt;

use crate::engine::{Account, Explanation, PartyName, PolicyName, Reason, RuleName};
use crate::packet::{Direction, Transport};

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

/// `allow, by …` or `deny, isolated by …`, and what follows from it on further lines.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.verdict)?;
        let isolated_by = self.isolated_by.iter().map(PolicyName::to_string).collect::<Vec<_>>();
        match self.reason {
            Reason::RuleMatches => {
                f.write_str("by ")?;
                for (position, rule) in self.allowed_by.iter().enumerate() {
                    if position > 0 {
                        f.write_str("\n  and by ")?;
                    }
                    rule.fmt(f)?;
                }
                write!(f, "\n  isolated by {}", isolated_by.join(", "))?;
            }
            Reason::NoRuleMatches => {
                write!(f, "isolated by {}, and no rule matches", isolated_by.join(", "))?;
                if let Some(miss) = &self.nearest_miss {
                    write!(f, "\n  nearest: {}: {}", miss.rule, miss.detail)?;
                }
            }
            reason => f.write_str(reason.as_str(self.verdict))?,
        }
        Ok(())
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

/// `NetworkPolicy shop/db`.
impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.tier, self.namespace, self.name)
    }
}

/// `NetworkPolicy shop/db spec.ingress[0] (from[1], ports[0])`.
impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peers = match self.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        write!(f, "{} spec.{}[{}]", self.policy, self.direction, self.rule)?;
        match (self.peer, self.port) {
            (Some(peer), Some(port)) => write!(f, " ({peers}[{peer}], ports[{port}])"),
            (Some(peer), None) => write!(f, " ({peers}[{peer}])"),
            (None, Some(port)) => write!(f, " (ports[{port}])"),
            (None, None) => Ok(()),
        }
    }
}
