//! Another profile for a flight that goes on: found, checked and made here, outside of all passes, then handed to the control pass, which takes it
//! whole or refuses it. What was in force before comes back and is freed here.

use super::takeover::{Returned, Takeover};
use crate::ctl::{Peer, ProfileStatus, Profiles};
use crate::profiles::{Folder, NONE};
use crate::settings::{Deafness, InForce, Profile, Settings};
use crate::store::{Switch, listed};
use skyhound::config::{Config, Numbers};
use skyhound::decide::Decide;
use skyhound::record::Text;
use skyhound::ring::{Consumer, Producer, lane};
use skyhound::sense::Successor;
use skyhound::time::TimeUs;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Switches on their way to a pass, or back from it, at most.
const SWITCHES: usize = 4;
/// How long the sense pass is waited for, and between looks.
const SENSE_WAIT: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

/// The flight's profiles.
pub struct Switcher {
    settings: Settings,
    flown: Config,
    /// What offsets are counted from.
    tuned_hz: f64,
    folder: Folder,
    to_control: SyncSender<Box<Takeover>>,
    state: Mutex<State>,
}

/// The control thread's ends.
pub struct ForControl {
    /// Profiles that are to take over.
    pub takeovers: Receiver<Box<Takeover>>,
    /// Their channels, for the sense thread.
    pub successors: Producer<Box<Successor>>,
}

/// The sense thread's ends.
pub struct ForSense {
    /// Channels that are to take over.
    pub successors: Consumer<Box<Successor>>,
    /// What they took over from.
    pub replaced: Producer<Box<Successor>>,
}

/// Who makes profiles ready, and the ends of those who take them, in a flight with these settings, `beside_hz` from where its device was asked
/// to be tuned.
pub fn parts(settings: &Settings, flown: &Config, beside_hz: f64) -> (Switcher, ForControl, ForSense) {
    let (to_sense, successors) = lane("successor", SWITCHES);
    let (back, replaced) = lane("replaced", 2 * SWITCHES);
    let (to_control, takeovers) = sync_channel(1);
    let switcher = Switcher::new(settings, flown, beside_hz, to_control, replaced);
    (switcher, ForControl { takeovers, successors: to_sense }, ForSense { successors, replaced: back })
}

struct State {
    numbers: Numbers,
    in_force: Option<InForce>,
    replaced: Consumer<Box<Successor>>,
}

impl Switcher {
    fn new(
        settings: &Settings,
        flown: &Config,
        beside_hz: f64,
        to_control: SyncSender<Box<Takeover>>,
        replaced: Consumer<Box<Successor>>,
    ) -> Switcher {
        let mut numbers = Numbers::default();
        // Those of the start are in their order.
        let _ = numbers.of(&flown.sense.channels);
        Switcher {
            settings: settings.clone(),
            flown: flown.clone(),
            tuned_hz: flown.sense.center_hz - beside_hz,
            folder: Folder::of_environment(),
            to_control,
            state: Mutex::new(State { numbers, in_force: settings.profile.clone(), replaced }),
        }
    }

    /// The settings with `profile`, what the engine is told of them, and what of that is not heard.
    fn checked(
        &self,
        profile: Option<&Profile>,
        sets: &[String],
    ) -> Result<(Settings, Config, Vec<Deafness>), String> {
        let settings =
            self.settings.switched(profile, sets, self.tuned_hz).map_err(|errors| errors.to_string())?;
        let config = settings.engine_within(&self.flown).map_err(|error| {
            let is_elsewhere = error.key.ends_with("frequency_hz");
            let stays = "; in flight the SDR stays where it is tuned: land, and fly with --profile";
            format!("{error}{}", if is_elsewhere { stays } else { "" })
        })?;
        let deaf = settings.deafness(&config, &[], settings.sdr.is_recording());
        match Deafness::refusal(&deaf) {
            Some(why) => Err(why),
            None => Ok((settings, config, deaf)),
        }
    }

    /// Has the control pass take it; the old parts are freed when this returns.
    fn hand_over(&self, takeover: impl FnOnce(SyncSender<Returned>) -> Takeover) -> Result<(), String> {
        let ending = || "the flight is ending".to_string();
        let (back, returned) = sync_channel(1);
        self.to_control.try_send(Box::new(takeover(back))).map_err(|error| match error {
            TrySendError::Full(_) => "another profile is being taken; try again".to_string(),
            TrySendError::Disconnected(_) => ending(),
        })?;
        let (_, outcome) = returned.recv().map_err(|_| ending())?;
        outcome
    }
}

impl State {
    /// Whether the sense pass has taken over, and frees what it had.
    fn is_sensed(&mut self) -> bool {
        let mut looks = SENSE_WAIT.as_millis() / LOOK.as_millis();
        while looks > 0 && self.replaced.waiting_count() == 0 {
            std::thread::sleep(LOOK);
            looks -= 1;
        }
        let is_sensed = self.replaced.waiting_count() > 0;
        while self.replaced.pop().is_some() {}
        is_sensed
    }
}

impl Profiles for Switcher {
    fn list(&self) -> Result<Vec<ProfileStatus>, String> {
        let Ok(state) = self.state.try_lock() else { return Err(BUSY.to_string()) };
        let in_force = state.in_force.as_ref();
        let own = self.folder.list().map_err(|failure| failure.message().unwrap_or_default().to_string())?;
        let is_own = |name: &str| own.iter().any(|own| own.name == name);
        let built_in = Profile::built_in()
            .filter(|profile| !is_own(&profile.name))
            .map(|profile| (profile.name, profile.about.description, true));
        let mut all: Vec<(String, String, bool)> = built_in.collect();
        all.extend(own.into_iter().map(|own| {
            let said = match own.profile {
                Ok(profile) => profile.about.description,
                Err(failure) => failure.message().unwrap_or_default().to_string(),
            };
            (own.name, said, false)
        }));
        all.sort();
        let status = |(name, description, built_in): (String, String, bool)| ProfileStatus {
            in_force: in_force.is_some_and(|profile| profile.name == name),
            name,
            description,
            built_in,
        };
        Ok(all.into_iter().map(status).collect())
    }

    fn switch(&self, name: &str, sets: &[String], peer: Peer) -> Result<String, String> {
        let Ok(mut state) = self.state.try_lock() else { return Err(BUSY.to_string()) };
        let found = (name != NONE).then(|| self.folder.find(name)).transpose();
        let profile = found.map_err(|failure| failure.message().unwrap_or_default().to_string())?;
        let (settings, config, deaf) = self.checked(profile.as_ref(), sets)?;
        let mut numbers = state.numbers.clone();
        let channels = &config.sense.channels;
        let own = numbers
            .of(channels)
            .ok_or("a flight has no more than 256 channels in all; land, and fly anew")?;
        let refused = |error: skyhound::config::ConfigError| error.to_string();
        let decide = Decide::numbered(&config, &own).map_err(refused)?;
        let sense = Successor::new(&config.sense, &own).map_err(refused)?;
        let in_force = settings.profile.clone();
        let shown = in_force.as_ref().map_or("no profile".to_string(), ToString::to_string);
        let names: Vec<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
        let said = format!("{shown} is in force: {}", names.join(", "));
        let row = Switch {
            at: TimeUs(0),
            profile: in_force.as_ref().map(|profile| profile.name.clone()),
            profile_sha256: in_force.as_ref().map(|profile| profile.sha256.clone()),
            settings_sha256: settings.hash_sha256(),
            settings_toml: settings.to_toml(),
            channels: listed(&own),
            numbers: own.clone(),
            asked_by: peer.to_string(),
            names: numbers.names(),
        };
        self.hand_over(|back| Takeover {
            decide,
            sense: Some(Box::new(sense)),
            row: Some(Box::new(row)),
            channels: channels.clone(),
            tapped: own.into_iter().zip(channels.clone()).collect(),
            profile: in_force.as_ref().map(ToString::to_string),
            told: Text::format(format_args!("{said} (asked by {peer})")),
            back,
        })?;
        (state.numbers, state.in_force) = (numbers, in_force);
        let waits = if state.is_sensed() { "" } else { "\nit is heard as soon as samples come" };
        let deaf = deaf.iter().map(|deaf| format!("\n{}: {deaf}", deaf.severity.name()));
        Ok(format!("{said}{waits}{}", deaf.collect::<String>()))
    }
}

const BUSY: &str = "another profile is being taken; try again";
