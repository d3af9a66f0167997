use netpol_core::model::{LabelSelector, LabelSelectorRequirement, NetworkPolicy};
use netpol_core::options::{IpBlockPods, Options};
use netpol_core::{Engine, Error, Packet, Reason};
use netpol_testing::workload::World;
use serde::Serialize;

use super::stage::compile;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Peer {
    /// The engine of kube-network-policies, with its own way to find a pod by its address.
    KubeNetworkPolicies,
    /// The same with all pods found beforehand.
    KubeNetworkPoliciesMap,
    /// The evaluator behind `eval` of np-guard's netpol-analyzer.
    NetpolAnalyzer,
    /// The matcher of cyclonus.
    Cyclonus,
    /// DPDK's `rte_acl`, over the expanded rules.
    RteAcl,
    /// DPDK's `rte_fib`, for addresses alone.
    RteFib,
    /// The walk over policies in `netpol-testing`.
    Interpreter,
}

/// A way to read policies that differs from ours, written as a change of the policies or options:
/// netpol with the change must say what the peer says.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What the peer does, in a few words.
    pub what: &'static str,
    /// Where it does so.
    pub source: &'static str,
    change: Change,
}

/// What has to be changed for netpol to answer as the peer does.
#[derive(Clone, Copy, Debug)]
enum Change {
    Policies(fn(&mut NetworkPolicy)),
    Options(fn(&mut Options)),
    /// The peer fails with an error that has this in it, where a policy leads to
    /// [`Reason::RuleMatches`] of egress when changed so.
    Error(&'static str, fn(&mut NetworkPolicy)),
}

const NOT_IN_NEEDS_KEY: Reading = Reading {
    what: "`NotIn` does not match where the label is missing",
    source: "cyclonus v0.5.6, pkg/kube/labelselector.go, IsMatchExpressionMatchForLabels",
    change: Change::Policies(|policy| each_selector(policy, not_in_needs_key)),
};

const PODS_IN_NO_BLOCK: Reading = Reading {
    what: "an ipBlock matches no pod",
    source: "netpol-analyzer v1.4.4, pkg/netpol/eval/internal/k8s/netpol.go, ruleSelectsPeer; its issue 456",
    change: Change::Options(|options| options.ip_block_pods = IpBlockPods::Never),
};

const PORTLESS_IS_EVERY_PROTOCOL: Reading = Reading {
    what: "an entry of `ports` without a port allows every protocol",
    source: "netpol-analyzer v1.4.4, pkg/netpol/eval/internal/k8s/netpol.go, ruleConnsContain",
    change: Change::Policies(|policy| {
        let spec = &mut policy.spec;
        let ports = spec.ingress.iter_mut().map(|rule| &mut rule.ports);
        for ports in ports.chain(spec.egress.iter_mut().map(|rule| &mut rule.ports)) {
            if ports.iter().any(|port| port.port.is_none()) {
                ports.clear();
            }
        }
    }),
};

const NAMED_PORT_OUTSIDE: Reading = Reading {
    what: "an error where an egress rule with a port name matches an address outside",
    source: "netpol-analyzer v1.4.4, pkg/netpol/eval/internal/k8s/netpol.go, getPortsRange",
    change: Change::Error("named port", |policy| {
        // What remains are the rules that may fail, and they match whatever the port is.
        policy.spec.egress.retain_mut(|rule| {
            let named =
                |port: &Option<_>| matches!(port, Some(netpol_core::model::IntOrString::String(_)));
            let fails = rule.ports.iter().any(|port| named(&port.port));
            rule.ports.clear();
            fails
        });
    }),
};

impl Peer {
    /// Every peer.
    pub const ALL: [Peer; 7] = [
        Peer::KubeNetworkPolicies,
        Peer::KubeNetworkPoliciesMap,
        Peer::NetpolAnalyzer,
        Peer::Cyclonus,
        Peer::RteAcl,
        Peer::RteFib,
        Peer::Interpreter,
    ];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Peer::KubeNetworkPolicies => "kube-network-policies",
            Peer::KubeNetworkPoliciesMap => "kube-network-policies-map",
            Peer::NetpolAnalyzer => "netpol-analyzer",
            Peer::Cyclonus => "cyclonus",
            Peer::RteAcl => "rte_acl",
            Peer::RteFib => "rte_fib",
            Peer::Interpreter => "interpreter",
        }
    }

    /// How it is known to read policies differently. What is not listed is an error when it occurs.
    #[must_use]
    pub const fn readings(self) -> &'static [Reading] {
        match self {
            Peer::NetpolAnalyzer => {
                &[PODS_IN_NO_BLOCK, PORTLESS_IS_EVERY_PROTOCOL, NAMED_PORT_OUTSIDE]
            }
            Peer::Cyclonus => &[NOT_IN_NEEDS_KEY],
            _ => &[],
        }
    }
}

impl Reading {
    /// netpol over this world, answering as all these readings together would have it.
    ///
    /// # Errors
    ///
    /// When the cluster does not take the changed policies.
    pub(super) fn engine(readings: &[Reading], world: &World) -> Result<Engine, Error> {
        let (mut world, mut options) = (world.clone(), Options::default());
        for reading in readings {
            match reading.change {
                Change::Policies(change) => world.policies.iter_mut().for_each(change),
                Change::Options(change) => change(&mut options),
                Change::Error(..) => {}
            }
        }
        compile(world, options)
    }

    /// netpol over the policies that may lead to this reading's error.
    ///
    /// # Errors
    ///
    /// When the cluster does not take the changed policies.
    pub(super) fn error_engine(&self, world: &World) -> Result<Option<Engine>, Error> {
        let Change::Error(_, change) = self.change else { return Ok(None) };
        let mut world = world.clone();
        world.policies.iter_mut().for_each(change);
        compile(world, Options::default()).map(Some)
    }

    /// Whether this is that error about that packet; `engine` is what
    /// [`error_engine`](Reading::error_engine) made.
    pub(super) fn explains_error(&self, engine: &Engine, packet: &Packet, message: &str) -> bool {
        let Change::Error(part, _) = self.change else { return false };
        message.to_lowercase().contains(part)
            && engine.owner(packet.destination()).is_none()
            && engine.attribute(packet).egress.reason == Reason::RuleMatches
    }
}

fn each_selector(policy: &mut NetworkPolicy, change: fn(&mut LabelSelector)) {
    let spec = &mut policy.spec;
    let peers = spec.ingress.iter_mut().flat_map(|rule| &mut rule.from);
    let peers = peers.chain(spec.egress.iter_mut().flat_map(|rule| &mut rule.to));
    for peer in peers {
        peer.pod_selector.iter_mut().for_each(change);
        peer.namespace_selector.iter_mut().for_each(change);
    }
    change(&mut spec.pod_selector);
}

fn not_in_needs_key(selector: &mut LabelSelector) {
    let negative = selector.match_expressions.iter().filter(|it| it.operator == "NotIn");
    let exists = negative.map(|requirement| LabelSelectorRequirement {
        key: requirement.key.clone(),
        operator: "Exists".to_owned(),
        values: Vec::new(),
    });
    let exists = exists.collect::<Vec<_>>();
    selector.match_expressions.extend(exists);
}
