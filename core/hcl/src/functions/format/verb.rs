//! One verb of a format: `%`, flags, `[number]`, width, precision, letter.

use crate::eval::{Val, to_bool, to_number, to_text};
use crate::number::Number;

/// Widths and precisions beyond this are refused.
const WIDEST: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Verb {
    pub letter: char,
    /// Which argument, from 0, when the verb says so.
    pub number: Option<usize>,
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Parses what follows a `%`; gives back the text after the verb.
pub(super) fn parse(text: &str) -> Result<(Verb, &str), String> {
    let rest = text.trim_start_matches(['-', '+', '#', ' ', '0']);
    let mut verb =
        Verb { flags: text.get(..text.len() - rest.len()).unwrap_or("").to_owned(), ..Verb::default() };
    let mut rest = rest;
    (verb.width, rest) = digits(rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = digits(after)?;
        verb.precision = Some(precision.unwrap_or(0));
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('[') {
        let (number, after) = digits(after)?;
        let zero_based = number.and_then(|number| number.checked_sub(1));
        verb.number = Some(zero_based.ok_or("the number in `%[…]` counts from 1")?);
        rest = after.strip_prefix(']').ok_or("a `[` of the format is not closed")?;
    }
    verb.letter = rest
        .chars()
        .next()
        .ok_or("the format ends in the middle of a verb; write `%%` for a percent sign")?;
    let after = rest.get(verb.letter.len_utf8()..).unwrap_or("");
    Ok((verb, after))
}

fn digits(text: &str) -> Result<(Option<usize>, &str), String> {
    let rest = text.trim_start_matches(|ch: char| ch.is_ascii_digit());
    let number = text.get(..text.len() - rest.len()).unwrap_or("");
    if number.is_empty() {
        return Ok((None, rest));
    }
    let parsed = number.parse().ok().filter(|number| *number <= WIDEST);
    parsed.map(|number| (Some(number), rest)).ok_or_else(|| format!("`{number}` is too large in a format"))
}

impl Verb {
    pub fn render(&self, value: &Val) -> Result<String, String> {
        let text = match self.letter {
            'v' if self.has('#') => json(value),
            'v' => match value {
                Val::Null => "null".to_owned(),
                Val::List(_) | Val::Set(_) | Val::Map(_) => json(value),
                Val::Num(number) => self.signed(number.to_string()),
                plain => to_text(plain)?,
            },
            't' => to_bool(value)?.to_string(),
            's' => self.cut(to_text(value)?),
            'q' => json(&Val::Str(self.cut(to_text(value)?))),
            'd' => self.whole(value, |whole| whole.to_string())?,
            'b' => self.whole(value, |whole| radix(whole, |magnitude| format!("{magnitude:b}")))?,
            'o' => self.whole(value, |whole| radix(whole, |magnitude| format!("{magnitude:o}")))?,
            'x' => self.whole(value, |whole| radix(whole, |magnitude| format!("{magnitude:x}")))?,
            'X' => self.whole(value, |whole| radix(whole, |magnitude| format!("{magnitude:X}")))?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.signed(self.real(to_number(value)?)),
            letter => {
                return Err(format!("there is no verb `%{letter}`; use one of v t s q d b o x X e f g"));
            }
        };
        Ok(self.pad(text))
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn cut(&self, text: String) -> String {
        match self.precision {
            Some(longest) => text.chars().take(longest).collect(),
            None => text,
        }
    }

    fn whole(&self, value: &Val, write: impl FnOnce(i128) -> String) -> Result<String, String> {
        let number = to_number(value)?;
        let whole =
            number.as_i128().ok_or_else(|| format!("a whole number is needed, but this is {number}"))?;
        Ok(self.signed(write(whole)))
    }

    fn signed(&self, text: String) -> String {
        match text.starts_with('-') {
            false if self.has('+') => format!("+{text}"),
            false if self.has(' ') => format!(" {text}"),
            _ => text,
        }
    }

    fn real(&self, number: Number) -> String {
        let value = number.as_f64();
        let text = match self.letter {
            'f' | 'F' => format!("{value:.*}", self.precision.unwrap_or(6)),
            'e' | 'E' => exponent(&format!("{value:.*e}", self.precision.unwrap_or(6))),
            _ => self.shortest(number),
        };
        if self.letter.is_ascii_uppercase() { text.to_uppercase() } else { text }
    }

    /// `%g`: with an exponent when the number is very large or very small.
    fn shortest(&self, number: Number) -> String {
        let value = number.as_f64();
        let scientific = match self.precision {
            Some(digits) => format!("{value:.*e}", digits.max(1) - 1),
            None => format!("{value:e}"),
        };
        let power: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
        let most = self.precision.map_or(21, |digits| i32::try_from(digits.max(1)).unwrap_or(21));
        if power < -4 || power >= most {
            return exponent(&trim_zeros(&scientific));
        }
        match self.precision {
            Some(_) => scientific.parse::<f64>().map_or(scientific, |short| short.to_string()),
            None => number.to_string(),
        }
    }

    fn pad(&self, text: String) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        if missing == 0 {
            return text;
        }
        if self.has('-') {
            return text + &" ".repeat(missing);
        }
        let numeric = !matches!(self.letter, 's' | 'q' | 't');
        if self.has('0') && numeric {
            let digits_at = text.len() - text.trim_start_matches(['-', '+', ' ']).len();
            let (sign, digits) = text.split_at(digits_at);
            return format!("{sign}{}{digits}", "0".repeat(missing));
        }
        " ".repeat(missing) + &text
    }
}

fn json(value: &Val) -> String {
    let mut text = String::new();
    super::super::encoding::encode_json(value, &mut text);
    text
}

fn radix(whole: i128, write: impl FnOnce(u128) -> String) -> String {
    let sign = if whole < 0 { "-" } else { "" };
    format!("{sign}{}", write(whole.unsigned_abs()))
}

/// `1e5` as `1e+05`.
fn exponent(text: &str) -> String {
    let Some((digits, power)) = text.split_once('e') else { return text.to_owned() };
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{digits}e{sign}{power:0>2}")
}

/// `1.500e2` as `1.5e2`.
fn trim_zeros(text: &str) -> String {
    let Some((digits, power)) = text.split_once('e') else { return text.to_owned() };
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    format!("{digits}e{power}")
}
