//! Tables for people: aligned columns, no frames that a pipe would choke on.

use std::fmt;

use comfy_table::{CellAlignment, ContentArrangement, presets};

/// A table with a header. Columns that hold numbers are aligned to the right.
pub(super) struct Table {
    inner: comfy_table::Table,
    numeric: Vec<bool>,
}

impl Table {
    /// A table with these column names.
    pub(super) fn new<const N: usize>(names: [&str; N]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(names);
        Self {
            inner,
            numeric: vec![true; N],
        }
    }

    /// Add a row.
    pub(super) fn row<const N: usize>(&mut self, cells: [impl Into<String>; N]) {
        let cells: Vec<String> = cells
            .into_iter()
            .map(|cell| super::escape::one_line(&cell.into(), 80))
            .collect();
        for (numeric, cell) in self.numeric.iter_mut().zip(&cells) {
            *numeric &= is_number(cell);
        }
        self.inner.add_row(cells);
    }
}

fn is_number(cell: &str) -> bool {
    cell.is_empty()
        || cell == "-"
        || cell == "?"
        || cell == "unknown"
        || cell.starts_with(|c: char| c.is_ascii_digit() || "$<>≥~".contains(c))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = self.inner.clone();
        for (column, numeric) in table.column_iter_mut().zip(&self.numeric) {
            column.set_padding((0, 2));
            if *numeric {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_line_up_and_numbers_stand_to_the_right() {
        let mut table = Table::new(["Agent", "Cost"]);
        table.row(["architect", "$1.80"]);
        table.row(["scribe", "$10.00"]);
        assert_eq!(
            table.to_string(),
            "Agent        Cost\narchitect   $1.80\nscribe     $10.00"
        );
    }
}
