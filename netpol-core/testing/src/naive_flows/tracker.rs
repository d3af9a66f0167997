//! Who keeps track of connections: the library's table, in Rust or behind another face.

use std::time::Duration;

use netpol_core::flows::{Flow, FlowOptions, FlowState, Flows, Tracking};
use netpol_core::manifest::ReadOptions;
use netpol_core::model::Kind;
use netpol_core::options::Options;
use netpol_core::{Admission, Cluster, Engine, Manifest, Packet, RawPacket};

/// A table of connections, and the cluster by whose policies it judges.
pub trait Tracker {
    /// Takes these manifests in, then forgets the NetworkPolicies of these names in `default`, and has
    /// what comes of it in force.
    fn publish(&mut self, manifests: &[String], gone: &[&str]);

    /// Whether a packet may pass, and what it is to the table.
    fn judge(&mut self, bytes: &[u8], now: Duration) -> (bool, Tracking);

    /// The flow that a packet belongs to.
    fn find(&self, bytes: &[u8]) -> Option<Found>;

    /// Judges all flows again: the packets that opened those that are cut off now.
    fn recheck(&mut self, now: Duration) -> Vec<Packet>;

    /// How many flows there are in each state.
    fn by_state(&mut self, now: Duration) -> [usize; FlowState::ALL.len()];
}

/// What is looked at of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The packet that opened it.
    pub opening: Packet,
    /// How far it has come.
    pub state: FlowState,
    /// Whether policy does not allow it any more.
    pub is_cut_off: bool,
}

impl From<Flow> for Found {
    fn from(flow: Flow) -> Found {
        Found { opening: flow.opening, state: flow.state, is_cut_off: flow.is_cut_off }
    }
}

/// The table as it is in Rust.
#[derive(Debug)]
pub struct Table {
    cluster: Cluster,
    pub(super) engine: Engine,
    pub(super) flows: Flows,
}

impl Table {
    /// An empty one, in an empty cluster.
    ///
    /// # Panics
    ///
    /// When there is no memory for it.
    #[must_use]
    pub fn new(options: Options, flows: &FlowOptions) -> Table {
        let mut cluster = Cluster::new(options);
        let engine = cluster.publish().expect("it fits");
        Table { cluster, engine, flows: Flows::new(flows).expect("there is memory") }
    }
}

impl Tracker for Table {
    fn publish(&mut self, manifests: &[String], gone: &[&str]) {
        for text in manifests {
            let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
            self.cluster.apply(&manifest, Admission::Create).expect("it is good");
        }
        for name in gone {
            self.cluster.delete(Kind::NetworkPolicy, "default", name);
        }
        self.engine = self.cluster.publish().expect("it fits");
    }

    fn judge(&mut self, bytes: &[u8], now: Duration) -> (bool, Tracking) {
        let raw = RawPacket::parse(bytes).expect("it is a packet");
        let verdict = self.flows.judge(&self.engine, &raw, now);
        (verdict.is_allow(), verdict.tracking)
    }

    fn find(&self, bytes: &[u8]) -> Option<Found> {
        let raw = RawPacket::parse(bytes).expect("it is a packet");
        self.flows.find(&raw).map(Found::from)
    }

    fn recheck(&mut self, now: Duration) -> Vec<Packet> {
        let mut cut_off = Vec::new();
        self.flows.recheck(&self.engine, now, |flow| cut_off.push(flow.opening));
        cut_off
    }

    fn by_state(&mut self, now: Duration) -> [usize; FlowState::ALL.len()] {
        self.flows.statistics(now).by_state
    }
}
