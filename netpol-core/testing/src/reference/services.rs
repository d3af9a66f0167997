//! Who gets what is sent to a Service, and whether it passes.
//!
//! A packet to a Service is judged when it has the address and the port of the one who gets it, so
//! a question about a Service is one about each of those.
//!
//! Sources: the comments of `ServiceSpec` and `ServicePort` in `k8s.io/api/core/v1/types.go` and of
//! `Endpoint` and `EndpointPort` in `k8s.io/api/discovery/v1/types.go`; `podToEndpoint`, `FindPort`
//! and `getAddressTypesForService` in `k8s.io/endpointslice`; `CategorizeEndpoints` in
//! `k8s.io/kubernetes/pkg/proxy/topology.go` and `pkg/proxy/endpointslicecache.go`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use netpol_core::Packet;
use netpol_core::model::{EndpointSlice, IntOrString, LabelSelector, Pod, Service, ServicePort};
use netpol_core::net::Protocol;
use netpol_core::packet::Transport;

use super::World;
use super::cidr::parse_address;
use super::identity::{End, Endpoint, is_completed};
use super::labels;
use super::ports::{declared_protocol, is_port_number};
use super::question::{Party, QuestionError};
use super::reason::Judgement;

/// A question about a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceQuestion {
    /// Who sends.
    pub source: Party,
    /// `namespace/name` of the Service.
    pub service: String,
    /// The protocol.
    pub protocol: Protocol,
    /// Number or name of the Service's port.
    pub port: IntOrString,
}

/// `TCP d/web -> svc/d/db port http`.
impl fmt::Display for ServiceQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServiceQuestion { source, service, protocol, port } = self;
        write!(f, "{protocol} {source} -> svc/{service} port ")?;
        match port {
            IntOrString::Int(number) => number.fmt(f),
            IntOrString::String(name) => f.write_str(name),
        }
    }
}

/// One who gets what is sent to a Service, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendJudgement {
    /// `namespace/pod`, `kind/namespace/name` of a workload, or an address.
    pub backend: String,
    /// The port it gets there.
    pub port: u16,
    /// What becomes of it.
    pub judgement: Judgement,
}

/// `d/p 8080 allow`.
impl fmt::Display for BackendJudgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.backend, self.port, self.judgement.verdict())
    }
}

/// One who may get it.
#[derive(Clone, Copy, Debug)]
enum Who<'a> {
    /// A pod, or a workload in place of the pods it will make.
    Endpoint(Endpoint<'a>),
    /// Whoever has the address.
    Address(IpAddr),
}

/// One who may get it in one family.
#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    who: Who<'a>,
    port: u16,
    is_ipv4: bool,
    /// It is ready; otherwise it is going away, and serves for as long as it is there.
    is_ready: bool,
}

/// What the port of a question is.
#[derive(Clone, Copy, Debug)]
enum Destination<'a> {
    /// A port of the Service.
    Port(&'a ServicePort),
    /// A number that nothing translates.
    Untranslated(u16),
}

impl World {
    /// May it pass to each of those who get it, and why?
    ///
    /// # Errors
    ///
    /// A [`QuestionError`] when nobody can say who gets it, or nobody does.
    pub fn judge_service(
        &self,
        question: &ServiceQuestion,
    ) -> Result<Vec<BackendJudgement>, QuestionError> {
        let (sources, source) = self.party(&question.source)?;
        let service = self.service_called(&question.service)?;
        let slices = self.slices_of(service);
        let understood = is_understood(service) && slices.iter().all(|slice| says_where(slice));
        if !understood {
            return Err(QuestionError::NotUnderstood(question.service.clone()));
        }
        if service.spec.kind == "ExternalName" {
            return Err(QuestionError::ExternalName(question.service.clone()));
        }
        let destination = wanted_port(service, question)?;
        let candidates = if slices.is_empty() {
            self.selected(service, destination, question.protocol)
        } else {
            self.listed(service, &slices, destination)?
        };
        let chosen = chosen(&candidates, is_headless(service));
        if chosen.is_empty() {
            return Err(QuestionError::NoBackends(question.service.clone()));
        }
        let mut judgements: Vec<BackendJudgement> = Vec::new();
        for candidate in &chosen {
            let backend = candidate.who.to_string();
            let port = candidate.port;
            if judgements.iter().any(|known| known.backend == backend && known.port == port) {
                continue;
            }
            // The families in which this one gets it, on this port.
            let families: Vec<bool> = chosen
                .iter()
                .filter(|other| other.who.to_string() == backend && other.port == port)
                .map(|other| other.is_ipv4)
                .collect();
            let (destinations, endpoint) = match candidate.who {
                Who::Endpoint(endpoint) => self.as_party(endpoint),
                Who::Address(address) => (vec![address], self.end_at(address).endpoint),
            };
            let within = |addresses: &[IpAddr]| -> Vec<IpAddr> {
                let addresses = addresses.iter().copied();
                addresses.filter(|address| families.contains(&address.is_ipv4())).collect()
            };
            let Some((from, to)) =
                meet(&sources, &within(&sources), &destinations, &within(&destinations))
            else {
                continue;
            };
            let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let transport = Transport::Ports { source: 40000, destination: port };
            let mut packet = Packet::new(nowhere, nowhere, question.protocol, transport);
            if !is_headless(service) {
                packet = packet.via_service();
            }
            let source = End { address: from, endpoint: source };
            let destination = End { address: to, endpoint };
            let judgement = self.judge_ends(&source, &destination, &packet);
            judgements.push(BackendJudgement { backend, port, judgement });
        }
        if judgements.is_empty() {
            return Err(QuestionError::NoCommonFamily);
        }
        judgements.sort_by(|a, b| (&a.backend, a.port).cmp(&(&b.backend, b.port)));
        Ok(judgements)
    }

    fn service_called(&self, text: &str) -> Result<&Service, QuestionError> {
        let mut services = self.services.iter();
        let found = services.find(|service| {
            let metadata = &service.metadata;
            text.split_once('/') == Some((&metadata.namespace, &metadata.name))
        });
        found.ok_or_else(|| QuestionError::Unknown(text.to_owned()))
    }

    /// The slices whose label names the Service.
    fn slices_of(&self, service: &Service) -> Vec<&EndpointSlice> {
        let slices = self.endpoint_slices.iter().filter(|slice| {
            let label = slice.metadata.labels.get(EndpointSlice::SERVICE_NAME);
            slice.metadata.namespace == service.metadata.namespace
                && label.map_or("", String::as_str) == service.metadata.name
        });
        slices.collect()
    }

    /// Those that the selector selects: an empty one selects nobody.
    fn selected(
        &self,
        service: &Service,
        destination: Destination<'_>,
        protocol: Protocol,
    ) -> Vec<Candidate<'_>> {
        let selector =
            LabelSelector { match_labels: service.spec.selector.clone(), ..Default::default() };
        let pods = self.pods.iter().filter(|pod| !is_completed(pod)).map(Endpoint::Pod);
        let workloads = self.workloads.iter().map(Endpoint::Workload);
        let workloads = workloads.filter(|workload| !self.has_pods(*workload));
        let mut candidates = Vec::new();
        for endpoint in pods.chain(workloads) {
            let is_selected = !service.spec.selector.is_empty()
                && endpoint.namespace() == service.metadata.namespace
                && labels::selects(&selector, endpoint.labels());
            let (addresses, _) = self.as_party(endpoint);
            let has_address = !addresses.is_empty();
            let Some(is_ready) = serves(service, endpoint, has_address).filter(|_| is_selected)
            else {
                continue;
            };
            let Some(port) = self.target(destination, endpoint, protocol) else { continue };
            for is_ipv4 in families(service) {
                let reached = addresses.iter().any(|address| address.is_ipv4() == is_ipv4);
                if reached || !has_address {
                    let who = Who::Endpoint(endpoint);
                    candidates.push(Candidate { who, port, is_ipv4, is_ready });
                }
            }
        }
        candidates
    }

    /// The number of the port on this endpoint.
    fn target(
        &self,
        destination: Destination<'_>,
        endpoint: Endpoint<'_>,
        protocol: Protocol,
    ) -> Option<u16> {
        let port = match destination {
            Destination::Untranslated(number) => return Some(number),
            Destination::Port(port) => port,
        };
        match &port.target_port {
            Some(IntOrString::Int(number)) if *number != 0 => u16::try_from(*number).ok(),
            Some(IntOrString::String(name)) if !name.is_empty() => {
                // The first of that name; others may have it again.
                let named = self
                    .named_ports(endpoint.spec())
                    .into_iter()
                    .find(|port| port.name == *name && declared_protocol(port) == Some(protocol));
                named.and_then(|port| u16::try_from(port.container_port).ok())
            }
            _ => u16::try_from(port.port).ok(),
        }
    }

    /// Those that the slices list.
    fn listed(
        &self,
        service: &Service,
        slices: &[&EndpointSlice],
        destination: Destination<'_>,
    ) -> Result<Vec<Candidate<'_>>, QuestionError> {
        let mut candidates = Vec::new();
        // Of what has no address nobody can say more.
        for slice in slices.iter().filter(|slice| slice.address_type != "FQDN") {
            let port = match destination {
                Destination::Untranslated(number) => Some(number),
                Destination::Port(port) => slice
                    .ports
                    .iter()
                    .filter(|own| own.name.as_deref().unwrap_or_default() == port.name)
                    .filter(|own| {
                        let protocol = own.protocol.as_deref().unwrap_or("TCP");
                        Protocol::from_api(protocol) == service_protocol(port)
                    })
                    .filter(|own| own.port.is_some_and(is_port_number))
                    .find_map(|own| u16::try_from(own.port?).ok()),
            };
            let Some(port) = port else { continue };
            for endpoint in &slice.endpoints {
                let conditions = endpoint.conditions;
                let is_ready = conditions.ready.unwrap_or(true);
                let is_going =
                    conditions.serving.unwrap_or(true) && conditions.terminating.unwrap_or(false);
                if !is_ready && !is_going {
                    continue;
                }
                let text = endpoint.addresses.first().map_or("", String::as_str);
                let Some(address) = parse_address(text) else { continue };
                let named = endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod");
                let owner = self.owner(address);
                let pod = match (owner, named) {
                    (Some(owner), _) => Some(owner),
                    (None, None) => None,
                    (None, Some(named)) => {
                        let namespace = if named.namespace.is_empty() {
                            &service.metadata.namespace
                        } else {
                            &named.namespace
                        };
                        let mut pods = self.pods.iter().filter(|pod| self.is_live(pod));
                        let pod = pods.find(|pod| {
                            pod.metadata.namespace == *namespace && pod.metadata.name == named.name
                        });
                        Some(pod.ok_or_else(|| QuestionError::UnknownPod(named.name.clone()))?)
                    }
                };
                let who = match pod {
                    Some(pod) => Who::Endpoint(Endpoint::Pod(pod)),
                    None => Who::Address(address),
                };
                let families = families(service).into_iter().filter(|is_ipv4| match who {
                    Who::Address(address) => address.is_ipv4() == *is_ipv4,
                    Who::Endpoint(endpoint) => {
                        // A pod that is known by addresses of the other family only is meant there.
                        let (own, _) = self.as_party(endpoint);
                        let is_own = |is_ipv4: bool| own.iter().any(|a| a.is_ipv4() == is_ipv4);
                        if own.is_empty() || is_own(address.is_ipv4()) {
                            address.is_ipv4() == *is_ipv4
                        } else {
                            is_own(*is_ipv4)
                        }
                    }
                });
                candidates.extend(families.map(|is_ipv4| Candidate {
                    who,
                    port,
                    is_ipv4,
                    is_ready,
                }));
            }
        }
        Ok(candidates)
    }
}

/// `namespace/pod`, `kind/namespace/name` or the address.
impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Endpoint(Endpoint::Pod(pod)) => {
                write!(f, "{}/{}", pod.metadata.namespace, pod.metadata.name)
            }
            Who::Endpoint(Endpoint::Workload(workload)) => {
                let kind = workload.kind.as_str().to_ascii_lowercase();
                write!(f, "{kind}/{}/{}", workload.metadata.namespace, workload.metadata.name)
            }
            Who::Address(address) => address.fmt(f),
        }
    }
}

/// Those who are ready; in a family in which nobody is, those who are going away. Nobody looks up
/// the latter by the name of a headless Service.
fn chosen<'a>(candidates: &[Candidate<'a>], is_headless: bool) -> Vec<Candidate<'a>> {
    let nobody_is_ready = |is_ipv4: bool| {
        !candidates.iter().any(|candidate| candidate.is_ready && candidate.is_ipv4 == is_ipv4)
    };
    let chosen = candidates.iter().filter(|candidate| {
        candidate.is_ready || (!is_headless && nobody_is_ready(candidate.is_ipv4))
    });
    chosen.copied().collect()
}

/// The addresses between which a packet goes, as far as both ends have any: the first of the
/// source's whose family the destination has too. `None` when there is no such family.
fn meet(
    all_sources: &[IpAddr],
    sources: &[IpAddr],
    all_destinations: &[IpAddr],
    destinations: &[IpAddr],
) -> Option<(Option<IpAddr>, Option<IpAddr>)> {
    match (all_sources.is_empty(), all_destinations.is_empty()) {
        (true, true) => Some((None, None)),
        (true, false) => Some((None, Some(*destinations.first()?))),
        (false, true) => Some((Some(*sources.first()?), None)),
        (false, false) => sources.iter().find_map(|from| {
            let to = destinations.iter().find(|to| to.is_ipv4() == from.is_ipv4())?;
            Some((Some(*from), Some(*to)))
        }),
    }
}

/// Whether it gets anything: `Some(true)` when it is ready, `Some(false)` when it is going away.
fn serves(service: &Service, endpoint: Endpoint<'_>, has_address: bool) -> Option<bool> {
    let Endpoint::Pod(pod) = endpoint else { return Some(true) };
    if service.spec.publish_not_ready_addresses && (has_address || is_able(pod)) {
        return Some(true);
    }
    is_able(pod).then_some(pod.metadata.deletion_timestamp.is_none())
}

/// Its condition `Ready`; without one a pod that runs is taken to be ready, and one of a manifest,
/// of which nothing is known.
fn is_able(pod: &Pod) -> bool {
    match pod.status.conditions.iter().find(|condition| condition.kind == "Ready") {
        Some(condition) => condition.status == "True",
        None => pod.status.phase == "Running" || pod.status.phase.is_empty(),
    }
}

/// The port that a question is about.
fn wanted_port<'a>(
    service: &'a Service,
    question: &ServiceQuestion,
) -> Result<Destination<'a>, QuestionError> {
    let is_headless = is_headless(service);
    if let IntOrString::Int(number) = &question.port
        && is_headless
        && question.protocol.has_policy_ports()
        && let Ok(number) = u16::try_from(*number)
    {
        return Ok(Destination::Untranslated(number));
    }
    let mut ports = service.spec.ports.iter().filter(|port| {
        is_port_number(port.port) && service_protocol(port) == Some(question.protocol)
    });
    let found = match &question.port {
        IntOrString::Int(number) => ports.find(|port| port.port == *number),
        IntOrString::String(name) => ports.find(|port| port.name == *name),
    };
    let port = found.ok_or_else(|| QuestionError::NoPort(question.to_string()))?;
    match &port.target_port {
        Some(IntOrString::Int(number)) if *number != 0 && !is_port_number(*number) => {
            Err(QuestionError::NotUnderstood(question.service.clone()))
        }
        _ => Ok(Destination::Port(port)),
    }
}

/// TCP where none is named.
fn service_protocol(port: &ServicePort) -> Option<Protocol> {
    let text = port.protocol.as_deref().filter(|text| !text.is_empty()).unwrap_or("TCP");
    Protocol::from_api(text)
}

/// Its own addresses; the single field counts where the list is empty.
fn cluster_ips(service: &Service) -> Vec<&str> {
    let spec = &service.spec;
    if spec.cluster_ips.is_empty() {
        return Some(spec.cluster_ip.as_str()).filter(|ip| !ip.is_empty()).into_iter().collect();
    }
    spec.cluster_ips.iter().map(String::as_str).collect()
}

fn is_headless(service: &Service) -> bool {
    cluster_ips(service) == ["None"]
}

/// In which families it is served, `true` for IPv4: those that it names, else those of its
/// addresses, else both.
fn families(service: &Service) -> Vec<bool> {
    let named = |family: &str| service.spec.ip_families.iter().any(|named| named == family);
    let has = |is_ipv4: bool| {
        let own = cluster_ips(service);
        own.iter().filter_map(|text| parse_address(text)).any(|own| own.is_ipv4() == is_ipv4)
    };
    let said = [named("IPv4"), named("IPv6")];
    let own = [has(true), has(false)];
    let [ipv4, ipv6] =
        [said, own].into_iter().find(|either| either.contains(&true)).unwrap_or([true, true]);
    [(true, ipv4), (false, ipv6)].into_iter().filter(|(_, is)| *is).map(|(it, _)| it).collect()
}

/// Whether anybody can say whom it selects and what it does.
fn is_understood(service: &Service) -> bool {
    let kinds = ["", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];
    let match_labels = service.spec.selector.clone();
    kinds.contains(&service.spec.kind.as_str())
        && labels::is_understood(&LabelSelector { match_labels, ..Default::default() })
}

/// Whether anybody can say whom a slice lists, among those that get anything, and for what.
fn says_where(slice: &EndpointSlice) -> bool {
    let is_of_type = |address: &str| match slice.address_type.as_str() {
        "IPv4" => parse_address(address).is_some_and(|address| address.is_ipv4()),
        "IPv6" => parse_address(address).is_some_and(|address| address.is_ipv6()),
        _ => false,
    };
    let is_endpoint = |endpoint: &netpol_core::model::Endpoint| {
        let conditions = endpoint.conditions;
        let gets_nothing = conditions.ready == Some(false)
            && !(conditions.serving != Some(false) && conditions.terminating == Some(true));
        gets_nothing || endpoint.addresses.first().is_some_and(|address| is_of_type(address))
    };
    let is_protocol = |protocol: &str| Protocol::from_api(protocol).is_some();
    slice.address_type == "FQDN"
        || matches!(slice.address_type.as_str(), "IPv4" | "IPv6")
            && slice.endpoints.iter().all(is_endpoint)
            && slice.ports.iter().all(|port| port.protocol.as_deref().is_none_or(is_protocol))
}
