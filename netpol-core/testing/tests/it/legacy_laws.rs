//! What holds of the older forms of NetworkPolicy in every cluster, whatever the reference says.

use netpol_core::legacy;
use netpol_core::model::{Kind, Object};
use netpol_core::options::NetworkPolicySemantics;
use netpol_testing::cases::{Event, Implementation};
use netpol_testing::generate::Scenario;
use proptest::prelude::*;

use crate::laws::{after, config, hold, outcome, same_answers, seeds, upsert, upserted};

proptest! {
    #![proptest_config(config())]

    /// In a cluster of today an older form says what the `v1` object says that it is lifted to.
    #[test]
    fn lifting_does_not_matter(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let mut today = scenario.clone();
            today.options.network_policies = NetworkPolicySemantics::V1;
            same_when_replaced(&today, |object| match object {
                Object::ExtensionsNetworkPolicy(policy) => {
                    Object::NetworkPolicy(legacy::network_policy(&policy))
                }
                Object::AlphaNetworkPolicy(policy) => {
                    Object::NetworkPolicy(legacy::alpha_network_policy(&policy))
                }
                other => other,
            })
        });
    }

    /// What Kubernetes 1.3 to 1.6 did with a cluster is what one of today does with it converted,
    /// as far as all its Namespaces are there to be asked.
    #[test]
    fn conversion_keeps_every_verdict(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let (mut then, mut today) = (scenario.clone(), scenario.clone());
            then.options.network_policies = NetworkPolicySemantics::Legacy;
            today.options.network_policies = NetworkPolicySemantics::V1;
            let events = outcome(&then);
            let Some(converted) = converted(&events) else { return Ok(()) };
            let (then, today) = (after(&then, &events), after(&today, &converted));
            let (Some(then), Some(today)) = (then, today) else { return Ok(()) };
            for ask in &scenario.asks {
                let (Ok(then), Ok(today)) = (then.ask(ask), today.ask(ask)) else { continue };
                for (then, today) in [(then.ingress, today.ingress), (then.egress, today.egress)] {
                    if then.verdict != today.verdict {
                        return Err(format!("{ask}: then {then:?}, today {today:?}"));
                    }
                }
            }
            Ok(())
        });
    }

    /// Annotations of namespaces mean nothing in a cluster of today.
    #[test]
    fn annotations_mean_nothing_today(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let mut today = scenario.clone();
            today.options.network_policies = NetworkPolicySemantics::V1;
            same_when_replaced(&today, |mut object| {
                object.metadata_mut().annotations.clear();
                object
            })
        });
    }
}

/// The same with all NetworkPolicies converted; `None` where the Namespace of one is missing, and
/// where nothing says that the cluster is an old one.
fn converted(events: &[Event]) -> Option<Vec<Event>> {
    let objects: Vec<Object> = events.iter().filter_map(upserted).cloned().collect();
    let namespace = |name: &str| {
        objects
            .iter()
            .find(|object| object.kind() == Kind::Namespace && object.metadata().name == name)
    };
    let is_policy = |object: &&Object| object.kind() == Kind::NetworkPolicy;
    let complete = objects
        .iter()
        .filter(is_policy)
        .all(|policy| namespace(&policy.metadata().namespace).is_some());
    let is_old = objects.iter().any(|object| match object {
        Object::Namespace(namespace) => legacy::is_isolated(&namespace.metadata.annotations),
        Object::ExtensionsNetworkPolicy(_) | Object::AlphaNetworkPolicy(_) => true,
        _ => false,
    });
    if !complete || !is_old {
        return None;
    }
    let policies = legacy::convert(&objects).policies.into_iter();
    let others = events.iter().filter(|event| !upserted(event).as_ref().is_some_and(is_policy));
    Some(others.cloned().chain(policies.map(Object::NetworkPolicy).map(upsert)).collect())
}

/// Everything that is there in the end, and the same with each object replaced, answer alike.
fn same_when_replaced(
    scenario: &Scenario,
    replace: impl Fn(Object) -> Object,
) -> Result<(), String> {
    let before = outcome(scenario);
    let replaced = before.iter().cloned().map(|event| match event {
        Event::Upsert { object, admission } => {
            Event::Upsert { object: Box::new(replace(*object)), admission }
        }
        other => other,
    });
    let replaced: Vec<Event> = replaced.collect();
    same_answers(scenario, after(scenario, &before).as_ref(), after(scenario, &replaced).as_ref())
}
