//! The flight as it goes on, to who looks: server-sent events, state and spectrum ten times a second.
//!
//! Each viewer has a task and room for some frames. One that does not read misses states and spectra, never entries of the log; one that takes
//! nothing for long is left.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Shared;
use super::guard::Asker;
use super::reply::{Refused, typed};

/// Between frames.
const PERIOD: Duration = Duration::from_millis(100);
/// Frames that wait for a viewer: more are not made for it.
const FRAMES_MAX: usize = 8;
/// How long an entry of the log may wait for a viewer that does not read.
const READ_MAX: Duration = Duration::from_secs(10);
/// Bytes of log in a frame at most, about.
const LOG_BYTES_MAX: usize = 32 << 10;

/// From where on the log is told.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// The entries after this id; 0 = all that there are.
    #[serde(default, alias = "events_from")]
    #[param(minimum = 0)]
    from: u64,
}

/// What a viewer has been told.
#[derive(Default)]
struct Told {
    log_id: u64,
    spectrum_us: Option<u64>,
    estimates: Vec<(u8, u64)>,
    regions: Vec<(u8, u8, u64)>,
}

/// State, log, spectrum, estimates and regions as they come.
#[utoipa::path(get, path = "/api/v1/live", tag = "flight", params(From),
    responses((status = 200, description = "Server-sent events: state, log, behind, spectrum, estimate, region", content_type = "text/event-stream", body = String)))]
pub async fn live(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
    Query(from): Query<From>,
) -> Response {
    let (frames, out) = channel(FRAMES_MAX);
    let told = Told { log_id: from.from, ..Told::default() };
    tokio::spawn(tell(site, asker.client, told, frames));
    let mut response = streamed(out);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// Entries of the log that are at hand, as lines of JSON.
#[utoipa::path(get, path = "/api/v1/events", tag = "flight", params(From),
    responses((status = 200, description = "Lines of JSON, one an entry", content_type = "application/x-ndjson", body = String),
        (status = 409, description = "Nothing flies, or some of them are in the file only: ask its table log")))]
pub async fn events(State(site): State<Shared>, Query(from): Query<From>) -> Result<Response, Refused> {
    let flying = site.flying.as_ref().ok_or_else(Refused::grounded)?;
    let lines = flying.door.log_after(from.from).ok_or_else(|| {
        Refused::not_now("some of them are in the file only: ask it, \"select * from log where id > …\"")
    })?;
    let text: String = lines.into_iter().map(|(_, line)| line + "\n").collect();
    Ok(typed("application/x-ndjson", text))
}

fn streamed(out: Receiver<Bytes>) -> Response {
    let frames = stream::unfold(out, |mut out| async {
        out.recv().await.map(|frame| (Ok::<_, Infallible>(frame), out))
    });
    Response::new(Body::from_stream(frames))
}

async fn tell(site: Shared, client: Option<String>, mut told: Told, frames: Sender<Bytes>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = site.stopped.clone();
    loop {
        let log = told.log(&site);
        if !log.is_empty() && !matches!(timeout(READ_MAX, frames.send(log.into())).await, Ok(Ok(()))) {
            return;
        }
        let frame = event("state", &site.state_for(client.as_deref())) + &told.picture(&site);
        // Where there is no room it is left out: the next one is newer.
        if frames.try_send(frame.into()).is_err() && frames.is_closed() {
            return;
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = frames.closed() => return,
            _ = ticks.tick() => {}
        }
    }
}

impl Told {
    /// What the log says that was not told yet.
    fn log(&mut self, site: &Shared) -> String {
        let Some(flying) = &site.flying else { return String::new() };
        let Some(lines) = flying.door.log_after(self.log_id) else {
            // What is not at hand any more stands in the file; what is at hand is told from its begin.
            let behind = event("behind", &format!("{{\"from\":{}}}", self.log_id));
            self.log_id = flying.door.log_forgotten();
            return behind;
        };
        let mut text = String::new();
        for (id, line) in lines {
            if text.len() > LOG_BYTES_MAX {
                break;
            }
            text += &event("log", &line);
            self.log_id = id;
        }
        text
    }

    /// What was recorded since.
    fn picture(&mut self, site: &Shared) -> String {
        let Some(flying) = &site.flying else { return String::new() };
        let picture = flying.door.picture();
        let mut text = String::new();
        if let Some(spectrum) = &picture.spectrum
            && self.spectrum_us.replace(spectrum.at_us) != Some(spectrum.at_us)
        {
            text += &made("spectrum", spectrum);
        }
        for estimate in &picture.estimates {
            let now = (estimate.channel, estimate.at_us);
            if !self.estimates.contains(&now) {
                self.estimates.retain(|(channel, _)| *channel != estimate.channel);
                self.estimates.push(now);
                text += &made("estimate", estimate);
            }
        }
        for region in &picture.regions {
            let now = (region.channel, region.percent, region.at_us);
            if !self.regions.contains(&now) {
                self.regions
                    .retain(|(channel, percent, _)| (*channel, *percent) != (region.channel, region.percent));
                self.regions.push(now);
                text += &made("region", region);
            }
        }
        text
    }
}

fn made(name: &str, value: &impl Serialize) -> String {
    serde_json::to_string(value).map_or_else(|_| String::new(), |json| event(name, &json))
}

/// `data` is one line, as all JSON of ours is.
fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
