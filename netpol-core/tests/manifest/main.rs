//! What manifests are read as, what is told about them, and where.

mod articles;
mod cluster_policies;
mod hostile;
mod invalid;
mod lists;
mod older_policies;
mod paths;
mod places;
mod policies;
mod printed;
mod scalars;

use netpol_core::diagnostic::{Diagnostic, Problem};
use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::model::{NetworkPolicy, Object, Pod};

/// Reads `text` with the default options.
fn read(text: &str) -> Manifest {
    Manifest::read(Some("test.yaml"), text.as_bytes(), &ReadOptions::default())
}

/// What `manifest` tells in admission `Create`, each as [`summary`] has it.
fn told(manifest: &Manifest) -> Vec<String> {
    manifest.diagnostics(Admission::Create).iter().map(summary).collect()
}

/// A diagnostic as `what path rule line:column`, with `-` for what it does not have. `what` is the
/// kind of a field error, or the kind of problem; warnings begin with `?`.
fn summary(diagnostic: &Diagnostic) -> String {
    let dash = || "-".to_owned();
    let (what, path, rule) = match &diagnostic.problem {
        Problem::Field(error) => {
            let path = error.path().to_string();
            let path = if path.is_empty() { dash() } else { path };
            (format!("{:?}", error.kind()), path, error.origin().to_owned())
        }
        Problem::Syntax { .. } => ("Syntax".into(), dash(), dash()),
        Problem::Limit { limit, .. } => ("Limit".into(), dash(), (*limit).to_owned()),
        Problem::UnknownKind { kind, .. } => ("UnknownKind".into(), dash(), kind.clone()),
        Problem::DuplicateObject { .. } => ("DuplicateObject".into(), dash(), dash()),
        Problem::Note { code, path, .. } => ("Note".into(), path.to_string(), (*code).to_owned()),
        other => (format!("{other:?}"), dash(), dash()),
    };
    let mark = if diagnostic.is_error() { "" } else { "?" };
    let place = diagnostic.location.map_or_else(dash, |place| place.to_string());
    format!("{mark}{what} {path} {rule} {place}")
}

/// The one object of `manifest`, which must be a policy.
fn policy(manifest: &Manifest) -> &NetworkPolicy {
    match manifest.objects() {
        [Object::NetworkPolicy(policy)] => policy,
        other => panic!("one policy expected, found {other:?}"),
    }
}

/// The one object of `manifest`, which must be a pod.
fn pod(manifest: &Manifest) -> &Pod {
    match manifest.objects() {
        [Object::Pod(pod)] => pod,
        other => panic!("one pod expected, found {other:?}"),
    }
}
