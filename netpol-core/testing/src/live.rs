//! Clusters that live: what was published step by step must answer as what is compiled at once.

use netpol_core::{Changes, Engine, Packet, Verdict};

use crate::cases::{Ask, Event, Implementation};
use crate::differential::is_same_answer;
use crate::engine::EveryWay;
use crate::generate::{Choices, Scenario};
use crate::reference::World;

/// One step of a story.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Something happens.
    Event(Event),
    /// Readers are to see it.
    Publish,
}

/// A story that ends with everything of the scenario having happened: its events with publications
/// in between, then objects that go and come again, some of them in another order, then all of
/// that backwards until little is left, and the events once more.
pub fn story(choices: &mut impl Choices, scenario: &Scenario) -> Vec<Act> {
    let mut acts = Vec::new();
    for event in &scenario.events {
        push(&mut acts, choices, event.clone());
    }
    for _ in 0..choices.below(4) {
        let mut some = scenario.events.clone();
        choices.shuffle(&mut some);
        some.truncate(1 + choices.below(6));
        for event in some.iter().filter_map(undone) {
            push(&mut acts, choices, event);
        }
        choices.shuffle(&mut some);
        for event in some {
            push(&mut acts, choices, event);
        }
    }
    if choices.below(2) == 1 {
        for event in scenario.events.iter().rev().filter_map(undone) {
            push(&mut acts, choices, event);
        }
    }
    acts.push(Act::Publish);
    for event in &scenario.events {
        push(&mut acts, choices, event.clone());
    }
    acts.push(Act::Publish);
    acts
}

fn push(acts: &mut Vec<Act>, choices: &mut impl Choices, event: Event) {
    acts.push(Act::Event(event));
    if choices.once_in(3) {
        acts.push(Act::Publish);
    }
}

/// The event that takes back what another did, where there is such a one.
fn undone(event: &Event) -> Option<Event> {
    match event {
        Event::Upsert { object, .. } => {
            let name = object.object_ref();
            Some(Event::Delete { kind: name.kind, namespace: name.namespace, name: name.name })
        }
        Event::ResolveDomain { name, .. } => {
            Some(Event::WithdrawDomain { name: name.clone(), addresses: None })
        }
        Event::NodeAddresses { node, .. } => {
            Some(Event::NodeAddresses { node: node.clone(), addresses: Vec::new() })
        }
        _ => None,
    }
}

/// What is wrong with how a story was lived, if anything: at each publication an answer that is
/// not the reference's, or one that changed untold; at the end a cluster that keeps more, or less,
/// than one to which the same happened at once.
#[must_use]
pub fn breach(scenario: &Scenario, acts: &[Act]) -> Option<String> {
    let mut reference = World::new(scenario.options.clone());
    let mut live = EveryWay::new(&scenario.options);
    let mut at_once = EveryWay::new(&scenario.options);
    let packets = packets(scenario);
    let mut before: Option<(Engine, Vec<Verdict>)> = None;
    let mut published = Ok(());
    for (place, act) in acts.iter().enumerate() {
        match act {
            Act::Event(event) => {
                let _ = (reference.handle(event), live.handle(event), at_once.handle(event));
            }
            Act::Publish => {
                let expected = Implementation::publish(&mut reference);
                published = live.publish();
                if expected.is_ok() != published.is_ok() {
                    return Some(format!(
                        "act {place}: reference {expected:?}, live {published:?}"
                    ));
                }
                if published.is_err() {
                    continue;
                }
                let engine = live.engine()?.clone();
                let verdicts = packets.iter().map(|p| engine.decide(p)).collect::<Vec<_>>();
                if let Some((old, verdicts_before)) = &before {
                    let changes = engine.changes_since(old.generation());
                    if let Some(told) = untold(&changes, &packets, verdicts_before, &verdicts) {
                        return Some(format!("act {place}: {told}"));
                    }
                    let flips = engine.recheck(&changes, &packets, verdicts_before).ok()?;
                    let expected = packets.iter().enumerate().filter_map(|(place, _)| {
                        (verdicts[place] != verdicts_before[place])
                            .then_some((place, verdicts[place]))
                    });
                    if flips != expected.collect::<Vec<_>>() {
                        return Some(format!("act {place}: recheck gives {flips:?}"));
                    }
                }
                before = Some((engine, verdicts));
                // Everything is asked at the end; on the way a few questions find as much.
                let step = if place + 1 == acts.len() { 1 } else { 5 };
                for ask in scenario.asks.iter().skip(place % step).step_by(step) {
                    if let Some(told) = disagreement(&reference, &live, ask) {
                        return Some(format!("act {place}: {told}"));
                    }
                }
                for question in scenario.service_asks.iter().skip(place % step).step_by(step) {
                    let expected = reference.ask_service(question)?;
                    let got = live.ask_service(question)?;
                    if !is_same_answer(&expected, &got) {
                        return Some(format!(
                            "act {place}: {question}: reference {expected:?}, live {got:?}"
                        ));
                    }
                }
            }
        }
    }
    if published.is_ok() && at_once.publish().is_ok() && live.counts() != at_once.counts() {
        return Some(format!("kept {:?}, expected {:?}", live.counts(), at_once.counts()));
    }
    None
}

fn packets(scenario: &Scenario) -> Vec<Packet> {
    let packets = scenario.asks.iter().filter_map(|ask| match ask {
        Ask::Packet(packet) => Some(*packet),
        Ask::Question(_) => None,
    });
    packets.collect()
}

fn untold(
    changes: &Changes,
    packets: &[Packet],
    before: &[Verdict],
    now: &[Verdict],
) -> Option<String> {
    let flipped = packets.iter().zip(before.iter().zip(now)).filter(|(_, (a, b))| a != b);
    let untold = flipped.map(|(packet, _)| packet).find(|packet| !changes.touches(packet));
    untold.map(|packet| format!("{packet} changed, which {changes:?} do not tell"))
}

fn disagreement(reference: &World, live: &EveryWay, ask: &Ask) -> Option<String> {
    let (expected, got) = (reference.ask(ask), live.ask(ask));
    let agree = match (&expected, &got) {
        (Ok(expected), Ok(got)) => expected == got,
        (Err(expected), Err(got)) => expected.code() == got.code(),
        _ => false,
    };
    (!agree).then(|| format!("{ask:?}: reference {expected:?}, live {got:?}"))
}
