//! How every thread of a flight is started: named by its role, asking for what the role gives it, its panic caught at its
//! boundary, written down, and ending the flight.

use crate::failure::{Failure, panic_text};
use crate::realtime::{self, Body, Role};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

/// How a flight goes on and ends, for all its threads.
#[derive(Default)]
pub struct Life {
    /// Set by whoever ends the flight.
    stop: AtomicBool,
    /// Set when nothing is commanded any more: until then samples keep coming, so that the cause of the end stays the cause.
    pub is_over: AtomicBool,
    failed: OnceLock<String>,
    /// What the system refused at the threads' start.
    refused: Mutex<Vec<String>>,
}

impl Life {
    /// Ends the flight.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Whether somebody ends the flight.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Why the flight failed, if it did.
    pub fn failed(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Whether no thread has panicked.
    pub fn all_alive(&self) -> bool {
        self.failed.get().is_none()
    }

    /// The flight has failed.
    pub fn fail(&self, why: &str) {
        // The first reason stays: the others follow from it. Set before it is said, because it stops commanding.
        let _ = self.failed.set(why.to_string());
        tracing::error!("{why}");
    }

    /// What the system refused, unless it is being written just now. Never waits.
    pub fn refused(&self) -> Option<Vec<String>> {
        self.refused.try_lock().ok().map(|refused| refused.clone())
    }

    /// Each once: a line that is opened again asks again.
    fn note_refused(&self, what: Vec<String>) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        for what in what {
            if !refused.contains(&what) {
                tracing::info!("{what}");
                refused.push(what);
            }
        }
    }
}

/// Starts the threads of a flight.
#[derive(Clone)]
pub struct Threads {
    life: Arc<Life>,
    asks: bool,
}

impl Threads {
    /// For a flight; `asks`: for scheduling and locked memory.
    pub fn new(life: Arc<Life>, asks: bool) -> Threads {
        if asks {
            life.note_refused(realtime::lock_memory().into_iter().collect());
        }
        Threads { life, asks }
    }

    /// To be run in a thread that another part starts: asks for what `role` gives it.
    pub fn asking(&self, role: Role) -> impl Fn() + Send + Sync + use<> {
        let (life, asks) = (Arc::clone(&self.life), self.asks);
        move || {
            if asks {
                life.note_refused(realtime::ask(role));
            }
        }
    }

    /// To be handed to a part that keeps its thread.
    pub fn starter(&self, role: Role) -> impl FnOnce(Body) -> io::Result<JoinHandle<()>> + use<> {
        let (ask, life) = (self.asking(role), Arc::clone(&self.life));
        move |body| {
            let guarded = move || {
                ask();
                if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
                    life.fail(&format!("the {} thread failed: {}", role.name(), panic_text(&*panic)));
                }
            };
            realtime::start(role, Box::new(guarded))
        }
    }

    /// Starts `body`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn spawn(&self, role: Role, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
        self.starter(role)(Box::new(body))
            .map_err(|error| Failure::doing(format_args!("no thread for {}", role.name()), error))
    }

    /// Waits for a thread's end.
    pub fn join(&self, thread: JoinHandle<()>) {
        if thread.join().is_err() {
            self.life.fail("a thread ended by a panic outside its boundary");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_written_down_and_ends_the_flight() {
        let life = Arc::<Life>::default();
        let threads = Threads::new(Arc::clone(&life), false);
        let named = threads.spawn(Role::Sense, || {
            assert_eq!(std::thread::current().name(), Some("sense"));
        });
        threads.join(named.unwrap());
        assert!(life.all_alive() && life.refused() == Some(Vec::new()));
        let panics = threads.spawn(Role::Ground, || panic!("no {}", "more"));
        threads.join(panics.unwrap());
        assert_eq!(life.failed(), Some("the ground thread failed: no more"));
        life.fail("later");
        assert_eq!(life.failed(), Some("the ground thread failed: no more"));
    }

    #[test]
    fn each_thread_asks_for_what_its_role_gives_it() {
        let life = Arc::<Life>::default();
        // Without locking memory: it would stay locked for all tests.
        let threads = Threads { life: Arc::clone(&life), asks: true };
        let (told, said) = std::sync::mpsc::channel();
        let body = move || {
            // SAFETY: takes no pointer; 0 is the calling thread.
            told.send(unsafe { libc::sched_getscheduler(0) } & !libc::SCHED_RESET_ON_FORK).unwrap();
        };
        threads.join(threads.spawn(Role::Autopilot, body).unwrap());
        let is_fifo = said.recv().unwrap() == libc::SCHED_FIFO;
        let refused = life.refused().unwrap();
        assert_ne!(is_fifo, refused.iter().any(|text| text.starts_with("autopilot: no FIFO priority 49")));
    }
}
