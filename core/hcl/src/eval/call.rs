//! Function calls: arguments, expansion with `...`, and the three forms that must not evaluate their arguments first.

use hcl_edit::expr::FuncCall;

use super::convert::mismatch;
use super::{Eval, Evaluator, Fault, Scope, Type, Val, place};
use crate::functions::{self, Call, Function};
use crate::source::Span;
use crate::suggest::closest;

impl Evaluator<'_> {
    pub(super) fn call(&self, call: &FuncCall, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let name = call.name.name.as_str();
        if call.name.is_namespaced() {
            return Err(Fault::at(
                span,
                format!("there are no namespaced functions such as `{}`", self.source.slice(span)),
                "call a function by its plain name",
            ));
        }
        match name {
            "try" => self.attempt(call, span, scope),
            "can" => self.can(call, span, scope),
            "convert" => self.convert(call, span, scope),
            _ => self.call_function(name, call, span, scope),
        }
    }

    fn call_function(&self, name: &str, call: &FuncCall, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let function = functions::find(name).ok_or_else(|| unknown(name, span))?;
        if function.reads_files && self.files.is_none() {
            return Err(Fault::at(
                span,
                format!("the function `{name}` is not available: filesystem functions disabled"),
                "only the command line may read files: pass the content in with a variable or `-var-file`",
            ));
        }
        let (args, places) = self.arguments(call, span, scope)?;
        check_count(function, args.len(), span)?;
        let random = || self.random();
        let (budget, patterns, files) = (&self.budget, &self.patterns, self.files);
        let call = Call { args, budget, patterns, files, random: &random };
        let value = (function.run)(&call).map_err(|refusal| {
            if self.budget.is_exhausted() {
                return Fault::Exhausted(span);
            }
            let at = refusal.arg.and_then(|at| places.get(at)).copied().unwrap_or(span);
            Fault::at(at, format!("`{name}`: {}", refusal.text), format!("usage: {}", function.usage))
        })?;
        self.spend(value.weight(), span)?;
        Ok(value)
    }

    fn arguments(&self, call: &FuncCall, span: Span, scope: &Scope<'_>) -> Eval<(Vec<Val>, Vec<Span>)> {
        let mut args: Vec<Val> = call.args.iter().map(|arg| self.eval(arg, scope)).collect::<Eval<_>>()?;
        let mut places: Vec<Span> = call.args.iter().map(place).collect();
        if call.args.expand_final() {
            match args.pop() {
                Some(Val::List(items) | Val::Set(items)) => {
                    places.resize(args.len() + items.len(), places.last().copied().unwrap_or(span));
                    args.extend(items);
                }
                other => {
                    let why = mismatch("list", &other.unwrap_or(Val::Null));
                    return Err(Fault::at(
                        span,
                        format!("`...` cannot expand the last argument: {why}"),
                        "expand a list or a set",
                    ));
                }
            }
        }
        Ok((args, places))
    }

    /// `try(a, b, …)`: the first that has a value.
    fn attempt(&self, call: &FuncCall, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let mut last =
            Fault::at(span, "`try` needs at least one argument", "usage: try(expression, …, fallback)");
        for arg in call.args.iter() {
            match self.eval(arg, scope) {
                Ok(value) => return Ok(value),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    fn can(&self, call: &FuncCall, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let [arg] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(Fault::at(span, "`can` takes exactly one argument", "usage: can(expression)"));
        };
        Ok(Val::Bool(self.eval(arg, scope).is_ok()))
    }

    fn convert(&self, call: &FuncCall, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let [value, wanted] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(Fault::at(
                span,
                "`convert` takes exactly two arguments",
                "usage: convert(value, type)",
            ));
        };
        let wanted = Type::parse(wanted, self)?;
        let value = self.eval(value, scope)?;
        wanted
            .convert(value)
            .map_err(|why| Fault::at(span, format!("`convert`: {why}"), "usage: convert(value, type)"))
    }
}

fn unknown(name: &str, span: Span) -> Fault {
    if let Some(why) = functions::unavailable(name) {
        return Fault::at(span, format!("the function `{name}` is not available"), why);
    }
    let help = match closest(name, functions::names()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "see the list of functions in the job specification's documentation".to_owned(),
    };
    Fault::at(span, format!("there is no function `{name}`"), help)
}

fn check_count(function: &Function, count: usize, span: Span) -> Eval<()> {
    if (function.least..=function.most).contains(&count) {
        return Ok(());
    }
    let wanted = match (function.least, function.most) {
        (least, most) if least == most => format!("{least}"),
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) => format!("{least} to {most}"),
    };
    let summary = format!("`{}` takes {wanted} arguments, not {count}", function.name);
    Err(Fault::at(span, summary, format!("usage: {}", function.usage)))
}
