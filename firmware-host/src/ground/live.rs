//! The flight as it goes on, to who looks: state and spectrum ten times a second, as server-sent events or over a WebSocket.
//!
//! Each viewer has a task and room for some frames. One that does not read misses states and spectra, never entries of the log; one that takes
//! nothing for long is left. What a viewer says over a WebSocket counts for nothing.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Shared;
use super::accept::Place;
use super::guard::Asker;
use super::reply::{Refused, typed};
use super::told::{Event, Told};

/// Between frames.
const PERIOD: Duration = Duration::from_millis(100);
/// Frames that wait for a viewer: more are not made for it.
const FRAMES_MAX: usize = 8;
/// How long an entry of the log may wait for a viewer that does not read.
const READ_MAX: Duration = Duration::from_secs(10);
/// Between pings over a WebSocket: what stands between keeps the way open.
const PING: Duration = Duration::from_secs(15);
/// Messages that a viewer may send from one ping to the next: its pong, and what a library adds.
const HEARD_MAX: u32 = 64;
/// Longest of them.
const HEARD_BYTES_MAX: usize = 4 << 10;
/// What waits in a WebSocket's own buffer: one message, the longest is a region.
const UNSENT_BYTES_MAX: usize = 8 << 20;

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

/// State, log, spectrum, estimates and regions as they come; with `Upgrade: websocket` each as a text message `{"event":"state","data":{…}}`.
#[utoipa::path(get, path = "/api/v1/live", tag = "flight", params(From),
    responses((status = 200, description = "Server-sent events: state, log, behind, spectrum, estimate, region", content_type = "text/event-stream", body = String),
        (status = 101, description = "The same as messages of a WebSocket"), (status = 426, description = "An upgrade that is none")))]
pub async fn live(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
    Extension(place): Extension<Place>,
    Query(from): Query<From>,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refused> {
    let is_socket = headers
        .get(header::UPGRADE)
        .is_some_and(|wanted| wanted.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let socket = match socket {
        Err(why) if is_socket => return Err(Refused(why.status(), why.body_text())),
        socket => socket.ok(),
    };
    let (frames, out) = channel(FRAMES_MAX);
    tokio::spawn(tell(site, asker.client, Told::up_to(from.from), frames));
    let Some(socket) = socket else { return Ok(streamed(out)) };
    let socket = socket
        .read_buffer_size(HEARD_BYTES_MAX)
        .write_buffer_size(0)
        .max_write_buffer_size(UNSENT_BYTES_MAX)
        .max_message_size(HEARD_BYTES_MAX)
        .max_frame_size(HEARD_BYTES_MAX);
    Ok(socket.on_upgrade(move |socket| show(socket, out, place)))
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

fn streamed(out: Receiver<Vec<Event>>) -> Response {
    let frames = stream::unfold(out, |mut out| async {
        let events = out.recv().await?;
        let frame: String = events.iter().map(Event::server_sent).collect();
        Some((Ok::<_, Infallible>(Bytes::from(frame)), out))
    });
    let mut response = Response::new(Body::from_stream(frames));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// The same over a WebSocket, until the flight or the viewer ends it. `_place` is that of its connection.
async fn show(mut socket: WebSocket, mut out: Receiver<Vec<Event>>, _place: Place) {
    let mut pings = interval(PING);
    let mut heard_count = 0;
    loop {
        let messages = tokio::select! {
            events = out.recv() => match events {
                Some(events) => events.iter().map(|event| Message::text(event.message())).collect(),
                None => break,
            },
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_))) => {
                    // Reading on is what sends the answer to it.
                    let _ = timeout(READ_MAX, socket.recv()).await;
                    return;
                }
                Some(Ok(_)) if heard_count < HEARD_MAX => {
                    heard_count += 1;
                    continue;
                }
                _ => return,
            },
            _ = pings.tick() => {
                heard_count = 0;
                vec![Message::Ping(Bytes::new())]
            }
        };
        for message in messages {
            if !matches!(timeout(READ_MAX, socket.send(message)).await, Ok(Ok(()))) {
                return;
            }
        }
    }
    let _ = timeout(READ_MAX, socket.send(Message::Close(None))).await;
}

async fn tell(site: Shared, client: Option<String>, mut told: Told, frames: Sender<Vec<Event>>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = site.stopped.clone();
    loop {
        let log = told.log(&site);
        if !log.is_empty() && !matches!(timeout(READ_MAX, frames.send(log)).await, Ok(Ok(()))) {
            return;
        }
        let mut frame = vec![Event::of("state", site.state_for(client.as_deref()))];
        frame.extend(told.picture(&site));
        // Where there is no room it is left out: the next one is newer.
        if frames.try_send(frame).is_err() && frames.is_closed() {
            return;
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = frames.closed() => return,
            _ = ticks.tick() => {}
        }
    }
}
