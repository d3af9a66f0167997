//! What policies say that they probably do not mean.

use super::question::{Case, Side};
use super::service::Destination;
use super::{Engine, Party, Question, Snapshot};
use crate::diagnostic::{Diagnostic, Problem};
use crate::directory::{
    EndpointEntry, EndpointId, PolicyNumber, PortKeys, PortLine, RuleLines, ServiceEntry,
    ServiceForm, ServicePortRecord, TargetPort,
};
use crate::field::Path;
use crate::hash::{Map, Set};
use crate::model::{Kind, ObjectRef};
use crate::net::Protocol;
use crate::packet::Direction;
use crate::policy::{Peer, Tier};
use crate::tables::ClassId;

impl Engine {
    /// What the policies say that they probably do not mean, in order of their names: warnings that
    /// no object gives rise to alone. Every problem is a [`Problem::Note`].
    ///
    /// | code | about |
    /// |---|---|
    /// | `service-port` | a port number of a NetworkPolicy is that of a Service, which turns it into another before policies see the packet, and no pod concerned listens on it |
    ///
    /// Concerned are the pods that a policy selects, for its ingress rules; for its egress rules the
    /// pods that a rule's selectors match. Rules that speak of addresses or of everybody are left
    /// alone: the number may well be that of somebody outside. A pod listens on the ports that its
    /// containers declare, and on those that Services send to. Services are read as they are for
    /// [`backends`](Engine::backends).
    ///
    /// Nothing is kept of it: looks at every Service, policy and endpoint.
    #[must_use]
    pub fn lints(&self) -> Vec<Diagnostic> {
        self.0.service_ports_in_policies()
    }
}

/// A port of a Service that its backends have under other numbers.
struct Translation<'snapshot> {
    service: &'snapshot ServiceEntry,
    port: &'snapshot ServicePortRecord,
    /// One of each kind, with the number that it has.
    backends: Vec<(&'snapshot EndpointEntry, u16)>,
}

/// What Services make of ports, by the keys of the Services' own.
#[derive(Default)]
struct Translations<'snapshot> {
    by_key: Map<u32, Vec<Translation<'snapshot>>>,
    /// The keys that are sent on to endpoints.
    targets: Map<EndpointId, Vec<u32>>,
}

/// An entry of a rule's ports that may be meant otherwise.
struct Suspect<'snapshot> {
    policy: PolicyNumber,
    direction: Direction,
    lines: &'snapshot RuleLines,
    port: u32,
    service: &'snapshot ServiceEntry,
    service_port: &'snapshot ServicePortRecord,
    target: u16,
    /// Somebody concerned listens on the number.
    is_cleared: bool,
}

/// As rules have ports: see [`PortKeys::Range`].
const fn key(protocol: Protocol, number: u16) -> u32 {
    (protocol.0 as u32) << 16 | number as u32
}

/// The key of a line that names a single number.
const fn single(line: &PortLine) -> Option<u32> {
    match line.keys {
        PortKeys::Range(range) if range.first == range.last() => Some(range.first),
        _ => None,
    }
}

impl Snapshot {
    fn service_ports_in_policies(&self) -> Vec<Diagnostic> {
        let translations = self.translations();
        if translations.by_key.is_empty() {
            return Vec::new();
        }
        let mut suspects = self.suspects(&translations);
        self.clear(&mut suspects, &translations);
        let mut told = Vec::new();
        for suspect in suspects.iter().filter(|suspect| !suspect.is_cleared) {
            let Some(policy) = self.directory.policies.get(suspect.policy.0) else { continue };
            let policy = &policy.policy;
            let (rule, port) = (suspect.lines.rule, suspect.port);
            let place =
                (policy.namespace.clone(), policy.name.clone(), suspect.direction, rule, port);
            told.push((place, suspect));
        }
        told.sort_by(|(a, _), (b, _)| a.cmp(b));
        told.dedup_by(|(a, _), (b, _)| a == b);
        told.into_iter()
            .map(|((namespace, name, ..), suspect)| {
                Diagnostic::warning(suspect.problem()).about(ObjectRef {
                    kind: Kind::NetworkPolicy,
                    namespace: namespace.into(),
                    name: name.into(),
                })
            })
            .collect()
    }

    /// What Services make of ports.
    fn translations(&self) -> Translations<'_> {
        let mut all = Translations::default();
        for (_, service) in self.directory.services.iter() {
            let record = &service.record;
            if record.form != ServiceForm::Translated || self.check_understood(service).is_err() {
                continue;
            }
            for port in record.ports.iter().filter(|port| port.target != TargetPort::Unreadable) {
                // What cannot be told who gets is no reason for a warning.
                let Ok(candidates) =
                    self.candidates(service, Destination::Port(port), port.protocol)
                else {
                    continue;
                };
                let (mut backends, mut kinds) = (Vec::new(), Set::default());
                for (party, target) in candidates.parties() {
                    let Party::Endpoint(id) = party else { continue };
                    let Some(entry) = self.directory.endpoint(id) else { continue };
                    all.targets.entry(id).or_default().push(key(port.protocol, target));
                    if target != port.number && kinds.insert((class_of(entry), target)) {
                        backends.push((entry, target));
                    }
                }
                if !backends.is_empty() {
                    let key = key(port.protocol, port.number);
                    let translation = Translation { service, port, backends };
                    all.by_key.entry(key).or_default().push(translation);
                }
            }
        }
        all
    }

    /// Every port of a rule that is a Service's and not its targetPort, where one of its pods is
    /// concerned.
    fn suspects<'snapshot>(
        &'snapshot self,
        translations: &Translations<'snapshot>,
    ) -> Vec<Suspect<'snapshot>> {
        let mut suspects = Vec::new();
        for (number, entry) in self.directory.policies.iter() {
            if entry.policy.tier != Tier::NetworkPolicy || entry.policy.kind != Kind::NetworkPolicy
            {
                continue;
            }
            let policy = PolicyNumber(number);
            for direction in [Direction::Ingress, Direction::Egress] {
                for lines in entry.lines.of(direction) {
                    let ports = lines.ports.iter().flatten();
                    for (line, key) in ports.filter_map(|line| Some((line, single(line)?))) {
                        let translations = translations.by_key.get(&key).into_iter().flatten();
                        let found = translations.into_iter().find_map(|translation| {
                            let mut backends = translation.backends.iter();
                            let target = backends.find_map(|(backend, target)| {
                                let protocol = translation.port.protocol;
                                let concerned = self.concerns(policy, direction, lines, backend);
                                let admits = self.admits(lines, backend, protocol, *target);
                                (concerned && !admits).then_some(*target)
                            })?;
                            Some((translation, target))
                        });
                        let Some((translation, target)) = found else { continue };
                        let (service, service_port) = (translation.service, translation.port);
                        let (port, is_cleared) = (line.port, false);
                        suspects.push(Suspect {
                            policy,
                            direction,
                            lines,
                            port,
                            service,
                            service_port,
                            target,
                            is_cleared,
                        });
                    }
                }
            }
        }
        suspects
    }

    /// Clears those whose number somebody concerned listens on.
    fn clear(&self, suspects: &mut [Suspect<'_>], translations: &Translations<'_>) {
        if suspects.is_empty() {
            return;
        }
        let mut by_key: Map<u32, Vec<usize>> = Map::default();
        for (place, suspect) in suspects.iter().enumerate() {
            let port = suspect.service_port;
            by_key.entry(key(port.protocol, port.number)).or_default().push(place);
        }
        for (number, entry) in self.directory.endpoints.iter() {
            let record = &entry.record;
            let named = record.named_ports.iter().map(|port| key(port.protocol, port.number));
            let others =
                record.other_ports.iter().map(|(protocol, number)| key(*protocol, *number));
            let targets = translations.targets.get(&EndpointId(number)).into_iter().flatten();
            for key in named.chain(others).chain(targets.copied()) {
                for place in by_key.get(&key).into_iter().flatten() {
                    if let Some(suspect) = suspects.get_mut(*place) {
                        let Suspect { policy, direction, lines, .. } = *suspect;
                        suspect.is_cleared |= self.concerns(policy, direction, lines, entry);
                    }
                }
            }
        }
    }

    /// Whether a rule is about what is sent to an endpoint: because the policy selects it, or because
    /// a selector of the rule matches it.
    fn concerns(
        &self,
        policy: PolicyNumber,
        direction: Direction,
        lines: &RuleLines,
        destination: &EndpointEntry,
    ) -> bool {
        let class = class_of(destination);
        if direction == Direction::Ingress {
            let list = self.directory.list_of(class, direction, Tier::NetworkPolicy);
            return self.directory.policy_list(list).contains(&policy);
        }
        let identity = self.tables.classes.at(class.record()).identity(direction);
        let rules = self.directory.policies.get(policy.0);
        let rules = rules.and_then(|entry| entry.policy.rules(direction)).unwrap_or_default();
        let rule = rules.get(lines.rule as usize);
        lines.peers.iter().flatten().any(|line| {
            let peer = rule.and_then(|rule| rule.peers.get(line.peer as usize));
            matches!(peer, Some(Peer::Pods { .. })) && self.is_peer(line, identity)
        })
    }

    /// Whether a rule's ports mean this one of an endpoint.
    fn admits(
        &self,
        lines: &RuleLines,
        destination: &EndpointEntry,
        protocol: Protocol,
        number: u16,
    ) -> bool {
        let side = Side { class: class_of(destination), address: None, endpoint: None };
        // Who asks whom does not matter to ports.
        let nobody = Party::Endpoint(EndpointId(u32::MAX));
        let traffic = *Question::port(nobody, nobody, protocol, number).traffic();
        let case = Case { source: side, destination: side, traffic };
        let scene = self.scene(&case, Direction::Ingress);
        lines.ports.iter().flatten().any(|line| scene.means(line.keys))
    }
}

/// The class of an endpoint, by its first address where it has one.
fn class_of(entry: &EndpointEntry) -> ClassId {
    entry.addresses.first().map_or(entry.without_address, |own| own.class)
}

impl Suspect<'_> {
    fn problem(&self) -> Problem {
        let list = match self.direction {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        };
        let path = Path::new("spec")
            .child(list)
            .index(self.lines.rule as usize)
            .child("ports")
            .index(self.port as usize)
            .child("port");
        let (service, number, target) =
            (&self.service.record, self.service_port.number, self.target);
        let name = match &self.service_port.target {
            TargetPort::Name(name) => format!("{target}, or `{name}`"),
            _ => target.to_string(),
        };
        Problem::Note {
            code: "service-port",
            path,
            message: format!(
                "Service {}/{} turns port {number} into its targetPort {target} before policies see \
                 the packet, and no pod that this is about listens on {number}; name {name}",
                service.namespace, service.name
            ),
        }
    }
}
