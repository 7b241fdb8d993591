//! `skyhound replay FILE --speed 10x --control`: a flight played again, and led by lines on stdin; what happens comes as JSON lines.
//!
//! Lines in: `play`, `pause`, `step` or `step 20` (passes), `seek 120` (seconds of the flight's clock), `speed 10x`, `where`, `quit`. Lines
//! out: entries of the log as `events --json` has them, estimates (`"source":"estimate"`), and `"source":"player"` for each answer, with what
//! is true then as `at --json` tells it. What a seek passes over is not told.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::json;
use skyhound::record::{PlacedReading, Record, Sink};
use skyhound::time::TimeUs;
use skyhound::vehicle::part::Joined;

use super::Failure;
use super::at::Newest;
use super::duration;
use super::failure::print;
use crate::clock::Clock;
use crate::replay::player::{Next, Player, Speed};
use crate::replay::summary::Place;
use crate::store::{Chain, Logbook};

const COMMANDS: &str = "write play, pause, step [PASSES], seek SECONDS, speed 1x|10x|max, where or quit";

/// Makes lines of what passes record.
struct Told {
    book: Logbook,
    joined: Joined,
    newest: Newest,
    names: BTreeMap<u8, String>,
    lines: String,
}

impl Told {
    fn new(names: BTreeMap<u8, String>) -> Told {
        Told {
            book: Logbook::default(),
            joined: Joined::default(),
            newest: Newest::default(),
            names,
            lines: String::new(),
        }
    }

    /// As before the first pass.
    fn forget(&mut self) {
        *self = Told::new(std::mem::take(&mut self.names));
    }

    /// The lines since the last time.
    fn take(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }

    fn line(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
    }
}

impl Sink for Told {
    fn reading(&mut self, _: &PlacedReading) {}

    fn record(&mut self, record: &Record) {
        self.book.note(record, &self.joined.vehicle);
        for entry in std::mem::take(&mut self.book.entries) {
            self.line(&entry.json());
        }
        match record {
            Record::Vehicle(_, part) => self.joined.take(part),
            Record::Estimate(located) => {
                let place = Place::of(located);
                let name = self.names.get(&located.channel);
                let line = json!({
                    "at_us": located.at.0, "source": "estimate", "channel": name, "lat_deg": place.lat_deg,
                    "lon_deg": place.lon_deg, "radius_95_m": place.radius_95_m,
                });
                self.line(&line.to_string());
            }
            _ => {}
        }
        self.newest.record(record);
    }
}

/// Plays at `speed`; with `is_led` it rests at first, and lines on stdin lead it.
///
/// # Errors
/// A flight that cannot be replayed.
pub(super) fn run(chain: &Chain, sets: &[String], speed: Option<Speed>, is_led: bool) -> Result<(), Failure> {
    let player = Player::new(chain, sets)?;
    let names = player.replay().names();
    let names = names.into_iter().map(|(number, name)| (number, name.to_string())).collect();
    let mut desk = Desk { player, told: Told::new(names), clock: Clock::start() };
    desk.player.set_speed(TimeUs(0), speed.unwrap_or(Speed::Times(1.0)));
    let lines = if is_led { Some(listen()?) } else { None };
    if !is_led {
        desk.player.play(desk.clock.now());
    }
    desk.answer("ready")?;
    loop {
        let next = desk.player.advance(desk.clock.now(), &mut desk.told);
        print(&desk.told.take())?;
        let wait = match next {
            Next::Ended => {
                desk.answer("ended")?;
                if !is_led {
                    return Ok(());
                }
                None
            }
            Next::Rests => None,
            Next::After(us) => Some(Duration::from_micros(us)),
        };
        match heard(lines.as_ref(), wait) {
            Heard::Line(line) if line.trim() == "quit" => return desk.answer("quit"),
            Heard::Line(line) => desk.act(&line)?,
            Heard::Nothing => {}
            Heard::End if desk.player.is_playing() && wait.is_some() => {
                std::thread::sleep(wait.unwrap_or_default());
            }
            Heard::End => return Ok(()),
        }
    }
}

struct Desk {
    player: Player,
    told: Told,
    clock: Clock,
}

impl Desk {
    fn act(&mut self, line: &str) -> Result<(), Failure> {
        let (word, argument) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let now = self.clock.now();
        let done = match word {
            "play" => {
                self.player.play(now);
                Ok("playing")
            }
            "pause" => {
                self.player.pause();
                Ok("paused")
            }
            "step" => self.step(argument).map(|()| "stepped"),
            "seek" => match duration::second(argument) {
                Ok(to_s) => self.seek(TimeUs((to_s * 1e6) as u64)).map(|()| Ok("sought"))?,
                Err(error) => Err(format!("seek: {error}")),
            },
            "speed" => argument.parse().map(|speed| {
                self.player.set_speed(now, speed);
                "speed"
            }),
            "where" => Ok("where"),
            other => Err(format!("{other:?} is no command; {COMMANDS}")),
        };
        match done {
            Ok(kind) => self.answer(kind),
            Err(text) => {
                print(&format!("{}\n", json!({ "source": "player", "kind": "refused", "text": text })))
            }
        }
    }

    fn step(&mut self, argument: &str) -> Result<(), String> {
        let count = if argument.is_empty() { Ok(1) } else { argument.trim().parse() };
        let count =
            count.map_err(|_| format!("step: {argument:?} is no number of passes; write step or step 20"))?;
        self.player.step(count, &mut self.told);
        Ok(())
    }

    fn seek(&mut self, to: TimeUs) -> Result<(), Failure> {
        if to < self.player.position() {
            self.told.forget();
        }
        self.player.seek(self.clock.now(), to, &mut self.told)?;
        self.told.take();
        Ok(())
    }

    /// What happened before, and the player's own line.
    fn answer(&mut self, kind: &str) -> Result<(), Failure> {
        let mut line = json!({
            "at_us": self.player.position().0, "source": "player", "kind": kind, "playing": self.player.is_playing(),
            "speed": self.player.speed().to_string(), "end_us": self.player.end().0,
        });
        line["now"] = self.told.newest.json(self.player.replay());
        print(&format!("{}{line}\n", self.told.take()))
    }
}

enum Heard {
    Line(String),
    Nothing,
    End,
}

/// A line, if one comes within `wait`, for ever without one.
fn heard(lines: Option<&Receiver<String>>, wait: Option<Duration>) -> Heard {
    let Some(lines) = lines else {
        std::thread::sleep(wait.unwrap_or_default());
        return Heard::Nothing;
    };
    let line = match wait {
        Some(wait) => lines.recv_timeout(wait),
        None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match line {
        Ok(line) => Heard::Line(line),
        Err(RecvTimeoutError::Timeout) => Heard::Nothing,
        Err(RecvTimeoutError::Disconnected) => Heard::End,
    }
}

/// Lines of stdin, by a thread that ends with it.
fn listen() -> Result<Receiver<String>, Failure> {
    let (put, lines) = channel();
    std::thread::Builder::new()
        .name("lines".to_string())
        .spawn(move || {
            let all = std::io::stdin().lock().lines();
            all.map_while(Result::ok).take_while(|line| put.send(line.clone()).is_ok()).for_each(drop);
        })
        .map_err(|error| Failure::doing("a thread that reads stdin", error))?;
    Ok(lines)
}
