//! Templates: quoted strings and heredocs with `${…}` and `%{…}`.
//!
//! A template is first rewritten into [`Part`]s, with `~` trimming and `<<-` indentation already applied to its texts
//! (both depend on the neighbours of a text, not on any value); then the parts are evaluated.

mod dedent;
mod part;

use hcl_edit::expr::Expression;
use hcl_edit::template::{Element, HeredocTemplate, StringTemplate};

use self::part::{Loop, Part, Quoting};
use super::collection::bind;
use super::convert::mismatch;
use super::{Eval, Evaluator, Fault, Scope, Val, place, text_units, to_bool, to_text};
use crate::source::Span;

impl Evaluator<'_> {
    pub(super) fn quoted(&self, template: &StringTemplate, scope: &Scope<'_>) -> Eval<Val> {
        if let Some(Element::Interpolation(only)) = template.as_single_element() {
            return self.eval(&only.expr, scope);
        }
        let parts = part::parts(template, Quoting::Quoted);
        self.join(&parts, scope)
    }

    pub(super) fn heredoc(&self, heredoc: &HeredocTemplate, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        self.spend(self.source.slice(span).len() as u64 / 8, span)?;
        let mut parts = part::parts(&heredoc.template, Quoting::Heredoc(self.source));
        if self.source.slice(span).starts_with("<<-") {
            dedent::dedent(&mut parts);
        }
        self.join(&parts, scope)
    }

    fn join(&self, parts: &[Part<'_>], scope: &Scope<'_>) -> Eval<Val> {
        let mut text = String::new();
        self.write(parts, scope, &mut text)?;
        Ok(Val::Str(text))
    }

    fn write(&self, parts: &[Part<'_>], scope: &Scope<'_>, out: &mut String) -> Eval<()> {
        for part in parts {
            match part {
                Part::Text(text) => self.push(text, Span::default(), out)?,
                Part::Value(expr) => self.write_value(expr, scope, out)?,
                Part::If { condition, then, otherwise } => {
                    let chosen = if self.holds(condition, scope)? { then } else { otherwise };
                    self.deeper(place(*condition), || self.write(chosen, scope, out))?;
                }
                Part::For(each) => self.write_loop(each, scope, out)?,
            }
        }
        Ok(())
    }

    fn push(&self, text: &str, span: Span, out: &mut String) -> Eval<()> {
        self.spend(text_units(text), span)?;
        out.push_str(text);
        Ok(())
    }

    fn write_value(&self, expr: &Expression, scope: &Scope<'_>, out: &mut String) -> Eval<()> {
        let span = place(expr);
        let value = self.eval(expr, scope)?;
        let text = to_text(&value).map_err(|_| {
            let help = match value {
                Val::Null => "give a fallback, as in `coalesce(value, \"\")`",
                _ => "use `jsonencode` or `join` to make a string of it",
            };
            Fault::at(span, format!("this cannot be part of a text: {}", mismatch("string", &value)), help)
        })?;
        self.push(&text, span, out)
    }

    fn holds(&self, condition: &Expression, scope: &Scope<'_>) -> Eval<bool> {
        let value = self.eval(condition, scope)?;
        to_bool(&value).map_err(|why| {
            Fault::at(
                place(condition),
                format!("the condition of `%{{ if }}` is not a bool: {why}"),
                "write a comparison",
            )
        })
    }

    fn write_loop(&self, each: &Loop<'_>, scope: &Scope<'_>, out: &mut String) -> Eval<()> {
        for (key, value) in self.walk(each.collection, scope)? {
            let inner = Scope::inner(scope, bind(each.key, each.value, key, value));
            self.deeper(place(each.collection), || self.write(&each.body, &inner, out))?;
        }
        Ok(())
    }
}
