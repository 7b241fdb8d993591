//! The flight as it goes: a block that is redrawn on a terminal that is large enough, one line a second elsewhere.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use skyhound::command::State;

use super::super::say;
use super::map::{COLUMNS, Cell, Map};
use crate::scenario::Scenario;
use crate::trace::{SignalRow, TruthRow};
use crate::watch::Watcher;

/// Lines of the block: frame, map, last events.
const EVENTS: usize = 4;
const LINES: usize = super::map::ROWS + 2 + EVENTS;
/// A terminal has 24 lines, and keeps one for the cursor.
const _: () = assert!(LINES < 24);
/// A terminal must have at least this.
const TERMINAL: (usize, usize) = (80, LINES + 1);
/// Time between drawings on a terminal.
const DRAW_EVERY: Duration = Duration::from_millis(200);
/// Time of the flight between lines elsewhere.
const LINE_EVERY_US: u64 = 1_000_000;
/// The SNR bar is full at this.
const BAR_DB: f64 = 40.0;
const BAR: usize = 20;
/// Colours of the states in the order of [`State::ALL`].
const COLOURS: [&str; 5] = ["38;5;245", "38;5;33", "38;5;214", "38;5;34", "38;5;129"];

/// Shows a flight.
pub(super) struct View {
    stop: Arc<AtomicBool>,
    on_terminal: bool,
    duration_s: f64,
    beacons: Vec<(f64, f64)>,
    map: Map,
    told: VecDeque<String>,
    at_us: u64,
    said_us: Option<u64>,
    drawn: Option<Instant>,
    last: Option<(TruthRow, SignalRow, String)>,
}

impl View {
    pub(super) fn new(scenario: &Scenario, stop: Arc<AtomicBool>) -> View {
        let beacons: Vec<_> =
            scenario.world.beacon.iter().map(|beacon| (beacon.east_m, beacon.north_m)).collect();
        View {
            stop,
            on_terminal: std::io::stderr().is_terminal() && is_large_enough(),
            duration_s: scenario.duration_s,
            map: Map::new(&beacons),
            beacons,
            told: VecDeque::new(),
            at_us: 0,
            said_us: None,
            drawn: None,
            last: None,
        }
    }

    fn distance_m(&self, truth: &TruthRow) -> Option<f64> {
        let distances = self.beacons.iter().map(|(east_m, north_m)| truth.pose.distance_m(*north_m, *east_m));
        distances.min_by(f64::total_cmp)
    }

    /// What the block says now, one text a line.
    fn block(&self) -> Vec<String> {
        let Some((truth, signal, state)) = &self.last else { return Vec::new() };
        let mut instruments = self.instruments(truth, signal, state).into_iter();
        let mut lines = vec![format!("┌{}┐", "─".repeat(COLUMNS))];
        for cells in self.map.draw(truth.pose.yaw_rad) {
            let beside = instruments.next().unwrap_or_default();
            lines.push(format!("│{}│ {beside}", inked(&cells)));
        }
        let legend = format!(" H home  X beacon (truth)  one column {:.1} m ", self.map.column_m());
        lines.push(format!("└{legend:─<COLUMNS$}┘"));
        lines.extend((0..EVENTS).map(|index| self.told.get(index).cloned().unwrap_or_default()));
        lines
    }

    fn instruments(&self, truth: &TruthRow, signal: &SignalRow, state: &str) -> Vec<String> {
        let pose = &truth.pose;
        let number = |value: Option<f64>, unit: &str| {
            value.map_or("-".to_string(), |value| format!("{value:.1} {unit}"))
        };
        let colour = colour(state);
        let filled = (signal.snr_db.unwrap_or(0.0) / BAR_DB).clamp(0.0, 1.0) * BAR as f64;
        let filled = filled.round() as usize;
        vec![
            format!("{:.0} s of {:.0} s", pose.at_us as f64 / 1e6, self.duration_s),
            String::new(),
            format!("state    \x1b[1;{colour}m{state}\x1b[0m"),
            format!("mode     {}", truth.mode),
            format!("motors   {}", if truth.armed { "armed" } else { "disarmed" }),
            String::new(),
            format!("beacon   {}", if signal.heard { "heard" } else { "not heard" }),
            format!("SNR      {}", number(signal.snr_db, "dB")),
            format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled)),
            format!("power    {}", number(signal.power_dbfs, "dBFS")),
            format!("floor    {}", number(signal.floor_dbfs, "dBFS")),
            String::new(),
            format!("to it    {} (truth)", number(self.distance_m(truth), "m")),
            format!("speed    {:.1} m/s", pose.speed_mps()),
            format!("height   {:.0} m", pose.up_m),
            format!("battery  {:.0} %", truth.battery_ratio * 100.0),
        ]
    }

    /// One line for a log.
    fn line(&self) -> String {
        let Some((truth, signal, state)) = &self.last else { return String::new() };
        let snr = signal.snr_db.map_or("-".into(), |snr_db| format!("{snr_db:.1}"));
        let distance = self.distance_m(truth).map_or("-".into(), |distance_m| format!("{distance_m:.0}"));
        format!(
            "{:6.1} s  {state:<9}  {:<9}  SNR {snr:>5} dB  beacon at {distance:>4} m  {:4.1} m/s  {:3.0} m high",
            truth.pose.at_us as f64 / 1e6,
            truth.mode,
            truth.pose.speed_mps(),
            truth.pose.up_m,
        )
    }

    fn draw(&mut self) {
        let up = if self.drawn.is_some() { format!("\x1b[{LINES}A") } else { String::new() };
        let block: String = self.block().iter().map(|line| format!("\x1b[2K{line}\n\r")).collect();
        // Lines are cut, not wrapped, while the block is drawn.
        let text = format!("{up}\x1b[?7l{block}\x1b[?7h");
        let _ = std::io::stderr().write_all(text.as_bytes());
        self.drawn = Some(Instant::now());
    }
}

impl Watcher for View {
    fn row(&mut self, truth: &TruthRow, signal: &SignalRow, state: &str) {
        self.at_us = truth.pose.at_us;
        self.map.fly((truth.pose.east_m, truth.pose.north_m), colour(state));
        self.last = Some((*truth, *signal, state.to_string()));
        if self.on_terminal {
            if self.drawn.is_none_or(|drawn| drawn.elapsed() >= DRAW_EVERY) {
                self.draw();
            }
        } else if self.said_us.is_none_or(|said_us| self.at_us >= said_us + LINE_EVERY_US) {
            say(&self.line());
            self.said_us = Some(self.at_us);
        }
    }

    fn told(&mut self, what: &str) {
        let said = format!("{:6.1} s  {what}", self.at_us as f64 / 1e6);
        if self.on_terminal {
            self.told.push_back(said);
            while self.told.len() > EVENTS {
                self.told.pop_front();
            }
        } else {
            say(&said);
        }
    }

    fn ends(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

impl Drop for View {
    /// The last picture stays, with everything told in it.
    fn drop(&mut self) {
        if self.on_terminal && self.last.is_some() {
            self.draw();
        }
    }
}

fn colour(state: &str) -> &'static str {
    COLOURS[State::ALL.iter().position(|known| known.name() == state).unwrap_or(0)]
}

fn inked(cells: &[Cell]) -> String {
    let ink = |(character, colour): &Cell| match *colour {
        "" => character.to_string(),
        colour => format!("\x1b[{colour}m{character}\x1b[0m"),
    };
    cells.iter().map(ink).collect()
}

fn is_large_enough() -> bool {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    size.is_ok_and(|size| usize::from(size.ws_col) >= TERMINAL.0 && usize::from(size.ws_row) >= TERMINAL.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::sample;
    use crate::watch;

    /// Without the colours.
    fn plain(line: &str) -> String {
        let (first, coloured) = line.split_once('\x1b').unwrap_or((line, "m"));
        first.to_owned()
            + &coloured.split('\x1b').map(|piece| piece.split_once('m').unwrap().1).collect::<String>()
    }

    #[test]
    fn the_block_fits_a_small_terminal_at_every_moment() {
        let mut view = View::new(&sample::scenario(), Arc::default());
        view.on_terminal = true;
        view.drawn = Some(Instant::now() + Duration::from_secs(3600));
        assert!(view.block().is_empty(), "nothing to show yet");
        let trace = sample::trace();
        watch::play(&trace, &mut view, &mut |_| {});
        let lines: Vec<String> = view.block().iter().map(|line| plain(line)).collect();
        assert_eq!(lines.len(), LINES);
        for line in &lines {
            assert!(line.chars().count() < TERMINAL.0, "{} in `{line}`", line.chars().count());
        }
        let text = lines.join("\n");
        let shown =
            ["50 s of 240 s", "IDLE", "LOITER", "armed", "2.0 m (truth)", "45.0 s  mode LOITER", "X", "H"];
        for words in shown {
            assert!(text.contains(words), "{words} in\n{text}");
        }
        view.last = None;
    }

    #[test]
    fn a_line_a_second_says_where_we_are() {
        let mut view = View::new(&sample::scenario(), Arc::default());
        view.on_terminal = false;
        let trace = sample::trace();
        let (truth, signal) = (&trace.truth[300], &trace.signal[300]);
        view.row(truth, signal, "HOMING");
        assert!(view.line().starts_with("  30.0 s  HOMING     GUIDED     SNR"), "{}", view.line());
        assert!(view.line().contains("beacon at   61 m"), "{}", view.line());
        view.row(&trace.truth[309], signal, "HOMING");
        assert_eq!(view.said_us, Some(30_000_000));
        view.row(&trace.truth[310], signal, "HOMING");
        assert_eq!(view.said_us, Some(31_000_000));
    }
}
