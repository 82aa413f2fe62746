//! Type constraints, as `variable` blocks and `convert` write them.

use hcl_edit::expr::{Expression, FuncCall, Object, ObjectKey};

use super::convert::mismatch;
use super::val::MapBuilder;
use super::{Eval, Evaluator, Fault, Scope, Val, place, to_bool, to_number, to_text};
use crate::source::Span;

const HELP: &str = "types are string, number, bool, any, list(T), set(T), map(T), object({ name = T, other = optional(T) }) and tuple([T])";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Any,
    String,
    Number,
    Bool,
    List(Box<Self>),
    Set(Box<Self>),
    Map(Box<Self>),
    Object(Vec<Field>),
    Tuple(Vec<Self>),
}

/// An attribute of an object type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    name: String,
    kind: Type,
    optional: bool,
    /// What an absent optional attribute comes to.
    default: Val,
}

impl Type {
    /// Reads a type expression; also the old quoted forms such as `"string"`.
    pub fn parse(expr: &Expression, evaluator: &Evaluator<'_>) -> Eval<Self> {
        match expr {
            Expression::Variable(name) => Self::named(name.as_str(), place(expr)),
            Expression::String(name) => Self::named(name.as_str(), place(expr)),
            Expression::FuncCall(call) => Self::constructed(call, place(expr), evaluator),
            Expression::Parenthesis(inner) => Self::parse(inner.inner(), evaluator),
            other => Err(Fault::at(place(other), "this is not a type", HELP)),
        }
    }

    fn named(name: &str, span: Span) -> Eval<Self> {
        match name {
            "string" => Ok(Self::String),
            "number" => Ok(Self::Number),
            "bool" => Ok(Self::Bool),
            "any" => Ok(Self::Any),
            "list" => Ok(Self::List(Box::new(Self::Any))),
            "set" => Ok(Self::Set(Box::new(Self::Any))),
            "map" => Ok(Self::Map(Box::new(Self::Any))),
            _ => Err(Fault::at(span, format!("`{name}` is not a type"), HELP)),
        }
    }

    fn constructed(call: &FuncCall, span: Span, evaluator: &Evaluator<'_>) -> Eval<Self> {
        let name = call.name.name.as_str();
        let [arg] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(Fault::at(span, format!("the type `{name}` takes exactly one argument"), HELP));
        };
        match (name, arg) {
            ("list", of) => Ok(Self::List(Box::new(Self::parse(of, evaluator)?))),
            ("set", of) => Ok(Self::Set(Box::new(Self::parse(of, evaluator)?))),
            ("map", of) => Ok(Self::Map(Box::new(Self::parse(of, evaluator)?))),
            ("tuple", Expression::Array(of)) => {
                of.iter().map(|kind| Self::parse(kind, evaluator)).collect::<Eval<_>>().map(Self::Tuple)
            }
            ("object", Expression::Object(of)) => fields(of, evaluator).map(Self::Object),
            ("tuple" | "object", _) => {
                Err(Fault::at(span, format!("the type `{name}` is written differently"), HELP))
            }
            _ => Err(Fault::at(span, format!("`{name}` is not a type"), HELP)),
        }
    }

    /// The value as this type, or what does not fit. Null fits every type.
    pub fn convert(&self, value: Val) -> Result<Val, String> {
        match (self, value) {
            (Self::Any, value) => Ok(value),
            (_, Val::Null) => Ok(Val::Null),
            (Self::String, value) => to_text(&value).map(Val::Str),
            (Self::Number, value) => to_number(&value).map(Val::Num),
            (Self::Bool, value) => to_bool(&value).map(Val::Bool),
            (Self::List(of), Val::List(items) | Val::Set(items)) => of.each(items).map(Val::List),
            (Self::Set(of), Val::List(items) | Val::Set(items)) => of.each(items).map(Val::set),
            (Self::Map(of), Val::Map(entries)) => of.values(entries),
            (Self::Tuple(kinds), Val::List(items)) => convert_tuple(kinds, items),
            (Self::Object(fields), Val::Map(entries)) => convert_object(fields, entries),
            (wanted, other) => Err(mismatch(wanted.word(), &other)),
        }
    }

    fn each(&self, items: Vec<Val>) -> Result<Vec<Val>, String> {
        let convert = |(at, item)| self.convert(item).map_err(|why| format!("element {at}: {why}"));
        let mut items = items.into_iter().enumerate().map(convert).collect::<Result<Vec<_>, _>>()?;
        self.unify(&mut items.iter_mut().collect::<Vec<_>>());
        Ok(items)
    }

    /// Elements of `any` type have one type in common: plain values of several kinds become strings.
    fn unify(&self, items: &mut [&mut Val]) {
        let plain = |item: &&mut Val| matches!(item, Val::Bool(_) | Val::Num(_) | Val::Str(_));
        let Some(first) = items.first().map(|item| item.kind()) else { return };
        if *self != Self::Any || !items.iter().all(plain) || items.iter().all(|item| item.kind() == first) {
            return;
        }
        for item in items {
            if let Ok(text) = to_text(item) {
                **item = Val::Str(text);
            }
        }
    }

    fn values(&self, entries: Vec<(String, Val)>) -> Result<Val, String> {
        let convert = |(key, value)| match self.convert(value) {
            Ok(value) => Ok((key, value)),
            Err(why) => Err(format!("entry `{key}`: {why}")),
        };
        let mut entries = entries.into_iter().map(convert).collect::<Result<Vec<_>, _>>()?;
        self.unify(&mut entries.iter_mut().map(|(_, value)| value).collect::<Vec<_>>());
        Ok(Val::Map(entries))
    }

    /// Whether a raw text for a variable of this type is the value itself rather than an expression.
    pub const fn takes_raw_text(&self) -> bool {
        matches!(self, Self::String | Self::Number)
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Any => "value",
            Self::String => "string",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Map(_) => "map",
            Self::Object(_) => "object",
            Self::Tuple(_) => "tuple",
        }
    }
}

fn fields(object: &Object, evaluator: &Evaluator<'_>) -> Eval<Vec<Field>> {
    object.iter().map(|(key, value)| field(key, value.expr(), evaluator)).collect()
}

fn field(key: &ObjectKey, kind: &Expression, evaluator: &Evaluator<'_>) -> Eval<Field> {
    let name = match key {
        ObjectKey::Ident(name) => name.as_str().to_owned(),
        ObjectKey::Expression(Expression::String(name)) => name.value().clone(),
        ObjectKey::Expression(other) => {
            return Err(Fault::at(place(other), "this is not the name of an attribute", HELP));
        }
    };
    let args = match kind {
        Expression::FuncCall(call) if call.name.name.as_str() == "optional" => call.args.iter().collect(),
        _ => Vec::new(),
    };
    let (kind, default) = match args[..] {
        [] => {
            return Ok(Field {
                name,
                kind: Type::parse(kind, evaluator)?,
                optional: false,
                default: Val::Null,
            });
        }
        [kind] => (Type::parse(kind, evaluator)?, Val::Null),
        [kind, default] => {
            let kind = Type::parse(kind, evaluator)?;
            let value = evaluator.eval(default, &Scope::top())?;
            let refused = |why| {
                Fault::at(place(default), format!("the default does not fit: {why}"), "change one of them")
            };
            (kind.clone(), kind.convert(value).map_err(refused)?)
        }
        _ => return Err(Fault::at(place(kind), "`optional` takes a type and at most one default", HELP)),
    };
    Ok(Field { name, kind, optional: true, default })
}

fn convert_tuple(kinds: &[Type], items: Vec<Val>) -> Result<Val, String> {
    if kinds.len() != items.len() {
        return Err(format!("a tuple of {} elements is needed, but this has {}", kinds.len(), items.len()));
    }
    let convert = |(at, (kind, item)): (usize, (&Type, Val))| {
        kind.convert(item).map_err(|why| format!("element {at}: {why}"))
    };
    kinds.iter().zip(items).enumerate().map(convert).collect::<Result<_, _>>().map(Val::List)
}

/// Attributes that the type does not name are dropped, as HCL does.
fn convert_object(fields: &[Field], entries: Vec<(String, Val)>) -> Result<Val, String> {
    let mut given: std::collections::BTreeMap<String, Val> = entries.into_iter().collect();
    let mut map = MapBuilder::default();
    for field in fields {
        let value = match given.remove(&field.name) {
            Some(value) => {
                field.kind.convert(value).map_err(|why| format!("attribute `{}`: {why}", field.name))?
            }
            None if field.optional => field.default.clone(),
            None => return Err(format!("the attribute `{}` is missing", field.name)),
        };
        map.put(field.name.clone(), value);
    }
    Ok(map.build())
}
