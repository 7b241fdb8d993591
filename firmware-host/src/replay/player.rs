//! A replay that is watched: played at a speed, paused, stepped pass by pass, sought to any second.
//!
//! Time is an argument: whoever drives it reads the clock. The state at a second is the same however it was reached: backwards is from the
//! start again, as fast as it goes.

use super::Replay;
use crate::failure::Failure;
use crate::store::{Chain, Inputs};
use skyhound::record::Sink;
use skyhound::time::TimeUs;
use std::fmt;
use std::str::FromStr;

/// Passes flown in one go, so that who drives it is soon asked again: some milliseconds.
const PASSES_AT_ONCE: u32 = 64;
/// Slowest and fastest speed that are no mistake.
const TIMES: std::ops::RangeInclusive<f64> = 0.01..=10_000.0;

/// How fast it plays.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as it was.
    Times(f64),
    /// As fast as it goes.
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        let text = text.trim();
        if text == "max" {
            return Ok(Speed::Max);
        }
        let times = text.strip_suffix('x').and_then(|number| number.parse::<f64>().ok());
        let times = times.filter(|times| TIMES.contains(times));
        times.map(Speed::Times).ok_or_else(|| format!("{text:?} is no speed; write 1x, 10x, 0.5x or max"))
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speed::Times(times) => write!(f, "{times}x"),
            Speed::Max => f.write_str("max"),
        }
    }
}

/// What is to be done next.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// [`Player::advance`] again, after so many µs or something else was asked.
    After(u64),
    /// Nothing goes on by itself: it is paused.
    Rests,
    /// The last pass was flown.
    Ended,
}

/// A replay with a knob for its speed.
pub struct Player {
    replay: Replay,
    /// As they were before the first pass.
    inputs: Inputs,
    speed: Speed,
    /// Since when it plays, and from where; `None`: it is paused.
    since: Option<(TimeUs, TimeUs)>,
    begin: TimeUs,
    end: TimeUs,
}

impl Player {
    /// Paused before the first pass, with `section.key=value` of `sets` over the flight's settings.
    ///
    /// # Errors
    /// As [`Replay::new`].
    pub fn new(chain: &Chain, sets: &[String]) -> Result<Player, Failure> {
        let replay = Replay::new(chain, sets)?;
        let inputs = replay.inputs.clone();
        let [begin, end] = [inputs.next_at(), inputs.end()].map(|at| at.unwrap_or(TimeUs(0)));
        Ok(Player { replay, inputs, speed: Speed::Times(1.0), since: None, begin, end })
    }

    /// The replay as it is now.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The newest pass that was flown, or the moment before the first.
    pub fn position(&self) -> TimeUs {
        if self.replay.pass_count == 0 { self.begin } else { self.replay.now() }
    }

    /// When the last pass is.
    pub fn end(&self) -> TimeUs {
        self.end
    }

    /// Whether it plays.
    pub fn is_playing(&self) -> bool {
        self.since.is_some()
    }

    /// How fast it plays.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Goes on at `now` of the driver's clock.
    pub fn play(&mut self, now: TimeUs) {
        self.since = Some((now, self.position()));
    }

    /// Rests.
    pub fn pause(&mut self) {
        self.since = None;
    }

    /// Sets the speed; it plays on or rests as before.
    pub fn set_speed(&mut self, now: TimeUs, speed: Speed) {
        self.speed = speed;
        if self.is_playing() {
            self.play(now);
        }
    }

    /// Rests, and flies the next passes, `count` at most; answers how many there were.
    pub fn step(&mut self, count: u32, sink: &mut dyn Sink) -> u32 {
        self.pause();
        (0..count).take_while(|_| self.replay.step(sink)).count() as u32
    }

    /// Goes to the state after the last pass that is not after `to`; plays on or rests as before. Backwards `sink` gets all from the first
    /// pass on.
    ///
    /// # Errors
    /// None that [`Player::new`] had not.
    pub fn seek(&mut self, now: TimeUs, to: TimeUs, sink: &mut dyn Sink) -> Result<(), Failure> {
        if to < self.position() {
            self.replay.rewind(self.inputs.clone())?;
        }
        while self.replay.inputs.next_at().is_some_and(|at| at <= to) && self.replay.step(sink) {}
        if self.is_playing() {
            self.play(now);
        }
        Ok(())
    }

    /// Flies what is due at `now` of the driver's clock.
    pub fn advance(&mut self, now: TimeUs, sink: &mut dyn Sink) -> Next {
        let Some((since, from)) = self.since else { return Next::Rests };
        for _ in 0..PASSES_AT_ONCE {
            let Some(at) = self.replay.inputs.next_at() else { return self.ended() };
            if let Speed::Times(times) = self.speed {
                let due_us = (at.since_us(from) as f64 / times) as u64;
                let waited_us = now.since_us(since);
                if due_us > waited_us {
                    return Next::After(due_us - waited_us);
                }
            }
            if !self.replay.step(sink) {
                return self.ended();
            }
        }
        Next::After(0)
    }

    fn ended(&mut self) -> Next {
        self.pause();
        Next::Ended
    }
}
