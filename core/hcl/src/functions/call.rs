//! How a function is declared and how it reads its arguments.

use super::regular::Patterns;
use crate::eval::{Budget, Exhausted, Val, text_units, to_number, to_text};
use crate::files::Files;
use crate::number::Number;

/// A row of a family's table.
pub(crate) struct Function {
    pub name: &'static str,
    /// How to call it, for messages.
    pub usage: &'static str,
    pub least: usize,
    pub most: usize,
    pub run: fn(&Call<'_>) -> Out,
    /// Whether it needs [`Files`].
    pub reads_files: bool,
}

impl Function {
    pub const fn new(
        name: &'static str,
        usage: &'static str,
        least: usize,
        most: usize,
        run: fn(&Call<'_>) -> Out,
    ) -> Self {
        Self { name, usage, least, most, run, reads_files: false }
    }

    pub const fn reading_files(self) -> Self {
        Self { reads_files: true, ..self }
    }
}

pub(crate) type Out = Result<Val, Refusal>;

/// Why a function refuses its arguments, and which one is at fault where one is.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub arg: Option<usize>,
    pub text: String,
}

impl Refusal {
    pub fn new(text: impl Into<String>) -> Self {
        Self { arg: None, text: text.into() }
    }

    pub fn of(arg: usize, text: impl Into<String>) -> Self {
        Self { arg: Some(arg), text: text.into() }
    }
}

impl From<Exhausted> for Refusal {
    fn from(Exhausted: Exhausted) -> Self {
        Self::new("this makes more data than is allowed")
    }
}

/// A call in progress: evaluated arguments and what else a pure function may draw on.
pub(crate) struct Call<'a> {
    pub args: Vec<Val>,
    pub budget: &'a Budget,
    pub patterns: &'a Patterns,
    pub files: Option<&'a dyn Files>,
    pub random: &'a dyn Fn() -> Option<[u8; 16]>,
}

impl Call<'_> {
    pub fn arg(&self, at: usize) -> &Val {
        self.args.get(at).unwrap_or(&Val::Null)
    }

    /// The arguments from `at` on.
    pub fn rest(&self, at: usize) -> &[Val] {
        self.args.get(at..).unwrap_or_default()
    }

    pub fn text(&self, at: usize) -> Result<String, Refusal> {
        to_text(self.arg(at)).map_err(|why| Refusal::of(at, why))
    }

    pub fn number(&self, at: usize) -> Result<Number, Refusal> {
        to_number(self.arg(at)).map_err(|why| Refusal::of(at, why))
    }

    pub fn whole(&self, at: usize) -> Result<i64, Refusal> {
        let number = self.number(at)?;
        number
            .as_i64()
            .ok_or_else(|| Refusal::of(at, format!("a whole number is needed, but this is {number}")))
    }

    /// A whole number that counts something.
    pub fn count(&self, at: usize) -> Result<usize, Refusal> {
        let number = self.whole(at)?;
        usize::try_from(number)
            .map_err(|_| Refusal::of(at, format!("a number from 0 is needed, but this is {number}")))
    }

    pub fn items(&self, at: usize) -> Result<&[Val], Refusal> {
        let value = self.arg(at);
        value
            .items()
            .ok_or_else(|| Refusal::of(at, format!("a list is needed, but this is a {}", value.kind())))
    }

    pub fn texts(&self, at: usize) -> Result<Vec<String>, Refusal> {
        let convert =
            |item: &Val| to_text(item).map_err(|why| Refusal::of(at, format!("in the list: {why}")));
        self.items(at)?.iter().map(convert).collect()
    }

    pub fn entries(&self, at: usize) -> Result<&[(String, Val)], Refusal> {
        match self.arg(at) {
            Val::Map(entries) => Ok(entries),
            other => Err(Refusal::of(at, format!("a map is needed, but this is a {}", other.kind()))),
        }
    }

    /// Pays for what is about to be made.
    pub fn spend(&self, units: u64) -> Result<(), Refusal> {
        self.budget.spend(units).map_err(Refusal::from)
    }

    /// Pays for a text of this length before it is made.
    pub fn spend_bytes(&self, bytes: usize) -> Result<(), Refusal> {
        self.spend(bytes as u64 / 8)
    }

    /// A text as the result, paid for.
    pub fn say(&self, text: String) -> Out {
        self.spend(text_units(&text))?;
        Ok(Val::Str(text))
    }
}

/// A count as a value.
pub(super) fn count(of: usize) -> Val {
    Val::Num(Number::from_i128(i128::try_from(of).unwrap_or(i128::MAX)))
}
