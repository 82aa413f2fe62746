//! Tables: columns left aligned, two spaces between them, the last one not padded.

/// A header and rows of the same width.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { header: header.iter().map(|&name| name.to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn column(&mut self, name: &str) {
        self.header.push(name.to_owned());
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.header.len(), "a cell for every column");
        self.rows.push(cells);
    }

    /// Lines without line ends, the header first.
    pub(crate) fn lines(&self) -> Vec<String> {
        let all: Vec<&Vec<String>> = std::iter::once(&self.header).chain(&self.rows).collect();
        let width = |column: usize| {
            all.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| shown(cell).chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        all.iter().map(|row| line(row, &widths)).collect()
    }
}

/// An empty cell would make its row unreadable for whoever cuts columns.
fn shown(cell: &str) -> &str {
    if cell.is_empty() { "<none>" } else { cell }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    let last = row.len().saturating_sub(1);
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        let cell = shown(cell);
        text.push_str(cell);
        if column < last {
            let padding = width.saturating_sub(cell.chars().count()) + 2;
            text.extend(std::iter::repeat_n(' ', padding));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_characters() {
        let mut table = Table::new(&["ID", "Name", "X"]);
        table.row(vec!["1".into(), "grün".into(), "a".into()]);
        table.row(vec!["1000".into(), String::new(), "b".into()]);
        assert_eq!(table.lines(), ["ID    Name    X", "1     grün    a", "1000  <none>  b"]);
    }
}
