//! How far a figure may be off: the same figure of many resamples of the rows.

use crate::lcg::Lcg;

/// How many.
pub(super) const RESAMPLES: u64 = 1000;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// `measures` of the rows at `places` as they are, and of resamples of them. `measures` is told how
/// often each of all `n` rows counts.
pub(super) fn figures<const N: usize>(
    n: usize,
    places: &[usize],
    measures: impl Fn(&[u32]) -> [f64; N],
) -> [Figure; N] {
    let mut times = vec![0; n];
    places.iter().for_each(|place| times[*place] = 1);
    let values = measures(&times);
    let mut resampled: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    let mut lcg = Lcg::new(2024);
    for _ in 0..RESAMPLES {
        times.fill(0);
        for _ in places {
            times[places[lcg.below(places.len() as u64) as usize]] += 1;
        }
        for (list, value) in resampled.iter_mut().zip(measures(&times)) {
            list.push(value);
        }
    }
    std::array::from_fn(|i| {
        let list = &mut resampled[i];
        list.sort_by(f64::total_cmp);
        let at = |share: f64| list[(share * (list.len() - 1) as f64).round() as usize];
        Figure {
            value: values[i],
            low: at(0.025),
            high: at(0.975),
        }
    })
}
