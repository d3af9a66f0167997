use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use netpol_core::model::{
    IntOrString, IpBlock, LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort,
};

use super::Parameters;
use super::blocks::Blocks;
use super::pods::Population;
use super::policies::{ingress_policy, ingress_rule};
use super::random::Random;
use super::selectors::{self, requirement};

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
    /// Many policies allow networks that lie in one another, from a /8 down to an address.
    NestedBlocks {
        /// How many networks, in policies of one such chain each.
        blocks: usize,
    },
    /// One app's pods match many peers, and one namespace has many rules with peers, half of which
    /// are the same; those that match are about ports that nobody uses. Some packets go from the one
    /// to the other ([`CROSSING`](Adversary::CROSSING)).
    BothHeavy {
        /// How many peers and how many rules.
        entries: usize,
    },
    /// Many rules that differ in nothing but a port range.
    DistinctRanges {
        /// How many, in policies of a hundred ports each.
        ranges: usize,
    },
}

/// Ports of a policy of [`Adversary::DistinctRanges`].
const RANGES_PER_POLICY: usize = 100;

/// Lengths of the prefixes of a chain of [`Adversary::NestedBlocks`].
const NESTED_LENGTHS: RangeInclusive<u8> = 8..=32;

impl Adversary {
    /// Share of the packets that go from the app that matches much to the namespace that has many
    /// rules, with [`Adversary::BothHeavy`].
    pub const CROSSING: f64 = 0.02;

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
            Adversary::NestedBlocks { blocks } => (0..blocks / NESTED_LENGTHS.count())
                .map(|number| {
                    let address = Ipv4Addr::from_bits(random.bits() as u32);
                    let peers = NESTED_LENGTHS.map(|length| {
                        let cidr = Ipv4Net::new_assert(address, length).trunc().to_string();
                        let block = IpBlock { cidr, except: Vec::new() };
                        NetworkPolicyPeer { ip_block: Some(block), ..NetworkPolicyPeer::default() }
                    });
                    let rule = ingress_rule(Vec::new(), peers.collect());
                    let (namespace, subject) = some_app(population, &mut random);
                    ingress_policy(namespace, format!("nested-{number}"), subject, vec![rule])
                })
                .collect(),
            Adversary::BothHeavy { entries } => both_heavy(entries, population, &mut random),
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

/// Half of the peers that the app matches are in the hot namespace, half elsewhere; the hot namespace
/// has as many others.
fn both_heavy(entries: usize, population: &Population, random: &mut Random) -> Vec<NetworkPolicy> {
    let namespace = population.second_busiest();
    let matched = |number: usize| {
        let mut peer = NetworkPolicyPeer {
            namespace_selector: Some(selectors::namespace(namespace)),
            pod_selector: Some(LabelSelector::default()),
            ip_block: None,
        };
        let selector = peer.pod_selector.get_or_insert_default();
        // No two alike.
        let values = vec![selectors::FIRST_APP.to_owned(), format!("other-{number}")];
        selector.match_expressions.push(requirement(selectors::APP, "In", values));
        peer
    };
    let mut policies = Vec::with_capacity(entries + entries / 2);
    for number in 0..entries {
        // No traffic goes to these ports on purpose.
        let unused = 30_000 + (number % 20_000) as u16;
        let rule = |peer| ingress_rule(vec![port(unused, None)], vec![peer]);
        let (hot, name) = (population.busiest(), format!("heavy-{number}"));
        if number % 2 == 0 {
            policies.push(ingress_policy(hot, name, everything(), vec![rule(matched(number))]));
        } else {
            let (elsewhere, subject) = some_app(population, random);
            policies.push(ingress_policy(elsewhere, name, subject, vec![rule(matched(number))]));
            let (other, pods) = some_app(population, random);
            let pods = LabelSelector {
                match_expressions: vec![requirement(
                    selectors::PART_OF,
                    "NotIn",
                    vec![format!("product-of-{number}")],
                )],
                ..pods
            };
            let peer = NetworkPolicyPeer {
                namespace_selector: Some(selectors::namespace(other)),
                pod_selector: Some(pods),
                ip_block: None,
            };
            let name = format!("light-{number}");
            policies.push(ingress_policy(hot, name, everything(), vec![rule(peer)]));
        }
    }
    policies
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
