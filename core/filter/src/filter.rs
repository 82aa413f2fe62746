//! An expression that fits what it is asked of.

use muster_shape::{Records, Shape, TraceError, trace};
use serde::de::DeserializeOwned;

use crate::bind::{self, Node};
use crate::error::FilterError;
use crate::eval::{self, Fuel, Subject};
use crate::parse::parse;

/// What is filtered: the shape of the whole object, by its names on the wire.
#[derive(Clone, Debug)]
pub struct Noun {
    pub(crate) shape: Shape,
    pub(crate) records: Records,
}

impl Noun {
    /// # Errors
    /// When the type's shape cannot be told; see [`trace`].
    pub fn of<T: DeserializeOwned>() -> Result<Self, TraceError> {
        let mut records = Records::default();
        let shape = trace::<T>(&mut records)?;
        Ok(Self { shape, records })
    }
}

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Filter {
    root: Node,
}

impl Filter {
    /// Parses `text` and checks that `noun` has what it names and can be compared as it says.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn new(text: &str, noun: &Noun) -> Result<Self, FilterError> {
        let expr = parse(text)?;
        let root =
            bind::bind(&expr, noun).map_err(|misfit| FilterError::new(text, misfit.at, misfit.problem))?;
        Ok(Self { root })
    }

    /// Whether the object is one of those asked for.
    ///
    /// # Errors
    /// When `fuel`, which all objects of a list share, is used up.
    pub fn matches(&self, subject: &dyn Subject, fuel: &mut Fuel) -> Result<bool, FilterError> {
        eval::holds(&self.root, subject, fuel)
    }
}
