//! What holds of every cluster, whatever the reference says.
//!
//! Clusters are drawn at random, most of them with packets at the boundaries of their blocks and
//! ranges. A law that is broken prints the smallest cluster that breaks it.

use std::collections::BTreeMap;

use netpol_core::model::{Kind, Object, ObjectRef};
use netpol_core::{Admission, Cluster, Direction, Engine, Packet, Verdict};
use netpol_testing::cases::{self, Ask, Event, Implementation, Unanswered};
use netpol_testing::differential::{case, disagreement};
use netpol_testing::engine::EveryWay;
use netpol_testing::generate::{Choices, Scenario, Seeded, scenario};
use netpol_testing::reference::{Judgement, World};
use netpol_testing::shrink;
use proptest::prelude::*;

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        // Failures print the case itself, which is what is kept.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A scenario is drawn from its seed, and smaller seeds are no smaller clusters: scenarios are
/// shrunk as such.
pub(crate) fn seeds() -> impl Strategy<Value = u64> {
    any::<u64>().no_shrink()
}

/// Holds the law up to a scenario.
pub(crate) fn hold(seed: u64, packets: usize, law: impl Fn(&Scenario) -> Result<(), String>) {
    let scenario = scenario(&mut Seeded::new(seed), packets);
    if law(&scenario).is_ok() {
        return;
    }
    let smallest = shrink::shrink(&scenario, |scenario| law(scenario).is_err());
    let told = law(&smallest).expect_err("shrinking keeps the breach");
    panic!("seed {seed}: {told}\n\n{}", cases::write(&case(&smallest, &format!("seed {seed}"))));
}

/// The engine after these events; `None` when it cannot be published.
pub(crate) fn after(scenario: &Scenario, events: &[Event]) -> Option<EveryWay> {
    let mut engine = EveryWay::new(&scenario.options);
    for event in events {
        // What is refused changes nothing, and no law is about it.
        let _ = engine.handle(event);
    }
    engine.publish().ok().map(|()| engine)
}

/// Both answer all questions of the scenario alike, reasons included.
pub(crate) fn same_answers(
    scenario: &Scenario,
    one: Option<&EveryWay>,
    other: Option<&EveryWay>,
) -> Result<(), String> {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (None, None) => return Ok(()),
        _ => return Err("only one of the two can be published".to_owned()),
    };
    for ask in &scenario.asks {
        let (one, other) = (one.ask(ask), other.ask(ask));
        let same = match (&one, &other) {
            (Ok(one), Ok(other)) => one == other,
            (Err(one), Err(other)) => one.code() == other.code() && one.code() != "fault",
            _ => false,
        };
        if !same {
            return Err(format!("{ask}: {one:?} and {other:?}"));
        }
    }
    Ok(())
}

/// What is there in the end: the lists of the reference, as events.
pub(crate) fn outcome(scenario: &Scenario) -> Vec<Event> {
    let mut world = World::new(scenario.options.clone());
    for event in &scenario.events {
        let _ = world.handle(event);
    }
    let mut objects: Vec<Object> = Vec::new();
    objects.extend(world.namespaces.into_iter().map(Object::Namespace));
    objects.extend(world.nodes.into_iter().map(Object::Node));
    objects.extend(world.pods.into_iter().map(Object::Pod));
    objects.extend(world.workloads.into_iter().map(Object::Workload));
    objects.extend(world.policies.into_iter().map(Object::NetworkPolicy));
    objects.extend(world.extensions_policies.into_iter().map(Object::ExtensionsNetworkPolicy));
    objects.extend(world.alpha_policies.into_iter().map(Object::AlphaNetworkPolicy));
    objects.extend(world.cluster_policies.into_iter().map(Object::ClusterNetworkPolicy));
    objects.extend(world.admin_policies.into_iter().map(Object::AdminNetworkPolicy));
    let baseline = world.baseline_admin_policies.into_iter();
    objects.extend(baseline.map(Object::BaselineAdminNetworkPolicy));
    let mut events: Vec<Event> = objects.into_iter().map(upsert).collect();
    events.extend(
        world
            .node_addresses
            .into_iter()
            .map(|(node, addresses)| Event::NodeAddresses { node, addresses }),
    );
    events.push(Event::Advance(world.now));
    events.extend(world.domains.into_iter().map(|record| Event::ResolveDomain {
        name: record.name,
        addresses: vec![record.address],
        expires: record.expires,
    }));
    events.push(Event::Synced(world.synced));
    events
}

/// The event that an object comes, from a cluster that holds it.
pub(crate) fn upsert(object: Object) -> Event {
    Event::Upsert { object: Box::new(object), admission: Admission::Stored }
}

/// The object that comes.
pub(crate) fn upserted(event: &Event) -> Option<&Object> {
    match event {
        Event::Upsert { object, .. } => Some(object),
        _ => None,
    }
}

proptest! {
    #![proptest_config(config())]

    /// Updates, deletions and listings leave nothing behind: a cluster is what is in it.
    #[test]
    fn history_does_not_matter(seed in seeds()) {
        hold(seed, 30, |scenario| {
            let lived = after(scenario, &scenario.events);
            let rebuilt = after(scenario, &outcome(scenario));
            same_answers(scenario, lived.as_ref(), rebuilt.as_ref())
        });
    }

    /// The order of loading changes neither a verdict nor a reason.
    #[test]
    fn order_does_not_matter(seed in seeds()) {
        hold(seed, 30, |scenario| {
            let events = outcome(scenario);
            let mut shuffled = events.clone();
            Seeded::new(seed).shuffle(&mut shuffled);
            let (one, other) = (after(scenario, &events), after(scenario, &shuffled));
            same_answers(scenario, one.as_ref(), other.as_ref())
        });
    }

    /// Loading everything twice, and publishing in between, is loading it once.
    #[test]
    fn repetition_does_not_matter(seed in seeds()) {
        hold(seed, 30, |scenario| {
            let events = outcome(scenario);
            let mut twice = after(scenario, &events);
            if let Some(engine) = &mut twice {
                for event in &events {
                    engine.handle(event).map_err(|error| format!("refused again: {error}"))?;
                }
                engine.publish().map_err(|error| format!("refused again: {error}"))?;
            }
            same_answers(scenario, after(scenario, &events).as_ref(), twice.as_ref())
        });
    }

    /// A new listing of every kind that says what is there already changes nothing.
    #[test]
    fn relisting_does_not_matter(seed in seeds()) {
        hold(seed, 30, |scenario| {
            let events = outcome(scenario);
            let mut listings: BTreeMap<Kind, Vec<Object>> = BTreeMap::new();
            for event in &events {
                if let Event::Upsert { object, .. } = event {
                    listings.entry(object.kind()).or_default().push(Object::clone(object));
                }
            }
            let mut relisted = events.clone();
            let admission = Admission::Stored;
            relisted.extend(listings.into_iter().map(|(kind, objects)| {
                Event::ReplaceAll { kind, objects, admission }
            }));
            let (one, other) = (after(scenario, &events), after(scenario, &relisted));
            same_answers(scenario, one.as_ref(), other.as_ref())
        });
    }

    /// A rule more in a policy, in a direction in which it isolates anyway, takes nothing away.
    #[test]
    fn rules_only_add(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let Some(before) = after(scenario, &scenario.events) else { return Ok(()) };
            let donors = self::scenario(&mut Seeded::new(seed ^ 1), 0);
            let mut choices = Seeded::new(seed ^ 2);
            let mut events = outcome(scenario);
            for event in &mut events {
                if let Event::Upsert { object, .. } = event {
                    add_rule(&mut choices, object, &donors);
                }
            }
            let Some(after) = after(scenario, &events) else { return Ok(()) };
            for ask in &scenario.asks {
                let allowed = |answer: &Result<Judgement, Unanswered>| {
                    answer.as_ref().is_ok_and(|judgement| judgement.verdict().is_allow())
                };
                let (before, after) = (before.ask(ask), after.ask(ask));
                if allowed(&before) && !allowed(&after) {
                    return Err(format!("{ask}: {before:?} has become {after:?}"));
                }
            }
            Ok(())
        });
    }

    /// A batch of any length is as many single decisions.
    #[test]
    fn batches_are_single_decisions(seed in seeds(), length in 0_usize..200) {
        hold(seed, length, |scenario| {
            let Some(engine) = after(scenario, &scenario.events) else { return Ok(()) };
            let engine = engine.engine().expect("it was published");
            batch(engine, &scenario.packets())
        });
    }

    /// Both directions together are the decision, and each is what it is alone.
    #[test]
    fn directions_make_the_decision(seed in seeds()) {
        hold(seed, 40, |scenario| {
            let Some(engine) = after(scenario, &scenario.events) else { return Ok(()) };
            let engine = engine.engine().expect("it was published");
            for packet in scenario.packets() {
                let decision = engine.attribute(&packet);
                let ingress = engine.decide_ingress(&packet);
                let egress = engine.decide_egress(&packet);
                let both = Verdict::from_allowed(ingress.is_allow() && egress.is_allow());
                let alone = decision.direction(Direction::Ingress).verdict == ingress
                    && decision.direction(Direction::Egress).verdict == egress;
                if !alone || both != engine.decide(&packet) || both != engine.explain(&packet).verdict {
                    return Err(format!("{packet}: ingress {ingress}, egress {egress}, {decision:?}"));
                }
            }
            Ok(())
        });
    }

    /// Every boundary of every block and except, and every end of every range of ports, and their
    /// neighbours, towards and from every address.
    #[test]
    fn boundaries_are_exact(seed in seeds()) {
        hold(seed, 1, |scenario| {
            let mut all = scenario.clone();
            all.asks = boundary_packets(scenario).into_iter().map(Ask::Packet).collect();
            disagreement(&all).map_or(Ok(()), |told| Err(told.to_string()))
        });
    }

    /// An engine that was published does not change any more.
    #[test]
    fn snapshots_stay(seed in seeds()) {
        hold(seed, 30, |scenario| {
            let mut cluster = Cluster::new(scenario.options.clone());
            let packets = scenario.packets();
            let mut told: Vec<(Engine, Vec<Verdict>)> = Vec::new();
            for event in &scenario.events {
                if let Event::Upsert { object, admission } = event {
                    let _ = cluster.upsert(Object::clone(object), *admission);
                }
                if let Ok(engine) = cluster.publish() {
                    let verdicts = packets.iter().map(|packet| engine.decide(packet)).collect();
                    told.push((engine, verdicts));
                }
            }
            for (engine, verdicts) in told {
                for (packet, verdict) in packets.iter().zip(verdicts) {
                    if engine.decide(packet) != verdict {
                        return Err(format!("{packet}: {verdict} in generation {}", engine.generation()));
                    }
                }
            }
            Ok(())
        });
    }
}

/// Adds a rule of some policy among the donors, where the policy isolates anyway.
fn add_rule(choices: &mut Seeded, object: &mut Object, donors: &Scenario) {
    let Object::NetworkPolicy(policy) = object else { return };
    let rules = donors.events.iter().filter_map(|event| match event {
        Event::Upsert { object, .. } => match &**object {
            Object::NetworkPolicy(policy) => Some(&policy.spec),
            _ => None,
        },
        _ => None,
    });
    let rules: Vec<_> = rules.collect();
    if rules.is_empty() {
        return;
    }
    let donor = *choices.pick(&rules);
    // In front and behind, so that the rules that were there move as well.
    let spec = &mut policy.spec;
    if let Some(rule) = donor.ingress.first() {
        let place = choices.below(spec.ingress.len() + 1);
        spec.ingress.insert(place, rule.clone());
    }
    // Without types, a first egress rule isolates for egress.
    if let Some(rule) = donor.egress.first()
        && !(spec.policy_types.is_empty() && spec.egress.is_empty())
    {
        let place = choices.below(spec.egress.len() + 1);
        spec.egress.insert(place, rule.clone());
    }
}

fn batch(engine: &Engine, packets: &[Packet]) -> Result<(), String> {
    let single: Vec<Verdict> = packets.iter().map(|packet| engine.decide(packet)).collect();
    let mut verdicts: Vec<Verdict> =
        single.iter().map(|verdict| Verdict::from_allowed(!verdict.is_allow())).collect();
    engine.decide_batch(packets, &mut verdicts).map_err(|error| error.to_string())?;
    let first = packets.iter().zip(&single).zip(&verdicts).find(|((_, one), other)| one != other);
    first.map_or(Ok(()), |((packet, one), other)| Err(format!("{packet}: {one} alone, {other}")))
}

/// Packets between every address of interest and every boundary, and to every end of a range.
fn boundary_packets(scenario: &Scenario) -> Vec<Packet> {
    let mut packets = Vec::new();
    for address in &scenario.addresses {
        for boundary in &scenario.boundaries {
            packets.push(Packet::tcp(*address, *boundary, 80));
            packets.push(Packet::tcp(*boundary, *address, 80));
        }
        for other in scenario.addresses.iter().take(4) {
            for port in &scenario.ports {
                packets.push(Packet::tcp(*other, *address, *port));
                packets.push(Packet::udp(*other, *address, *port));
                packets.push(Packet::sctp(*other, *address, *port));
            }
        }
    }
    packets
}

/// Objects of one name never stand side by side.
#[test]
fn outcomes_hold_every_object_once() {
    for seed in 0..100 {
        let events = outcome(&scenario(&mut Seeded::new(seed), 0));
        let mut names: Vec<ObjectRef> = events
            .iter()
            .filter_map(|event| match event {
                Event::Upsert { object, .. } => Some(object.object_ref()),
                _ => None,
            })
            .collect();
        let before = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), before, "seed {seed}");
    }
}
