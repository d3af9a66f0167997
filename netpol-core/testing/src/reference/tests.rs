//! Cluster-wide policies, domain records and older forms in a few cases. The full set lies in the
//! case files.

use netpol_core::Options;

use super::World;
use crate::cases::{load_text, run, write};

fn hold(text: &str) {
    for case in load_text(text).expect("the cases are well-formed") {
        let failures = run(&case, &mut World::new(Options::default()));
        assert!(failures.is_empty(), "{failures:#?}");
        let written = write(&case);
        let read = load_text(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
        assert_eq!(read, [case], "{written}");
    }
}

#[test]
fn tiers_are_asked_in_order() {
    hold(
        r#"
[[case]]
name = "the order of tiers"
spec = "semantics 6.4"
pods = ["d/p", "d/q", "e/r"]
policies = [{ name = "d/deny", podSelector = { matchLabels = { pod = "p" } } }]
clusterPolicies = [
  { name = "z", tier = "Admin", priority = 1, subject = { namespaces = {} }, ingress = [
    { action = "Accept", from = [{ pods = { podSelector = { matchLabels = { pod = "r" } } } }], protocols = [
      { udp = { destinationPort = { number = 53 } } }, { tcp = { destinationPort = { range = { start = 80, end = 81 } } } },
    ] },
    { action = "Pass", from = [{ namespaces = {} }], protocols = [{ tcp = { destinationPort = { number = 82 } } }] },
    { action = "Deny", from = [{ namespaces = { matchLabels = { "kubernetes.io/metadata.name" = "e" } } }] },
  ] },
  { name = "b", tier = "Baseline", priority = 1, subject = { namespaces = {} }, ingress = [
    { action = "Deny", from = [{ namespaces = {} }], protocols = [{ tcp = { destinationPort = { number = 82 } } }] },
  ] },
]
expect = [
  { from = "e/r", to = "d/p", port = 81, verdict = "allow", ingressReason = "allowed Admin z rule 0 peer 0 port 1" },
  { from = "e/r", to = "d/q", port = 79, verdict = "deny", ingressReason = "denied Admin z rule 2 peer 0" },
  { from = "e/r", to = "d/q", icmp = [8, 0], verdict = "deny", ingressReason = "denied Admin z rule 2 peer 0" },
  { from = "e/r", to = "d/p", port = 82, verdict = "deny", ingressReason = "noRuleMatches" },
  { from = "e/r", to = "d/q", port = 82, verdict = "deny", ingressReason = "denied Baseline b rule 0 peer 0 port 0" },
  { from = "d/p", to = "d/q", port = 80, verdict = "allow", ingressReason = "notIsolated" },
  { from = "203.0.113.9", to = "d/q", port = 82, verdict = "allow", ingressReason = "notIsolated" },
]

[[case.steps]]
adminPolicies = [{ name = "a", priority = 1, subject = { namespaces = {} }, ingress = [
  { action = "Deny", from = [{ namespaces = {} }], ports = [{ portRange = { start = 82, end = 82 } }] },
  { action = "Accept", from = [{ namespaces = {} }], ports = [{ namedPort = "x" }] },
] }]
baselineAdminPolicies = [{ name = "default", subject = { namespaces = {} }, ingress = [
  { action = "Pass", from = [{ namespaces = {} }] },
] }]
expect = [
  { from = "d/p", to = "d/q", port = 82, verdict = "deny", ingressReason = "denied AdminNetworkPolicy a rule 0 peer 0 port 0" },
  { from = "d/p", to = "d/q", port = 80, verdict = "deny", ingressReason = "not understood AdminNetworkPolicy a rule 1" },
]

[[case.steps]]
delete = ["AdminNetworkPolicy a"]
relist = ["ClusterNetworkPolicy"]
expect = [
  { from = "d/p", to = "d/q", port = 82, verdict = "deny", ingressReason = "not understood BaselineAdminNetworkPolicy default rule 0" },
]
"#,
    );
}

#[test]
fn peers_are_addresses_too() {
    hold(
        r#"
[[case]]
name = "nodes, networks and names"
spec = "semantics 6.4.7"
nodes = [{ name = "n1", labels = { zone = "x" }, addresses = ["192.168.0.1"] }, { name = "n2", addresses = ["192.168.0.2"] }]
pods = ["d/p", { name = "d/q", ips = ["10.0.0.2"], ports = ["http=80"] }]
advance = 10
domains = [{ name = "DB.example.com.", addresses = ["10.0.0.2", "198.51.100.1"], expires = 60 }]
clusterPolicies = [{ name = "a", tier = "Admin", priority = 0, subject = { pods = { podSelector = {} } }, egress = [
  { action = "Accept", to = [{ domainNames = ["*.example.com"] }], protocols = [{ destinationNamedPort = "http" }] },
  { action = "Deny", to = [{ nodes = { matchLabels = { zone = "x" } } }, { networks = ["198.51.100.7/24", "10.0.0.0/29"] }] },
] }]
expect = [
  { from = "d/p", to = "d/q", port = 80, ask = "address", verdict = "allow", egressReason = "allowed Admin a rule 0 peer 0 port 0" },
  { from = "d/p", to = "d/q", port = 81, ask = "address", verdict = "deny", egressReason = "denied Admin a rule 1 peer 1" },
  { from = "d/p", to = "198.51.100.1", port = 80, verdict = "deny", egressReason = "denied Admin a rule 1 peer 1" },
  { from = "d/p", to = "192.168.0.1", port = 80, verdict = "deny", egressReason = "denied Admin a rule 1 peer 0" },
  { from = "d/p", to = "192.168.0.2", port = 80, verdict = "allow", egressReason = "notIsolated" },
]

[[case.steps]]
withdraw = ["db.example.com"]
domains = [{ name = "db.example.com", addresses = ["198.51.100.2"] }]
expect = [{ from = "d/p", to = "d/q", port = 80, ask = "address", verdict = "deny" }]

[[case]]
name = "equal priorities"
spec = "the API leaves the order open"
options = { equalPriorities = "error" }
refused = "publish"
clusterPolicies = [{ name = "a", tier = "Admin", subject = { namespaces = {} } }]
adminPolicies = [{ name = "b", priority = 0, subject = { namespaces = {} } }]
"#,
    );
}

#[test]
fn older_forms_mean_what_they_meant() {
    hold(
        r#"
[[case]]
name = "isolation by annotation"
spec = "semantics 5"
options = { networkPolicies = "legacy" }
namespaces = [
  { name = "d", annotations = { "net.beta.kubernetes.io/network-policy" = '{"ingress":{"isolation":"DefaultDeny"}}' } },
  { name = "e", annotations = { "net.alpha.kubernetes.io/network-isolation" = "yes" } },
  { name = "f", annotations = { "net.beta.kubernetes.io/network-policy" = '{"ingress":' } },
]
pods = ["d/p", "d/q", "e/p", "e/q", "f/p"]
policies = [{ name = "f/deny" }]
extensionsPolicies = [{ name = "d/a", podSelector = { matchLabels = { pod = "p" } }, policyTypes = ["Egress"], ingress = [
  { from = [] },
  { ports = [] },
  { ports = [{ port = 80, endPort = 90 }, { protocol = "SCTP" }] },
  { from = [{ podSelector = {} }] },
] }]
alphaPolicies = [{ name = "e/a", podSelector = { pod = "p" }, allowIncoming = { from = [{ pods = { pod = "q" } }], toPorts = [{ port = 80 }] }, inbound = [
  { from = [{ namespaces = { name = "d" } }] },
  { ports = [{ port = 81, protocol = "UDP" }] },
] }]
expect = [
  { from = "e/p", to = "d/p", port = 80, verdict = "allow", ingressReason = "allowed d/a rule 2 port 0" },
  { from = "e/p", to = "d/p", port = 81, verdict = "deny", ingressReason = "noRuleMatches" },
  { from = "e/p", to = "d/p", protocol = "SCTP", port = 80, verdict = "deny" },
  { from = "d/q", to = "d/p", port = 81, verdict = "allow", ingressReason = "allowed d/a rule 3 peer 0" },
  { from = "e/p", to = "d/q", port = 80, verdict = "deny", ingressReason = "noRuleMatches" },
  { from = "e/q", to = "e/p", port = 80, verdict = "allow", ingressReason = "allowed e/a rule 0 peer 0 port 0" },
  { from = "d/q", to = "e/p", port = 80, verdict = "deny" },
  { from = "d/q", to = "e/p", protocol = "UDP", port = 81, verdict = "allow", ingressReason = "allowed e/a rule 2 port 0" },
  { from = "d/p", to = "f/p", port = 80, verdict = "allow", ingressReason = "notIsolated", egressReason = "notIsolated" },
]

[[case]]
name = "older forms under v1"
spec = "semantics 5"
pods = ["d/p", "d/q", "d/r"]
extensionsPolicies = [{ name = "d/a", podSelector = { matchLabels = { pod = "p" } }, ingress = [{ from = [], ports = [{ port = 80, endPort = 81 }] }] }]
alphaPolicies = [{ name = "d/b", podSelector = { pod = "q" } }]
expect = [
  { from = "d/r", to = "d/p", port = 81, verdict = "allow", ingressReason = "allowed d/a rule 0 port 0" },
  { from = "d/r", to = "d/p", port = 82, verdict = "deny" },
  { from = "d/r", to = "d/q", port = 80, verdict = "deny", ingressReason = "noRuleMatches" },
]

[[case.steps]]
policies = [{ name = "d/a", podSelector = { matchLabels = { pod = "r" } } }]
expect = [
  { from = "d/r", to = "d/p", port = 82, verdict = "allow", ingressReason = "notIsolated" },
  { from = "d/p", to = "d/r", port = 82, verdict = "deny" },
]
"#,
    );
}
