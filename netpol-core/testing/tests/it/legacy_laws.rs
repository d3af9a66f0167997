//! What holds of the older forms of NetworkPolicy in every cluster, whatever the reference says.

use netpol_core::legacy;
use netpol_core::model::Object;
use netpol_core::options::NetworkPolicySemantics;
use netpol_testing::cases::Event;
use netpol_testing::generate::Scenario;
use proptest::prelude::*;

use crate::laws::{after, config, hold, outcome, same_answers, seeds};

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
