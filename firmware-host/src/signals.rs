//! SIGTERM, SIGINT and SIGHUP (a terminal that is gone) end a flight cleanly: a flag that whoever runs the flight looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// Watches from now on, on a thread of its own that lives as long as the process; the flag is set by the first signal.
///
/// # Errors
/// When the system gives no thread or no signal handler.
pub fn watch() -> std::io::Result<Arc<AtomicBool>> {
    let came = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&came);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt, mut hang_up) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?)
    };
    std::thread::Builder::new().name("signals".to_string()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
        });
        flag.store(true, Ordering::Release);
    })?;
    Ok(came)
}
