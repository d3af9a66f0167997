//! An embeddable Kubernetes NetworkPolicy engine.

#![forbid(unsafe_code)]

mod cluster;
mod compile;
pub mod diagnostic;
mod directory;
pub mod engine;
pub mod field;
mod hash;
mod inventory;
pub mod manifest;
pub mod model;
pub mod net;
pub mod options;
pub mod packet;
mod policy;
pub mod render;
pub mod selector;
mod tables;
pub mod validate;

pub use cluster::{Applied, Cluster};
pub use diagnostic::{Diagnostic, Error};
pub use directory::EndpointId;
pub use engine::{Decision, Engine, Explanation, Party, Question, Reason};
pub use manifest::{Admission, Manifest};
pub use options::Options;
pub use packet::{Direction, Packet, Verdict};
pub use policy::Tier;
