//! YAML events: the parser's, with plain scalars resolved.

use granit_parser::{Event as Yaml, Parser, ScalarStyle, ScanError, Span, StrInput};

use crate::field::Location;

use super::event::{Event, Events, Fault};
use super::options::Limits;
use super::scalar;
use super::syntax_hint;
use super::tree::Value;

/// The events of a YAML text.
pub(super) struct YamlEvents<'text> {
    parser: Parser<'text, StrInput<'text>>,
    text: &'text str,
    /// Bytes cut off before `text`.
    base: usize,
    limits: &'text Limits,
}

impl<'text> YamlEvents<'text> {
    /// Reads `text`, which begins `base` bytes into the file.
    pub(super) fn new(text: &'text str, base: usize, limits: &'text Limits) -> YamlEvents<'text> {
        let depth = limits.depth();
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: depth,
            block_nesting_limit: depth,
        };
        YamlEvents { parser: Parser::new_from_str_with_options(text, options), text, base, limits }
    }

    fn place(&self, span: &Span) -> Location {
        let start = span.start.byte_offset().unwrap_or_default();
        let end = span.end.byte_offset().unwrap_or(start);
        Location::new(
            clamp(span.start.line()),
            clamp(span.start.col().saturating_add(1)),
            clamp(self.base.saturating_add(start)),
            clamp(end.saturating_sub(start)),
        )
    }

    fn fault(&self, error: &ScanError) -> Fault {
        let mark = error.marker();
        let offset = mark.byte_offset().unwrap_or_default();
        let rest = self.text.get(offset..).unwrap_or_default();
        let place = Location::new(
            clamp(mark.line()),
            clamp(mark.col().saturating_add(1)),
            clamp(self.base.saturating_add(offset)),
            u32::from(rest.starts_with(|next: char| !next.is_control())),
        );
        if matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded) {
            return Fault::depth(self.limits, place);
        }
        let mut message = format!("invalid YAML: {}", error.info());
        if let Some(hint) = syntax_hint::hint(self.text, offset) {
            message.push_str("; ");
            message.push_str(&hint);
        }
        Fault::syntax(message, place)
    }
}

impl<'text> Events<'text> for YamlEvents<'text> {
    fn next(&mut self) -> Result<(Event<'text>, Location), Fault> {
        loop {
            let (event, span) = match self.parser.next_event() {
                None => return Ok((Event::End, Location::new(0, 0, 0, 0))),
                Some(Err(error)) => return Err(self.fault(&error)),
                Some(Ok(next)) => next,
            };
            let place = self.place(&span);
            let event = match event {
                Yaml::DocumentStart(..) => Event::Document,
                Yaml::StreamEnd => Event::End,
                Yaml::Alias(id) => Event::Alias(id),
                Yaml::SequenceStart(_, id, _) => Event::List { anchor: anchor(id) },
                Yaml::SequenceEnd => Event::ListEnd,
                Yaml::MappingStart(_, id, _) => Event::Map { anchor: anchor(id) },
                Yaml::MappingEnd => Event::MapEnd,
                Yaml::Scalar(text, style, id, tag) => {
                    let plain = style == ScalarStyle::Plain;
                    let merge = plain && tag.is_none() && text == "<<";
                    let value = match tag.as_deref().map(|tag| tag.suffix_in_namespace(YAML_TAGS)) {
                        Some(Some(name)) => scalar::resolve_tagged(&name, text),
                        // A tag of another namespace makes it a string, whatever it looks like.
                        Some(None) => Value::String(text),
                        None if plain => scalar::resolve(text),
                        None => Value::String(text),
                    };
                    Event::Scalar { value, merge, anchor: anchor(id) }
                }
                // Ends of documents and marks that carry no data.
                _ => continue,
            };
            return Ok((event, place));
        }
    }

    fn recover(&mut self) -> bool {
        self.parser.proceed_next_document().unwrap_or(false)
    }
}

const YAML_TAGS: &str = "tag:yaml.org,2002:";

fn anchor(id: usize) -> Option<usize> {
    (id != 0).then_some(id)
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
