//! What is wrong with a text, where, and how to mend it.

use crate::source::{Source, Span};

/// One finding. `summary` says what is wrong, `detail` what was expected and how to mend it.
///
/// Without a span the finding does not lie in the source it was evaluated with; where it lies in another file (a
/// file of variables), `summary` begins with that file's name, line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{summary}; {detail}")]
pub struct Diagnostic {
    pub span: Option<Span>,
    pub summary: String,
    pub detail: String,
}

impl Diagnostic {
    pub fn at(span: impl Into<Span>, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { span: Some(span.into()), summary: summary.into(), detail: detail.into() }
    }

    pub fn nowhere(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { span: None, summary: summary.into(), detail: detail.into() }
    }

    /// `file:line:col: summary; detail`
    #[must_use]
    pub fn render(&self, source: &Source) -> String {
        let text = if self.detail.is_empty() { self.summary.clone() } else { self.to_string() };
        match self.span {
            Some(span) => {
                let at = source.position(span.start);
                format!("{}:{}:{}: {text}", source.name, at.line, at.column)
            }
            None => text,
        }
    }
}
