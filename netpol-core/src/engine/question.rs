use std::net::IpAddr;

use smallvec::SmallVec;

use super::{Engine, Snapshot};
use crate::directory::{EndpointEntry, EndpointId};
use crate::net::{Families, Protocol};
use crate::packet::{Packet, Traffic, Transport};
use crate::tables::ClassId;

/// One end of a [`Question`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an end is known by its address or by its handle")]
pub enum Party {
    /// Whoever has the address.
    Address(IpAddr),
    /// This endpoint, whatever address its packets carry.
    Endpoint(EndpointId),
}

impl From<IpAddr> for Party {
    fn from(address: IpAddr) -> Party {
        Party::Address(address.to_canonical())
    }
}

impl From<EndpointId> for Party {
    fn from(endpoint: EndpointId) -> Party {
        Party::Endpoint(endpoint)
    }
}

/// A question about endpoints rather than addresses: may this one open that connection?
///
/// An endpoint is judged by its own labels and ports even when another pod owns its address, or
/// when it has none. The address family is the first that both ends have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub(super) source: Party,
    pub(super) destination: Party,
    pub(super) traffic: Traffic,
    /// Those in which the connection may be opened.
    pub(super) families: Families,
}

impl Question {
    /// May `source` send this to `destination`?
    #[must_use]
    pub fn new(
        source: impl Into<Party>,
        destination: impl Into<Party>,
        protocol: Protocol,
        transport: Transport,
    ) -> Question {
        Question {
            source: source.into(),
            destination: destination.into(),
            traffic: Traffic::new(protocol, transport),
            families: Families::BOTH,
        }
    }

    /// May `source` open a connection of `protocol` to `port` of `destination`?
    #[must_use]
    pub fn port(
        source: impl Into<Party>,
        destination: impl Into<Party>,
        protocol: Protocol,
        port: u16,
    ) -> Question {
        let transport = Transport::Ports { source: 0, destination: port };
        Question::new(source, destination, protocol, transport)
    }

    pub(super) const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The same question in these families alone.
    pub(super) const fn within(mut self, families: Families) -> Question {
        self.families = families;
        self
    }

    /// The same question about a packet that came through a Service; see
    /// [`Packet::via_service`].
    #[must_use]
    pub const fn via_service(mut self) -> Question {
        self.traffic = self.traffic.via_service();
        self
    }
}

/// A question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// The text is not `namespace/name` or `kind/namespace/name`.
    #[error("`{text}` does not name an endpoint: write `namespace/name` or `kind/namespace/name`")]
    Malformed {
        /// The text.
        text: String,
    },
    /// There is no such endpoint.
    #[error(
        "no endpoint `{text}`: no live pod has this name, and no workload whose pods are absent{}",
        hint(.similar)
    )]
    Unknown {
        /// The name asked for.
        text: String,
        /// Endpoints with a similar name, or Services where the name is `svc/name`, for a hint.
        similar: Vec<String>,
    },
    /// Endpoints of several kinds share the name.
    #[error("`{text}` could be {}: name one of them", list(.candidates))]
    Ambiguous {
        /// The name asked for.
        text: String,
        /// What it could be, as `kind/namespace/name`.
        candidates: Vec<String>,
    },
    /// The text names a Service, which is no end of a connection.
    #[error(
        "`{text}` is a Service, not an endpoint: its pods open connections, not it, and as a \
         destination it means its backends"
    )]
    IsService {
        /// The text.
        text: String,
    },
    /// The handle belongs to another engine.
    #[error("the endpoint handle is not of this engine")]
    ForeignHandle,
    /// The two ends have addresses, but none of the same family.
    #[error("`{source_name}` and `{destination}` have no address of the same family")]
    NoCommonFamily {
        /// One end.
        source_name: String,
        /// The other.
        destination: String,
    },
    /// The destination declares no such port.
    #[error("`{destination}` declares no {protocol} port named `{name}`")]
    UnknownPortName {
        /// The destination asked about.
        destination: String,
        /// The port name.
        name: String,
        /// The protocol.
        protocol: Protocol,
    },
    /// The destination declares the name for several numbers.
    #[error("`{destination}` declares {protocol} port `{name}` as {numbers:?}: give the number")]
    AmbiguousPortName {
        /// The destination asked about.
        destination: String,
        /// The port name.
        name: String,
        /// The protocol.
        protocol: Protocol,
        /// The numbers.
        numbers: Vec<u16>,
    },
}

pub(super) fn hint(similar: &[String]) -> String {
    if similar.is_empty() { String::new() } else { format!("; did you mean {}?", list(similar)) }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

/// One end, resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) class: ClassId,
    /// `None` when the end has no address at all.
    pub(super) address: Option<IpAddr>,
    pub(super) endpoint: Option<EndpointId>,
}

/// A packet or question, resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) source: Side,
    pub(super) destination: Side,
    pub(super) traffic: Traffic,
}

impl Engine {
    /// The endpoint with this name: `namespace/name`, or `kind/namespace/name` where endpoints of
    /// several kinds share the rest. The kind is spelt as in the API, in any case.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one.
    pub fn endpoint(&self, text: &str) -> Result<EndpointId, QuestionError> {
        self.0.endpoint_by_name(text)
    }

    /// The number of a named port on an endpoint.
    ///
    /// # Errors
    ///
    /// When the endpoint does not declare the name for the protocol, or declares it for several
    /// numbers.
    pub fn port_number(
        &self,
        destination: EndpointId,
        name: &str,
        protocol: Protocol,
    ) -> Result<u16, QuestionError> {
        let entry = self.0.directory.endpoint(destination).ok_or(QuestionError::ForeignHandle)?;
        let mut numbers = entry
            .record
            .named_ports
            .iter()
            .filter(|port| &*port.name == name && port.protocol == protocol)
            .map(|port| port.number)
            .collect::<Vec<_>>();
        numbers.dedup();
        let destination = label(entry);
        let name = name.to_owned();
        match *numbers {
            [number] => Ok(number),
            [] => Err(QuestionError::UnknownPortName { destination, name, protocol }),
            _ => Err(QuestionError::AmbiguousPortName { destination, name, protocol, numbers }),
        }
    }
}

impl Snapshot {
    /// A packet's ends, by their addresses.
    pub(super) fn case_of_packet(&self, packet: &Packet) -> Case {
        Case {
            source: self.side_of_address(packet.source()),
            destination: self.side_of_address(packet.destination()),
            traffic: *packet.traffic(),
        }
    }

    fn side_of_address(&self, address: IpAddr) -> Side {
        Side {
            class: self.tables.class_of(address),
            address: Some(address),
            endpoint: self.directory.owner(address),
        }
    }

    /// A question's ends in the first address family that both have.
    pub(super) fn case_of_question(&self, question: &Question) -> Result<Case, QuestionError> {
        let cases = self.cases_of_question(question)?;
        cases.first().copied().ok_or_else(|| self.no_common_family(question))
    }

    pub(super) fn no_common_family(&self, question: &Question) -> QuestionError {
        QuestionError::NoCommonFamily {
            source_name: self.party_label(question.source),
            destination: self.party_label(question.destination),
        }
    }

    /// A question's ends in the first address family that both have, and in every further one.
    pub(super) fn cases_of_question(
        &self,
        question: &Question,
    ) -> Result<SmallVec<[Case; 2]>, QuestionError> {
        let sources = self.sides(question.source)?;
        let destinations = self.sides(question.destination)?;
        let mut cases = SmallVec::new();
        for source in sources.iter().filter(|source| question.families.admit(source.address)) {
            let matching = destinations.iter().find(|destination| {
                match (source.address, destination.address) {
                    (Some(a), Some(b)) => a.is_ipv4() == b.is_ipv4(),
                    _ => question.families.admit(destination.address),
                }
            });
            if let Some(destination) = matching {
                cases.push(Case {
                    source: *source,
                    destination: *destination,
                    traffic: question.traffic,
                });
            }
        }
        if cases.is_empty() {
            return Err(self.no_common_family(question));
        }
        Ok(cases)
    }

    pub(super) fn sides(&self, party: Party) -> Result<SmallVec<[Side; 2]>, QuestionError> {
        let id = match party {
            Party::Address(address) => {
                return Ok(SmallVec::from_iter([self.side_of_address(address.to_canonical())]));
            }
            Party::Endpoint(id) => id,
        };
        let entry = self.directory.endpoint(id).ok_or(QuestionError::ForeignHandle)?;
        let side = |class, address| Side { class, address, endpoint: Some(id) };
        if entry.addresses.is_empty() {
            return Ok(SmallVec::from_iter([side(entry.without_address, None)]));
        }
        Ok(entry.addresses.iter().map(|own| side(own.class, Some(own.address))).collect())
    }

    pub(super) fn party_label(&self, party: Party) -> String {
        match party {
            Party::Address(address) => address.to_string(),
            Party::Endpoint(id) => self.directory.endpoint(id).map(label).unwrap_or_default(),
        }
    }

    fn endpoint_by_name(&self, text: &str) -> Result<EndpointId, QuestionError> {
        let parts = text.split('/').collect::<Vec<_>>();
        let (kind, namespace, name) = match *parts {
            [namespace, name] => (None, namespace, name),
            [kind, namespace, name] => (Some(kind), namespace, name),
            _ => return Err(QuestionError::Malformed { text: text.to_owned() }),
        };
        if kind.is_some_and(is_service) {
            return Err(QuestionError::IsService { text: text.to_owned() });
        }
        let named = self.directory.named(namespace, name).into_iter();
        let named = named.filter_map(|id| Some((id, self.directory.endpoint(id)?)));
        let mut named = named
            .filter(|(_, entry)| {
                kind.is_none_or(|kind| kind.eq_ignore_ascii_case(entry.record.kind.as_str()))
            })
            .collect::<Vec<_>>();
        named.sort_by_key(|(_, entry)| entry.record.kind);
        match *named {
            [(id, _)] => Ok(id),
            [] => Err(QuestionError::Unknown {
                text: text.to_owned(),
                similar: self.similar(kind, namespace, name),
            }),
            _ => Err(QuestionError::Ambiguous {
                text: text.to_owned(),
                candidates: named.iter().map(|(_, entry)| qualified(entry)).collect(),
            }),
        }
    }

    /// Up to three ends that somebody who wrote this name may have meant. `svc/db` is how kubectl spells a
    /// Service of its namespace.
    fn similar(&self, kind: Option<&str>, namespace: &str, name: &str) -> Vec<String> {
        if kind.is_none() && is_service(namespace) {
            let services = self.similar_services("", name);
            if !services.is_empty() {
                return services.iter().map(|service| format!("svc/{service}")).collect();
            }
        }
        self.similar_endpoints(namespace, name)
    }

    /// Up to three endpoints that somebody who wrote this name may have meant.
    fn similar_endpoints(&self, namespace: &str, name: &str) -> Vec<String> {
        let mut similar = Vec::new();
        for (_, entry) in self.directory.endpoints.iter() {
            let record = &entry.record;
            let same_namespace = &*record.namespace == namespace;
            // The distance costs the product of both lengths, and a question may be of any length.
            let misspelt = || {
                record.name.len().abs_diff(name.len()) <= 2
                    && strsim::damerau_levenshtein(&record.name, name) <= 2
            };
            if &*record.name == name
                || same_namespace && (record.name.starts_with(name) || misspelt())
            {
                similar.push(label(entry));
            }
        }
        similar.sort_unstable();
        similar.truncate(3);
        similar
    }
}

/// Whether a kind, as a question spells it, is that of Services.
pub(super) fn is_service(kind: &str) -> bool {
    ["svc", "service"].iter().any(|service| kind.eq_ignore_ascii_case(service))
}

fn label(entry: &EndpointEntry) -> String {
    format!("{}/{}", entry.record.namespace, entry.record.name)
}

fn qualified(entry: &EndpointEntry) -> String {
    format!("{}/{}", entry.record.kind.as_str().to_ascii_lowercase(), label(entry))
}
