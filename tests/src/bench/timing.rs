//! Taking times: samples with their least, their median, and their 99th percentile, and interleaved rounds.

use std::process::Command;
use std::time::{Duration, Instant};

use super::Trouble;

/// Times of one thing, done again and again.
#[derive(Debug, Default, Clone)]
pub(super) struct Samples(Vec<Duration>);

impl Samples {
    pub(super) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What it takes when nothing comes in between.
    pub(super) fn least(&self) -> Duration {
        self.0.iter().min().copied().unwrap_or_default()
    }

    pub(super) fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The smallest time that at least `percent` of all times do not exceed.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    /// The median of what each round of `self` took longer than the same round of `base`.
    pub(super) fn median_over(&self, base: &Self) -> Duration {
        let pairs = self.0.iter().zip(&base.0);
        Self(
            pairs
                .map(|(ours, base)| ours.saturating_sub(*base))
                .collect(),
        )
        .median()
    }
}

impl Extend<Duration> for Samples {
    fn extend<T: IntoIterator<Item = Duration>>(&mut self, times: T) {
        self.0.extend(times);
    }
}

impl FromIterator<Duration> for Samples {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        Self(times.into_iter().collect())
    }
}

/// Do something and time it.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let result = work();
    (began.elapsed(), result)
}

/// Do something `times` times and time each.
pub(super) fn repeated(
    times: usize,
    mut work: impl FnMut() -> Result<(), Trouble>,
) -> Result<Samples, Trouble> {
    (0..times)
        .map(|_| {
            let (time, result) = timed(&mut work);
            result.map(|()| time)
        })
        .collect()
}

/// Somebody who takes part in every round.
pub(super) struct Contestant<'a> {
    pub(super) name: String,
    pub(super) command: Box<dyn Fn() -> Result<Command, Trouble> + 'a>,
}

/// Run all contestants' commands `rounds` times, each round beginning with the next of them, after
/// some rounds that do not count. A command that fails is the end.
pub(super) fn interleaved(
    contestants: &[Contestant<'_>],
    rounds: usize,
) -> Result<Vec<Samples>, Trouble> {
    const WARM_UP: usize = 5;
    let mut all = vec![Samples::default(); contestants.len()];
    for round in 0..WARM_UP + rounds {
        for place in 0..contestants.len() {
            let who = (round + place) % contestants.len();
            let mut command = (contestants[who].command)()?;
            let (time, status) = timed(|| command.status());
            if !status?.success() {
                return Err(format!("{} failed", contestants[who].name).into());
            }
            if round >= WARM_UP {
                all[who].push(time);
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_taken() {
        let samples: Samples = (1..=200).map(Duration::from_micros).collect();
        assert_eq!(samples.median(), Duration::from_micros(100));
        assert_eq!(samples.percentile(99), Duration::from_micros(198));
        assert_eq!(samples.percentile(100), Duration::from_micros(200));
        assert_eq!(Samples::default().median(), Duration::ZERO);
    }

    #[test]
    fn differences_are_taken_round_by_round() {
        let base: Samples = [1, 50, 2].map(Duration::from_millis).into_iter().collect();
        let ours: Samples = [4, 54, 5].map(Duration::from_millis).into_iter().collect();
        assert_eq!(ours.median_over(&base), Duration::from_millis(3));
    }
}
