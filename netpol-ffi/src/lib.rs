//! `libnetpol`: the C library. One file per noun of `include/netpol.h`; `guard`, `pointer` and
//! `text` are the plumbing, and the only places where pointers from C are followed.
//!
//! What the functions promise is written for readers of the header, which cbindgen makes from these
//! comments; `cbindgen.toml` has what stands before them.

#![expect(non_camel_case_types, reason = "types have the names that C programs use")]
#![expect(
    clippy::missing_safety_doc,
    reason = "the header says once, for all functions, what pointers must be"
)]
#![expect(clippy::exhaustive_enums, reason = "the numbers are the interface")]

mod guard;
mod pointer;

pub mod address;
pub mod changes;
pub mod cluster;
pub mod decision;
pub mod engine;
pub mod flow_options;
pub mod flows;
pub mod manifest;
pub mod objects;
pub mod options;
pub mod packet;
pub mod policies;
pub mod question;
pub mod raw;
pub mod reach;
pub mod reader;
pub mod report;
pub mod service;
pub mod service_objects;
pub mod statistics;
pub mod status;
pub mod status_text;
pub mod text;
pub mod version;

/// What the header promises about threads.
const _: () = {
    const fn any_thread<T: Send + Sync>() {}
    const fn one_thread_at_a_time<T: Send>() {}
    any_thread::<engine::netpol_engine>();
    any_thread::<reader::netpol_readers>();
    any_thread::<manifest::netpol_manifest>();
    any_thread::<report::netpol_report>();
    any_thread::<text::netpol_string>();
    any_thread::<changes::netpol_changes>();
    any_thread::<reach::netpol_reach>();
    any_thread::<service::netpol_backends>();
    one_thread_at_a_time::<cluster::netpol_cluster>();
    one_thread_at_a_time::<reader::netpol_reader>();
    one_thread_at_a_time::<flows::netpol_flows>();
};
