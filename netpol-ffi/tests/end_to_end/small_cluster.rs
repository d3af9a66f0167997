//! Two or three pods and a policy, for tests that tell a story.

use std::path::Path;

use crate::manifests::Directory;
use crate::network::pod_addresses;

/// A pod of a namespace and app, at the address with a number.
pub(crate) fn pod(name: &str, number: u8) -> String {
    let [v4, v6] = pod_addresses(number);
    let (namespace, app) = name.split_once('/').unwrap();
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{namespace: {namespace}, name: {app}, labels: {{app: {app}}}}}, \
         status: {{phase: Running, podIP: {v4}, podIPs: [{{ip: {v4}}}, {{ip: '{v6}'}}]}}}}\n"
    )
}

/// A NetworkPolicy of the namespace `shop` for the pods of an app, with the rest of its spec.
pub(crate) fn policy(name: &str, app: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: shop, name: {name}}}, \
         spec: {{podSelector: {{matchLabels: {{app: {app}}}}}, {spec}}}}}\n"
    )
}

/// `db` at 1 and `web` at 3, both on the bridge, `job` at 2 behind the router; ingress to `db` is for `web`
/// at port 80 alone.
pub(crate) fn shop(name: &str) -> Directory {
    let directory = Directory::new(name);
    directory.put("namespaces.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n");
    for (name, number) in [("db", 1), ("job", 2), ("web", 3)] {
        directory.put(&format!("{name}.yaml"), &pod(&format!("shop/{name}"), number));
    }
    directory.put("policy.yaml", &allow_from("web"));
    directory
}

/// The policy of [`shop`], for another app.
pub(crate) fn allow_from(app: &str) -> String {
    let rule = format!(
        "{{from: [{{podSelector: {{matchLabels: {{app: {app}}}}}}}], ports: [{{port: 80}}]}}"
    );
    policy("db", "db", &format!("ingress: [{rule}]"))
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
