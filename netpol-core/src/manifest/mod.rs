//! Bytes to objects: the only room that knows YAML and JSON.
//!
//! [`Manifest::read`] understands as much of a text as it can and tells everything that is wrong
//! with it, each thing with its line and column. The way there:
//!
//! ```text
//! bytes ─ text ─┬─ json ─┐
//!               └─ yaml ─┴─ events ─ build: one tree ─ kinds ─ decode: one object ─ findings
//! ```
//!
//! Kinds are told apart by group, version and kind, since NetworkPolicy has three forms; the oldest
//! is read [on request](ReadOptions::legacy). What a policy says with fields that are not known here
//! is an error in [`Admission::Create`]. In [`Admission::Stored`] the fields are dropped, except where
//! the rest would then say something else: in subjects, peers, ports and selectors of cluster-wide
//! policies, which become something that nobody understands.
//!
//! Trees are small: a list of a hundred thousand pods is built, decoded and dropped pod by pod
//! ([walk](self)). Scalars mean what they mean to kube-apiserver, which is YAML 1.1 with exceptions.
//! Reading never panics, never recurses deeper than its [`Limits`] allow, and takes time linear in the
//! text.

#![warn(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod admission;
mod build;
mod decode;
mod duplicates;
mod event;
mod finding;
mod intake;
mod json;
mod kinds;
mod loaded;
mod locate;
mod located;
mod mapping;
mod options;
mod paths;
mod scalar;
mod syntax_hint;
mod text;
mod tree;
mod walk;
mod yaml;

pub use admission::Admission;
pub use finding::{Finding, Refuses};
pub use loaded::Manifest;
pub use options::{Limits, ReadOptions, UnknownFields};
