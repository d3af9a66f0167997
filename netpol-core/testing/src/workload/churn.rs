use std::collections::VecDeque;

use netpol_core::model::{Kind, Namespace, NetworkPolicy, Object, Pod};
use netpol_core::{Admission, Cluster, Error};
use serde::{Deserialize, Serialize};

use super::World;
use super::pods::{ENVIRONMENTS, Place};
use super::random::Random;
use super::selectors::{
    APP, APP_VERSION, APPS, ENVIRONMENT, IDENTITY, PART_OF, POD_NAME, PRODUCTS, TEAM, TIER, TIERS,
};

/// How fast a cluster changes, and what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChurnParameters {
    /// Start of all randomness.
    pub seed: u64,
    /// Batches of events in a second; what is in a batch becomes visible at once.
    pub batches_per_second: f64,
    /// Pods to which something happens in a second.
    pub pods_per_second: f64,
    /// Policies that change in a second.
    pub policies_per_second: f64,
    /// Namespaces that get another label in a second.
    pub relabels_per_second: f64,
    /// Share of pods that are replaced by a pod with the same labels, elsewhere.
    pub replaced: f64,
    /// Share of pods that are replaced by one with other labels; the remaining pods stay where they
    /// are and are labelled anew.
    pub new_class: f64,
}

impl Default for ChurnParameters {
    fn default() -> ChurnParameters {
        ChurnParameters {
            seed: 20_261_122,
            batches_per_second: 1_000.0,
            pods_per_second: 5_000.0,
            policies_per_second: 10.0,
            relabels_per_second: 1.0,
            replaced: 0.7,
            new_class: 0.2,
        }
    }
}

/// Something that a watch reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An object that is new or other than it was.
    Upsert(Box<Object>),
    /// An object that is gone.
    Delete {
        /// What it was.
        kind: Kind,
        /// Where it was.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Event {
    /// Tells a cluster.
    ///
    /// # Errors
    ///
    /// What the cluster has against the object.
    pub fn apply(self, cluster: &mut Cluster) -> Result<(), Error> {
        match self {
            Event::Upsert(object) => cluster.upsert(*object, Admission::Stored).map(drop),
            Event::Delete { kind, namespace, name } => {
                cluster.delete(kind, &namespace, &name);
                Ok(())
            }
        }
    }
}

/// A [`World`] that lives: an endless stream of events, the same for the same parameters.
///
/// ```
/// use netpol_testing::workload::{Churn, ChurnParameters, Parameters, World};
///
/// let world = World::generate(&"1k".parse::<Parameters>().unwrap());
/// let mut churn = Churn::new(world, &ChurnParameters::default());
/// // A thousandth of a second; who is replaced is deleted and added.
/// let batch = churn.batch();
/// assert!((5..=10).contains(&batch.len()));
/// // Pods come and go, their number stays.
/// assert_eq!(churn.world().pods.len(), 1_000);
/// ```
#[derive(Clone, Debug)]
pub struct Churn {
    parameters: ChurnParameters,
    random: Random,
    /// As it is now.
    world: World,
    /// Where nobody runs; who was freed last is taken last.
    spare: VecDeque<Place>,
    /// A policy that was deleted and will come back.
    withdrawn: Option<NetworkPolicy>,
    /// How many pods were added, so that no name comes twice.
    added: usize,
    /// What remains to be done of pods, policies and namespaces.
    due: [f64; 3],
}

/// Places that are free at the start, on each node.
const SPARE: u32 = 16;

impl Churn {
    /// What happens to `world` from now on.
    #[must_use]
    pub fn new(world: World, parameters: &ChurnParameters) -> Churn {
        Churn {
            parameters: *parameters,
            random: Random::new(parameters.seed, "churn"),
            spare: Place::spare(&world.parameters, SPARE).collect(),
            world,
            withdrawn: None,
            added: 0,
            due: [0.0; 3],
        }
    }

    /// The world after all events so far.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The events of one batch.
    pub fn batch(&mut self) -> Vec<Event> {
        let rates = &self.parameters;
        let per_second =
            [rates.pods_per_second, rates.policies_per_second, rates.relabels_per_second];
        let mut events = Vec::new();
        for (what, rate) in per_second.into_iter().enumerate() {
            self.due[what] += rate / self.parameters.batches_per_second;
            // What is due is a sum of fractions, a little below the whole number at times.
            while self.due[what] > 1.0 - 1e-6 {
                self.due[what] -= 1.0;
                match what {
                    0 => events.extend(self.pod()),
                    1 => events.push(self.policy()),
                    _ => events.push(self.namespace()),
                }
            }
        }
        events
    }

    /// Something happens to a pod: one or two events.
    pub fn pod(&mut self) -> Vec<Event> {
        let point = self.random.unit();
        if point < self.parameters.replaced {
            self.replace_pod(false).into()
        } else if point < self.parameters.replaced + self.parameters.new_class {
            self.replace_pod(true).into()
        } else {
            vec![self.relabel_pod()]
        }
    }

    /// A pod goes, another comes in its stead: with its labels, or with a new app's.
    pub fn replace_pod(&mut self, new_class: bool) -> [Event; 2] {
        let number = self.random.below(self.world.pods.len());
        self.added += 1;
        let pod = &mut self.world.pods[number];
        let gone = Event::Delete {
            kind: Kind::Pod,
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
        };
        if new_class {
            let labels = &mut pod.metadata.labels;
            let mut set = |key: &str, value| labels.insert(key.to_owned(), value);
            set(APP, format!("app-{}", self.random.below(APPS)));
            set(TIER, format!("tier-{}", self.random.below(TIERS)));
            set(PART_OF, format!("product-{}", self.random.below(PRODUCTS)));
        }
        let app = pod.metadata.labels.get(APP).map_or("pod", String::as_str);
        let name = format!("{app}-again-{}", self.added);
        for key in [POD_NAME, IDENTITY] {
            if let Some(value) = pod.metadata.labels.get_mut(key) {
                value.clone_from(&name);
            }
        }
        pod.metadata.name = name;
        self.spare.push_back(Place::of(pod));
        if let Some(place) = self.spare.pop_front() {
            place.settle(pod);
        }
        [gone, upsert(Object::Pod(pod.clone()))]
    }

    /// A pod's labels change while it runs.
    pub fn relabel_pod(&mut self) -> Event {
        let number = self.random.below(self.world.pods.len());
        let pod: &mut Pod = &mut self.world.pods[number];
        let labels = &mut pod.metadata.labels;
        if self.random.chance(0.5) {
            labels.insert(TIER.to_owned(), format!("tier-{}", self.random.below(TIERS)));
        } else {
            let second = labels.get(APP_VERSION).is_some_and(|version| version == "2");
            let other = if second { "1" } else { "2" };
            labels.insert(APP_VERSION.to_owned(), other.to_owned());
        }
        upsert(Object::Pod(pod.clone()))
    }

    /// A policy comes back that was deleted, or is deleted, or gets the contents of another one.
    ///
    /// # Panics
    ///
    /// When the world has no policies.
    pub fn policy(&mut self) -> Event {
        if let Some(policy) = self.withdrawn.take() {
            self.world.policies.push(policy.clone());
            return upsert(Object::NetworkPolicy(policy));
        }
        let number = self.random.below(self.world.policies.len());
        if self.random.chance(0.3) && self.world.policies.len() > 1 {
            let policy = self.world.policies.swap_remove(number);
            let event = Event::Delete {
                kind: Kind::NetworkPolicy,
                namespace: policy.metadata.namespace.clone(),
                name: policy.metadata.name.clone(),
            };
            self.withdrawn = Some(policy);
            return event;
        }
        // Names of apps are the same in all namespaces, so it means something there too.
        let spec = self.random.pick(&self.world.policies).spec.clone();
        let policy = &mut self.world.policies[number];
        policy.spec = spec;
        upsert(Object::NetworkPolicy(policy.clone()))
    }

    /// A namespace moves to another environment, or to another team and environment.
    pub fn namespace(&mut self) -> Event {
        let teams = (self.world.parameters.namespaces / 20).max(1);
        let number = self.random.below(self.world.namespaces.len());
        let namespace: &mut Namespace = &mut self.world.namespaces[number];
        let labels = &mut namespace.metadata.labels;
        let now = labels.get(ENVIRONMENT);
        let others = ENVIRONMENTS.iter().filter(|name| now.is_none_or(|now| now != *name));
        let others = others.collect::<Vec<_>>();
        let environment = (**self.random.pick(&others)).to_owned();
        labels.insert(ENVIRONMENT.to_owned(), environment);
        if self.random.chance(0.5) {
            labels.insert(TEAM.to_owned(), format!("team-{}", self.random.below(teams)));
        }
        upsert(Object::Namespace(namespace.clone()))
    }
}

fn upsert(object: Object) -> Event {
    Event::Upsert(Box::new(object))
}

#[cfg(test)]
mod tests {
    use super::{Churn, ChurnParameters, Event};
    use crate::workload::{Parameters, World};

    fn second() -> Vec<Event> {
        let world = World::generate(&Parameters::with_pods(1_000));
        let mut churn = Churn::new(world, &ChurnParameters::default());
        (0..1_000).flat_map(|_| churn.batch()).collect()
    }

    #[test]
    fn a_second_has_what_its_parameters_say() {
        let events = second();
        let of_kind = |kind: &str| {
            let is = |event: &&Event| match event {
                Event::Upsert(object) => object.object_ref().kind.to_string() == kind,
                Event::Delete { .. } => false,
            };
            events.iter().filter(is).count()
        };
        // Of five thousand pods all come or change, and nine of ten have a predecessor that goes.
        assert_eq!(of_kind("Pod"), 5_000);
        assert_eq!(of_kind("Namespace"), 1);
        let policies = of_kind("NetworkPolicy");
        assert!((4..=10).contains(&policies), "{policies}");
        assert!((9_400..9_620).contains(&events.len()), "{}", events.len());
    }

    #[test]
    fn it_is_the_same_every_time() {
        assert!(second() == second());
    }

    #[test]
    fn no_two_pods_share_an_address() {
        let world = World::generate(&Parameters::with_pods(1_000));
        let mut churn = Churn::new(world, &ChurnParameters::default());
        for _ in 0..2_000 {
            churn.batch();
        }
        let mut addresses =
            churn.world().pods.iter().map(|pod| pod.status.pod_ip.as_str()).collect::<Vec<_>>();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), 1_000);
    }
}
