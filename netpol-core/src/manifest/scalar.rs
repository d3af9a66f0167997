//! What a scalar without quotes means.
//!
//! kube-apiserver and kubectl turn YAML into JSON by `sigs.k8s.io/yaml`, whose reader resolves
//! plain scalars by YAML 1.1 with the additions of go-yaml (`resolve` in `goyaml.v2/resolve.go`).
//! The rules here are those, so that a manifest means here what it means there.

use std::borrow::Cow;

use super::tree::Value;

/// The value of a plain scalar.
pub(super) fn resolve(text: Cow<'_, str>) -> Value<'_> {
    match plain(&text) {
        Some(value) => value,
        None => Value::String(text),
    }
}

/// The value of a scalar with the tag `tag:yaml.org,2002:` + `tag`, quoted or not. A scalar that
/// is not what its tag says is [`Value::Mistagged`].
pub(super) fn resolve_tagged<'text>(tag: &str, text: Cow<'text, str>) -> Value<'text> {
    let value = match tag {
        "str" | "timestamp" => return Value::String(text),
        "binary" => return Value::Mistagged("`!!binary` is not supported".into()),
        _ => plain(&text),
    };
    match (tag, value) {
        ("bool", Some(value @ Value::Bool(_)))
        | ("int", Some(value @ Value::Integer(_)))
        | ("float", Some(value @ (Value::Integer(_) | Value::Number(_))))
        | ("null", Some(value @ Value::Null)) => value,
        _ => Value::Mistagged(format!("`{}` is no `!!{tag}`", shorten(&text)).into()),
    }
}

/// The text of a mapping key that was not written as a string, as `sigs.k8s.io/yaml` prints it
/// into JSON; `None` for what cannot be a key.
pub(super) fn key_text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Number(value) => Some(float_key(*value)),
        _ => None,
    }
}

/// What the scalar is unless it is a string.
fn plain(text: &str) -> Option<Value<'static>> {
    let Some(&first) = text.as_bytes().first() else { return Some(Value::Null) };
    match first {
        b'y' | b'Y' | b't' | b'T' | b'n' | b'N' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'.' | b'+' | b'-' | b'0'..=b'9' => special_float(text).or_else(|| number(text)),
        _ => None,
    }
}

fn word(text: &str) -> Option<Value<'static>> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Some(Value::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(Value::Bool(false))
        }
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        _ => None,
    }
}

fn special_float(text: &str) -> Option<Value<'static>> {
    let number = match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    };
    Some(Value::Number(number))
}

fn number(text: &str) -> Option<Value<'static>> {
    // A leading point goes to Go's ParseFloat as it stands, where an underscore is an error.
    let digits: Cow<'_, str> = if text.contains('_') && !text.starts_with('.') {
        text.replace('_', "").into()
    } else {
        text.into()
    };
    if let Some(value) = integer(&digits) {
        return Some(value);
    }
    if !is_float(&digits) {
        return None;
    }
    let value: f64 = digits.parse().ok()?;
    // Go's ParseFloat reports what is out of range as an error, and the scalar stays a string.
    value.is_finite().then(|| whole(value))
}

/// A float with an integral value is an integer, because Go prints it into JSON as one: `80.0` and
/// `8e1` arrive as `80`. From 1e21 on, Go prints an exponent.
fn whole(value: f64) -> Value<'static> {
    // 2^53: beyond it integers are no longer exact, and no field takes one that large.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53")]
        return Value::Integer(value as i64);
    }
    Value::Number(value)
}

/// As Go's `strconv.ParseInt(text, 0, 64)` and its relatives: a sign, a prefix for the base.
fn integer(text: &str) -> Option<Value<'static>> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let bytes = unsigned.as_bytes();
    let (base, digits) = match (bytes.first()?, bytes.get(1)) {
        (b'0', Some(b'x' | b'X')) => (16, unsigned.get(2..)?),
        (b'0', Some(b'o' | b'O')) => (8, unsigned.get(2..)?),
        (b'0', Some(b'b' | b'B')) => (2, unsigned.get(2..)?),
        (b'0', Some(_)) => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, base).unwrap_or(i128::MAX);
    let value = if negative { magnitude.checked_neg()? } else { magnitude };
    Some(i64::try_from(value).map_or_else(
        // Still a number, larger than any field holds.
        |_| Value::Number(if negative { f64::MIN } else { f64::MAX }),
        Value::Integer,
    ))
}

/// Whether the text matches `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => {
            let (mantissa, exponent) = unsigned.split_at(at);
            (mantissa, exponent.get(1..))
        }
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((before, after)) => {
            digits(before) && digits(after) && !(before.is_empty() && after.is_empty())
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    mantissa_fits
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        })
}

/// As Go's `strconv.FormatFloat(value, 'g', -1, 32)`, with YAML's names for what is not finite.
fn float_key(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the upstream converter rounds to 32 bits")]
    let value = value as f32;
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if (-4..6).contains(&exponent) => value.to_string(),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        Err(_) => scientific,
    }
}

fn shorten(text: &str) -> &str {
    text.char_indices().nth(40).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}
