//! What holds of the tiers in every cluster, whatever the reference says.

use netpol_core::Admission;
use netpol_core::model::{
    AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule, ClusterNetworkPolicy,
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyEgressRule,
    ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyIngressRule, ClusterNetworkPolicySubject,
    Kind, LabelSelector, LabelSelectorRequirement, NamespacedPod, Object,
};
use netpol_testing::cases::{Ask, Event, Implementation};
use netpol_testing::engine::EveryWay;
use netpol_testing::generate::{Choices, Scenario, Seeded, scenario};
use netpol_testing::reference::{Judgement, Reason, Side, Tier};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::laws::{after, config, hold, outcome, same_answers, seeds, upsert, upserted};

proptest! {
    #![proptest_config(config())]

    /// Whatever NetworkPolicies and Baseline policies are added, what the Admin tier accepts or
    /// denies stays as it is, reason included.
    #[test]
    fn admin_decisions_stand(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let mut events = outcome(scenario);
            events.extend(additions(seed, |object| {
                object.kind() == Kind::NetworkPolicy || is_of_tier(object, Tier::Baseline)
            }));
            unchanged(scenario, &events, |side| {
                side.reason.rule().is_some_and(|rule| rule.tier == Tier::Admin)
            })
        });
    }

    /// Whatever Baseline policies are added, what anything before them decides stays as it is.
    #[test]
    fn baseline_decides_the_rest_alone(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let mut events = outcome(scenario);
            events.extend(additions(seed, |object| is_of_tier(object, Tier::Baseline)));
            unchanged(scenario, &events, |side| {
                let by_baseline =
                    side.reason.rule().is_some_and(|rule| rule.tier == Tier::Baseline);
                side.reason != Reason::NotIsolated && !by_baseline
            })
        });
    }

    /// In an otherwise empty tier, a rule that passes is as good as none.
    #[test]
    fn passing_is_nothing_by_itself(seed in seeds()) {
        hold(seed, 40, |scenario| {
            for tier in [Tier::Admin, Tier::Baseline] {
                let mut events = outcome(scenario);
                events.retain(|event| !upserted(event).is_some_and(|object| is_of_tier(object, tier)));
                let without = after(scenario, &events);
                events.push(upsert(passing(&mut Seeded::new(seed ^ 3), tier)));
                same_answers(scenario, without.as_ref(), after(scenario, &events).as_ref())?;
            }
            Ok(())
        });
    }

    /// Where no rule of a cluster-wide policy matches, NetworkPolicies decide as if they were
    /// alone.
    #[test]
    fn rules_that_do_not_match_are_nothing(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let mut events = outcome(scenario);
            let is_cluster_wide = |event: &Event| {
                upserted(event)
                    .is_some_and(|object| is_of_tier(object, Tier::Admin) || is_of_tier(object, Tier::Baseline))
            };
            let mut choices = Seeded::new(seed ^ 4);
            for (number, event) in events.iter_mut().enumerate() {
                if let Event::Upsert { object, .. } = event {
                    blunt(&mut choices, object, number);
                }
            }
            let blunted = after(scenario, &events);
            events.retain(|event| !is_cluster_wide(event));
            same_answers(scenario, blunted.as_ref(), after(scenario, &events).as_ref())
        });
    }

    /// A policy of a newer API, or one whose text is damaged, lets nothing through that it would
    /// not let through without the rules to accept that are not understood, and with those to deny
    /// or to pass that are not understood denying what they were for before.
    #[test]
    fn what_is_not_understood_opens_nothing(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let mut choices = Seeded::new(seed ^ 5);
            let (mut newer, mut closed) = (Vec::new(), Vec::new());
            for event in outcome(scenario) {
                match upserted(&event).and_then(manifest) {
                    Some(policy) => {
                        let (one, other) = from_the_future(&mut choices, policy);
                        newer.push(apply(&one));
                        closed.push(apply(&other));
                    }
                    None => {
                        newer.push(event.clone());
                        closed.push(event);
                    }
                }
            }
            let (Some(newer), Some(closed)) = (after(scenario, &newer), after(scenario, &closed))
            else {
                return Ok(());
            };
            for ask in &scenario.asks {
                let (newer, closed) = (newer.ask(ask), closed.ask(ask));
                if let (Ok(newer), Ok(closed)) = (&newer, &closed)
                    && newer.verdict().is_allow()
                    && !closed.verdict().is_allow()
                {
                    return Err(format!("{ask}: {newer:?}, and yet {closed:?}"));
                }
            }
            Ok(())
        });
    }
}

fn apply(policy: &Value) -> Event {
    Event::Apply { text: policy.to_string(), admission: Admission::Stored }
}

/// Whether it is a cluster-wide policy of the tier.
fn is_of_tier(object: &Object, tier: Tier) -> bool {
    match object {
        Object::ClusterNetworkPolicy(policy) => policy.spec.tier == tier.to_string(),
        Object::AdminNetworkPolicy(_) => tier == Tier::Admin,
        Object::BaselineAdminNetworkPolicy(_) => tier == Tier::Baseline,
        _ => false,
    }
}

/// Objects of other scenarios, under names of their own.
fn additions(seed: u64, wanted: impl Fn(&Object) -> bool) -> Vec<Event> {
    let donors = (1..=4).flat_map(|number| scenario(&mut Seeded::new(seed ^ number), 0).events);
    let mut added = Vec::new();
    for event in donors {
        if let Event::Upsert { mut object, admission } = event
            && wanted(&object)
        {
            object.metadata_mut().name = format!("added-{}", added.len());
            added.push(Event::Upsert { object, admission });
        }
    }
    added
}

/// Every side that is `settled` by what is there is the same after these events.
fn unchanged(
    scenario: &Scenario,
    events: &[Event],
    settled: impl Fn(&Side) -> bool,
) -> Result<(), String> {
    let (Some(before), Some(after)) =
        (after(scenario, &outcome(scenario)), after(scenario, events))
    else {
        return Ok(());
    };
    for ask in &scenario.asks {
        let Some((before, after)) = answers(&before, &after, ask) else { continue };
        for (one, other) in [(&before.ingress, &after.ingress), (&before.egress, &after.egress)] {
            if settled(one) && one != other {
                return Err(format!("{ask}: {one:?} has become {other:?}"));
            }
        }
    }
    Ok(())
}

fn answers(one: &EveryWay, other: &EveryWay, ask: &Ask) -> Option<(Judgement, Judgement)> {
    Some((one.ask(ask).ok()?, other.ask(ask).ok()?))
}

/// A policy about everybody that passes something or everything.
fn passing(choices: &mut Seeded, tier: Tier) -> Object {
    let everything = Some(LabelSelector::default());
    let pods = NamespacedPod { namespace_selector: None, pod_selector: everything.clone() };
    let from = ClusterNetworkPolicyIngressPeer { pods: Some(pods), ..Default::default() };
    let to = match choices.below(3) {
        0 => ClusterNetworkPolicyEgressPeer { nodes: everything.clone(), ..Default::default() },
        1 => ClusterNetworkPolicyEgressPeer {
            networks: Some(vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()]),
            ..Default::default()
        },
        _ => {
            ClusterNetworkPolicyEgressPeer { namespaces: everything.clone(), ..Default::default() }
        }
    };
    let mut policy = ClusterNetworkPolicy::default();
    policy.metadata.name = "passing".to_owned();
    policy.spec.tier = tier.to_string();
    policy.spec.priority = Some(0);
    policy.spec.subject =
        Some(ClusterNetworkPolicySubject { namespaces: everything, ..Default::default() });
    policy.spec.ingress = vec![ClusterNetworkPolicyIngressRule {
        action: "Pass".to_owned(),
        from: vec![from],
        ..Default::default()
    }];
    policy.spec.egress = vec![ClusterNetworkPolicyEgressRule {
        action: "Pass".to_owned(),
        to: vec![to],
        ..Default::default()
    }];
    Object::ClusterNetworkPolicy(policy)
}

/// Makes a cluster-wide policy one whose rules match nothing, and whose priority is its own.
fn blunt(choices: &mut Seeded, object: &mut Object, number: usize) {
    let from = vec![ClusterNetworkPolicyIngressPeer {
        namespaces: Some(impossible()),
        ..Default::default()
    }];
    // An address for documentation and a name that nobody resolves.
    let mut to = ClusterNetworkPolicyEgressPeer {
        networks: Some(vec!["233.252.0.77/32".to_owned()]),
        ..Default::default()
    };
    if choices.below(2) == 1 && object.kind() != Kind::BaselineAdminNetworkPolicy {
        to.networks = None;
        to.domain_names = Some(vec!["never.example.net".to_owned()]);
    }
    let to = vec![to];
    let priority = i32::try_from(number).ok();
    let admin_ingress = |rules: &mut Vec<AdminNetworkPolicyIngressRule>, actions: &[&str]| {
        for rule in rules {
            (rule.from, rule.ports) = (from.clone(), None);
            known(&mut rule.action, actions);
        }
    };
    let admin_egress = |rules: &mut Vec<AdminNetworkPolicyEgressRule>, actions: &[&str]| {
        for rule in rules {
            (rule.to, rule.ports) = (to.clone(), None);
            known(&mut rule.action, actions);
        }
    };
    match object {
        Object::ClusterNetworkPolicy(policy) => {
            policy.spec.priority = priority;
            for rule in &mut policy.spec.ingress {
                (rule.from, rule.protocols) = (from.clone(), None);
                known(&mut rule.action, &["Accept", "Deny", "Pass"]);
            }
            for rule in &mut policy.spec.egress {
                (rule.to, rule.protocols) = (to.clone(), None);
                known(&mut rule.action, &["Accept", "Deny", "Pass"]);
            }
        }
        Object::AdminNetworkPolicy(policy) => {
            policy.spec.priority = priority;
            admin_ingress(&mut policy.spec.ingress, &["Allow", "Deny", "Pass"]);
            admin_egress(&mut policy.spec.egress, &["Allow", "Deny", "Pass"]);
        }
        Object::BaselineAdminNetworkPolicy(policy) => {
            admin_ingress(&mut policy.spec.ingress, &["Allow", "Deny"]);
            admin_egress(&mut policy.spec.egress, &["Allow", "Deny"]);
        }
        _ => {}
    }
}

/// Makes a word that is no action one.
fn known(action: &mut String, actions: &[&str]) {
    if !actions.contains(&action.as_str()) {
        actions[1].clone_into(action);
    }
}

/// Selects nothing.
fn impossible() -> LabelSelector {
    let requirement = |operator: &str| LabelSelectorRequirement {
        key: "app".to_owned(),
        operator: operator.to_owned(),
        values: Vec::new(),
    };
    LabelSelector {
        match_expressions: vec![requirement("Exists"), requirement("DoesNotExist")],
        ..LabelSelector::default()
    }
}

/// A cluster-wide policy as it would be in a manifest.
fn manifest(object: &Object) -> Option<Value> {
    let (version, mut policy) = match object {
        Object::ClusterNetworkPolicy(policy) => ("v1alpha2", serde_json::to_value(policy)),
        Object::AdminNetworkPolicy(policy) => ("v1alpha1", serde_json::to_value(policy)),
        Object::BaselineAdminNetworkPolicy(policy) => ("v1alpha1", serde_json::to_value(policy)),
        _ => return None,
    };
    let fields = policy.as_mut().ok()?.as_object_mut()?;
    fields.insert("apiVersion".to_owned(), json!(format!("policy.networking.k8s.io/{version}")));
    fields.insert("kind".to_owned(), json!(object.kind().as_str()));
    policy.ok()
}

/// The policy with something in some rules that nobody can understand, and the policy that it must
/// not be more open than: rules to accept are gone, the others deny.
fn from_the_future(choices: &mut Seeded, policy: Value) -> (Value, Value) {
    let ports = if policy["kind"] == "ClusterNetworkPolicy" { "protocols" } else { "ports" };
    let (mut newer, mut closed) = (policy.clone(), policy);
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        let pointer = format!("/spec/{rules}");
        let Some(Value::Array(newer)) = newer.pointer_mut(&pointer) else { continue };
        let Some(Value::Array(closed)) = closed.pointer_mut(&pointer) else { continue };
        for (index, rule) in newer.iter_mut().enumerate().rev() {
            if choices.below(2) == 0 {
                continue;
            }
            let action = rule["action"].as_str().unwrap_or_default().to_owned();
            let changed = damage(choices, rule, peers, ports);
            if matches!(action.as_str(), "Accept" | "Allow") && !changed {
                closed.remove(index);
            } else {
                closed[index]["action"] = json!("Deny");
            }
        }
    }
    (newer, closed)
}

/// Puts something into a rule that nobody can understand; whether that is its action.
fn damage(choices: &mut Seeded, rule: &mut Value, peers: &str, ports: &str) -> bool {
    let unreadable_selectors = [
        json!("all"),
        json!({ "matchLabels": { "app": 1 } }),
        json!({ "matchExpressions": "app" }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "Like", "values": ["x"] }] }),
    ];
    let selector = choices.pick(&unreadable_selectors).clone();
    match choices.below(8) {
        0 => {
            rule["action"] = json!(*choices.pick(&["Log", "", "accept"]));
            return true;
        }
        1 => {
            rule[peers] =
                choices.pick(&[json!("all"), json!([]), json!({}), json!(["all"])]).clone()
        }
        2 => push(&mut rule[peers], json!({ "serviceAccounts": {} })),
        3 => push(&mut rule[peers], json!({ "namespaces": selector })),
        4 => push(
            &mut rule[peers],
            json!({ "pods": { "namespaceSelector": {}, "podSelector": selector } }),
        ),
        5 if peers == "to" => {
            let peer = *choices.pick(&["networks", "domainNames"]);
            push(&mut rule[peers], json!({ peer: ["0.0.0.0/0", 7] }));
        }
        6 => rule[ports] = choices.pick(&[json!("TCP"), json!([]), json!({}), json!([80])]).clone(),
        _ => {
            let entries = [
                json!({ "icmp": {} }),
                json!({ "tcp": {} }),
                json!({ "tcp": "http" }),
                json!({ "tcp": { "destinationPort": { "name": "http" } } }),
                json!({ "tcp": { "destinationPort": { "number": "80" } } }),
                json!({ "portNumber": { "port": "80" } }),
                json!({ "portRange": { "start": 1 } }),
            ];
            push(&mut rule[ports], choices.pick(&entries).clone());
        }
    }
    false
}

/// Adds an entry to a list, which may be missing.
fn push(list: &mut Value, entry: Value) {
    match list {
        Value::Array(list) => list.push(entry),
        list => *list = json!([entry]),
    }
}
