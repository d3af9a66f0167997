//! The one normal form that every kind of policy comes to.
//!
//! A [`Policy`] has its defaults filled in and its text read; what could not be read is marked so
//! and matches nothing. From here on nobody knows which API an object came from, except for the
//! names that explanations print.

mod lower;
mod peer;

pub(crate) use lower::network_policy;
pub(crate) use peer::{Namespaces, Peer};

use std::fmt;

use serde::Serialize;

use crate::net::PolicyPort;
use crate::packet::Direction;
use crate::selector::Selector;

/// The place of a policy in the order of evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Tier {
    /// `networking.k8s.io` NetworkPolicy: allow rules that add up.
    NetworkPolicy,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tier::NetworkPolicy => f.write_str("NetworkPolicy"),
        }
    }
}

/// A policy in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) tier: Tier,
    pub(crate) namespace: Box<str>,
    pub(crate) name: Box<str>,
    /// The pods of its namespace that it applies to.
    pub(crate) subject: Subject,
    /// What it says about traffic into them; `None` when it says nothing.
    pub(crate) ingress: Option<Vec<Rule>>,
    /// What it says about traffic out of them; `None` when it says nothing.
    pub(crate) egress: Option<Vec<Rule>>,
}

/// The pods a policy applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Those of its namespace that match.
    Pods(Selector),
    /// The selector cannot be read: every pod of the namespace, and no rule counts.
    Unreadable,
}

/// One rule: any of the peers on any of the ports may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// In the order of the object; empty means everybody.
    pub(crate) peers: Vec<Peer>,
    /// In the order of the object, `None` for one that cannot be read; empty means every port and
    /// every protocol.
    pub(crate) ports: Vec<Option<PolicyPort>>,
}

impl Policy {
    /// The rules of a direction, `None` when the policy does not isolate in it.
    pub(crate) fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}
