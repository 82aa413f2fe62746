//! The evaluator: one expression of the syntax tree to one value.
//!
//! Values behave as in HCL2: numbers, strings and bools convert where an operator needs them to; `&&`, `||` and
//! conditionals look only at what they need. A name that is neither in scope nor `var` or `local` is not ours to
//! know: it is kept as `${its source text}` for the time when the task runs.
//!
//! Bounded twice: [`Budget`] limits the work and the size of what is made, `MAX_DEPTH` the stack.

mod budget;
mod call;
mod collection;
mod convert;
mod fault;
mod operator;
mod scope;
mod template;
mod traversal;
mod types;
mod val;

pub(crate) use budget::{Budget, Exhausted, text_units};
pub(crate) use convert::{to_bool, to_number, to_text};
pub(crate) use fault::{Eval, Fault};
pub(crate) use scope::{Roots, Scope, Slot};
pub(crate) use types::Type;
pub(crate) use val::{MapBuilder, Val, by_key};

use std::cell::Cell;

use hcl_edit::expr::{Conditional, Expression};

use crate::files::Files;
use crate::functions::Patterns;
use crate::number::Number;
use crate::source::{Source, Span};

/// How deep evaluation may go; the parser bounds nesting to 64 levels and 128 chained operators itself.
const MAX_DEPTH: u32 = 300;

/// Evaluates the expressions of one source.
pub(crate) struct Evaluator<'s> {
    pub source: &'s Source,
    pub roots: Roots,
    pub budget: Budget,
    patterns: Patterns,
    files: Option<&'s dyn Files>,
    seed: Option<[u8; 16]>,
    /// How many random values were drawn from the seed.
    drawn: Cell<u64>,
    depth: Cell<u32>,
}

impl<'s> Evaluator<'s> {
    pub fn new(source: &'s Source, roots: Roots, seed: Option<[u8; 16]>) -> Self {
        let (drawn, depth) = (Cell::new(0), Cell::new(0));
        let (budget, patterns) = (Budget::default(), Patterns::default());
        Self { source, roots, budget, patterns, files: None, seed, drawn, depth }
    }

    /// Lets the filesystem functions see these files.
    pub fn with_files(self, files: Option<&'s dyn Files>) -> Self {
        Self { files, ..self }
    }

    /// The value of an expression.
    pub fn eval(&self, expr: &Expression, scope: &Scope<'_>) -> Eval<Val> {
        self.deeper(place(expr), || self.eval_inner(expr, scope))
    }

    fn eval_inner(&self, expr: &Expression, scope: &Scope<'_>) -> Eval<Val> {
        match expr {
            Expression::Null(_) => Ok(Val::Null),
            Expression::Bool(value) => Ok(Val::Bool(*value.value())),
            Expression::Number(value) => Self::number(value.value(), place(expr)),
            Expression::String(text) => self.text(text.value().clone(), place(expr)),
            Expression::Array(array) => self.array(array, scope),
            Expression::Object(object) => self.object(object, scope),
            Expression::StringTemplate(template) => self.quoted(template, scope),
            Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc, place(expr), scope),
            Expression::Parenthesis(inner) => self.eval(inner.inner(), scope),
            Expression::Variable(name) => self.variable(name.as_str(), place(expr), scope),
            Expression::Conditional(conditional) => self.conditional(conditional, scope),
            Expression::FuncCall(call) => self.call(call, place(expr), scope),
            Expression::Traversal(traversal) => self.traversal(traversal, place(expr), scope),
            Expression::UnaryOp(op) => self.unary(op, scope),
            Expression::BinaryOp(op) => self.binary(op, place(expr), scope),
            Expression::ForExpr(expression) => self.for_expression(expression, scope),
        }
    }

    /// Runs one step deeper, and refuses to go deeper than the stack is sure to carry.
    fn deeper<T>(&self, span: Span, run: impl FnOnce() -> Eval<T>) -> Eval<T> {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return Err(Fault::at(
                span,
                "this expression is nested too deeply",
                "move parts of it into `locals`",
            ));
        }
        self.spend(1, span)?;
        self.depth.set(depth + 1);
        let result = run();
        self.depth.set(depth);
        result
    }

    /// Pays for work or for something made; every loop and every copy goes through here.
    pub fn spend(&self, units: u64, span: Span) -> Eval<()> {
        self.budget.spend(units).map_err(|Exhausted| Fault::Exhausted(span))
    }

    fn number(number: &hcl_edit::Number, span: Span) -> Eval<Val> {
        let exact = number.as_u64().map(Number::from).or_else(|| number.as_i64().map(Number::from));
        let number = exact.or_else(|| number.as_f64().and_then(Number::from_f64));
        let refused = || Fault::at(span, "this number is too large", "write a number that a float can hold");
        number.map(Val::Num).ok_or_else(refused)
    }

    fn text(&self, text: String, span: Span) -> Eval<Val> {
        self.spend(text_units(&text), span)?;
        Ok(Val::Str(text))
    }

    fn copy(&self, value: &Val, span: Span) -> Eval<Val> {
        self.spend(value.weight(), span)?;
        Ok(value.clone())
    }

    /// Only the chosen branch must succeed; the other is looked at for its type, as HCL does.
    fn conditional(&self, conditional: &Conditional, scope: &Scope<'_>) -> Eval<Val> {
        let condition = self.eval(&conditional.cond_expr, scope)?;
        let chosen = to_bool(&condition).map_err(|why| {
            Fault::at(
                place(&conditional.cond_expr),
                format!("the condition is not a bool: {why}"),
                "compare something, or write true or false",
            )
        })?;
        let branches = (&conditional.true_expr, &conditional.false_expr);
        let (taken, other) = if chosen { branches } else { (branches.1, branches.0) };
        let value = self.eval(taken, scope)?;
        match self.eval(other, scope) {
            Ok(other) => convert::unify(value, &other).map_err(|why| {
                let span = place(&conditional.true_expr).to(place(&conditional.false_expr));
                Fault::at(span, why, "give both branches the same type")
            }),
            Err(_) => Ok(value),
        }
    }

    /// Sixteen random bytes from the seed; `None` when the caller gave no seed.
    pub fn random(&self) -> Option<[u8; 16]> {
        use sha2::{Digest, Sha256};
        let drawn = self.drawn.get();
        self.drawn.set(drawn + 1);
        let digest = Sha256::new().chain_update(self.seed?).chain_update(drawn.to_le_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Some(bytes)
    }
}

/// Where an expression stands.
pub(crate) fn place(expr: &impl hcl_edit::Span) -> Span {
    expr.span().map(Span::from).unwrap_or_default()
}
