//! What a cluster holds, as `kubectl` tells it.

use std::fs;

use serde_json::Value;

use super::{CORE, DUMP, Scratch, decide};

const DUMP_ANSWERS: &[(&str, &str)] = &[
    ("--from shop/web-7d4b9c6f5-x2lqp --to shop/api-6f8c4d7b9-mm5wz -p http", "allow"),
    ("--from shop/web-7d4b9c6f5-x2lqp --to shop/db-0 -p postgres", "deny"),
    ("--from shop/api-6f8c4d7b9-mm5wz --to shop/db-0 -p postgres", "allow"),
    ("--from shop/api-6f8c4d7b9-mm5wz --to shop/db-0 -p 5432 --protocol SCTP", "deny"),
    // Terminating, and a peer to its end.
    ("--from shop/api-6f8c4d7b9-old77 --to shop/db-0 -p postgres", "allow"),
    // Pending, without an address.
    ("--from shop/web-7d4b9c6f5-zz9hp --to shop/api-6f8c4d7b9-mm5wz -p http", "allow"),
    // A sidecar's port; the address of a pod that completed belongs to the one that has it now.
    ("--from monitoring/prometheus-0 --to shop/db-0 -p metrics", "allow"),
    ("--from 10.244.1.10 --to shop/api-6f8c4d7b9-mm5wz -p http", "allow"),
    ("--from 10.244.1.10 --to shop/db-0 -p postgres", "deny"),
    ("--from 10.244.1.10 --to 8.8.8.8 -p 53", "allow"),
    // Names of a destination's ports differ by protocol.
    ("--from shop/db-0 --to kube-system/coredns-5d78c9869d-k2r7w -p dns --protocol udp", "allow"),
    ("--from shop/db-0 --to kube-system/coredns-5d78c9869d-k2r7w -p dns-tcp", "allow"),
    ("--from shop/db-0 --to kube-system/coredns-5d78c9869d-k2r7w -p metrics", "deny"),
    // Both families.
    ("--from fd00:10:244:1::c --to fd00:10:244:2::b -p 5432", "allow"),
    ("--from fd00:10:244:1::a --to fd00:10:244:2::b -p 5432", "deny"),
    ("--from shop/db-0 --to 2001:db8:20:1::7 -p 443", "allow"),
    ("--from shop/db-0 --to 2001:db8:21::7 -p 443", "deny"),
    ("--from 2001:db8::1 --to shop/db-0 --protocol ICMP", "deny"),
    // Nodes, and the pods in their network.
    ("--from 192.168.10.12 --to shop/db-0 -p 5432", "allow"),
    ("--from fd00:192:168:10::12 --to shop/db-0 -p 5432", "allow"),
    ("--from 192.168.10.11 --to shop/db-0 -p 5432", "deny"),
    ("--from kube-system/kube-proxy-tz6sj --to shop/db-0 -p 5432", "allow"),
    ("--from kube-system/kube-proxy-8wq4n --to shop/db-0 -p 5432", "deny"),
];

/// `kubectl get ns,nodes,pods,netpol -A`, with `-o yaml` and `-o json`, in either admission.
#[test]
fn dumps_of_a_cluster() {
    for file in ["cluster.yaml", "cluster.json"] {
        for stored in ["--stored", ""] {
            for (ends, verdict) in DUMP_ANSWERS {
                let run = decide(&format!("-f testdata/dumps/{file} {stored} {ends}"));
                run.answers(verdict).is_quiet();
            }
        }
    }
}

/// As `kubectl get --raw` has them: the items do not say what they are.
#[test]
fn typed_lists() {
    let scratch = Scratch::new("typed-lists");
    let text = fs::read_to_string(format!("{CORE}/testdata/dumps/cluster.json")).expect("a file");
    let dump: Value = serde_json::from_str(&text).expect("JSON");
    let mut files = String::new();
    for (kind, api_version) in [
        ("Namespace", "v1"),
        ("Node", "v1"),
        ("Pod", "v1"),
        ("NetworkPolicy", "networking.k8s.io/v1"),
    ] {
        let mut items = dump["items"].as_array().expect("a list").clone();
        items.retain(|item| item["kind"] == kind);
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.remove("kind");
            item.remove("apiVersion");
        }
        let list = serde_json::json!({
            "kind": format!("{kind}List"),
            "apiVersion": api_version,
            "metadata": {"resourceVersion": "9431"},
            "items": items,
        });
        let path = scratch.write(&format!("{kind}.json"), &list.to_string());
        files.push_str(&format!("-f {path} "));
    }
    for (ends, verdict) in DUMP_ANSWERS {
        decide(&format!("{files} {ends}")).answers(verdict).is_quiet();
    }
}

#[test]
fn json_for_programs() {
    let run = decide(&format!("{DUMP} --from shop/db-0 --to 10.20.99.1 -p 443 -o json"));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer, serde_json::json!({"verdict": "deny"}));

    let ends = "--from shop/db-0 --to 10.20.99.1 -p 443 -o json --explain";
    let run = decide(&format!("{DUMP} {ends}"));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(answer["source"]["endpoint"]["name"], "db-0");
    assert_eq!(answer["source"]["address"], "10.244.2.11");
    assert_eq!(answer["destination"], serde_json::json!({"address": "10.20.99.1"}));
    assert_eq!(answer["egress"]["reason"], "noRuleMatches");
    assert_eq!(answer["egress"]["nearestMiss"]["stage"], "except");
    assert_eq!(answer["egress"]["nearestMiss"]["rule"]["policy"]["name"], "db");
    assert_eq!(answer["ingress"]["reason"], "notAPod");
}
