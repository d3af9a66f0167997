use super::cidrs::CidrWarnings;
use super::note;
use crate::diagnostic::Problem;
use crate::field::Path;
use crate::model::{
    AlphaNetworkPolicy, AlphaPeer, AlphaPort, ExtensionsNetworkPolicy, IntOrString, Labels,
};

/// What is odd about a policy of `extensions/v1beta1`.
pub(super) fn extensions(
    policy: &ExtensionsNetworkPolicy,
    mut cidrs: CidrWarnings<'_>,
) -> Vec<Problem> {
    let spec = Path::new("spec");
    let mut problems = vec![note(
        "version-removed",
        &Path::new("apiVersion"),
        "extensions/v1beta1 left Kubernetes in 1.16; write `networking.k8s.io/v1`",
    )];
    for (index, rule) in policy.spec.ingress.iter().enumerate() {
        let path = spec.child("ingress").index(index);
        let empty = [
            ("ports", rule.ports.as_ref().is_some_and(Vec::is_empty)),
            ("from", rule.from.as_ref().is_some_and(Vec::is_empty)),
        ];
        for (name, _) in empty.into_iter().filter(|(_, empty)| *empty) {
            let message = "an empty list matches everything; up to Kubernetes 1.6 it matched \
                           nothing";
            problems.push(note("empty-list", &path.child(name), message));
        }
        cidrs.peers(rule.from.as_deref().unwrap_or_default(), &path.child("from"));
    }
    for (index, rule) in policy.spec.egress.iter().enumerate() {
        cidrs.peers(&rule.to, &spec.child("egress").index(index).child("to"));
    }
    problems.append(&mut cidrs.problems);
    problems
}

/// What a policy of 2016 means, and what is odd about it.
pub(super) fn alpha(policy: &AlphaNetworkPolicy) -> Vec<Problem> {
    let mut problems = vec![note("third-party-form", &Path::root(), meaning(policy))];
    let spec = Path::new("spec");
    if let Some(rule) = &policy.spec.allow_incoming {
        peers(&rule.from, &spec.child("allowIncoming").child("from"), &mut problems);
    }
    for (index, rule) in policy.spec.inbound.iter().enumerate() {
        let path = spec.child("inbound").index(index);
        peers(&rule.from, &path.child("from"), &mut problems);
    }
    problems
}

fn peers(peers: &[AlphaPeer], path: &Path, problems: &mut Vec<Problem>) {
    for (index, peer) in peers.iter().enumerate() {
        let path = path.index(index);
        if peer.namespaces.is_some() {
            let message = "never worked, and is ignored";
            problems.push(note("namespaces-ignored", &path.child("namespaces"), message));
        }
        if peer.pods.is_none() {
            let message = "the peer names no `pods`, so it matches nobody";
            problems.push(note("peer-names-nobody", &path, message));
        }
    }
}

/// The policy of `networking.k8s.io/v1` that this one stands for, in flow YAML, as far as it is
/// worth reading.
fn meaning(policy: &AlphaNetworkPolicy) -> String {
    let spec = &policy.spec;
    let incoming = spec.allow_incoming.iter().map(|rule| (&rule.from, &rule.to_ports));
    let inbound = spec.inbound.iter().map(|rule| (&rule.from, &rule.ports));
    let rules = incoming.chain(inbound).map(|(from, ports)| rule(from, ports));
    format!(
        "this is the third-party form of 2016; it stands for the `networking.k8s.io/v1` policy \
         with the spec {{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}}",
        selector(&spec.pod_selector),
        few(rules),
    )
}

fn rule(from: &[AlphaPeer], ports: &[AlphaPort]) -> String {
    let mut fields = Vec::new();
    if !from.is_empty() {
        let peers = from.iter().map(|peer| match &peer.pods {
            Some(labels) => format!("{{podSelector: {}}}", selector(labels)),
            None => "nobody".to_owned(),
        });
        fields.push(format!("from: [{}]", few(peers)));
    }
    if !ports.is_empty() {
        fields.push(format!("ports: [{}]", few(ports.iter().map(port))));
    }
    format!("{{{}}}", fields.join(", "))
}

fn port(port: &AlphaPort) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    match &port.port {
        None => format!("{{protocol: {protocol}}}"),
        Some(IntOrString::Int(number)) => format!("{{protocol: {protocol}, port: {number}}}"),
        Some(IntOrString::String(name)) => format!("{{protocol: {protocol}, port: {name:?}}}"),
    }
}

fn selector(labels: &Labels) -> String {
    if labels.is_empty() {
        return "{}".to_owned();
    }
    let labels = labels.iter().map(|(key, value)| format!("{key}: {value:?}"));
    format!("{{matchLabels: {{{}}}}}", few(labels))
}

/// The first of them; a message is no place for a whole object.
fn few(items: impl Iterator<Item = String>) -> String {
    const FEW: usize = 3;
    let mut first: Vec<String> = items.take(FEW + 1).collect();
    if first.len() > FEW {
        first.truncate(FEW);
        first.push("…".to_owned());
    }
    first.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{alpha, extensions};
    use crate::diagnostic::Problem;
    use crate::validate::ValidateOptions;
    use crate::validate::warnings::cidrs::CidrWarnings;
    use serde_json::{Value, from_value, json};

    fn told(problems: Vec<Problem>) -> Vec<String> {
        let told = problems.into_iter().map(|problem| match problem {
            Problem::Note { code, path, .. } => format!("{code} {path}"),
            other => panic!("{other}"),
        });
        told.collect()
    }

    fn alpha_of(spec: Value) -> Vec<Problem> {
        alpha(&from_value(json!({"metadata": {}, "spec": spec})).unwrap())
    }

    #[test]
    fn the_third_party_form_is_told_as_what_it_means() {
        let message = |spec| alpha_of(spec).remove(0).to_string();
        let spec = json!({
            "podSelector": {"segment": "backend"},
            "allowIncoming": {
                "from": [{"pods": {"segment": "frontend"}}],
                "toPorts": [{"port": 80, "protocol": "TCP"}],
            },
        });
        assert_eq!(
            message(spec),
            "this is the third-party form of 2016; it stands for the `networking.k8s.io/v1` \
             policy with the spec {podSelector: {matchLabels: {segment: \"backend\"}}, \
             policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {segment: \
             \"frontend\"}}}], ports: [{protocol: TCP, port: 80}]}]}"
        );
        let told = message(json!({}));
        assert!(told.ends_with("{podSelector: {}, policyTypes: [Ingress], ingress: []}"), "{told}");
        let told = message(json!({"allowIncoming": {}, "inbound": [{"from": [{}]}]}));
        assert!(told.ends_with("ingress: [{}, {from: [nobody]}]}"), "{told}");
        let many: Vec<Value> = (0..1000).map(|port| json!({"port": port})).collect();
        assert!(message(json!({"inbound": [{"ports": many}]})).len() < 300);
    }

    #[test]
    fn peers_of_the_third_party_form() {
        let peers =
            json!([{"pods": {}}, {"namespaces": {"a": "b"}, "pods": {}}, {"namespaces": {}}]);
        let mut told = told(alpha_of(json!({"inbound": [{}, {"from": peers}]})));
        assert_eq!(told.remove(0), "third-party-form ");
        assert_eq!(
            told,
            [
                "namespaces-ignored spec.inbound[1].from[1].namespaces",
                "namespaces-ignored spec.inbound[1].from[2].namespaces",
                "peer-names-nobody spec.inbound[1].from[2]",
            ]
        );
    }

    #[test]
    fn empty_lists_of_extensions() {
        let policy = json!({
            "metadata": {},
            "spec": {
                "ingress": [{}, {"from": []}, {"ports": [], "from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}],
                "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}, {"ports": []}],
            },
        });
        let options = ValidateOptions::default();
        assert_eq!(
            told(extensions(&from_value(policy).unwrap(), CidrWarnings::new(&options))),
            [
                "version-removed apiVersion",
                "empty-list spec.ingress[1].from",
                "empty-list spec.ingress[2].ports",
                "cidr-host-bits spec.ingress[2].from[0].ipBlock.cidr",
                "cidr-host-bits spec.egress[0].to[0].ipBlock.cidr",
            ]
        );
    }
}
