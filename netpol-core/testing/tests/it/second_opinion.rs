//! The manifest reader against other readers and writers of YAML and JSON.

use std::collections::BTreeMap;

use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::Object;
use netpol_testing::cases::Event;
use netpol_testing::generate::{Seeded, scenario};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What serde_json and yaml_serde write of generated objects, junk among them, is read back as the
/// same objects, in lists and in documents.
#[test]
fn printed_objects_are_read_back() {
    let mut options = ReadOptions::default();
    options.legacy = true;
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..300 {
        // Of an object that comes twice, the first: twice in one load is an error.
        let mut objects = BTreeMap::new();
        for event in scenario(&mut Seeded::new(seed), 0).events {
            if let Event::Upsert { object, .. } = event {
                objects.entry(object.object_ref()).or_insert(*object);
            }
        }
        let (objects, items): (Vec<Object>, Vec<Value>) = objects
            .into_values()
            .filter_map(|object| printable(&object).map(|value| (object, value)))
            .unzip();
        let list = json!({"apiVersion": "v1", "items": items, "kind": "List"});
        let documents: Vec<String> =
            items.iter().map(|item| quoted(&yaml_serde::to_string(item).unwrap())).collect();
        for text in [
            serde_json::to_string(&list).unwrap(),
            serde_json::to_string_pretty(&list).unwrap(),
            quoted(&yaml_serde::to_string(&list).unwrap()),
            documents.join("---\n"),
        ] {
            let manifest = Manifest::read(None, text.as_bytes(), &options);
            assert_eq!(manifest.findings(), [], "seed {seed}\n{text}");
            assert_eq!(manifest.objects(), objects, "seed {seed}\n{text}");
        }
        for item in &items {
            *kinds.entry(format!("{} {}", item["apiVersion"], item["kind"])).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 11, "{kinds:?}");
    assert!(kinds.values().all(|count| *count > 20), "{kinds:?}");
    assert!(kinds.values().sum::<u32>() > 1_000, "{kinds:?}");
}

/// YAML of a 1.2 writer for a 1.1 reader: to the API server a plain `y` or `on` is a boolean.
fn quoted(text: &str) -> String {
    ["y", "on", "On", "yes", "off", "no"].iter().fold(text.to_owned(), |text, word| {
        text.replace(&format!(": {word}\n"), &format!(": '{word}'\n"))
            .replace(&format!("- {word}\n"), &format!("- '{word}'\n"))
    })
}

/// The object as its API type has it. A workload's model is not shaped as any one of them, and the
/// reader fills a namespace in where a policy or pod has none.
fn printable(object: &Object) -> Option<Value> {
    if object.kind().is_namespaced() && object.metadata().namespace.is_empty() {
        return None;
    }
    let (api_version, value) = match object {
        Object::Namespace(namespace) => ("v1", serde_json::to_value(namespace)),
        Object::Node(node) => ("v1", serde_json::to_value(node)),
        Object::Pod(pod) => ("v1", serde_json::to_value(pod)),
        Object::Service(service) => ("v1", serde_json::to_value(service)),
        Object::EndpointSlice(slice) => ("discovery.k8s.io/v1", serde_json::to_value(slice)),
        Object::NetworkPolicy(policy) => ("networking.k8s.io/v1", serde_json::to_value(policy)),
        Object::ExtensionsNetworkPolicy(policy) => {
            ("extensions/v1beta1", serde_json::to_value(policy))
        }
        Object::AlphaNetworkPolicy(policy) => {
            ("net.alpha.kubernetes.io/v1alpha1", serde_json::to_value(policy))
        }
        Object::ClusterNetworkPolicy(policy) => {
            ("policy.networking.k8s.io/v1alpha2", serde_json::to_value(policy))
        }
        Object::AdminNetworkPolicy(policy) => {
            ("policy.networking.k8s.io/v1alpha1", serde_json::to_value(policy))
        }
        // The type in the model has a peer more than the API.
        Object::BaselineAdminNetworkPolicy(policy)
            if policy
                .spec
                .egress
                .iter()
                .flat_map(|rule| &rule.to)
                .all(|peer| peer.domain_names.is_none()) =>
        {
            ("policy.networking.k8s.io/v1alpha1", serde_json::to_value(policy))
        }
        _ => return None,
    };
    let mut value = value.unwrap();
    value["apiVersion"] = json!(api_version);
    value["kind"] = json!(object.kind().as_str());
    Some(value)
}

/// What both readers make of the annotation `scalar` written into a pod, as it stands.
fn opinions(scalar: &str) -> (Option<String>, Option<Value>) {
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    key: {scalar}\n"
    );
    let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
    let ours = match (manifest.objects(), manifest.findings()) {
        ([object], []) => object.metadata().annotations.get("key").cloned(),
        _ => None,
    };
    let theirs = yaml_serde::from_str::<Value>(&text).ok();
    (ours, theirs.map(|value| value["metadata"]["annotations"]["key"].clone()))
}

/// Plain words that YAML 1.1, which the API server reads, takes for something else than YAML 1.2
/// does, of which libyaml's successor is a reader.
fn is_disputed(scalar: &str) -> bool {
    let lower = scalar.to_ascii_lowercase();
    matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "on" | "off") || {
        let digits = scalar.trim_start_matches(['+', '-', '.', '_']);
        digits.starts_with(|digit: char| digit.is_ascii_digit())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Strings are the same strings, whatever a writer quotes and escapes.
    #[test]
    fn strings_survive_both_writers(
        key in "key-[a-z]{1,8}",
        value in prop_oneof![any::<String>(), "[ -~\n\t]{0,40}", "[-0-9._:eExob+yYnN~]{0,6}"],
    ) {
        let pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "a", "annotations": {&key: &value}},
        });
        for text in [serde_json::to_string(&pod).unwrap(), yaml_serde::to_string(&pod).unwrap()] {
            let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
            // A plain scalar of another writer may be no string to the API server, and these
            // characters end a line there.
            let plain = text.contains(&format!("{key}: {value}\n"));
            let breaks = !text.starts_with('{') && value.contains(['\u{85}', '\u{2028}', '\u{2029}']);
            if breaks || plain && is_disputed(&value) {
                continue;
            }
            prop_assert_eq!(manifest.findings(), [], "{}", text);
            let annotations = &manifest.objects()[0].metadata().annotations;
            prop_assert_eq!(annotations.get(&key), Some(&value), "{}", text);
        }
    }

    /// Plain scalars that both readers take for a string are the same string.
    #[test]
    fn plain_scalars_are_read_alike(scalar in "[a-zA-Z0-9~./:+_-]{1,10}( [a-z0-9:]{1,4})?") {
        if let (Some(ours), Some(Value::String(theirs))) = opinions(&scalar) {
            prop_assert_eq!(ours, theirs, "{}", scalar);
        }
    }

    /// Whatever one of them takes for something else than a string, the other does too, apart from
    /// what YAML 1.1 and 1.2 disagree about.
    #[test]
    fn and_so_is_what_is_no_string(scalar in "[a-zA-Z~][a-zA-Z0-9./_-]{0,5}|null|true|False|TRUE|yes") {
        let (ours, theirs) = opinions(&scalar);
        let theirs = match theirs {
            Some(Value::String(text)) => Some(text),
            // Null is the empty string to the API.
            Some(Value::Null) => Some(String::new()),
            _ => None,
        };
        if !is_disputed(&scalar) {
            prop_assert_eq!(ours, theirs, "{}", scalar);
        }
    }
}
