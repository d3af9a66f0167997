use netpol_core::model::{ClusterNetworkPolicy, Namespace, NetworkPolicy, Object, Pod};

use super::Parameters;
use super::cluster_policies::Administrator;
use super::pods::Population;
use super::policies::Author;

/// A cluster that nobody runs.
///
/// ```
/// use netpol_testing::workload::{Parameters, World};
///
/// let parameters: Parameters = "1k".parse().unwrap();
/// let world = World::generate(&parameters);
/// assert_eq!((world.pods.len(), world.policies.len()), (1_000, 100));
/// assert_eq!(world.pods, World::generate(&parameters).pods);
/// ```
#[derive(Clone, Debug)]
pub struct World {
    /// What it was drawn from.
    pub parameters: Parameters,
    /// Every namespace, labelled.
    pub namespaces: Vec<Namespace>,
    /// Every pod, running, with its addresses.
    pub pods: Vec<Pod>,
    /// Every policy.
    pub policies: Vec<NetworkPolicy>,
    /// Every cluster-wide policy.
    pub cluster_policies: Vec<ClusterNetworkPolicy>,
}

impl World {
    /// Draws the world of these parameters. Takes about three microseconds and two kilobytes per
    /// pod.
    ///
    /// # Panics
    ///
    /// When the parameters are out of reason: no pods on a node, more than 250, or more nodes than
    /// the address ranges have room for (65,536).
    #[must_use]
    pub fn generate(parameters: &Parameters) -> World {
        assert!((1..=250).contains(&parameters.pods_per_node), "a node has a /24");
        assert!(parameters.pods / parameters.pods_per_node < 1 << 16, "too many nodes");
        let population = Population::new(parameters);
        let mut policies = Author::new(parameters, &population).policies();
        if let Some(adversary) = parameters.adversary {
            policies.extend(adversary.policies(parameters, &population));
        }
        World {
            parameters: parameters.clone(),
            namespaces: population.namespace_objects(parameters),
            policies,
            cluster_policies: Administrator::new(parameters, &population).policies(),
            pods: population.into_pods(),
        }
    }

    /// A copy of all of it, as a cluster takes it.
    pub fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        let namespaces = self.namespaces.iter().cloned().map(Object::Namespace);
        let policies = self.policies.iter().cloned().map(Object::NetworkPolicy);
        let cluster_policies = self.cluster_policies.iter().cloned();
        let policies = policies.chain(cluster_policies.map(Object::ClusterNetworkPolicy));
        namespaces.chain(policies).chain(self.pods.iter().cloned().map(Object::Pod))
    }

    /// All of it, as a cluster takes it.
    pub fn into_objects(self) -> impl Iterator<Item = Object> {
        let namespaces = self.namespaces.into_iter().map(Object::Namespace);
        let policies = self.policies.into_iter().map(Object::NetworkPolicy);
        let cluster_policies = self.cluster_policies.into_iter().map(Object::ClusterNetworkPolicy);
        let policies = policies.chain(cluster_policies);
        namespaces.chain(policies).chain(self.pods.into_iter().map(Object::Pod))
    }
}
