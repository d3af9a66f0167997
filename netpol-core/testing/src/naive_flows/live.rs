//! Living through a story with a table of connections and with the list without bound.

use std::time::Duration;

use netpol_core::flows::{FlowOptions, FlowState, FlowStatistics};
use netpol_core::options::Options;
use netpol_core::{Engine, Packet, RawPacket};

use super::story::{Act, PODS, POLICIES, Story};
use super::tracker::{Found, Table, Tracker};
use super::{NaiveFlow, NaiveFlows};

/// Room for every flow of a story, so that none makes room for another.
const CAPACITY: usize = 1 << 12;

impl Story {
    /// What a table is to be made with.
    #[must_use]
    pub fn flow_options(&self) -> FlowOptions {
        let mut options = FlowOptions::new([7, 8]);
        options.capacity = CAPACITY;
        options.mid_stream = self.mid_stream;
        options
    }

    /// What its cluster is to be made with.
    #[must_use]
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        options.fragments = self.fragments;
        options
    }
}

/// Lives through a story with the table as it is in Rust, and gives what it counts at the end.
///
/// # Errors
///
/// As [`live_with`].
pub fn live(story: &Story) -> Result<FlowStatistics, String> {
    let mut table = Table::new(story.options(), &story.flow_options());
    let now = live_with(story, &mut table)?;
    Ok(table.flows.statistics(now))
}

/// Lives through a story with an empty table, made as the story says, and gives the time at its end.
///
/// # Errors
///
/// Where the table answers otherwise than the list without bound, or keeps another flow.
pub fn live_with(story: &Story, tracker: &mut impl Tracker) -> Result<Duration, String> {
    let mut lived = Lived {
        // Policy is not what is doubted here.
        policy: Table::new(story.options(), &FlowOptions::new([1, 2])),
        naive: NaiveFlows::new(&story.flow_options()),
        now: Duration::ZERO,
        there: 0,
    };
    lived.publish(tracker, &[PODS.to_owned()], &[]);
    for (place, act) in story.acts.iter().enumerate() {
        lived.act(tracker, act).map_err(|told| format!("act {place}, {act:02x?}: {told}"))?;
    }
    let by_state = tracker.by_state(lived.now);
    lived.naive.pass_time(lived.now);
    let flows = lived.naive.flows();
    let expected =
        FlowState::ALL.map(|state| flows.iter().filter(|flow| flow.state == state).count());
    if by_state != expected {
        return Err(format!("{by_state:?} flows, expected {expected:?}"));
    }
    Ok(lived.now)
}

/// The story without the acts that are not needed for what is wrong with it.
#[must_use]
pub fn smallest(story: &Story, is_wrong: impl Fn(&Story) -> bool) -> Story {
    let mut smallest = story.clone();
    let mut size = smallest.acts.len();
    while size > 0 {
        let mut start = 0;
        while start < smallest.acts.len() {
            let mut fewer = smallest.clone();
            fewer.acts.drain(start..(start + size).min(fewer.acts.len()));
            if is_wrong(&fewer) {
                smallest = fewer;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    smallest
}

/// How far a story has come.
struct Lived {
    policy: Table,
    naive: NaiveFlows,
    now: Duration,
    /// Which policies are there, by their places as bits.
    there: u8,
}

impl Lived {
    fn act(&mut self, tracker: &mut impl Tracker, act: &Act) -> Result<(), String> {
        match act {
            Act::Wait(time) => self.now += *time,
            Act::Publish(wanted) => self.publish_policies(tracker, *wanted),
            Act::Recheck => return self.recheck(tracker),
            Act::Packet(bytes) => return self.judge(tracker, bytes),
        }
        Ok(())
    }

    fn publish_policies(&mut self, tracker: &mut impl Tracker, wanted: u8) {
        let (mut manifests, mut gone) = (Vec::new(), Vec::new());
        for (place, (name, spec)) in POLICIES.iter().enumerate() {
            match (self.there >> place & 1, wanted >> place & 1) {
                (0, 1) => manifests.push(format!(
                    "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy,
                       metadata: {{name: {name}}}, spec: {spec}}}"
                )),
                (1, 0) => gone.push(*name),
                _ => {}
            }
        }
        self.there = wanted;
        self.publish(tracker, &manifests, &gone);
    }

    fn publish(&mut self, tracker: &mut impl Tracker, manifests: &[String], gone: &[&str]) {
        self.policy.publish(manifests, gone);
        tracker.publish(manifests, gone);
    }

    fn judge(&mut self, tracker: &mut impl Tracker, bytes: &[u8]) -> Result<(), String> {
        let engine = &self.policy.engine;
        let expected = self.naive.judge(bytes, self.now, engine.generation(), policy(engine));
        let got = tracker.judge(bytes, self.now);
        let what = || RawPacket::parse(bytes).expect("it is a packet").packet();
        if got != expected {
            return Err(format!("{} is {got:?}, plainly {expected:?}", what()));
        }
        let (found, expected) = (tracker.find(bytes), self.naive.find(bytes).map(Found::from));
        if found != expected {
            return Err(format!("{} is of {found:?}, plainly {expected:?}", what()));
        }
        Ok(())
    }

    fn recheck(&mut self, tracker: &mut impl Tracker) -> Result<(), String> {
        let engine = &self.policy.engine;
        let mut expected = self.naive.recheck(self.now, engine.generation(), policy(engine));
        let mut got = tracker.recheck(self.now);
        expected.sort_by_key(|packet| format!("{packet:?}"));
        got.sort_by_key(|packet| format!("{packet:?}"));
        if got != expected {
            return Err(format!("cuts off {got:?}, plainly {expected:?}"));
        }
        Ok(())
    }
}

fn policy(engine: &Engine) -> impl Fn(&Packet) -> bool + '_ {
    |packet| engine.decide(packet).is_allow()
}

impl From<&NaiveFlow> for Found {
    fn from(flow: &NaiveFlow) -> Found {
        Found { opening: flow.opening, state: flow.state, is_cut_off: flow.is_cut_off }
    }
}
