use serde::{Deserialize, Serialize};

use crate::Clock;

/// How measurements of one thing are spread, in the unit told where it stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// How many there were.
    pub count: u64,
    /// Half of them were shorter.
    pub p50: f64,
    /// Nine of ten were shorter.
    pub p90: f64,
    /// 99 of 100 were shorter.
    pub p99: f64,
    /// 999 of 1,000 were shorter.
    pub p999: f64,
    /// None was longer.
    pub max: f64,
}

/// Times on a [`Clock`], counted. To add one touches a single cache line, nearly always the same
/// few, so that measuring does little to what is measured.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// How often each short time came, by ticks.
    short: Vec<u32>,
    /// The others.
    long: Vec<u64>,
}

/// Some six microseconds.
const SHORT: usize = 1 << 14;

impl Histogram {
    /// Without times.
    #[must_use]
    pub fn new() -> Histogram {
        Histogram { short: vec![0; SHORT], long: Vec::with_capacity(1 << 16) }
    }

    /// Adds a time in ticks.
    #[inline]
    pub fn add(&mut self, ticks: u64) {
        match self.short.get_mut(ticks as usize) {
            Some(count) => *count += 1,
            None => self.long.push(ticks),
        }
    }

    /// Its percentiles, in nanoseconds divided by `unit`.
    #[must_use]
    pub fn spread(mut self, clock: &Clock, unit: f64) -> Spread {
        self.long.sort_unstable();
        let short = self.short.iter().map(|count| u64::from(*count)).sum::<u64>();
        let count = short + self.long.len() as u64;
        let at = |share: f64| {
            if count == 0 {
                return 0.0;
            }
            let place = ((count as f64 * share) as u64).min(count - 1);
            let ticks = if place < short {
                self.short_at(place)
            } else {
                self.long[(place - short) as usize]
            };
            clock.nanoseconds(ticks) / unit
        };
        Spread { count, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }

    /// The time that so many others are below, among the short ones.
    fn short_at(&self, place: u64) -> u64 {
        let mut below = 0;
        for (ticks, count) in (0..).zip(&self.short) {
            below += u64::from(*count);
            if below > place {
                return ticks;
            }
        }
        self.short.len() as u64
    }
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}

/// What was measured, divided by this, is in microseconds.
pub(crate) const MICROSECONDS: f64 = 1e3;
/// What was measured, divided by this, is in nanoseconds.
pub(crate) const NANOSECONDS: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::{Histogram, NANOSECONDS};
    use crate::Clock;

    #[test]
    fn percentiles_of_what_was_added() {
        let clock = Clock::new();
        let mut histogram = Histogram::new();
        for ticks in 1..=100_000 {
            histogram.add(ticks);
        }
        let spread = histogram.spread(&clock, NANOSECONDS);
        let ticks = |share: f64| (share / clock.nanoseconds(1)).round() as u64;
        assert_eq!(spread.count, 100_000);
        let seen = [spread.p50, spread.p90, spread.p99, spread.p999, spread.max].map(ticks);
        assert_eq!(seen, [50_001, 90_001, 99_001, 99_901, 100_000]);
    }
}
