use std::collections::BTreeMap;
use std::sync::Arc;

use super::addresses::Addresses;
use crate::diagnostic::{Diagnostic, Problem};
use crate::field::Path;
use crate::inventory::{Dirty, Inventory, NamespaceRecord};
use crate::model::{Kind, Labels, ObjectRef};
use crate::options::{EqualPriorities, MissingNamespaces, Options};
use crate::policy::{Policy, Subject};

/// Set by the API server on every namespace (KEP-2161).
const METADATA_NAME: &str = "kubernetes.io/metadata.name";

/// What is odd about the inventory as a whole, kept up to date.
#[derive(Clone, Debug, Default)]
pub(super) struct Warnings {
    missing_namespaces: BTreeMap<u32, Arc<str>>,
    equal_priorities: Vec<Diagnostic>,
    conflicts: usize,
    list: Arc<[Diagnostic]>,
}

impl Warnings {
    /// Takes note of what changed.
    pub(super) fn update(
        &mut self,
        dirty: &Dirty,
        inventory: &Inventory,
        options: &Options,
        addresses: &Addresses,
    ) {
        let mut changed = !addresses.conflicts.is_empty() || self.conflicts > 0;
        for number in &dirty.namespaces {
            let missing = inventory.namespace(*number).filter(|record| record.labels.is_none());
            let before = match missing {
                Some(record) => self.missing_namespaces.insert(*number, Arc::clone(&record.name)),
                None => self.missing_namespaces.remove(number),
            };
            changed |= missing.is_some() || before.is_some();
        }
        if !dirty.cluster_policies.is_empty() {
            let equal = equal_priorities(inventory, options);
            changed |= !equal.is_empty() || !self.equal_priorities.is_empty();
            self.equal_priorities = equal;
        }
        if !changed {
            return;
        }
        self.conflicts = addresses.conflicts.len();
        let mut names = self.missing_namespaces.values().collect::<Vec<_>>();
        names.sort_unstable();
        let missing = names
            .into_iter()
            .map(|name| Diagnostic::warning(missing_namespace(options)).about(namespace_ref(name)));
        let conflicts = addresses.conflicts.values().flatten().cloned();
        self.list = missing.chain(self.equal_priorities.iter().cloned()).chain(conflicts).collect();
    }

    /// Everything there is to say.
    pub(super) fn list(&self) -> Arc<[Diagnostic]> {
        Arc::clone(&self.list)
    }
}

/// What by the options must not be compiled.
pub(super) fn refusals(inventory: &Inventory, options: &Options) -> Result<(), Vec<Diagnostic>> {
    let mut refusals = Vec::new();
    if options.missing_namespaces == MissingNamespaces::Error {
        let records = inventory.namespaces().map(|(_, record)| record);
        let mut missing =
            records.filter(|record| record.labels.is_none()).map(|r| &*r.name).collect::<Vec<_>>();
        missing.sort_unstable();
        refusals.extend(
            missing.into_iter().map(|name| {
                Diagnostic::error(missing_namespace(options)).about(namespace_ref(name))
            }),
        );
    }
    // One kind of refusal at a time: what is missing may be the cause of the rest.
    if refusals.is_empty() && options.equal_priorities == EqualPriorities::Error {
        refusals = equal_priorities(inventory, options);
    }
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

/// The labels of a namespace as selectors see them.
pub(super) fn labels_of(record: &NamespaceRecord, options: &Options) -> Arc<Labels> {
    let mut labels = record.labels.clone().unwrap_or_default();
    let inject = match record.labels {
        None => options.missing_namespaces == MissingNamespaces::MetadataNameOnly,
        Some(_) => options.inject_metadata_name,
    };
    let name = &*record.name;
    if inject && labels.get(METADATA_NAME).map(String::as_str) != Some(name) {
        Arc::make_mut(&mut labels).insert(METADATA_NAME.to_owned(), name.to_owned());
    }
    labels
}

fn namespace_ref(name: &str) -> ObjectRef {
    ObjectRef { kind: Kind::Namespace, namespace: String::new(), name: name.to_owned() }
}

fn missing_namespace(options: &Options) -> Problem {
    let seen_as = match options.missing_namespaces {
        MissingNamespaces::MetadataNameOnly => {
            "; it is taken to have no label but kubernetes.io/metadata.name"
        }
        MissingNamespaces::Empty => "; it is taken to have no labels",
        MissingNamespaces::Error => "",
    };
    Problem::Note {
        code: "missing-namespace",
        path: Path::root(),
        message: format!(
            "objects are in this namespace, but the namespace was never loaded{seen_as}"
        ),
    }
}

/// What there is to say about policies of one tier with the same priority, whose order the API
/// leaves open: a note for each but the first.
fn equal_priorities(inventory: &Inventory, options: &Options) -> Vec<Diagnostic> {
    let has_effect =
        |policy: &&Arc<Policy>| policy.priority.is_some() && policy.subject != Subject::Nobody;
    let mut policies = inventory.cluster_policies.values().filter(has_effect).collect::<Vec<_>>();
    policies.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut diagnostics = Vec::new();
    for equal in policies.chunk_by(|a, b| (a.tier, a.priority) == (b.tier, b.priority)) {
        let Some((first, others)) = equal.split_first() else { continue };
        diagnostics.extend(others.iter().map(|policy| {
            let problem = Problem::Note {
                code: "equal-priority",
                path: Path::new("spec").child("priority"),
                message: format!(
                    "{} {} has the same priority in the same tier, and the API leaves open which \
                     is asked first; here they are asked in the order of their names",
                    first.kind, first.name
                ),
            };
            let diagnostic = match options.equal_priorities {
                EqualPriorities::ByName => Diagnostic::warning(problem),
                EqualPriorities::Error => Diagnostic::error(problem),
            };
            diagnostic.about(ObjectRef {
                kind: policy.kind,
                namespace: String::new(),
                name: policy.name.to_string(),
            })
        }));
    }
    diagnostics
}
