//! What makes a label key and a label value, with the words of kube-apiserver for what does not.
//!
//! Each function returns every fault of the text, none when it is well-formed. Lengths are bytes.

/// How long the name part of a key and a value may be.
const NAME_LIMIT: usize = 63;
/// How long a DNS subdomain may be.
const SUBDOMAIN_LIMIT: usize = 253;

const NAME_FORMAT: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must \
    start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
    regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_FORMAT: &str = "a valid label must be an empty string or consist of alphanumeric \
    characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
    'MyValue',  or 'my_value',  or '12345', regex used for validation is \
    '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const SUBDOMAIN_FORMAT: &str = "a lowercase RFC 1123 subdomain must consist of lower case \
    alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character \
    (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// Faults of a label key: an optional DNS subdomain and `/`, then a name of at most 63 bytes.
/// Finalizers and (lower-cased) annotation keys follow the same rule.
///
/// Source: `IsLabelKey` of k8s.io/apimachinery/pkg/api/validate/content.
pub(crate) fn label_key_faults(key: &str) -> Vec<String> {
    let mut faults = Vec::new();
    // By bytes: the keys of all labels of all pods pass here, and searching for a character is made
    // for longer texts.
    let slash = key.bytes().position(|byte| byte == b'/');
    let parts = slash.and_then(|place| Some((key.get(..place)?, key.get(place + 1..)?)));
    let name = match parts {
        None => key,
        Some((_, name)) if name.bytes().any(|byte| byte == b'/') => {
            faults.push(format!(
                "a valid label key {NAME_FORMAT} with an optional DNS subdomain prefix and '/' \
                 (e.g. 'example.com/MyName')"
            ));
            return faults;
        }
        Some(("", name)) => {
            faults.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            let prefix_faults = dns_subdomain_faults(prefix);
            faults.extend(prefix_faults.into_iter().map(|fault| format!("prefix part {fault}")));
            name
        }
    };
    if name.is_empty() {
        faults.push("name part must be non-empty".to_owned());
    } else if name.len() > NAME_LIMIT {
        faults.push(format!("name part {}", longer_than(NAME_LIMIT)));
    }
    if !is_name(name) {
        faults.push(format!("name part {NAME_FORMAT}"));
    }
    faults
}

/// Faults of a label value: empty, or a name of at most 63 bytes.
///
/// Source: `IsLabelValue` of k8s.io/apimachinery/pkg/api/validate/content.
pub(crate) fn label_value_faults(value: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if value.len() > NAME_LIMIT {
        faults.push(longer_than(NAME_LIMIT));
    }
    if !value.is_empty() && !is_name(value) {
        faults.push(VALUE_FORMAT.to_owned());
    }
    faults
}

/// Faults of a lower-case DNS-1123 subdomain of at most 253 bytes; its labels are not limited.
///
/// Source: `IsDNS1123Subdomain` of k8s.io/apimachinery/pkg/api/validate/content.
pub(crate) fn dns_subdomain_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.len() > SUBDOMAIN_LIMIT {
        faults.push(longer_than(SUBDOMAIN_LIMIT));
    }
    if !text.as_bytes().split(|byte| *byte == b'.').all(is_label) {
        faults.push(SUBDOMAIN_FORMAT.to_owned());
    }
    faults
}

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
pub(crate) fn is_dns_label(text: &str) -> bool {
    is_label(text.as_bytes())
}

fn is_label(bytes: &[u8]) -> bool {
    consists_of(bytes, LOWER_CASE | DIGIT, HYPHEN)
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
fn is_name(text: &str) -> bool {
    consists_of(text.as_bytes(), LOWER_CASE | DIGIT | UPPER_CASE, HYPHEN | UNDERSCORE_OR_DOT)
}

const LOWER_CASE: u8 = 1;
const UPPER_CASE: u8 = 2;
const DIGIT: u8 = 4;
const HYPHEN: u8 = 8;
const UNDERSCORE_OR_DOT: u8 = 16;
const OTHER: u8 = 32;

/// What each byte is. To look it up is a load, where to compare is a dozen instructions, and every
/// label of every pod that comes passes here.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' => LOWER_CASE,
            b'A'..=b'Z' => UPPER_CASE,
            b'0'..=b'9' => DIGIT,
            b'-' => HYPHEN,
            b'_' | b'.' => UNDERSCORE_OR_DOT,
            _ => OTHER,
        };
        byte += 1;
    }
    kinds
};

/// Whether there are bytes, the first and the last of these kinds, and others of those or of kinds that
/// stand between them alone.
fn consists_of(bytes: &[u8], ends: u8, between: u8) -> bool {
    let kind = |byte: &u8| KINDS[usize::from(*byte)];
    // Without branches: nearly all texts are well-formed, so all of it is read anyway.
    let kinds = bytes.iter().fold(0, |kinds, byte| kinds | kind(byte));
    let is_end = |byte: &u8| kind(byte) & ends != 0;
    kinds & !(ends | between) == 0
        && bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
}

/// `MaxLenError` of k8s.io/apimachinery, which says characters and counts bytes.
pub(crate) fn longer_than(limit: usize) -> String {
    format!("must be no more than {limit} characters")
}

#[cfg(test)]
mod tests {
    use super::{dns_subdomain_faults, label_key_faults, label_value_faults};

    #[test]
    fn keys() {
        let name_63 = "n".repeat(63);
        let prefix_253 = format!("{}.{}", "p".repeat(100), "q".repeat(152));
        for key in [
            "a",
            "A",
            "1",
            "a.b_c-d",
            "a..b",
            "example.com/A_b",
            "ex.com/A_.b",
            "1.2/x",
            &name_63,
            &format!("{prefix_253}/{name_63}"),
        ] {
            assert_eq!(label_key_faults(key), [""; 0], "{key}");
        }
        for (key, count) in [
            ("", 2),
            ("/a", 1),
            ("a/", 2),
            ("/", 3),
            ("a/b/c", 1),
            ("//", 1),
            ("-a", 1),
            ("a-", 1),
            (".a", 1),
            ("a_", 1),
            ("Example.com/a", 1),
            ("Ex.com/a", 1),
            ("a b", 1),
            ("a..b/c", 1),
            ("é", 1),
            (&"n".repeat(64), 1),
            (&format!("{}-", "n".repeat(64)), 2),
            (&format!("{prefix_253}p/n"), 1),
        ] {
            assert_eq!(label_key_faults(key).len(), count, "{key}");
        }
    }

    #[test]
    fn values() {
        for value in ["", "a", "A", "1", "a.b_c-d", "a..b", "007", &"v".repeat(63)] {
            assert_eq!(label_value_faults(value), [""; 0], "{value}");
        }
        for (value, count) in [
            (" ", 1),
            ("-a", 1),
            ("a-", 1),
            ("a/b", 1),
            ("a b", 1),
            ("é", 1),
            ("a\0", 1),
            (&"v".repeat(64), 1),
            (&format!("{}.", "v".repeat(64)), 2),
        ] {
            assert_eq!(label_value_faults(value).len(), count, "{value}");
        }
    }

    #[test]
    fn subdomains() {
        for text in ["a", "0", "a-b.c", &"a".repeat(253)] {
            assert_eq!(dns_subdomain_faults(text), [""; 0], "{text}");
        }
        for (text, count) in [
            ("", 1),
            ("My_Pol", 1),
            ("a..b", 1),
            (".a", 1),
            ("a.", 1),
            ("a.-b", 1),
            ("a-.b", 1),
            (&"a".repeat(254), 1),
            (&"A".repeat(254), 2),
        ] {
            assert_eq!(dns_subdomain_faults(text).len(), count, "{text}");
        }
    }

    #[test]
    fn faults_are_worded_as_upstream() {
        assert_eq!(
            label_key_faults("/"),
            [
                "prefix part must be non-empty",
                "name part must be non-empty",
                "name part must consist of alphanumeric characters, '-', '_' or '.', and must \
                 start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or \
                 '123-abc', regex used for validation is \
                 '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ]
        );
    }
}
