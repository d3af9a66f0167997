//! The rules of NetworkPolicy in their plainest form: an evaluator to be read, not to be fast.
//!
//! A [`World`] is a handful of lists of objects as users write them. Every call to
//! [`World::judge`] walks those lists from the start; nothing is prepared, indexed or remembered,
//! and nothing is shared with the engine except the objects themselves, the options and the
//! packet. What is right is what this says. Read it in this order:
//!
//! 1. `verdict`: the order in which the rules are asked;
//! 2. `interpret`: what a policy says, defaults and unusable parts included;
//! 3. `peers` and `ports`: what an entry of a rule matches;
//! 4. `labels` and `cidr`: how selectors match and how blocks are read;
//! 5. `identity`: whose address an address is;
//! 6. `question`: the same questions asked by name.
//!
//! Sources: the comments of `k8s.io/api/networking/v1/types.go`,
//! `k8s.io/kubernetes/pkg/apis/networking/v1/defaults.go` and `.../networking/validation`,
//! `k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`, and the Network Policies page of the
//! Kubernetes documentation.

mod cidr;
mod identity;
mod interpret;
mod labels;
mod peers;
mod ports;
mod question;
mod reason;
mod verdict;
mod world;

pub use question::{Party, Question, QuestionError};
pub use reason::{AllowingRule, Judgement, Reason, Side};
pub use world::{Refused, World};
