use serde::{Deserialize, Serialize};

use netpol_core::model::{
    IntOrString, IpBlock, LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort,
};

use super::Parameters;
use super::blocks::Blocks;
use super::pods::Population;
use super::policies::{ingress_policy, ingress_rule};
use super::random::Random;
use super::selectors;

/// What is added to a usual world to hurt engines of one or the other design.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Adversary {
    /// Many policies in one namespace select every pod of it, each with a peer of its own.
    HotNamespace {
        /// How many.
        policies: usize,
    },
    /// Every pod has a label of its own, and some peers select one pod by it.
    UniqueLabels {
        /// Share of peers in the pod's own namespace that select one pod.
        peers: f64,
    },
    /// Many policies allow `0.0.0.0/0` with excepts of their own.
    EverythingExcept {
        /// How many, over all namespaces.
        policies: usize,
        /// Excepts of each.
        excepts: usize,
    },
    /// Many rules that differ in nothing but a port range.
    DistinctRanges {
        /// How many, in policies of a hundred ports each.
        ranges: usize,
    },
}

/// Ports of a policy of [`Adversary::DistinctRanges`].
const RANGES_PER_POLICY: usize = 100;

impl Adversary {
    /// The policies to add.
    pub(super) fn policies(
        self,
        parameters: &Parameters,
        population: &Population,
    ) -> Vec<NetworkPolicy> {
        let mut random = Random::new(parameters.seed, "adversary");
        match self {
            Adversary::UniqueLabels { .. } => Vec::new(),
            Adversary::HotNamespace { policies } => (0..policies)
                .map(|number| {
                    // App and namespace by turns, so that no two peers are alike.
                    let namespace = &population.namespaces[number % population.namespaces.len()];
                    let app = format!("app-{}", number / population.namespaces.len());
                    let peer = NetworkPolicyPeer {
                        namespace_selector: Some(selectors::namespace(namespace)),
                        pod_selector: Some(selectors::label(selectors::APP, app)),
                        ip_block: None,
                    };
                    let port = port(random.between(1, 1024), None);
                    let rule = ingress_rule(vec![port], vec![peer]);
                    let hot = population.busiest();
                    ingress_policy(hot, format!("hot-{number}"), everything(), vec![rule])
                })
                .collect(),
            Adversary::EverythingExcept { policies, excepts } => (0..policies)
                .map(|number| {
                    let block = IpBlock {
                        cidr: "0.0.0.0/0".to_owned(),
                        except: (0..excepts).map(|_| Blocks::small_ipv4(&mut random)).collect(),
                    };
                    let peer =
                        NetworkPolicyPeer { ip_block: Some(block), ..NetworkPolicyPeer::default() };
                    let rule = ingress_rule(Vec::new(), vec![peer]);
                    let (namespace, subject) = some_app(population, &mut random);
                    ingress_policy(namespace, format!("except-{number}"), subject, vec![rule])
                })
                .collect(),
            Adversary::DistinctRanges { ranges } => (0..ranges / RANGES_PER_POLICY)
                .map(|number| {
                    let ports = (0..RANGES_PER_POLICY).map(|_| {
                        let first = random.between(1, 60_000);
                        let last = first + random.between(1, 5_000);
                        port(first, Some(last))
                    });
                    let rule = ingress_rule(ports.collect(), Vec::new());
                    let namespace = random.pick(&population.namespaces);
                    let app = random.below(selectors::APPS);
                    let subject = selectors::label(selectors::APP, format!("app-{app}"));
                    ingress_policy(namespace, format!("ranges-{number}"), subject, vec![rule])
                })
                .collect(),
        }
    }
}

/// A namespace and the pods of one of its apps.
fn some_app<'population>(
    population: &'population Population,
    random: &mut Random,
) -> (&'population str, LabelSelector) {
    let namespace = random.below(population.namespaces.len());
    let app = random.pick(&population.apps[namespace]);
    (&population.namespaces[namespace], selectors::label(selectors::APP, app))
}

fn everything() -> LabelSelector {
    LabelSelector::default()
}

fn port(first: u16, last: Option<u16>) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: None,
        port: Some(IntOrString::Int(first.into())),
        end_port: last.map(i32::from),
    }
}
