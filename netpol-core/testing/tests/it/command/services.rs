//! Services as destinations.

use serde_json::Value;

use super::{Scratch, decide};

/// What becomes of a Service is told backend by backend where they differ, and why there is no answer.
#[test]
fn services() {
    let scratch = Scratch::new("services");
    let file = scratch.write(
        "shop.yaml",
        "
{apiVersion: v1, kind: Namespace, metadata: {name: default}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: x, tier: one}},
 status: {phase: Running, podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, labels: {app: x}},
 status: {phase: Running, podIP: 10.0.0.2}}
---
{apiVersion: v1, kind: Pod, metadata: {name: c, labels: {app: x}},
 status: {phase: Running, podIP: 10.0.0.3}}
---
{apiVersion: v1, kind: Service, metadata: {name: x},
 spec: {clusterIP: 10.96.0.10, selector: {app: x}, ports: [{port: 80, targetPort: 8080}], internalTrafficPolicy: Local}}
---
{apiVersion: v1, kind: Service, metadata: {name: out, namespace: default},
 spec: {type: ExternalName, externalName: db.example.com}}
---
{apiVersion: v1, kind: Service, metadata: {name: nobody},
 spec: {selector: {app: nobody}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: headless},
 spec: {clusterIP: None, selector: {tier: one}, ports: [{name: http, port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: far}, spec: {ports: [{port: 80}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4,
 metadata: {name: far-1, labels: {kubernetes.io/service-name: far}},
 endpoints: [{addresses: [10.0.0.9], targetRef: {kind: Pod, name: gone}}], ports: [{port: 80}]}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: one},
 spec: {podSelector: {matchLabels: {tier: one}}, ingress: [{ports: [{port: 80}]}]}}
",
    );
    let lint = "warning: NetworkPolicy default/one: spec.ingress[0].ports[0].port: Service default/x \
                turns port 80 into its targetPort 8080 before policies see the packet, and no pod \
                that this is about listens on 80; name 8080";
    let local = "note: its internalTrafficPolicy is Local";
    let line = format!("-f {file} --from 192.0.2.1");
    let run = decide(&format!("{line} --to svc/default/x -p 80"));
    run.answers("mixed");
    let lines = "mixed\ndeny: default/a (10.0.0.1) port 8080\nallow: default/b (10.0.0.2) port \
                 8080\nallow: default/c (10.0.0.3) port 8080\n";
    assert!(run.stdout.starts_with(lines) && run.stdout.contains(local), "{}", run.stdout);
    assert_eq!(run.stderr.trim(), lint);

    let run = decide(&format!("{line} --to svc/default/x -p 80 --explain"));
    for part in [
        "TCP 192.0.2.1 -> svc/default/x port 80: 2 of 3 backends may be reached",
        "backend default/a (10.0.0.1) port 8080: deny\n  egress: allow, not a pod",
        "backends default/b (10.0.0.2), default/c (10.0.0.3) port 8080: allow\n",
        "    nearest: NetworkPolicy default/one spec.ingress[0] (ports[0]): TCP 8080 is not TCP 80",
        local,
    ] {
        assert!(run.stdout.contains(part), "`{part}` is missing in:\n{}", run.stdout);
    }
    let run = decide(&format!("{line} --to svc/default/x -p 80 -o json"));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((run.code, answer), (1, serde_json::json!({"verdict": "mixed"})));
    let run = decide(&format!("{line} --to svc/default/x -p 80 -o json --explain"));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer["verdict"], "mixed");
    assert_eq!(answer["service"]["name"], "x");
    assert_eq!((answer["port"].as_u64(), answer["portName"].as_str()), (Some(80), None));
    assert_eq!(answer["backends"][0]["destination"]["endpoint"]["name"], "a");
    assert_eq!(answer["backends"][0]["transport"]["ports"]["destination"], 8080);
    assert_eq!(answer["backends"][1]["verdict"], "allow");

    // The address of a Service is nobody's, and says so.
    let run = decide(&format!("{line} --to 10.96.0.10 -p 80"));
    run.answers("allow");
    let note = "note: 10.96.0.10 is the ClusterIP of Service default/x, which nobody has: packets are \
                judged when they have the address of a backend, so ask about `svc/default/x`";
    assert!(run.stdout.contains(note), "{}", run.stdout);

    let run = decide(&format!("{line} --to svc/default/headless -p 80"));
    run.answers("allow");
    let note =
        "note: the Service is headless, so that nothing turns port 80 into its targetPort 8080";
    assert!(run.stdout.contains(note), "{}", run.stdout);
    decide(&format!("{line} --to svc/default/headless -p http")).answers("deny");

    for (asked, part) in [
        ("--to svc/default/out -p 80", "it has no backends and means the name `db.example.com`"),
        ("--to svc/default/nobody -p 80", "nothing in its namespace has the labels `app=nobody`"),
        ("--to svc/default/x -p 81", "has no TCP port 81; its ports are 80/TCP"),
        ("--to svc/default/x -p http", "has no TCP port `http`; its ports are 80/TCP"),
        ("--to svc/default/x -p 80 --protocol udp", "has no UDP port 80; its ports are 80/TCP"),
        ("--to svc/default/X -p 80", "no Service `default/X`; did you mean `default/x`?"),
        ("--to svc/x -p 80", "no endpoint `svc/x`"),
        ("--to service/x -p 80", "did you mean `svc/default/x`?"),
        ("--to svc/default/x --protocol icmp", "ICMP has none"),
        (
            "--to svc/default/far -p 80",
            "EndpointSlice default/far-1 says that Service `default/far` sends to Pod `default/gone`, \
             which is not there",
        ),
    ] {
        decide(&format!("{line} {asked}")).fails(&[part]);
    }
    let from = format!("-f {file} --from svc/default/x --to default/a -p 80");
    decide(&from)
        .fails(&["`svc/default/x` is a Service, not an endpoint: its pods open connections"]);
}
