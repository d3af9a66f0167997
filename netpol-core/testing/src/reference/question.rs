//! The same questions, with pods and workloads called by their names.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use netpol_core::Packet;
use netpol_core::net::Protocol;
use netpol_core::options::HostNetworkPods;
use netpol_core::packet::Transport;

use super::World;
use super::identity::{End, Endpoint, pod_addresses};
use super::labels;
use super::reason::Judgement;

/// Who sends or receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// Whoever has this address.
    Address(IpAddr),
    /// `namespace/pod`, `namespace/workload` or `kind/namespace/name`.
    Name(String),
}

impl Party {
    /// An address as it is, anything else as a name.
    #[must_use]
    pub fn read(text: &str) -> Party {
        text.parse().map_or_else(|_| Party::Name(text.to_owned()), Party::Address)
    }
}

/// A question by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who sends.
    pub source: Party,
    /// Who receives.
    pub destination: Party,
    /// The protocol.
    pub protocol: Protocol,
    /// Ports, or type and code.
    pub transport: Transport,
}

/// `TCP d/web -> 10.0.0.1 port 80`.
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.protocol, self.source, self.destination)?;
        match self.transport {
            Transport::Ports { destination, .. } => write!(f, " port {destination}"),
            Transport::Icmp { kind, code } => write!(f, " type {kind} code {code}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::Address(address) => address.fmt(f),
            Party::Name(name) => f.write_str(name),
        }
    }
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// There is no such pod or workload, or all its pods are there to be asked about instead.
    #[error("no endpoint is called {0:?}")]
    Unknown(String),
    /// Several kinds share the name.
    #[error("several endpoints are called {0:?}; name the kind as well")]
    Ambiguous(String),
    /// It is a Service, which opens no connections.
    #[error("{0:?} is a Service, which is no end of a connection")]
    IsService(String),
    /// One end has IPv4 addresses only, the other IPv6 addresses only.
    #[error("the two ends have no address family in common")]
    NoCommonFamily,
    /// The Service has no such port.
    #[error("the Service has no such port: {0}")]
    NoPort(String),
    /// The Service means another name.
    #[error("the Service {0:?} means another name")]
    ExternalName(String),
    /// Nobody gets what is sent to the Service.
    #[error("nobody gets what is sent to the Service {0:?}")]
    NoBackends(String),
    /// Nobody can say where the Service sends.
    #[error("where the Service {0:?} sends to cannot be understood")]
    NotUnderstood(String),
    /// Of a pod that gets it nothing is known.
    #[error("the pod {0:?} gets it and is not there")]
    UnknownPod(String),
}

impl World {
    /// May it pass, and why?
    ///
    /// Two ends with addresses talk in the first family of the source's that both have. An end
    /// without any is judged by its labels.
    ///
    /// # Errors
    ///
    /// A [`QuestionError`] when a name means nothing or several things, and when the ends have no
    /// family in common.
    pub fn judge_question(&self, question: &Question) -> Result<Judgement, QuestionError> {
        let (sources, source) = self.party(&question.source)?;
        let (destinations, destination) = self.party(&question.destination)?;
        let (from, to) = if sources.is_empty() || destinations.is_empty() {
            (sources.first().copied(), destinations.first().copied())
        } else {
            let pair = sources.iter().find_map(|from| {
                let to = destinations.iter().find(|to| to.is_ipv4() == from.is_ipv4())?;
                Some((*from, *to))
            });
            let (from, to) = pair.ok_or(QuestionError::NoCommonFamily)?;
            (Some(from), Some(to))
        };
        // A packet's protocol and transport say what it is; its addresses say nothing here.
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let packet = Packet::new(nowhere, nowhere, question.protocol, question.transport);
        let source = End { address: from, endpoint: source };
        let destination = End { address: to, endpoint: destination };
        Ok(self.judge_ends(&source, &destination, &packet))
    }

    /// The addresses of a party in order of preference, and the pod it is.
    pub(super) fn party(
        &self,
        party: &Party,
    ) -> Result<(Vec<IpAddr>, Option<Endpoint<'_>>), QuestionError> {
        let endpoint = match party {
            Party::Address(address) => {
                let address = address.to_canonical();
                return Ok((vec![address], self.end_at(address).endpoint));
            }
            Party::Name(name) => self.endpoint_called(name)?,
        };
        Ok(self.as_party(endpoint))
    }

    /// The addresses of an endpoint that is meant by its name, and the pod it is.
    pub(super) fn as_party<'a>(
        &self,
        endpoint: Endpoint<'a>,
    ) -> (Vec<IpAddr>, Option<Endpoint<'a>>) {
        // A pod keeps the addresses it claims, whoever owns them by now: who asks for it by name
        // knows which pod is meant.
        let addresses = match endpoint {
            Endpoint::Pod(pod) => pod_addresses(pod),
            Endpoint::Workload(_) => Vec::new(),
        };
        // In the host network it speaks from its node's address; whether it is a pod besides is an
        // option.
        let is_pod = !endpoint.is_host_network()
            || self.options.host_network_pods == HostNetworkPods::TreatAsPod;
        (addresses, is_pod.then_some(endpoint))
    }

    fn endpoint_called(&self, text: &str) -> Result<Endpoint<'_>, QuestionError> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts[..] {
            [namespace, name] => (None, namespace, name),
            [kind, namespace, name] => (Some(kind), namespace, name),
            _ => return Err(QuestionError::Unknown(text.to_owned())),
        };
        if kind.is_some_and(|kind| ["svc", "service"].contains(&kind.to_ascii_lowercase().as_str()))
        {
            return Err(QuestionError::IsService(text.to_owned()));
        }
        let is_kind =
            |candidate: &str| kind.is_none_or(|kind| kind.eq_ignore_ascii_case(candidate));
        let pods = self
            .pods
            .iter()
            .filter(|pod| is_kind("Pod") && self.is_live(pod))
            .filter(|pod| pod.metadata.namespace == namespace && pod.metadata.name == name)
            .map(Endpoint::Pod);
        let workloads = self
            .workloads
            .iter()
            .filter(|workload| is_kind(workload.kind.as_str()))
            .filter(|workload| {
                workload.metadata.namespace == namespace && workload.metadata.name == name
            })
            .map(Endpoint::Workload)
            .filter(|workload| !self.has_pods(*workload));
        let found: Vec<Endpoint<'_>> = pods.chain(workloads).collect();
        match found[..] {
            [endpoint] => Ok(endpoint),
            [] => Err(QuestionError::Unknown(text.to_owned())),
            _ => Err(QuestionError::Ambiguous(text.to_owned())),
        }
    }

    /// Whether pods of the workload are there, in whatever phase. They are its pods when its
    /// selector selects them;
    /// a Job or CronJob without selector made those that have its template's labels.
    pub(super) fn has_pods(&self, endpoint: Endpoint<'_>) -> bool {
        let Endpoint::Workload(workload) = endpoint else { return false };
        let template = &workload.template.metadata.labels;
        self.pods.iter().filter(|pod| pod.metadata.namespace == workload.metadata.namespace).any(
            |pod| match &workload.selector {
                Some(selector) => {
                    labels::is_understood(selector)
                        && labels::selects(selector, &pod.metadata.labels)
                }
                None => {
                    !template.is_empty()
                        && template
                            .iter()
                            .all(|(key, value)| pod.metadata.labels.get(key) == Some(value))
                }
            },
        )
    }
}
