//! Threads whose panic is caught at their boundary, written down, and ends the flight.

use super::Shared;
use crate::cli::Failure;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Starts `body` in a thread of this name.
pub fn spawn(
    name: &'static str,
    shared: &Arc<Shared>,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Failure> {
    let shared = Arc::clone(shared);
    std::thread::Builder::new()
        .name(name.to_string())
        .spawn(move || {
            if let Err(panic) = std::panic::catch_unwind(AssertUnwindSafe(body)) {
                let text = panic
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_string())
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_default();
                shared.fail(&format!("the {name} thread failed: {text}"));
            }
        })
        .map_err(|error| Failure::doing(format_args!("no thread for {name}"), error))
}

/// Waits for a thread's end.
pub fn join(thread: JoinHandle<()>, shared: &Shared) {
    if thread.join().is_err() {
        shared.fail("a thread ended by a panic outside its boundary");
    }
}
