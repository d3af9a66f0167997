use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// What the memory of the machine does at the moment: nanoseconds per random load from a table of
/// 16 MiB, one word per cache line.
///
/// Numbers that are taken elsewhere, or while other work shares the caches, can be compared by
/// their ratios to these.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calibration {
    /// When each load needs the one before: what a lonely cache miss costs.
    pub dependent: f64,
    /// When the processor may overlap them.
    pub independent: f64,
}

/// A cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(u32);

const LINES: usize = (16 << 20) / size_of::<Line>();

impl Calibration {
    /// Takes about a quarter of a second.
    #[must_use]
    pub fn measure() -> Calibration {
        let table = cycle();
        let loads = LINES * 2;
        let (mut dependent, mut independent) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            let start = Instant::now();
            let mut place = 0_usize;
            for _ in 0..loads {
                place = table[place].0 as usize;
            }
            black_box(place);
            dependent.push(start.elapsed());

            let start = Instant::now();
            let (mut sum, mut state) = (0_u32, 1_u32);
            for _ in 0..loads {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                sum = sum.wrapping_add(table[(state >> 14) as usize].0);
            }
            black_box(sum);
            independent.push(start.elapsed());
        }
        let median = |mut times: Vec<std::time::Duration>| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1e9 / loads as f64
        };
        Calibration { dependent: median(dependent), independent: median(independent) }
    }
}

/// A table in which every line names the next of one cycle through all lines, in random order.
fn cycle() -> Vec<Line> {
    let mut table = (0..LINES as u32).map(Line).collect::<Vec<_>>();
    // Sattolo's shuffle, whose result is always a single cycle.
    let mut state = 1_u64;
    for last in (1..LINES).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        table.swap(last, (state >> 33) as usize % last);
    }
    table
}
