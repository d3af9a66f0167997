use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Adversary;

/// Version of the generator: the same parameters give another world when it changes.
pub const VERSION: u32 = 2;

/// What a [`World`](super::World) is like.
///
/// Named ones are read from text, a size and perhaps a variant:
///
/// ```
/// use netpol_testing::workload::Parameters;
///
/// let parameters: Parameters = "100k".parse().unwrap();
/// assert_eq!((parameters.pods, parameters.policies), (100_000, 10_000));
/// let parameters: Parameters = "10k-hot-namespace".parse().unwrap();
/// assert!(parameters.adversary.is_some());
/// assert!("10k-nonsense".parse::<Parameters>().is_err());
/// ```
///
/// The mixes are judgement, after what clusters in the field are reported to look like; what a
/// decision costs depends on little more than how many peers an endpoint matches and how long its
/// list of rules is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// [`VERSION`] of the generator it is meant for.
    pub version: u32,
    /// Start of all randomness.
    pub seed: u64,
    /// How many pods.
    pub pods: usize,
    /// How many namespaces, the first of which is `kube-system`.
    pub namespaces: usize,
    /// How many policies, those of the adversary not counted.
    pub policies: usize,
    /// How many cluster-wide policies.
    pub cluster_policies: usize,
    /// How many different ipBlocks rules choose from.
    pub blocks: usize,
    /// Zipf exponent of the number of pods in a namespace.
    pub pod_skew: f64,
    /// Zipf exponent of the number of policies in a namespace.
    pub policy_skew: f64,
    /// Mean number of pods of an app.
    pub replicas: f64,
    /// Pods of a node; a node has a /24 and a /64.
    pub pods_per_node: usize,
    /// Share of traffic and of ipBlocks that is IPv6. Pods have an IPv4 address unless it is 1, and
    /// an IPv6 address unless it is 0.
    pub ipv6_share: f64,
    /// Share of selectors that use `matchExpressions`.
    pub expressions: f64,
    /// What policies are like.
    pub policy_mix: PolicyMix,
    /// What peers are like.
    pub peer_mix: PeerMix,
    /// What ports are like.
    pub port_mix: PortMix,
    /// What else is there to make it hard.
    pub adversary: Option<Adversary>,
}

/// How many namespaces have the usual policies. What remains of a namespace's policies is about
/// apps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyMix {
    /// Share of namespaces that deny all ingress by default.
    pub default_deny: f64,
    /// Share of namespaces that deny all egress but DNS.
    pub dns_egress: f64,
    /// Share of namespaces that allow traffic within.
    pub same_namespace: f64,
}

/// Relative frequency of peers, and how often an ipBlock stands instead of one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerMix {
    /// An app of the same namespace.
    pub app: f64,
    /// A tier of the same namespace.
    pub tier: f64,
    /// All namespaces of a team.
    pub team: f64,
    /// An app of another namespace.
    pub other_app: f64,
    /// All namespaces.
    pub everybody: f64,
    /// Share of ingress peers that are ipBlocks.
    pub ingress_blocks: f64,
    /// Share of egress peers that are ipBlocks.
    pub egress_blocks: f64,
    /// Share of ipBlocks that are `0.0.0.0/0` (`::/0`) except private ranges.
    pub internet: f64,
    /// Share of other ipBlocks with excepts, one to three.
    pub excepts: f64,
}

/// Relative frequency of ports, and of protocols.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortMix {
    /// Rules with one or two ports.
    pub exact: f64,
    /// Rules with a range of 1 to 2,000 ports.
    pub range: f64,
    /// Rules without ports.
    pub none: f64,
    /// Share of exact ports that are names.
    pub named: f64,
    /// Share of UDP, in rules and in traffic.
    pub udp: f64,
    /// Share of SCTP, in rules and in traffic.
    pub sctp: f64,
}

/// No world has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWorld(String);

impl Parameters {
    /// Sizes that have names.
    pub const SIZES: [(&'static str, usize); 4] =
        [("1k", 1_000), ("10k", 10_000), ("100k", 100_000), ("1m", 1_000_000)];

    /// Variants that have names.
    pub const VARIANTS: [&'static str; 10] = [
        "20-cluster-policies",
        "1000-cluster-policies",
        "dual-stack",
        "ipv6",
        "hot-namespace",
        "unique-labels",
        "everything-except",
        "nested-blocks",
        "distinct-ranges",
        "both-heavy",
    ];

    /// A usual cluster: a policy for ten pods, a namespace for fifty, little IPv6.
    #[must_use]
    pub fn with_pods(pods: usize) -> Parameters {
        Parameters {
            version: VERSION,
            seed: 20_261_120,
            pods,
            namespaces: (pods / 50).max(2),
            policies: pods / 10,
            cluster_policies: 0,
            blocks: (pods / 50).max(20),
            pod_skew: 0.7,
            policy_skew: 0.4,
            replicas: 7.0,
            pods_per_node: 110,
            ipv6_share: 0.0,
            expressions: 0.1,
            policy_mix: PolicyMix { default_deny: 0.8, dns_egress: 0.4, same_namespace: 0.25 },
            peer_mix: PeerMix {
                app: 50.0,
                tier: 15.0,
                team: 15.0,
                other_app: 10.0,
                everybody: 3.0,
                ingress_blocks: 0.07,
                egress_blocks: 0.25,
                internet: 0.5,
                excepts: 0.3,
            },
            port_mix: PortMix {
                exact: 80.0,
                range: 10.0,
                none: 10.0,
                named: 0.1,
                udp: 0.1,
                sctp: 0.01,
            },
            adversary: None,
        }
    }

    fn with_variant(mut self, variant: &str) -> Option<Parameters> {
        match variant {
            "20-cluster-policies" => self.cluster_policies = 20,
            "1000-cluster-policies" => self.cluster_policies = 1_000,
            "dual-stack" => self.ipv6_share = 0.3,
            "ipv6" => self.ipv6_share = 1.0,
            "hot-namespace" => self.adversary = Some(Adversary::HotNamespace { policies: 10_000 }),
            "unique-labels" => self.adversary = Some(Adversary::UniqueLabels { peers: 0.2 }),
            "everything-except" => {
                self.adversary = Some(Adversary::EverythingExcept { policies: 10_000, excepts: 9 });
            }
            "nested-blocks" => self.adversary = Some(Adversary::NestedBlocks { blocks: 100_000 }),
            "both-heavy" => self.adversary = Some(Adversary::BothHeavy { entries: 5_000 }),
            "distinct-ranges" => {
                self.adversary = Some(Adversary::DistinctRanges { ranges: 100_000 });
            }
            _ => return None,
        }
        Some(self)
    }
}

/// `100k`, or `100k-hot-namespace`.
impl FromStr for Parameters {
    type Err = UnknownWorld;

    fn from_str(name: &str) -> Result<Parameters, UnknownWorld> {
        let (size, variant) = match name.split_once('-') {
            Some((size, variant)) => (size, Some(variant)),
            None => (name, None),
        };
        let pods = Parameters::SIZES.into_iter().find(|(known, _)| *known == size);
        let parameters = pods.map(|(_, pods)| Parameters::with_pods(pods));
        match variant {
            Some(variant) => parameters.and_then(|parameters| parameters.with_variant(variant)),
            None => parameters,
        }
        .ok_or_else(|| UnknownWorld(name.to_owned()))
    }
}

impl fmt::Display for UnknownWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = Parameters::SIZES.map(|(size, _)| size).join(", ");
        let variants = Parameters::VARIANTS.join(", ");
        write!(
            f,
            "there is no world `{}`; sizes are {sizes}, and after a hyphen may follow {variants}",
            self.0
        )
    }
}

impl std::error::Error for UnknownWorld {}
