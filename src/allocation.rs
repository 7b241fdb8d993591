//! Counts the allocations of a piece of work, for tests that hold "nothing is allocated after construction".
//!
//! The test binary's global allocator is the system's with a counter per thread, so that tests running beside each other
//! do not disturb the count. Reallocations and frees count too: neither belongs on a hot path.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static CALLS_TOTAL: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count_call() {
    // A thread that is ending has no counter any more, and nobody reads it.
    let _ = CALLS_TOTAL.try_with(|total| total.set(total.get() + 1));
}

// SAFETY: every call is handed to the system's allocator unchanged; the counter does not allocate (const, no Drop).
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_call();
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_call();
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count_call();
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(at, layout, bytes) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count_call();
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Runs `work` and counts its calls of the allocator in this thread.
pub(crate) fn count<R>(work: impl FnOnce() -> R) -> (R, u64) {
    let before = CALLS_TOTAL.with(Cell::get);
    let result = work();
    (result, CALLS_TOTAL.with(Cell::get) - before)
}

#[test]
fn an_allocation_is_counted_and_its_absence_too() {
    let (boxed, calls) = count(|| std::hint::black_box(Box::new(7)));
    assert_eq!((*boxed, calls), (7, 1));
    assert_eq!(count(|| drop(boxed)).1, 1);
    assert_eq!(count(|| std::hint::black_box(3) + 4), (7, 0));
}
