//! The manifests that articles print, good and broken, as their authors wrote them.

use std::path::Path;

use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::{NetworkPolicy, Object};
use netpol_core::{Admission, Cluster, Options};

use super::{summary, told};

/// What reading alone tells; validation has more to say about some.
const BROKEN: &[(&str, &[&str])] = &[
    (
        "000-1-test-network-policy-misspelt.yaml",
        &[
            "UnknownField spec.ingress[0].from[1].namespacesSelector unknown-field 19:7",
            "UnknownField spec.egress[0].to[0].ports unknown-field 32:7",
        ],
    ),
    ("000-3-allow-all-ingress-no-space.yaml", &["Syntax - - 7:10"]),
    (
        "003-1-alpha-pol1.json",
        &[
            "Required apiVersion required=type-meta 2:3",
            "UnknownField spec.allowIncoming unknown-field 5:5",
            "UnknownField spec.podSelector.segment unknown-field 9:22",
        ],
    ),
    (
        "003-2-third-party-resource.yaml",
        &["UnknownKind - ThirdPartyResource 1:7", "TypeInvalid metadata type 3:1"],
    ),
    (
        "004-1-deny-all-ingress-as-printed.yaml",
        &[
            "UnknownField metedata unknown-field 3:1",
            "UnknownField name unknown-field 4:1",
            "UnknownField namespace unknown-field 5:1",
            "UnknownField podSelector unknown-field 7:1",
            "UnknownField policyTypes unknown-field 8:1",
        ],
    ),
    ("004-2-deny-all-ingress-metedata.yaml", &["UnknownField metedata unknown-field 3:1"]),
    (
        "004-3-allow-myapp-ingress-as-printed.yaml",
        &[
            "UnknownField metedata unknown-field 3:1",
            "UnknownField name unknown-field 4:1",
            "UnknownField namespace unknown-field 5:1",
            "UnknownField podSelector unknown-field 7:1",
            "UnknownField matchLabels unknown-field 8:1",
            "UnknownField app unknown-field 9:1",
            "UnknownField ingress unknown-field 10:1",
            "UnknownField cidr unknown-field 13:1",
            "UnknownField except unknown-field 14:1",
            "UnknownField ports unknown-field 16:1",
            "UnknownField port unknown-field 18:1",
            "UnknownField ports unknown-field 19:1",
            "DuplicateField ports duplicate-field 19:1",
            "UnknownField port unknown-field 21:1",
            "DuplicateField port duplicate-field 21:1",
        ],
    ),
    ("004-4-allow-myapp-ingress-indented.yaml", &["Syntax - - 8:5"]),
    (
        "004-5-allow-myapp-ingress-duplicate-ports.yaml",
        &["DuplicateField spec.ingress[0].ports duplicate-field 19:5"],
    ),
    ("004-7-allow-all-egress-as-printed.yaml", &["Syntax - - 8:5"]),
];

/// What validation adds, about whatever was understood.
const REFUSED: &[(&str, &str)] = &[
    (
        "000-1-test-network-policy-misspelt.yaml",
        "Required spec.ingress[0].from[1] required=peer 19:7",
    ),
    ("004-1-deny-all-ingress-as-printed.yaml", "Required metadata.name required=name 1:1"),
    ("004-2-deny-all-ingress-metedata.yaml", "Required metadata.name required=name 1:1"),
    ("004-3-allow-myapp-ingress-as-printed.yaml", "Required metadata.name required=name 1:1"),
    ("004-8-deny-all-egress-uppercase-name.yaml", "Invalid metadata.name format=dns-subdomain 4:9"),
];

const HINTS: &[(&str, &str)] = &[
    ("000-1-test-network-policy-misspelt.yaml", "did you mean `namespaceSelector`?"),
    ("000-1-test-network-policy-misspelt.yaml", "it belongs at `spec.egress[0].ports`"),
    ("000-3-allow-all-ingress-no-space.yaml", "`podSelector:{}` has no space after the colon"),
    ("004-1-deny-all-ingress-as-printed.yaml", "did you mean `metadata`?"),
    ("004-1-deny-all-ingress-as-printed.yaml", "it belongs at `spec.podSelector`"),
    ("004-4-allow-myapp-ingress-indented.yaml", "`podSelector: {}` is complete on its line"),
    ("004-5-allow-myapp-ingress-duplicate-ports.yaml", "also given at 16:5"),
    ("004-7-allow-all-egress-as-printed.yaml", "a list element (`- `) stands among the fields"),
];

fn articles() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/articles");
    let mut articles: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    articles.sort();
    assert!(articles.len() >= 28, "articles are missing");
    articles
}

#[test]
fn each_is_told_what_is_wrong_with_it_and_where() {
    for (name, bytes) in articles() {
        let manifest = Manifest::read(Some(&name), &bytes, &ReadOptions::default());
        let expected = BROKEN.iter().find(|(broken, _)| *broken == name);
        assert_eq!(told(&manifest), expected.map_or(&[][..], |(_, told)| told), "{name}");
    }
}

#[test]
fn a_cluster_refuses_the_broken_ones_for_all_of_it() {
    for (name, bytes) in articles() {
        let manifest = Manifest::read(Some(&name), &bytes, &ReadOptions::default());
        let refusal = Cluster::new(Options::default()).apply(&manifest, Admission::Create);
        let mut refused: Vec<String> = match &refusal {
            Ok(_) => Vec::new(),
            Err(error) => error.diagnostics().iter().map(summary).collect(),
        };
        let broken = BROKEN.iter().filter(|(article, _)| *article == name);
        let added = REFUSED.iter().filter(|(article, _)| *article == name);
        let mut expected: Vec<&str> = broken.flat_map(|(_, told)| told.iter().copied()).collect();
        expected.extend(added.map(|(_, told)| told));
        refused.sort();
        expected.sort_unstable();
        assert_eq!(refused, expected, "{name}");
    }
}

#[test]
fn and_what_was_probably_meant() {
    for (name, bytes) in articles() {
        let manifest = Manifest::read(Some(&name), &bytes, &ReadOptions::default());
        for (_, hint) in HINTS.iter().filter(|(article, _)| *article == name) {
            let found = manifest
                .findings()
                .iter()
                .any(|finding| finding.diagnostic.to_string().contains(hint));
            assert!(found, "{name}: {hint:?} is not in {:#?}", manifest.findings());
        }
    }
}

#[test]
fn the_good_ones_are_one_object_each() {
    for (name, bytes) in articles() {
        let manifest = Manifest::read(Some(&name), &bytes, &ReadOptions::default());
        if manifest.findings().is_empty() {
            assert_eq!(manifest.objects().len(), 1, "{name}");
        }
    }
}

/// Derived decoding by serde, through JSON, must agree wherever there is nothing to complain about.
#[test]
fn serde_agrees_about_the_good_ones() {
    for (name, bytes) in articles() {
        let manifest = Manifest::read(Some(&name), &bytes, &ReadOptions::default());
        if let ([Object::NetworkPolicy(policy)], []) = (manifest.objects(), manifest.findings()) {
            let json = serde_json::to_string_pretty(policy).unwrap();
            let again: NetworkPolicy = serde_json::from_str(&json).unwrap();
            assert_eq!(&again, policy, "{name}");
            let typed = json.replacen(
                '{',
                r#"{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy","#,
                1,
            );
            let read = Manifest::read(None, typed.as_bytes(), &ReadOptions::default());
            assert_eq!(read.objects(), manifest.objects(), "{name}");
            assert_eq!(read.findings(), [], "{name}");
        }
    }
}

/// The alpha of 2016 is read on request, told its namespace, and only what is a policy.
#[test]
fn the_third_party_resource_on_request() {
    let mut options = ReadOptions::default();
    options.legacy = true;
    options.default_namespace = "tenant-a".into();
    let mut cluster = Cluster::new(Options::default());
    for (name, bytes) in articles() {
        if !name.starts_with("003-") {
            continue;
        }
        let manifest = Manifest::read(Some(&name), &bytes, &options);
        let outcome = cluster.apply(&manifest, Admission::Create);
        match name.as_str() {
            "003-1-alpha-pol1.json" => {
                assert_eq!(manifest.findings(), []);
                assert!(matches!(manifest.objects(), [Object::AlphaNetworkPolicy(_)]));
                let warnings = outcome.unwrap().warnings;
                let told: Vec<String> = warnings.iter().map(summary).collect();
                assert_eq!(told, ["?Note  third-party-form 2:3"]);
                let words = warnings[0].to_string();
                assert!(
                    words.contains("NetworkPolicy tenant-a/pol1: this is the third-party form")
                );
                assert!(words.contains("podSelector: {matchLabels: {segment: \"backend\"}}"));
            }
            "003-2-third-party-resource.yaml" => {
                let broken = BROKEN.iter().find(|(broken, _)| *broken == name).unwrap();
                assert_eq!(told(&manifest), broken.1);
                assert!(outcome.is_err());
            }
            _ => assert_eq!((told(&manifest).len(), outcome.unwrap().warnings.len()), (0, 0)),
        }
    }
}
