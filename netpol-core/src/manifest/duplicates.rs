//! The same object twice in one load, across all its texts.
//!
//! By sorting, not hashing: what a hostile manifest names its objects then cannot slow it down.

use crate::diagnostic::{Diagnostic, Problem};
use crate::model::{Kind, Object};

use super::{Finding, Manifest, Refuses};

/// Indexes the objects of a fresh manifest and tells the duplicates among them, `limit` at most.
pub(super) fn index(manifest: &mut Manifest, limit: u32) {
    let mut named: Vec<usize> = Vec::with_capacity(manifest.objects.len());
    named
        .extend(manifest.objects.iter().enumerate().filter(|(_, o)| is_named(o)).map(|(at, _)| at));
    // Stable, so that among equals the first of the text comes first.
    named.sort_by(|a, b| key(manifest, *a).cmp(&key(manifest, *b)));
    let mut repeated = Vec::new();
    named.dedup_by(|again, first| {
        let same = key(manifest, *again) == key(manifest, *first);
        if same {
            repeated.push((*first, *again));
        }
        same
    });
    manifest.by_name = named;
    repeated.truncate(usize::try_from(limit).unwrap_or(usize::MAX).max(1));
    tell(manifest, repeated);
}

/// Adds objects that are sorted and unique among themselves, and tells those that are here already.
pub(super) fn add(manifest: &mut Manifest, added: Vec<usize>) {
    let mut repeated = Vec::new();
    let mut fresh = Vec::with_capacity(added.len());
    for again in added {
        let wanted = key(manifest, again);
        match manifest.by_name.binary_search_by(|here| key(manifest, *here).cmp(&wanted)) {
            Ok(at) => repeated.extend(manifest.by_name.get(at).map(|first| (*first, again))),
            Err(_) => fresh.push(again),
        }
    }
    let mut named = std::mem::take(&mut manifest.by_name);
    named.append(&mut fresh);
    // Two sorted runs, which this sort merges in linear time.
    named.sort_by(|a, b| key(manifest, *a).cmp(&key(manifest, *b)));
    manifest.by_name = named;
    tell(manifest, repeated);
}

fn tell(manifest: &mut Manifest, mut repeated: Vec<(usize, usize)>) {
    repeated.sort_unstable_by_key(|(_, again)| *again);
    for (first, again) in repeated {
        let (first_source, first) = manifest.place(first);
        let (source, location) = manifest.place(again);
        let problem = Problem::DuplicateObject { first_source, first };
        let mut diagnostic = Diagnostic::error(problem).located(source, location);
        diagnostic.object = manifest.objects.get(again).map(Object::object_ref);
        manifest.findings.push(Finding {
            diagnostic,
            object: Some(again),
            refuses: Refuses::Always,
        });
    }
}

/// Whether the object has a name of its own; one that the server is to name is never a duplicate.
fn is_named(object: &Object) -> bool {
    !object.metadata().name.is_empty()
}

fn key(manifest: &Manifest, object: usize) -> Option<(Kind, &str, &str)> {
    let object = manifest.objects.get(object)?;
    let metadata = object.metadata();
    Some((object.kind(), &metadata.namespace, &metadata.name))
}
