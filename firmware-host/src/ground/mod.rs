//! The ground crew's server: the page, the API under `/api/v1`, figures for Prometheus. HTTP and its TLS stand here and nowhere else.
//!
//! ```text
//! browser ─HTTP→ [accept: connections counted, slow ones left] → guard (host, origin, token, role, rate) ─┬→ state, live (SSE, WebSocket)
//!                                                                                                         ├→ control → ctl::Door → control pass
//!                                                                                                         ├→ ask, flights, plan, what_if, about → child processes
//!                                                                                                         └→ page, metrics, openapi
//! ```
//! A flying daemon serves its flight and the folder of older ones, `skyhound ground` older ones alone. Nothing here touches the flight:
//! what is shown is read from the board and from what the recorder keeps for it, acts go the way of the operator's socket, and whatever
//! opens a flight file is a child process that gives way. With nobody looking nothing runs. Starved or attacked, it harms itself only.

mod about;
mod accept;
mod answers;
mod ask;
mod children;
mod control;
mod flights;
mod guard;
mod kept;
mod live;
mod metrics;
mod openapi;
mod page;
mod plan;
mod reply;
mod state;
mod tls;
mod token;
mod told;
mod what_if;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::ctl::{self, Answering};
use crate::failure::Failure;
use crate::realtime::Body;
use crate::settings::GroundSettings;

pub use ask::RecipeLine;
use flights::Library;
pub use flights::Shelf;
pub use token::line as token_line;

/// Longest body of a request: a question in SQL.
const BODY_BYTES_MAX: usize = 64 << 10;

/// A flight that flies.
pub struct Flying {
    /// The operator's way to it.
    pub door: ctl::Door,
    /// Tells something in the flight's record: who took control.
    pub tell: Box<dyn Fn(&str) + Send + Sync>,
    /// Seconds since its start, by its clock.
    pub now_s: Box<dyn Fn() -> f64 + Send + Sync>,
    /// The settings' text and its SHA-256, hexadecimal.
    pub settings: (String, String),
}

/// What is served.
pub struct Served {
    /// What flies; none on a laptop.
    pub flying: Option<Flying>,
    /// Older flights.
    pub shelf: Shelf,
    /// How questions to them are answered.
    pub answering: Arc<dyn Answering>,
    /// At most this many questions at once, each answered within so many seconds.
    pub questions: (u32, u32),
}

/// What each request sees.
struct Site {
    flying: Option<Flying>,
    library: Library,
    questions: ctl::Questions,
    control: control::Control,
    state: state::Shown,
    guard: guard::Guard,
    maps: Option<PathBuf>,
    stopped: watch::Receiver<bool>,
}

type Shared = Arc<Site>;

/// The server, until it is dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// An address that is listened on, and who may ask there.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    guard: guard::Guard,
    tls: Option<tls::Tls>,
    maps: Option<PathBuf>,
}

impl Bound {
    /// Listens as the settings say; `None`: they say that there is to be no page.
    ///
    /// # Errors
    /// An address other than this machine's own without tokens, a token file that others can read or that is none: these are mistakes in
    /// the settings. An address that is taken is a failure.
    pub fn open(settings: &GroundSettings) -> Result<Option<Bound>, Failure> {
        let Some(listen) = settings.listen else { return Ok(None) };
        let tokens = settings.token_file.as_deref().map(token::read).transpose()?;
        let tls = settings.tls.as_deref().map(|folder| tls::of(folder, listen.ip())).transpose()?;
        if !listen.ip().is_loopback() && tokens.is_none() {
            return Err(Failure::Usage(format!(
                "ground.listen: {listen} is open to others, and ground.token_file names no tokens; write `skyhound ground token command` \
                 into a file that only its owner reads, and name that, or listen on 127.0.0.1"
            )));
        }
        if !listen.ip().is_loopback() && tls.is_none() {
            return Err(Failure::Usage(format!(
                "ground.listen: {listen} is open to others, who would read tokens on the way; name a folder for key and certificate with \
                 ground.tls (they are made), or listen on 127.0.0.1"
            )));
        }
        let failed = |error: io::Error| {
            Failure::Failed(format!(
                "page at {listen}: {error}; name another address with ground.listen, or \"none\""
            ))
        };
        let listener = TcpListener::bind(listen).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let guard = guard::Guard::new(address, tokens);
        Ok(Some(Bound { listener, address, guard, tls, maps: settings.maps.clone() }))
    }

    /// Where, as a browser is told.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// SHA-256 of the certificate, hexadecimal, where there is one.
    pub fn fingerprint(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| tls.fingerprint.as_str())
    }

    /// Serves in a thread of `start`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn serve(
        self,
        served: Served,
        start: impl FnOnce(Body) -> io::Result<JoinHandle<()>>,
    ) -> Result<Server, Failure> {
        let failed = |error: io::Error| Failure::doing("no thread for the page", error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let url = self.url();
        let Bound { listener, guard, tls, maps, .. } = self;
        let acceptor = tls.map(|tls| tls.acceptor);
        let Served { flying, shelf, answering, questions: (clients_max, time_max_s) } = served;
        let site = Site {
            flying,
            library: Library::new(shelf),
            questions: ctl::Questions::new(
                answering,
                clients_max,
                std::time::Duration::from_secs(u64::from(time_max_s)),
            ),
            control: control::Control::default(),
            state: state::Shown::new(Clock::start()),
            guard,
            maps,
            stopped: stopped.clone(),
        };
        let router = router(Arc::new(site));
        let thread = start(Box::new(move || {
            if let Err(error) = runtime.block_on(accept::accept((listener, acceptor), router, stopped)) {
                tracing::error!("the page's server ended: {error}");
            }
        }));
        Ok(Server { url, stop, thread: Some(thread.map_err(failed)?) })
    }
}

impl Server {
    /// Where it is, as a browser is told.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the page's server ended by a panic");
        }
    }
}

/// A POST, and what it must bring; other methods are told that they are none here, whatever they bring.
fn act<Answer: Handler<Told, Shared>, Told: 'static>(answer: Answer) -> MethodRouter<Shared> {
    post(answer).route_layer(middleware::from_fn(guard::act))
}

fn router(site: Shared) -> Router {
    let api = Router::new()
        .route("/state", get(state::state))
        .route("/live", get(live::live))
        .route("/events", get(live::events))
        .route("/control", act(control::control))
        .route("/homing", act(control::homing))
        .route("/profiles", get(control::profiles))
        .route("/profile", act(control::profile))
        .route("/settings", get(state::settings))
        .route("/cookbook", get(ask::cookbook))
        .route("/flights", get(flights::list))
        .route("/search/plan", act(plan::plan))
        .route("/flights/{name}/query", act(ask::query))
        .route("/flights/{name}/what-if", act(what_if::what_if))
        .route("/flights/{name}/about", act(about::about))
        .route("/flights/{name}/file", get(flights::file))
        .route("/flights/{name}/estimate", get(flights::estimate))
        .route("/flights/{name}/{report}", get(flights::report))
        .route("/maps", get(page::maps))
        .route("/openapi.json", get(openapi::document))
        .fallback(reply::nothing_here);
    Router::new()
        .nest("/api/v1", api)
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(state::health))
        .route("/readyz", get(state::ready))
        .route("/maps/{name}", get(page::map))
        .fallback(page::page)
        .layer(axum::extract::DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&site), guard::guard))
        .with_state(site)
}
