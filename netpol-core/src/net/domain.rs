use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A domain name as a `domainNames` peer has it: one name, or every name below one.
///
/// Names compare without regard to case and to a dot at the end. `*.` in front stands for one or
/// more labels, so `*.k.io` matches `a.k.io` and `a.b.k.io` but not `k.io`.
///
/// Source: `DomainName` of sigs.k8s.io/network-policy-api/apis/v1alpha2, NPEP-133.
///
/// ```
/// use netpol_core::net::DomainPattern;
///
/// let pattern: DomainPattern = "*.example.com".parse()?;
/// assert!(pattern.matches("a.b.Example.com."));
/// assert!(!pattern.matches("example.com"));
/// assert!("*.com".parse::<DomainPattern>().is_err());
/// # Ok::<(), netpol_core::net::InvalidDomainPattern>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainPattern {
    /// Lower case, without a dot at the end.
    name: Box<str>,
    below: bool,
}

/// The text is no name that a `domainNames` peer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a domain name of two or more labels, such as `kubernetes.io` or `*.kubernetes.io`"
)]
pub struct InvalidDomainPattern;

impl DomainPattern {
    /// Whether it means this name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        let Some(extra) = name.len().checked_sub(self.name.len()) else { return false };
        let (front, back) = name.as_bytes().split_at(extra);
        back.eq_ignore_ascii_case(self.name.as_bytes())
            && if self.below { front.len() > 1 && front.ends_with(b".") } else { front.is_empty() }
    }

    /// The name that it means, or below which it means all of them when the second is true.
    pub(crate) const fn parts(&self) -> (&str, bool) {
        (&self.name, self.below)
    }

    /// A name in the form in which names compare: lower case, without a dot at the end.
    pub(crate) fn normal(name: &str) -> String {
        name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
    }
}

impl FromStr for DomainPattern {
    type Err = InvalidDomainPattern;

    fn from_str(text: &str) -> Result<DomainPattern, InvalidDomainPattern> {
        let (below, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if !name.contains('.') || !name.split('.').all(is_label) {
            return Err(InvalidDomainPattern);
        }
        Ok(DomainPattern { name: name.to_ascii_lowercase().into(), below })
    }
}

/// One label, as the schema's pattern has it: `[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?`.
fn is_label(label: &str) -> bool {
    // The schema's `A-z` takes in what lies between the two alphabets.
    let may_begin = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'z').contains(&byte);
    match label.as_bytes() {
        [] => false,
        [only] => may_begin(*only),
        [first, middle @ .., last] => {
            may_begin(*first)
                && last.is_ascii_alphanumeric()
                && middle.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        }
    }
}

impl TryFrom<String> for DomainPattern {
    type Error = InvalidDomainPattern;

    fn try_from(text: String) -> Result<DomainPattern, InvalidDomainPattern> {
        text.parse()
    }
}

impl From<DomainPattern> for String {
    fn from(pattern: DomainPattern) -> String {
        pattern.to_string()
    }
}

/// As it would be written, in lower case.
impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let front = if self.below { "*." } else { "" };
        write!(f, "{front}{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::DomainPattern;

    #[test]
    fn what_the_schema_takes() {
        for text in ["a.b", "*.a.b", "k8s.io.", "a_b.c-d.e", "A.B", "_x.io", "1.2", "a.[", "*.^.x"]
        {
            assert!(text.parse::<DomainPattern>().is_ok(), "{text}");
        }
        for text in [
            "",
            ".",
            "*",
            "*.",
            "*.com",
            "localhost",
            "com.",
            "a..b",
            ".a.b",
            "a.b..",
            "-a.b",
            "a.b-",
            "a.b_",
            "*a.b",
            "a.*.b",
            "**.a.b",
            "a b.c",
            "é.io",
            "a.b/",
        ] {
            assert!(text.parse::<DomainPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_matches() {
        let matches = |pattern: &str, name| pattern.parse::<DomainPattern>().unwrap().matches(name);
        assert!(matches("k.io", "k.io") && matches("K.io", "k.IO.") && matches("k.io.", "k.io"));
        assert!(!matches("k.io", "a.k.io") && !matches("k.io", "ak.io") && !matches("k.io", "k.i"));
        assert!(matches("*.k.io", "a.k.io") && matches("*.k.io", "b.a.k.io"));
        for name in ["k.io", ".k.io", "ak.io", "a.k.io.org", "", ".", "é.k.i"] {
            assert!(!matches("*.k.io", name), "{name}");
        }
    }
}
