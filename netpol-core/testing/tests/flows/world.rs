//! A cluster of two pods, and a table that sees what they send.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use netpol_core::flows::{Flow, FlowOptions, FlowState, FlowStatistics, FlowVerdict, Flows};
use netpol_core::flows::{MidStream, Tracking};
use netpol_core::manifest::ReadOptions;
use netpol_core::model::Kind;
use netpol_core::{Admission, Cluster, Engine, Manifest, Options, RawPacket, Verdict};

pub(crate) use netpol_core::flows::Tracking::*;
pub(crate) use netpol_testing::naive_flows::wire::*;

/// What is answered.
pub(crate) type Answer = (Verdict, Tracking);
pub(crate) const ALLOW: Verdict = Verdict::Allow;
pub(crate) const DENY: Verdict = Verdict::Deny;

/// `web`, which may be reached from nowhere, and `db`, which may be reached from `web` at TCP, UDP and
/// SCTP 80. Both may send what they like.
const CLUSTER: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}},
 status: {phase: Running, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, labels: {app: db}},
 status: {phase: Running, podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed},
 spec: {podSelector: {}, policyTypes: [Ingress]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 80}, {port: 80, protocol: UDP}, {port: 80, protocol: SCTP}]
";

/// The port that `web` connects from, and the one of `db` that it connects to.
pub(crate) const WEB: &str = "10.0.0.1:40000";
pub(crate) const DB: &str = "10.0.0.2:80";
pub(crate) const WEB6: &str = "[fd00::1]:40000";
pub(crate) const DB6: &str = "[fd00::2]:80";

pub(crate) fn end(text: &str) -> SocketAddr {
    text.parse().expect("it is an address with a port")
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("it is an address")
}

pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) engine: Engine,
    pub(crate) flows: Flows,
    pub(crate) now: Duration,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(Options::default(), |_| {})
    }

    pub(crate) fn strict() -> World {
        World::with(Options::default(), |options| options.mid_stream = MidStream::Deny)
    }

    pub(crate) fn with(options: Options, change: impl FnOnce(&mut FlowOptions)) -> World {
        let mut cluster = Cluster::new(options);
        cluster.apply(&read(CLUSTER), Admission::Create).expect("it is good");
        let engine = cluster.publish().expect("it fits");
        let mut options = FlowOptions::new([1, 2]);
        options.capacity = 1 << 10;
        change(&mut options);
        let flows = Flows::new(&options).expect("there is memory");
        World { cluster, engine, flows, now: Duration::ZERO }
    }

    /// Adds a policy, or changes one, and publishes.
    pub(crate) fn policy(&mut self, name: &str, spec: &str) {
        let text = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}}}, spec: {spec}}}"
        );
        self.cluster.apply(&read(&text), Admission::Create).expect("it is good");
        self.publish();
    }

    /// Takes a policy away, and publishes.
    pub(crate) fn without(&mut self, name: &str) {
        assert!(self.cluster.delete(Kind::NetworkPolicy, "default", name));
        self.publish();
    }

    pub(crate) fn publish(&mut self) {
        self.engine = self.cluster.publish().expect("it fits");
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    pub(crate) fn judge(&mut self, bytes: &[u8]) -> FlowVerdict {
        let raw = RawPacket::parse(bytes).expect("it is a packet");
        self.flows.judge(&self.engine, &raw, self.now)
    }

    /// What a packet is answered.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> Answer {
        let verdict = self.judge(bytes);
        assert_eq!(verdict.generation, self.engine.generation());
        (verdict.verdict, verdict.tracking)
    }

    /// A segment of TCP; what it numbers is plausible, whoever sends it.
    pub(crate) fn tcp(&mut self, from: &str, to: &str, flags: u8) -> Answer {
        self.answer(&tcp(end(from), end(to), flags, [1_000, 1_001]))
    }

    pub(crate) fn udp(&mut self, from: &str, to: &str) -> Answer {
        self.answer(&udp(end(from), end(to)))
    }

    /// `web` connects to `db`.
    pub(crate) fn connect(&mut self, from: &str, to: &str) {
        assert_eq!(self.tcp(from, to, SYN), (ALLOW, New));
        assert_eq!(self.tcp(to, from, SYN | ACK), (ALLOW, Reply));
        assert_eq!(self.tcp(from, to, ACK), (ALLOW, Established));
        assert_eq!(self.state(&tcp(end(from), end(to), ACK, [0; 2])), FlowState::Established);
    }

    pub(crate) fn flow(&self, bytes: &[u8]) -> Option<Flow> {
        self.flows.find(&RawPacket::parse(bytes).expect("it is a packet"))
    }

    pub(crate) fn state(&self, bytes: &[u8]) -> FlowState {
        self.flow(bytes).expect("there is a flow").state
    }

    pub(crate) fn statistics(&mut self) -> FlowStatistics {
        self.flows.statistics(self.now)
    }
}

fn read(text: &str) -> Manifest {
    Manifest::read(None, text.as_bytes(), &ReadOptions::default())
}
