//! Time of single calls, in fractions of a nanosecond.
//!
//! On x86-64 it is the processor's time stamp counter, read by `rdtscp`, which waits for every
//! earlier instruction. What is timed is made to depend on the first reading, or else the processor
//! would begin with it while it still reads the clock. Elsewhere it is the system's clock.

use std::hint::black_box;
use std::time::Instant;

/// The clock, and what reading it costs.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    #[cfg(not(target_arch = "x86_64"))]
    origin: Instant,
    /// Nanoseconds of a tick.
    tick: f64,
    /// Ticks between two readings with nothing in between.
    overhead: u64,
}

impl Clock {
    /// Compares the counter with the system's clock; takes a tenth of a second.
    #[must_use]
    pub fn new() -> Clock {
        let mut clock = Clock {
            #[cfg(not(target_arch = "x86_64"))]
            origin: Instant::now(),
            tick: 1.0,
            overhead: 0,
        };
        let (start, ticks) = (Instant::now(), clock.now());
        while start.elapsed().as_millis() < 100 {
            std::hint::spin_loop();
        }
        clock.tick = start.elapsed().as_nanos() as f64 / (clock.now() - ticks) as f64;
        let mut empty = (0..10_000).map(|_| clock.ticks(black_box)).collect::<Vec<_>>();
        empty.sort_unstable();
        clock.overhead = empty[empty.len() / 2];
        clock
    }

    /// What the clock is.
    #[must_use]
    pub const fn name() -> &'static str {
        if cfg!(target_arch = "x86_64") { "time stamp counter" } else { "system clock" }
    }

    /// What is subtracted from every measurement, in nanoseconds.
    #[must_use]
    pub fn overhead(&self) -> f64 {
        self.nanoseconds(self.overhead)
    }

    /// Ticks since whenever; the same on every processor.
    #[must_use]
    #[inline(always)]
    pub fn now(&self) -> u64 {
        #[cfg(target_arch = "x86_64")]
        {
            let mut processor = 0;
            safe_arch::read_timestamp_counter_p(&mut processor)
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }
    }

    /// How long `call` takes. It is given a zero that is known only when the clock has been read;
    /// to wait for that, it has to use it.
    #[inline(always)]
    pub fn time<T>(&self, call: impl FnOnce(usize) -> T) -> u64 {
        self.ticks(call).saturating_sub(self.overhead)
    }

    /// How long so many ticks are.
    #[must_use]
    pub fn nanoseconds(&self, ticks: u64) -> f64 {
        ticks as f64 * self.tick
    }

    #[inline(always)]
    fn ticks<T>(&self, call: impl FnOnce(usize) -> T) -> u64 {
        let start = self.now();
        // No counter comes that far, but the compiler does not know.
        black_box(call((start >> 63) as usize));
        self.now() - start
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}
