//! Whom we are bound to, who else is on the line, and why it is not certain that there is an aircraft that is ours alone.
//!
//! Bound to (system, component 1) of the first heartbeat of an autopilot that can be commanded: a multirotor or helicopter
//! of ArduPilot or PX4 ([`AnyHeartbeat::can_be_commanded`] says which and why no other), or of the system in the settings
//! when it is one. For good: another aircraft on a radio is never taken over silently. Should the bound system speak as
//! something else one day, it is commanded no more, and the first that fits takes its place. All others are named.

use skyhound::record::{Event, Severity};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::parameter::index;
use skyhound::vehicle::{Firmware, Identity, Vehicle};

use super::framing::Frame;
use super::inbound::AnyHeartbeat;
use super::listener::note;
use super::names::{autopilot_name, type_name};

pub(super) const AUTOPILOT_COMPONENT: u8 = 1;
/// A bound autopilot that sends nothing for this long is not there, when another is: its heartbeat alone comes each second.
const BOUND_GONE_US: u64 = 1_500_000;
/// Who was not heard for this long is gone.
const GONE_US: u64 = 5_000_000;
/// Others are named for this long.
const NAMED_US: u64 = 10_000_000;
const OTHERS_MAX: usize = 8;
/// The parameter with the system id of the ground station that the autopilot watches.
const WATCHED: usize = index("SYSID_MYGCS");

const RIVAL: &str = "another program speaks with our system and component id: end one of the two";
const TWO: &str = "two autopilots on the link: name ours with autopilot.system";
const REPLACED: &str = "the system we are bound to is silent, another is heard in its place: set autopilot.system, or start again";
const UNFIT: &str = "what is heard is no multirotor or helicopter of ArduPilot or PX4: see status";
const UNFIT_NAMED: &str =
    "what autopilot.system names is no multirotor or helicopter of ArduPilot or PX4: see status";
const OTHER_NAMED: &str = "another autopilot is heard than autopilot.system names: see status";
const NO_AUTOPILOT: &str = "frames are heard, none from an autopilot (component 1): see status";

/// Somebody on the line.
#[derive(Copy, Clone, Debug)]
struct Other {
    system: u32,
    component: u8,
    mav_type: u8,
    autopilot: u8,
    heard: TimeUs,
}

/// Who is who.
#[derive(Debug)]
pub struct Binding {
    wanted_system: Option<u8>,
    own_component: u8,
    own_mark: u32,
    others: [Option<Other>; OTHERS_MAX],
    rival_heard: Option<TimeUs>,
    /// An autopilot that could be bound too, on our line.
    second_heard: Option<TimeUs>,
    /// Since when it is there, and whether that was told. What comes in the place of ours is no second one: ours must have
    /// been heard after it.
    second_since: TimeUs,
    is_second_told: bool,
    /// One anywhere.
    fit_heard: Option<TimeUs>,
    /// An autopilot that cannot be bound, and whether the settings name it.
    unfit_heard: Option<(TimeUs, bool)>,
    anything_heard: Option<TimeUs>,
    bound_heard: Option<TimeUs>,
}

impl Binding {
    /// Nobody yet. We are `own_component`, and `own_mark` is in our heartbeats.
    pub fn new(wanted_system: Option<u8>, own_component: u8, own_mark: u32) -> Binding {
        Binding {
            wanted_system,
            own_component,
            own_mark,
            others: [None; OTHERS_MAX],
            rival_heard: None,
            second_heard: None,
            second_since: TimeUs(0),
            is_second_told: false,
            fit_heard: None,
            unfit_heard: None,
            anything_heard: None,
            bound_heard: None,
        }
    }

    /// Who else was heard lately, as people name them.
    pub fn others(&self, now: TimeUs) -> impl Iterator<Item = String> + '_ {
        let is_heard = move |other: &&Other| now.since_us(other.heard) <= NAMED_US;
        self.others.iter().flatten().filter(is_heard).map(|other| {
            let what = type_name(other.mav_type);
            let whose = autopilot_name(other.autopilot);
            format!("system {} component {}: {what}{whose}", other.system, other.component)
        })
    }

    /// Whether another program with our identity was heard lately.
    pub fn rival(&self, now: TimeUs) -> bool {
        is_lately(self.rival_heard, now)
    }

    /// Why it is not certain that there is an aircraft that is ours alone to command.
    pub fn contested(&self, now: TimeUs, identity: Option<Identity>) -> Option<&'static str> {
        let is_fit = identity.is_some_and(|bound| bound.firmware != Firmware::Other);
        let is_bound_heard = self.bound_heard.is_some_and(|heard| now.since_us(heard) <= BOUND_GONE_US);
        let unfit = self.unfit_heard.filter(|(heard, _)| is_lately(Some(*heard), now));
        if self.rival(now) {
            Some(RIVAL)
        } else if is_fit && is_bound_heard {
            (is_lately(self.second_heard, now) && self.is_beside_ours()).then_some(TWO)
        } else if is_fit {
            is_lately(self.fit_heard, now).then_some(REPLACED)
        } else if let Some((_, is_named)) = unfit {
            Some(if is_named { UNFIT_NAMED } else { UNFIT })
        } else if is_lately(self.fit_heard, now) {
            Some(OTHER_NAMED)
        } else {
            (identity.is_none() && is_lately(self.anything_heard, now)).then_some(NO_AUTOPILOT)
        }
    }

    /// Notes whom a frame comes from; returns whether it is the bound autopilot's.
    pub fn is_ours(&mut self, frame: &Frame<'_>, at: TimeUs, identity: Option<Identity>) -> bool {
        self.anything_heard = Some(at);
        identity.is_some_and(|identity| is_from(frame, &identity))
    }

    /// The bound autopilot is heard, now and not from a late way.
    pub fn hears_bound(&mut self, at: TimeUs) {
        self.bound_heard = Some(at);
    }

    /// Takes anybody's heartbeat. Returns whom to bind to from now on, when that changes.
    pub fn take_heartbeat(
        &mut self,
        frame: &Frame<'_>,
        heard: &AnyHeartbeat,
        at: TimeUs,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) -> Option<Identity> {
        let Ok(system) = u8::try_from(frame.system) else { return None };
        let bound = vehicle.identity;
        if !bound.is_some_and(|bound| is_from(frame, &bound)) {
            self.meet(frame, heard, at, bound);
        }
        if heard.is_ground_station() && self.own_system(bound) != Some(system) {
            keep_ground_station(system, at, vehicle);
        }
        self.judge_mark(frame, heard.custom, at, bound, events);
        if !is_fit(frame, heard, self.wanted_system) {
            return None;
        }
        match bound {
            Some(bound) if bound.system == system => None,
            Some(bound) if bound.firmware != Firmware::Other => {
                if self.wanted_system.is_none() {
                    self.tell_second(system, bound, at, events);
                }
                None
            }
            _ => {
                self.others.iter_mut().filter(|place| is_it(place, frame)).for_each(|place| *place = None);
                Some(Identity { system, component: frame.component, firmware: heard.firmware() })
            }
        }
    }

    /// Somebody is on the line whose frames are not ours to take.
    pub fn overhear(
        &mut self,
        frame: &Frame<'_>,
        heard: Option<&AnyHeartbeat>,
        at: TimeUs,
        bound: Option<Identity>,
    ) {
        self.anything_heard = Some(at);
        if let Some(heard) = heard {
            self.meet(frame, heard, at, bound);
        }
    }

    fn meet(&mut self, frame: &Frame<'_>, heard: &AnyHeartbeat, at: TimeUs, bound: Option<Identity>) {
        let is_us = self.own_system(bound).map(u32::from) == Some(frame.system)
            && frame.component == self.own_component
            && heard.custom == self.own_mark;
        if is_us {
            return;
        }
        let is_autopilot =
            frame.component == AUTOPILOT_COMPONENT && heard.is_autopilot() && frame.system != 0;
        if is_autopilot && heard.can_be_commanded() {
            self.fit_heard = Some(at);
        } else if is_autopilot {
            let is_named = self.wanted_system.map(u32::from) == Some(frame.system);
            self.unfit_heard = Some((at, is_named));
        }
        let (system, component) = (frame.system, frame.component);
        let other =
            Other { system, component, mav_type: heard.mav_type, autopilot: heard.autopilot, heard: at };
        if let Some(place) = self.others.iter_mut().find(|place| is_it(place, frame)) {
            *place = Some(other);
            return;
        }
        // A free place, or that of who was not heard for the longest.
        let longest = self.others.iter_mut().min_by_key(|place| place.map_or(TimeUs(0), |known| known.heard));
        if let Some(place) =
            longest.filter(|place| place.is_none_or(|known| at.since_us(known.heard) > GONE_US))
        {
            *place = Some(other);
        }
    }

    /// What the bound system speaks as changed.
    pub fn changes(&mut self, heard: &AnyHeartbeat, at: TimeUs) {
        if !heard.can_be_commanded() {
            self.unfit_heard = Some((at, self.wanted_system.is_some()));
        }
    }

    /// Who speaks with our ids and another `mark` is a rival; with ours, it is our echo.
    pub fn judge_mark(
        &mut self,
        frame: &Frame<'_>,
        mark: u32,
        at: TimeUs,
        bound: Option<Identity>,
        events: &mut dyn FnMut(Event),
    ) {
        let Frame { system, component, .. } = *frame;
        let is_own_name =
            self.own_system(bound).map(u32::from) == Some(system) && component == self.own_component;
        if !is_own_name || mark == self.own_mark {
            return;
        }
        if !self.rival(at) {
            let who = format_args!("another program speaks as system {system} component {component}");
            note(events, at, Severity::Critical, "rival", who);
        }
        self.rival_heard = Some(at);
    }

    fn is_beside_ours(&self) -> bool {
        self.bound_heard.is_some_and(|heard| heard > self.second_since)
    }

    fn tell_second(&mut self, system: u8, bound: Identity, at: TimeUs, events: &mut dyn FnMut(Event)) {
        if !is_lately(self.second_heard, at) {
            (self.second_since, self.is_second_told) = (at, false);
        }
        if !self.is_second_told && self.is_beside_ours() {
            self.is_second_told = true;
            let text = format_args!("system {system} is an autopilot too; we are bound to {}", bound.system);
            note(events, at, Severity::Critical, "second_autopilot", text);
        }
        self.second_heard = Some(at);
    }

    fn own_system(&self, bound: Option<Identity>) -> Option<u8> {
        bound.map(|bound| bound.system).or(self.wanted_system)
    }
}

/// Whether a heartbeat makes its sender one to bind to: an autopilot that can be commanded, and the one in the settings.
pub fn is_fit(frame: &Frame<'_>, heard: &AnyHeartbeat, wanted_system: Option<u8>) -> bool {
    // System 0 is "everybody" as a target: nobody may be called so.
    let is_wanted = wanted_system.is_none_or(|wanted| u32::from(wanted) == frame.system) && frame.system != 0;
    is_wanted && frame.component == AUTOPILOT_COMPONENT && heard.can_be_commanded()
}

/// Of several ground stations the one that the autopilot watches counts, once it was heard.
fn keep_ground_station(system: u8, at: TimeUs, vehicle: &mut Vehicle) {
    let watched = vehicle.parameters.told(WATCHED).map(|watched| watched.value);
    let is_watched = |system: u8| watched == Some(f64::from(system));
    let keeps = vehicle.ground_station.is_some_and(|known| is_watched(known.value)) && !is_watched(system);
    if !keeps {
        vehicle.ground_station = Some(Aged::new(system, at));
    }
}

fn is_it(place: &Option<Other>, frame: &Frame<'_>) -> bool {
    place.is_some_and(|known| (known.system, known.component) == (frame.system, frame.component))
}

fn is_from(frame: &Frame<'_>, identity: &Identity) -> bool {
    frame.system == u32::from(identity.system) && frame.component == identity.component
}

fn is_lately(heard: Option<TimeUs>, now: TimeUs) -> bool {
    heard.is_some_and(|heard| now.since_us(heard) <= GONE_US)
}
