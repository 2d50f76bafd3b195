//! One series of numbers, summed up: a histogram, or a plain sum. Whole numbers, exact.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::metric::Metric;

/// What was counted so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Histogram {
    /// How many values.
    n: u64,
    /// Their sum; the largest number there is stands for more.
    sum: u64,
    least: u64,
    most: u64,
    /// How many fell into each bucket; the last one has no upper bound. Empty for a plain sum.
    buckets: Vec<u64>,
}

impl Histogram {
    /// Count a value.
    pub(super) fn add(&mut self, metric: Metric, value: u64) {
        let bounds = metric.bounds();
        self.least = if self.n == 0 {
            value
        } else {
            self.least.min(value)
        };
        self.most = self.most.max(value);
        self.n = self.n.saturating_add(1);
        self.sum = self.sum.saturating_add(value);
        if bounds.is_empty() {
            return;
        }
        self.buckets.resize(bounds.len() + 1, 0);
        let bucket = bounds.partition_point(|bound| *bound < value);
        self.buckets[bucket] = self.buckets[bucket].saturating_add(1);
    }

    /// The fields of a data point that tell it.
    pub(super) fn fields(&self, metric: Metric) -> Map<String, Value> {
        let mut fields = Map::new();
        if metric.bounds().is_empty() {
            // The field is signed.
            let sum = i64::try_from(self.sum).unwrap_or(i64::MAX);
            fields.insert("asInt".to_owned(), sum.to_string().into());
            return fields;
        }
        let scaled = |value: u64| float(value) / metric.scale();
        let counts: Vec<String> = self.buckets.iter().map(u64::to_string).collect();
        let bounds: Vec<f64> = metric.bounds().iter().map(|b| scaled(*b)).collect();
        fields.insert("count".to_owned(), self.n.to_string().into());
        fields.insert("sum".to_owned(), json!(scaled(self.sum)));
        fields.insert("bucketCounts".to_owned(), json!(counts));
        fields.insert("explicitBounds".to_owned(), json!(bounds));
        fields.insert("min".to_owned(), json!(scaled(self.least)));
        fields.insert("max".to_owned(), json!(scaled(self.most)));
        fields
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "OTLP has doubles here, and what is lost is far beyond what anybody counts"
)]
fn float(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_that_it_closes() {
        let mut counted = Histogram::default();
        for value in [0, 1, 2, 4, 5, 67_108_864, 67_108_865] {
            counted.add(Metric::TokenUsage, value);
        }
        assert_eq!(counted.buckets[..3], [2, 2, 1]);
        assert_eq!(counted.buckets[13..], [1, 1]);
        assert_eq!((counted.least, counted.most, counted.n), (0, 67_108_865, 7));
    }

    #[test]
    fn absurd_values_do_not_overflow() {
        let mut counted = Histogram::default();
        counted.add(Metric::Cost, u64::MAX);
        counted.add(Metric::Cost, u64::MAX);
        let fields = counted.fields(Metric::Cost);
        assert_eq!(fields["asInt"], i64::MAX.to_string());
    }
}
