//! An embeddable Kubernetes NetworkPolicy engine: may this packet pass?
//!
//! It is for dataplanes that ask per packet, for controllers that stream pod events, and for tests
//! and audits that ask about manifests before they are rolled out.
//!
//! ```
//! use netpol_core::{Cluster, Packet, Reason};
//!
//! let mut cluster = Cluster::from_manifests("
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: db, namespace: shop, labels: {app: db}}
//! status: {phase: Running, podIP: 10.0.0.1}
//! ---
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: api, namespace: shop, labels: {app: api}}
//! status: {phase: Running, podIP: 10.0.0.2}
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: db, namespace: shop}
//! spec:
//!   podSelector: {matchLabels: {app: db}}
//!   ingress:
//!   - from: [{podSelector: {matchLabels: {app: api}}}]
//!     ports: [{port: 5432}]
//! ")?;
//! let engine = cluster.publish()?;
//!
//! let (api, db) = ("10.0.0.2".parse()?, "10.0.0.1".parse()?);
//! assert!(engine.decide(&Packet::tcp(api, db, 5432)).is_allow());
//!
//! let decision = engine.attribute(&Packet::tcp(api, db, 22));
//! assert!(!decision.verdict.is_allow());
//! assert_eq!(decision.ingress.reason, Reason::NoRuleMatches);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Three nouns
//!
//! - A [`Cluster`] is what writers see: objects go in, whole manifests or one by one. A call that is
//!   refused changes nothing and says everything that is wrong.
//! - An [`Engine`] is what readers see: an immutable snapshot that [`Cluster::publish`] compiles.
//!   Cloning it copies a pointer, and any number of threads may ask it.
//! - A [`Packet`] is what is judged: the first packet of a connection, with addresses and ports after
//!   DNAT. Replies are for connection tracking. A [`Question`] is the same between endpoints meant by
//!   name or handle.
//!
//! # How it is built
//!
//! ```text
//! text → manifest → model → validate → policy → inventory → compile → tables ← engine → verdict
//! ```
//!
//! Arrows go one way. [`manifest`] is the only room that knows YAML and JSON; [`model`] has the
//! objects as users write them; [`validate`] says what kube-apiserver would; [`legacy`] says what
//! older forms mean; `policy` is the one
//! normal form that objects come to, `inventory` all of them with their addresses read, `compile`
//! what makes `tables` of it. [`selector`] and [`net`] are useful without the rest.
//!
//! # What a verdict means
//!
//! A packet passes when the source may send it and the destination may receive it. For each of the
//! two, three tiers are asked in their order until one decides:
//!
//! 1. **Admin**: ClusterNetworkPolicy of tier `Admin` and AdminNetworkPolicy. By priority, then in
//!    the order of the rules; the first that matches accepts, denies, or passes to the next tier.
//! 2. **NetworkPolicy**: a pod that none selects for the direction is not isolated in it, and the
//!    next tier is asked. An isolated one lets pass what some rule of some such policy names, and
//!    nothing else; there is no order and no deny rule.
//! 3. **Baseline**: ClusterNetworkPolicy of tier `Baseline` and BaselineAdminNetworkPolicy, as the
//!    first.
//!
//! When none decides, the packet passes. Before any policy, in this order: an unsynced cluster
//! answers as told; neighbour and listener discovery pass; a pod reaches itself; unknown pod
//! addresses and the pod's own node are as the options have it.
//!
//! What the API leaves open (own node, host network, ICMP, fragments, completed pods, …) is an
//! [`options`] field with a default. What cannot be understood fails closed and is told as a warning.
//! Older forms of NetworkPolicy mean what the new one means, unless the options turn the whole
//! cluster back; [`legacy`] converts them.
//!
//! # Cost
//!
//! [`Engine::decide`] is two address lookups and at most two intersections of small sorted sets, some
//! hundred and eighty-five instructions, whatever the number of NetworkPolicies; cluster-wide
//! policies add the entries of theirs that speak of the packet's ends. It never allocates, locks or panics.
//! Memory is additive: rules are never multiplied by pods, and those of cluster-wide policies only by
//! the combinations of them that select some pod.
//!
//! [`Cluster::publish`] compiles what changed and shares the rest with the snapshot before. A
//! [`Reader`] per thread sees the newest one without waiting; [`Engine::changes_since`] tells whose
//! verdicts may differ from those of an earlier one.
//!
//! # Limits
//!
//! The engine knows no clock, no socket and no connection: what names resolve to, and what time it
//! is, it is told ([`Cluster::resolve_domain`], [`Cluster::advance`]). Connections are for conntrack, or
//! for the table `flows::Flows` where there is none.
//!
//! # Features
//!
//! `packet`: reading packets as they lie in memory, `packet::RawPacket` and `Engine::decide_raw`, and
//! keeping connections, `flows`. Off by default.
//!
//! The minimum supported Rust version is 1.88.

#![forbid(unsafe_code)]

mod cluster;
mod compile;
pub mod contents;
pub mod diagnostic;
mod directory;
pub mod engine;
pub mod field;
#[cfg(feature = "packet")]
pub mod flows;
mod hash;
mod inventory;
pub mod legacy;
pub mod manifest;
pub mod model;
pub mod net;
mod numbers;
pub mod options;
pub mod packet;
mod policy;
pub mod render;
pub mod selector;
mod tables;
pub mod validate;

pub use cluster::{Applied, Cluster};
pub use contents::Contents;
pub use diagnostic::{Diagnostic, Error};
pub use directory::EndpointId;
pub use engine::{
    Changes, Decision, Engine, Explanation, Party, Question, Reader, ReaderFactory, Reason,
    ServiceQuestion, ServiceVerdict,
};
#[cfg(feature = "packet")]
pub use flows::{FlowOptions, FlowVerdict, Flows, Tracking};
pub use manifest::{Admission, Manifest};
pub use options::Options;
pub use packet::{Direction, Packet, Verdict};
#[cfg(feature = "packet")]
pub use packet::{RawPacket, RawPacketError};
pub use policy::{Action, Tier};
