//! Questions about Services: what is sent to one goes on to its backends, each of which is an
//! ordinary question.

use std::fmt;

use serde::{Serialize, Serializer};

use super::explain::{Explanation, PartyName};
use super::question::is_service;
use super::service_error::ServiceError;
use super::{Engine, Party, Question, Snapshot};
use crate::directory::{ServiceEntry, ServiceForm, ServicePortRecord, TargetPort};
use crate::model::{Kind, ObjectRef};
use crate::net::Protocol;
use crate::packet::Verdict;

pub use crate::directory::ServiceId;

/// May this one open a connection to that port of a Service?
///
/// Policies see a packet after the Service's address has been replaced by that of a backend, and
/// its port by the backend's, so this means: may it open one to each of the backends?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceQuestion {
    pub(super) source: Party,
    pub(super) service: ServiceId,
    pub(super) protocol: Protocol,
    pub(super) port: WantedPort,
}

/// A port of a Service, as a question gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum WantedPort {
    Number(u16),
    Name(Box<str>),
}

impl ServiceQuestion {
    /// May `source` open a connection of `protocol` to the Service's port with this number?
    ///
    /// A headless Service translates nothing, so there it is the number on the pods themselves.
    #[must_use]
    pub fn port(
        source: impl Into<Party>,
        service: ServiceId,
        protocol: Protocol,
        port: u16,
    ) -> ServiceQuestion {
        let port = WantedPort::Number(port);
        ServiceQuestion { source: source.into(), service, protocol, port }
    }

    /// May `source` open a connection of `protocol` to the Service's port with this name?
    #[must_use]
    pub fn named_port(
        source: impl Into<Party>,
        service: ServiceId,
        protocol: Protocol,
        name: &str,
    ) -> ServiceQuestion {
        let port = WantedPort::Name(name.into());
        ServiceQuestion { source: source.into(), service, protocol, port }
    }
}

/// One of those who get what is sent to a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Backend {
    /// Who it is: an endpoint, or an address of which nobody knows whose it is.
    pub party: Party,
    /// The port on it.
    pub port: u16,
    /// The question that the one about the Service comes to here.
    pub question: Question,
}

/// The answer about a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_enums, reason = "all, none, or some")]
pub enum ServiceVerdict {
    /// Every backend may be reached.
    Allow,
    /// No backend may be reached.
    Deny,
    /// Some may be reached and some not: it depends on which of them a connection is given to.
    Mixed,
}

impl ServiceVerdict {
    /// Whether every backend may be reached.
    #[must_use]
    pub const fn is_allow(self) -> bool {
        matches!(self, ServiceVerdict::Allow)
    }

    /// `allow`, `deny` or `mixed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ServiceVerdict::Allow => "allow",
            ServiceVerdict::Deny => "deny",
            ServiceVerdict::Mixed => "mixed",
        }
    }

    /// What the verdicts on the backends come to; nobody is denied nothing.
    fn of(verdicts: impl IntoIterator<Item = Verdict>) -> ServiceVerdict {
        let single = |verdict: Verdict| match verdict {
            Verdict::Allow => ServiceVerdict::Allow,
            Verdict::Deny => ServiceVerdict::Deny,
        };
        let both = |a, b| if a == b { a } else { ServiceVerdict::Mixed };
        verdicts.into_iter().map(single).reduce(both).unwrap_or(ServiceVerdict::Deny)
    }
}

impl fmt::Display for ServiceVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An answer about a Service with names: who asked, and what each backend's verdict rests on.
///
/// `Display` prints it for people, `Serialize` gives the JSON of `-o json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceExplanation {
    /// What [`Engine::decide_service`] answers.
    pub verdict: ServiceVerdict,
    /// The engine's generation.
    pub generation: u64,
    /// Who sends.
    pub source: PartyName,
    /// The Service.
    pub service: ObjectRef,
    /// The protocol.
    #[serde(serialize_with = "as_text")]
    pub protocol: Protocol,
    /// The number that was connected to: the Service's port, or a headless Service's pods'.
    pub port: u16,
    /// The name of the Service's port, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_name: Option<String>,
    /// The answer for each backend, with the port on it; in order of namespace, name and port, and
    /// at the end those that are addresses.
    pub backends: Vec<Explanation>,
    /// What else is to be known about the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

fn as_text<S: Serializer>(protocol: &Protocol, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(protocol)
}

impl Engine {
    /// The Service with this name: `namespace/name`, with `svc/` or `service/` before it or without.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn service(&self, text: &str) -> Result<ServiceId, ServiceError> {
        let (namespace, name) = match *text.split('/').collect::<Vec<_>>() {
            [namespace, name] => (namespace, name),
            [kind, namespace, name] if is_service(kind) => (namespace, name),
            _ => return Err(ServiceError::Malformed { text: text.to_owned() }),
        };
        self.0.directory.services.named(namespace, name).ok_or_else(|| ServiceError::Unknown {
            text: format!("{namespace}/{name}"),
            similar: self.0.similar_services(namespace, name),
        })
    }

    /// Every Service, in order of namespace and name. Sorts them for each call.
    pub fn services(&self) -> impl Iterator<Item = ServiceId> + use<> {
        let mut services = self.0.directory.services.iter().collect::<Vec<_>>();
        services.sort_by_key(|(_, entry)| (&entry.record.namespace, &entry.record.name));
        services.into_iter().map(|(id, _)| id).collect::<Vec<_>>().into_iter()
    }

    /// Kind, namespace and name of a Service; `None` for a handle of another engine that has no
    /// Service here.
    #[must_use]
    pub fn service_name(&self, service: ServiceId) -> Option<ObjectRef> {
        self.0.directory.services.get(service).map(object_ref)
    }

    /// Who gets what `question` asks about, in order of namespace, name and port, and at the end
    /// those that are addresses; never nobody.
    ///
    /// - Where the Service has EndpointSlices, their endpoints that are ready, on the port that the
    ///   slice has for the Service's port. An address is whose it is; when nobody has it, the pod is
    ///   meant that the slice says it is.
    /// - Otherwise the pods of its namespace that its selector matches, that run and are not known
    ///   to be unready, and workloads that stand in for pods; on the targetPort, whose name may mean
    ///   another number on each.
    /// - Those that are terminating and still serve, when nobody of the family is ready.
    /// - Of them those of a family in which the Service is served, and that `source` has too.
    ///
    /// A Service is known by its own objects alone: that it is also reached at node ports, external
    /// addresses or a load balancer changes nothing of where its traffic goes.
    ///
    /// Looks at every endpoint of the Service's namespace; the first time that an engine is asked
    /// about a Service without EndpointSlices, at all endpoints.
    ///
    /// # Errors
    ///
    /// When there are none, when the Service has no such port, when it cannot be told who they are,
    /// or when a handle is of another engine.
    ///
    /// Sources: the comments of `ServiceSpec` and `ServicePort` in k8s.io/api/core/v1/types.go and
    /// of `Endpoint` in k8s.io/api/discovery/v1/types.go; `podToEndpoint` and `FindPort` of
    /// k8s.io/endpointslice; `CategorizeEndpoints` of kubernetes/pkg/proxy/topology.go.
    pub fn backends(&self, question: &ServiceQuestion) -> Result<Vec<Backend>, ServiceError> {
        self.0.backends(question)
    }

    /// May this connection to a Service be opened? Allow when every backend may be reached, deny
    /// when none may, and mixed otherwise.
    ///
    /// Costs a decision for each of the [`backends`](Engine::backends), and to find them.
    ///
    /// # Errors
    ///
    /// As [`backends`](Engine::backends).
    ///
    /// ```
    /// use netpol_core::engine::{ServiceQuestion, ServiceVerdict};
    /// use netpol_core::net::Protocol;
    /// use netpol_core::Cluster;
    ///
    /// let mut cluster = Cluster::from_manifests("
    /// {apiVersion: v1, kind: Pod, metadata: {name: db-0, labels: {app: db}},
    ///  spec: {containers: [{ports: [{name: postgres, containerPort: 15432}]}]}}
    /// ---
    /// {apiVersion: v1, kind: Pod, metadata: {name: web}}
    /// ---
    /// {apiVersion: v1, kind: Service, metadata: {name: db},
    ///  spec: {selector: {app: db}, ports: [{port: 5432, targetPort: postgres}]}}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: db}
    /// spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}
    /// ")?;
    /// let engine = cluster.publish()?;
    /// let (web, db) = (engine.endpoint("default/web")?, engine.service("default/db")?);
    /// let question = ServiceQuestion::port(web, db, Protocol::TCP, 5432);
    /// assert_eq!(engine.backends(&question)?[0].port, 15432);
    /// // The policy names the port of the Service, which no packet has when it is judged.
    /// assert_eq!(engine.decide_service(&question)?, ServiceVerdict::Deny);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decide_service(
        &self,
        question: &ServiceQuestion,
    ) -> Result<ServiceVerdict, ServiceError> {
        let mut verdicts = Vec::new();
        for backend in self.backends(question)? {
            verdicts.push(self.decide_question(&backend.question)?);
        }
        Ok(ServiceVerdict::of(verdicts))
    }

    /// The answer of [`decide_service`](Engine::decide_service), with everything it rests on.
    ///
    /// # Errors
    ///
    /// As [`backends`](Engine::backends).
    pub fn explain_service(
        &self,
        question: &ServiceQuestion,
    ) -> Result<ServiceExplanation, ServiceError> {
        let mut backends = Vec::new();
        for backend in self.backends(question)? {
            backends.push(self.explain_question(&backend.question)?);
        }
        let entry = self.0.service_entry(question.service)?;
        let port = self.0.wanted_port(entry, question)?;
        let number = port.number();
        let name = port.service_port().map(|port| port.name.to_string());
        let source = backends.first().map(|first| first.source.clone());
        Ok(ServiceExplanation {
            verdict: ServiceVerdict::of(backends.iter().map(|backend| backend.verdict)),
            generation: self.generation(),
            source: source.unwrap_or(PartyName { endpoint: None, address: None }),
            service: object_ref(entry),
            protocol: question.protocol,
            port: number,
            port_name: name.filter(|name| !name.is_empty()),
            notes: self.0.service_notes(entry, question, port),
            backends,
        })
    }
}

/// What a question's port comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Destination<'entry> {
    /// A port of the Service, for which each backend has one of its own.
    Port(&'entry ServicePortRecord),
    /// A number that stays what it is, and the Service's port of that number if it has one.
    Untranslated(u16, Option<&'entry ServicePortRecord>),
}

impl<'entry> Destination<'entry> {
    const fn number(self) -> u16 {
        match self {
            Destination::Port(port) => port.number,
            Destination::Untranslated(number, _) => number,
        }
    }

    const fn service_port(self) -> Option<&'entry ServicePortRecord> {
        match self {
            Destination::Port(port) => Some(port),
            Destination::Untranslated(_, port) => port,
        }
    }
}

impl Snapshot {
    pub(super) fn service_entry(&self, id: ServiceId) -> Result<&ServiceEntry, ServiceError> {
        self.directory.services.get(id).ok_or(ServiceError::ForeignHandle)
    }

    /// The port that a question is about.
    pub(super) fn wanted_port<'entry>(
        &self,
        entry: &'entry ServiceEntry,
        question: &ServiceQuestion,
    ) -> Result<Destination<'entry>, ServiceError> {
        let record = &entry.record;
        let protocol = question.protocol;
        let mut ports = record.ports.iter().filter(|port| port.protocol == protocol);
        let (found, wanted) = match &question.port {
            WantedPort::Number(number) => {
                let found = ports.find(|port| port.number == *number);
                if record.form == ServiceForm::Headless && protocol.has_policy_ports() {
                    return Ok(Destination::Untranslated(*number, found));
                }
                (found, number.to_string())
            }
            WantedPort::Name(name) => (ports.find(|port| port.name == *name), format!("`{name}`")),
        };
        let ports = || record.ports.iter().map(port_text).collect();
        let found = found.ok_or_else(|| ServiceError::NoSuchPort {
            service: service_text(entry),
            wanted,
            protocol,
            ports: ports(),
        })?;
        if found.target == TargetPort::Unreadable {
            return Err(ServiceError::NotUnderstood {
                service: service_text(entry),
                object: object_ref(entry),
                what: format!("the targetPort of port {}", port_text(found)),
            });
        }
        Ok(Destination::Port(found))
    }

    /// What else is to be known about an answer.
    fn service_notes(
        &self,
        entry: &ServiceEntry,
        question: &ServiceQuestion,
        port: Destination<'_>,
    ) -> Vec<String> {
        let record = &entry.record;
        let mut notes = Vec::new();
        if let Destination::Untranslated(number, Some(port)) = port
            && port.target != TargetPort::Number(number)
        {
            let target = match &port.target {
                TargetPort::Number(target) => target.to_string(),
                TargetPort::Name(name) => format!("`{name}`"),
                TargetPort::Unreadable => "it names".to_owned(),
            };
            notes.push(format!(
                "the Service is headless, so that nothing turns port {number} into its targetPort \
                 {target}"
            ));
        }
        if record.local && record.form == ServiceForm::Translated {
            notes.push(
                "its internalTrafficPolicy is Local: of the backends only those on the node of the \
                 source get anything"
                    .to_owned(),
            );
        }
        let from_outside = match question.source {
            Party::Address(address) => self.directory.owner(address).is_none(),
            Party::Endpoint(_) => false,
        };
        if from_outside && record.is_exposed {
            notes.push(
                "what comes from outside through a node or a load balancer may come with their \
                 address, not with its own"
                    .to_owned(),
            );
        }
        notes
    }

    /// Up to three Services that somebody who wrote this name may have meant.
    pub(super) fn similar_services(&self, namespace: &str, name: &str) -> Vec<String> {
        let services = self.directory.services.iter().map(|(_, entry)| entry);
        let similar = services.filter(|entry| {
            let record = &entry.record;
            // The distance costs the product of both lengths, and a question may be of any length.
            let misspelt = || {
                record.name.len().abs_diff(name.len()) <= 2
                    && strsim::damerau_levenshtein(&record.name, name) <= 2
            };
            *record.name == *name || *record.namespace == *namespace && misspelt()
        });
        let mut similar = similar.map(service_text).collect::<Vec<_>>();
        similar.sort_unstable();
        similar.truncate(3);
        similar
    }
}

/// `namespace/name`.
pub(super) fn service_text(entry: &ServiceEntry) -> String {
    format!("{}/{}", entry.record.namespace, entry.record.name)
}

pub(super) fn object_ref(entry: &ServiceEntry) -> ObjectRef {
    ObjectRef {
        kind: Kind::Service,
        namespace: entry.record.namespace.to_string(),
        name: entry.record.name.to_string(),
    }
}

/// `5432/TCP (postgres)`.
pub(super) fn port_text(port: &ServicePortRecord) -> String {
    let ServicePortRecord { number, protocol, name, .. } = port;
    match &**name {
        "" => format!("{number}/{protocol}"),
        name => format!("{number}/{protocol} ({name})"),
    }
}
