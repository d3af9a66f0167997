//! Random clusters whose parts have to do with each other.
//!
//! A policy over random labels selects nothing, and a packet between random addresses meets no
//! rule. So the cluster comes first, then policies over its labels and blocks around its
//! addresses, then packets at its pods and at the boundaries of its blocks and ranges; options are
//! drawn too. Half of the scenarios also contain what the API server would refuse.
//!
//! Half of the scenarios have cluster-wide policies beside NetworkPolicies, and a few have policies
//! in older forms; the others have NetworkPolicies alone, which would get lost among them.
//!
//! Everything is small: a disagreement needs few objects, and many small clusters meet more
//! combinations than few big ones. Each limit is told where it stands.
//!
//! What is drawn comes from [`Choices`]: a seed, or the bytes of a fuzzer.

mod addresses;
mod choices;
mod cluster;
mod cluster_kind;
mod cluster_policies;
mod domains;
mod junk;
mod older_forms;
mod options;
mod policies;
mod scenario;
mod services;
mod traffic;

pub use choices::{Choices, Seeded};
pub use scenario::{Scenario, scenario};
