//! Numbers.

use super::call::{Call, Function, Out, Refusal};
use crate::eval::{Val, to_number};
use crate::number::{Number, rounded};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abs", "abs(number)", 1, 1, abs),
    Function::new("ceil", "ceil(number)", 1, 1, ceil),
    Function::new("floor", "floor(number)", 1, 1, floor),
    Function::new("log", "log(number, base)", 2, 2, log),
    Function::new("max", "max(number, …)", 1, usize::MAX, max),
    Function::new("min", "min(number, …)", 1, usize::MAX, min),
    Function::new("parseint", "parseint(string, base)", 2, 2, parseint),
    Function::new("pow", "pow(number, exponent)", 2, 2, pow),
    Function::new("signum", "signum(number)", 1, 1, signum),
];

fn number(value: Option<Number>) -> Out {
    value.map(Val::Num).ok_or_else(|| Refusal::new("the result is not a finite number"))
}

fn abs(call: &Call<'_>) -> Out {
    let value = call.number(0)?;
    Ok(Val::Num(if value.compare(Number::from(0)).is_lt() { value.negate() } else { value }))
}

fn ceil(call: &Call<'_>) -> Out {
    number(call.number(0)?.map_real(f64::ceil))
}

fn floor(call: &Call<'_>) -> Out {
    number(call.number(0)?.map_real(f64::floor))
}

fn log(call: &Call<'_>) -> Out {
    let (value, base) = (call.number(0)?.as_f64(), call.number(1)?.as_f64());
    number(rounded(value.ln() / base.ln()))
}

fn max(call: &Call<'_>) -> Out {
    extreme(call, |a, b| a.compare(b).is_gt())
}

fn min(call: &Call<'_>) -> Out {
    extreme(call, |a, b| a.compare(b).is_lt())
}

fn extreme(call: &Call<'_>, better: fn(Number, Number) -> bool) -> Out {
    let mut best = call.number(0)?;
    for (at, value) in call.args.iter().enumerate() {
        let next = to_number(value).map_err(|why| Refusal::of(at, why))?;
        if better(next, best) {
            best = next;
        }
    }
    Ok(Val::Num(best))
}

fn parseint(call: &Call<'_>) -> Out {
    let (text, base) = (call.text(0)?, call.whole(1)?);
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    let base = base.ok_or_else(|| Refusal::of(1, "the base must be from 2 to 36"))?;
    let parsed = i128::from_str_radix(&text, base).ok();
    let parsed = parsed.map(Number::from_i128).filter(|number| number.is_whole());
    parsed
        .map(Val::Num)
        .ok_or_else(|| Refusal::of(0, format!("`{text}` is not a whole number in base {base}")))
}

fn pow(call: &Call<'_>) -> Out {
    let (base, exponent) = (call.number(0)?, call.number(1)?);
    let exact = base.as_i128().zip(exponent.as_u64().and_then(|exponent| u32::try_from(exponent).ok()));
    match exact.and_then(|(base, exponent)| base.checked_pow(exponent)) {
        Some(whole) => Ok(Val::Num(Number::from_i128(whole))),
        None => number(rounded(base.as_f64().powf(exponent.as_f64()))),
    }
}

fn signum(call: &Call<'_>) -> Out {
    Ok(Val::Num(Number::from(call.number(0)?.compare(Number::from(0)) as i32)))
}
