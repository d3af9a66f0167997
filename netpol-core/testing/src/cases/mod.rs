//! Cases as data: clusters, what happens to them, and the verdicts they must give.
//!
//! The files lie in the folders `cases`, `network-policy-api` and `upstream` of
//! `netpol-core/testdata`, whose `README.md` describes their format. [`load_all`] reads them into
//! [`Case`]s, [`run()`] puts one of them to an [`Implementation`].

mod expectation;
mod implementation;
mod load;
mod rows;
mod rows_of_policies;
mod rows_of_services;
mod run;
mod step;
mod write;

pub use expectation::{Answer, AskBy, Probe, Reach};
pub(crate) use implementation::read;
pub use implementation::{Ask, Event, Implementation, ServiceAnswer, Unanswered};
pub use load::{Case, load_all, load_text};
pub use rows::{NamespaceRow, NodeRow, PodRow, WorkloadRow};
pub use rows_of_policies::{
    AdminPolicyRow, AlphaPolicyRow, BaselineAdminPolicyRow, ClusterPolicyRow, ExtensionsPolicyRow,
    PolicyRow,
};
pub use rows_of_services::{EndpointSliceRow, ServiceRow};
pub use run::{Failure, run};
pub use step::{Refusal, Resolution, Step, Withdrawal};
pub use write::write;
