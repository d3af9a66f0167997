//! Warnings about what policies probably do not mean.

use netpol_core::Cluster;

/// A client, a web server and its Service, which has another port.
const WEB: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: d}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: d, labels: {app: client}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: d, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: d}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
";

/// What is told about `WEB` with more documents.
fn lints(more: &str) -> Vec<String> {
    lints_of(&format!("{WEB}{more}"))
}

fn lints_of(text: &str) -> Vec<String> {
    let mut cluster = Cluster::from_manifests(text).unwrap_or_else(|error| panic!("{error}"));
    let engine = cluster.publish().expect("it is published");
    engine.lints().iter().map(ToString::to_string).collect()
}

fn policy(spec: &str) -> String {
    format!(
        "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: d}}
spec: {spec}
---
"
    )
}

/// The rule lets in what is sent to these ports of the web server.
fn ingress(ports: &str) -> String {
    policy(&format!(
        "{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{ports: {ports}}}]}}"
    ))
}

/// The rule lets out of the client what is sent to these peers, to these ports.
fn egress(to: &str, ports: &str) -> String {
    policy(&format!(
        "{{podSelector: {{matchLabels: {{app: client}}}}, policyTypes: [Egress], \
         egress: [{{to: {to}, ports: {ports}}}]}}"
    ))
}

#[track_caller]
fn told(more: &str, path: &str) {
    let lints = lints(more);
    assert_eq!(lints.len(), 1, "{lints:#?}");
    for part in ["NetworkPolicy d/p", path, "Service d/web turns port 80 into its targetPort 8080"]
    {
        assert!(lints[0].contains(part), "{part} is missing in {}", lints[0]);
    }
}

#[track_caller]
fn not_told(more: &str) {
    assert_eq!(lints(more), [""; 0], "{more}");
}

#[test]
fn the_port_of_a_service_in_an_ingress_rule() {
    told(&ingress("[{port: 80}]"), "spec.ingress[0].ports[0].port");
    told(&ingress("[{port: 9090}, {protocol: TCP, port: 80, endPort: 80}]"), "ports[1].port");
}

#[test]
fn the_port_of_a_service_in_an_egress_rule() {
    let web = "[{podSelector: {matchLabels: {app: web}}}]";
    told(&egress(web, "[{port: 80}]"), "spec.egress[0].ports[0].port");
    told(
        &egress("[{ipBlock: {cidr: 10.0.0.0/8}}, {namespaceSelector: {}}]", "[{port: 80}]"),
        "egress",
    );
}

#[test]
fn ports_that_are_right_are_not_told() {
    for ports in [
        "[{port: 8080}]",
        "[{port: http}]",
        "[{protocol: UDP, port: 80}]",
        "[{protocol: TCP}]",
        "[{port: 81}]",
        // It may be meant for the Service, and is harmless.
        "[{port: 80}, {port: 8080}]",
        "[{port: 80}, {port: http}]",
        "[{port: 80, endPort: 9000}]",
    ] {
        not_told(&ingress(ports));
    }
}

#[test]
fn whom_else_a_rule_may_mean_is_not_told() {
    not_told(&egress("[]", "[{port: 80}]"));
    not_told(&egress("[{ipBlock: {cidr: 0.0.0.0/0}}]", "[{port: 80}]"));
    not_told(&egress("[{podSelector: {matchLabels: {app: client}}}]", "[{port: 80}]"));
    not_told(&policy(
        "{podSelector: {matchLabels: {app: client}}, ingress: [{ports: [{port: 80}]}]}",
    ));
}

/// Pods that listen on the number, named or not, of whatever container or by whatever Service.
#[test]
fn numbers_that_somebody_listens_on_are_not_told() {
    let container = |ports: &str| {
        format!(
            "
{{apiVersion: v1, kind: Pod, metadata: {{name: other, namespace: d, labels: {{app: web}}}},
 spec: {{containers: [{{name: c, ports: [{ports}]}}]}}}}
---
"
        )
    };
    for ports in ["{containerPort: 80}", "{name: plain, containerPort: 80}"] {
        not_told(&format!("{}{}", container(ports), ingress("[{port: 80}]")));
        let web = "[{podSelector: {matchLabels: {app: web}}}]";
        not_told(&format!("{}{}", container(ports), egress(web, "[{port: 80}]")));
    }
    let udp = container("{containerPort: 80, protocol: UDP}");
    told(&format!("{udp}{}", ingress("[{port: 80}]")), "ports[0]");
    let second = "
{apiVersion: v1, kind: Service, metadata: {name: direct, namespace: d},
 spec: {selector: {app: web}, ports: [{port: 8000, targetPort: 80}]}}
---
";
    not_told(&format!("{second}{}", ingress("[{port: 80}]")));
}

#[test]
fn services_that_translate_nothing_are_not_told() {
    for service in [
        "{selector: {app: web}, clusterIP: None, ports: [{port: 80, targetPort: http}]}",
        "{selector: {app: web}, ports: [{port: 80}]}",
        "{selector: {app: nobody}, ports: [{port: 80, targetPort: 8080}]}",
        "{ports: [{port: 80, targetPort: 8080}]}",
        "{type: ExternalName, externalName: a.b, ports: [{port: 80, targetPort: 8080}]}",
        "{selector: {app: web}, ports: [{port: 80, protocol: UDP, targetPort: 8080}]}",
    ] {
        let pods = WEB.split("---\n").take(3).collect::<Vec<_>>().join("---\n");
        let service = format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: web, namespace: d}}, spec: {service}}}"
        );
        let text = format!("{pods}---\n{service}\n---\n{}", ingress("[{port: 80}]"));
        assert_eq!(lints_of(&text), [""; 0], "{service}");
    }
}

/// One warning for one entry, in the order of the policies.
#[test]
fn each_entry_is_told_once() {
    let second = "
{apiVersion: v1, kind: Service, metadata: {name: again, namespace: d},
 spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}, {name: x, port: 443, targetPort: 8443}]}}
---
"
    .replace("[{port: 80", "[{name: w, port: 80");
    let lints = lints(&format!("{second}{}", ingress("[{port: 443}, {port: 80}]")));
    assert_eq!(lints.len(), 2, "{lints:#?}");
    assert!(lints[0].contains("ports[0]") && lints[0].contains("443"), "{lints:#?}");
    assert!(lints[1].contains("ports[1]"), "{lints:#?}");
}

/// Where slices say who gets it, they say it here too.
#[test]
fn slices_are_read() {
    let slice = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: d, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.9], targetRef: {kind: Pod, name: client}}]
ports: [{port: 8080}]
---
";
    not_told(&format!("{slice}{}", ingress("[{port: 80}]")));
    let client =
        policy("{podSelector: {matchLabels: {app: client}}, ingress: [{ports: [{port: 80}]}]}");
    told(&format!("{slice}{client}"), "spec.ingress[0].ports[0].port");
}
