//! Why a command ended without its result, and the exit code that says so: 1 failed, 2 wrong use.

use std::any::Any;
use std::fmt;
use std::io::ErrorKind;
use std::process::ExitCode;

use crate::progress::above_what_is_drawn;
use crate::settings::SettingsErrors;
use crate::store::StoreError;

/// Why a command ended without its result.
#[derive(Debug)]
pub enum Failure {
    /// Wrong use: what is wrong and what to write instead. Exit code 2.
    Usage(String),
    /// It did not work: what, and what to do about it. Exit code 1.
    Failed(String),
    /// Whoever read our output has enough (`| head`). Nothing is said; exit code 0.
    OutputClosed,
}

impl Failure {
    /// A failure with what was being done, for errors of the system and of libraries.
    pub fn doing(what: impl fmt::Display, error: impl fmt::Display) -> Failure {
        Failure::Failed(format!("{what}: {error}"))
    }

    /// What goes to stderr, if anything.
    pub fn message(&self) -> Option<&str> {
        match self {
            Failure::Usage(message) | Failure::Failed(message) => Some(message),
            Failure::OutputClosed => None,
        }
    }

    /// 0, 1 or 2.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::OutputClosed => 0,
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
        })
    }
}

impl From<SettingsErrors> for Failure {
    fn from(errors: SettingsErrors) -> Failure {
        Failure::Usage(errors.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        if error.is_closed_pipe() { Failure::OutputClosed } else { Failure::Failed(error.to_string()) }
    }
}

/// An error of writing to stdout.
pub fn output_failure(error: &std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::doing("cannot write to stdout", error),
    }
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Writes `text` to stdout as it is.
///
/// # Errors
/// [`Failure::OutputClosed`] when nobody reads any more, [`Failure::Failed`] for all else (a full disk, say).
pub fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut written = Ok(());
    above_what_is_drawn(&mut || {
        let mut out = std::io::stdout().lock();
        written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    });
    written.map_err(|error| output_failure(&error))
}

/// Says `text` on stderr, a line of its own. A stderr that nobody reads any more is no failure.
pub fn say(text: &str) {
    use std::io::Write;
    above_what_is_drawn(&mut || drop(writeln!(std::io::stderr().lock(), "{text}")));
}
