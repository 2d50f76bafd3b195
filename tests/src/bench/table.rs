//! Showing what was measured: Markdown tables that line up.

use std::time::Duration;

use super::timing::Samples;

/// Rows of text under a heading.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heading: &[&str]) -> Self {
        let row = |cells: Vec<String>| Self { rows: vec![cells] };
        row(heading.iter().map(|cell| (*cell).to_owned()).collect())
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Print it to standard output, figures to the right.
    pub(super) fn print(&self) {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        println!();
        for (n, row) in self.rows.iter().enumerate() {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let width = width(column);
                if column == 0 {
                    format!(" {cell:<width$} ")
                } else {
                    format!(" {cell:>width$} ")
                }
            });
            println!("|{}|", cells.collect::<Vec<_>>().join("|"));
            if n == 0 {
                let rule = (0..row.len()).map(|column| {
                    let dashes = "-".repeat(width(column) + 1);
                    if column == 0 {
                        format!("{dashes}-")
                    } else {
                        format!("{dashes}:")
                    }
                });
                println!("|{}|", rule.collect::<Vec<_>>().join("|"));
            }
        }
    }
}

/// A time in the unit in which people say it.
pub(super) fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        _ if micros < 1e3 => format!("{micros:.0} µs"),
        _ if micros < 1e5 => format!("{:.2} ms", micros / 1e3),
        _ if micros < 1e6 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

/// Least, median, 99th percentile, and number of samples.
pub(super) fn figures(samples: &Samples) -> [String; 4] {
    [
        time(samples.least()),
        time(samples.median()),
        time(samples.percentile(99)),
        samples.len().to_string(),
    ]
}

/// How often something happened per second.
pub(super) fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

/// A large number with its thousands apart.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_read_well() {
        assert_eq!(time(Duration::from_nanos(12_400)), "12 µs");
        assert_eq!(time(Duration::from_micros(2_346)), "2.35 ms");
        assert_eq!(time(Duration::from_millis(345)), "345 ms");
        assert_eq!(time(Duration::from_millis(2_346)), "2.35 s");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
        assert_eq!(thousands(12.0), "12");
    }
}
