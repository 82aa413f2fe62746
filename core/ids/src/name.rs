//! Names chosen by people. Each is validated once, when parsed, and is cheap to clone (shared text).
//!
//! The rules come from the contract: job ids may hold `/` but neither blanks nor NUL; task names become path
//! components and therefore hold no separator; namespaces and node pools are at most 128 of `[A-Za-z0-9_-]`.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Shared, immutable text for fields without rules of their own.
pub type Text = Arc<str>;

/// Why a text cannot be the name it was given as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} `{text}` is invalid: {rule}")]
pub struct NameError {
    pub kind: &'static str,
    pub text: String,
    pub rule: &'static str,
}

/// The longest name accepted anywhere; bounds table keys and path components.
const MAX_LEN: usize = 512;

macro_rules! name_kind {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $check:path;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Text", into = "Text")]
        pub struct $name(Text);

        impl $name {
            /// # Errors
            /// When the text breaks the rule of this kind of name; the error repeats the text and the rule.
            pub fn new(text: impl Into<Text>) -> Result<Self, NameError> {
                let text = text.into();
                match check_common(&text).and_then(|()| $check(&text)) {
                    Ok(()) => Ok(Self(text)),
                    Err(rule) => Err(NameError { kind: $kind, text: text.to_string(), rule }),
                }
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The shared text itself, for values that outlive this name.
            #[must_use]
            pub fn text(&self) -> Text {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<Text> for $name {
            type Error = NameError;

            fn try_from(text: Text) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for Text {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

name_kind! {
    /// Tenancy boundary.
    Namespace, "namespace", check_label;
    /// Job id: unique within its namespace; children carry their parent's id and a `/`.
    JobId, "job id", check_job_id;
    /// Group within a job.
    GroupName, "group name", check_group;
    /// Task within a group; becomes a directory name.
    TaskName, "task name", check_task;
    /// Named set of nodes.
    NodePool, "node pool", check_label;
    /// Label on nodes.
    Datacenter, "datacenter", check_datacenter;
    /// Operator-chosen class of a node; may be empty in the model as `None`.
    NodeClass, "node class", check_no_control;
    /// Federation unit with its own log.
    Region, "region", check_no_control;
    /// Task driver, such as `raw_exec`.
    DriverName, "driver", check_driver;
    /// ACL policy: what tokens and roles link to.
    PolicyName, "ACL policy name", check_acl_name;
    /// ACL role, unique among roles.
    RoleName, "ACL role name", check_acl_name;
}

impl Namespace {
    /// The namespace used when none is named.
    #[must_use]
    pub fn default_namespace() -> Self {
        Self(Text::from("default"))
    }
}

impl NodePool {
    /// Where a node or job without a pool belongs.
    #[must_use]
    pub fn default_pool() -> Self {
        Self(Text::from("default"))
    }

    /// The built-in pool of every node; a job may name it, a node may not.
    #[must_use]
    pub fn all() -> Self {
        Self(Text::from("all"))
    }

    #[must_use]
    pub fn is_all(&self) -> bool {
        &*self.0 == "all"
    }

    /// Whether it exists in every cluster: such pools are neither changed nor deleted.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        matches!(&*self.0, "all" | "default")
    }
}

impl Region {
    #[must_use]
    pub fn global() -> Self {
        Self(Text::from("global"))
    }
}

type Check = Result<(), &'static str>;

fn check_common(text: &str) -> Check {
    match text.len() {
        0 => Err("it must not be empty"),
        n if n > MAX_LEN => Err("it must not be longer than 512 bytes"),
        _ => Ok(()),
    }
}

fn check_label(text: &str) -> Check {
    let ok = text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    ok.then_some(()).ok_or("use at most 128 letters, digits, `-` and `_`")
}

fn check_acl_name(text: &str) -> Check {
    let ok = text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    ok.then_some(()).ok_or("use at most 128 letters, digits and `-`")
}

fn check_job_id(text: &str) -> Check {
    if text.contains(char::is_whitespace) {
        return Err("it must not contain a space");
    }
    check_no_control(text)
}

fn check_group(text: &str) -> Check {
    check_no_control(text)
}

fn check_task(text: &str) -> Check {
    if text.contains(['/', '\\']) {
        return Err("it must not contain `/` or `\\`, because it names a directory");
    }
    if matches!(text, "alloc" | "." | "..") {
        return Err("this name is reserved for a directory of the allocation");
    }
    check_no_control(text)
}

fn check_datacenter(text: &str) -> Check {
    check_no_control(text)
}

fn check_driver(text: &str) -> Check {
    let ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    ok.then_some(()).ok_or("use letters, digits, `-`, `_` and `.`")
}

fn check_no_control(text: &str) -> Check {
    (!text.contains(char::is_control)).then_some(()).ok_or("it must not contain control characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_escape_a_directory_are_refused() {
        for text in ["", "a/b", "..", "alloc", "x\0y", "a\\b"] {
            assert!(TaskName::new(text).is_err(), "{text:?} was accepted");
        }
        assert!(TaskName::new("web server").is_ok());
    }

    #[test]
    fn a_refusal_repeats_the_input_and_the_rule() {
        let error = Namespace::new("a b").map_err(|e| e.to_string());
        assert_eq!(
            error,
            Err("namespace `a b` is invalid: use at most 128 letters, digits, `-` and `_`".into())
        );
    }

    #[test]
    fn acl_names_are_letters_digits_and_hyphens() {
        assert!(PolicyName::new("read-only-2").is_ok() && PolicyName::new("a".repeat(128)).is_ok());
        for text in ["", "a_b", "a b", "a.b", "ä", &"a".repeat(129)] {
            assert!(PolicyName::new(text).is_err(), "{text:?} was accepted");
        }
        assert!(RoleName::new("a/b").is_err());
    }

    #[test]
    fn job_ids_of_children_hold_slashes() {
        assert!(JobId::new("backup/dispatch-1-ab").is_ok());
        assert!(JobId::new("a b").is_err());
    }
}
