//! Shapes of answers that are made as text, or by a child process: for the API's document.

use serde::Serialize;

use crate::ctl::{ProfileStatus, Status};

/// The flight as it is now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StateAnswer {
    /// Whether something flies here.
    live: bool,
    /// Whether the page that asks has control.
    you_control: bool,
    /// Who has.
    controlled_by: Option<String>,
    /// State, aircraft, channels and all else that is shown; null where nothing flies.
    status: Option<Status>,
}

/// The settings' text.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SettingsAnswer {
    /// TOML.
    toml: String,
    /// SHA-256 of it, hexadecimal.
    sha256: String,
}

/// What was done, or why not.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Said {
    /// Whether it was done.
    ok: bool,
    /// In words.
    said: String,
}

/// Profiles.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProfilesAnswer {
    /// True.
    ok: bool,
    /// They.
    profiles: Vec<ProfileStatus>,
}

/// A flight.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FlightLine {
    /// Its name, by which it is asked for.
    name: String,
    /// Size of its file.
    file_bytes: u64,
    /// UTC at its start, ISO 8601.
    started_utc: Option<String>,
    /// Its length, s.
    duration_s: Option<f64>,
    /// closed, recorded, cut, damaged, …, with the reason.
    state: String,
    /// Whether it is being recorded.
    is_live: bool,
    /// Its file.
    path: String,
    /// Size of its samples around detections.
    iq_bytes: u64,
    /// Where verified copies of it are.
    copies: Vec<String>,
    /// What people call it.
    tags: Vec<String>,
    /// What people say of it.
    note: Option<String>,
    /// Beacons that were heard in it.
    heard: Vec<String>,
}

/// A flight that was flown again.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WhatIfAnswer {
    /// True.
    ok: bool,
    /// The name under which it is asked for until the server ends.
    name: String,
    /// What was, and what would have been, in words.
    said: String,
}

/// A search that is planned.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PlanAnswer {
    /// Waypoints, latitude and longitude in degrees.
    route: Vec<[f64; 2]>,
    /// Its length, m.
    length_m: f64,
    /// How long it takes, without what turns cost, s.
    duration_s: f64,
    /// Track spacing, m; null of sectors, which have none.
    spacing_m: Option<f64>,
    /// Sweep width × length over area; null without the beacon's power, as the next two.
    coverage: Option<f64>,
    /// Probability of detection by that, on tracks at random: the lesser of Koopman's two laws.
    pod: Option<f64>,
    /// Probability of success by each listening on the route.
    pos: Option<f64>,
    /// The plan in words.
    said: String,
}

/// A map.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MapLine {
    /// Under `/maps/`.
    name: String,
    /// Its format.
    kind: String,
}
