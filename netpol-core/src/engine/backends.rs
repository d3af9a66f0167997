//! Where traffic goes that is sent to a Service.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use super::service::{Backend, Destination, ServiceQuestion, object_ref, port_text, service_text};
use super::service_error::{NoBackends, ServiceError};
use super::{Party, Question, QuestionError, Snapshot};
use crate::directory::{
    Directory, EndpointEntry, EndpointId, Readiness, ServiceEntry, ServiceForm, ServiceRecord,
    SliceEndpoint, SliceRecord, TargetPort,
};
use crate::hash::Map;
use crate::model::{Kind, ObjectRef};
use crate::net::{Families, Protocol};

/// The endpoints of each namespace, put together when somebody asks for them first.
#[derive(Debug, Default)]
pub(super) struct EndpointsByNamespace(OnceLock<Map<Arc<str>, Vec<u32>>>);

impl EndpointsByNamespace {
    fn of(&self, namespace: &str, directory: &Directory) -> &[u32] {
        let all = self.0.get_or_init(|| {
            let mut all: Map<Arc<str>, Vec<u32>> = Map::default();
            for (number, entry) in directory.endpoints.iter() {
                all.entry(Arc::clone(&entry.record.namespace)).or_default().push(number);
            }
            all
        });
        all.get(namespace).map_or(&[], |numbers| numbers)
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let lists = self.0.get().into_iter().flat_map(Map::values);
        lists.map(|numbers| numbers.capacity() * size_of::<u32>()).sum()
    }
}

/// Somebody who may get what is sent to a Service.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    party: Party,
    port: u16,
    /// The families in which it is ready.
    ready: Families,
    /// The families in which it goes away and still serves.
    terminating: Families,
}

/// Those who may get it, and how many may not, and why.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    list: Vec<Candidate>,
    places: Map<(Party, u16), usize>,
    not_ready: usize,
    without_port: usize,
    of_other_families: usize,
}

impl Candidates {
    /// Takes note of one, once more perhaps, in some families.
    fn add(&mut self, party: Party, port: u16, families: Families, is_ready: bool) {
        if families.is_empty() {
            self.of_other_families += 1;
            return;
        }
        let none = Families::default();
        let place = *self.places.entry((party, port)).or_insert_with(|| {
            self.list.push(Candidate { party, port, ready: none, terminating: none });
            self.list.len() - 1
        });
        if let Some(known) = self.list.get_mut(place) {
            let state = if is_ready { &mut known.ready } else { &mut known.terminating };
            *state = state.or(families);
        }
    }

    /// Who they are, each with the port.
    pub(super) fn parties(&self) -> impl Iterator<Item = (Party, u16)> {
        self.list.iter().map(|candidate| (candidate.party, candidate.port))
    }

    /// Those who do get it, each with the families in which it does. Nobody who goes away does in a
    /// family in which somebody is ready; of a headless Service nobody does at all.
    fn chosen(&self, form: &ServiceForm) -> impl Iterator<Item = (Candidate, Families)> {
        let ready = self.list.iter().fold(Families::default(), |all, one| all.or(one.ready));
        let spare = match form {
            ServiceForm::Headless => Families::default(),
            _ => Families::BOTH.without(ready),
        };
        let chosen = self.list.iter().map(move |one| {
            let families = one.ready.or(one.terminating.and(spare));
            (*one, families)
        });
        chosen.filter(|(_, families)| !families.is_empty())
    }

    /// Why there are none.
    fn why_none(&self, entry: &ServiceEntry, port: Destination<'_>) -> NoBackends {
        let record = &entry.record;
        // Those who go away, of a headless Service.
        let unready = self.not_ready + self.list.len();
        if self.without_port > 0 {
            let port = match (port, entry.slices.is_empty()) {
                (Destination::Port(port), true) => match &port.target {
                    TargetPort::Name(name) => format!("`{name}`/{}", port.protocol),
                    _ => port_text(port),
                },
                (Destination::Port(port), false) => format!("for {}", port_text(port)),
                (Destination::Untranslated(number, _), _) => number.to_string(),
            };
            NoBackends::NoPort { port }
        } else if unready > 0 {
            NoBackends::NoneReady { count: unready }
        } else if self.of_other_families > 0 {
            NoBackends::OtherFamilies
        } else if !entry.slices.is_empty() {
            NoBackends::EmptySlices
        } else if record.selector.is_empty() {
            NoBackends::NoSelector
        } else {
            NoBackends::NothingSelected { selector: record.selector_text.to_string() }
        }
    }
}

impl Snapshot {
    pub(super) fn backends(
        &self,
        question: &ServiceQuestion,
    ) -> Result<Vec<Backend>, ServiceError> {
        let entry = self.service_entry(question.service)?;
        let record = &entry.record;
        self.check_understood(entry)?;
        if let ServiceForm::ExternalName(name) = &record.form {
            let (service, name) = (service_text(entry), name.to_string());
            return Err(ServiceError::ExternalName { service, name });
        }
        let port = self.wanted_port(entry, question)?;
        let candidates = self.candidates(entry, port, question.protocol)?;
        let mut backends = Vec::new();
        for (Candidate { party, port, .. }, families) in candidates.chosen(&record.form) {
            let mut asked = Question::port(question.source, party, question.protocol, port);
            asked = asked.within(families);
            if record.form == ServiceForm::Translated {
                asked = asked.via_service();
            }
            backends.push(Backend { party, port, question: asked });
        }
        if backends.is_empty() {
            let (service, why) = (service_text(entry), candidates.why_none(entry, port));
            return Err(ServiceError::NoBackends { service, why });
        }
        self.sort(&mut backends);
        self.keep_reachable(backends)
    }

    /// Those who may get what is sent to a port.
    pub(super) fn candidates(
        &self,
        entry: &ServiceEntry,
        port: Destination<'_>,
        protocol: Protocol,
    ) -> Result<Candidates, ServiceError> {
        if entry.slices.is_empty() {
            Ok(self.selected(&entry.record, port, protocol))
        } else {
            self.listed(entry, port)
        }
    }

    /// An error when something of the Service or its slices says nobody knows what.
    pub(super) fn check_understood(&self, entry: &ServiceEntry) -> Result<(), ServiceError> {
        let own = entry.record.fault.map(|what| (object_ref(entry), what.as_str()));
        let fault = own.or_else(|| {
            let slices = entry.slices.iter();
            slices.filter_map(|slice| Some((slice_ref(entry, slice), slice.fault?.as_str()))).next()
        });
        let Some((object, what)) = fault else { return Ok(()) };
        let service = service_text(entry);
        Err(ServiceError::NotUnderstood { service, object, what: what.to_owned() })
    }

    /// Those that the selector selects.
    fn selected(
        &self,
        service: &ServiceRecord,
        port: Destination<'_>,
        protocol: Protocol,
    ) -> Candidates {
        let mut candidates = Candidates::default();
        for number in self.endpoints_by_namespace.of(&service.namespace, &self.directory) {
            let id = EndpointId(*number);
            let Some(entry) = self.directory.endpoint(id) else { continue };
            let record = &entry.record;
            if record.completed || !service.selects(&record.labels) {
                continue;
            }
            let has_address = !entry.addresses.is_empty();
            let is_ready = match record.readiness {
                Readiness::Ready => true,
                Readiness::Terminating => service.publish_not_ready,
                Readiness::NotReady if service.publish_not_ready && has_address => true,
                Readiness::NotReady => {
                    candidates.not_ready += 1;
                    continue;
                }
            };
            let target = match port {
                Destination::Untranslated(number, _) => Some(number),
                Destination::Port(port) => match &port.target {
                    TargetPort::Number(number) => Some(*number),
                    TargetPort::Name(name) => named_port(entry, name, protocol),
                    TargetPort::Unreadable => None,
                },
            };
            let Some(target) = target else {
                candidates.without_port += 1;
                continue;
            };
            let families = families_of(entry).and(service.families);
            candidates.add(Party::Endpoint(id), target, families, is_ready);
        }
        candidates
    }

    /// Those that the EndpointSlices list.
    fn listed(
        &self,
        entry: &ServiceEntry,
        port: Destination<'_>,
    ) -> Result<Candidates, ServiceError> {
        let mut candidates = Candidates::default();
        for slice in &*entry.slices {
            candidates.not_ready += slice.not_ready as usize;
            let target = match port {
                Destination::Untranslated(number, _) => Some(number),
                Destination::Port(port) => {
                    let mut ports = slice.ports.iter();
                    let own =
                        ports.find(|own| own.name == port.name && own.protocol == port.protocol);
                    own.map(|own| own.number)
                }
            };
            let Some(target) = target else {
                candidates.without_port += slice.endpoints.len();
                continue;
            };
            for endpoint in &slice.endpoints {
                let (party, families) = self.listed_party(entry, slice, endpoint)?;
                let families = families.and(entry.record.families);
                candidates.add(party, target, families, endpoint.ready);
            }
        }
        Ok(candidates)
    }

    /// Who is at an address that a slice lists: its owner, else the pod that the slice says it is,
    /// else nobody knows who.
    fn listed_party(
        &self,
        entry: &ServiceEntry,
        slice: &SliceRecord,
        endpoint: &SliceEndpoint,
    ) -> Result<(Party, Families), ServiceError> {
        let address = endpoint.address;
        let family = Families::of(address);
        if let Some(owner) = self.directory.owner(address) {
            return Ok((Party::Endpoint(owner), family));
        }
        let Some((namespace, name)) = &endpoint.pod else {
            return Ok((Party::Address(address), family));
        };
        let named = self.directory.named(namespace, name).into_iter();
        let mut named = named.filter_map(|id| Some((id, self.directory.endpoint(id)?)));
        let pod = named.find(|(_, entry)| entry.record.kind == Kind::Pod);
        let (id, pod) = pod.ok_or_else(|| ServiceError::UnknownPod {
            service: service_text(entry),
            slice: slice_ref(entry, slice),
            pod: format!("{namespace}/{name}"),
        })?;
        // It is known by another address, or by none yet.
        let own = families_of(pod);
        let families = if own.and(family).is_empty() { own } else { family };
        Ok((Party::Endpoint(id), families))
    }

    /// Puts backends in order: endpoints by name, then addresses.
    fn sort(&self, backends: &mut [Backend]) {
        backends.sort_by_cached_key(|backend| match backend.party {
            Party::Endpoint(id) => {
                let record = self.directory.endpoint(id).map(|entry| &entry.record);
                let name = record.map(|record| {
                    (Arc::clone(&record.namespace), record.name.clone(), record.kind)
                });
                (false, name, None, backend.port)
            }
            Party::Address(address) => (true, None, Some(address), backend.port),
        });
    }

    /// Those that have a family in common with the source: in a family that it has not, it opens no
    /// connection to the Service at all.
    fn keep_reachable(&self, mut backends: Vec<Backend>) -> Result<Vec<Backend>, ServiceError> {
        let mut unreachable = None;
        let mut error = None;
        backends.retain(|backend| match self.cases_of_question(&backend.question) {
            Ok(_) => true,
            Err(no_family @ QuestionError::NoCommonFamily { .. }) => {
                unreachable.get_or_insert(no_family);
                false
            }
            Err(other) => {
                error.get_or_insert(other);
                false
            }
        });
        let error = error.or(unreachable.filter(|_| backends.is_empty()));
        error.map_or(Ok(backends), |error| Err(error.into()))
    }

    /// What is to be known about an address that is a Service's.
    pub(super) fn note_on_service_address(&self, address: IpAddr) -> Option<String> {
        use crate::directory::ServiceAddress::{ClusterIp, ExternalIp};
        let services = self.directory.services.at(address);
        let (id, role) = services.first()?;
        let service = service_text(self.directory.services.get(*id)?);
        let role = match role {
            ClusterIp => "the ClusterIP",
            ExternalIp => "an external address",
        };
        Some(format!(
            "{address} is {role} of Service {service}, which nobody has: packets are judged when \
             they have the address of a backend, so ask about `svc/{service}`"
        ))
    }
}

fn slice_ref(entry: &ServiceEntry, slice: &SliceRecord) -> ObjectRef {
    ObjectRef {
        kind: Kind::EndpointSlice,
        namespace: entry.record.namespace.to_string(),
        name: slice.name.to_string(),
    }
}

/// The number that a targetPort's name means on an endpoint.
fn named_port(entry: &EndpointEntry, name: &str, protocol: Protocol) -> Option<u16> {
    let mut ports = entry.record.named_ports.iter();
    let port = ports.find(|port| port.is_first && &*port.name == name && port.protocol == protocol);
    port.map(|port| port.number)
}

/// The families of an endpoint's addresses; both of one that has none yet.
fn families_of(entry: &EndpointEntry) -> Families {
    if entry.addresses.is_empty() {
        return Families::BOTH;
    }
    Families::of_all(entry.addresses.iter().map(|own| own.address))
}
