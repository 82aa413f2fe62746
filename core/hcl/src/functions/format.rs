//! `format` and `formatlist`: verbs in the manner of `printf`.

mod verb;

use super::call::{Call, Function, Out, Refusal};
use crate::eval::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("format", "format(format, value, …)", 1, usize::MAX, format),
    Function::new("formatlist", "formatlist(format, value or list, …)", 1, usize::MAX, formatlist),
];

fn format(call: &Call<'_>) -> Out {
    let format = call.text(0)?;
    let args: Vec<&Val> = call.rest(1).iter().collect();
    call.spend_bytes(format.len())?;
    render(call, &format, &args).and_then(|text| call.say(text))
}

/// Formats once per element: lists must have one length, and other values repeat.
fn formatlist(call: &Call<'_>) -> Out {
    let format = call.text(0)?;
    let mut rounds = None;
    for (at, list) in call.rest(1).iter().enumerate().filter_map(|(at, arg)| Some((at, arg.items()?))) {
        if *rounds.get_or_insert(list.len()) != list.len() {
            return Err(Refusal::of(at + 1, "the lists differ in length"));
        }
    }
    let mut texts = Vec::new();
    for round in 0..rounds.unwrap_or(1) {
        let pick = |arg: &'_ Val| -> Option<Val> { arg.items()?.get(round).cloned() };
        let picked: Vec<Val> =
            call.rest(1).iter().map(|arg| pick(arg).unwrap_or_else(|| arg.clone())).collect();
        call.spend(picked.iter().map(Val::weight).sum::<u64>() + format.len() as u64 / 8)?;
        let args: Vec<&Val> = picked.iter().collect();
        texts.push(render(call, &format, &args).and_then(|text| call.say(text))?);
    }
    Ok(Val::List(texts))
}

fn render(call: &Call<'_>, format: &str, args: &[&Val]) -> Result<String, Refusal> {
    let mut out = String::new();
    let mut next = 0;
    let mut numbered = false;
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (verb, after) = verb::parse(after).map_err(|why| Refusal::of(0, why))?;
        rest = after;
        if verb.letter == '%' {
            out.push('%');
            continue;
        }
        numbered |= verb.number.is_some();
        let at = verb.number.unwrap_or(next);
        next = at + 1;
        let missing =
            || Refusal::of(0, format!("`%{}` wants argument {}, which is not given", verb.letter, at + 1));
        let value = args.get(at).ok_or_else(missing)?;
        let text = verb.render(value).map_err(|why| Refusal::of(at + 1, why))?;
        call.spend_bytes(text.len())?;
        out.push_str(&text);
    }
    out.push_str(rest);
    if next < args.len() && !numbered {
        return Err(Refusal::of(next + 1, format!("the format uses only {next} of {} values", args.len())));
    }
    Ok(out)
}
