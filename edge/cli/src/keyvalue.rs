//! Blocks of `Key = value`, the equal signs in one column.

/// Pairs in the order they are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyValues(Vec<(String, String)>);

impl KeyValues {
    pub(crate) fn add(&mut self, key: &str, value: impl Into<String>) {
        self.0.push((key.to_owned(), value.into()));
    }

    /// Adds the pair unless there is nothing to say.
    pub(crate) fn add_some(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.add(key, value);
        }
    }

    /// The length of the longest key.
    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0)
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let width = self.width();
        let line = |(key, value): &(String, String)| {
            let value = if value.is_empty() { "<none>" } else { value };
            format!("{key:width$} = {value}")
        };
        self.0.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_signs_line_up() {
        let mut pairs = KeyValues::default();
        pairs.add("ID", "web");
        pairs.add("Node Pool", "");
        pairs.add_some("Left Out", "");
        assert_eq!(pairs.lines(), ["ID        = web", "Node Pool = <none>"]);
    }
}
