//! Connections in the plainest way, for the library's table to agree with.
//!
//! [`NaiveFlows`] reads like the documentation of `netpol_core::flows`: a list without bound that is
//! walked from its beginning for every packet, which the plain reader reads. It shares nothing with the
//! table but the names of what it answers and the times that are options. [`story`] makes packets that
//! have to do with each other, time that passes and policies that change; [`live`] goes through
//! them with both.

mod live;
mod story;
mod table;
mod tracker;
pub mod wire;

pub use live::{live, live_with, smallest};
pub use story::{Act, Story, story};
pub use table::{NaiveFlow, NaiveFlows};
pub use tracker::{Found, Table, Tracker};
