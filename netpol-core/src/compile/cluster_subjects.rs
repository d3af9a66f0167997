use std::sync::Arc;

use super::facts::{Fact, TermIndex, Terms};
use crate::directory::PolicyNumber;
use crate::hash::Map;

/// Which cluster-wide policies select a pod: first by its namespace, then by its own labels.
#[derive(Debug, Default)]
pub(super) struct ClusterSubjects {
    /// By the namespaces that they select; the item is an index into `policies`.
    by_namespace: TermIndex<usize>,
    policies: Vec<(Terms, PolicyNumber)>,
}

/// The cluster-wide policies that select pods of some namespaces.
#[derive(Debug, Default)]
pub(super) struct SubjectsInNamespace {
    /// Those that select every pod there.
    every_pod: Vec<PolicyNumber>,
    /// Those that look at the pod too.
    by_pod: TermIndex<PolicyNumber>,
}

impl ClusterSubjects {
    /// Adds a policy that selects pods with the terms `pods` in namespaces with the terms
    /// `namespaces`.
    pub(super) fn insert(&mut self, namespaces: Terms, pods: Terms, policy: PolicyNumber) {
        self.by_namespace.insert(namespaces, self.policies.len());
        self.policies.push((pods, policy));
    }

    /// What there is for each of many namespaces, whose facts come in order. Namespaces that the
    /// same policies select share it.
    pub(super) fn by_namespace<'facts>(
        &self,
        namespaces: impl Iterator<Item = impl AsRef<[Fact]> + 'facts>,
    ) -> Vec<Arc<SubjectsInNamespace>> {
        let mut known: Map<Vec<usize>, Arc<SubjectsInNamespace>> = Map::default();
        let mut of_namespace = |facts: &[Fact]| {
            let mut selecting = Vec::new();
            self.by_namespace.find(facts, |index| selecting.push(index));
            selecting.sort_unstable();
            if let Some(known) = known.get(&selecting) {
                return Arc::clone(known);
            }
            let mut subjects = SubjectsInNamespace::default();
            for (pods, policy) in selecting.iter().filter_map(|index| self.policies.get(*index)) {
                if *pods == Terms::default() {
                    subjects.every_pod.push(*policy);
                } else {
                    subjects.by_pod.insert(pods.clone(), *policy);
                }
            }
            let subjects = Arc::new(subjects);
            known.insert(selecting, Arc::clone(&subjects));
            subjects
        };
        namespaces.map(|facts| of_namespace(facts.as_ref())).collect()
    }
}

impl SubjectsInNamespace {
    /// The policies that select a pod with these facts, in the order in which they are asked.
    pub(super) fn selecting(&self, facts: &[Fact]) -> Vec<PolicyNumber> {
        let mut selecting = self.every_pod.clone();
        self.by_pod.find(facts, |policy| selecting.push(policy));
        selecting.sort_unstable();
        selecting
    }
}
