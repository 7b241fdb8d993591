//! The flight as it is now: made into JSON once for all who look, and not at all while nobody does.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use skyhound::time::TimeUs;

use super::guard::Asker;
use super::reply::{Refused, json_text, typed};
use super::{Shared, Site};
use crate::clock::Clock;
use crate::ctl::Status;

/// The control pass writes the status ten times a second; what is younger than this is not read again.
const FRESH_US: u64 = 50_000;
/// Older than this the daemon hangs, whatever the page shows. By the status' own time, s.
const HANGS_S: f64 = 3.0;

/// The newest status as JSON.
pub struct Shown {
    clock: Clock,
    made: Mutex<Option<Made>>,
}

impl Shown {
    /// Nothing was made yet.
    pub fn new(clock: Clock) -> Shown {
        Shown { clock, made: Mutex::new(None) }
    }
}

struct Made {
    at: TimeUs,
    status: Arc<Status>,
    text: Arc<str>,
}

impl Site {
    /// The status and its JSON; `None` where nothing flies.
    pub(super) fn status(&self) -> Option<(Arc<Status>, Arc<str>)> {
        let flying = self.flying.as_ref()?;
        let now = self.state.clock.now();
        let mut made = self.state.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| now.since_us(made.at) < FRESH_US) {
            return Some((Arc::clone(&made.status), Arc::clone(&made.text)));
        }
        let status = Arc::new(flying.door.status());
        let text: Arc<str> = serde_json::to_string(&*status).unwrap_or_else(|_| "null".to_string()).into();
        *made = Some(Made { at: now, status: Arc::clone(&status), text: Arc::clone(&text) });
        Some((status, text))
    }

    /// What `GET /api/v1/state` answers to the page `client`.
    pub(super) fn state_for(&self, client: Option<&str>) -> String {
        let (held_by, is_ours) = self.control.shown_to(client);
        let text = self.status().map(|(_, text)| text);
        format!(
            "{{\"live\":{},\"you_control\":{is_ours},\"controlled_by\":{},\"status\":{}}}",
            self.flying.is_some(),
            serde_json::Value::from(held_by),
            text.as_deref().unwrap_or("null")
        )
    }
}

/// State, interlocks, aircraft, channels, link, lanes, recorder, SDR, passes.
#[utoipa::path(get, path = "/api/v1/state", tag = "flight",
    responses((status = 200, description = "The flight as it is now; without one live is false", body = super::answers::StateAnswer)))]
pub async fn state(State(site): State<Shared>, Extension(asker): Extension<Asker>) -> Response {
    json_text(site.state_for(asker.client.as_deref()))
}

/// The settings in force at the start.
#[utoipa::path(get, path = "/api/v1/settings", tag = "flight",
    responses((status = 200, description = "TOML and its SHA-256", body = super::answers::SettingsAnswer), (status = 409, description = "Nothing flies")))]
pub async fn settings(State(site): State<Shared>) -> Result<Response, Refused> {
    let (toml, sha256) = &site.flying.as_ref().ok_or_else(Refused::grounded)?.settings;
    Ok(axum::Json(json!({ "toml": toml, "sha256": sha256 })).into_response())
}

/// Whether the server answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It does", body = String)))]
pub async fn health() -> Response {
    typed("text/plain; charset=utf-8", "ok\n")
}

/// Whether it does what it is for: with a flight that its control pass goes on, and that it is recorded.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "Ready", body = String), (status = 503, description = "Why not", body = String)))]
pub async fn ready(State(site): State<Shared>) -> Response {
    let why = site.flying.as_ref().zip(site.status()).and_then(|(flying, (status, _))| {
        let behind_s = (flying.now_s)() - status.uptime_s;
        match () {
            () if status.uptime_s == 0.0 => Some("the flight is starting".to_string()),
            () if behind_s > HANGS_S => {
                Some(format!("the control pass has not shown itself for {behind_s:.1} s"))
            }
            () => Some(status.recorder.state.clone()).filter(|state| state != "recording"),
        }
    });
    match why {
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
        None => typed("text/plain; charset=utf-8", "ready\n"),
    }
}
