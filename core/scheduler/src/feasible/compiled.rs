//! A constraint made ready to be asked of many nodes.

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_model::{Affinity, Constraint, Job, Node, Operand, Requirements, Rules};
use regex::{Regex, RegexBuilder};

use super::operator;
use super::target::Target;

/// How many expressions taken from nodes' facts one constraint keeps compiled.
const MAX_DYNAMIC: usize = 32;

#[derive(Debug)]
pub struct Compiled<'a> {
    left: Target<'a>,
    right: Target<'a>,
    operand: Operand,
    patterns: Patterns,
    text: Text,
}

/// What the right side means, compiled once per distinct text. `None` for a text that is not valid.
#[derive(Debug)]
pub(super) struct Patterns {
    regex_bytes: usize,
    regexes: BTreeMap<String, Option<Regex>>,
    requirements: BTreeMap<String, Option<Requirements>>,
}

impl<'a> Compiled<'a> {
    pub fn new(constraint: &'a Constraint, job: &'a Job, regex_bytes: usize) -> Self {
        let text = Text::from(constraint.to_string());
        Self::of(&constraint.left, constraint.operand, &constraint.right, text, job, regex_bytes)
    }

    pub fn affinity(affinity: &'a Affinity, job: &'a Job, regex_bytes: usize) -> Self {
        Self::of(&affinity.left, affinity.operand, &affinity.right, Text::from(""), job, regex_bytes)
    }

    fn of(
        left: &'a str,
        operand: Operand,
        right: &'a str,
        text: Text,
        job: &'a Job,
        regex_bytes: usize,
    ) -> Self {
        let patterns = Patterns::new(regex_bytes);
        Self { left: Target::parse(left, job), right: Target::parse(right, job), operand, patterns, text }
    }

    /// As the account of a placement names it.
    pub const fn text(&self) -> &Text {
        &self.text
    }

    pub fn escapes(&self) -> bool {
        self.left.escapes() || self.right.escapes()
    }

    pub fn holds(&mut self, node: &Node) -> bool {
        let left = self.left.resolve(node);
        let right = self.right.resolve(node);
        match self.operand {
            Operand::IsSet => left.is_some(),
            Operand::IsNotSet => left.is_none(),
            Operand::NotEqual => left != right,
            // They look at other allocations, not at the node: `Distinct` decides them.
            Operand::DistinctHosts | Operand::DistinctProperty => true,
            operand => match (left, right) {
                (Some(left), Some(right)) => self.patterns.compare(operand, &left, &right),
                _ => false,
            },
        }
    }
}

impl Patterns {
    pub(super) const fn new(regex_bytes: usize) -> Self {
        Self { regex_bytes, regexes: BTreeMap::new(), requirements: BTreeMap::new() }
    }

    pub(super) fn compare(&mut self, operand: Operand, left: &str, right: &str) -> bool {
        match operand {
            Operand::Version => self.satisfies(left, right, Rules::Version),
            Operand::Semver => self.satisfies(left, right, Rules::Semver),
            Operand::Regexp => self.regex(right).is_some_and(|regex| regex.is_match(left)),
            _ => operator::compare(operand, left, right),
        }
    }

    fn satisfies(&mut self, left: &str, right: &str, rules: Rules) -> bool {
        if !self.requirements.contains_key(right) {
            make_room(&mut self.requirements);
            self.requirements.insert(right.to_owned(), Requirements::parse(right, rules));
        }
        self.requirements.get(right).and_then(Option::as_ref).is_some_and(|list| list.met_by(left))
    }

    fn regex(&mut self, pattern: &str) -> Option<&Regex> {
        if !self.regexes.contains_key(pattern) {
            make_room(&mut self.regexes);
            let limit = self.regex_bytes;
            let regex = RegexBuilder::new(pattern).size_limit(limit).dfa_size_limit(limit).build().ok();
            self.regexes.insert(pattern.to_owned(), regex);
        }
        self.regexes.get(pattern)?.as_ref()
    }
}

fn make_room<T>(cache: &mut BTreeMap<String, T>) {
    if cache.len() >= MAX_DYNAMIC {
        cache.pop_first();
    }
}

#[cfg(test)]
mod tests;
