//! What is said goes to stderr: for people on a terminal or in a pipe, with `<N>` priorities when it is systemd's journal.
//!
//! The level is `--log`, else `RUST_LOG`, else `info`. A thread of its own writes the lines: the control pass logs, and must
//! not wait for a pipe that nobody reads or for a stalled journal. Lines that do not fit its queue are dropped. Colours are for terminals
//! alone, and `NO_COLOR` (no-color.org) puts them out.

use std::fmt;
use std::io::Write;

use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, time::uptime};
use tracing_subscriber::registry::LookupSpan;

use crate::failure::Failure;
use crate::progress::above_what_is_drawn;

/// Starts the log of this process. What waits when the guard is dropped is still written, for a second at most.
///
/// # Errors
/// [`Failure::Usage`] when the level cannot be read.
pub fn start(level: Option<&str>) -> Result<WorkerGuard, Failure> {
    let (from, text) = match level {
        Some(level) => ("--log", level.to_string()),
        None => ("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_default()),
    };
    // The client of NATS tells each connection, which `forward` does itself.
    let text = if text.is_empty() { "info,async_nats=warn".to_string() } else { text };
    let filter = EnvFilter::try_new(&text).map_err(|error| {
        Failure::Usage(format!("{from}={text}: {error}; write error, warn, info, debug or trace"))
    })?;
    let (writer, guard) = tracing_appender::non_blocking(Stderr);
    let builder =
        tracing_subscriber::fmt().log_internal_errors(false).with_env_filter(filter).with_writer(writer);
    // A second start (tests in one process) keeps the first.
    let _ = if is_journal() {
        builder.event_format(JournalLines).try_init()
    } else {
        builder.with_ansi(is_coloured()).with_timer(uptime()).with_target(false).try_init()
    };
    Ok(guard)
}

/// Whether stderr takes colours: a terminal does, unless `NO_COLOR` is set; by the rule that the command line's own help follows.
fn is_coloured() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Lines go above a progress bar.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut written = Ok(0);
        above_what_is_drawn(&mut || written = std::io::stderr().write(bytes));
        written
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Whether stderr is the journal: `JOURNAL_STREAM` names its device and inode (systemd.exec(5)).
fn is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stat) = rustix::fs::fstat(std::io::stderr()) else { return false };
    stream == format!("{}:{}", stat.st_dev, stat.st_ino)
}

/// One line per event, its syslog priority in front (sd-daemon(3)); the journal adds time and unit itself.
struct JournalLines;

impl<S, N> FormatEvent<S, N> for JournalLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(to, "<{}>", priority(*event.metadata().level()))?;
        let mut line = String::new();
        context.field_format().format_fields(Writer::new(&mut line), event)?;
        // A line break would begin a new entry without priority.
        writeln!(to, "{}", line.replace('\n', " "))
    }
}

const fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn journal_lines_begin_with_their_priority_and_stay_one_line() {
        let page = Page::default();
        let writer = page.clone();
        let subscriber =
            tracing_subscriber::fmt().event_format(JournalLines).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(lost_samples = 7, "gap\nin the samples");
            tracing::error!("stalled");
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "<4>gap in the samples lost_samples=7\n<3>stalled\n");
    }

    #[test]
    fn a_level_that_cannot_be_read_is_wrong_use() {
        let failure = start(Some("skyhound=loud")).unwrap_err();
        assert!(
            matches!(&failure, Failure::Usage(text) if text.contains("--log=skyhound=loud")),
            "{failure:?}"
        );
    }
}
