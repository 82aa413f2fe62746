//! An expression as text again: what it parses from, in one spelling.

use std::fmt::{Display, Formatter, Result, Write};

use crate::ast::{Each, Expr, Match, Selector, Test};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Or(terms) => joined(f, terms, " or "),
            Self::And(terms) => joined(f, terms, " and "),
            Self::Not(inner) => {
                f.write_str("not ")?;
                inner.operand(f)
            }
            Self::Match(one) => one.fmt(f),
            Self::Each(each) => each.fmt(f),
        }
    }
}

impl Expr {
    /// With parentheses where it would bind less than what it stands in.
    fn operand(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Or(_) | Self::And(_) => write!(f, "({self})"),
            _ => self.fmt(f),
        }
    }
}

fn joined(f: &mut Formatter<'_>, terms: &[Expr], between: &str) -> Result {
    for (position, term) in terms.iter().enumerate() {
        if position > 0 {
            f.write_str(between)?;
        }
        term.operand(f)?;
    }
    Ok(())
}

impl Display for Match {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let not = if self.negated { "not " } else { "" };
        match &self.test {
            Test::Equals(value) => {
                let operator = if self.negated { "!=" } else { "==" };
                write!(f, "{} {operator} {}", self.selector, Quoted(value))
            }
            Test::Holds(value) => write!(f, "{} {not}in {}", Quoted(value), self.selector),
            Test::Empty => write!(f, "{} is {not}empty", self.selector),
            Test::Matches(pattern) => {
                write!(f, "{} {not}matches {}", self.selector, Quoted(pattern.as_str()))
            }
        }
    }
}

impl Display for Each {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let word = if self.all { "all" } else { "any" };
        write!(f, "{word} {} as {}", self.selector, self.names.0)?;
        if let Some(second) = &self.names.1 {
            write!(f, ", {second}")?;
        }
        write!(f, " {{ {} }}", self.body)
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut parts = self.parts.iter();
        let Some(first) = parts.next() else { return Ok(()) };
        // What is no name, or would be taken for an operator, can only be the start of a pointer.
        if !is_name(first) || first == "not" {
            return Quoted(&self.pointer()).fmt(f);
        }
        f.write_str(first)?;
        for part in parts {
            match is_name(part) {
                true => write!(f, ".{part}")?,
                false => write!(f, "[{}]", Quoted(part))?,
            }
        }
        Ok(())
    }
}

impl Selector {
    /// As a JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.parts.iter().fold(String::new(), |mut text, part| {
            text.push('/');
            text.push_str(&part.replace('~', "~0").replace('/', "~1"));
            text
        })
    }
}

pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic()) && chars.all(is_name_char)
}

pub(crate) const fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '/')
}

/// A text in double quotes.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}
