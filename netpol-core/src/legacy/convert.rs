use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Problem};
use crate::field::Path;
use crate::model::{
    LabelSelector, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule,
    NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec, Object, ObjectMeta, ObjectRef,
};
use crate::selector::Selector;
use crate::validate::{self, ValidateOptions};

use super::draft::{Draft, Reading, Rule};
use super::is_isolated;

/// What kubectl keeps there would be another object than this one.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What [`convert`] made of some objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conversion {
    /// The policies to be applied in the place of the old ones.
    pub policies: Vec<NetworkPolicy>,
    /// What was left out, and what could not be known. All are warnings.
    pub notes: Vec<Diagnostic>,
}

/// The NetworkPolicies of `networking.k8s.io/v1` that mean today what these objects meant to
/// Kubernetes 1.3 to 1.6.
///
/// Of the objects, Namespaces and NetworkPolicies of all forms count. A namespace whose annotation
/// [isolates](is_isolated) it gets a policy that denies all ingress, and beside it each of its
/// policies that opens anything. In other namespaces policies had no effect, so they are left out.
/// Where the Namespace itself is not among the objects nobody can tell: its policies are kept as a
/// cluster of today reads them. Nothing is left out without a note, and what the server fills in
/// (uid, resource version and the like) is.
///
/// What it makes is valid, as far as names and other metadata were, and converting it once more
/// changes nothing. Neither does converting objects none of which are of an older form and none of
/// whose namespaces are isolated: they never lived in such a cluster, and are returned as they are.
///
/// ```
/// use netpol_core::legacy;
/// use netpol_core::manifest::{Manifest, ReadOptions};
///
/// let text = r#"
/// apiVersion: v1
/// kind: Namespace
/// metadata:
///   name: shop
///   annotations:
///     net.beta.kubernetes.io/network-policy: '{"ingress": {"isolation": "DefaultDeny"}}'
/// ---
/// apiVersion: extensions/v1beta1
/// kind: NetworkPolicy
/// metadata: {name: web, namespace: shop}
/// spec:
///   podSelector: {matchLabels: {app: web}}
///   ingress: [{ports: [{port: 80}]}]
/// "#;
/// let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
/// let conversion = legacy::convert(manifest.objects());
/// let names: Vec<&str> =
///     conversion.policies.iter().map(|policy| policy.metadata.name.as_str()).collect();
/// assert_eq!(names, ["default-deny-ingress", "web"]);
/// assert!(conversion.notes.is_empty());
/// ```
#[must_use]
pub fn convert(objects: &[Object]) -> Conversion {
    let isolated = namespaces(objects);
    if !objects.iter().any(is_older) && !isolated.values().any(|isolated| *isolated) {
        let policies = objects.iter().filter_map(|object| match object {
            Object::NetworkPolicy(policy) => Some(policy.clone()),
            _ => None,
        });
        return Conversion { policies: policies.collect(), notes: Vec::new() };
    }
    let mut notes = Vec::new();
    let converted: Vec<Option<NetworkPolicy>> = objects
        .iter()
        .map(|object| policy(object, &isolated, &mut Notes::about(object, &mut notes)))
        .collect();
    let taken: BTreeSet<(&str, &str)> = converted
        .iter()
        .flatten()
        .map(|policy| (policy.metadata.namespace.as_str(), policy.metadata.name.as_str()))
        .collect();
    let mut denied = BTreeSet::new();
    let mut policies = Vec::new();
    for (object, policy) in objects.iter().zip(&converted) {
        if let Object::Namespace(namespace) = object {
            let name = namespace.metadata.name.as_str();
            if isolated.get(name) == Some(&true) && denied.insert(name) {
                policies.push(default_deny(name, &taken));
            }
        }
        policies.extend(policy.clone());
    }
    Conversion { policies, notes }
}

/// Whether each namespace is isolated; of one that is there more than once, the last.
fn namespaces(objects: &[Object]) -> BTreeMap<&str, bool> {
    objects
        .iter()
        .filter_map(|object| match object {
            Object::Namespace(namespace) => Some(&namespace.metadata),
            _ => None,
        })
        .map(|metadata| (metadata.name.as_str(), is_isolated(&metadata.annotations)))
        .collect()
}

fn is_older(object: &Object) -> bool {
    matches!(object, Object::ExtensionsNetworkPolicy(_) | Object::AlphaNetworkPolicy(_))
}

/// The policy that does what the annotation did.
fn default_deny(namespace: &str, taken: &BTreeSet<(&str, &str)>) -> NetworkPolicy {
    const NAME: &str = "default-deny-ingress";
    let numbered = (2_u64..).map(|number| format!("{NAME}-{number}"));
    let mut names = std::iter::once(NAME.to_owned()).chain(numbered);
    let name = names.find(|name| !taken.contains(&(namespace, name.as_str())));
    NetworkPolicy {
        metadata: ObjectMeta {
            name: name.unwrap_or_default(),
            namespace: namespace.to_owned(),
            ..ObjectMeta::default()
        },
        spec: NetworkPolicySpec {
            policy_types: vec!["Ingress".to_owned()],
            ..NetworkPolicySpec::default()
        },
    }
}

/// What stands for a policy, if it does anything.
fn policy(
    object: &Object,
    isolated: &BTreeMap<&str, bool>,
    notes: &mut Notes<'_>,
) -> Option<NetworkPolicy> {
    let namespace = object.metadata().namespace.as_str();
    match isolated.get(namespace) {
        None => {
            let draft = Draft::of(object, Reading::V1)?;
            notes.add(
                "namespace-unknown",
                &Path::root(),
                format!(
                    "the Namespace {namespace} is not among the objects, so nobody can tell \
                     whether it was isolated; the policy is kept as Kubernetes reads it since \
                     1.7, where it isolates the pods that it selects"
                ),
            );
            Some(of_today(draft, notes))
        }
        Some(true) => of_then(Draft::of(object, Reading::Legacy)?, notes),
        Some(false) => {
            Draft::of(object, Reading::Legacy)?;
            notes.add(
                "no-effect",
                &Path::root(),
                format!(
                    "left out: the Namespace {namespace} is not isolated, and in Kubernetes 1.3 \
                     to 1.6 its policies had no effect"
                ),
            );
            None
        }
    }
}

/// A policy of an isolated namespace, by the semantics of its time.
fn of_then(draft: Draft<'_>, notes: &mut Notes<'_>) -> Option<NetworkPolicy> {
    let spec = Path::new("spec");
    if !is_selector(&draft.subject) {
        let message = "left out: the selector cannot be read, so the policy opened nothing";
        notes.add("subject-unreadable", &spec.child("podSelector"), message);
        return None;
    }
    if !draft.egress.is_empty() {
        let message = "left out: there was no egress isolation, so that rules for it did nothing";
        notes.add("egress-ignored", &spec.child("egress"), message);
    }
    let types = &draft.policy_types;
    if !types.is_empty() && types.iter().all(|policy_type| policy_type != "Ingress") {
        let message = "ignored: there were no types, so that the ingress rules count nevertheless";
        notes.add("types-ignored", &spec.child("policyTypes"), message);
    }
    let mending = Mending { extensions: draft.is_extensions, reading: Reading::Legacy };
    let ingress: Vec<_> = draft
        .ingress
        .into_iter()
        .filter_map(|rule| mending.rule(rule, notes))
        .map(|(from, ports)| NetworkPolicyIngressRule { ports, from })
        .collect();
    if ingress.is_empty() {
        let message = "left out: no rule is left in it, so it opened nothing";
        notes.add("no-rules", &Path::root(), message);
        return None;
    }
    Some(NetworkPolicy {
        metadata: metadata(draft.metadata),
        spec: NetworkPolicySpec {
            pod_selector: draft.subject,
            policy_types: vec!["Ingress".to_owned()],
            ingress,
            egress: Vec::new(),
        },
    })
}

/// A policy as a cluster of today reads it, which never leaves it out: it isolates.
fn of_today(draft: Draft<'_>, notes: &mut Notes<'_>) -> NetworkPolicy {
    let spec = Path::new("spec");
    let policy_types = types_of_today(&draft, notes);
    let mut today = NetworkPolicy {
        metadata: metadata(draft.metadata),
        spec: NetworkPolicySpec { policy_types, ..NetworkPolicySpec::default() },
    };
    if !is_selector(&draft.subject) {
        let message = "the selector cannot be read, so it selects every pod, and the rules are \
                       left out";
        notes.add("subject-unreadable", &spec.child("podSelector"), message);
        return today;
    }
    for path in &draft.widened {
        let message = "an empty list matches everything since 1.7; before, it matched nothing";
        notes.add("empty-list", path, message);
    }
    let mending = Mending { extensions: draft.is_extensions, reading: Reading::V1 };
    today.spec.pod_selector = draft.subject;
    today.spec.ingress = draft
        .ingress
        .into_iter()
        .filter_map(|rule| mending.rule(rule, notes))
        .map(|(from, ports)| NetworkPolicyIngressRule { ports, from })
        .collect();
    today.spec.egress = draft
        .egress
        .into_iter()
        .filter_map(|rule| mending.rule(rule, notes))
        .map(|(to, ports)| NetworkPolicyEgressRule { ports, to })
        .collect();
    today
}

/// The types, or those that it amounts to when they are missing or unreadable.
fn types_of_today(draft: &Draft<'_>, notes: &mut Notes<'_>) -> Vec<String> {
    let known = ["Ingress", "Egress"];
    let types = &draft.policy_types;
    if types.is_empty() && !draft.egress.is_empty() {
        // Rules may be left out, and then nobody could guess the types from them.
        return known.map(str::to_owned).to_vec();
    }
    if types.len() <= known.len() && types.iter().all(|text| known.contains(&text.as_str())) {
        return types.clone();
    }
    let unreadable = types.iter().any(|text| !known.contains(&text.as_str()));
    let kept = known.iter().filter(|wanted| unreadable || types.iter().any(|text| text == *wanted));
    let message = "mended: no list that the server would take, and this is how it is understood";
    notes.add("types-mended", &Path::new("spec").child("policyTypes"), message);
    kept.map(|text| (*text).to_owned()).collect()
}

/// What is kept of the metadata: all that the server does not fill in.
fn metadata(metadata: &ObjectMeta) -> ObjectMeta {
    let mut annotations = metadata.annotations.clone();
    annotations.remove(LAST_APPLIED);
    ObjectMeta {
        name: metadata.name.clone(),
        generate_name: metadata.generate_name.clone(),
        namespace: metadata.namespace.clone(),
        labels: metadata.labels.clone(),
        annotations,
        owner_references: metadata.owner_references.clone(),
        finalizers: metadata.finalizers.clone(),
        ..ObjectMeta::default()
    }
}

fn is_selector(selector: &LabelSelector) -> bool {
    Selector::try_from(selector).is_ok()
}

/// Leaves out of rules what matches nothing: in `networking.k8s.io/v1` it would be refused, or
/// match everything.
struct Mending {
    extensions: bool,
    reading: Reading,
}

impl Mending {
    /// The peers and ports of a rule, `None` when it matches nothing.
    fn rule(
        &self,
        rule: Rule,
        notes: &mut Notes<'_>,
    ) -> Option<(Vec<NetworkPolicyPeer>, Vec<NetworkPolicyPort>)> {
        let Rule { path, peers, ports } = rule;
        let peers = list(peers, notes, |peer, path, notes| self.peer(peer, path, notes));
        let ports = list(ports, notes, |port, path, notes| self.port(port, path, notes));
        match (peers, ports) {
            (Ok(peers), Ok(ports)) => Some((peers, ports)),
            _ => {
                notes.add("matches-nothing", &path, "left out: the rule matches nothing");
                None
            }
        }
    }

    fn peer(
        &self,
        peer: NetworkPolicyPeer,
        path: &Path,
        notes: &mut Notes<'_>,
    ) -> Option<NetworkPolicyPeer> {
        let NetworkPolicyPeer { pod_selector, namespace_selector, ip_block } = &peer;
        let both = pod_selector.is_some() && namespace_selector.is_some();
        let too_new = both || ip_block.is_some();
        if self.is_of_its_time() && too_new {
            let message = "left out: there were no such peers, so it matches nobody";
            notes.add("matches-nothing", path, message);
            return None;
        }
        let errors = validate::network_policy_peer(&peer, &ValidateOptions::default(), path);
        if !errors.is_empty() {
            notes.add("matches-nothing", path, "left out: it cannot be read, so it matches nobody");
            return None;
        }
        Some(peer)
    }

    fn port(
        &self,
        mut port: NetworkPolicyPort,
        path: &Path,
        notes: &mut Notes<'_>,
    ) -> Option<NetworkPolicyPort> {
        if self.is_of_its_time() {
            if port.end_port.take().is_some() {
                let message = "left out: there were no ranges, so that `port` counts alone";
                notes.add("end-port-ignored", &path.child("endPort"), message);
            }
            if port.protocol.as_deref() == Some("SCTP") {
                let message = "left out: there was no SCTP, so it matches no port";
                notes.add("matches-nothing", path, message);
                return None;
            }
        }
        if !validate::network_policy_port(&port, path).is_empty() {
            let message = "left out: it cannot be read, so it matches no port";
            notes.add("matches-nothing", path, message);
            return None;
        }
        Some(port)
    }

    /// Whether peers and ports can only be what they were in Kubernetes 1.3 to 1.6.
    fn is_of_its_time(&self) -> bool {
        self.extensions && self.reading == Reading::Legacy
    }
}

/// The list matches nothing at all.
struct Nothing;

/// What is left of a list; the empty list stands for one that is missing, and matches everything.
fn list<T>(
    items: Option<Vec<(Path, T)>>,
    notes: &mut Notes<'_>,
    mut mend: impl FnMut(T, &Path, &mut Notes<'_>) -> Option<T>,
) -> Result<Vec<T>, Nothing> {
    let Some(items) = items else { return Ok(Vec::new()) };
    let left: Vec<T> =
        items.into_iter().filter_map(|(path, item)| mend(item, &path, notes)).collect();
    if left.is_empty() { Err(Nothing) } else { Ok(left) }
}

/// Notes about one object.
struct Notes<'n> {
    object: ObjectRef,
    notes: &'n mut Vec<Diagnostic>,
}

impl<'n> Notes<'n> {
    fn about(object: &Object, notes: &'n mut Vec<Diagnostic>) -> Notes<'n> {
        Notes { object: object.object_ref(), notes }
    }

    fn add(&mut self, code: &'static str, path: &Path, message: impl Into<String>) {
        let problem = Problem::Note { code, path: path.clone(), message: message.into() };
        self.notes.push(Diagnostic::warning(problem).about(self.object.clone()));
    }
}
