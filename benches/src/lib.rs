//! Timings and instruction counts for netpol, over the worlds of
//! [`netpol_testing::workload`].
//!
//! [`Subject`] is a world made ready, [`decide`] the loops that are timed and counted,
//! [`Calibration`] what the machine's memory does meanwhile, [`Report`] all of it together.

#![forbid(unsafe_code)]

mod calibration;
pub mod decide;
mod measure;
pub mod peers;
mod report;
mod subject;

pub use calibration::Calibration;
pub use measure::measure;
pub use report::{Build, Decisions, Memory, Report, Time};
pub use subject::{Disagreement, Subject};
