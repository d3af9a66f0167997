use smallvec::{SmallVec, smallvec};

use crate::hash::Map;
use crate::model::Labels;
use crate::selector::{Operator, Selector};

/// An interned statement about a label that some selector makes: "the key is there" or "the key
/// has this value".
///
/// Labels and values that no selector mentions have no fact, so objects that differ only in those
/// look alike: a pod's hash, its ordinal, its revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fact(u32);

/// The facts true of an object, sorted.
pub(super) type FactList = SmallVec<[Fact; 8]>;

/// All facts that selectors mention.
#[derive(Debug, Default)]
pub(super) struct Facts {
    keys: Map<String, KeyFacts>,
    count: u32,
}

#[derive(Debug, Default)]
struct KeyFacts {
    exists: Option<Fact>,
    values: Map<String, Fact>,
}

/// Facts of which one is enough. Sorted; most selectors ask for one value of a key.
pub(super) type AnyOf = SmallVec<[Fact; 4]>;

/// A selector in terms of facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Terms {
    /// Of each list at least one must be true. Sorted.
    pub(super) all_of: SmallVec<[AnyOf; 2]>,
    /// None of any list may be true; one list for each negative requirement. Sorted.
    pub(super) none_of: SmallVec<[AnyOf; 1]>,
}

impl Facts {
    /// The selector's terms; its facts are interned.
    pub(super) fn terms(&mut self, selector: &Selector) -> Terms {
        let mut terms = Terms::default();
        for requirement in selector.requirements() {
            let key = requirement.key();
            let mut facts: AnyOf = match requirement.operator() {
                Operator::In | Operator::NotIn => {
                    requirement.values().iter().map(|value| self.has_value(key, value)).collect()
                }
                Operator::Exists | Operator::DoesNotExist => {
                    smallvec![self.exists(key)]
                }
                // Not expressible in a LabelSelector, the only form that policies have.
                Operator::GreaterThan | Operator::LessThan => AnyOf::new(),
            };
            facts.sort_unstable();
            facts.dedup();
            match requirement.operator() {
                Operator::NotIn | Operator::DoesNotExist => terms.none_of.push(facts),
                _ => terms.all_of.push(facts),
            }
        }
        for list in [&mut *terms.all_of, &mut *terms.none_of] {
            list.sort_unstable();
        }
        terms.all_of.dedup();
        terms.none_of.dedup();
        terms
    }

    /// The facts that are true of an object with these labels.
    pub(super) fn of(&self, labels: &Labels) -> FactList {
        let mut facts = FactList::new();
        for (key, value) in labels {
            if let Some(known) = self.keys.get(key.as_str()) {
                facts.extend(known.exists);
                facts.extend(known.values.get(value.as_str()).copied());
            }
        }
        facts.sort_unstable();
        facts
    }

    fn exists(&mut self, key: &str) -> Fact {
        let next = Fact(self.count);
        let fact = *self.key(key).exists.get_or_insert(next);
        self.count += u32::from(fact == next);
        fact
    }

    fn has_value(&mut self, key: &str, value: &str) -> Fact {
        let next = Fact(self.count);
        let fact = *self.key(key).values.entry_ref(value).or_insert(next);
        self.count += u32::from(fact == next);
        fact
    }

    fn key(&mut self, key: &str) -> &mut KeyFacts {
        self.keys.entry_ref(key).or_default()
    }
}

impl Terms {
    /// Whether an object with these facts is selected.
    pub(super) fn hold_for(&self, facts: &[Fact]) -> bool {
        let any = |list: &AnyOf| list.iter().any(|fact| facts.binary_search(fact).is_ok());
        self.all_of.iter().all(any) && !self.none_of.iter().any(any)
    }
}

/// Finds, among many terms, those that hold for an object, without looking at the others.
///
/// Each item is filed under the facts of its most specific positive requirement; an object tries
/// the items filed under its own facts.
#[derive(Debug)]
pub(super) struct TermIndex<T> {
    by_fact: Map<Fact, SmallVec<[u32; 4]>>,
    always: Vec<u32>,
    items: Vec<(Terms, T)>,
}

impl<T> Default for TermIndex<T> {
    fn default() -> TermIndex<T> {
        TermIndex { by_fact: Map::default(), always: Vec::new(), items: Vec::new() }
    }
}

impl<T: Copy> TermIndex<T> {
    /// Files an item.
    pub(super) fn insert(&mut self, terms: Terms, item: T) {
        let number = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        match terms.all_of.iter().min_by_key(|facts| facts.len()) {
            Some(facts) => {
                for fact in facts {
                    self.by_fact.entry(*fact).or_default().push(number);
                }
            }
            None => self.always.push(number),
        }
        self.items.push((terms, item));
    }

    /// Calls `found` with every item whose terms hold, each once, in no particular order.
    pub(super) fn find(&self, facts: &[Fact], mut found: impl FnMut(T)) {
        let filed = facts.iter().filter_map(|fact| self.by_fact.get(fact)).flatten();
        for number in self.always.iter().chain(filed) {
            // A key has one value, so at most one fact of a requirement about it is true and no
            // item comes up twice.
            if let Some((terms, item)) = self.items.get(*number as usize)
                && terms.hold_for(facts)
            {
                found(*item);
            }
        }
    }
}
