//! netpol beside other engines, on the same worlds and packets.
//!
//! A [`Stage`] is a world with packets and what netpol says about them, [`export`] writes it for
//! programs that are not written in Rust, [`Expansion`] turns it into rules from pod to pod to port,
//! as classifiers without labels need them. [`Runner`] starts a peer, [`compare`] holds its verdicts
//! against ours: a disagreement that no [`Reading`] explains is an error.

mod compare;
mod expansion;
pub mod export;
mod lines;
mod prefix;
mod reading;
mod report;
mod runner;
mod stage;

pub use compare::{Comparison, Explained, Unexplained, compare};
pub use expansion::{Expansion, Rule, Side, TooLarge};
pub use lines::{Answer, read_answers};
pub use prefix::Prefix;
pub use reading::{Peer, Reading};
pub use report::{
    Beside, ClassifierNumbers, ClassifierRow, EngineNumbers, EngineRow, LookupNumbers, LookupRow,
    Report, WorldReport,
};
pub use runner::{Limits, Runner, Stopped};
pub use stage::{Stage, UnknownStage, parameters};
