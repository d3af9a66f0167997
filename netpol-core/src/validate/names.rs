//! The syntaxes of names, with the words of kube-apiserver for each fault of one.
//!
//! Every function returns all faults of a text, none when it is well-formed. Lengths are bytes.

pub(crate) use crate::selector::{dns_subdomain_faults, label_key_faults, label_value_faults};
use crate::selector::{is_dns_label, longer_than};

const LABEL_LIMIT: usize = 63;
const PORT_NAME_LIMIT: usize = 15;

const LABEL_FORMAT: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric \
    characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or \
    '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const LABEL_1035_FORMAT: &str = "a DNS-1035 label must consist of lower case alphanumeric \
    characters or '-', start with an alphabetic character, and end with an alphanumeric character \
    (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/// Faults of a lower-case DNS-1123 label of at most 63 bytes, as namespaces are named.
///
/// Source: `IsDNS1123Label` of k8s.io/apimachinery/pkg/api/validate/content.
pub(crate) fn dns_label_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.len() > LABEL_LIMIT {
        faults.push(longer_than(LABEL_LIMIT));
    }
    if !is_dns_label(text) {
        let dotted = text.split('.').all(is_dns_label);
        faults.push(if dotted { "must not contain dots" } else { LABEL_FORMAT }.to_owned());
    }
    faults
}

/// Faults of a DNS-1035 label of at most 63 bytes, as Services are named: it begins with a letter.
///
/// Source: `IsDNS1035Label` of k8s.io/apimachinery/pkg/util/validation.
pub(crate) fn dns_1035_label_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.len() > LABEL_LIMIT {
        faults.push(longer_than(LABEL_LIMIT));
    }
    if !is_dns_label(text) || text.starts_with(|first: char| first.is_ascii_digit()) {
        faults.push(LABEL_1035_FORMAT.to_owned());
    }
    faults
}

/// Faults of a port name: at most 15 bytes of `[-a-z0-9]`, at least one letter, no hyphen at
/// either end nor beside another.
///
/// Source: `IsValidPortName` of k8s.io/apimachinery/pkg/util/validation.
pub(crate) fn port_name_faults(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let mut faults = Vec::new();
    if bytes.len() > PORT_NAME_LIMIT {
        faults.push(longer_than(PORT_NAME_LIMIT));
    }
    if bytes.is_empty() || !bytes.iter().all(allowed) {
        faults.push(
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned(),
        );
    }
    if !bytes.iter().any(u8::is_ascii_lowercase) {
        faults.push("must contain at least one letter (a-z)".to_owned());
    }
    if name.contains("--") {
        faults.push("must not contain consecutive hyphens".to_owned());
    }
    if name.starts_with('-') || name.ends_with('-') {
        faults.push("must not begin or end with a hyphen".to_owned());
    }
    faults
}

/// The fault of a port number that is none.
///
/// Source: `IsValidPortNum` of k8s.io/apimachinery/pkg/util/validation.
pub(crate) fn port_number_fault(number: i32) -> Option<&'static str> {
    (!(1..=65535).contains(&number)).then_some("must be between 1 and 65535, inclusive")
}

#[cfg(test)]
mod tests {
    use super::{dns_1035_label_faults, dns_label_faults, port_name_faults, port_number_fault};

    #[test]
    fn labels() {
        for text in ["a", "0", "a-b", &"a".repeat(63)] {
            assert_eq!(dns_label_faults(text), [""; 0], "{text}");
        }
        assert_eq!(dns_label_faults("a.b"), ["must not contain dots"]);
        for (text, count) in [
            ("", 1),
            ("A", 1),
            ("-a", 1),
            ("a-", 1),
            ("a..b", 1),
            ("a_b", 1),
            (&"a".repeat(64), 1),
            (&"A".repeat(64), 2),
        ] {
            assert_eq!(dns_label_faults(text).len(), count, "{text}");
        }
    }

    #[test]
    fn labels_that_begin_with_a_letter() {
        for text in ["a", "a0", "a-b", &"a".repeat(63)] {
            assert_eq!(dns_1035_label_faults(text), [""; 0], "{text}");
        }
        for (text, count) in [
            ("", 1),
            ("0", 1),
            ("0a", 1),
            ("a.b", 1),
            ("A", 1),
            ("a-", 1),
            ("-a", 1),
            (&"a".repeat(64), 1),
            (&"0".repeat(64), 2),
        ] {
            assert_eq!(dns_1035_label_faults(text).len(), count, "{text}");
        }
    }

    #[test]
    fn port_names() {
        for name in ["a", "http", "a1", "1a", "a-b-c", "fifteen-bytes-x"] {
            assert_eq!(port_name_faults(name), [""; 0], "{name}");
        }
        let length = "must be no more than 15 characters";
        let charset = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        let letter = "must contain at least one letter (a-z)";
        let consecutive = "must not contain consecutive hyphens";
        let edge = "must not begin or end with a hyphen";
        for (name, faults) in [
            ("", &[charset, letter][..]),
            ("80", &[letter]),
            ("Http", &[charset]),
            ("sixteen-bytes-xx", &[length]),
            ("a--b", &[consecutive]),
            ("-a", &[edge]),
            ("a-", &[edge]),
            ("!@#$", &[charset, letter]),
            ("é", &[charset, letter]),
            ("--", &[letter, consecutive, edge]),
            ("-", &[letter, edge]),
        ] {
            assert_eq!(port_name_faults(name), faults, "{name}");
        }
    }

    #[test]
    fn port_numbers() {
        for (number, valid) in
            [(0, false), (1, true), (65535, true), (65536, false), (-1, false), (i32::MIN, false)]
        {
            assert_eq!(port_number_fault(number).is_none(), valid, "{number}");
        }
    }
}
