use std::collections::BTreeMap;
use std::fmt;

use netpol_core::{Error, Packet, Verdict};
use netpol_testing::reference;
use serde::Serialize;

use super::reading::{Peer, Reading};
use super::{Answer, Stage};

/// What came of holding a peer's answers against ours.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// How many answers were compared.
    pub compared: usize,
    /// Disagreements by their reason, all of them explained.
    pub explained: Vec<Explained>,
    /// How many of the disagreements the reference was asked about; it agreed with netpol each time.
    pub referred: usize,
}

/// Disagreements with a common reason.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// What the peer does.
    pub what: String,
    /// Where it does so.
    pub source: String,
    /// How many.
    pub packets: usize,
    /// One of them.
    pub example: String,
}

/// A disagreement that no reading explains, or one in which the reference is not on our side.
#[derive(Clone, Debug)]
pub struct Unexplained(String);

/// The reference walks every list for every packet; over large worlds it is asked for a sample.
const REFERRED: usize = 200;

/// Holds answers about the first packets of the stage against netpol's.
///
/// A disagreement is explained when netpol over policies changed as one of the peer's
/// [readings](Peer::readings) has it gives the peer's answer. More than that: over policies changed
/// as all of them have it, netpol must agree about every packet, so that a reading that is too wide
/// is found as well as one that is missing.
///
/// # Errors
///
/// The first disagreement that is not explained.
pub fn compare(stage: &Stage, peer: Peer, answers: &[Answer]) -> Result<Comparison, Unexplained> {
    if answers.len() > stage.packets.len() {
        return Err(Unexplained(format!("{} answered more than was asked", peer.name())));
    }
    let all = stage.packets.iter().zip(&stage.verdicts).zip(answers);
    let disagreements = all
        .filter(|((_, ours), theirs)| Answer::Verdict(**ours) != **theirs)
        .map(|((packet, ours), theirs)| Disagreement { packet, ours: *ours, theirs })
        .collect::<Vec<_>>();
    let mut comparison = Comparison { compared: answers.len(), ..Comparison::default() };
    if disagreements.is_empty() {
        return Ok(comparison);
    }
    comparison.referred = refer(stage, &disagreements)?;
    let mut by_reason = BTreeMap::<(&str, &str), (usize, String)>::new();
    let judge = Judge::new(stage, peer.readings())?;
    for disagreement in disagreements {
        let (what, source) = judge.reason(&disagreement).ok_or_else(|| {
            let explanation = stage.engine.explain(disagreement.packet);
            Unexplained(format!("{}: {disagreement}\n{explanation}", peer.name()))
        })?;
        let (packets, _) =
            by_reason.entry((what, source)).or_insert_with(|| (0, disagreement.to_string()));
        *packets += 1;
    }
    judge.agrees(stage, peer, answers)?;
    let explained = by_reason.into_iter().map(|((what, source), (packets, example))| Explained {
        what: what.to_owned(),
        source: source.to_owned(),
        packets,
        example,
    });
    comparison.explained = explained.collect();
    Ok(comparison)
}

impl Comparison {
    /// How many answers differ.
    #[must_use]
    pub fn disagreements(&self) -> usize {
        self.explained.iter().map(|explained| explained.packets).sum()
    }
}

struct Disagreement<'stage> {
    packet: &'stage Packet,
    ours: Verdict,
    theirs: &'stage Answer,
}

/// netpol, reading as a peer does: with each difference alone, and with all of them.
struct Judge {
    single: Vec<(Reading, netpol_core::Engine)>,
    together: netpol_core::Engine,
    errors: Vec<(Reading, netpol_core::Engine)>,
}

impl Judge {
    fn new(stage: &Stage, readings: &[Reading]) -> Result<Judge, Error> {
        let world = &stage.world;
        let (mut single, mut errors) = (Vec::new(), Vec::new());
        for reading in readings {
            if let Some(engine) = reading.error_engine(world)? {
                errors.push((*reading, engine));
            } else {
                single.push((*reading, Reading::engine(&[*reading], world)?));
            }
        }
        Ok(Judge { single, together: Reading::engine(readings, world)?, errors })
    }

    fn reason(&self, disagreement: &Disagreement<'_>) -> Option<(&'static str, &'static str)> {
        let packet = disagreement.packet;
        match disagreement.theirs {
            Answer::Verdict(verdict) => {
                let alone = self.single.iter().find(|(_, it)| it.decide(packet) == *verdict);
                let several = || self.together.decide(packet) == *verdict;
                match alone {
                    Some((reading, _)) => Some((reading.what, reading.source)),
                    None => several().then_some(("several of these at once", "as above")),
                }
            }
            Answer::Error(message) => {
                let mut errors = self.errors.iter();
                let found = errors.find(|(it, engine)| it.explains_error(engine, packet, message));
                found.map(|(reading, _)| (reading.what, reading.source))
            }
        }
    }

    /// With all readings, netpol and the peer must not differ at all.
    fn agrees(&self, stage: &Stage, peer: Peer, answers: &[Answer]) -> Result<(), Unexplained> {
        for (packet, theirs) in stage.packets.iter().zip(answers) {
            let Answer::Verdict(theirs) = theirs else { continue };
            let read_so = self.together.decide(packet);
            if read_so != *theirs {
                return Err(Unexplained(format!(
                    "{}: {packet}: {theirs}, where policies read as it reads them say {read_so}",
                    peer.name()
                )));
            }
        }
        Ok(())
    }
}

/// Asks the reference about some of the disagreements, evenly spread.
fn refer(stage: &Stage, disagreements: &[Disagreement<'_>]) -> Result<usize, Unexplained> {
    let reference: reference::World = stage.reference();
    let step = disagreements.len().div_ceil(REFERRED).max(1);
    let mut referred = 0;
    for disagreement in disagreements.iter().step_by(step) {
        let right = reference.judge(disagreement.packet).verdict();
        if right != disagreement.ours {
            return Err(Unexplained(format!("{disagreement}, and the reference says {right}")));
        }
        referred += 1;
    }
    Ok(referred)
}

impl From<Error> for Unexplained {
    fn from(error: Error) -> Unexplained {
        Unexplained(error.to_string())
    }
}

impl fmt::Display for Disagreement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Disagreement { packet, ours, theirs } = self;
        match theirs {
            Answer::Verdict(theirs) => write!(f, "{packet}: netpol {ours}, peer {theirs}"),
            Answer::Error(message) => write!(f, "{packet}: netpol {ours}, peer: {message}"),
        }
    }
}

impl fmt::Display for Unexplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unexplained {}
