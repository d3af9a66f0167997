//! Any bytes, read as a manifest, taken into a cluster and published.
//!
//! Nothing may panic or hang. What `Create` takes, `Stored` takes; a refused call leaves the
//! cluster as it was; every place told lies within the text; what was taken can be published.

#![no_main]

use libfuzzer_sys::fuzz_target;
use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::{Cluster, Options, render};

fuzz_target!(|bytes: &[u8]| {
    let manifest = Manifest::read(Some("input"), bytes, &ReadOptions::default());

    let mut created = Cluster::new(Options::default());
    let before = format!("{created:?}");
    let create = created.apply(&manifest, Admission::Create);
    let mut stored = Cluster::new(Options::default());
    let store = stored.apply(&manifest, Admission::Stored);

    let told = match &create {
        Ok(applied) => {
            assert!(store.is_ok(), "taken by Create, refused by Stored: {store:?}");
            applied.warnings.as_slice()
        }
        Err(error) => {
            assert_eq!(before, format!("{created:?}"), "a refused call changed the cluster");
            error.diagnostics()
        }
    };
    for diagnostic in told {
        if let Some(place) = diagnostic.location {
            assert!(place.offset as usize <= bytes.len(), "{diagnostic} lies outside the text");
            assert!(place.line >= 1 && place.column >= 1, "{diagnostic} has no such place");
        }
    }
    let _ = render::diagnostics(told, &manifest, render::Style::Plain);

    if store.is_ok() && !manifest.objects().is_empty() {
        created.publish().expect("an admitted cluster can be published");
        stored.publish().expect("an admitted cluster can be published");
    }
});
