use std::ops::Range;

/// Fewer rows than this are not worth a thread.
const LEAST: usize = 1 << 14;

/// Shares rows out among threads, each with a run of its own, and gives what they made of them in the
/// order of the rows.
pub(super) fn share<T: Send>(
    rows: usize,
    threads: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let parts = threads.min(rows / LEAST).max(1);
    let size = rows.div_ceil(parts);
    let run = |part: usize| (part * size).min(rows)..((part + 1) * size).min(rows);
    if parts == 1 {
        return vec![work(run(0))];
    }
    std::thread::scope(|scope| {
        let work = &work;
        let others = (1..parts).map(|part| scope.spawn(move || work(run(part))));
        let others = others.collect::<Vec<_>>();
        let mut done = vec![work(run(0))];
        for other in others {
            match other.join() {
                Ok(part) => done.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}
