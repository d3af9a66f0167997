//! Large made-up clusters and the packets sent in them, to measure with.
//!
//! A [`World`] is drawn from [`Parameters`]: namespaces, pods and policies as typed objects. A
//! [`Trace`] is drawn from [`TraceParameters`] over a world. Equal parameters give equal worlds and
//! traces, on every machine and with every version of every dependency, so that numbers taken
//! today can be compared with numbers taken next year; [`VERSION`] changes when that changes.
//!
//! [`Churn`] is what happens to a world from then on, event by event.
//!
//! [`Interpreter`] is what to compare with: an honest evaluator that looks at policies one by one.

mod adversary;
mod blocks;
mod churn;
mod cluster_policies;
mod interpretive;
mod parameters;
mod pods;
mod policies;
mod random;
mod selectors;
mod trace;
mod world;

pub use adversary::Adversary;
pub use churn::{Churn, ChurnParameters, Event};
pub use interpretive::Interpreter;
pub use parameters::{Parameters, PeerMix, PolicyMix, PortMix, UnknownWorld, VERSION};
pub use trace::{Trace, TraceParameters};
pub use world::World;
