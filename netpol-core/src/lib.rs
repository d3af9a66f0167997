//! An embeddable Kubernetes NetworkPolicy engine.

#![forbid(unsafe_code)]

pub mod diagnostic;
pub mod field;
pub mod manifest;
pub mod model;
pub mod net;
pub mod options;
pub mod packet;
pub mod render;

pub use diagnostic::{Diagnostic, Error};
pub use manifest::{Admission, Manifest};
pub use options::Options;
pub use packet::{Direction, Packet, Verdict};
