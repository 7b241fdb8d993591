//! Cursor-on-Target of the flight, for the maps of others: what the page shows too, read from the board and from what was recorded last.

use crate::clock::Clock;
use crate::cot::{Live, Sender};
use crate::ctl::Door;
use crate::failure::Failure;
use crate::realtime::Body;
use crate::settings::CotSettings;
use crate::store::Snapshots;
use skyhound::record::{Event, Severity, Text};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Sends the flight behind `door` as `settings` say; `None` where nobody is to be told.
///
/// # Errors
/// The system gives no thread.
pub fn tell(
    settings: &CotSettings,
    door: Door,
    snapshots: &Arc<Snapshots>,
    clock: Clock,
    start: impl FnOnce(Body) -> io::Result<JoinHandle<()>>,
) -> Result<Option<Sender>, Failure> {
    if settings.to.is_empty() {
        return Ok(None);
    }
    let to: Vec<String> = settings.to.iter().map(ToString::to_string).collect();
    tracing::info!("Cursor-on-Target to {}", to.join(", "));
    let mut live = Live::new(&settings.callsign, settings.period_us);
    let events = move || live.events(clock.now().0, &door.status(), &door.picture());
    let told = Arc::clone(snapshots);
    let tell = move |text: &str| {
        tracing::info!("Cursor-on-Target: {text}");
        let event = Event { at: clock.now(), severity: Severity::Note, kind: "cot", text: Text::new(text) };
        told.recorder().map(|recorder| recorder.note(event));
    };
    Sender::start(settings, events, tell, start).map(Some)
}
