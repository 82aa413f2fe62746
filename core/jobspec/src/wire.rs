//! Both directions between the wire's shapes and the model's, member by member.
//!
//! [`wire!`] declares an input type together with its way into the model and back; a member that is forgotten in one
//! of the three does not compile. What a single member cannot know (one block excludes another, a name must exist)
//! is checked in `decide`.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::Text;
use muster_model as model;
use muster_model::Value;
use serde_json::Value as Json;

use crate::decide::{Findings, Step};
use crate::duration::Nanos;
use crate::input::{FreeMap, TextMap};

/// A block of the wire that has a counterpart in the model.
pub trait Wire: Sized {
    type Model;

    /// Fills in what is absent, and checks each member by itself.
    fn decide(&self, found: &mut Findings) -> Self::Model;

    fn view(model: &Self::Model) -> Self;
}

/// One member: how the wire's type becomes `M`, and what is shown of it.
pub trait Field<M>: Sized {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> M;

    /// `None` is `null`.
    fn show(model: &M) -> Option<Self>;
}

/// Whether a value is the wire's way to say nothing, so that a default takes its place.
pub trait Blank {
    fn is_blank(&self) -> bool;
}

impl Blank for String {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Blank for Vec<T> {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! never_blank {
    ($($kind:ty)*) => {$(
        impl Blank for $kind {
            fn is_blank(&self) -> bool {
                false
            }
        }
    )*};
}

never_blank! { bool i64 Nanos }

/// Declares input types with their counterparts. A member with `= value` has that default; what stands under
/// `@request` is read by other code and never shown.
macro_rules! wire {
    ($(
        $(#[$meta:meta])*
        $input:ident => $model:ident {
            $($(#[$field_meta:meta])* $field:ident: $kind:ty $(= $default:expr)?,)*
        }
        $(@request { $($(#[$only_meta:meta])* $only:ident: $only_kind:ty,)* })?
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub struct $input {
            $($(#[$field_meta])* pub $field: Option<$kind>,)*
            $($(
                #[serde(skip_serializing_if = "Option::is_none")]
                $(#[$only_meta])*
                pub $only: Option<$only_kind>,
            )*)?
        }

        impl crate::wire::Wire for $input {
            type Model = muster_model::$model;

            #[allow(unused_variables, reason = "a block may have no members")]
            fn decide(&self, found: &mut crate::decide::Findings) -> muster_model::$model {
                muster_model::$model {
                    $($field: crate::wire::Field::read(
                        self.$field
                            .as_ref()
                            $(
                                .filter(|given| !crate::wire::Blank::is_blank(*given))
                                .or(Some(&$default))
                            )?,
                        stringify!($field),
                        found,
                    ),)*
                }
            }

            #[allow(unused_variables, reason = "a block may have no members")]
            fn view(model: &muster_model::$model) -> Self {
                Self {
                    $($field: crate::wire::Field::show(&model.$field),)*
                    $($($only: None,)*)?
                }
            }
        }
    )*};
}

pub(crate) use wire;

impl Field<Text> for String {
    fn read(given: Option<&Self>, _: &'static str, _: &mut Findings) -> Text {
        given.map_or_else(|| Text::from(""), |text| Text::from(text.as_str()))
    }

    fn show(model: &Text) -> Option<Self> {
        Some(model.to_string())
    }
}

/// An empty text counts as absent.
impl Field<Option<Text>> for String {
    fn read(given: Option<&Self>, _: &'static str, _: &mut Findings) -> Option<Text> {
        given.filter(|text| !text.is_empty()).map(|text| Text::from(text.as_str()))
    }

    fn show(model: &Option<Text>) -> Option<Self> {
        Some(model.as_ref().map(ToString::to_string).unwrap_or_default())
    }
}

impl Field<bool> for bool {
    fn read(given: Option<&Self>, _: &'static str, _: &mut Findings) -> bool {
        given.copied().unwrap_or_default()
    }

    fn show(model: &bool) -> Option<Self> {
        Some(*model)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Field<$number> for i64 {
            fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> $number {
                let value = given.copied().unwrap_or_default();
                <$number>::try_from(value).unwrap_or_else(|_| {
                    let most = i128::from(<$number>::MAX).min(i128::from(i64::MAX));
                    found.error_in(name, format!("`{name}` must be between 0 and {most}; got {value}"));
                    0
                })
            }

            fn show(model: &$number) -> Option<Self> {
                i64::try_from(*model).ok()
            }
        }
    )*};
}

numbers! { u16 u32 u64 }

/// -1 counts as absent, as some clients write it.
impl Field<Option<u32>> for i64 {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Option<u32> {
        given.filter(|value| **value != -1).map(|value| Field::read(Some(value), name, found))
    }

    fn show(model: &Option<u32>) -> Option<Self> {
        model.map(Self::from)
    }
}

impl Field<Vec<u16>> for Vec<i64> {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Vec<u16> {
        given.into_iter().flatten().map(|value| Field::read(Some(value), name, found)).collect()
    }

    fn show(model: &Vec<u16>) -> Option<Self> {
        (!model.is_empty()).then(|| model.iter().map(|value| i64::from(*value)).collect())
    }
}

impl Field<Duration> for Nanos {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Duration {
        found.duration_or(&format!("`{name}`"), given.copied(), Duration::ZERO)
    }

    fn show(model: &Duration) -> Option<Self> {
        Some((*model).into())
    }
}

impl Field<Option<Duration>> for Nanos {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Option<Duration> {
        given.map(|value| found.duration(&format!("`{name}`"), *value))
    }

    fn show(model: &Option<Duration>) -> Option<Self> {
        model.map(Into::into)
    }
}

impl Field<Vec<Text>> for Vec<String> {
    fn read(given: Option<&Self>, _: &'static str, _: &mut Findings) -> Vec<Text> {
        given.into_iter().flatten().map(|text| Text::from(text.as_str())).collect()
    }

    fn show(model: &Vec<Text>) -> Option<Self> {
        (!model.is_empty()).then(|| model.iter().map(ToString::to_string).collect())
    }
}

impl Field<Vec<model::Operand>> for Vec<String> {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Vec<model::Operand> {
        given.into_iter().flatten().filter_map(|text| found.check(name, text.parse())).collect()
    }

    fn show(model: &Vec<model::Operand>) -> Option<Self> {
        (!model.is_empty()).then(|| model.iter().map(ToString::to_string).collect())
    }
}

impl Field<BTreeMap<String, Text>> for TextMap {
    fn read(given: Option<&Self>, _: &'static str, _: &mut Findings) -> BTreeMap<String, Text> {
        crate::decide::text_map(given)
    }

    fn show(model: &BTreeMap<String, Text>) -> Option<Self> {
        crate::view::text_map(model)
    }
}

impl Field<BTreeMap<String, Vec<Text>>> for BTreeMap<String, Vec<String>> {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> BTreeMap<String, Vec<Text>> {
        let entries = given.into_iter().flatten();
        entries.map(|(key, texts)| (key.clone(), Field::read(Some(texts), name, found))).collect()
    }

    fn show(model: &BTreeMap<String, Vec<Text>>) -> Option<Self> {
        let texts = |texts: &Vec<Text>| texts.iter().map(ToString::to_string).collect();
        (!model.is_empty()).then(|| model.iter().map(|(key, list)| (key.clone(), texts(list))).collect())
    }
}

/// Null members say nothing and are dropped.
impl Field<BTreeMap<String, Value>> for FreeMap {
    fn read(given: Option<&Self>, _: &'static str, _: &mut Findings) -> BTreeMap<String, Value> {
        let members = given.into_iter().flatten().filter(|(_, value)| !value.is_null());
        members.map(|(key, value)| (key.clone(), value_of(value))).collect()
    }

    fn show(model: &BTreeMap<String, Value>) -> Option<Self> {
        (!model.is_empty()).then(|| model.iter().map(|(key, value)| (key.clone(), json(value))).collect())
    }
}

impl<W: Wire> Field<Option<Box<W::Model>>> for W {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Option<Box<W::Model>> {
        given.map(|block| {
            Box::new(found.part(name.to_owned(), Step::Nth(name, 0), |found| block.decide(found)))
        })
    }

    fn show(model: &Option<Box<W::Model>>) -> Option<Self> {
        model.as_deref().map(W::view)
    }
}

impl<W: Wire> Field<Vec<W::Model>> for Vec<W> {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Vec<W::Model> {
        let numbered = given.into_iter().flatten().enumerate();
        numbered
            .map(|(at, block)| {
                found.part(format!("{name} {}", at + 1), Step::Nth(name, at), |found| block.decide(found))
            })
            .collect()
    }

    fn show(model: &Vec<W::Model>) -> Option<Self> {
        (!model.is_empty()).then(|| model.iter().map(W::view).collect())
    }
}

impl<W: Wire> Field<BTreeMap<String, W::Model>> for BTreeMap<String, W> {
    fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> BTreeMap<String, W::Model> {
        let entries = given.into_iter().flatten();
        let mut entry = |key: &String, block: &W| {
            (
                key.clone(),
                found.part(format!("{name} {key}"), Step::Labelled(name, key.clone()), |found| {
                    block.decide(found)
                }),
            )
        };
        entries.map(|(key, block)| entry(key, block)).collect()
    }

    fn show(model: &BTreeMap<String, W::Model>) -> Option<Self> {
        let entries = model.iter().map(|(key, block)| (key.clone(), W::view(block)));
        (!model.is_empty()).then(|| entries.collect())
    }
}

/// Blocks that are small enough to be stored in place, or that the wire never leaves out.
macro_rules! in_place {
    ($($input:ident $model:ident),*) => {$(
        impl Field<Option<model::$model>> for crate::input::$input {
            fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> Option<model::$model> {
                given.map(|block| found.part(name.to_owned(), Step::Nth(name, 0), |found| block.decide(found)))
            }

            fn show(model: &Option<model::$model>) -> Option<Self> {
                model.as_ref().map(Self::view)
            }
        }
    )*};
}

in_place! {
    CheckRestartInput CheckRestart, WaitInput TemplateWait, WeightsInput ServiceWeights,
    RegionStrategyInput RegionStrategy, LogConfigInput LogConfig
}

impl Field<model::MeshGateway> for crate::input::MeshGatewayInput {
    fn read(given: Option<&Self>, _: &'static str, found: &mut Findings) -> model::MeshGateway {
        given.map(|block| block.decide(found)).unwrap_or_default()
    }

    fn show(model: &model::MeshGateway) -> Option<Self> {
        Some(Self::view(model))
    }
}

/// An empty text counts as absent, which means the default.
macro_rules! choices {
    ($($choice:ident)*) => {$(
        impl Field<model::$choice> for String {
            fn read(given: Option<&Self>, name: &'static str, found: &mut Findings) -> model::$choice {
                let text = given.filter(|text| !text.is_empty());
                text.and_then(|text| found.check(name, text.parse())).unwrap_or_default()
            }

            fn show(model: &model::$choice) -> Option<Self> {
                Some(model.as_str().to_owned())
            }
        }
    )*};
}

choices! {
    AccessMode AddressMode AttachmentMode ChangeMode CheckAddressMode CheckKind CsiPluginKind HealthCheck
    IdentityChange InitialStatus NumaAffinity OnRegionFailure OnUpdate PayloadRule PropagationMode Reconcile
    SelinuxLabel ServiceProvider TokenChange VolumeKind
}

/// A free-form value of the wire, as it is kept.
#[must_use]
pub fn value_of(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::String(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(value_of).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), value_of(value))).collect())
        }
    }
}

/// A free-form value, as the wire shows it.
#[must_use]
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::String(text) => Json::from(text.as_str()),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}
