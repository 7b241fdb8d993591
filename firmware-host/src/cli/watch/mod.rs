//! `skyhound watch`: the flight in a terminal, for a crew that has a shell and no browser; through the operator's socket, as `ctl`.
//!
//! Keys do what the page does: `s` (or Esc) stops homing at once, `h` and then `y` enables it, `q` leaves.

mod history;
mod screen;
#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use self::history::History;
use self::screen::Screen;
use super::{Failure, SettingsArgs};
use crate::clock::Clock;
use crate::ctl::{self, Ask};
use crate::settings::Flags;

/// Between looks at the flight.
const PERIOD: Duration = Duration::from_millis(200);
/// How long what was answered to a key is shown.
const SAID_US: u64 = 8_000_000;

/// Arguments of `skyhound watch`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the daemon's socket is.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The daemon's socket; without it where `ctl` finds one
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

/// Shows until `q`.
///
/// # Errors
/// No socket, or no terminal.
pub fn run(args: Args) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() {
        let mend = "`skyhound ctl status`, with --json for programs, prints the same once";
        return Err(Failure::Usage(format!("watch wants a terminal; {mend}")));
    }
    let named = match args.socket {
        Some(socket) => Some(socket),
        None => args.settings.load(&Flags::default())?.daemon.ctl_socket,
    };
    let Some(socket) = named.or_else(ctl::socket_found) else {
        let mend = "is one flying? Name its socket with --socket (daemon.ctl_socket)";
        return Err(Failure::Failed(format!("no skyhound answers here: {mend}")));
    };
    // Before the screen is taken, so that what is wrong is read.
    ctl::ask(&socket, Ask::Status).map_err(Failure::Failed)?;
    let mut terminal = ratatui::try_init().map_err(|error| Failure::doing("the terminal", error))?;
    let shown = watch(&mut terminal, &socket);
    ratatui::restore();
    shown.map_err(|error| Failure::doing("the terminal", error))
}

fn watch(terminal: &mut ratatui::DefaultTerminal, socket: &Path) -> std::io::Result<()> {
    let clock = Clock::start();
    let (mut history, mut keys) = (History::default(), Keys::default());
    loop {
        let now = clock.now();
        match ctl::ask(socket, Ask::Status) {
            Ok(answer) => {
                let picture = ctl::ask(socket, Ask::Picture).ok().and_then(|answer| answer.picture);
                history.take(now, answer.status.unwrap_or_default(), picture.unwrap_or_default());
            }
            Err(why) => history.lose(why),
        }
        if keys.said.as_ref().is_some_and(|(said_at, _)| now.since_us(*said_at) > SAID_US) {
            keys.said = None;
        }
        let screen = Screen {
            history: &history,
            now,
            asks: keys.asks,
            said: keys.said.as_ref().map(|(_, said)| said.as_str()),
        };
        terminal.draw(|frame| screen.draw(frame))?;
        let deadline = now.plus_us(PERIOD.as_micros() as u64);
        while event::poll(Duration::from_micros(deadline.since_us(clock.now())))? {
            let Event::Key(key) = event::read()? else { continue };
            match keys.press(key) {
                Press::Leave => return Ok(()),
                Press::Homing(on) => {
                    let answer = ctl::ask(socket, Ask::Homing { on });
                    let said = answer.map_or_else(|why| why, |answer| answer.said.unwrap_or_default());
                    keys.said = Some((clock.now(), said));
                }
                Press::Nothing => {}
            }
        }
    }
}

/// What was pressed, and is not done yet.
#[derive(Default)]
struct Keys {
    /// Homing is to be enabled, by `y`.
    asks: bool,
    said: Option<(skyhound::time::TimeUs, String)>,
}

/// What a key means.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Press {
    Leave,
    Homing(bool),
    Nothing,
}

impl Keys {
    fn press(&mut self, key: KeyEvent) -> Press {
        if key.kind == KeyEventKind::Release {
            return Press::Nothing;
        }
        let asked = std::mem::take(&mut self.asks);
        // What a line sends by itself, at its end for one, comes as keys with Ctrl.
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { Press::Leave } else { Press::Nothing };
        }
        match key.code {
            KeyCode::Char('q') => Press::Leave,
            // Held down it stops again, which does no harm.
            KeyCode::Char('s' | 'S' | ' ') | KeyCode::Esc => Press::Homing(false),
            KeyCode::Char('h') if key.kind == KeyEventKind::Press => {
                self.asks = true;
                Press::Nothing
            }
            KeyCode::Char('y') if asked && key.kind == KeyEventKind::Press => Press::Homing(true),
            _ => Press::Nothing,
        }
    }
}
