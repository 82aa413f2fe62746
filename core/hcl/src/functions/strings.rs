//! Texts. Positions and lengths count characters.

use super::call::{Call, Function, Out, Refusal, count};
use crate::eval::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chomp", "chomp(string)", 1, 1, chomp),
    Function::new("indent", "indent(spaces, string)", 2, 2, indent),
    Function::new("join", "join(separator, list, …)", 2, usize::MAX, join),
    Function::new("lower", "lower(string)", 1, 1, lower),
    Function::new("replace", "replace(string, substring, replacement)", 3, 3, replace),
    Function::new("split", "split(separator, string)", 2, 2, split),
    Function::new("strlen", "strlen(string)", 1, 1, strlen),
    Function::new("strrev", "strrev(string)", 1, 1, strrev),
    Function::new("substr", "substr(string, offset, length)", 3, 3, substr),
    Function::new("title", "title(string)", 1, 1, title),
    Function::new("trim", "trim(string, characters)", 2, 2, trim),
    Function::new("trimprefix", "trimprefix(string, prefix)", 2, 2, trimprefix),
    Function::new("trimspace", "trimspace(string)", 1, 1, trimspace),
    Function::new("trimsuffix", "trimsuffix(string, suffix)", 2, 2, trimsuffix),
    Function::new("upper", "upper(string)", 1, 1, upper),
];

fn chomp(call: &Call<'_>) -> Out {
    call.say(call.text(0)?.trim_end_matches(['\r', '\n']).to_owned())
}

/// Indents every line but the first.
fn indent(call: &Call<'_>) -> Out {
    let (spaces, text) = (call.count(0)?, call.text(1)?);
    let lines = text.matches('\n').count();
    call.spend_bytes(spaces.saturating_add(1).saturating_mul(lines))?;
    if lines == 0 {
        return call.say(text);
    }
    call.say(text.replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

fn join(call: &Call<'_>) -> Out {
    let separator = call.text(0)?;
    let mut texts = Vec::new();
    for at in 1..call.args.len() {
        texts.extend(call.texts(at)?);
    }
    call.spend_bytes(separator.len().saturating_mul(texts.len()))?;
    call.say(texts.join(&separator))
}

fn lower(call: &Call<'_>) -> Out {
    call.say(call.text(0)?.to_lowercase())
}

fn upper(call: &Call<'_>) -> Out {
    call.say(call.text(0)?.to_uppercase())
}

fn replace(call: &Call<'_>) -> Out {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let hits = if from.is_empty() { text.len() + 1 } else { text.matches(&from).count() };
    call.spend_bytes(to.len().saturating_mul(hits))?;
    call.say(text.replace(&from, &to))
}

fn split(call: &Call<'_>) -> Out {
    let (separator, text) = (call.text(0)?, call.text(1)?);
    if text.is_empty() {
        return Ok(Val::List(vec![Val::Str(text)]));
    }
    if separator.is_empty() {
        return Ok(Val::List(text.chars().map(|ch| Val::Str(ch.to_string())).collect()));
    }
    Ok(Val::List(text.split(&separator).map(|part| Val::Str(part.to_owned())).collect()))
}

fn strlen(call: &Call<'_>) -> Out {
    Ok(count(call.text(0)?.chars().count()))
}

fn strrev(call: &Call<'_>) -> Out {
    call.say(call.text(0)?.chars().rev().collect())
}

/// A negative offset counts from the end; a length of -1 takes the rest.
fn substr(call: &Call<'_>) -> Out {
    let (text, offset, length) = (call.text(0)?, call.whole(1)?, call.whole(2)?);
    let size = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if offset < 0 { size.saturating_add(offset).max(0) } else { offset };
    let take = match length {
        -1 => usize::MAX,
        _ => usize::try_from(length)
            .map_err(|_| Refusal::of(2, "the length must be -1 (the rest) or from 0"))?,
    };
    let skip = usize::try_from(start).unwrap_or(usize::MAX);
    call.say(text.chars().skip(skip).take(take).collect())
}

/// Makes the first letter of every word a capital.
fn title(call: &Call<'_>) -> Out {
    let mut inside = false;
    let mut out = String::new();
    for ch in call.text(0)?.chars() {
        if inside {
            out.push(ch);
        } else {
            out.extend(ch.to_uppercase());
        }
        inside = ch.is_alphanumeric() || matches!(ch, '_' | '\'');
    }
    call.say(out)
}

fn trim(call: &Call<'_>) -> Out {
    let (text, set) = (call.text(0)?, call.text(1)?);
    call.spend(text.len().min(64) as u64 * set.len() as u64 / 8)?;
    call.say(text.trim_matches(|ch| set.contains(ch)).to_owned())
}

fn trimprefix(call: &Call<'_>) -> Out {
    let (text, prefix) = (call.text(0)?, call.text(1)?);
    call.say(text.strip_prefix(prefix.as_str()).unwrap_or(&text).to_owned())
}

fn trimspace(call: &Call<'_>) -> Out {
    call.say(call.text(0)?.trim().to_owned())
}

fn trimsuffix(call: &Call<'_>) -> Out {
    let (text, suffix) = (call.text(0)?, call.text(1)?);
    call.say(text.strip_suffix(suffix.as_str()).unwrap_or(&text).to_owned())
}
