//! The manifests that articles about network policies print, good and broken, and what becomes of
//! each. `testdata/articles/README.md` says the same in words.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use netpol_core::diagnostic::{Diagnostic, Problem};
use netpol_core::manifest::ReadOptions;
use netpol_core::{Admission, Cluster, Manifest, Options};

use super::questions::{portrait, wrong_answers};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/articles");

/// The cluster that every article is applied to.
const SURROUNDINGS: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: default}}
- {apiVersion: v1, kind: Namespace, metadata: {name: dev}}
- {apiVersion: v1, kind: Namespace, metadata: {name: tenant-a}}
- {apiVersion: v1, kind: Namespace, metadata: {name: mine, labels: {project: myproject}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: alice, labels: {user: alice}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: bob, labels: {user: bob}}}
- {apiVersion: v1, kind: Pod, metadata: {name: db, labels: {role: db}},
   status: {phase: Running, hostIP: 192.168.0.1, podIPs: [{ip: 10.1.0.1}, {ip: 'fd00::1'}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: frontend, labels: {role: frontend}},
   status: {phase: Running, podIP: 10.1.0.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: client, labels: {role: client}},
   status: {phase: Running, podIP: 10.1.0.3}}
- {apiVersion: v1, kind: Pod, metadata: {name: nginx, labels: {run: nginx}},
   status: {phase: Running, podIP: 10.1.0.4}}
- {apiVersion: v1, kind: Pod, metadata: {name: access, labels: {run: access}},
   status: {phase: Running, podIP: 10.1.0.5}}
- {apiVersion: v1, kind: Pod, metadata: {name: busy, labels: {run: busy}},
   status: {phase: Running, podIP: 10.1.0.6}}
- {apiVersion: v1, kind: Pod, metadata: {name: any, namespace: mine},
   status: {phase: Running, podIP: 10.1.1.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: client, namespace: alice, labels: {role: client}},
   status: {phase: Running, podIP: 10.1.2.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: other, namespace: alice},
   status: {phase: Running, podIP: 10.1.2.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: client, namespace: bob, labels: {role: client}},
   status: {phase: Running, podIP: 10.1.3.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: frontend, namespace: bob, labels: {role: frontend}},
   status: {phase: Running, podIP: 10.1.3.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: access, namespace: bob, labels: {run: access}},
   status: {phase: Running, podIP: 10.1.3.3}}
- {apiVersion: v1, kind: Pod, metadata: {name: low, namespace: bob},
   status: {phase: Running, podIP: 10.0.0.7}}
- {apiVersion: v1, kind: Pod, metadata: {name: inside, namespace: bob},
   status: {phase: Running, podIP: 10.244.7.7}}
- {apiVersion: v1, kind: Pod, metadata: {name: excepted, namespace: bob},
   status: {phase: Running, podIP: 10.244.1.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: myapp, namespace: dev, labels: {app: myapp}},
   status: {phase: Running, podIP: 10.1.4.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: other, namespace: dev},
   status: {phase: Running, podIP: 10.1.4.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: backend, namespace: tenant-a,
   labels: {segment: backend}}, status: {phase: Running, podIP: 10.1.5.1}}
";

/// Files that load, alone or together, and what the cluster answers with them.
struct Loaded {
    files: &'static [&'static str],
    answers: &'static str,
}

/// A file that is refused, and all its errors in order: place, kind, field, and a part of what is
/// said about it.
struct Refused {
    file: &'static str,
    errors: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

/// In each: nobody enters a pod of `default`, and everybody leaves.
const CLOSED_INGRESS: &str = "
    default/frontend -> default/db TCP 6379 deny
    default/db -> default/frontend UDP 53 deny
    bob/client -> default/client SCTP 9 deny
    bob/client -> default/nginx ICMP deny
    192.0.2.1 -> default/access TCP 443 deny
    2001:db8::1 -> default/db TCP 443 deny
    192.168.0.2 -> default/db TCP 80 deny
    192.168.0.1 -> default/db TCP 80 allow
    default/db -> default/db TCP 80 allow
    default/db -> bob/client TCP 80 allow
    default/busy -> 192.0.2.1 ICMP allow
    bob/client -> alice/client TCP 80 allow
    192.0.2.1 -> alice/client TCP 80 allow
";

/// In each: nobody leaves a pod of `default`, and everybody enters.
const CLOSED_EGRESS: &str = "
    default/frontend -> default/db TCP 6379 deny
    default/db -> bob/client UDP 53 deny
    default/client -> 192.0.2.1 SCTP 9 deny
    default/access -> 192.0.2.1 ICMP deny
    default/db -> 2001:db8::1 TCP 443 deny
    default/db -> 192.168.0.1 TCP 10250 deny
    default/db -> default/db TCP 80 allow
    bob/client -> default/db TCP 80 allow
    192.0.2.1 -> default/busy ICMP allow
    bob/client -> alice/client TCP 80 allow
    bob/client -> 192.0.2.1 TCP 80 allow
";

/// In each: a pod of `default` neither sends nor receives, but for itself and its own node.
const CLOSED: &str = "
    default/frontend -> default/db TCP 6379 deny
    default/db -> 192.0.2.1 TCP 443 deny
    192.0.2.1 -> default/db TCP 443 deny
    default/db -> bob/client ICMP deny
    bob/client -> default/db ICMP deny
    default/db -> default/db TCP 80 allow
    192.168.0.1 -> default/db TCP 80 allow
    192.168.0.2 -> default/db TCP 80 deny
    bob/client -> alice/client TCP 80 allow
";

/// In each: every pod of `default` is entered and left as if there were no policy.
const OPEN: &str = "
    default/frontend -> default/db TCP 6379 allow
    default/db -> default/frontend SCTP 9 allow
    default/db -> 192.0.2.1 TCP 443 allow
    default/db -> 192.0.2.1 ICMP allow
    default/db -> 2001:db8::1 UDP 53 allow
    192.0.2.1 -> default/db UDP 53 allow
    192.0.2.1 -> default/db ICMP allow
    2001:db8::1 -> default/db TCP 443 allow
    bob/client -> default/access TCP 1 allow
";

const LOADED: &[Loaded] = &[
    Loaded { files: &["000-2-default-deny-ingress.yaml"], answers: CLOSED_INGRESS },
    Loaded { files: &["000-4-default-deny-egress.yaml"], answers: CLOSED_EGRESS },
    Loaded { files: &["000-5-allow-all-egress.yaml"], answers: OPEN },
    Loaded { files: &["000-6-default-deny-all.yaml"], answers: CLOSED },
    Loaded { files: &["001-1-default-deny-null-selector.yaml"], answers: CLOSED_INGRESS },
    Loaded {
        files: &["001-1-default-deny-null-selector.yaml", "001-2-access-nginx.yaml"],
        answers: "
            default/access -> default/nginx TCP 80 allow
            default/access -> default/nginx TCP 1 allow
            default/access -> default/nginx UDP 65535 allow
            default/access -> default/nginx SCTP 9 allow
            default/access -> default/nginx ICMP allow
            default/busy -> default/nginx TCP 80 deny
            bob/access -> default/nginx TCP 80 deny
            192.0.2.1 -> default/nginx TCP 80 deny
            default/nginx -> default/access TCP 80 deny
            default/busy -> default/access TCP 80 deny
            default/access -> default/busy TCP 80 deny
            default/nginx -> 192.0.2.1 TCP 80 allow
        ",
    },
    Loaded {
        files: &["002-1-networkpolicy.yaml"],
        answers: "
            default/frontend -> default/db TCP 6379 allow
            default/frontend -> default/db TCP 6378 deny
            default/frontend -> default/db TCP 6380 deny
            default/frontend -> default/db UDP 6379 deny
            default/frontend -> default/db ICMP deny
            default/client -> default/db TCP 6379 deny
            bob/frontend -> default/db TCP 6379 deny
            mine/any -> default/db TCP 6379 allow
            mine/any -> default/db TCP 80 deny
            172.16.255.255 -> default/db TCP 6379 deny
            172.17.0.0 -> default/db TCP 6379 allow
            172.17.0.255 -> default/db TCP 6379 allow
            172.17.1.0 -> default/db TCP 6379 deny
            172.17.1.255 -> default/db TCP 6379 deny
            172.17.2.0 -> default/db TCP 6379 allow
            172.17.255.255 -> default/db TCP 6379 allow
            172.18.0.0 -> default/db TCP 6379 deny
            172.17.0.255 -> default/db UDP 6379 deny
            default/db -> 10.0.0.0 TCP 5978 allow
            default/db -> 10.0.0.255 TCP 5978 allow
            default/db -> bob/low TCP 5978 allow
            default/db -> 9.255.255.255 TCP 5978 deny
            default/db -> 10.0.1.0 TCP 5978 deny
            default/db -> 10.0.0.1 TCP 5979 deny
            default/db -> 10.0.0.1 UDP 5978 deny
            default/db -> default/frontend TCP 5978 deny
            default/frontend -> default/client TCP 1 allow
        ",
    },
    Loaded {
        files: &["002-2-from-both-selectors.yaml"],
        answers: "
            alice/client -> default/db TCP 80 allow
            alice/client -> default/nginx ICMP allow
            alice/other -> default/db TCP 80 deny
            bob/client -> default/db TCP 80 deny
            default/client -> default/db TCP 80 deny
            192.0.2.1 -> default/db TCP 80 deny
            default/db -> alice/other TCP 80 allow
        ",
    },
    Loaded {
        files: &["002-3-from-either-selector.yaml"],
        answers: "
            alice/client -> default/db TCP 80 allow
            alice/other -> default/db TCP 80 allow
            default/client -> default/db TCP 80 allow
            default/frontend -> default/db TCP 80 deny
            bob/client -> default/db TCP 80 deny
            192.0.2.1 -> default/db TCP 80 deny
            default/db -> alice/other TCP 80 allow
        ",
    },
    Loaded { files: &["002-4-default-deny-ingress.yaml"], answers: CLOSED_INGRESS },
    Loaded { files: &["002-4-default-deny-egress.yaml"], answers: CLOSED_EGRESS },
    Loaded {
        files: &["002-4-default-deny-ingress.yaml", "002-4-default-deny-egress.yaml"],
        answers: CLOSED,
    },
    Loaded { files: &["002-5-allow-all-ingress.yaml"], answers: OPEN },
    Loaded { files: &["002-5-allow-all-egress.yaml"], answers: OPEN },
    Loaded {
        files: &["002-5-allow-all-ingress.yaml", "002-4-default-deny-ingress.yaml"],
        answers: OPEN,
    },
    Loaded {
        files: &["002-5-allow-all-egress.yaml", "002-4-default-deny-egress.yaml"],
        answers: OPEN,
    },
    Loaded {
        files: &[
            "002-5-allow-all-egress.yaml",
            "002-6-default-deny-all.yaml",
            "002-5-allow-all-ingress.yaml",
        ],
        answers: OPEN,
    },
    Loaded {
        files: &["002-5-allow-all-ingress.yaml", "002-6-default-deny-all.yaml"],
        answers: CLOSED_EGRESS,
    },
    Loaded {
        files: &["002-5-allow-all-egress.yaml", "002-6-default-deny-all.yaml"],
        answers: CLOSED_INGRESS,
    },
    Loaded { files: &["002-6-default-deny-all.yaml"], answers: CLOSED },
    Loaded {
        files: &["002-7-multi-port-egress.yaml"],
        answers: "
            default/db -> 10.0.0.1 TCP 31999 deny
            default/db -> 10.0.0.1 TCP 32000 allow
            default/db -> 10.0.0.1 TCP 32400 allow
            default/db -> 10.0.0.1 TCP 32768 allow
            default/db -> 10.0.0.1 TCP 32769 deny
            default/db -> 10.0.0.1 UDP 32000 deny
            default/db -> bob/low TCP 32768 allow
            default/db -> 10.0.1.0 TCP 32000 deny
            default/frontend -> default/db TCP 1 allow
            default/frontend -> 10.0.1.0 TCP 1 allow
        ",
    },
    // Nothing reads the annotation: the namespace is one like others.
    Loaded {
        files: &["003-3-isolated-namespace.yaml"],
        answers: "
            bob/client -> tenant-a/backend TCP 80 allow
            192.0.2.1 -> tenant-a/backend TCP 80 allow
            tenant-a/backend -> default/db TCP 80 allow
        ",
    },
    Loaded {
        files: &["004-6-allow-myapp-ingress-mended.yaml"],
        answers: "
            10.244.0.0 -> dev/myapp TCP 80 allow
            10.244.1.1 -> dev/myapp TCP 443 allow
            10.244.1.2 -> dev/myapp TCP 80 deny
            10.244.1.3 -> dev/myapp TCP 80 allow
            10.244.255.255 -> dev/myapp TCP 443 allow
            10.243.255.255 -> dev/myapp TCP 80 deny
            10.245.0.0 -> dev/myapp TCP 80 deny
            10.244.0.1 -> dev/myapp TCP 81 deny
            10.244.0.1 -> dev/myapp UDP 443 deny
            bob/inside -> dev/myapp TCP 80 allow
            bob/excepted -> dev/myapp TCP 443 deny
            dev/other -> dev/myapp TCP 80 deny
            bob/client -> dev/other TCP 80 allow
            dev/myapp -> 192.0.2.1 TCP 80 allow
        ",
    },
];

const REFUSED: &[Refused] = &[
    Refused {
        file: "000-1-test-network-policy-misspelt.yaml",
        errors: &[
            (
                "19:7",
                "UnknownField",
                "spec.ingress[0].from[1].namespacesSelector",
                "did you mean `namespaceSelector`?",
            ),
            ("19:7", "Required", "spec.ingress[0].from[1]", "must specify a peer"),
            (
                "32:7",
                "UnknownField",
                "spec.egress[0].to[0].ports",
                "it belongs at `spec.egress[0].ports`",
            ),
        ],
    },
    Refused {
        file: "000-3-allow-all-ingress-no-space.yaml",
        errors: &[("7:10", "Syntax", "", "`podSelector:{}` has no space after the colon")],
    },
    Refused {
        file: "003-1-alpha-pol1.json",
        errors: &[
            ("2:3", "Required", "apiVersion", "`networking.k8s.io/v1`"),
            ("5:5", "UnknownField", "spec.allowIncoming", "podSelector, ingress, egress"),
            ("9:22", "UnknownField", "spec.podSelector.segment", "matchLabels"),
        ],
    },
    Refused {
        file: "003-2-third-party-resource.yaml",
        errors: &[
            ("1:7", "UnknownKind", "ThirdPartyResource", "third-party resources left Kubernetes"),
            ("3:1", "TypeInvalid", "metadata", "must be a mapping, not a list"),
        ],
    },
    Refused {
        file: "004-1-deny-all-ingress-as-printed.yaml",
        errors: &[
            ("1:1", "Required", "metadata.name", "name or generateName is required"),
            ("3:1", "UnknownField", "metedata", "did you mean `metadata`?"),
            ("4:1", "UnknownField", "name", "it belongs at `metadata.name`"),
            ("5:1", "UnknownField", "namespace", "it belongs at `metadata.namespace`"),
            ("7:1", "UnknownField", "podSelector", "it belongs at `spec.podSelector`"),
            ("8:1", "UnknownField", "policyTypes", "it belongs at `spec.policyTypes`"),
        ],
    },
    Refused {
        file: "004-2-deny-all-ingress-metedata.yaml",
        errors: &[
            ("1:1", "Required", "metadata.name", "name or generateName is required"),
            ("3:1", "UnknownField", "metedata", "did you mean `metadata`?"),
        ],
    },
    Refused {
        file: "004-3-allow-myapp-ingress-as-printed.yaml",
        errors: &[
            ("1:1", "Required", "metadata.name", "name or generateName is required"),
            ("3:1", "UnknownField", "metedata", "did you mean `metadata`?"),
            ("4:1", "UnknownField", "name", "it belongs at `metadata.name`"),
            ("5:1", "UnknownField", "namespace", "it belongs at `metadata.namespace`"),
            ("7:1", "UnknownField", "podSelector", "it belongs at `spec.podSelector`"),
            ("8:1", "UnknownField", "matchLabels", "apiVersion, kind, metadata, spec"),
            ("9:1", "UnknownField", "app", "apiVersion, kind, metadata, spec"),
            ("10:1", "UnknownField", "ingress", "it belongs at `spec.ingress`"),
            ("13:1", "UnknownField", "cidr", "apiVersion, kind, metadata, spec"),
            ("14:1", "UnknownField", "except", "apiVersion, kind, metadata, spec"),
            ("16:1", "UnknownField", "ports", "apiVersion, kind, metadata, spec"),
            ("18:1", "UnknownField", "port", "apiVersion, kind, metadata, spec"),
            ("19:1", "UnknownField", "ports", "apiVersion, kind, metadata, spec"),
            ("19:1", "DuplicateField", "ports", "it is also given at 16:1"),
            ("21:1", "UnknownField", "port", "apiVersion, kind, metadata, spec"),
            ("21:1", "DuplicateField", "port", "it is also given at 18:1"),
        ],
    },
    Refused {
        file: "004-4-allow-myapp-ingress-indented.yaml",
        errors: &[("8:5", "Syntax", "", "`podSelector: {}` is complete on its line")],
    },
    Refused {
        file: "004-5-allow-myapp-ingress-duplicate-ports.yaml",
        errors: &[("19:5", "DuplicateField", "spec.ingress[0].ports", "it is also given at 16:5")],
    },
    Refused {
        file: "004-7-allow-all-egress-as-printed.yaml",
        errors: &[("8:5", "Syntax", "", "stands among the fields of a mapping")],
    },
    Refused {
        file: "004-8-deny-all-egress-uppercase-name.yaml",
        errors: &[("4:9", "Invalid", "metadata.name", "lowercase RFC 1123 subdomain")],
    },
];

#[test]
fn good_articles_answer_as_stated() {
    let mut failures = Vec::new();
    for Loaded { files, answers } in LOADED {
        let mut reversed = files.to_vec();
        reversed.reverse();
        for order in [files, &reversed[..]] {
            let mut cluster = surroundings();
            for file in order {
                let applied = cluster.apply(&read(&[file]), Admission::Create);
                let applied = applied.unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(applied.warnings, [], "{file}");
            }
            let engine = cluster.publish().expect("it fits");
            assert_eq!(engine.warnings(), [], "{order:?}");
            let wrong = wrong_answers(&engine, answers).into_iter();
            failures.extend(wrong.map(|answer| format!("with {order:?}: {answer}")));
        }
        // In one load as in several.
        let mut cluster = surroundings();
        cluster.apply(&read(files), Admission::Create).expect("each was taken alone");
        let wrong = wrong_answers(&cluster.publish().expect("it fits"), answers).into_iter();
        failures.extend(wrong.map(|answer| format!("with {files:?} at once: {answer}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn broken_articles_are_refused_as_stated() {
    for Refused { file, errors } in REFUSED {
        let mut cluster = surroundings();
        let refusal = cluster.apply(&read(&[file]), Admission::Create).expect_err(file);
        let found = refusal.errors().map(outline).collect::<Vec<_>>();
        let agree = found.len() == errors.len()
            && found.iter().zip(*errors).all(|(found, (place, kind, field, part))| {
                found.starts_with(&format!("{place} {kind} {field}: ")) && found.contains(part)
            });
        assert!(agree, "{file}:\n{}", found.join("\n"));
        for diagnostic in refusal.diagnostics() {
            let source = diagnostic.source.as_deref().expect("errors name their file");
            assert!(source.ends_with(file), "{source}");
        }
    }
}

/// Not even beside a good file, with a policy of the same name in force, or in a directory.
#[test]
fn nothing_of_a_refused_load_is_applied() {
    let policies = read(&["002-1-networkpolicy.yaml", "004-6-allow-myapp-ingress-mended.yaml"]);
    let mut cluster = surroundings();
    cluster.apply(&policies, Admission::Create).expect("good articles");
    let before = portrait(&cluster.publish().expect("it fits"));
    for Refused { file, .. } in REFUSED {
        for files in [&[*file][..], &[file, "000-6-default-deny-all.yaml"]] {
            cluster.apply(&read(files), Admission::Create).expect_err(file);
            assert_eq!(portrait(&cluster.publish().expect("it fits")), before, "{files:?}");
        }
    }
    let directory = Manifest::read_paths(&[DIRECTORY.into()], &ReadOptions::default());
    cluster.apply(&directory, Admission::Create).expect_err("broken files are in it");
    assert_eq!(portrait(&cluster.publish().expect("it fits")), before);
}

#[test]
fn every_article_is_covered() {
    let loaded = LOADED.iter().flat_map(|loaded| loaded.files);
    let refused = REFUSED.iter().map(|refused| &refused.file);
    let covered = loaded.chain(refused).map(ToString::to_string).collect::<BTreeSet<_>>();
    let entries = Path::new(DIRECTORY).read_dir().expect("the directory is there");
    let mut present = entries
        .map(|entry| entry.expect("it can be listed").file_name().into_string().expect("ASCII"))
        .collect::<BTreeSet<_>>();
    assert!(present.remove("README.md"));
    assert_eq!(covered, present);
}

fn surroundings() -> Cluster {
    let mut cluster = Cluster::new(Options::default());
    let manifest = Manifest::read(None, SURROUNDINGS.as_bytes(), &ReadOptions::default());
    let applied = cluster.apply(&manifest, Admission::Create).expect("the surroundings are good");
    assert_eq!(applied.warnings, []);
    cluster
}

fn read(files: &[&str]) -> Manifest {
    let paths = files.iter().map(|file| Path::new(DIRECTORY).join(file)).collect::<Vec<PathBuf>>();
    Manifest::read_paths(&paths, &ReadOptions::default())
}

/// Place, kind and field of an error, and what is said about it.
fn outline(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.location.map(|place| place.to_string()).unwrap_or_default();
    let (kind, field) = match &diagnostic.problem {
        Problem::Field(error) => (format!("{:?}", error.kind()), error.path().to_string()),
        Problem::UnknownKind { kind, .. } => ("UnknownKind".into(), kind.clone()),
        Problem::Syntax { .. } => ("Syntax".into(), String::new()),
        other => panic!("{other}"),
    };
    format!("{place} {kind} {field}: {}", diagnostic.problem)
}
