//! A reader of JSON events (RFC 8259).
//!
//! YAML is nearly a superset of JSON, but the API treats the two differently: in JSON `80.0` is no
//! integer, an unquoted word is an error, a key may be longer than YAML's 1,024 characters, and
//! escaped surrogates form pairs. Nor does serde_json tell where a value stands. Reading it here
//! takes one pass, no recursion, and is several times faster than the YAML scanner.

use std::borrow::Cow;

use crate::field::Location;

use super::event::{Event, Events, Fault};
use super::options::Limits;
use super::tree::Value;

/// The events of a text of JSON documents, one after the other as kubectl reads them.
pub(super) struct Json<'text> {
    text: &'text str,
    /// Bytes cut off before `text`.
    base: usize,
    limits: &'text Limits,
    at: usize,
    line: u32,
    line_start: usize,
    /// Bytes of the current line that begin no character.
    continuations: usize,
    open: Vec<Container>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    List,
    Map,
}

#[derive(Clone, Copy)]
enum State {
    /// Before a document.
    Document,
    /// Before a value.
    Value,
    /// Behind an opening bracket.
    First,
    /// Behind a value.
    After,
    /// Gave up.
    Failed,
}

impl<'text> Json<'text> {
    /// Reads `text`, which begins `base` bytes into the file.
    pub(super) fn new(text: &'text str, base: usize, limits: &'text Limits) -> Json<'text> {
        Json {
            text,
            base,
            limits,
            at: 0,
            line: 1,
            line_start: 0,
            continuations: 0,
            open: Vec::new(),
            state: State::Document,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.line = self.line.saturating_add(1);
                    self.line_start = self.at.saturating_add(1);
                    self.continuations = 0;
                }
                b' ' | b'\t' | b'\r' => {}
                _ => return,
            }
            self.at = self.at.saturating_add(1);
        }
    }

    /// Here, `length` bytes long.
    fn place(&self, length: usize) -> Location {
        let column = self
            .at
            .saturating_sub(self.line_start)
            .saturating_sub(self.continuations)
            .saturating_add(1);
        Location::new(
            self.line,
            clamp(column),
            clamp(self.base.saturating_add(self.at)),
            clamp(length),
        )
    }

    /// Counts the characters of a text on the current line.
    fn pass_text(&mut self, text: &str) {
        let continuations = text.bytes().filter(|byte| (0x80..0xc0).contains(byte)).count();
        self.continuations = self.continuations.saturating_add(continuations);
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::syntax(message, self.place(usize::from(self.peek().is_some())))
    }

    fn unexpected(&self, expected: &str) -> Fault {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => {
                self.fault(format!("invalid JSON: found {found:?}, expected {expected}"))
            }
            None => self.fault(format!("invalid JSON: the text ends, expected {expected}")),
        }
    }

    fn opened(
        &mut self,
        container: Container,
        event: Event<'text>,
    ) -> Result<(Event<'text>, Location), Fault> {
        let place = self.place(1);
        if self.open.len() >= self.limits.depth() {
            return Err(Fault::depth(self.limits, place));
        }
        self.open.push(container);
        self.at = self.at.saturating_add(1);
        self.state = State::First;
        Ok((event, place))
    }

    fn closed(&mut self, container: Container) -> (Event<'text>, Location) {
        let place = self.place(1);
        self.open.pop();
        self.at = self.at.saturating_add(1);
        self.state = State::After;
        let event = match container {
            Container::List => Event::ListEnd,
            Container::Map => Event::MapEnd,
        };
        (event, place)
    }

    /// An element or a key, with its colon.
    fn member(&mut self, container: Container) -> Result<(Event<'text>, Location), Fault> {
        if container == Container::List {
            return self.value();
        }
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let (value, place) = self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:` after a key"));
        }
        self.at = self.at.saturating_add(1);
        self.state = State::Value;
        Ok((scalar(value), place))
    }

    fn value(&mut self) -> Result<(Event<'text>, Location), Fault> {
        let (value, place) = match self.peek() {
            Some(b'{') => return self.opened(Container::Map, Event::Map { anchor: None }),
            Some(b'[') => return self.opened(Container::List, Event::List { anchor: None }),
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal("true", Value::Bool(true))?,
            Some(b'f') => self.literal("false", Value::Bool(false))?,
            Some(b'n') => self.literal("null", Value::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        self.state = State::After;
        Ok((scalar(value), place))
    }

    fn literal(
        &mut self,
        word: &str,
        value: Value<'text>,
    ) -> Result<(Value<'text>, Location), Fault> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(self.unexpected("a value"));
        }
        let place = self.place(word.len());
        self.at = self.at.saturating_add(word.len());
        Ok((value, place))
    }

    fn number(&mut self) -> Result<(Value<'text>, Location), Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let token = rest.get(..length).unwrap_or_default();
        let place = self.place(length);
        let value =
            number(token).ok_or_else(|| Fault::syntax("invalid JSON: this is no number", place))?;
        self.at = self.at.saturating_add(length);
        Ok((value, place))
    }

    fn string(&mut self) -> Result<(Value<'text>, Location), Fault> {
        let rest = self.text.get(self.at.saturating_add(1)..).unwrap_or_default();
        let mut escaped = false;
        let mut behind_backslash = false;
        let mut bytes = rest.bytes().enumerate();
        let length = loop {
            match bytes.next() {
                None => return Err(self.fault("invalid JSON: the string does not end")),
                Some((position, 0..0x20)) => {
                    self.pass_text(rest.get(..position).unwrap_or_default());
                    self.at = self.at.saturating_add(1).saturating_add(position);
                    return Err(self.fault(
                        "invalid JSON: a control character or line break inside a string; \
                         write it as an escape",
                    ));
                }
                Some(_) if behind_backslash => behind_backslash = false,
                Some((position, b'"')) => break position,
                Some((_, b'\\')) => {
                    escaped = true;
                    behind_backslash = true;
                }
                Some(_) => {}
            }
        };
        let raw = rest.get(..length).unwrap_or_default();
        let quoted = length.saturating_add(2);
        let place = self.place(quoted);
        let text = if escaped {
            Cow::Owned(unescape(raw).ok_or_else(|| {
                Fault::syntax("invalid JSON: an unknown escape in this string", place)
            })?)
        } else {
            Cow::Borrowed(raw)
        };
        self.pass_text(raw);
        self.at = self.at.saturating_add(quoted);
        Ok((Value::String(text), place))
    }
}

impl<'text> Events<'text> for Json<'text> {
    fn next(&mut self) -> Result<(Event<'text>, Location), Fault> {
        self.skip_blanks();
        match (self.state, self.open.last().copied()) {
            (State::Failed, _) => Ok((Event::End, self.place(0))),
            (State::Document, _) | (State::After, None) => {
                if self.peek().is_none() {
                    return Ok((Event::End, self.place(0)));
                }
                self.state = State::Value;
                Ok((Event::Document, self.place(0)))
            }
            (State::Value, _) | (State::First, None) => self.value(),
            (State::First, Some(container)) => match (container, self.peek()) {
                (Container::List, Some(b']')) | (Container::Map, Some(b'}')) => {
                    Ok(self.closed(container))
                }
                _ => self.member(container),
            },
            (State::After, Some(container)) => match (container, self.peek()) {
                (Container::List, Some(b']')) | (Container::Map, Some(b'}')) => {
                    Ok(self.closed(container))
                }
                (_, Some(b',')) => {
                    self.at = self.at.saturating_add(1);
                    self.skip_blanks();
                    self.member(container)
                }
                (Container::List, _) => Err(self.unexpected("`,` or `]`")),
                (Container::Map, _) => Err(self.unexpected("`,` or `}`")),
            },
        }
    }

    fn recover(&mut self) -> bool {
        self.state = State::Failed;
        false
    }
}

fn scalar(value: Value<'_>) -> Event<'_> {
    Event::Scalar { value, merge: false, anchor: None }
}

/// An integer, or a number that no integer field accepts: `80.0`, `8e1`, what exceeds 64 bits.
/// As `strconv.ParseInt` has it, which decodes integers from JSON.
fn number(token: &str) -> Option<Value<'static>> {
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (unsigned.get(..at)?, Some(unsigned.get(at.checked_add(1)?..)?)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits =
        exponent.map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    let valid = digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent_digits.is_none_or(digits);
    if !valid {
        return None;
    }
    if fraction.is_none()
        && exponent.is_none()
        && let Ok(value) = token.parse()
    {
        return Some(Value::Integer(value));
    }
    token.parse().ok().map(Value::Number)
}

/// As Go's `encoding/json` has it: half a surrogate pair becomes U+FFFD.
fn unescape(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(rest.get(..at)?);
        let escape = rest.as_bytes().get(at.checked_add(1)?)?;
        rest = rest.get(at.checked_add(2)?..)?;
        text.push(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = unit(rest)?;
                rest = rest.get(4..)?;
                let second = rest.strip_prefix("\\u").and_then(unit);
                let units = [Some(first), second];
                match char::decode_utf16(units.into_iter().flatten()).next() {
                    Some(Ok(decoded)) => {
                        if decoded.len_utf16() == 2 {
                            rest = rest.get(6..)?;
                        }
                        decoded
                    }
                    _ => char::REPLACEMENT_CHARACTER,
                }
            }
            _ => return None,
        });
    }
    text.push_str(rest);
    Some(text)
}

fn unit(digits: &str) -> Option<u16> {
    let digits = digits.get(..4)?;
    // from_str_radix would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
