//! How far long work has come. The work tells it, whoever looks on is told, and neither knows the other.
//!
//! Work tells in the thread that it is done in; where nobody looks on, that is a look at one place of the thread. What is drawn over and
//! over on the terminal is known here too, so that lines written to it come to stand above.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// What is counted.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Rows of tables.
    #[default]
    Rows,
    /// Bytes.
    Bytes,
    /// Control passes of a flight.
    Passes,
    /// Seconds of samples, counted in milliseconds.
    Milliseconds,
}

/// Who looks on.
pub trait Onlooker: Send + Sync {
    /// Of several like it, the one that is begun: its name, its number from 1 and how many there are.
    fn item(&self, name: &str, number: usize, of: usize);

    /// The part of the work that is begun; `total` where it is known.
    fn part(&self, doing: &'static str, total: Option<u64>, unit: Unit);

    /// More of that part is done.
    fn done(&self, more: u64);
}

thread_local! {
    static ONLOOKER: RefCell<Option<Arc<dyn Onlooker>>> = const { RefCell::new(None) };
}

/// Has `onlooker` told of the work of this thread, until it is dropped.
pub struct Watched;

impl Watched {
    /// From now on.
    pub fn by(onlooker: Arc<dyn Onlooker>) -> Watched {
        ONLOOKER.with(|place| *place.borrow_mut() = Some(onlooker));
        Watched
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        ONLOOKER.with(|place| *place.borrow_mut() = None);
    }
}

fn tell(what: impl FnOnce(&dyn Onlooker)) {
    ONLOOKER.with(|place| {
        if let Some(onlooker) = place.borrow().as_deref() {
            what(onlooker);
        }
    });
}

/// Whether anyone is told: what is reckoned for them alone need not be reckoned.
pub fn is_watched() -> bool {
    ONLOOKER.with(|place| place.borrow().is_some())
}

/// Begins with one of several.
pub fn item(name: &str, number: usize, of: usize) {
    tell(|onlooker| onlooker.item(name, number, of));
}

/// Begins with a part of the work.
pub fn part(doing: &'static str, total: Option<u64>, unit: Unit) {
    tell(|onlooker| onlooker.part(doing, total, unit));
}

/// More of it is done.
pub fn done(more: u64) {
    tell(|onlooker| onlooker.done(more));
}

/// What is drawn over and over at the end of the terminal.
pub trait Drawn: Send + Sync {
    /// Takes it away, has `write` write once, and draws it again.
    fn aside(&self, write: &mut dyn FnMut());
}

static DRAWN: Mutex<Option<Arc<dyn Drawn>>> = Mutex::new(None);

/// What is drawn from now on; `None`: nothing.
pub fn set_drawn(drawn: Option<Arc<dyn Drawn>>) {
    *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = drawn;
}

/// Has `write` write to the terminal, above what is drawn there.
pub fn above_what_is_drawn(write: &mut dyn FnMut()) {
    let drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match drawn {
        Some(drawn) => drawn.aside(write),
        None => write(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Page(Mutex<Vec<String>>);

    impl Onlooker for Page {
        fn item(&self, name: &str, number: usize, of: usize) {
            self.0.lock().unwrap().push(format!("{name} {number}/{of}"));
        }
        fn part(&self, doing: &'static str, total: Option<u64>, unit: Unit) {
            self.0.lock().unwrap().push(format!("{doing} {total:?} {unit:?}"));
        }
        fn done(&self, more: u64) {
            self.0.lock().unwrap().push(format!("+{more}"));
        }
    }

    #[test]
    fn who_looks_on_is_told_and_nobody_after() {
        let page = Arc::new(Page::default());
        done(1);
        let watched = Watched::by(page.clone());
        item("a", 1, 2);
        part("reading", Some(3), Unit::Rows);
        done(3);
        std::thread::spawn(|| done(99)).join().unwrap();
        drop(watched);
        done(7);
        assert_eq!(*page.0.lock().unwrap(), ["a 1/2", "reading Some(3) Rows", "+3"]);
    }
}
