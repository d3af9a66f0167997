//! Any bytes, read as a manifest, taken into a cluster and published.
//!
//! Nothing may panic or hang. What `Create` takes, `Stored` takes; a refused call leaves the
//! cluster as it was; every place told lies within the text; what was taken can be published. All
//! of it once as of today and once with the older forms; of what the latter takes, the converter
//! makes policies that `Create` takes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::model::Object;
use netpol_core::options::NetworkPolicySemantics;
use netpol_core::{Cluster, Options, legacy, render};

fuzz_target!(|bytes: &[u8]| {
    let (mut reading, mut options) = (ReadOptions::default(), Options::default());
    take(bytes, &reading, &options);

    reading.legacy = true;
    options.network_policies = NetworkPolicySemantics::Legacy;
    if let Some(manifest) = take(bytes, &reading, &options) {
        let mut converted = Cluster::new(Options::default());
        for policy in legacy::convert(manifest.objects()).policies {
            let told = converted.upsert(Object::NetworkPolicy(policy.clone()), Admission::Create);
            assert!(told.is_ok(), "converted to what is refused: {told:?}\n{policy:?}");
        }
        converted.publish().expect("a converted cluster can be published");
    }
});

/// Does with a text all that can be done with it. The manifest, when `Create` takes it.
fn take(bytes: &[u8], reading: &ReadOptions, options: &Options) -> Option<Manifest> {
    let manifest = Manifest::read(Some("input"), bytes, reading);

    let mut created = Cluster::new(options.clone());
    let before = format!("{created:?}");
    let create = created.apply(&manifest, Admission::Create);
    let mut stored = Cluster::new(options.clone());
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
    create.is_ok().then_some(manifest)
}
