//! SIGTERM, SIGINT and SIGHUP (a terminal that is gone) end a flight cleanly: a flag that whoever runs the flight looks at. Other work they
//! end at once, when what is drawn on the terminal is taken away.

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
    first(move |_| flag.store(true, Ordering::Release))?;
    Ok(came)
}

/// From now on the first signal has `last` done, and then ends the process as it would have by itself.
///
/// # Errors
/// As [`watch`].
pub fn end_after(last: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    first(move |kind| {
        last();
        // SAFETY: neither call touches memory of ours; the signal's own act, which is set again, ends the process.
        unsafe {
            libc::signal(kind.as_raw_value(), libc::SIG_DFL);
            libc::raise(kind.as_raw_value());
        }
    })
}

fn first(act: impl FnOnce(SignalKind) + Send + 'static) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt, mut hang_up) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?)
    };
    std::thread::Builder::new().name("signals".to_string()).spawn(move || {
        act(runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => SignalKind::terminate(),
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = hang_up.recv() => SignalKind::hangup(),
            }
        }));
    })?;
    Ok(())
}
