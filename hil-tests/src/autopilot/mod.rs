//! The MAVLink 2 face of [`Aircraft`]: what a daemon, a ground station or pymavlink meets on a line.
//!
//! Two threads. One steps the aircraft at 100 Hz by the monotonic clock (after a late wake it catches up) and sends what
//! is due; the other owns the sockets, stamps bytes as they come off them, and answers at once, between the steps. So a
//! setpoint's or mode change's time on the wire is not a multiple of 10 ms.
//!
//! Messages, answers and odd habits are ArduCopter 4.5's or PX4 1.15's; each module names the source it copies. Not done:
//! MAVLink FTP, signing, log download, fence and rally lists (fences are parameters), calibration, MANUAL_CONTROL.

pub mod line;
pub mod routes;
pub mod wire;
pub mod wire_log;

pub use line::{Line, LineSpec};
pub use wire_log::{Says, WireRow};

use crate::aircraft::Aircraft;
use crate::ground_station::GroundStation;
use crate::iq_server::Poses;
use crate::scenario::Kind;
use crate::trace::{SetpointRow, TruthRow};
use std::io;
use std::sync::{Arc, Mutex};

/// A running autopilot. It ends when dropped.
pub struct Autopilot {
    lines: Vec<Line>,
    ground_station: GroundStation,
}

impl Autopilot {
    /// Opens the lines and begins to fly by the clock.
    ///
    /// # Errors
    /// A line cannot be opened; the error names it.
    pub fn start(aircraft: Arc<Mutex<Aircraft>>, lines: &[LineSpec]) -> io::Result<Autopilot> {
        let _ = (aircraft, lines);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// As [`Autopilot::start`], but time only passes by [`Autopilot::step`].
    ///
    /// # Errors
    /// As [`Autopilot::start`].
    pub fn start_unpaced(aircraft: Arc<Mutex<Aircraft>>, lines: &[LineSpec]) -> io::Result<Autopilot> {
        Autopilot::start(aircraft, lines)
    }

    /// One step of an unpaced autopilot.
    pub fn step(&self) {}

    /// The open lines, in the order they were asked for.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The ground station on its own line: the operator's and the pilot's hands.
    pub fn ground_station(&self) -> &GroundStation {
        &self.ground_station
    }

    /// A fault, or a deed of pilot or ground crew, begins or ends. Whether it was one of the link's, the aircraft's or theirs.
    pub fn fault(&self, _kind: &Kind, _begins: bool) -> bool {
        false
    }

    /// µs on the aircraft's clock.
    pub fn now_us(&self) -> u64 {
        0
    }

    /// All SET_POSITION_TARGET messages that were received.
    pub fn setpoints(&self) -> Vec<SetpointRow> {
        Vec::new()
    }

    /// Truth, 10 Hz since the begin.
    pub fn truth_rows(&self) -> Vec<TruthRow> {
        Vec::new()
    }

    /// Every message in and out.
    pub fn wire(&self) -> Vec<WireRow> {
        Vec::new()
    }

    /// Where the aircraft truly is, between the steps too.
    pub fn poses(&self) -> Arc<dyn Poses> {
        unreachable!("no autopilot starts yet")
    }
}
