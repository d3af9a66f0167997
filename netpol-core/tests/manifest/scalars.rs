//! Scalars without quotes, as kube-apiserver's reader has them (`resolve` of go-yaml v2).

use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::IntOrString;

use super::{pod, policy, told};

fn read_port(text: &str) -> Option<Result<i32, String>> {
    let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
    if !manifest.findings().is_empty() {
        return None;
    }
    policy(&manifest).spec.ingress[0].ports[0].port.clone().map(|port| match port {
        IntOrString::Int(number) => Ok(number),
        IntOrString::String(name) => Err(name),
    })
}

/// A port written so in YAML: a number, a name, or nothing that can be read.
fn yaml_port(scalar: &str) -> Option<Result<i32, String>> {
    read_port(&format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec:\n  \
         ingress:\n  - ports:\n    - port: {scalar}\n"
    ))
}

/// The same in JSON.
fn json_port(token: &str) -> Option<Result<i32, String>> {
    read_port(&format!(
        r#"{{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata":
        {{"name": "a"}}, "spec": {{"ingress": [{{"ports": [{{"port": {token}}}]}}]}}}}"#
    ))
}

#[test]
fn ports_in_yaml() {
    for (scalar, number) in [
        ("80", 80),
        ("+80", 80),
        ("-80", -80),
        ("0", 0),
        ("80.0", 80),
        ("80.", 80),
        ("8e1", 80),
        ("8.0E+1", 80),
        ("0777", 511),
        ("0o17", 15),
        ("0O17", 15),
        ("0x50", 80),
        ("0X5f", 95),
        ("-0x50", -80),
        ("0b11", 3),
        ("-0b11", -3),
        ("08", 8),
        ("09.0", 9),
        ("1_000", 1000),
        ("8_0", 80),
        ("80_", 80),
        ("0x_5_0", 80),
        ("0_x50", 80),
        ("2147483647", i32::MAX),
        ("-2147483648", i32::MIN),
        ("!!int 80", 80),
        ("!!int '80'", 80),
        ("!!float 80", 80),
    ] {
        assert_eq!(yaml_port(scalar), Some(Ok(number)), "{scalar}");
    }
    for name in [
        "http",
        "'80'",
        "\"80\"",
        "!!str 80",
        "8O",
        "_80",
        "0x",
        "0xg",
        "0o8",
        "0b2",
        "80-90",
        "1.2.3",
        "1e",
        "e1",
        ".",
        "+",
        "'true'",
        "oN",
        "nULL",
        "yess",
        "2020-01-01",
        "12:30",
        "1,000",
        "+-1",
        "._1",
    ] {
        let port = yaml_port(name);
        assert!(matches!(port, Some(Err(_))), "{name}: {port:?}");
    }
    for unreadable in [
        "80.5",
        "1e-1",
        "2147483648",
        "-2147483649",
        "99999999999999999999",
        "0xffffffffffffffffffff",
        ".5",
        ".inf",
        "-.Inf",
        ".NAN",
        "true",
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "on",
        "n",
        "NO",
        "off",
        "[80]",
        "{a: b}",
        "!!int words",
        "!!bool 80",
        "!!binary aGk=",
    ] {
        let port = yaml_port(unreadable);
        assert_eq!(port, None, "{unreadable}");
    }
}

#[test]
fn ports_in_json() {
    for (token, number) in [("80", 80), ("0", 0), ("-1", -1), ("-0", 0), ("2147483647", i32::MAX)] {
        assert_eq!(json_port(token), Some(Ok(number)), "{token}");
    }
    for token in [r#""80""#, r#""http""#, r#""\u0068ttp""#] {
        assert!(matches!(json_port(token), Some(Err(_))), "{token}");
    }
    for token in ["80.0", "8e1", "2147483648", "1e400", "true", "[80]", "{}"] {
        assert_eq!(json_port(token), None, "{token}");
    }
}

/// The same manifest with and without a port that says nothing.
#[test]
fn null_ports_are_absent() {
    for scalar in ["", "~", "null", "Null", "NULL", "!!null ''"] {
        assert_eq!(yaml_port(scalar), None, "{scalar}");
        let text = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec:\n  \
             ingress:\n  - ports:\n    - port: {scalar}\n"
        );
        assert_eq!(told(&super::read(&text)), [""; 0], "{scalar}");
    }
}

#[test]
fn label_values() {
    for (scalar, expected) in [
        ("web", Some("web")),
        ("v1.2.3", Some("v1.2.3")),
        ("2020-01-01", Some("2020-01-01")),
        ("2020-01-01T00:00:00Z", Some("2020-01-01T00:00:00Z")),
        ("10.0.0.0/8", Some("10.0.0.0/8")),
        ("'80'", Some("80")),
        ("\"on\"", Some("on")),
        ("!!str yes", Some("yes")),
        ("", Some("")),
        ("null", Some("")),
        ("~", Some("")),
        ("true", None),
        ("yes", None),
        ("on", None),
        ("y", None),
        ("80", None),
        ("1.10", None),
        ("0x50", None),
        ("1_000", None),
        (".inf", None),
    ] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    k: {scalar}\n"
        );
        let manifest = super::read(&text);
        match expected {
            Some(value) => {
                assert_eq!(told(&manifest), [""; 0], "{scalar}");
                assert_eq!(pod(&manifest).metadata.labels["k"], value);
            }
            None => {
                let place = "TypeInvalid metadata.labels[k] type 6:8";
                assert_eq!(told(&manifest), [place], "{scalar}");
            }
        }
    }
}

#[test]
fn label_keys_become_strings() {
    for (key, text) in [
        ("80", "80"),
        ("0x50", "80"),
        ("on", "true"),
        ("n", "false"),
        ("1.5", "1.5"),
        ("1.10", "1.1"),
        ("1234567.5", "1.2345675e+06"),
        ("0.00001", "1e-05"),
        (".inf", ".inf"),
    ] {
        let manifest = super::read(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    {key}: b\n"
        ));
        assert_eq!(pod(&manifest).metadata.labels.keys().collect::<Vec<_>>(), [text], "{key}");
        let note = format!("?Note metadata.labels[{text}] converted-key 6:5");
        assert_eq!(told(&manifest), [note], "{key}");
    }
}

#[test]
fn texts_in_every_style() {
    let manifest = super::read(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: >-\n    fol\n    ded\n  annotations:\n    \
         literal: |\n      a\n      b\n    plain: a\n      b # c\n    double: \"a\\n\\u00e9\\x41\"\n    \
         single: 'it''s'\n",
    );
    assert_eq!(told(&manifest), [""; 0]);
    let metadata = &pod(&manifest).metadata;
    assert_eq!(metadata.name, "fol ded");
    let annotations: Vec<&str> = metadata.annotations.values().map(String::as_str).collect();
    assert_eq!(annotations, ["a\néA", "a\nb\n", "a b", "it's"]);
}

#[test]
fn json_escapes() {
    let manifest = super::read(
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a",
        "annotations":{"k":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83d x\ude00"}}}"#,
    );
    assert_eq!(told(&manifest), [""; 0]);
    assert_eq!(
        pod(&manifest).metadata.annotations["k"],
        "\"\\/\u{8}\u{c}\n\r\té😀\u{fffd} x\u{fffd}"
    );
}
