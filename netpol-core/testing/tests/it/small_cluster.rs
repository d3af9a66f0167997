//! A cluster of two namespaces and three pods, and policies for it.

use netpol_core::manifest::ReadOptions;
use netpol_core::{Admission, Cluster, Manifest, Options};

/// Pods `d/db`, `d/web` and `e/web`, each with its name as label `app`.
pub(crate) const SURROUNDINGS: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: d}}
- {apiVersion: v1, kind: Namespace, metadata: {name: e}}
- {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: d, labels: {app: db}},
   status: {phase: Running, podIP: 10.0.0.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: d, labels: {app: web}},
   status: {phase: Running, podIP: 10.0.0.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: e, labels: {app: web}},
   status: {phase: Running, podIP: 10.0.1.1}}
";

/// What a text holds.
pub(crate) fn read(text: &str) -> Manifest {
    Manifest::read(None, text.as_bytes(), &ReadOptions::default())
}

/// The cluster, without a policy.
pub(crate) fn surroundings(options: Options) -> Cluster {
    let mut cluster = Cluster::new(options);
    cluster.apply(&read(SURROUNDINGS), Admission::Create).expect("they are good");
    cluster
}

/// A policy of namespace `d` with these fields in its spec, each on a line.
pub(crate) fn policy(spec: &str) -> String {
    let mut text = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: d}
spec:
"
    .to_owned();
    for line in spec.trim().lines() {
        text.push_str("  ");
        text.push_str(line.trim());
        text.push('\n');
    }
    text
}

/// What the cluster answers once a policy selects every pod of `d` and lets nothing in.
pub(crate) const CLOSED_NAMESPACE: &str = "
    d/web -> d/db TCP 80 deny
    192.0.2.1 -> d/web TCP 80 deny
    d/db -> 192.0.2.1 TCP 80 allow
    192.0.2.1 -> e/web TCP 80 allow
";
