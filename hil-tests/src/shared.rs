//! What several parts need: many independent pieces of work on a few threads, with results in the order of the work (the same
//! for any count of threads); waiting for an answer; words in a file that somebody else reads; a panic's words; a quantile;
//! processor time.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// `work(0..count)`, results in order. `progress` hears the count of finished pieces, from any thread.
pub fn in_order<T: Send>(
    count: u64,
    threads: usize,
    progress: &(dyn Fn(u64) + Sync),
    work: impl Fn(u64) -> T + Sync,
) -> Vec<T> {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let results: Mutex<Vec<(u64, T)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let result = work(index);
                    lock(&results).push((index, result));
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What `ask` answers, asked again and again; none when `limit` is over before.
pub fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || begun.elapsed() > limit {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The lock, also after a panic of who held it: what it guards is whole between any two lines.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a panic said.
pub fn panic_words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

/// In one step, for a reader that looks at any moment: `words` are what the file `path` holds.
///
/// # Errors
/// The file cannot be written; the text names it.
pub fn tell(path: &Path, words: &str) -> Result<(), String> {
    let next = path.with_extension("next");
    let written = fs::write(&next, words).and_then(|()| fs::rename(&next, path));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

/// The `q`-quantile of sorted values, linear between order statistics (Hyndman and Fan's type 7: SQL's `percentile_cont`).
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// CPU seconds of this process so far, all threads.
pub fn cpu_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        let squares = |threads| in_order(100, threads, &|_| {}, |index| index * index);
        assert_eq!(squares(1), squares(4));
        assert_eq!(squares(3)[99], 9801);
    }

    #[test]
    fn quantiles_are_percentile_cont() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile(&sorted, 0.5), Some(3.0));
        assert!((quantile(&sorted, 0.9).unwrap() - 6.8).abs() < 1e-12);
        assert_eq!(
            (quantile(&sorted, 1.0), quantile(&[], 0.5), quantile(&[7.0], 0.9)),
            (Some(8.0), None, Some(7.0))
        );
    }
}
