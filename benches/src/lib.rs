//! Timings and instruction counts for netpol, over the worlds of
//! [`netpol_testing::workload`].
//!
//! [`Subject`] is a world made ready, [`decide`] the loops that are timed and counted, [`measure`]
//! what takes every number of a [`Report`], [`Suite`] the reports of many worlds, and [`chart`]
//! draws them.

#![forbid(unsafe_code)]
#![expect(clippy::exhaustive_structs, reason = "nobody outside this workspace builds these")]
#![expect(clippy::exhaustive_enums, reason = "nobody outside this workspace matches on these")]

mod calibration;
mod calls;
pub mod chart;
mod churn;
mod clock;
pub mod decide;
mod events;
mod loops;
mod measure;
pub mod memory;
pub mod peers;
mod report;
mod spread;
mod subject;
mod suite;
mod summary;
mod table;

pub use calibration::Calibration;
pub use clock::Clock;
pub use measure::{MOSTLY_ALLOWED, Part, Plan, measure};
pub use report::{
    Build, Calls, Churning, ClockInUse, Cold, Decisions, Events, HOT, Memory, Report, Resident,
    Throughput, Time, Traffic,
};
pub use spread::{Histogram, Spread};
pub use subject::{Building, Disagreement, Subject};
pub use suite::{Machine, Suite};
