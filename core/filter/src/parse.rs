//! From text to tree. One look ahead decides everywhere but at `any` and `all`, which may also be names, so the place
//! of an error is where reading stopped.

mod token;

use regex::RegexBuilder;
use winnow::combinator::opt;
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Stateful};

use crate::ast::{Each, Expr, Match, Selector, Test};
use crate::error::{FilterError, Problem};
use crate::{MAX_BYTES, MAX_DEPTH, MAX_PATTERN_BYTES, MAX_PATTERNS};
use token::{Stop, Term, end, here, keyword, name, selector, symbol, term};

type Input<'a> = Stateful<LocatingSlice<&'a str>, Used>;
type Parsed<T> = Result<T, ErrMode<Stop>>;

/// What of the limits is used up.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    depth: usize,
    patterns: usize,
}

/// Parses a whole expression.
///
/// # Errors
/// What was expected and where, or the limit that is exceeded.
pub fn parse(text: &str) -> Result<Expr, FilterError> {
    if text.len() > MAX_BYTES {
        return Err(FilterError::new(text, MAX_BYTES, Problem::TooLong));
    }
    let mut input = Stateful { input: LocatingSlice::new(text), state: Used::default() };
    let parsed = or(&mut input).and_then(|expr| end(&mut input).map(|()| expr));
    parsed.map_err(|error| {
        let stop = error.into_inner().unwrap_or_else(|_incomplete| Stop::default());
        FilterError::new(text, stop.at, stop.problem)
    })
}

fn or(input: &mut Input<'_>) -> Parsed<Expr> {
    terms(input, "or", and, Expr::Or)
}

fn and(input: &mut Input<'_>) -> Parsed<Expr> {
    terms(input, "and", not, Expr::And)
}

/// One term, or several with `word` between them.
fn terms(
    input: &mut Input<'_>,
    word: &'static str,
    term: fn(&mut Input<'_>) -> Parsed<Expr>,
    join: fn(Vec<Expr>) -> Expr,
) -> Parsed<Expr> {
    let first = term(input)?;
    let mut all = Vec::new();
    while opt(keyword(word)).parse_next(input)?.is_some() {
        all.push(term(input)?);
    }
    if all.is_empty() {
        return Ok(first);
    }
    all.insert(0, first);
    Ok(join(all))
}

fn not(input: &mut Input<'_>) -> Parsed<Expr> {
    if opt(keyword("not")).parse_next(input)?.is_some() {
        return deeper(input, not).map(|inner| Expr::Not(Box::new(inner)));
    }
    if opt(symbol("(")).parse_next(input)?.is_some() {
        let inner = deeper(input, or)?;
        symbol(")").parse_next(input)?;
        return Ok(inner);
    }
    match opt(each_head).parse_next(input)? {
        Some((all, selector, names)) => {
            let body = Box::new(deeper(input, or)?);
            symbol("}").parse_next(input)?;
            Ok(Expr::Each(Each { all, selector, names, body }))
        }
        None => question(input).map(Expr::Match),
    }
}

fn deeper(input: &mut Input<'_>, inner: fn(&mut Input<'_>) -> Parsed<Expr>) -> Parsed<Expr> {
    input.state.depth += 1;
    if input.state.depth > MAX_DEPTH {
        return Err(here(input, Problem::TooDeep));
    }
    let parsed = inner(input)?;
    input.state.depth -= 1;
    Ok(parsed)
}

type EachHead = (bool, Selector, (String, Option<String>));

fn each_head(input: &mut Input<'_>) -> Parsed<EachHead> {
    let all = opt(keyword("all")).parse_next(input)?.is_some();
    if !all {
        keyword("any").parse_next(input)?;
    }
    let selector = selector(input)?;
    keyword("as").parse_next(input)?;
    let first = name(input)?;
    let second = match opt(symbol(",")).parse_next(input)? {
        Some(()) => Some(name(input)?),
        None => None,
    };
    symbol("{").parse_next(input)?;
    Ok((all, selector, (first, second)))
}

fn question(input: &mut Input<'_>) -> Parsed<Match> {
    let left = term(input)?;
    if opt(symbol("==")).parse_next(input)?.is_some() {
        return about(left, false, Test::Equals(term(input)?.text()));
    }
    if opt(symbol("!=")).parse_next(input)?.is_some() {
        return about(left, true, Test::Equals(term(input)?.text()));
    }
    if opt(keyword("is")).parse_next(input)?.is_some() {
        let negated = opt(keyword("not")).parse_next(input)?.is_some();
        keyword("empty").parse_next(input)?;
        return about(left, negated, Test::Empty);
    }
    let negated = opt(keyword("not")).parse_next(input)?.is_some();
    if opt(keyword("in")).parse_next(input)?.is_some() {
        return about(Term::Selector(selector(input)?), negated, Test::Holds(left.text()));
    }
    if opt(keyword("contains")).parse_next(input)?.is_some() {
        return about(left, negated, Test::Holds(term(input)?.text()));
    }
    if opt(keyword("matches")).parse_next(input)?.is_some() {
        let pattern = pattern(input)?;
        return about(left, negated, Test::Matches(pattern));
    }
    let expected = match negated {
        true => "\"in\", \"contains\" or \"matches\"",
        false => "\"==\", \"!=\", \"in\", \"not\", \"contains\", \"matches\" or \"is\"",
    };
    Err(here(input, Problem::Expected(expected)))
}

fn about(left: Term, negated: bool, test: Test) -> Parsed<Match> {
    Ok(Match { selector: left.selector()?, negated, test })
}

fn pattern(input: &mut Input<'_>) -> Parsed<regex::Regex> {
    let at = token::behind_space(input)?;
    let pattern = term(input)?.text();
    input.state.patterns += 1;
    if input.state.patterns > MAX_PATTERNS {
        return Err(ErrMode::Cut(Stop { at, problem: Problem::TooManyPatterns }));
    }
    let built = RegexBuilder::new(&pattern)
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES)
        .nest_limit(100)
        .build();
    built.map_err(|error| {
        let reason = error.to_string().lines().last().unwrap_or_default().to_owned();
        ErrMode::Cut(Stop { at, problem: Problem::Pattern { pattern, reason } })
    })
}
