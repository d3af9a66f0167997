use std::fmt;

use super::{InvalidRequirement, Operator, Requirement, label_key_faults};

/// The text is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParseSelectorError {
    position: usize,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Fault {
    Unexpected { found: String, expected: &'static str },
    Invalid(InvalidRequirement),
}

impl ParseSelectorError {
    /// Where the fault is, in bytes from the start of the text; the length of the text when it
    /// ends too early.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }
}

/// `at byte 4: found ')', expected an identifier`.
impl fmt::Display for ParseSelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: ", self.position)?;
        match &self.fault {
            Fault::Unexpected { found, expected } => {
                write!(f, "found {found}, expected {expected}")
            }
            Fault::Invalid(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ParseSelectorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Unexpected { .. } => None,
            Fault::Invalid(error) => Some(error),
        }
    }
}

/// The requirements of a selector in the order of the text.
pub(super) fn requirements(text: &str) -> Result<Vec<Requirement>, ParseSelectorError> {
    let mut parser = Parser::new(text);
    let mut requirements = Vec::new();
    if parser.next.kind == Kind::End {
        return Ok(requirements);
    }
    loop {
        requirements.push(parser.requirement()?);
        let token = parser.advance();
        match token.kind {
            Kind::End => return Ok(requirements),
            Kind::Comma => {}
            _ => return Err(token.unexpected("',' or the end")),
        }
    }
}

/// A recursive descent over the tokens, one of which is known ahead.
struct Parser<'text> {
    lexer: Lexer<'text>,
    next: Token<'text>,
}

impl<'text> Parser<'text> {
    fn new(text: &'text str) -> Parser<'text> {
        let mut lexer = Lexer { text, position: 0 };
        let next = lexer.token();
        Parser { lexer, next }
    }

    fn advance(&mut self) -> Token<'text> {
        let following = self.lexer.token();
        std::mem::replace(&mut self.next, following)
    }

    fn requirement(&mut self) -> Result<Requirement, ParseSelectorError> {
        let negated = self.next.kind == Kind::Not;
        if negated {
            self.advance();
        }
        let key = self.advance();
        if key.kind != Kind::Word {
            let expected = if negated { "an identifier" } else { "'!' or an identifier" };
            return Err(key.unexpected(expected));
        }
        let faults = label_key_faults(key.text);
        if !faults.is_empty() {
            return Err(key.invalid(InvalidRequirement::Key {
                key: key.text.to_owned(),
                fault: faults.join("; "),
            }));
        }
        if negated {
            return key.require(Operator::DoesNotExist, &[]);
        }
        if matches!(self.next.kind, Kind::End | Kind::Comma) {
            return key.require(Operator::Exists, &[]);
        }
        let operator = self.advance();
        match (operator.kind, operator.text) {
            (Kind::Equals, _) => key.require(Operator::In, &[self.value()?]),
            (Kind::NotEquals, _) => key.require(Operator::NotIn, &[self.value()?]),
            (Kind::Greater, _) => key.require(Operator::GreaterThan, &[self.value()?]),
            (Kind::Less, _) => key.require(Operator::LessThan, &[self.value()?]),
            (Kind::Word, "in") => key.require(Operator::In, &self.values()?),
            (Kind::Word, "notin") => key.require(Operator::NotIn, &self.values()?),
            _ => Err(operator.unexpected("in, notin, =, ==, !=, >, <")),
        }
    }

    /// The value after a comparison; where there is none, the empty one.
    fn value(&mut self) -> Result<Token<'text>, ParseSelectorError> {
        match self.next.kind {
            Kind::End | Kind::Comma => Ok(self.next.empty()),
            Kind::Word => Ok(self.advance()),
            _ => Err(self.next.unexpected("an identifier")),
        }
    }

    /// The values between parentheses; an empty slot is an empty value.
    fn values(&mut self) -> Result<Vec<Token<'text>>, ParseSelectorError> {
        let open = self.advance();
        if open.kind != Kind::Open {
            return Err(open.unexpected("'('"));
        }
        let mut values = Vec::new();
        loop {
            values.push(match self.next.kind {
                Kind::Word => self.advance(),
                _ => self.next.empty(),
            });
            let token = self.advance();
            match token.kind {
                Kind::Comma => {}
                Kind::Close => return Ok(values),
                _ => return Err(token.unexpected("',' or ')'")),
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Token<'text> {
    kind: Kind,
    text: &'text str,
    position: usize,
}

/// `in` and `notin` are words: only their place makes them operators.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Not,
    Equals,
    NotEquals,
    Greater,
    Less,
    Open,
    Close,
    Comma,
    Nul,
    End,
}

impl<'text> Token<'text> {
    /// The empty word in front of this token.
    const fn empty(self) -> Token<'text> {
        Token { kind: Kind::Word, text: "", position: self.position }
    }

    /// The requirement about the key that this token is. A fault is where the first bad value is.
    fn require(
        self,
        operator: Operator,
        values: &[Token<'text>],
    ) -> Result<Requirement, ParseSelectorError> {
        Requirement::new(self.text, operator, values.iter().map(|value| value.text)).map_err(
            |error| {
                let culprit = match &error {
                    InvalidRequirement::Value { value, .. }
                    | InvalidRequirement::NotAnInteger { value } => {
                        values.iter().find(|token| token.text == value)
                    }
                    _ => None,
                };
                culprit.unwrap_or(&self).invalid(error)
            },
        )
    }

    fn unexpected(self, expected: &'static str) -> ParseSelectorError {
        let found = match self.kind {
            Kind::End => "the end".to_owned(),
            Kind::Nul => "a NUL byte".to_owned(),
            _ => format!("'{}'", self.text),
        };
        ParseSelectorError { position: self.position, fault: Fault::Unexpected { found, expected } }
    }

    const fn invalid(self, error: InvalidRequirement) -> ParseSelectorError {
        ParseSelectorError { position: self.position, fault: Fault::Invalid(error) }
    }
}

struct Lexer<'text> {
    text: &'text str,
    position: usize,
}

impl<'text> Lexer<'text> {
    /// The next token; [`Kind::End`] for ever once the text is used up.
    fn token(&mut self) -> Token<'text> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let trimmed = rest.trim_start_matches(is_blank);
        let position = self.position + (rest.len() - trimmed.len());
        let (kind, length) = match trimmed.as_bytes() {
            [] => (Kind::End, 0),
            [0, ..] => (Kind::Nul, 1),
            [b'=', b'=', ..] => (Kind::Equals, 2),
            [b'=', ..] => (Kind::Equals, 1),
            [b'!', b'=', ..] => (Kind::NotEquals, 2),
            [b'!', ..] => (Kind::Not, 1),
            [b'>', ..] => (Kind::Greater, 1),
            [b'<', ..] => (Kind::Less, 1),
            [b'(', ..] => (Kind::Open, 1),
            [b')', ..] => (Kind::Close, 1),
            [b',', ..] => (Kind::Comma, 1),
            _ => (Kind::Word, trimmed.find(ends_word).unwrap_or(trimmed.len())),
        };
        self.position = position + length;
        Token { kind, text: trimmed.get(..length).unwrap_or_default(), position }
    }
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

const fn ends_word(character: char) -> bool {
    is_blank(character) || matches!(character, '=' | '!' | '(' | ')' | ',' | '>' | '<' | '\0')
}

#[cfg(test)]
mod tests {
    use crate::model::Labels;
    use crate::selector::Selector;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn accepts_and_prints() {
        for (text, printed) in [
            ("", ""),
            (" \t\r\n", ""),
            ("x", "x"),
            ("!x", "!x"),
            ("! x", "!x"),
            ("x=", "x="),
            ("x= ", "x="),
            ("x=,y", "x=,y"),
            ("x==a", "x=a"),
            ("x!=", "x!="),
            ("x in ()", "x="),
            ("x in ( )", "x="),
            ("x in (,)", "x="),
            ("x in (,,)", "x="),
            ("x in (a,)", "x in (,a)"),
            ("x in (a,,)", "x in (,a)"),
            ("x in (,a)", "x in (,a)"),
            ("x in (a,,b)", "x in (,a,b)"),
            ("x notin (, a)", "x notin (,a)"),
            ("x in(a)", "x=a"),
            ("x notin\n (abc)", "x!=abc"),
            ("\rx", "x"),
            ("foo  in\t (abc)", "foo=abc"),
            ("x in (b,a,b)", "x in (a,b)"),
            ("x>1,z<5", "x>1,z<5"),
            ("x>007", "x>007"),
            ("a,!b,c in (d),e!=f", "a,!b,c=d,e!=f"),
            ("z,y,x", "x,y,z"),
            ("x=b,x=a", "x=a,x=b"),
            (" a = b ", "a=b"),
            ("in in (in)", "in=in"),
            ("in", "in"),
            ("!notin", "!notin"),
            ("notin=in", "notin=in"),
            ("a in (x,y,notin,z,in)", "a in (in,notin,x,y,z)"),
            ("x notin (abc,,def),bar,z in (),w", "bar,w,x notin (,abc,def),z="),
            ("example.com/App_1=V-1", "example.com/App_1=V-1"),
        ] {
            let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(selector.to_string(), printed, "{text}");
            assert_eq!(Selector::parse(printed).as_ref(), Ok(&selector), "{text}");
        }
    }

    #[test]
    fn refuses_with_the_place() {
        for (text, position) in [
            ("x=a||y=b", 2),
            ("x==a==b", 4),
            ("!x=a", 2),
            ("x<a", 2),
            ("x,,y", 2),
            (",x,y", 0),
            ("x,", 2),
            ("a in (xyz),", 11),
            ("x nott in (y)", 2),
            ("a in (xyz)b notin ()", 10),
            ("a in (xyz abc)", 10),
            ("a notin(", 8),
            ("a in", 4),
            ("a in b", 5),
            ("a in (b", 7),
            ("a in (!)", 6),
            ("a in (=)", 6),
            ("a (", 2),
            ("(", 0),
            (")", 0),
            ("=", 0),
            ("!", 1),
            ("!!a", 1),
            ("a===b", 3),
            ("x>=5", 2),
            ("x>", 2),
            ("x>,y", 2),
            ("x>-5", 2),
            ("x>+5", 2),
            ("x>1.5", 2),
            ("a=!b", 2),
            ("a=b=c", 3),
            ("a b", 2),
            ("a IN (b)", 2),
            ("a,-b", 2),
            ("a/b/c", 0),
            ("x in (a, é)", 9),
            ("é", 0),
            ("a\0", 1),
            ("\0", 0),
            ("a=b\0,c", 3),
            ("a\u{a0}=b", 0),
        ] {
            let error = Selector::parse(text).expect_err(text);
            assert_eq!(error.position(), position, "{text}: {error}");
        }
        let long = "k".repeat(64);
        assert_eq!(Selector::parse(&format!("a,{long}")).unwrap_err().position(), 2);
    }

    #[test]
    fn errors_say_what_was_found() {
        let message = |text| Selector::parse(text).unwrap_err().to_string();
        assert_eq!(message("a in (b"), "at byte 7: found the end, expected ',' or ')'");
        assert_eq!(
            message("a\0"),
            "at byte 1: found a NUL byte, expected in, notin, =, ==, !=, >, <"
        );
        assert_eq!(message("x>a"), "at byte 2: `a` is not an integer, as operators Gt and Lt need");
    }

    #[test]
    fn parsing_what_is_printed_gives_the_same() {
        let words = ["a", " ", "=", "!", "(", ")", ",", "in", "notin", ">", "1"];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            texts = texts
                .iter()
                .flat_map(|text| words.iter().map(move |word| format!("{text}{word}")))
                .collect();
            for selector in texts.iter().filter_map(|text| Selector::parse(text).ok()) {
                assert_eq!(Selector::parse(&selector.to_string()).as_ref(), Ok(&selector));
            }
        }
    }

    #[test]
    fn matches() {
        let selector = Selector::parse("a in (b,c),!d,e!=f").unwrap();
        assert!(selector.matches(&labels(&[("a", "b")])));
        assert!(!selector.matches(&labels(&[("a", "b"), ("d", "x")])));
        assert!(!selector.matches(&labels(&[("a", "b"), ("e", "f")])));
        let empty = Selector::parse("x in ()").unwrap();
        assert!(empty.matches(&labels(&[("x", "")])));
        assert!(!empty.matches(&Labels::new()));
        assert!(!Selector::parse("x=a,x=b").unwrap().matches(&labels(&[("x", "a")])));
        assert!(!Selector::parse("x>5").unwrap().matches(&labels(&[("x", "05")])));
        assert!(Selector::parse("x>4").unwrap().matches(&labels(&[("x", "05")])));
        assert!(!Selector::parse("x>4").unwrap().matches(&labels(&[("x", "5a")])));
        assert!(!Selector::parse("x>4").unwrap().matches(&Labels::new()));
    }
}
