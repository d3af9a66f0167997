//! What verdicts rest on, in columns.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray, RecordBatch, RecordBatchOptions,
    StringArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use netpol_core::engine::Attribution;
use netpol_core::{Decision, Direction, EndpointId, Engine, Party, Reason, Tier, Verdict};

use super::flows::{Asked, Flows, unanswered};
use super::policies;
use crate::row_fault::RowFault;

/// Rows of one batch.
const ROWS: usize = 1 << 16;

const TIERS: [Tier; 3] = [Tier::Admin, Tier::NetworkPolicy, Tier::Baseline];
const DIRECTIONS: [Direction; 2] = [Direction::Egress, Direction::Ingress];

/// Makes the columns.
pub(super) struct Writer {
    schema: SchemaRef,
    columns: Vec<Column>,
    endpoints: Dictionary,
    policies: Dictionary,
    reasons: Arc<StringArray>,
    tiers: Arc<StringArray>,
    directions: Arc<StringArray>,
    names_endpoints: bool,
}

/// Names, and the place of each number among them.
struct Dictionary {
    names: Arc<StringArray>,
    places: HashMap<u32, i32>,
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Verdict,
    Source,
    Destination,
    Direction,
    /// Of the direction that decides for `None`.
    Part(Option<Direction>, Part),
}

/// What is told of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Verdict,
    Reason,
    Tier,
    Policy,
    Rule,
    Peer,
    Port,
}

/// A row that was judged.
struct Row {
    decision: Decision,
    source: Option<EndpointId>,
    destination: Option<EndpointId>,
}

impl Writer {
    /// For these columns, or all of them. The error is for whoever named one that is not there.
    pub(super) fn new(engine: &Engine, select: Option<&[String]>) -> Result<Writer, String> {
        let all = Column::all();
        let columns = match select {
            None => all.iter().map(|(column, _)| *column).collect(),
            Some(names) => names
                .iter()
                .map(|name| {
                    let found = all.iter().find(|(_, known)| known == name);
                    found.map(|(column, _)| *column).ok_or_else(|| {
                        let known = all.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>();
                        format!("no column `{name}` is made; there are {}", known.join(", "))
                    })
                })
                .collect::<Result<Vec<_>, _>>()?,
        };
        let fields = columns.iter().map(|column| {
            let name = all.iter().find(|(known, _)| known == column).map(|(_, name)| name.as_str());
            Field::new(name.unwrap_or_default(), column.data_type(), true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let names_endpoints =
            columns.iter().any(|c| matches!(c, Column::Source | Column::Destination));
        let endpoints = engine.endpoints().filter(|_| names_endpoints).filter_map(|id| {
            let name = engine.endpoint_name(id)?;
            let place = format!("{}/{}", name.namespace, name.name);
            let kind = name.kind.as_str().to_ascii_lowercase();
            Some((id.number(), if kind == "pod" { place } else { format!("{kind}/{place}") }))
        });
        let policies = policies(engine);
        let policies = policies.iter().map(|(id, name)| (id.number(), name.to_string()));
        let texts = |texts: Vec<String>| Arc::new(StringArray::from(texts));
        Ok(Writer {
            schema,
            columns,
            endpoints: Dictionary::of(endpoints),
            policies: Dictionary::of(policies),
            reasons: texts(Reason::ALL.iter().map(|reason| reason.name().to_owned()).collect()),
            tiers: texts(TIERS.iter().map(|tier| tier.as_str().to_owned()).collect()),
            directions: texts(DIRECTIONS.iter().map(Direction::to_string).collect()),
            names_endpoints,
        })
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Judges rows, and makes batches of them.
    pub(super) fn batches(
        &self,
        engine: &Engine,
        flows: &Flows,
        rows: Range<usize>,
        masks: bool,
    ) -> Result<Vec<RecordBatch>, RowFault> {
        let mut batches = Vec::new();
        let mut begin = rows.start;
        while begin < rows.end {
            let end = (begin + ROWS).min(rows.end);
            let mut judged = Vec::with_capacity(end - begin);
            for row in begin..end {
                judged.push(match self.judge(engine, flows, row) {
                    Ok(row) => Some(row),
                    Err(_) if masks => None,
                    Err(fault) => return Err(fault),
                });
            }
            batches.extend(self.batch(&judged));
            begin = end;
        }
        Ok(batches)
    }

    fn judge(&self, engine: &Engine, flows: &Flows, row: usize) -> Result<Row, RowFault> {
        let decision = match flows.row(engine, row)? {
            Asked::Packet(packet) => engine.attribute(&packet),
            Asked::Question(question) => {
                engine.attribute_question(&question).map_err(|error| unanswered(row, &error))?
            }
        };
        let endpoint = |party: Result<Party, String>| match party.ok()? {
            Party::Address(address) => engine.owner(address),
            Party::Endpoint(endpoint) => Some(endpoint),
        };
        let (mut source, mut destination) = (None, None);
        if self.names_endpoints {
            source = endpoint(flows.source.at(engine, row));
            destination = endpoint(flows.destination.at(engine, row));
        }
        Ok(Row { decision, source, destination })
    }

    /// `None` is for what cannot be: columns that are not as the schema has them.
    fn batch(&self, rows: &[Option<Row>]) -> Option<RecordBatch> {
        let columns = self.columns.iter().map(|column| self.column(*column, rows));
        let columns = columns.collect::<Option<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(self.schema(), columns, &options).ok()
    }

    fn column(&self, column: Column, rows: &[Option<Row>]) -> Option<ArrayRef> {
        let judged = || rows.iter().map(Option::as_ref);
        match column {
            Column::Verdict => Some(flags(judged().map(|row| Some(row?.decision.verdict)))),
            Column::Source => {
                self.endpoints.column(judged().map(|row| Some(row?.source?.number())))
            }
            Column::Destination => {
                self.endpoints.column(judged().map(|row| Some(row?.destination?.number())))
            }
            Column::Direction => {
                let places = judged().map(|row| {
                    let deciding = deciding(&row?.decision);
                    place_in(&DIRECTIONS, &deciding)
                });
                encode(places, &self.directions)
            }
            Column::Part(direction, part) => {
                let sides = judged().map(|row| {
                    let decision = &row?.decision;
                    Some(decision.direction(direction.unwrap_or_else(|| deciding(decision))))
                });
                self.part(part, sides)
            }
        }
    }

    fn part<'rows>(
        &self,
        part: Part,
        sides: impl Iterator<Item = Option<&'rows Attribution>>,
    ) -> Option<ArrayRef> {
        let numbers = |numbers: UInt32Array| Some(Arc::new(numbers) as ArrayRef);
        match part {
            Part::Verdict => Some(flags(sides.map(|side| Some(side?.verdict)))),
            Part::Reason => {
                let places = sides.map(|side| place_in(&Reason::ALL, &side?.reason));
                encode(places, &self.reasons)
            }
            Part::Tier => {
                let places = sides.map(|side| place_in(&TIERS, &side?.tier?));
                encode(places, &self.tiers)
            }
            Part::Policy => self.policies.column(sides.map(|side| Some(side?.policy?.number()))),
            Part::Rule => numbers(sides.map(|side| side?.rule).collect()),
            Part::Peer => numbers(sides.map(|side| side?.peer).collect()),
            Part::Port => numbers(sides.map(|side| side?.port).collect()),
        }
    }
}

/// The direction that decides: the first on the packet's way that denies; when both allow, the last one
/// in which a policy does.
fn deciding(decision: &Decision) -> Direction {
    if decision.verdict == Verdict::Deny {
        return match decision.egress.verdict {
            Verdict::Deny => Direction::Egress,
            Verdict::Allow => Direction::Ingress,
        };
    }
    match (decision.ingress.policy, decision.egress.policy) {
        (None, Some(_)) => Direction::Egress,
        _ => Direction::Ingress,
    }
}

impl Column {
    /// Every column, with its name.
    fn all() -> Vec<(Column, String)> {
        let mut all = vec![
            (Column::Verdict, "verdict".to_owned()),
            (Column::Source, "source".to_owned()),
            (Column::Destination, "destination".to_owned()),
            (Column::Direction, "direction".to_owned()),
        ];
        let parts = [
            (Part::Verdict, "verdict"),
            (Part::Reason, "reason"),
            (Part::Tier, "tier"),
            (Part::Policy, "policy"),
            (Part::Rule, "rule"),
            (Part::Peer, "peer"),
            (Part::Port, "port"),
        ];
        // The verdict of the direction that decides is the verdict.
        let deciding = parts.iter().filter(|(part, _)| *part != Part::Verdict);
        all.extend(deciding.map(|(part, name)| (Column::Part(None, *part), (*name).to_owned())));
        for direction in DIRECTIONS {
            all.extend(parts.iter().map(|(part, name)| {
                (Column::Part(Some(direction), *part), format!("{direction}_{name}"))
            }));
        }
        all
    }

    fn data_type(self) -> DataType {
        match self {
            Column::Verdict | Column::Part(_, Part::Verdict) => DataType::Boolean,
            Column::Part(_, Part::Rule | Part::Peer | Part::Port) => DataType::UInt32,
            _ => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        }
    }
}

impl Dictionary {
    fn of(entries: impl Iterator<Item = (u32, String)>) -> Dictionary {
        let (numbers, names): (Vec<u32>, Vec<String>) = entries.unzip();
        let places = numbers.into_iter().zip(0..).collect();
        Dictionary { names: Arc::new(StringArray::from(names)), places }
    }

    fn column(&self, numbers: impl Iterator<Item = Option<u32>>) -> Option<ArrayRef> {
        encode(numbers.map(|number| self.places.get(&number?).copied()), &self.names)
    }
}

fn flags(verdicts: impl Iterator<Item = Option<Verdict>>) -> ArrayRef {
    let flags = verdicts.map(|verdict| verdict.map(Verdict::is_allow));
    Arc::new(flags.collect::<BooleanArray>())
}

fn place_in<T: PartialEq>(all: &[T], value: &T) -> Option<i32> {
    all.iter().position(|known| known == value).and_then(|place| i32::try_from(place).ok())
}

fn encode(places: impl Iterator<Item = Option<i32>>, names: &Arc<StringArray>) -> Option<ArrayRef> {
    let keys = places.collect::<PrimitiveArray<Int32Type>>();
    let values = Arc::clone(names) as ArrayRef;
    DictionaryArray::try_new(keys, values).ok().map(|array| Arc::new(array) as ArrayRef)
}
