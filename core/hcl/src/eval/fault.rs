//! Why an expression has no value.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

pub(crate) type Eval<T> = Result<T, Fault>;

pub(crate) enum Fault {
    /// To be reported to the user.
    Report(Diagnostic),
    /// The limits of a file are reached; told once, since everything after it fails in the same way.
    Exhausted(Span),
    /// It depends on something whose own fault is reported already; another report would only be noise.
    Reported,
}

impl Fault {
    pub fn at(span: Span, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Report(Diagnostic::at(span, summary, detail))
    }

    /// The report, unless it was made already.
    pub fn into_report(self) -> Option<Diagnostic> {
        match self {
            Self::Report(diagnostic) => Some(diagnostic),
            Self::Exhausted(span) => Some(Diagnostic::at(
                span,
                "evaluating this file takes more work or makes more data than is allowed",
                "split the job, or make its loops and generated texts smaller",
            )),
            Self::Reported => None,
        }
    }
}
