use std::collections::BTreeMap;

use serde_json::Value;

const BETA: &str = "net.beta.kubernetes.io/network-policy";
const ALPHA: &str = "net.alpha.kubernetes.io/network-isolation";

/// Whether a namespace with these annotations isolated its pods in Kubernetes 1.3 to 1.6, or in the
/// alpha of 2016.
///
/// Annotations that say anything else, or cannot be read, did not isolate; nor does any annotation
/// since 1.7.
///
/// Sources: `NamespaceNetworkPolicy` of `k8s.io/api/extensions/v1beta1` as the network policy design
/// proposal has it; the announcement of the alpha, and Calico's agents of that time for `yes` and
/// `true`.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let annotations = BTreeMap::from([(
///     "net.beta.kubernetes.io/network-policy".to_owned(),
///     r#"{"ingress": {"isolation": "DefaultDeny"}}"#.to_owned(),
/// )]);
/// assert!(netpol_core::legacy::is_isolated(&annotations));
/// ```
#[must_use]
pub fn is_isolated(annotations: &BTreeMap<String, String>) -> bool {
    let beta = annotations
        .get(BETA)
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .is_some_and(|value| value.pointer("/ingress/isolation") == Some(&"DefaultDeny".into()));
    let alpha =
        annotations.get(ALPHA).is_some_and(|text| matches!(text.as_str(), "on" | "yes" | "true"));
    beta || alpha
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{ALPHA, BETA, is_isolated};

    fn isolated(key: &str, value: &str) -> bool {
        is_isolated(&BTreeMap::from([(key.to_owned(), value.to_owned())]))
    }

    #[test]
    fn the_beta_annotation_is_json() {
        assert!(isolated(BETA, r#"{"ingress":{"isolation":"DefaultDeny"}}"#));
        assert!(isolated(
            BETA,
            " {\n\"egress\": 1, \"ingress\": {\"isolation\":\"DefaultDeny\"}}\n"
        ));
        for text in [
            "",
            "DefaultDeny",
            "{}",
            "null",
            r#"{"ingress":{}}"#,
            r#"{"ingress":{"isolation":null}}"#,
            r#"{"ingress":{"isolation":"defaultDeny"}}"#,
            r#"{"ingress":[{"isolation":"DefaultDeny"}]}"#,
            r#"{"egress":{"isolation":"DefaultDeny"}}"#,
            r#"{"ingress":{"isolation":"DefaultDeny"}"#,
            "{ingress: {isolation: DefaultDeny}}",
        ] {
            assert!(!isolated(BETA, text), "{text}");
        }
        assert!(!isolated(BETA, &"[".repeat(100_000)));
    }

    #[test]
    fn the_alpha_annotation_is_a_word() {
        for (text, expected) in [
            ("on", true),
            ("yes", true),
            ("true", true),
            ("off", false),
            ("no", false),
            ("On", false),
            (" on", false),
            ("", false),
        ] {
            assert_eq!(isolated(ALPHA, text), expected, "{text}");
        }
    }

    #[test]
    fn either_annotation_is_enough() {
        assert!(!is_isolated(&BTreeMap::new()));
        let both = BTreeMap::from([(ALPHA.into(), "on".into()), (BETA.into(), "{".into())]);
        assert!(is_isolated(&both));
    }
}
