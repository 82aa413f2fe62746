//! Conditions and preferences over nodes.

use std::fmt;
use std::str::FromStr;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

/// A condition a node must meet.
///
/// `left` and `right` may hold `${attr…}`, `${meta…}`, `${node…}` references; anything else is a literal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Constraint {
    pub left: Text,
    pub operand: Operand,
    pub right: Text,
}

/// Shown as users and placement failures name it: `${attr.kernel.name} = linux`.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.operand {
            Operand::DistinctHosts => write!(f, "distinct_hosts"),
            Operand::IsSet | Operand::IsNotSet => write!(f, "{} {}", self.left, self.operand),
            _ => write!(f, "{} {} {}", self.left, self.operand, self.right),
        }
    }
}

/// How two sides are compared; `jobspec.md` section 5.3 gives each operator's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operand {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// Version constraint, prereleases compared as versions are.
    Version,
    /// Strict SemVer 2 constraint.
    Semver,
    Regexp,
    SetContains,
    SetContainsAny,
    DistinctHosts,
    DistinctProperty,
    IsSet,
    IsNotSet,
}

impl Operand {
    /// The canonical spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Version => "version",
            Self::Semver => "semver",
            Self::Regexp => "regexp",
            Self::SetContains => "set_contains",
            Self::SetContainsAny => "set_contains_any",
            Self::DistinctHosts => "distinct_hosts",
            Self::DistinctProperty => "distinct_property",
            Self::IsSet => "is_set",
            Self::IsNotSet => "is_not_set",
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown constraint operator `{0}`; expected one of = == is != not > >= < <= version semver regexp set_contains \
     set_contains_all set_contains_any distinct_hosts distinct_property is_set is_not_set"
)]
pub struct OperandError(pub String);

impl FromStr for Operand {
    type Err = OperandError;

    fn from_str(text: &str) -> Result<Self, OperandError> {
        Ok(match text {
            "" | "=" | "==" | "is" => Self::Equal,
            "!=" | "not" => Self::NotEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            "version" => Self::Version,
            "semver" => Self::Semver,
            "regexp" => Self::Regexp,
            "set_contains" | "set_contains_all" => Self::SetContains,
            "set_contains_any" => Self::SetContainsAny,
            "distinct_hosts" => Self::DistinctHosts,
            "distinct_property" => Self::DistinctProperty,
            "is_set" => Self::IsSet,
            "is_not_set" => Self::IsNotSet,
            _ => return Err(OperandError(text.to_owned())),
        })
    }
}

/// A preference: positive weights attract, negative ones repel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affinity {
    pub left: Text,
    pub operand: Operand,
    pub right: Text,
    /// -100..=100, never 0.
    pub weight: i8,
}

/// A wish to distribute allocations over the values of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    pub attribute: Text,
    /// 1..=100.
    pub weight: i8,
    pub targets: Vec<SpreadTarget>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpreadTarget {
    pub value: Text,
    /// 0..=100; a spread's targets sum to at most 100.
    pub percent: u8,
}
