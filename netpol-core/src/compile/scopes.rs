use smallvec::SmallVec;

use super::slab::Slab;
use super::terms::{TermIndex, Terms};
use crate::hash::Map;
use crate::inventory::{Fact, LabelIndex};
use crate::model::Labels;
use crate::tables::Atom;

/// The namespaces in which peers look for pods: a policy's own, or those with certain labels.
///
/// Every scope has an index of the atoms that pods in it can match; a namespace knows the scopes
/// that it lies in.
#[derive(Clone, Debug, Default)]
pub(super) struct Scopes {
    /// The labels of namespaces. All their facts count, asked for or not: there are few namespaces.
    labels: LabelIndex,
    own: Map<u32, u32>,
    by_terms: Map<(Terms, Audience), u32>,
    list: Slab<Scope>,
    members: Map<u32, Member>,
}

/// Whose rules an atom is for, where that makes a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Audience {
    #[default]
    Everybody,
    /// The ordered tiers alone.
    OrderedTiers,
}

#[derive(Clone, Debug)]
struct Scope {
    atoms: TermIndex<Atom>,
    atom_count: u32,
    which: Which,
}

#[derive(Clone, Debug)]
enum Which {
    Own(u32),
    Labels(Terms, Audience),
}

/// A namespace.
#[derive(Clone, Debug, Default)]
struct Member {
    labels: SmallVec<[crate::inventory::Label; 6]>,
    facts: Vec<Fact>,
    /// Scopes by labels that it lies in.
    scopes: Vec<u32>,
}

impl Scopes {
    /// Adds a namespace, or changes its labels. Says whether it lies in other scopes than before.
    pub(super) fn set_namespace(&mut self, number: u32, labels: &Labels) -> bool {
        let mut member = Member::default();
        for (key, value) in labels {
            let label = self.labels.intern(key, value);
            member.labels.push(label);
            member.facts.extend([Fact::has(label), self.labels.exists(key)]);
        }
        member.facts.sort_unstable();
        for label in &member.labels {
            let members = &self.members;
            let has = |other: u32| members.get(&other).is_some_and(|m| m.labels.contains(label));
            self.labels.hold(*label, number, has);
        }
        let in_scope = |(_, scope): &(u32, &Scope)| match &scope.which {
            Which::Labels(terms, _) => terms.hold_for(&member.facts),
            Which::Own(_) => false,
        };
        member.scopes = self.list.iter().filter(in_scope).map(|(number, _)| number).collect();
        let before = self.members.remove(&number);
        let changed = before.as_ref().is_none_or(|before| before.scopes != member.scopes);
        for label in before.iter().flat_map(|before| &before.labels) {
            self.labels.release(*label);
        }
        self.members.insert(number, member);
        changed
    }

    /// Forgets a namespace.
    pub(super) fn remove_namespace(&mut self, number: u32) {
        for label in self.members.remove(&number).iter().flat_map(|member| &member.labels) {
            self.labels.release(*label);
        }
    }

    /// The facts about a namespace.
    pub(super) fn facts(&self, namespace: u32) -> &[Fact] {
        self.members.get(&namespace).map_or(&[], |member| &member.facts)
    }

    /// The terms of a selector on namespaces.
    pub(super) fn terms(&mut self, selector: &crate::selector::Selector) -> Terms {
        let terms = Terms::of(selector, &mut self.labels);
        for fact in terms.facts() {
            self.labels.want(fact);
        }
        terms
    }

    /// Lets go of terms.
    pub(super) fn release_terms(&mut self, terms: &Terms) {
        for fact in terms.facts() {
            self.labels.unwant(fact);
        }
    }

    /// The scope of a policy's own namespace.
    pub(super) fn own(&mut self, namespace: u32) -> u32 {
        *self.own.entry(namespace).or_insert_with(|| {
            self.list.insert(Scope {
                atoms: TermIndex::default(),
                atom_count: 0,
                which: Which::Own(namespace),
            })
        })
    }

    /// The scope of namespaces with these terms.
    pub(super) fn by_labels(&mut self, terms: Terms, audience: Audience) -> u32 {
        let key = (terms, audience);
        if let Some(known) = self.by_terms.get(&key) {
            return *known;
        }
        for fact in key.0.facts() {
            self.labels.want(fact);
        }
        let scope = self.list.insert(Scope {
            atoms: TermIndex::default(),
            atom_count: 0,
            which: Which::Labels(key.0.clone(), audience),
        });
        let everywhere = key.0.narrowest().is_none().then(|| self.members.keys().copied());
        // Who has a label is known; of some it was said twice, or long ago.
        let filed = key.0.narrowest().into_iter().flatten();
        let filed = filed.flat_map(|fact| self.labels.holders(*fact));
        let candidates = everywhere.into_iter().flatten().chain(filed).collect::<Vec<_>>();
        for namespace in candidates {
            let Some(member) = self.members.get_mut(&namespace) else { continue };
            if key.0.hold_for(&member.facts)
                && let Err(place) = member.scopes.binary_search(&scope)
            {
                member.scopes.insert(place, scope);
            }
        }
        self.by_terms.insert(key, scope);
        scope
    }

    /// Files an atom in a scope.
    pub(super) fn insert(&mut self, scope: u32, terms: Terms, atom: Atom) -> u32 {
        let scope = &mut self.list[scope];
        scope.atom_count += 1;
        scope.atoms.insert(terms, atom)
    }

    /// Takes an atom out of a scope, which goes with its last one. Gives the atom's terms back.
    pub(super) fn remove(&mut self, number: u32, item: u32) -> Terms {
        let scope = &mut self.list[number];
        let terms = scope.atoms.remove(item);
        scope.atom_count -= 1;
        if scope.atom_count == 0 {
            match self.list.remove(number).map(|scope| scope.which) {
                Some(Which::Own(namespace)) => {
                    self.own.remove(&namespace);
                }
                Some(Which::Labels(terms, audience)) => {
                    for member in self.members.values_mut() {
                        if let Ok(place) = member.scopes.binary_search(&number) {
                            member.scopes.remove(place);
                        }
                    }
                    self.release_terms(&terms);
                    self.by_terms.remove(&(terms, audience));
                }
                None => {}
            }
        }
        terms
    }

    /// The terms of an atom.
    pub(super) fn terms_of(&self, scope: u32, item: u32) -> Option<&Terms> {
        self.list[scope].atoms.terms(item)
    }

    /// Whether a namespace lies in a scope.
    pub(super) fn contains(&self, scope: u32, namespace: u32) -> bool {
        match &self.list[scope].which {
            Which::Own(own) => *own == namespace,
            Which::Labels(terms, _) => terms.hold_for(self.facts(namespace)),
        }
    }

    /// The namespace of a scope that is a policy's own.
    pub(super) fn only_namespace_in(&self, scope: u32) -> Option<u32> {
        match &self.list[scope].which {
            Which::Own(own) => Some(*own),
            Which::Labels(..) => None,
        }
    }

    /// The namespaces that lie in a scope.
    pub(super) fn namespaces_in(&self, scope: u32) -> Vec<u32> {
        match &self.list[scope].which {
            Which::Own(own) => vec![*own],
            Which::Labels(..) => {
                let inside = self.members.iter();
                let inside = inside.filter(|(_, m)| m.scopes.binary_search(&scope).is_ok());
                inside.map(|(number, _)| *number).collect()
            }
        }
    }

    /// The atoms that a pod with these facts matches in a namespace, sorted.
    pub(super) fn atoms_of(&self, namespace: u32, facts: &[Fact], host_network: bool) -> Vec<Atom> {
        let mut atoms = Vec::new();
        let by_labels = self.members.get(&namespace).map_or(&[][..], |member| &member.scopes);
        let own = self.own.get(&namespace);
        for scope in by_labels.iter().chain(own) {
            let scope = &self.list[*scope];
            let unseen = matches!(scope.which, Which::Labels(_, Audience::OrderedTiers));
            if !(host_network && unseen) {
                scope.atoms.find(facts, |atom| atoms.push(atom));
            }
        }
        atoms.sort_unstable();
        atoms
    }

    /// Forgets labels that nobody has or wants.
    pub(super) fn sweep(&mut self) {
        self.labels.sweep();
    }

    pub(super) fn bytes(&self) -> usize {
        let scopes = self.list.iter().map(|(_, scope)| scope.atoms.bytes()).sum::<usize>();
        let members = self.members.values().map(|member| {
            member.facts.capacity() * size_of::<Fact>() + member.scopes.capacity() * 4
        });
        scopes
            + members.sum::<usize>()
            + self.list.bytes()
            + self.members.capacity() * size_of::<(u32, Member)>()
            + self.labels.bytes()
    }
}
