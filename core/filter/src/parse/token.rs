//! Words, strings, numbers and selectors. White space before each is skipped.

use winnow::ascii::multispace0;
use winnow::combinator::{not, opt, peek};
use winnow::error::{ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::Location;
use winnow::token::{any, literal, one_of, take_while};

use super::{Input, Parsed};
use crate::ast::Selector;
use crate::error::Problem;
use crate::print::is_name_char;

/// Where and why reading stopped.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    pub at: usize,
    pub problem: Problem,
}

impl Default for Stop {
    fn default() -> Self {
        Self { at: 0, problem: Problem::Expected("an expression") }
    }
}

impl ParserError<Input<'_>> for Stop {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        Self { at: input.current_token_start(), ..Self::default() }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

fn position(input: &Input<'_>) -> usize {
    input.current_token_start()
}

/// Where the next thing that is no white space stands.
pub(super) fn behind_space(input: &mut Input<'_>) -> Parsed<usize> {
    let _skipped: &str = multispace0.parse_next(input)?;
    Ok(position(input))
}

/// An error behind the white space that follows.
pub(super) fn here(input: &mut Input<'_>, problem: Problem) -> ErrMode<Stop> {
    let _skipped: Parsed<&str> = multispace0.parse_next(input);
    let stop = Stop { at: position(input), problem };
    match stop.problem {
        Problem::Expected(_) => ErrMode::Backtrack(stop),
        _ => ErrMode::Cut(stop),
    }
}

fn expected(input: &mut Input<'_>, what: &'static str) -> ErrMode<Stop> {
    here(input, Problem::Expected(what))
}

pub(super) fn end(input: &mut Input<'_>) -> Parsed<()> {
    let _skipped: &str = multispace0.parse_next(input)?;
    match peek(opt(any::<_, ErrMode<Stop>>)).parse_next(input)? {
        None => Ok(()),
        Some(_) => Err(expected(input, "\"and\", \"or\" or the end")),
    }
}

/// A word of the language, where a name would not go on.
pub(super) fn keyword<'a>(word: &'static str) -> impl FnMut(&mut Input<'a>) -> Parsed<()> {
    move |input| {
        let mut whole = (multispace0, literal(word), not(one_of(is_word_char))).void();
        whole.parse_next(input).map_err(|_: ErrMode<Stop>| expected(input, named(word)))
    }
}

const fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

pub(super) fn symbol<'a>(text: &'static str) -> impl FnMut(&mut Input<'a>) -> Parsed<()> {
    move |input| {
        let mut whole = (multispace0, literal(text)).void();
        whole.parse_next(input).map_err(|_: ErrMode<Stop>| expected(input, named(text)))
    }
}

/// As error messages show it.
const fn named(token: &'static str) -> &'static str {
    match token.as_bytes() {
        b")" => "\")\", \"and\" or \"or\"",
        b"}" => "\"}\", \"and\" or \"or\"",
        b"{" => "\"{\"",
        b"as" => "\"as\"",
        b"empty" => "\"empty\" or \"not empty\"",
        _ => token,
    }
}

/// A value as it is written; which side of an operator it is on says whether it is text or names something.
pub(super) enum Term {
    Text { text: String, at: usize },
    Selector(Selector),
}

impl Term {
    pub(super) fn text(self) -> String {
        match self {
            Self::Text { text, .. } => text,
            Self::Selector(selector) => selector.parts.join("."),
        }
    }

    /// # Errors
    /// When it is a number or a string that is no JSON pointer.
    pub(super) fn selector(self) -> Parsed<Selector> {
        match self {
            Self::Selector(selector) => Ok(selector),
            Self::Text { text, at } => pointer(&text, at)
                .ok_or(ErrMode::Cut(Stop { at, problem: Problem::Expected("a selector or \"in\"") })),
        }
    }
}

fn pointer(text: &str, at: usize) -> Option<Selector> {
    let parts = text.strip_prefix('/')?.split('/');
    let parts = parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    Some(Selector { parts, at })
}

pub(super) fn term(input: &mut Input<'_>) -> Parsed<Term> {
    let at = behind_space(input)?;
    if let Some(text) = string(input)? {
        return Ok(Term::Text { text, at });
    }
    if let Some(text) = number(input)? {
        return Ok(Term::Text { text, at });
    }
    match dotted(input)? {
        Some(parts) => Ok(Term::Selector(Selector { parts, at })),
        None => Err(expected(input, "\"not\", \"(\", \"any\", \"all\", a selector or a value")),
    }
}

pub(super) fn selector(input: &mut Input<'_>) -> Parsed<Selector> {
    let at = behind_space(input)?;
    if let Some(parts) = dotted(input)? {
        return Ok(Selector { parts, at });
    }
    match string(input)? {
        Some(text) => Term::Text { text, at }.selector(),
        None => Err(expected(input, "a selector")),
    }
}

/// A name that `any` and `all` bind.
pub(super) fn name(input: &mut Input<'_>) -> Parsed<String> {
    let _skipped: &str = multispace0.parse_next(input)?;
    let parsed: Parsed<&str> = take_while(1.., is_word_char).parse_next(input);
    let first_fits = |text: &&str| !text.starts_with(|c: char| c.is_ascii_digit());
    match parsed.ok().filter(first_fits) {
        Some(text) => Ok(text.to_owned()),
        None => Err(expected(input, "a name")),
    }
}

/// `Name.part["part"]`
fn dotted(input: &mut Input<'_>) -> Parsed<Option<Vec<String>>> {
    let Some(first) = opt(plain_name).parse_next(input)? else { return Ok(None) };
    let mut parts = vec![first.to_owned()];
    loop {
        if opt(literal::<_, _, ErrMode<Stop>>(".")).parse_next(input)?.is_some() {
            match opt(plain_name).parse_next(input)? {
                Some(part) => parts.push(part.to_owned()),
                None => return Err(cut(input, "a name after \".\"")),
            }
        } else if opt(literal::<_, _, ErrMode<Stop>>("[")).parse_next(input)?.is_some() {
            let Some(part) = string(input)? else { return Err(cut(input, "a quoted key after \"[\"")) };
            parts.push(part);
            if opt(literal::<_, _, ErrMode<Stop>>("]")).parse_next(input)?.is_none() {
                return Err(cut(input, "\"]\""));
            }
        } else {
            return Ok(Some(parts));
        }
    }
}

fn cut(input: &Input<'_>, what: &'static str) -> ErrMode<Stop> {
    ErrMode::Cut(Stop { at: position(input), problem: Problem::Expected(what) })
}

fn plain_name<'a>(input: &mut Input<'a>) -> Parsed<&'a str> {
    (one_of(|c: char| c.is_ascii_alphabetic()), take_while(0.., is_name_char)).take().parse_next(input)
}

fn number(input: &mut Input<'_>) -> Parsed<Option<String>> {
    let digits = || take_while::<_, _, ErrMode<Stop>>(1.., |c: char| c.is_ascii_digit());
    let text = (opt('-'), digits(), opt(('.', digits()))).take();
    let ends = not(one_of(|c: char| is_word_char(c) || c == '.'));
    let whole = opt((text, ends)).parse_next(input)?;
    Ok(whole.map(|(text, ())| str::to_owned(text)))
}

fn string(input: &mut Input<'_>) -> Parsed<Option<String>> {
    if opt(literal::<_, _, ErrMode<Stop>>("`")).parse_next(input)?.is_some() {
        let text: &str = take_while(0.., |c| c != '`').parse_next(input)?;
        let closed = opt(literal::<_, _, ErrMode<Stop>>("`")).parse_next(input)?;
        return closed.map(|_| Some(text.to_owned())).ok_or_else(|| cut(input, "\"`\""));
    }
    if opt(literal::<_, _, ErrMode<Stop>>("\"")).parse_next(input)?.is_none() {
        return Ok(None);
    }
    let mut text = String::new();
    loop {
        let Some(c) = opt(any::<_, ErrMode<Stop>>).parse_next(input)? else {
            return Err(cut(input, "a closing quote"));
        };
        match c {
            '"' => return Ok(Some(text)),
            '\\' => text.push(escape(input)?),
            c => text.push(c),
        }
    }
}

fn escape(input: &mut Input<'_>) -> Parsed<char> {
    let at = position(input).saturating_sub(1);
    let bad = || ErrMode::Cut(Stop { at, problem: Problem::Escape });
    let c = opt(any::<_, ErrMode<Stop>>).parse_next(input)?.ok_or_else(bad)?;
    let digits = match c {
        '"' | '\\' => return Ok(c),
        'n' => return Ok('\n'),
        'r' => return Ok('\r'),
        't' => return Ok('\t'),
        'x' => 2_usize,
        'u' => 4,
        'U' => 8,
        _ => return Err(bad()),
    };
    let hex = opt(take_while::<_, _, ErrMode<Stop>>(digits..=digits, |c: char| c.is_ascii_hexdigit()))
        .parse_next(input)?
        .ok_or_else(bad)?;
    // A byte above 0x7f alone is no text.
    let code = u32::from_str_radix(hex, 16).ok().filter(|code| c != 'x' || *code < 0x80);
    code.and_then(char::from_u32).ok_or_else(bad)
}
