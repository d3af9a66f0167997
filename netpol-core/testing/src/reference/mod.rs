//! The rules of network policies in their plainest form: an evaluator to be read, not to be fast.
//!
//! A [`World`] is a handful of lists of objects as users write them. Every call to
//! [`World::judge`] walks those lists from the start; nothing is prepared, indexed or remembered,
//! and nothing is shared with the engine except the objects themselves, the options and the
//! packet. What is right is what this says. Read it in this order:
//!
//! 1. `verdict`: the order in which the rules are asked;
//! 2. `interpret`: what a NetworkPolicy says, defaults and unusable parts included; `legacy`: its
//!    older forms, and what it meant in their time;
//! 3. `peers` and `ports`: what an entry of its rules matches;
//! 4. `tiers`: the order of cluster-wide policies; `cluster_policy`: what one of them says and
//!    what of it can be understood; `cluster_peers`: what an entry of its rules matches;
//! 5. `labels`, `cidr` and `domains`: how selectors match, how blocks are read, and what domain
//!    names resolve to;
//! 6. `identity`: whose address an address is;
//! 7. `question`: the same questions asked by name; `services`: those about Services.
//!
//! Sources: the comments of `k8s.io/api/networking/v1/types.go`,
//! `k8s.io/kubernetes/pkg/apis/networking/v1/defaults.go` and `.../networking/validation`,
//! `k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`, the Network Policies page of the
//! Kubernetes documentation, and `sigs.k8s.io/network-policy-api`.

mod cidr;
mod cluster_peers;
mod cluster_policy;
mod domains;
mod identity;
mod interpret;
mod labels;
mod legacy;
mod peers;
mod ports;
mod question;
mod reason;
mod services;
#[cfg(test)]
mod tests;
mod tiers;
mod verdict;
mod world;

pub use domains::DomainRecord;
pub use question::{Party, Question, QuestionError};
pub use reason::{DecidingRule, Judgement, Reason, Side, Tier};
pub use services::{BackendJudgement, ServiceQuestion};
pub use world::{Refused, World};
