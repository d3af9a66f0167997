use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::model::Labels;
use crate::net::{DomainPattern, IpBlock, canonical};
use crate::selector::Selector;

/// Who a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Peer {
    /// Pods by label.
    Pods {
        /// In which namespaces.
        namespaces: Namespaces,
        /// Which of their pods.
        pods: Selector,
    },
    /// Addresses, whoever has them.
    Block(IpBlock),
    /// Addresses of several ranges, whoever has them.
    Networks(#[serde(deserialize_with = "canonical::networks")] Vec<IpNet>),
    /// Addresses of nodes by the nodes' labels.
    Nodes(Selector),
    /// Addresses that names resolve to.
    Domains(Vec<DomainPattern>),
    /// It cannot be read, or names nobody; it matches nothing.
    Nobody,
}

/// The namespaces a pod peer looks in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Namespaces {
    /// The policy's own.
    Own,
    /// Those that match.
    Matching(Selector),
}

impl Namespaces {
    /// Whether a namespace is meant by a policy in `own`.
    pub(crate) fn contains(&self, own: &str, name: &str, labels: &Labels) -> bool {
        match self {
            Namespaces::Own => own == name,
            Namespaces::Matching(selector) => selector.matches(labels),
        }
    }
}
