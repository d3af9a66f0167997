use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use netpol_core::model::{
    Container, ContainerPort, Labels, Namespace, ObjectMeta, Pod, PodSpec, PodStatus,
};

use super::random::{Random, Weights};
use super::selectors::{
    APP, APP_VERSION, APPS, ENVIRONMENT, IDENTITY, NAMESPACE_NAME, PART_OF, POD_NAME, PRODUCTS,
    TEAM, TIER, TIERS, TRACK,
};
use super::{Adversary, Parameters};

/// The pods' IPv4 addresses; a node has a /24 of them.
pub(super) const IPV4_PODS: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8);
/// The pods' IPv6 addresses; a node has a /64 of them.
pub(super) const IPV6_PODS: Ipv6Net =
    Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0x10, 0, 0, 0, 0, 0, 0), 32);

/// The first two addresses of a node's range are the network's and the bridge's.
const FIRST_HOST: u32 = 2;
/// In every node's range, an address that no pod ever has.
pub(super) const UNKNOWN_HOST: u32 = 254;

/// Where the cluster's DNS runs.
pub(super) const SYSTEM_NAMESPACE: &str = "kube-system";
/// The app that it is.
pub(super) const DNS_APP: &str = "kube-dns";
/// What namespaces are for.
pub(super) const ENVIRONMENTS: [&str; 4] = ["production", "staging", "test", "development"];

/// Who lives in a world.
#[derive(Debug)]
pub(super) struct Population {
    /// Names of the namespaces, the busiest first, `kube-system` last.
    pub(super) namespaces: Vec<String>,
    /// By namespace: its apps' names, of which there is at least one.
    pub(super) apps: Vec<Vec<String>>,
    /// By namespace: names of its pods.
    pub(super) pods_of: Vec<Vec<String>>,
    /// How many teams own namespaces.
    pub(super) teams: usize,
    pods: Vec<Pod>,
}

impl Population {
    pub(super) fn new(parameters: &Parameters) -> Population {
        let last = parameters.namespaces.max(1) - 1;
        let namespaces =
            (0..last).map(|number| format!("ns-{number}")).chain([SYSTEM_NAMESPACE.to_owned()]);
        let mut population = Population {
            namespaces: namespaces.collect(),
            apps: vec![Vec::new(); last + 1],
            pods_of: vec![Vec::new(); last + 1],
            teams: (parameters.namespaces / 20).max(1),
            pods: Vec::with_capacity(parameters.pods),
        };
        let mut random = Random::new(parameters.seed, "pods");
        let weights = Weights::zipf(last + 1, parameters.pod_skew);
        let mut slots = (0..parameters.pods).collect::<Vec<_>>();
        random.shuffle(&mut slots);
        let mut places = slots.into_iter().map(|slot| Place::new(parameters, slot));
        population.add_app(last, DNS_APP.to_owned(), parameters, &mut random, &mut places);
        while population.pods.len() < parameters.pods {
            let namespace = weights.draw(&mut random);
            let name = format!("app-{}", population.apps[namespace].len() % APPS);
            population.add_app(namespace, name, parameters, &mut random, &mut places);
        }
        for apps in population.apps.iter_mut().filter(|apps| apps.is_empty()) {
            apps.push("app-0".to_owned());
        }
        population
    }

    /// The namespace with most pods.
    pub(super) fn busiest(&self) -> &str {
        &self.namespaces[0]
    }

    /// The namespace with most pods but one.
    pub(super) fn second_busiest(&self) -> &str {
        &self.namespaces[1 % self.namespaces.len()]
    }

    /// The Namespace objects.
    pub(super) fn namespace_objects(&self, parameters: &Parameters) -> Vec<Namespace> {
        let mut random = Random::new(parameters.seed, "namespaces");
        let object = |name: &String| {
            let labels = [
                (NAMESPACE_NAME, name.clone()),
                (TEAM, format!("team-{}", random.below(self.teams))),
                (ENVIRONMENT, (*random.pick(&ENVIRONMENTS)).to_owned()),
            ];
            Namespace { metadata: metadata("", name.clone(), labels) }
        };
        self.namespaces.iter().map(object).collect()
    }

    /// The Pod objects.
    pub(super) fn into_pods(self) -> Vec<Pod> {
        self.pods
    }

    /// Adds an app with as many replicas as there are places for.
    fn add_app(
        &mut self,
        namespace: usize,
        name: String,
        parameters: &Parameters,
        random: &mut Random,
        places: &mut impl Iterator<Item = Place>,
    ) {
        let replicas = random.geometric(parameters.replicas);
        let tier = format!("tier-{}", random.below(TIERS));
        let product = format!("product-{}", random.below(PRODUCTS));
        let second_version = random.chance(0.15);
        let container = container(random);
        let hash = random.bits() as u32;
        for (replica, place) in (0..replicas).zip(places) {
            let canary = second_version && replica % 4 == 3;
            let pod = format!("{name}-{hash:x}-{replica}");
            let mut labels = vec![
                (APP, name.clone()),
                (TIER, tier.clone()),
                (PART_OF, product.clone()),
                (APP_VERSION, if canary { "2" } else { "1" }.to_owned()),
                // Labels that no policy names: the same for all replicas, and one for each.
                ("pod-template-hash", format!("{:x}", hash ^ u32::from(canary))),
                ("controller-revision-hash", format!("{name}-{hash:x}")),
                (POD_NAME, pod.clone()),
            ];
            if canary {
                labels.push((TRACK, "canary".to_owned()));
            }
            if let Some(Adversary::UniqueLabels { .. }) = parameters.adversary {
                labels.push((IDENTITY, pod.clone()));
            }
            self.pods_of[namespace].push(pod.clone());
            self.pods.push(Pod {
                metadata: metadata(&self.namespaces[namespace], pod, labels),
                spec: PodSpec {
                    node_name: format!("node-{}", place.node),
                    containers: vec![container.clone()],
                    ..PodSpec::default()
                },
                status: place.status(),
            });
        }
        self.apps[namespace].push(name);
    }
}

/// Where a pod runs.
#[derive(Clone, Debug)]
pub(super) struct Place {
    node: u32,
    addresses: Vec<IpAddr>,
}

impl Place {
    /// The places of pods lie one after the other, as many on a node as it has room for.
    fn new(parameters: &Parameters, slot: usize) -> Place {
        let node = u32::try_from(slot / parameters.pods_per_node).expect("nodes are few");
        let host = u32::try_from(slot % parameters.pods_per_node).expect("pods are few");
        Place::on_node(parameters, node, host + FIRST_HOST)
    }

    /// Places where nobody runs: up to `count` on each node, node by turns.
    pub(super) fn spare(parameters: &Parameters, count: u32) -> impl Iterator<Item = Place> + '_ {
        let nodes = u32::try_from(parameters.pods.div_ceil(parameters.pods_per_node));
        let nodes = nodes.expect("nodes are few");
        let first = u32::try_from(parameters.pods_per_node).expect("pods are few") + FIRST_HOST;
        (first..(first + count).min(UNKNOWN_HOST))
            .flat_map(move |host| (0..nodes).map(move |node| (node, host)))
            .map(|(node, host)| Place::on_node(parameters, node, host))
    }

    fn on_node(parameters: &Parameters, node: u32, host: u32) -> Place {
        let mut addresses = Vec::new();
        if parameters.ipv6_share < 1.0 {
            let bits = IPV4_PODS.network().to_bits() + (node << 8) + host;
            addresses.push(Ipv4Addr::from_bits(bits).into());
        }
        if parameters.ipv6_share > 0.0 {
            let bits = IPV6_PODS.network().to_bits() + (u128::from(node) << 64) + u128::from(host);
            addresses.push(Ipv6Addr::from_bits(bits).into());
        }
        Place { node, addresses }
    }

    /// Where a pod runs that has a place.
    pub(super) fn of(pod: &Pod) -> Place {
        let node = pod.spec.node_name.trim_start_matches("node-").parse();
        let addresses = pod.status.pod_ips.iter().map(|address| address.parse());
        Place {
            node: node.expect("nodes have numbers"),
            addresses: addresses.collect::<Result<_, _>>().expect("pods have addresses"),
        }
    }

    /// Makes a pod run there.
    pub(super) fn settle(&self, pod: &mut Pod) {
        pod.spec.node_name = format!("node-{}", self.node);
        pod.status = self.status();
    }

    fn status(&self) -> PodStatus {
        let ips = self.addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
        let host = Ipv4Addr::from_bits(Ipv4Addr::new(192, 168, 0, 1).to_bits() + self.node);
        PodStatus {
            phase: "Running".to_owned(),
            pod_ip: ips.first().cloned().unwrap_or_default(),
            pod_ips: ips,
            host_ip: host.to_string(),
            host_ips: vec![host.to_string()],
            conditions: Vec::new(),
        }
    }
}

fn container(random: &mut Random) -> Container {
    let port = |name: &str, number, protocol: Option<&str>| ContainerPort {
        name: name.to_owned(),
        container_port: number,
        protocol: protocol.map(str::to_owned),
    };
    let mut ports = vec![port("http", *random.pick(&[8080, 8080, 8080, 80, 3000]), None)];
    if random.chance(0.5) {
        ports.push(port("metrics", 9090, None));
    }
    if random.chance(0.2) {
        ports.push(port("events", 5353, Some("UDP")));
    }
    Container { name: "main".to_owned(), ports, restart_policy: None }
}

fn metadata(
    namespace: &str,
    name: String,
    labels: impl IntoIterator<Item = (&'static str, String)>,
) -> ObjectMeta {
    let labels: Labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    ObjectMeta { name, namespace: namespace.to_owned(), labels, ..ObjectMeta::default() }
}
