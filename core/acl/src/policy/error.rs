//! Why rules are refused, in the contract's words followed by where and how to mend it.

use muster_hcl::{Diagnostic, Source};

/// Rules that are not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is neither HCL nor JSON.
    #[error("Failed to parse ACL Policy: {}", .0.join("\n"))]
    Syntax(Vec<String>),
    /// Keys that mean nothing where they stand, or that stand there twice.
    #[error("Invalid or duplicate policy keys: {}", .0.join("\n"))]
    Keys(Vec<String>),
    /// Rules that hold what cannot be granted, or none at all.
    #[error("Invalid policy: {}", .0.join("\n"))]
    Rules(Vec<String>),
}

impl PolicyError {
    /// In the order of the text, though the parser tells of inner blocks first.
    pub(super) fn syntax(source: &Source, found: Vec<Diagnostic>) -> Self {
        Self::Syntax(rendered(source, found))
    }

    pub(super) fn keys(source: &Source, found: Vec<Diagnostic>) -> Self {
        Self::Keys(rendered(source, found))
    }

    pub(super) fn rules(source: &Source, found: Vec<Diagnostic>) -> Self {
        Self::Rules(rendered(source, found))
    }

    /// What was found, one a line, each with its place.
    #[must_use]
    pub fn findings(&self) -> &[String] {
        match self {
            Self::Syntax(found) | Self::Keys(found) | Self::Rules(found) => found,
        }
    }
}

fn rendered(source: &Source, mut found: Vec<Diagnostic>) -> Vec<String> {
    found.sort_by_key(|one| one.span.map(|span| span.start));
    found.iter().map(|one| one.render(source)).collect()
}
