//! `<<-`: takes the indentation that all lines share off their starts.
//!
//! As HCL does it: lines of only white space neither count nor change; a value or directive at the very start of a
//! line means there is nothing to take off; a line whose line break was trimmed away by `~` does not begin anew.

use super::part::Part;

pub(super) fn dedent(parts: &mut [Part<'_>]) {
    let mut indent = usize::MAX;
    Walk::over(parts, &mut |start| match start {
        Start::Text(text) => indent = indent.min(leading(text)),
        Start::Marker => indent = 0,
    });
    Walk::over(parts, &mut |start| {
        if let Start::Text(text) = start {
            *text = text.chars().skip(indent).collect();
        }
    });
}

/// What a line begins with.
enum Start<'p> {
    Text(&'p mut String),
    /// A value or directive.
    Marker,
}

/// Meets the starts of all lines in the order of the source.
struct Walk<'m> {
    at_start: bool,
    meet: &'m mut dyn FnMut(Start<'_>),
}

impl<'m> Walk<'m> {
    fn over(parts: &mut [Part<'_>], meet: &'m mut dyn FnMut(Start<'_>)) {
        Self { at_start: true, meet }.parts(parts);
    }

    fn parts(&mut self, parts: &mut [Part<'_>]) {
        for part in parts {
            match part {
                Part::Text(text) => self.text(text),
                Part::Value(_) => self.marker(),
                Part::If { then, otherwise, .. } => {
                    self.marker();
                    self.parts(then);
                    self.marker();
                    self.parts(otherwise);
                    self.marker();
                }
                Part::For(each) => {
                    self.marker();
                    self.parts(&mut each.body);
                    self.marker();
                }
            }
        }
    }

    fn text(&mut self, text: &mut String) {
        let ends_line = text.ends_with('\n');
        let blank = ends_line && text.trim().is_empty();
        if self.at_start && !blank {
            (self.meet)(Start::Text(text));
        }
        self.at_start = ends_line;
    }

    fn marker(&mut self) {
        if self.at_start {
            (self.meet)(Start::Marker);
        }
        self.at_start = false;
    }
}

fn leading(text: &str) -> usize {
    text.chars().take_while(|ch| ch.is_whitespace()).count()
}
