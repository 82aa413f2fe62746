//! Conversions between strings, numbers and bools, as operators and functions need them.

use super::val::Val;
use crate::number::Number;

/// As a string: numbers and bools have one.
pub(crate) fn to_text(value: &Val) -> Result<String, String> {
    match value {
        Val::Str(text) => Ok(text.clone()),
        Val::Num(number) => Ok(number.to_string()),
        Val::Bool(value) => Ok(value.to_string()),
        Val::Null | Val::List(_) | Val::Set(_) | Val::Map(_) => Err(mismatch("string", value)),
    }
}

/// As a number: a string of decimal digits is one.
pub(crate) fn to_number(value: &Val) -> Result<Number, String> {
    match value {
        Val::Num(number) => Ok(*number),
        Val::Str(text) => Number::parse(text).ok_or_else(|| mismatch("number", value)),
        _ => Err(mismatch("number", value)),
    }
}

/// As a bool: the strings `true`, `false`, `1` and `0` are.
pub(crate) fn to_bool(value: &Val) -> Result<bool, String> {
    match value {
        Val::Bool(value) => Ok(*value),
        Val::Str(text) => match text.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(mismatch("bool", value)),
        },
        _ => Err(mismatch("bool", value)),
    }
}

/// "a number is needed, but this is a list", with the text itself where it is short.
pub(crate) fn mismatch(wanted: &str, got: &Val) -> String {
    match got {
        Val::Str(text) if text.starts_with("${") => {
            format!("a {wanted} is needed, but `{}` is known only when the task runs", shorten(text))
        }
        Val::Str(text) => format!("a {wanted} is needed, but this is the string `{}`", shorten(text)),
        Val::Null => format!("a {wanted} is needed, but this is null"),
        _ => format!("a {wanted} is needed, but this is a {}", got.kind()),
    }
}

/// A text cut to what fits into a message.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String =
        text.chars().take(LONGEST).map(|ch| if ch.is_control() { ' ' } else { ch }).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// Gives the chosen branch of a conditional the type both branches have in common.
pub(crate) fn unify(value: Val, other: &Val) -> Result<Val, String> {
    match (&value, other) {
        (Val::Str(_), Val::Num(_) | Val::Bool(_)) => Ok(value),
        (Val::Num(_) | Val::Bool(_), Val::Str(_)) => to_text(&value).map(Val::Str),
        (Val::Null, _) | (_, Val::Null) => Ok(value),
        (Val::List(_) | Val::Set(_), Val::List(_) | Val::Set(_)) => Ok(value),
        _ if value.kind() == other.kind() => Ok(value),
        _ => Err(format!("the branches of this conditional are a {} and a {}", value.kind(), other.kind())),
    }
}
