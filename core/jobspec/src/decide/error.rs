//! Every reason at once, nested as the job is: job, group, task.

use std::fmt;

/// One reason why a job is refused, or the reasons found inside one part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidationError {
    Message {
        text: String,
        /// What the text is about, by its name in a job file.
        attribute: Option<&'static str>,
    },
    /// `Task group web validation failed: …`
    Part { what: String, at: Step, errors: Vec<Self> },
}

/// The way from a block of a job file to one inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The n-th block of this kind, counted from 0.
    Nth(&'static str, usize),
    Labelled(&'static str, String),
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { text, .. } => f.write_str(text),
            Self::Part { what, errors, .. } => {
                write!(f, "{what} validation failed: {}", validation_message(errors))
            }
        }
    }
}

impl std::error::Error for ValidationError {}

/// The reasons as one text, in the form clients of the API know: a count, then one starred line a reason.
#[must_use]
pub fn validation_message(errors: &[ValidationError]) -> String {
    let lines: Vec<String> = errors.iter().map(|error| format!("* {error}")).collect();
    let count = match errors.len() {
        1 => "1 error".to_owned(),
        many => format!("{many} errors"),
    };
    format!("{count} occurred:\n\t{}\n\n", lines.join("\n\t"))
}

/// Collects what is found while a job is decided.
#[derive(Debug, Default)]
pub struct Findings {
    pub errors: Vec<ValidationError>,
    pub warnings: Vec<String>,
    /// What the job asks for and nobody here does, where leaving it out would run something else.
    pub unbuilt: Vec<String>,
}

impl Findings {
    pub fn error(&mut self, text: impl Into<String>) {
        self.errors.push(ValidationError::Message { text: text.into(), attribute: None });
    }

    /// An error about one attribute, by its name in a job file.
    pub fn error_in(&mut self, attribute: &'static str, text: impl Into<String>) {
        self.errors.push(ValidationError::Message { text: text.into(), attribute: Some(attribute) });
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// The wording of everything that would change what runs if it were ignored. The job is well-formed all the
    /// same; only running it is refused.
    pub fn unsupported(&mut self, what: impl fmt::Display, consequence: &str) {
        self.unbuilt.push(format!("{what} is not supported by this version of muster: {consequence}"));
    }

    /// The wording of everything that can be ignored without changing what runs.
    pub fn no_effect(&mut self, what: impl fmt::Display, consequence: &str) {
        self.warn(format!("{what} has no effect in this version of muster: {consequence}"));
    }

    /// Adds an error's text, or hands the value on.
    pub fn check<T, E: fmt::Display>(&mut self, attribute: &'static str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.error_in(attribute, error.to_string())).ok()
    }

    /// Decides one part of the job; what is found in it is reported under its name.
    pub fn part<T>(&mut self, what: String, at: Step, decide: impl FnOnce(&mut Self) -> T) -> T {
        let mut inner = Self::default();
        let value = decide(&mut inner);
        self.warnings.extend(inner.warnings.into_iter().map(|warning| format!("{what}: {warning}")));
        self.unbuilt.extend(inner.unbuilt.into_iter().map(|asked| format!("{what}: {asked}")));
        if !inner.errors.is_empty() {
            self.errors.push(ValidationError::Part { what, at, errors: inner.errors });
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_nested() {
        let mut findings = Findings::default();
        findings.error("Missing job ID");
        findings.part("Task group web".into(), Step::Nth("group", 0), |group| {
            group.part("Task t".into(), Step::Nth("task", 0), |task| task.error("Missing task driver"));
        });
        assert_eq!(
            validation_message(&findings.errors),
            "2 errors occurred:\n\t* Missing job ID\n\t* Task group web validation failed: 1 error occurred:\n\t* Task t \
             validation failed: 1 error occurred:\n\t* Missing task driver\n\n\n\n\n\n"
        );
    }
}
