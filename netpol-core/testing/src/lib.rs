//! What netpol is tested with.
//!
//! - [`mod@reference`]: the rules in their plainest form, which everything else must agree with;
//! - [`cases`]: clusters and verdicts as data, and what runs them;
//! - [`mod@engine`]: the engine, asked in all its ways at once;
//! - [`generate`]: random clusters whose parts have to do with each other;
//! - [`differential`] and [`mod@shrink`]: where two implementations part, as a small case;
//! - [`live`]: clusters that change step by step, against ones that are compiled at once;
//! - [`mod@naive_flows`]: connections in the plainest way, and stories in which the library's table must
//!   agree;
//! - [`mod@naive_packet`]: packets read from memory in the plainest way, and whether the library reads
//!   the same;
//! - [`workload`]: large clusters and traffic to measure with.

#![forbid(unsafe_code)]
#![expect(clippy::exhaustive_enums, reason = "nobody outside this workspace matches on these")]

pub mod cases;
pub mod differential;
pub mod engine;
pub mod generate;
pub mod live;
pub mod naive_flows;
pub mod naive_packet;
pub mod reference;
pub mod shrink;
pub mod workload;

/// Keeps the examples in the front pages true.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../README.md")]
struct FrontPages;
