use std::net::IpAddr;

use netpol_core::Verdict;
use netpol_core::model::IntOrString;
use netpol_core::net::Protocol;
use netpol_core::packet::Transport;
use serde::{Deserialize, Serialize};

use super::implementation::Unanswered;
use crate::reference::{BackendJudgement, Party, QuestionError, ServiceQuestion};

/// One question and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    /// `namespace/name`, `kind/namespace/name` or an address.
    pub from: String,
    /// The same, or `svc/namespace/name`.
    pub to: String,
    /// `TCP` (when left out), `UDP`, `SCTP`, or a protocol number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<IntOrString>,
    /// The destination port; of a Service its number or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<IntOrString>,
    /// ICMP type and code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp: Option<[u8; 2]>,
    /// ICMPv6 type and code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmpv6: Option<[u8; 2]>,
    /// A packet of `protocol` without ports.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fragment: bool,
    /// A packet that a Service translated.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub via_service: bool,
    /// How to ask; in both ways when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<AskBy>,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Answer>,
    /// Who gets what is sent to a Service, each as `d/p 8080 allow`, and nobody else does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backends: Option<Vec<String>>,
    /// The destination's side of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Verdict>,
    /// The source's side of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress: Option<Verdict>,
    /// Why, on the destination's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_reason: Option<String>,
    /// Why, on the source's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress_reason: Option<String>,
    /// Why there is no answer: `unknown`, `ambiguous`, `noCommonFamily`, `isService`, and about a
    /// Service `noPort`, `externalName`, `noBackends`, `notUnderstood` or `unknownPod`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It passes; to a Service, to every backend.
    Allow,
    /// It does not pass; to a Service, to no backend.
    Deny,
    /// It passes to some backends of a Service.
    Mixed,
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Answer {
        if verdict.is_allow() { Answer::Allow } else { Answer::Deny }
    }
}

impl Answer {
    /// What the verdicts on the backends of a Service come to.
    pub(super) fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Option<Answer> {
        let both = |a, b| if a == b { a } else { Answer::Mixed };
        verdicts.into_iter().map(Answer::from).reduce(both)
    }
}

/// How a question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AskBy {
    /// As a packet between the addresses of the two ends, once for each family that both have.
    Address,
    /// By the names of the two ends.
    Name,
}

/// A question from every pod of the case to every other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reach {
    /// `TCP` (when left out), `UDP` or `SCTP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<IntOrString>,
    /// The destination port.
    pub port: u16,
    /// Pairs that must be denied, as `x/a -> y/*`; all others must be allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// Pairs that must be allowed although `deny` names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
}

impl Probe {
    /// Protocol and what follows the IP header.
    ///
    /// # Errors
    ///
    /// Says which of the fields contradict each other.
    pub fn traffic(&self) -> Result<(Protocol, Transport), String> {
        let ports = |destination| Transport::Ports { source: 40000, destination };
        let icmp = |[kind, code]: [u8; 2]| Transport::Icmp { kind, code };
        let protocol = self.protocol()?;
        let number = |port: &IntOrString| match port {
            IntOrString::Int(number) => u16::try_from(*number).ok(),
            IntOrString::String(_) => None,
        };
        let port = self.port.as_ref().map(|port| number(port).ok_or("a port is a number here"));
        match (port.transpose()?, self.icmp, self.icmpv6, self.fragment) {
            (Some(port), None, None, false) => Ok((protocol, ports(port))),
            (None, Some(message), None, false) => Ok((Protocol::ICMP, icmp(message))),
            (None, None, Some(message), false) => Ok((Protocol::ICMPV6, icmp(message))),
            (None, None, None, true) => Ok((protocol, Transport::Unknown)),
            (None, None, None, false) if !protocol.has_policy_ports() => {
                Ok((protocol, Transport::Unknown))
            }
            _ => Err("give one of port, icmp, icmpv6 and fragment".to_owned()),
        }
    }

    fn protocol(&self) -> Result<Protocol, String> {
        match &self.protocol {
            None => Ok(Protocol::TCP),
            Some(IntOrString::String(name)) => {
                Protocol::from_api(name).ok_or_else(|| format!("{name:?} is no protocol"))
            }
            Some(IntOrString::Int(number)) => {
                u8::try_from(*number).map(Protocol).map_err(|_| format!("{number} is no protocol"))
            }
        }
    }

    /// The question about a Service that it is, if it is one.
    ///
    /// # Errors
    ///
    /// Says which of the fields have no place in one.
    pub fn service_question(&self) -> Result<Option<ServiceQuestion>, String> {
        let Some(service) = self.to.strip_prefix("svc/") else { return Ok(None) };
        let others = self.icmp.is_some()
            || self.icmpv6.is_some()
            || self.fragment
            || self.via_service
            || self.ask.is_some()
            || self.ingress.is_some()
            || self.egress.is_some()
            || self.ingress_reason.is_some()
            || self.egress_reason.is_some();
        if others {
            return Err("of a Service one asks by port, for verdict, backends and error".to_owned());
        }
        Ok(Some(ServiceQuestion {
            source: Party::read(&self.from),
            service: service.to_owned(),
            protocol: self.protocol()?,
            port: self.port.clone().ok_or("port is missing")?,
        }))
    }

    /// The probe of a question about a Service, with the answer that was given.
    #[must_use]
    pub fn of_service(
        question: &ServiceQuestion,
        answer: &Result<Vec<BackendJudgement>, QuestionError>,
    ) -> Probe {
        let protocol = match question.protocol {
            Protocol::TCP => None,
            Protocol::UDP => Some(IntOrString::String("UDP".to_owned())),
            Protocol::SCTP => Some(IntOrString::String("SCTP".to_owned())),
            Protocol(number) => Some(IntOrString::Int(number.into())),
        };
        let mut probe = Probe {
            from: question.source.to_string(),
            to: format!("svc/{}", question.service),
            protocol,
            port: Some(question.port.clone()),
            ..Probe::default()
        };
        match answer {
            Ok(judgements) => {
                let verdicts = judgements.iter().map(|backend| backend.judgement.verdict());
                probe.verdict = Answer::of(verdicts);
                probe.backends = Some(judgements.iter().map(ToString::to_string).collect());
            }
            Err(error) => probe.error = Some(Unanswered::from(error.clone()).code().to_owned()),
        }
        probe
    }

    /// Whether the message can exist between addresses of this family.
    pub(super) fn fits(&self, address: IpAddr) -> bool {
        (self.icmp.is_none() || address.is_ipv4()) && (self.icmpv6.is_none() || address.is_ipv6())
    }
}

impl Reach {
    /// The single questions, between `pods` in `namespace/name` form; none from a pod to itself.
    ///
    /// # Errors
    ///
    /// Says which pattern is malformed or matches no pair.
    pub fn probes(&self, pods: &[String]) -> Result<Vec<Probe>, String> {
        let deny = Patterns::parse(&self.deny)?;
        let allow = Patterns::parse(&self.allow)?;
        let mut probes = Vec::new();
        for from in pods {
            for to in pods.iter().filter(|to| *to != from) {
                let denied = deny.matches(from, to) && !allow.matches(from, to);
                probes.push(Probe {
                    from: from.clone(),
                    to: to.clone(),
                    protocol: self.protocol.clone(),
                    port: Some(IntOrString::Int(self.port.into())),
                    verdict: Some(Verdict::from_allowed(!denied).into()),
                    ..Probe::default()
                });
            }
        }
        for pattern in deny.0.iter().chain(&allow.0) {
            if !probes.iter().any(|probe| pattern.matches(&probe.from, &probe.to)) {
                return Err(format!("{} -> {} matches no pair", pattern.from, pattern.to));
            }
        }
        Ok(probes)
    }
}

struct Patterns<'a>(Vec<Pattern<'a>>);

struct Pattern<'a> {
    from: &'a str,
    to: &'a str,
}

impl<'a> Patterns<'a> {
    fn parse(texts: &'a [String]) -> Result<Patterns<'a>, String> {
        let parse = |text: &'a String| {
            let (from, to) =
                text.split_once(" -> ").ok_or_else(|| format!("{text:?} is not `from -> to`"))?;
            Ok(Pattern { from, to })
        };
        texts.iter().map(parse).collect::<Result<_, _>>().map(Patterns)
    }

    fn matches(&self, from: &str, to: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(from, to))
    }
}

impl Pattern<'_> {
    fn matches(&self, from: &str, to: &str) -> bool {
        let matches_one = |pattern: &str, name: &str| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        };
        matches_one(self.from, from) && matches_one(self.to, to)
    }
}
