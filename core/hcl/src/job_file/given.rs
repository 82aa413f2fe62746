//! Values for variables from outside: `-var`, files of variables, the environment.

use std::collections::BTreeMap;

use hcl_edit::structure::Structure;

use super::declare::{Declared, Default};
use super::report::Report;
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator, Roots, Scope, Slot, Type, Val, place};
use crate::functions;
use crate::inputs::Inputs;
use crate::source::{Source, Span};
use crate::suggest::closest;
use crate::syntax;

const ENVIRONMENT: &str = "NOMAD_VAR_";

/// A value from outside, with the words that say where from.
struct Given {
    value: Result<Val, Diagnostic>,
    from: String,
}

/// The value of every declared variable.
pub(super) fn assign(
    declared: BTreeMap<String, Declared>,
    inputs: &Inputs,
    report: &mut Report,
) -> BTreeMap<String, Slot> {
    let mut given = collect(&declared, inputs, report);
    let mut slots = BTreeMap::new();
    for (name, variable) in declared {
        let slot = match given.remove(&name) {
            Some(given) => convert(&name, &variable, given),
            None => default(&name, variable),
        };
        let slot = slot.unwrap_or_else(|diagnostic| {
            report.add(diagnostic);
            Slot::Broken
        });
        slots.insert(name, slot);
    }
    slots
}

fn default(name: &str, variable: Declared) -> Result<Slot, Diagnostic> {
    match variable.default {
        Default::Value(value) => Ok(Slot::Ready(value)),
        Default::Broken => Ok(Slot::Broken),
        Default::None => Err(Diagnostic::at(
            variable.span,
            format!("the variable `{name}` is not set"),
            format!("it has no default: give it with `-var {name}=…`, a `-var-file`, or NOMAD_VAR_{name}"),
        )),
    }
}

fn convert(name: &str, variable: &Declared, given: Given) -> Result<Slot, Diagnostic> {
    let value = given.value?;
    variable.kind.convert(value).map(Slot::Ready).map_err(|why| {
        let why = if variable.sensitive { "it has another type".to_owned() } else { why };
        let summary = format!("the value of the variable `{name}` from {} does not fit: {why}", given.from);
        Diagnostic::at(variable.span, summary, "give a value of the declared type")
    })
}

/// All values from outside, the strongest last.
fn collect(
    declared: &BTreeMap<String, Declared>,
    inputs: &Inputs,
    report: &mut Report,
) -> BTreeMap<String, Given> {
    let mut given = BTreeMap::new();
    for (key, text) in &inputs.vars {
        if let Some((name, variable)) =
            key.strip_prefix(ENVIRONMENT).and_then(|name| declared.get_key_value(name))
        {
            given.insert(name.clone(), raw(key, &variable.kind, text, "the environment"));
        }
    }
    for file in &inputs.var_files {
        read_file(file, declared, inputs, &mut given, report);
    }
    for (name, text) in inputs.vars.iter().filter(|(key, _)| !key.starts_with(ENVIRONMENT)) {
        match declared.get(name) {
            Some(variable) => {
                given.insert(name.clone(), raw(name, &variable.kind, text, "`-var`"));
            }
            None if inputs.allow_undeclared => {}
            None => report.add(undeclared(name, "`-var`", declared)),
        }
    }
    given
}

fn undeclared(name: &str, from: &str, declared: &BTreeMap<String, Declared>) -> Diagnostic {
    let help = match closest(name, declared.keys().map(String::as_str)) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("declare it with `variable \"{name}\" {{}}`, or remove it"),
    };
    Diagnostic::nowhere(
        format!("{from} gives the variable `{name}`, which the job file does not declare"),
        help,
    )
}

/// A text from the command line or the environment: itself for strings and numbers, else an expression.
fn raw(name: &str, kind: &Type, text: &str, from: &str) -> Given {
    let from = from.to_owned();
    if kind.takes_raw_text() {
        return Given { value: Ok(Val::Str(text.to_owned())), from };
    }
    let source = Source::new(format!("value of `{name}`"), text);
    let value = syntax::parse_expression(&source).and_then(|expr| {
        let evaluator = Evaluator::new(&source, Roots::constant("the value of a variable"), None);
        constant(&evaluator, evaluator.eval(&expr, &Scope::top()))
    });
    Given { value: value.map_err(|diagnostic| elsewhere(&diagnostic, &source)), from }
}

fn constant(evaluator: &Evaluator<'_>, value: Eval<Val>) -> Result<Val, Diagnostic> {
    let silent =
        || Diagnostic::nowhere(format!("{}: this has no value", evaluator.source.name), "write a constant");
    value.map_err(|fault| fault.into_report().unwrap_or_else(silent))
}

/// A finding in another text than the job file: it carries its place in its summary.
fn elsewhere(diagnostic: &Diagnostic, source: &Source) -> Diagnostic {
    let bare = Diagnostic { detail: String::new(), ..diagnostic.clone() };
    Diagnostic::nowhere(bare.render(source), diagnostic.detail.clone())
}

fn read_file(
    file: &Source,
    declared: &BTreeMap<String, Declared>,
    inputs: &Inputs,
    given: &mut BTreeMap<String, Given>,
    report: &mut Report,
) {
    let values = match file_values(file) {
        Ok(values) => values,
        Err(found) => return found.iter().for_each(|one| report.add(elsewhere(one, file))),
    };
    for (name, value) in values {
        let from = format!("`{}`", file.name);
        if declared.contains_key(&name) {
            let value = value.map_err(|diagnostic| elsewhere(&diagnostic, file));
            given.insert(name, Given { value, from });
        } else if !inputs.allow_undeclared {
            report.add(undeclared(&name, &from, declared));
        }
    }
}

type Values = Vec<(String, Result<Val, Diagnostic>)>;

fn file_values(file: &Source) -> Result<Values, Vec<Diagnostic>> {
    let is_json = file.name.to_ascii_lowercase().ends_with(".json");
    if is_json { json_values(file).map_err(|one| vec![one]) } else { hcl_values(file) }
}

fn json_values(file: &Source) -> Result<Values, Diagnostic> {
    match functions::decode_json(&file.text) {
        Ok(Val::Map(entries)) => Ok(entries.into_iter().map(|(name, value)| (name, Ok(value))).collect()),
        Ok(_) => {
            Err(Diagnostic::at(Span::default(), "this is not a JSON object", "write { \"name\": value }"))
        }
        Err(why) => Err(Diagnostic::at(
            Span::default(),
            format!("this is not JSON: {why}"),
            "mend it, or name the file .hcl",
        )),
    }
}

fn hcl_values(file: &Source) -> Result<Values, Vec<Diagnostic>> {
    let tree = syntax::parse(file)?;
    let evaluator = Evaluator::new(file, Roots::constant("a value in a file of variables"), None);
    let read = |structure: &Structure| match structure {
        Structure::Attribute(attribute) => {
            let value = evaluator.eval(&attribute.value, &Scope::top());
            Ok((attribute.key.as_str().to_owned(), constant(&evaluator, value)))
        }
        Structure::Block(block) => Err(Diagnostic::at(
            place(&block.ident),
            format!("a file of variables cannot hold the block `{}`", block.ident.as_str()),
            "write `name = value`",
        )),
    };
    tree.iter().map(read).collect::<Result<_, _>>().map_err(|one| vec![one])
}
