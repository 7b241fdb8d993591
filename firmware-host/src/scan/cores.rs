//! Work on all cores.

use crate::failure::panic_text;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `of` makes of each item, in their order.
///
/// # Errors
/// What it said where it panicked: what broke must not look like what found nothing.
pub fn each<T: Sync, R: Send>(items: &[T], of: impl Fn(&T) -> R + Sync) -> Result<Vec<R>, String> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, of(item)))
        };
        std::iter::from_fn(mine).collect::<Vec<(usize, R)>>()
    };
    let ends: Vec<thread::Result<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join()).collect()
    });
    let mut made = Vec::with_capacity(items.len());
    for end in ends {
        made.append(&mut end.map_err(|panic| panic_text(&*panic))?);
    }
    made.sort_by_key(|(at, _)| *at);
    Ok(made.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_a_panic_is_an_error() {
        let items: Vec<u32> = (0..100).collect();
        assert_eq!(each(&items, |item| item * 2), Ok((0..200).step_by(2).collect()));
        let broken = |item: &u32| assert_ne!(*item, 70, "broken");
        assert!(each(&items, broken).unwrap_err().contains("broken"));
        assert_eq!(each(&[], broken), Ok(vec![]));
    }
}
