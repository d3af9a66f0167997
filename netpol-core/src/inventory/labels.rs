use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::hash::{FixedHasher, Map};

/// An interned label: a key with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Label(u32);

/// A statement about a label that selectors make: "the key has this value" or "the key is there".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fact(u32);

/// The facts true of an object that some selector asks about, sorted.
///
/// Labels that no selector mentions have no part in it, so objects that differ only in those look
/// alike: a pod's hash, its ordinal, its revision.
pub(crate) type FactList = SmallVec<[Fact; 16]>;

/// All labels that objects have and selectors ask for, each text once; who has which, and which
/// are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabelIndex {
    keys: Vec<Key>,
    free_keys: Vec<u32>,
    key_table: HashTable<u32>,
    pairs: Vec<Pair>,
    free_pairs: Vec<u32>,
    pair_table: HashTable<u32>,
    /// How many Services select by a pair: few are selected by.
    kept: Map<u32, u32>,
    /// Pairs that were in use by nobody when last looked at, and keys.
    condemned: Vec<u32>,
    condemned_keys: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Key {
    text: Arc<str>,
    /// How many selectors ask whether the key is there.
    wants: u32,
    pairs: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Pair {
    key: u32,
    value: Arc<str>,
    /// Its place in the list of its key.
    place: u32,
    /// How many selectors ask for it.
    wants: u32,
    /// How many objects have it.
    live: u32,
    /// The objects that have it, with some that had it once, and some twice.
    holders: SmallVec<[u32; 3]>,
}

impl Label {
    /// As a number.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

impl Fact {
    /// The fact that a label is there.
    pub(crate) const fn has(label: Label) -> Fact {
        Fact(label.0 << 1)
    }

    const fn exists(key: u32) -> Fact {
        Fact(key << 1 | 1)
    }
}

impl LabelIndex {
    /// The number of a label. It stays while an object has it or a selector wants it, and until the
    /// next [`sweep`](Self::sweep).
    pub(crate) fn intern(&mut self, key: &str, value: &str) -> Label {
        let hash = FixedHasher.hash_one((key, value));
        let (keys, pairs) = (&self.keys, &self.pairs);
        let same = |number: &u32| {
            let pair = &pairs[*number as usize];
            *pair.value == *value && *keys[pair.key as usize].text == *key
        };
        if let Some(known) = self.pair_table.find(hash, same) {
            return Label(*known);
        }
        let key = self.intern_key(key);
        let of_key = &mut self.keys[key as usize].pairs;
        let pair =
            Pair { key, value: value.into(), place: number_of(of_key.len()), ..Pair::default() };
        let number = add(&mut self.pairs, &mut self.free_pairs, pair);
        of_key.push(number);
        let (keys, pairs) = (&self.keys, &self.pairs);
        self.pair_table
            .insert_unique(hash, number, |number| hash_of(keys, &pairs[*number as usize]));
        // Until somebody has it.
        self.condemned.push(number);
        Label(number)
    }

    fn intern_key(&mut self, text: &str) -> u32 {
        let hash = FixedHasher.hash_one(text);
        let keys = &self.keys;
        if let Some(known) =
            self.key_table.find(hash, |number| *keys[*number as usize].text == *text)
        {
            return *known;
        }
        let key = Key { text: text.into(), ..Key::default() };
        let number = add(&mut self.keys, &mut self.free_keys, key);
        let keys = &self.keys;
        self.key_table.insert_unique(hash, number, |number| {
            FixedHasher.hash_one(&*keys[*number as usize].text)
        });
        number
    }

    /// The key of a label.
    pub(crate) fn key(&self, label: Label) -> &str {
        &self.keys[self.pairs[label.0 as usize].key as usize].text
    }

    /// The value of a label.
    pub(crate) fn value(&self, label: Label) -> &Arc<str> {
        &self.pairs[label.0 as usize].value
    }

    /// The fact that a key has a value.
    pub(crate) fn has_value(&mut self, key: &str, value: &str) -> Fact {
        Fact::has(self.intern(key, value))
    }

    /// The fact that a key is there.
    pub(crate) fn exists(&mut self, key: &str) -> Fact {
        Fact::exists(self.intern_key(key))
    }

    /// An object gets a label. `has` says whether an object has a label still.
    pub(crate) fn hold(&mut self, label: Label, holder: u32, has: impl Fn(u32) -> bool) {
        let pair = &mut self.pairs[label.0 as usize];
        pair.live += 1;
        if pair.holders.len() > 2 * pair.live as usize + 8 {
            pair.holders.sort_unstable();
            pair.holders.dedup();
            pair.holders.retain(|holder| has(*holder));
        }
        pair.holders.push(holder);
    }

    /// An object loses a label.
    pub(crate) fn release(&mut self, label: Label) {
        let pair = &mut self.pairs[label.0 as usize];
        pair.live -= 1;
        if pair.live == 0 {
            pair.holders = SmallVec::new();
            self.condemned.push(label.0);
        }
    }

    /// A Service selects by a label, which policies need not know of.
    pub(super) fn keep(&mut self, label: Label) {
        *self.kept.entry(label.0).or_default() += 1;
    }

    /// A Service selects no more by a label.
    pub(super) fn drop_kept(&mut self, label: Label) {
        let Some(count) = self.kept.get_mut(&label.0) else { return };
        *count -= 1;
        if *count == 0 {
            self.kept.remove(&label.0);
            self.condemned.push(label.0);
        }
    }

    /// A selector asks for a fact. Says whether it is the first.
    pub(crate) fn want(&mut self, fact: Fact) -> bool {
        let wants = self.wants(fact);
        *wants += 1;
        *wants == 1
    }

    /// A selector asks no more for a fact. Says whether it was the last.
    pub(crate) fn unwant(&mut self, fact: Fact) -> bool {
        let wants = self.wants(fact);
        *wants -= 1;
        let last = *wants == 0;
        if last {
            let condemned =
                if fact.0 & 1 == 0 { &mut self.condemned } else { &mut self.condemned_keys };
            condemned.push(fact.0 >> 1);
        }
        last
    }

    fn wants(&mut self, fact: Fact) -> &mut u32 {
        let number = (fact.0 >> 1) as usize;
        if fact.0 & 1 == 0 { &mut self.pairs[number].wants } else { &mut self.keys[number].wants }
    }

    /// Nobody asks for anything: a new compilation begins.
    pub(crate) fn forget_wants(&mut self) {
        for (number, pair) in (0..).zip(&mut self.pairs) {
            pair.wants = 0;
            if pair.live == 0 {
                self.condemned.push(number);
            }
        }
        for (number, key) in (0..).zip(&mut self.keys) {
            key.wants = 0;
            if key.pairs.is_empty() {
                self.condemned_keys.push(number);
            }
        }
    }

    /// The facts about an object with these labels that some selector asks for.
    pub(crate) fn facts_of(&self, labels: &[Label]) -> FactList {
        let mut facts = FactList::new();
        for label in labels {
            let pair = &self.pairs[label.0 as usize];
            if pair.wants > 0 {
                facts.push(Fact::has(*label));
            }
            if self.keys[pair.key as usize].wants > 0 {
                facts.push(Fact::exists(pair.key));
            }
        }
        facts.sort_unstable();
        facts
    }

    /// The objects of which a fact is true. Some of them come twice, and some have lost it.
    pub(crate) fn holders(&self, fact: Fact) -> impl Iterator<Item = u32> {
        let number = (fact.0 >> 1) as usize;
        let key = (fact.0 & 1 == 1).then(|| &self.keys[number].pairs).into_iter().flatten();
        let single = (fact.0 & 1 == 0).then(|| number_of(number));
        let pairs = key.copied().chain(single);
        pairs.flat_map(|number| self.pairs[number as usize].holders.iter().copied())
    }

    /// Forgets labels that nobody has and nobody asks for, whose numbers will be others'.
    pub(crate) fn sweep(&mut self) {
        let mut condemned = std::mem::take(&mut self.condemned);
        condemned.sort_unstable();
        condemned.dedup();
        for number in condemned.drain(..) {
            let pair = &self.pairs[number as usize];
            if pair.live > 0 || pair.wants > 0 || self.kept.contains_key(&number) {
                continue;
            }
            let hash = hash_of(&self.keys, pair);
            let Ok(entry) = self.pair_table.find_entry(hash, |other| *other == number) else {
                continue;
            };
            entry.remove();
            let Pair { key, place, .. } = std::mem::take(&mut self.pairs[number as usize]);
            self.free_pairs.push(number);
            let of_key = &mut self.keys[key as usize];
            of_key.pairs.swap_remove(place as usize);
            if let Some(moved) = of_key.pairs.get(place as usize) {
                self.pairs[*moved as usize].place = place;
            }
            self.condemned_keys.push(key);
        }
        self.condemned = condemned;
        for number in std::mem::take(&mut self.condemned_keys) {
            let key = &self.keys[number as usize];
            if !key.pairs.is_empty() || key.wants > 0 {
                continue;
            }
            let hash = FixedHasher.hash_one(&*key.text);
            // A key may be condemned twice, and is not there the second time.
            if let Ok(entry) = self.key_table.find_entry(hash, |other| *other == number) {
                entry.remove();
                self.keys[number as usize] = Key::default();
                self.free_keys.push(number);
            }
        }
    }

    /// How many labels there are.
    pub(crate) fn len(&self) -> usize {
        self.pair_table.len()
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let texts = self.pairs.iter().map(|pair| pair.value.len() + 16).sum::<usize>();
        let spilled = self.pairs.iter().filter(|pair| pair.holders.spilled());
        texts
            + spilled.map(|pair| pair.holders.capacity() * 4).sum::<usize>()
            + self.pairs.capacity() * size_of::<Pair>()
            + self.keys.iter().map(|key| key.pairs.capacity() * 4 + key.text.len()).sum::<usize>()
            + self.keys.capacity() * size_of::<Key>()
            + (self.pair_table.capacity() + self.key_table.capacity()) * 5
            + self.kept.capacity() * size_of::<(u32, u32)>()
    }
}

fn hash_of(keys: &[Key], pair: &Pair) -> u64 {
    FixedHasher.hash_one((&*keys[pair.key as usize].text, &*pair.value))
}

fn add<T>(list: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    if let Some(number) = free.pop() {
        list[number as usize] = value;
        return number;
    }
    list.push(value);
    number_of(list.len() - 1)
}

/// Labels are fewer than bytes of text, of which an address space of 32 bits per kind is plenty.
fn number_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{FactList, LabelIndex};

    #[test]
    fn facts_are_those_that_somebody_wants() {
        let mut index = LabelIndex::default();
        let labels = [("app", "web"), ("tier", "front"), ("hash", "1f")];
        let labels = labels.map(|(key, value)| index.intern(key, value));
        for label in labels {
            index.hold(label, 7, |_| true);
        }
        assert!(index.facts_of(&labels).is_empty());
        let (web, tier) = (index.has_value("app", "web"), index.exists("tier"));
        let (api, other) = (index.has_value("app", "api"), index.exists("other"));
        assert!([web, tier, api, other].map(|fact| index.want(fact)).iter().all(|first| *first));
        assert!(!index.want(web));
        let mut expected = FactList::from_iter([web, tier]);
        expected.sort_unstable();
        assert_eq!(index.facts_of(&labels), expected);
        for fact in [web, tier] {
            assert_eq!(index.holders(fact).collect::<Vec<_>>(), [7]);
        }
        assert_eq!(index.holders(api).count() + index.holders(other).count(), 0);
        assert!(!index.unwant(web));
        assert!([web, tier, api, other].map(|fact| index.unwant(fact)).iter().all(|last| *last));
        index.sweep();
        assert_eq!(index.len(), 3);
        for label in labels {
            index.release(label);
        }
        index.sweep();
        assert_eq!((index.len(), index.keys.len() - index.free_keys.len()), (0, 0));
        let again = index.intern("app", "web");
        assert_eq!((index.key(again), &**index.value(again)), ("app", "web"));
        // What a Service selects by stays, and is no fact that policies ask for.
        index.keep(again);
        index.sweep();
        assert_eq!((index.len(), index.facts_of(&[again]).len()), (1, 0));
        index.drop_kept(again);
        index.sweep();
        assert_eq!(index.len(), 0);
    }

    #[test]
    fn holders_stay_few() {
        let mut index = LabelIndex::default();
        let label = index.intern("app", "web");
        index.hold(label, 1, |_| true);
        for _ in 0..10_000 {
            index.hold(label, 2, |holder| holder == 1);
            index.release(label);
        }
        assert!(index.pairs[0].holders.len() < 16);
        assert!(index.holders(index_fact(label)).any(|holder| holder == 1));
    }

    fn index_fact(label: super::Label) -> super::Fact {
        super::Fact::has(label)
    }
}
