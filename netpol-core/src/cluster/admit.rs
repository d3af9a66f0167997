//! Who may come in: the judgement of decoding and validation, by admission.

use crate::diagnostic::{Diagnostic, Problem, Severity};
use crate::field::{self, ErrorKind, Path};
use crate::hash::Set;
use crate::manifest::{Admission, Manifest};
use crate::model::{Kind, Object, ObjectRef};
use crate::options::{Options, UnreadableSubjects};
use crate::validate::{self, ValidateOptions};

/// Everything to be said about a manifest, in the order of the input: errors when the admission
/// refuses it.
pub(super) fn manifest(
    manifest: &Manifest,
    admission: Admission,
    options: &Options,
) -> Vec<Diagnostic> {
    let unread: Set<(usize, &Path)> =
        manifest.stand_ins().iter().map(|(object, path)| (*object, path)).collect();
    let mut judged: Vec<(usize, Diagnostic)> = Vec::new();
    for (index, item) in manifest.objects().iter().enumerate() {
        let found = judge(item, admission, options);
        let outcome = consequences(item, admission, &found, options);
        for diagnostic in found {
            let path = diagnostic.path();
            // What stands in for a field that could not be read has been told already; only where
            // that was a warning and this refuses, there is more to say.
            let told = path.self_and_ancestors().any(|path| unread.contains(&(index, path)));
            if !told || admission == Admission::Stored && diagnostic.is_error() {
                judged.push((index, diagnostic));
            }
        }
        judged.extend(outcome.into_iter().map(|diagnostic| (index, diagnostic)));
    }
    let mut diagnostics = manifest.diagnostics(admission);
    diagnostics.extend(manifest.located_in(judged));
    diagnostics.sort_by_key(|diagnostic| {
        let source = manifest.source_position(diagnostic.source.as_deref());
        (source, diagnostic.location.map(|place| place.offset))
    });
    diagnostics
}

/// Everything to be said about one object.
pub(super) fn object(object: &Object, admission: Admission, options: &Options) -> Vec<Diagnostic> {
    let mut diagnostics = judge(object, admission, options);
    diagnostics.extend(consequences(object, admission, &diagnostics, options));
    diagnostics
}

/// What is wrong with an object, and what is odd about it.
fn judge(object: &Object, admission: Admission, options: &Options) -> Vec<Diagnostic> {
    let validation = ValidateOptions::from(options);
    let errors = validate::object(object, &validation).into_iter().map(|error| {
        let severity = match admission {
            Admission::Create => Severity::Error,
            Admission::Stored if refused_when_stored(&error, options) => Severity::Error,
            Admission::Stored => Severity::Warning,
        };
        let mut diagnostic = Diagnostic::error(Problem::Field(error));
        diagnostic.severity = severity;
        diagnostic
    });
    let warnings = validate::warnings(object, &validation).into_iter().map(Diagnostic::warning);
    errors.chain(warnings).map(|diagnostic| diagnostic.about(object.object_ref())).collect()
}

/// What becomes of the parts of an object that mean nothing, unless a person is to mend it anyway.
fn consequences(
    object: &Object,
    admission: Admission,
    judged: &[Diagnostic],
    options: &Options,
) -> Vec<Diagnostic> {
    if admission == Admission::Create && judged.iter().any(Diagnostic::is_error) {
        return Vec::new();
    }
    let insists = options.unreadable_subjects == UnreadableSubjects::Error;
    validate::not_understood(object)
        .into_iter()
        .map(|problem| {
            let subject = matches!(
                &problem,
                Problem::Note { code: "subject-not-understood" | "tier-not-understood", .. }
            );
            let mut diagnostic = Diagnostic::warning(problem).about(object.object_ref());
            if subject && insists {
                diagnostic.severity = Severity::Error;
            }
            diagnostic
        })
        .collect()
}

/// What not even a stored object can do without: a name to be known by, and a subject where the
/// options insist on one.
fn refused_when_stored(error: &field::Error, options: &Options) -> bool {
    let path = error.path().to_string();
    let nameless = error.kind() == ErrorKind::Required
        && matches!(path.as_str(), "metadata.name" | "metadata.namespace");
    let subjectless = options.unreadable_subjects == UnreadableSubjects::Error
        && ["spec.podSelector", "spec.subject", "spec.tier"]
            .iter()
            .any(|subject| path.starts_with(subject));
    nameless || subjectless
}

/// An error when an object is not of the kind that is being replaced.
pub(super) fn kind(object: &Object, expected: Kind) -> Option<Diagnostic> {
    if object.kind() == expected {
        return None;
    }
    let found = object.kind();
    let path = Path::new("kind");
    let error =
        field::Error::not_supported(&path, found, &[expected.as_str()], field::origin::TYPE_META);
    Some(Diagnostic::error(Problem::Field(error)).about(object.object_ref()))
}

/// An error when an object before this one, among those `seen`, has its kind, namespace and name.
/// One that the server is to name is a duplicate of none.
pub(super) fn duplicate(object: &Object, seen: &mut Set<ObjectRef>) -> Option<Diagnostic> {
    let name = object.object_ref();
    if object.metadata().name.is_empty() || seen.insert(name.clone()) {
        return None;
    }
    let problem = Problem::DuplicateObject { first_source: None, first: None };
    Some(Diagnostic::error(problem).about(name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use crate::model::{
        AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy, Object,
    };
    use crate::policy::{self, Policy, Subject};
    use crate::validate;

    /// What is told about an object, and what lowering makes of it.
    #[track_caller]
    fn agree(object: &Object, lowered: &Policy) -> bool {
        let told = validate::not_understood(object);
        let nobody = lowered.subject == Subject::Nobody;
        let rules = [&lowered.ingress, &lowered.egress].into_iter().flatten().flatten();
        let closed = rules.filter(|rule| !rule.understood).count();
        let expected = if nobody { told.len().clamp(1, 2) } else { closed };
        assert_eq!(told.len(), expected, "{object:?}: {told:?}");
        told.is_empty()
    }

    /// Every way to give a field, some of which mean something.
    fn selectors() -> Vec<Value> {
        let bad = json!({"matchExpressions": [{"key": "a", "operator": "in", "values": ["b"]}]});
        vec![Value::Null, json!({}), json!({"matchLabels": {"a": "b"}}), bad]
    }

    fn pods() -> Vec<Value> {
        let mut found = vec![Value::Null];
        for namespaces in selectors() {
            for pods in selectors() {
                found.push(json!({"namespaceSelector": namespaces, "podSelector": pods}));
            }
        }
        found
    }

    fn peers() -> Vec<Value> {
        let mut found = Vec::new();
        for namespaces in selectors() {
            for pods in pods() {
                found.push(json!({"namespaces": namespaces, "pods": pods}));
            }
            found.push(json!({"nodes": namespaces}));
            found.push(json!({"nodes": namespaces, "namespaces": namespaces}));
        }
        for networks in [
            json!([]),
            json!(["10.0.0.1/8"]),
            json!(["10.0.0.0/8", ""]),
            json!(["::ffff:1.2.3.4/120"]),
            json!(["010.0.0.0/8"]),
        ] {
            found.push(json!({"networks": networks}));
            found.push(json!({"networks": networks, "pods": {"podSelector": {}}}));
        }
        for names in [json!([]), json!(["a.b", "*.c.d"]), json!(["a.b", "c"])] {
            found.push(json!({"domainNames": names}));
            found.push(json!({"domainNames": names, "networks": ["::/0"]}));
        }
        found
    }

    fn numbers() -> Vec<Value> {
        [None, Some(-1), Some(0), Some(1), Some(80), Some(65535), Some(65536)]
            .map(|number| json!(number))
            .to_vec()
    }

    fn protocols() -> Vec<Value> {
        let mut found = vec![json!({}), json!({"tcp": {}}), json!({"udp": {}, "sctp": {}})];
        for name in ["", "web", "Any Text"] {
            found.push(json!({"destinationNamedPort": name}));
        }
        for start in numbers() {
            found.push(json!({"tcp": {"destinationPort": {"number": start}}}));
            for end in numbers() {
                let range = json!({"start": start, "end": end});
                found.push(json!({"sctp": {"destinationPort": {"range": range}}}));
                found.push(json!({"udp": {"destinationPort": {"number": start, "range": range}}}));
            }
        }
        found
    }

    fn ports() -> Vec<Value> {
        let mut found = vec![json!({}), json!({"namedPort": ""}), json!({"namedPort": "web"})];
        for protocol in [Value::Null, json!("UDP"), json!("udp"), json!("")] {
            for start in numbers() {
                found.push(json!({"portNumber": {"protocol": protocol, "port": start}}));
                for end in numbers() {
                    let range = json!({"protocol": protocol, "start": start, "end": end});
                    found.push(json!({"portRange": range}));
                }
            }
        }
        found.push(json!({"namedPort": "web", "portNumber": {"port": 80}}));
        found
    }

    #[test]
    fn what_is_told_is_what_happens() {
        let all = json!({"namespaces": {}});
        let mut specs = Vec::new();
        for subject in peers() {
            specs.push(json!({"tier": "Admin", "subject": subject}));
        }
        for tier in ["", "admin", "Admin", "Baseline", "NetworkPolicy"] {
            specs.push(json!({"tier": tier, "subject": all}));
        }
        let mut rule = |fields: Value| {
            for action in ["Accept", "Allow", "Deny", "Pass", "", "deny"] {
                let mut rule = json!({"action": action, "from": [all], "to": [all]});
                rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
                let (tier, rules) = ("Baseline", json!([rule]));
                specs
                    .push(json!({"tier": tier, "subject": all, "ingress": rules, "egress": rules}));
            }
        };
        rule(json!({"from": [], "to": []}));
        rule(json!({"protocols": [], "ports": []}));
        for peer in peers() {
            rule(json!({"from": [all, peer], "to": [all, peer]}));
        }
        for entry in protocols() {
            rule(json!({"protocols": [{"tcp": {"destinationPort": {"number": 1}}}, entry]}));
        }
        for entry in ports() {
            rule(json!({"ports": [entry]}));
        }
        let (mut understood, mut closed) = (0, 0);
        for spec in specs {
            let policy = json!({"metadata": {"name": "a"}, "spec": spec});
            let cluster: ClusterNetworkPolicy = from_value(policy.clone()).unwrap();
            let admin: AdminNetworkPolicy = from_value(policy.clone()).unwrap();
            let baseline: BaselineAdminNetworkPolicy = from_value(policy).unwrap();
            for (lowered, object) in [
                (
                    policy::cluster_network_policy("a".into(), &cluster),
                    Object::ClusterNetworkPolicy(cluster),
                ),
                (
                    policy::admin_network_policy("a".into(), &admin),
                    Object::AdminNetworkPolicy(admin),
                ),
                (
                    policy::baseline_admin_network_policy("a".into(), &baseline),
                    Object::BaselineAdminNetworkPolicy(baseline),
                ),
            ] {
                if agree(&object, &lowered) {
                    understood += 1;
                } else {
                    closed += 1;
                }
            }
        }
        assert!(understood > 500 && closed > 500, "{understood} and {closed}");
    }
}
