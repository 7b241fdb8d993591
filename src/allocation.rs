//! Counts heap allocations of the thread that asks, for the tests that prove a pass makes none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static ALLOCATION_COUNT: Cell<u64> = const { Cell::new(0) };
}

fn note() {
    // A thread that is ending has no counter left, and nobody who asks.
    let _ = ALLOCATION_COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size_bytes: usize) -> *mut u8 {
        note();
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(block, layout, size_bytes) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Runs `f`; what it returned and how often this thread allocated meanwhile.
pub(crate) fn count<R>(f: impl FnOnce() -> R) -> (R, u64) {
    let before = ALLOCATION_COUNT.get();
    let result = f();
    (result, ALLOCATION_COUNT.get() - before)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_allocation_is_counted() {
        assert_eq!(super::count(|| Box::new(1)).1, 1);
        assert_eq!(super::count(|| 1).1, 0);
    }
}
