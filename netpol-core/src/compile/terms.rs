use smallvec::{SmallVec, smallvec};

use crate::hash::Map;
use crate::inventory::{Fact, LabelIndex};
use crate::numbers::Numbers;
use crate::selector::{Operator, Selector};

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

impl Terms {
    /// The terms of a selector.
    pub(super) fn of(selector: &Selector, labels: &mut LabelIndex) -> Terms {
        let mut terms = Terms::default();
        for requirement in selector.requirements() {
            let key = requirement.key();
            let mut facts: AnyOf = match requirement.operator() {
                Operator::In | Operator::NotIn => {
                    requirement.values().iter().map(|value| labels.has_value(key, value)).collect()
                }
                Operator::Exists | Operator::DoesNotExist => smallvec![labels.exists(key)],
                // Not expressible in a LabelSelector, the only form that policies have.
                Operator::GreaterThan | Operator::LessThan => AnyOf::new(),
            };
            facts.sort_unstable();
            match requirement.operator() {
                Operator::NotIn | Operator::DoesNotExist => terms.none_of.push(facts),
                _ => terms.all_of.push(facts),
            }
        }
        terms.all_of.sort_unstable();
        terms.none_of.sort_unstable();
        terms
    }

    /// The terms with only these positive requirements.
    pub(super) fn positive(all_of: SmallVec<[AnyOf; 2]>) -> Terms {
        Terms { all_of, none_of: SmallVec::new() }
    }

    /// Whether an object with these facts is selected.
    pub(super) fn hold_for(&self, facts: &[Fact]) -> bool {
        let any = |list: &AnyOf| list.iter().any(|fact| facts.binary_search(fact).is_ok());
        self.all_of.iter().all(any) && !self.none_of.iter().any(any)
    }

    /// Every fact that is asked for.
    pub(super) fn facts(&self) -> impl Iterator<Item = Fact> {
        self.all_of.iter().chain(&self.none_of).flatten().copied()
    }

    /// The positive requirement that the fewest objects are likely to meet.
    pub(super) fn narrowest(&self) -> Option<&AnyOf> {
        self.all_of.iter().min_by_key(|facts| facts.len())
    }
}

/// Finds, among many terms, those that hold for an object, without looking at the others.
///
/// Each item is filed under the facts of its most specific positive requirement; an object tries
/// the items filed under its own facts.
#[derive(Clone, Debug)]
pub(super) struct TermIndex<T> {
    by_fact: Map<Fact, SmallVec<[u32; 4]>>,
    always: Vec<u32>,
    items: Vec<Option<(Terms, T)>>,
    numbers: Numbers,
}

impl<T> Default for TermIndex<T> {
    fn default() -> TermIndex<T> {
        TermIndex {
            by_fact: Map::default(),
            always: Vec::new(),
            items: Vec::new(),
            numbers: Numbers::default(),
        }
    }
}

impl<T: Copy> TermIndex<T> {
    /// Files an item, and says under which number.
    pub(super) fn insert(&mut self, terms: Terms, item: T) -> u32 {
        let number = self.numbers.take(u32::MAX).unwrap_or(u32::MAX);
        match terms.narrowest() {
            Some(facts) => {
                for fact in facts {
                    self.by_fact.entry(*fact).or_default().push(number);
                }
            }
            None => self.always.push(number),
        }
        if number as usize >= self.items.len() {
            self.items.resize_with(number as usize + 1, || None);
        }
        self.items[number as usize] = Some((terms, item));
        number
    }

    /// Changes what an item stands for.
    pub(super) fn set(&mut self, number: u32, item: T) {
        if let Some(Some((_, place))) = self.items.get_mut(number as usize) {
            *place = item;
        }
    }

    /// Takes an item out, and gives its terms back.
    pub(super) fn remove(&mut self, number: u32) -> Terms {
        let Some((terms, _)) = self.items.get_mut(number as usize).and_then(Option::take) else {
            return Terms::default();
        };
        match terms.narrowest() {
            Some(facts) => {
                for fact in facts {
                    if let Some(list) = self.by_fact.get_mut(fact) {
                        list.retain(|other| *other != number);
                        if list.is_empty() {
                            self.by_fact.remove(fact);
                        }
                    }
                }
            }
            None => self.always.retain(|other| *other != number),
        }
        self.numbers.give_back(number);
        terms
    }

    /// The terms of an item.
    pub(super) fn terms(&self, number: u32) -> Option<&Terms> {
        self.items.get(number as usize)?.as_ref().map(|(terms, _)| terms)
    }

    /// Whether nothing is filed.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.used() == 0
    }

    /// Calls `found` with every item whose terms hold, each once, in no particular order.
    pub(super) fn find(&self, facts: &[Fact], mut found: impl FnMut(T)) {
        let filed = facts.iter().filter_map(|fact| self.by_fact.get(fact)).flatten();
        for number in self.always.iter().chain(filed) {
            // A key has one value, so at most one fact of a requirement about it is true and no
            // item comes up twice.
            if let Some(Some((terms, item))) = self.items.get(*number as usize)
                && terms.hold_for(facts)
            {
                found(*item);
            }
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.by_fact.capacity() * (size_of::<(Fact, SmallVec<[u32; 4]>)>() + 1)
            + self.items.capacity() * size_of::<Option<(Terms, T)>>()
            + self.always.capacity() * size_of::<u32>()
    }
}
