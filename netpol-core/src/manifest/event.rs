//! The events that both parsers speak, so that everything after them is written once.

use crate::diagnostic::Problem;
use crate::field::Location;

use super::options::Limits;
use super::tree::Value;

/// A stream of events with the place of each.
pub(super) trait Events<'text> {
    /// The next event; [`Event::End`] again and again after the last.
    fn next(&mut self) -> Result<(Event<'text>, Location), Fault>;

    /// After a fault: gives the document up. Whether another one follows.
    fn recover(&mut self) -> bool;
}

/// One event. A document is [`Event::Document`] and the events of exactly one value.
#[derive(Debug)]
pub(super) enum Event<'text> {
    Document,
    /// A scalar; `merge` if it is the plain scalar `<<`.
    Scalar {
        value: Value<'text>,
        merge: bool,
        anchor: Option<usize>,
    },
    List {
        anchor: Option<usize>,
    },
    ListEnd,
    Map {
        anchor: Option<usize>,
    },
    MapEnd,
    Alias(usize),
    End,
}

/// Why reading a document stopped.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: Box<Problem>,
    pub(super) place: Option<Location>,
}

impl Fault {
    pub(super) fn syntax(message: impl Into<String>, place: Location) -> Fault {
        let problem = Problem::Syntax { message: message.into() };
        Fault { problem: Box::new(problem), place: Some(place) }
    }

    pub(super) fn limit(
        limit: &'static str,
        allowed: impl Into<u64>,
        message: &str,
        place: Option<Location>,
    ) -> Fault {
        let problem = Problem::Limit { limit, allowed: allowed.into(), message: message.into() };
        Fault { problem: Box::new(problem), place }
    }

    pub(super) fn depth(limits: &Limits, place: Location) -> Fault {
        let allowed = u64::try_from(limits.depth()).unwrap_or(u64::MAX);
        Fault::limit(
            "limits.depth",
            allowed,
            "collections are nested too deeply; no Kubernetes object is",
            Some(place),
        )
    }
}
