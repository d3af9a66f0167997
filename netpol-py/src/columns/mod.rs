//! Tables of flows: judged without the interpreter's lock, and without an object for each row.
//!
//! ```text
//! Arrow stream, or mapping of columns ─ source ─ flows ─ rows ─ asked ─ verdicts, attributions
//! ```

mod attributed;
mod column;
pub(crate) mod flow_table;
mod flows;
mod share;
mod source;

use std::ops::Range;

use netpol_core::engine::{PolicyId, PolicyName};
use netpol_core::{Changes, Direction, Engine, Packet, Verdict};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use self::flow_table::FlowTable;
use self::flows::{Asked, Flows};
use self::share::share;
use self::source::Source;
use crate::errors;
use crate::row_fault::RowFault;

/// A table, who is asked about it, and how.
pub(crate) struct Batch<'engine> {
    engine: &'engine Engine,
    source: Source,
    threads: usize,
    masks: bool,
}

impl<'engine> Batch<'engine> {
    /// From the arguments of the calls that take tables.
    pub(crate) fn new(
        engine: &'engine Engine,
        flows: &Bound<'_, PyAny>,
        columns: Option<&Bound<'_, PyAny>>,
        invalid: Option<&str>,
        threads: Option<usize>,
    ) -> PyResult<Batch<'engine>> {
        let masks = match invalid {
            None | Some("raise") => false,
            Some("mask") => true,
            Some(other) => {
                let message = format!("invalid must be `raise` or `mask`, not `{other}`");
                return Err(PyValueError::new_err(message));
            }
        };
        let threads = match threads {
            Some(0) => return Err(PyValueError::new_err("threads must be 1 or more")),
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let source = Source::new(engine, flows, columns)?;
        Ok(Batch { engine, source, threads, masks })
    }

    /// Does something with every part of the table, in order, without the interpreter's lock. Parts
    /// know where in the table they begin. The first fault ends it.
    fn each<T: Send>(
        &self,
        py: Python<'_>,
        work: impl Fn(&Flows, Range<usize>, usize) -> Result<T, RowFault> + Sync,
    ) -> PyResult<Vec<T>> {
        let mut parts = Vec::new();
        let mut before = 0;
        while let Some(flows) = self.source.next(py, self.engine)? {
            let done = py.detach(|| {
                let work = |rows| work(&flows, rows, before);
                share(flows.len(), self.threads, work).into_iter().collect::<Result<Vec<_>, _>>()
            });
            parts.extend(done.map_err(|fault| {
                let row = before + fault.row;
                errors::row(py, &RowFault { row, ..fault })
            })?);
            before += flows.len();
        }
        Ok(parts)
    }
}

/// How many packets are decided in one call.
const CHUNK: usize = 256;

/// The verdicts on rows, and which of them mean nothing.
struct Decided {
    verdicts: Vec<bool>,
    /// By their places among the rows.
    invalid: Vec<usize>,
}

/// `True` for each row that may pass.
pub(crate) fn decide<'py>(
    py: Python<'py>,
    batch: &Batch<'_>,
    direction: Option<Direction>,
) -> PyResult<Bound<'py, PyAny>> {
    let parts = batch.each(py, |flows, rows, _| {
        decide_rows(batch.engine, flows, rows, direction, batch.masks)
    })?;
    let rows = parts.iter().map(|part| part.verdicts.len()).sum();
    let mut verdicts = Vec::with_capacity(rows);
    let mut mask = if batch.masks { vec![false; rows] } else { Vec::new() };
    for part in parts {
        for row in part.invalid {
            if let Some(place) = mask.get_mut(verdicts.len() + row) {
                *place = true;
            }
        }
        verdicts.extend_from_slice(&part.verdicts);
    }
    let verdicts = PyArray1::from_vec(py, verdicts).into_any();
    if batch.masks {
        return masked(verdicts, PyArray1::from_vec(py, mask).into_any());
    }
    Ok(verdicts)
}

fn decide_rows(
    engine: &Engine,
    flows: &Flows,
    rows: Range<usize>,
    direction: Option<Direction>,
    masks: bool,
) -> Result<Decided, RowFault> {
    let begin = rows.start;
    let mut decided = Decided { verdicts: vec![false; rows.len()], invalid: Vec::new() };
    let mut packets: Vec<Packet> = Vec::with_capacity(CHUNK);
    let mut places: Vec<usize> = Vec::with_capacity(CHUNK);
    let mut verdicts = [Verdict::Deny; CHUNK];
    let mut settle = |packets: &mut Vec<Packet>, places: &mut Vec<usize>, all: &mut Vec<bool>| {
        let verdicts = verdicts.get_mut(..packets.len()).unwrap_or_default();
        // Both are of one length.
        let _ = engine.decide_batch(packets, verdicts);
        for (place, verdict) in places.iter().zip(verdicts) {
            if let Some(into) = all.get_mut(*place) {
                *into = verdict.is_allow();
            }
        }
        packets.clear();
        places.clear();
    };
    for row in rows {
        let place = row - begin;
        let verdict = match flows.row(engine, row) {
            Ok(Asked::Packet(packet)) => match direction {
                None => {
                    packets.push(packet);
                    places.push(place);
                    if packets.len() == CHUNK {
                        settle(&mut packets, &mut places, &mut decided.verdicts);
                    }
                    continue;
                }
                Some(Direction::Ingress) => engine.decide_ingress(&packet),
                Some(Direction::Egress) => engine.decide_egress(&packet),
            },
            Ok(Asked::Question(question)) => {
                let verdict = match direction {
                    None => engine.decide_question(&question),
                    Some(Direction::Ingress) => engine.decide_question_ingress(&question),
                    Some(Direction::Egress) => engine.decide_question_egress(&question),
                };
                match verdict {
                    Ok(verdict) => verdict,
                    Err(_) if masks => {
                        decided.invalid.push(place);
                        continue;
                    }
                    Err(error) => return Err(flows::unanswered(row, &error)),
                }
            }
            Err(_) if masks => {
                decided.invalid.push(place);
                continue;
            }
            Err(fault) => return Err(fault),
        };
        if let Some(into) = decided.verdicts.get_mut(place) {
            *into = verdict.is_allow();
        }
    }
    settle(&mut packets, &mut places, &mut decided.verdicts);
    Ok(decided)
}

/// A table of what the verdicts rest on.
pub(crate) fn attribute(
    py: Python<'_>,
    batch: &Batch<'_>,
    select: Option<&[String]>,
) -> PyResult<FlowTable> {
    let writer = attributed::Writer::new(batch.engine, select).map_err(PyValueError::new_err)?;
    let parts =
        batch.each(py, |flows, rows, _| writer.batches(batch.engine, flows, rows, batch.masks))?;
    Ok(FlowTable::new(writer.schema(), parts.into_iter().flatten().collect()))
}

/// Which rows the changes touch.
pub(crate) fn touches<'py>(
    py: Python<'py>,
    batch: &Batch<'_>,
    changes: &Changes,
) -> PyResult<Bound<'py, PyAny>> {
    let parts = batch.each(py, |flows, rows, _| {
        rows.map(|row| Ok(touches_row(changes, &flows.row(batch.engine, row)?)))
            .collect::<Result<Vec<bool>, RowFault>>()
    })?;
    Ok(PyArray1::from_vec(py, parts.concat()).into_any())
}

fn touches_row(changes: &Changes, asked: &Asked) -> bool {
    match asked {
        Asked::Packet(packet) => changes.touches(packet),
        Asked::Question(question) => changes.touches_question(question),
    }
}

/// The rows whose verdict is not what it was.
pub(crate) fn recheck<'py>(
    py: Python<'py>,
    batch: &Batch<'_>,
    changes: &Changes,
    before: &[bool],
) -> PyResult<Bound<'py, PyAny>> {
    let length = || PyValueError::new_err("flows and verdicts must be equally many");
    let engine = batch.engine;
    let parts = batch.each(py, |flows, rows, first| {
        let mut flipped = Vec::new();
        let count = rows.len();
        for row in rows {
            // More flows than verdicts are told at the end.
            let Some(before) = before.get(first + row) else { continue };
            let asked = flows.row(engine, row)?;
            if !touches_row(changes, &asked) {
                continue;
            }
            let verdict = match &asked {
                Asked::Packet(packet) => engine.decide(packet),
                Asked::Question(question) => engine
                    .decide_question(question)
                    .map_err(|error| flows::unanswered(row, &error))?,
            };
            if verdict.is_allow() != *before {
                flipped.push((first + row) as i64);
            }
        }
        Ok((count, flipped))
    })?;
    if parts.iter().map(|(count, _)| count).sum::<usize>() != before.len() {
        return Err(length());
    }
    let flipped = parts.into_iter().flat_map(|(_, flipped)| flipped).collect();
    Ok(PyArray1::<i64>::from_vec(py, flipped).into_any())
}

/// Every policy, in order of tier, priority, namespace and name.
pub(crate) fn policies(engine: &Engine) -> Vec<(PolicyId, PolicyName)> {
    let named = engine.policies().into_iter();
    let named = named.filter_map(|id| Some((id, engine.policy_name(id)?)));
    let mut policies = named.collect::<Vec<_>>();
    policies.sort_by(|(_, a), (_, b)| {
        let key = |name: &PolicyName| (name.tier, name.priority.is_none(), name.priority);
        key(a).cmp(&key(b)).then_with(|| a.cmp(b))
    });
    policies
}

/// A masked array.
fn masked<'py>(values: Bound<'py, PyAny>, mask: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    values.py().import("numpy.ma")?.call_method1("MaskedArray", (values, mask))
}
