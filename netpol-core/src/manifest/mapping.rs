//! A mapping while it is being read: its entries so far, and what merge keys brought in.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::event::Fault;
use super::tree::{Entry, Node, Value};

/// The entries of a mapping in the order of the text.
#[derive(Default)]
pub(super) struct Mapping<'text> {
    entries: Vec<Entry<'text>>,
    /// The positions in `entries` that merge keys filled, ascending.
    merged: BTreeSet<usize>,
}

impl<'text> Mapping<'text> {
    /// The entries so far.
    pub(super) fn entries(&self) -> &[Entry<'text>] {
        &self.entries
    }

    /// Adds an entry of the text itself.
    pub(super) fn push(&mut self, entry: Entry<'text>) {
        self.entries.push(entry);
    }

    /// Adds what the value of a merge key (`<<`) holds.
    pub(super) fn merge(&mut self, source: Node<'text>) -> Result<(), Fault> {
        let place = source.place;
        let sources = match source.value {
            Value::Map(_) => vec![source],
            Value::List(list) => list,
            _ => return Err(Fault::syntax(MERGE_SOURCE, place)),
        };
        // In a list, the earlier goes over the later.
        for source in sources.into_iter().rev() {
            let Value::Map(entries) = source.value else {
                return Err(Fault::syntax(MERGE_SOURCE, source.place));
            };
            for entry in entries {
                self.merged.insert(self.entries.len());
                self.entries.push(entry);
            }
        }
        Ok(())
    }

    /// The entries that count. As in the reader of `sigs.k8s.io/yaml`, what comes later goes over
    /// what came before, also where it is merged in; keys repeated in the text itself are kept, for
    /// the decoder to judge.
    pub(super) fn finish(self) -> Vec<Entry<'text>> {
        if self.merged.is_empty() {
            return self.entries;
        }
        let mut later: BTreeSet<Cow<'text, str>> = BTreeSet::new();
        let mut later_merged: BTreeSet<Cow<'text, str>> = BTreeSet::new();
        let mut kept = Vec::with_capacity(self.entries.len());
        for (position, entry) in self.entries.into_iter().enumerate().rev() {
            let is_merged = self.merged.contains(&position);
            let hidden = if is_merged { &later } else { &later_merged }.contains(&entry.key);
            if is_merged {
                later_merged.insert(entry.key.clone());
            }
            later.insert(entry.key.clone());
            if !hidden {
                kept.push(entry);
            }
        }
        kept.reverse();
        kept
    }
}

const MERGE_SOURCE: &str = "a merge key (`<<`) needs a mapping or a list of mappings";
