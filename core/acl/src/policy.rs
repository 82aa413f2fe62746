//! The policy language (`acl.md`): from the text of one policy to what each of its rules holds.
//!
//! ```text
//!   text ─ muster-hcl ─► blocks ─ read ─► rules ─ levels ─► capabilities by scope and label
//! ```
//!
//! The text is HCL or its JSON form. It is read twice in its life: strictly when it is written, so that a slip of the
//! hand is told and not stored; tolerantly when it decides, so that a rule that a newer version has added does not
//! take away what the others grant. What cannot be understood then never grants anything.
//!
//! Must never: let a fault in the text widen what it grants.

mod error;
mod levels;
mod read;
mod words;

use std::collections::BTreeMap;

use muster_hcl::{Body, Source, parse_config};

pub use self::error::PolicyError;
use self::read::Reader;
use crate::held::{Capabilities, Held};

/// What the rules of one policy hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub(crate) namespaces: BTreeMap<String, Held>,
    /// By [`variable_key`]. A path without capabilities is a rule, too: it hides what patterns allow.
    pub(crate) variables: BTreeMap<String, Capabilities>,
    pub(crate) node_pools: BTreeMap<String, Held>,
    pub(crate) host_volumes: BTreeMap<String, Held>,
    pub(crate) node: Held,
    pub(crate) agent: Held,
    pub(crate) operator: Held,
    pub(crate) quota: Held,
    pub(crate) plugin: Held,
    pub(crate) sentinel: Held,
}

/// A policy that may be stored, and what its author should know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    pub policy: Policy,
    pub warnings: Vec<String>,
}

impl Policy {
    /// Reads rules that are to be stored. No rules at all are a policy that grants nothing.
    ///
    /// # Errors
    /// Whatever is not understood, each with its line and column.
    pub fn parse(rules: &str) -> Result<Parsed, PolicyError> {
        let source = Source::new("rules", rules);
        let body = body_of(&source).map_err(|found| PolicyError::syntax(&source, found))?;
        let reader = Reader::of(&source, &body);
        reader.strictly(rules.is_empty())
    }

    /// Reads rules that are stored already. Keys that are not known are passed over; what is wrong grants nothing.
    #[must_use]
    pub fn stored(rules: &str) -> Self {
        let source = Source::new("rules", rules);
        body_of(&source).map(|body| Reader::of(&source, &body).tolerantly()).unwrap_or_default()
    }

    /// Adds what another policy holds: by label, and no more than one that denies leaves.
    pub(crate) fn merge(&mut self, other: &Self) {
        add_all(&mut self.namespaces, &other.namespaces);
        add_all(&mut self.node_pools, &other.node_pools);
        add_all(&mut self.host_volumes, &other.host_volumes);
        for (key, capabilities) in &other.variables {
            self.variables.entry(key.clone()).or_default().add(*capabilities);
        }
        self.node.add(other.node);
        self.agent.add(other.agent);
        self.operator.add(other.operator);
        self.quota.add(other.quota);
        self.plugin.add(other.plugin);
        self.sentinel.add(other.sentinel);
    }
}

fn add_all(to: &mut BTreeMap<String, Held>, from: &BTreeMap<String, Held>) {
    for (label, held) in from {
        to.entry(label.clone()).or_default().add(*held);
    }
}

fn body_of(source: &Source) -> Result<Body, Vec<muster_hcl::Diagnostic>> {
    if source.text.trim().is_empty() { Ok(Body::default()) } else { parse_config(source) }
}

/// What variables are matched by: no namespace and no path holds the character between them.
pub(crate) fn variable_key(namespace: &str, path: &str) -> String {
    format!("{namespace}\0{path}")
}
