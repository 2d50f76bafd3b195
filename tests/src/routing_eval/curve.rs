//! The curve of quality over the share of questions that go to the dear model, and what is read
//! from it.

use super::rows::Row;

/// What a question costs at the cheap and at the dear model, in any one unit.
pub(super) type Costs = [(f64, f64)];

/// A point of the curve: the questions with the highest scores went to the dear model.
#[derive(Debug, Clone, Copy, Default)]
struct Point {
    /// Share of questions that did.
    share: f64,
    /// Answers that were thereby won, as a share of all questions.
    won: f64,
    /// Cost as a share of always dear.
    cost: f64,
}

/// The curve.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    points: Vec<Point>,
    /// Quality of always cheap and always dear: shares of right answers.
    weak: f64,
    strong: f64,
}

/// Rows by falling score; sorted once, walked for every resample.
#[derive(Debug, Clone)]
pub(super) struct Order(Vec<(f64, usize)>);

impl Order {
    /// The rows at `places` by `scores`.
    pub(super) fn new(scores: &[f64], places: &[usize]) -> Self {
        let mut order: Vec<(f64, usize)> = places.iter().map(|i| (scores[*i], *i)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        Self(order)
    }

    /// How many rows there are, each counted `times` often.
    pub(super) fn count(&self, times: &[u32]) -> f64 {
        self.0.iter().map(|(_, i)| f64::from(times[*i])).sum()
    }

    /// The curve of `rows`, each counted `times` often. Equal scores make a straight line: which of
    /// them goes first is left to chance.
    pub(super) fn curve(&self, rows: &[Row], costs: Option<&Costs>, times: &[u32]) -> Curve {
        let (mut n, mut weak, mut strong) = (0.0, 0.0, 0.0);
        let (mut cheap, mut dear) = (0.0, 0.0);
        for (_, i) in &self.0 {
            let count = f64::from(times[*i]);
            n += count;
            weak += count * f64::from(u8::from(rows[*i].weak));
            strong += count * f64::from(u8::from(rows[*i].strong));
            if let Some(costs) = costs {
                cheap += count * costs[*i].0;
                dear += count * costs[*i].1;
            }
        }
        let mut at = Point {
            share: 0.0,
            won: 0.0,
            cost: cheap / dear,
        };
        let mut points = vec![at];
        for ties in self.0.chunk_by(|a, b| a.0 == b.0) {
            for (_, i) in ties {
                let count = f64::from(times[*i]);
                at.share += count / n;
                at.won += count * rows[*i].gain() / n;
                if let Some(costs) = costs {
                    at.cost += count * (costs[*i].1 - costs[*i].0) / dear;
                }
            }
            points.push(at);
        }
        Curve {
            points,
            weak: weak / n,
            strong: strong / n,
        }
    }
}

impl Curve {
    /// Area under the share of the gap that is recovered: 0.5 is chance, 1 at most.
    pub(super) fn apgr(&self) -> f64 {
        self.area() / (self.strong - self.weak)
    }

    /// The same before it is divided by the gap, so that curves of several sets can be added.
    pub(super) fn area(&self) -> f64 {
        let pairs = self.points.windows(2);
        pairs
            .map(|pair| (pair[1].share - pair[0].share) * (pair[0].won + pair[1].won) / 2.0)
            .sum()
    }

    /// What always dear wins over always cheap.
    pub(super) fn gap(&self) -> f64 {
        self.strong - self.weak
    }

    /// The least share of dear calls that recovers `part` of the gap.
    pub(super) fn calls_for(&self, part: f64) -> f64 {
        self.first(part * self.gap()).share
    }

    /// The least share of dear calls, and its cost as a share of always dear, with which quality is
    /// `part` of always dear.
    pub(super) fn equal_quality(&self, part: f64) -> (f64, f64) {
        let point = self.first(part * self.strong - self.weak);
        (point.share, point.cost)
    }

    /// The same for questions chosen by chance.
    pub(super) fn equal_quality_by_chance(&self, part: f64) -> (f64, f64) {
        let share = ((part * self.strong - self.weak) / self.gap()).clamp(0.0, 1.0);
        let cheap = self.points[0].cost;
        (share, cheap + share * (1.0 - cheap))
    }

    /// The first point at which so much is won.
    fn first(&self, won: f64) -> Point {
        if won <= 0.0 {
            return self.points[0];
        }
        for pair in self.points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if b.won >= won {
                let part = (won - a.won) / (b.won - a.won);
                return Point {
                    share: a.share + part * (b.share - a.share),
                    won,
                    cost: a.cost + part * (b.cost - a.cost),
                };
            }
        }
        Point {
            share: 1.0,
            won,
            cost: 1.0,
        }
    }
}
