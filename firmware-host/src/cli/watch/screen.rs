//! The screen: state and why, what is heard, spectrum, map, what is wrong; whatever the terminal's size leaves room for.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::canvas::{Canvas, Circle, Points};
use ratatui::widgets::{Block, Paragraph, Sparkline, Wrap};
use skyhound::geo::Wgs84;
use skyhound::time::TimeUs;

use super::history::{History, shown};
use crate::ctl::{ChannelStatus, Status};

/// A status older than this is no picture of the flight, s.
const OLD_S: f64 = 1.5;
/// Half the width of the map at least, m.
const MAP_MIN_M: f64 = 50.0;
/// A terminal's cell is about twice as high as it is wide.
const CELL_RATIO: f64 = 2.0;

/// What is drawn.
pub struct Screen<'a> {
    /// The flight.
    pub history: &'a History,
    /// Now.
    pub now: TimeUs,
    /// `y` would enable homing.
    pub asks: bool,
    /// What was answered to a key.
    pub said: Option<&'a str>,
}

impl Screen<'_> {
    /// Draws.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let [head, middle, foot] =
            Layout::vertical([Constraint::Length(4), Constraint::Min(6), Constraint::Length(1)])
                .areas(frame.area());
        let status = self.history.newest.as_ref().map(|(_, status)| status);
        frame.render_widget(Paragraph::new(self.head(status)), head);
        frame.render_widget(Paragraph::new(self.foot()), foot);
        let Some(status) = status else { return };
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(middle);
        self.map(frame, left, status);
        let [beacon, spectrum, wrong] =
            Layout::vertical([Constraint::Length(7), Constraint::Length(6), Constraint::Min(3)]).areas(right);
        self.beacon(frame, beacon, status);
        self.spectrum(frame, spectrum);
        frame.render_widget(
            Paragraph::new(wrong_with(status))
                .wrap(Wrap { trim: true })
                .block(titled("Interlocks and health")),
            wrong,
        );
    }

    fn head(&self, status: Option<&Status>) -> Vec<Line<'static>> {
        let Some(status) = status else { return vec![Line::from("nothing is known yet")] };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let state = match status.state.as_str() {
            "HOMING" | "HOLDING" => bold.fg(Color::Black).bg(Color::Yellow),
            _ => bold.add_modifier(Modifier::REVERSED),
        };
        let why = status.course.clone().or(status.latched.as_ref().map(|why| format!("stopped: {why}")));
        let why = why.or(status.locked.as_ref().map(|why| format!("locked: {why}"))).unwrap_or_default();
        let mut lines = vec![Line::from(vec![
            Span::styled(format!(" {} ", status.state), state),
            Span::raw(" "),
            Span::raw(why),
        ])];
        let (vehicle, number) = (&status.vehicle, |value: Option<f64>, unit: &str| {
            value.map_or(format!("- {unit}"), |value| format!("{value:.0} {unit}"))
        });
        let armed = match vehicle.armed {
            Some(true) => "armed",
            Some(false) => "disarmed",
            None => "-",
        };
        lines.push(Line::from(format!(
            "{} {armed}  battery {}  {} over home, {} over ground  {} satellites",
            vehicle.mode.as_deref().unwrap_or("no autopilot"),
            number(vehicle.battery_ratio.map(|ratio| ratio * 100.0), "%"),
            number(vehicle.alt_rel_m, "m"),
            number(vehicle.height_m, "m"),
            vehicle.satellites.map_or("-".to_string(), |count| count.to_string()),
        )));
        let age_s = self.history.newest.as_ref().map_or(0.0, |(at, _)| self.now.since_us(*at) as f64 / 1e6);
        if age_s > OLD_S {
            let why = self.history.lost.as_deref().unwrap_or("no answer");
            lines.push(Line::styled(
                format!("THIS IS {age_s:.0} s OLD: {why}"),
                bold.fg(Color::Black).bg(Color::Red),
            ));
        } else if self.asks {
            lines.push(Line::styled(
                "enable homing? y enables it, any other key does not",
                bold.fg(Color::Yellow),
            ));
        } else if let Some(said) = self.said {
            lines.push(Line::styled(said.to_string(), bold));
        }
        lines
    }

    fn foot(&self) -> Line<'static> {
        Line::from("s, Esc: STOP homing   h, y: enable homing   q: leave (the flight goes on)")
    }

    fn beacon(&self, frame: &mut Frame<'_>, area: Rect, status: &Status) {
        let Some(channel) = shown(status).map(|at| &status.channels[at]) else { return };
        let [words, line] =
            Layout::vertical([Constraint::Length(4), Constraint::Min(1)]).areas(titled("").inner(area));
        let block = titled(&format!("{} {:.3} MHz", channel.name, channel.frequency_hz / 1e6));
        frame.render_widget(block, area);
        let estimate = self.history.picture.estimates.iter().find(|estimate| estimate.beacon == channel.name);
        let mut lines = vec![Line::from(heard(channel))];
        match estimate {
            Some(estimate) => {
                lines.push(Line::from(format!("{:.6} {:.6}", estimate.lat_deg, estimate.lon_deg)));
                let (half_m, most_m) = (estimate.radius_50_m, estimate.radius_95_m);
                lines.push(Line::from(format!("50 % within {half_m:.0} m, 95 % within {most_m:.0} m")));
                lines.extend(self.way_to(estimate.lat_deg, estimate.lon_deg).map(Line::from));
            }
            None => lines.push(Line::from("where it is: not known yet")),
        }
        frame.render_widget(Paragraph::new(lines), words);
        let least_db = 0.0_f64;
        let bars: Vec<u64> = self
            .history
            .snr_db
            .iter()
            .map(|(_, snr_db)| snr_db.unwrap_or(least_db).max(least_db).round() as u64)
            .collect();
        let newest = bars.len().saturating_sub(usize::from(line.width));
        frame.render_widget(Sparkline::default().data(bars[newest..].iter().copied()), line);
    }

    fn way_to(&self, lat_deg: f64, lon_deg: f64) -> Option<String> {
        let (origin, here) = (self.history.origin.as_ref()?, self.history.way.last()?);
        let there = origin.ned_from_wgs84(Wgs84 { lat_deg, lon_deg });
        let bearing_deg = here.bearing_rad(there).to_degrees().rem_euclid(360.0);
        Some(format!("{:.0} m at {bearing_deg:03.0}° from the aircraft", here.distance_m(there)))
    }

    fn spectrum(&self, frame: &mut Frame<'_>, area: Rect) {
        let Some(spectrum) = &self.history.picture.spectrum else { return };
        let block = titled(&format!(
            "{:.3} MHz and {:.0} kHz on",
            spectrum.first_bin_hz / 1e6,
            spectrum.bin_hz * spectrum.power_e1.len() as f64 / 1e3
        ));
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let width = usize::from(inner.width).max(1);
        let least_e1 = spectrum.power_e1.iter().min().copied().unwrap_or_default();
        // Of several bins in a cell the strongest is shown: a narrow carrier must not vanish.
        let cells = (0..width).map(|cell| {
            let (from, until) = (
                cell * spectrum.power_e1.len() / width,
                ((cell + 1) * spectrum.power_e1.len()).div_ceil(width),
            );
            let strongest =
                spectrum.power_e1[from..until.max(from + 1).min(spectrum.power_e1.len())].iter().max();
            u64::from(strongest.map_or(0, |power| power.abs_diff(least_e1)))
        });
        frame.render_widget(Sparkline::default().data(cells.collect::<Vec<_>>()), inner);
    }

    fn map(&self, frame: &mut Frame<'_>, area: Rect, status: &Status) {
        let (Some(origin), Some(here)) = (&self.history.origin, self.history.way.last().copied()) else {
            frame.render_widget(Paragraph::new("no position yet").block(titled("Map")), area);
            return;
        };
        let beacon = shown(status).map(|at| &status.channels[at].name);
        let estimate =
            self.history.picture.estimates.iter().find(|estimate| Some(&estimate.beacon) == beacon);
        let there = estimate.map(|estimate| {
            (
                origin.ned_from_wgs84(Wgs84 { lat_deg: estimate.lat_deg, lon_deg: estimate.lon_deg }),
                estimate.radius_95_m,
            )
        });
        let reach_m = there.map_or(0.0, |(there, radius_m)| here.distance_m(there) + radius_m);
        let half_m = reach_m.max(MAP_MIN_M);
        let block = titled(&format!("Map, north up, {:.0} m across", 2.0 * half_m));
        let inner = block.inner(area);
        let aspect = f64::from(inner.height) * CELL_RATIO / f64::from(inner.width.max(1));
        let way: Vec<(f64, f64)> = self.history.way.iter().map(|at| (at.east_m, at.north_m)).collect();
        let canvas = Canvas::default()
            .block(block)
            .marker(Marker::Braille)
            .x_bounds([here.east_m - half_m, here.east_m + half_m])
            .y_bounds([here.north_m - half_m * aspect, here.north_m + half_m * aspect])
            .paint(|map| {
                map.draw(&Points { coords: &way, color: Color::Blue });
                if let Some((there, radius)) = there {
                    map.draw(&Circle { x: there.east_m, y: there.north_m, radius, color: Color::Magenta });
                    map.print(
                        there.east_m,
                        there.north_m,
                        Line::styled("X", Style::new().fg(Color::Magenta)),
                    );
                }
                map.print(
                    here.east_m,
                    here.north_m,
                    Line::styled("A", Style::new().add_modifier(Modifier::BOLD)),
                );
            });
        frame.render_widget(canvas, area);
    }
}

fn heard(channel: &ChannelStatus) -> String {
    let number =
        |value: Option<f64>, unit: &str| value.map_or("-".to_string(), |value| format!("{value:.1} {unit}"));
    let (power, floor) = (number(channel.power_dbfs, "dBFS"), number(channel.floor_dbfs, "dBFS"));
    let word = if channel.heard { "HEARD" } else { "not heard" };
    format!("{word}  SNR {}  power {power}  floor {floor}", number(channel.snr_db, "dB"))
}

/// What keeps homing locked, and what is not as it should be.
fn wrong_with(status: &Status) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> =
        status.missing.iter().map(|why| Line::from(format!("- {why}"))).collect();
    if lines.is_empty() {
        lines.push(Line::from("every interlock holds"));
    }
    let mut warn =
        |text: String| lines.push(Line::styled(format!("! {text}"), Style::new().fg(Color::Yellow)));
    if status.recorder.state != "recording" {
        warn(status.recorder.state.clone());
    }
    if !status.sdr.alive {
        warn("no samples come".to_string());
    }
    for lane in status.lanes.iter().filter(|lane| lane.dropped_total > 0) {
        warn(format!("lane {}: {} dropped", lane.name, lane.dropped_total));
    }
    for pass in status.passes.iter().filter(|pass| pass.miss_total > 0) {
        warn(format!("{} late passes of {}", pass.miss_total, pass.name));
    }
    status.recorder.alarms.iter().for_each(|alarm| warn(alarm.clone()));
    lines
}

fn titled(title: &str) -> Block<'static> {
    Block::bordered().title(title.to_string())
}
