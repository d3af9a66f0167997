//! What the command line says beside files and ends.

use super::{Scratch, decide};

/// Domain names mean what they are said to mean.
#[test]
fn names_are_resolved_by_the_caller() {
    let scratch = Scratch::new("resolve");
    let file = scratch.write(
        "policy.yaml",
        "
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: registry-only}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Accept, to: [{domainNames: ['*.example.com']}]}
  - {action: Deny, to: [{networks: [0.0.0.0/0]}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
status: {phase: Running, podIP: 10.0.0.1}
",
    );
    let line = format!("-f {file} --from p --to 192.0.2.7 -p 443");
    decide(&line).answers("deny").is_quiet();
    let resolve = "--resolve registry.example.com=192.0.2.7,2001:db8::7";
    decide(&format!("{line} {resolve}")).answers("allow").is_quiet();
    decide(&format!("{line} --resolve example.com=192.0.2.7")).answers("deny").is_quiet();
    decide(&format!("{line} --resolve registry")).fails(&["`registry` is not `name=address`"]);
    decide(&format!("{line} --resolve a.b=1.2.3")).fails(&["`1.2.3` in `a.b=1.2.3`"]);
}

/// The alpha form, the annotation that isolates, and what both mean with the switch and without.
#[test]
fn the_old_ways() {
    let scratch = Scratch::new("legacy");
    let pods = scratch.write(
        "pods.yaml",
        "
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: tenant-a, labels: {segment: backend}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: f, namespace: tenant-a, labels: {segment: frontend}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: tenant-a}}
---
{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: nobody, namespace: tenant-a},
 spec: {podSelector: {matchLabels: {segment: frontend}}, ingress: [{from: []}]}}
",
    );
    let namespace = "testdata/articles/003-3-isolated-namespace.yaml";
    let line = format!("-f {pods} -f {namespace} --from tenant-a/x --to tenant-a/f -p 80");
    // An empty list is everybody today, and was nobody then; the annotation isolated.
    decide(&line).answers("allow");
    decide(&format!("{line} --legacy")).answers("deny");
    let run = decide(&format!("{line} --legacy --explain"));
    let isolated =
        "isolated by the annotation of Namespace tenant-a, NetworkPolicy tenant-a/nobody";
    assert!(run.stdout.contains(isolated), "{}", run.stdout);
}
