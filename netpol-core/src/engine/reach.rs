//! Who can reach an endpoint, and whom it can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use serde::Serialize;

use super::question::{Case, Side};
use super::{Engine, Party, Question, QuestionError, Snapshot};
use crate::directory::EndpointId;
use crate::hash::Map;
use crate::net::Protocol;
use crate::packet::{Traffic, Transport};
use crate::tables::{ClassId, Segment, flatten};

/// The other ends that may open a connection, or to which one may be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Reach {
    /// Endpoints, in order of namespace, name and kind: those for which
    /// [`Engine::decide_question`] answers allow.
    pub endpoints: Vec<EndpointId>,
    /// Addresses that are no endpoint's, of the families that the end asked about has; disjoint and
    /// as few as possible, in order. An address in one of them that is an endpoint's is as the
    /// endpoint is.
    pub networks: Vec<IpNet>,
}

/// The end that is asked about, and what the other end is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Source,
    Destination,
}

impl Engine {
    /// Who may open a connection of `protocol` to `port` of this destination, which is an endpoint
    /// by its handle or an address.
    ///
    /// Asks once for each kind of source, not for each source: costs some decisions for each class
    /// of the cluster, and a look at every endpoint.
    ///
    /// # Errors
    ///
    /// When the handle is of another engine.
    ///
    /// ```
    /// use netpol_core::Cluster;
    /// use netpol_core::net::Protocol;
    ///
    /// let mut cluster = Cluster::from_manifests("
    /// {apiVersion: v1, kind: Pod, metadata: {name: db, labels: {app: db}}, status: {phase: Running, podIP: 10.0.0.1}}
    /// ---
    /// {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, status: {phase: Running, podIP: 10.0.0.2}}
    /// ---
    /// {apiVersion: v1, kind: Pod, metadata: {name: job}, status: {phase: Running, podIP: 10.0.0.3}}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: db}
    /// spec:
    ///   podSelector: {matchLabels: {app: db}}
    ///   ingress:
    ///   - from: [{podSelector: {matchLabels: {app: web}}}, {ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}]
    /// ")?;
    /// let engine = cluster.publish()?;
    /// let (db, web) = (engine.endpoint("default/db")?, engine.endpoint("default/web")?);
    /// let reach = engine.sources_of(db, Protocol::TCP, 5432)?;
    /// assert!(reach.endpoints.contains(&web));
    /// assert!(!reach.endpoints.contains(&engine.endpoint("default/job")?));
    /// assert_eq!(reach.networks, ["192.0.2.0/25".parse()?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sources_of(
        &self,
        destination: impl Into<Party>,
        protocol: Protocol,
        port: u16,
    ) -> Result<Reach, QuestionError> {
        self.reach(destination.into(), Asked::Destination, protocol, port)
    }

    /// To whom this source, an endpoint by its handle or an address, may open a connection of
    /// `protocol` to `port`.
    ///
    /// Costs as [`sources_of`](Engine::sources_of).
    ///
    /// # Errors
    ///
    /// When the handle is of another engine.
    pub fn destinations_of(
        &self,
        source: impl Into<Party>,
        protocol: Protocol,
        port: u16,
    ) -> Result<Reach, QuestionError> {
        self.reach(source.into(), Asked::Source, protocol, port)
    }

    fn reach(
        &self,
        party: Party,
        asked: Asked,
        protocol: Protocol,
        port: u16,
    ) -> Result<Reach, QuestionError> {
        let transport = Transport::Ports { source: 0, destination: port };
        let sides = self.0.sides(party)?;
        let mut search = Search {
            snapshot: &self.0,
            asked,
            traffic: *Question::new(party, party, protocol, transport).traffic(),
            known: Map::default(),
        };
        let endpoints = self
            .endpoints()
            .filter(|endpoint| search.reaches_endpoint(&sides, *endpoint))
            .collect();
        let mut networks = Vec::new();
        for ipv4 in [true, false] {
            let side = sides.iter().find(|side| side.address.is_none_or(|a| a.is_ipv4() == ipv4));
            if let Some(side) = side {
                networks.extend(search.networks(side, ipv4));
            }
        }
        Ok(Reach { endpoints, networks })
    }
}

/// One question about all other ends.
struct Search<'snapshot> {
    snapshot: &'snapshot Snapshot,
    asked: Asked,
    traffic: Traffic,
    /// What is known of pairs of classes: the end asked about, and the other.
    known: Map<(u32, u32), bool>,
}

impl Search<'_> {
    fn reaches_endpoint(&mut self, sides: &[Side], other: EndpointId) -> bool {
        let Ok(others) = self.snapshot.sides(Party::Endpoint(other)) else { return false };
        // The first family that both have, as for any question by name: in the order of the source.
        let pair = |a: &Side, b: &Side| match (a.address, b.address) {
            (Some(a), Some(b)) => a.is_ipv4() == b.is_ipv4(),
            _ => true,
        };
        let (first, second) = match self.asked {
            Asked::Source => (sides, &*others),
            Asked::Destination => (&*others, sides),
        };
        let found = first.iter().find_map(|source| {
            let destination = second.iter().find(|destination| pair(source, destination))?;
            Some((*source, *destination))
        });
        found.is_some_and(|(source, destination)| match self.asked {
            Asked::Source => self.reaches(&source, &destination),
            Asked::Destination => self.reaches(&destination, &source),
        })
    }

    /// Whether the connection may be opened between the end asked about and another.
    fn reaches(&mut self, own: &Side, other: &Side) -> bool {
        let (source, destination) = match self.asked {
            Asked::Source => (*own, *other),
            Asked::Destination => (*other, *own),
        };
        let case = Case { source, destination, traffic: self.traffic };
        if self.is_special(own) || self.is_special(other) || own.endpoint == other.endpoint {
            return self.snapshot.decide_case(&case).is_allow();
        }
        // What comes before policies is about addresses; for the rest classes are enough.
        let snapshot = self.snapshot;
        let key = (own.class.record(), other.class.record());
        *self.known.entry(key).or_insert_with(|| snapshot.decide_case(&case).is_allow())
    }

    /// Whether something decides about the end that its class does not tell.
    fn is_special(&self, side: &Side) -> bool {
        let directory = &self.snapshot.directory;
        side.class.is_flagged()
            || side.address.is_some_and(|address| {
                address.is_loopback() || directory.node_addresses.contains(&address)
            })
            || side.endpoint.is_none() && self.snapshot.is_unknown_pod(side)
    }

    /// An address of a prefix that stands for all in it that are nobody's; `None` when there is none.
    fn example(&self, net: IpNet) -> Option<IpAddr> {
        let directory = &self.snapshot.directory;
        let ranges = &directory.pod_cidrs;
        let in_pod_cidr = ranges.iter().any(|range| range.contains(&net));
        // Pod ranges inside it are prefixes of their own where they matter, so beside them.
        let beside = ranges.iter().filter_map(|range| match range.broadcast() {
            IpAddr::V4(last) => last.to_bits().checked_add(1).map(|a| Ipv4Addr::from(a).into()),
            IpAddr::V6(last) => last.to_bits().checked_add(1).map(|a| Ipv6Addr::from(a).into()),
        });
        let candidates = net.hosts().take(1 << 10).chain(beside).chain([net.broadcast()]);
        candidates.filter(|address| net.contains(address)).find(|address| {
            !directory.node_addresses.contains(address)
                && directory.in_pod_cidr(*address) == in_pod_cidr
        })
    }

    /// The addresses of a family that are no endpoint's and may take part.
    fn networks(&mut self, own: &Side, ipv4: bool) -> Vec<IpNet> {
        let directory = &self.snapshot.directory;
        let mut segments: Vec<(IpNet, bool)> = Vec::new();
        for (_, (net, class)) in directory.prefixes.iter() {
            if net.addr().is_ipv4() != ipv4 {
                continue;
            }
            let Some(address) = self.example(*net) else { continue };
            segments.push((*net, self.reaches(own, &outside(address, *class))));
        }
        let nodes = directory.node_addresses.iter().copied().collect::<Vec<_>>();
        for address in nodes.into_iter().filter(|address| address.is_ipv4() == ipv4) {
            if self.snapshot.directory.owner(address).is_none() {
                let class = self.snapshot.tables.class_of(address);
                let reaches = self.reaches(own, &outside(address, class));
                segments.push((IpNet::from(address), reaches));
            }
        }
        // A node's address is a prefix that comes after, and counts before, an equal one.
        segments.sort_by_key(|(net, _)| (net.network(), net.prefix_len()));
        let bits = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        let ranges = segments.iter().map(|(net, reaches)| Segment {
            first: bits(net.network()),
            last: bits(net.broadcast()),
            class: u32::from(*reaches),
        });
        let last = if ipv4 { u32::MAX.into() } else { u128::MAX };
        let points = flatten(ranges, 0, |address: u128| address.checked_add(1));
        let ends = points.iter().skip(1).map(|(start, _)| start - 1).chain([last]);
        let mut networks = Vec::new();
        for ((first, reaches), last) in points.iter().zip(ends) {
            if *reaches == 0 || *first > last {
                continue;
            }
            if ipv4 {
                let [first, last] = [*first, last].map(|bits| Ipv4Addr::from_bits(bits as u32));
                networks.extend(Ipv4Subnets::new(first, last, 0).map(IpNet::V4));
            } else {
                let [first, last] = [*first, last].map(Ipv6Addr::from_bits);
                networks.extend(Ipv6Subnets::new(first, last, 0).map(IpNet::V6));
            }
        }
        networks
    }
}

const fn outside(address: IpAddr, class: ClassId) -> Side {
    Side { class, address: Some(address), endpoint: None }
}
