//! What names mean while an expression is evaluated.

use std::collections::BTreeMap;

use super::val::Val;

/// A variable or local.
pub(crate) enum Slot {
    /// Declared, not evaluated yet.
    Pending,
    /// Its own fault is reported; what uses it stays silent.
    Broken,
    Ready(Val),
}

/// The names below `var` and `local`.
#[derive(Default)]
pub(crate) struct Roots {
    pub vars: BTreeMap<String, Slot>,
    pub locals: BTreeMap<String, Slot>,
    /// Set where neither may be used: what must be a constant, as an error message calls it.
    pub constant: Option<&'static str>,
}

impl Roots {
    /// For values that must be constants.
    pub fn constant(what: &'static str) -> Self {
        Self { constant: Some(what), ..Self::default() }
    }
}

/// Names bound by `for` and `dynamic`; inner ones hide outer ones.
#[derive(Default)]
pub(crate) struct Scope<'p> {
    parent: Option<&'p Scope<'p>>,
    names: Vec<(String, Val)>,
}

impl<'p> Scope<'p> {
    /// The scope that binds nothing.
    pub const fn top() -> Self {
        Self { parent: None, names: Vec::new() }
    }

    pub fn inner(parent: &'p Self, names: Vec<(String, Val)>) -> Self {
        Self { parent: Some(parent), names }
    }

    pub fn get(&self, name: &str) -> Option<&Val> {
        let mut at = Some(self);
        while let Some(scope) = at {
            if let Some((_, value)) = scope.names.iter().find(|(bound, _)| bound == name) {
                return Some(value);
            }
            at = scope.parent;
        }
        None
    }
}
