//! Who may ask at all, before anything is done for them.
//!
//! - *Host*: a page of somewhere else whose name was made to mean this machine (DNS rebinding) is refused, for it is asked by that name.
//! - *Origin, Sec-Fetch-Site*: whatever another site's page has a browser send is refused.
//! - *Token*: where there are tokens, nothing but the page's own files is answered without one.
//! - *Acts* are POST with JSON and a header of our own, which no form of another site can send without asking first (CORS), and it is never allowed.
//! - *Rate*: each address has so many requests a second.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::Extension;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use skyhound::time::TimeUs;

use super::Shared;
use super::reply::Refused;
use super::token::{Role, Tokens};
use crate::clock::Clock;

/// The header by which a page tells which of several it is.
pub const CLIENT: &str = "x-skyhound-client";
/// Its longest value.
const CLIENT_CHARS_MAX: usize = 64;
/// Requests of an address in [`RATE_TIME_US`]: a page loads some twenty files, and a query box is not faster.
const RATE_MAX: u32 = 200;
const RATE_TIME_US: u64 = 2_000_000;
/// Addresses that are counted at once; a page is on few.
const ADDRESSES_MAX: usize = 256;
/// No script, style or picture but our own; nothing that frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
     font-src 'self'; worker-src 'self' blob:; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Who may ask.
pub struct Guard {
    address: SocketAddr,
    tokens: Option<Tokens>,
    clock: Clock,
    /// Since when each is counted, and how often it asked.
    asked: Mutex<HashMap<IpAddr, (TimeUs, u32)>>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// From where.
    pub address: IpAddr,
    /// What it may do.
    pub role: Role,
    /// Which of its pages it is; none where nothing is to be done.
    pub client: Option<String>,
}

impl Guard {
    /// For the server at `address`.
    pub fn new(address: SocketAddr, tokens: Option<Tokens>) -> Guard {
        Guard { address, tokens, clock: Clock::start(), asked: Mutex::default() }
    }

    /// Whether this is a name of ours, port and all. With tokens any name is: what a browser is made to ask it asks without one.
    fn is_our_name(&self, name: &str) -> bool {
        if self.tokens.is_some() {
            return true;
        }
        let port = self.address.port();
        let ours = [
            format!("localhost:{port}"),
            format!("127.0.0.1:{port}"),
            format!("[::1]:{port}"),
            self.address.to_string(),
        ];
        ours.iter().any(|our| our.eq_ignore_ascii_case(name))
    }

    fn is_too_often(&self, address: IpAddr) -> bool {
        let now = self.clock.now();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= ADDRESSES_MAX {
            asked.retain(|_, (since, _)| now.since_us(*since) < RATE_TIME_US);
        }
        if asked.len() >= ADDRESSES_MAX && !asked.contains_key(&address) {
            return true;
        }
        let (since, count) = asked.entry(address).or_insert((now, 0));
        if now.since_us(*since) >= RATE_TIME_US {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count > RATE_MAX
    }

    fn admit(&self, address: IpAddr, request: &Request) -> Result<Asker, Refused> {
        let headers = request.headers();
        let host = text(headers, header::HOST.as_str()).unwrap_or_default();
        if !self.is_our_name(host) {
            let why = format!("this server is not called {host:?}; ask {}", self.address);
            return Err(Refused(StatusCode::MISDIRECTED_REQUEST, why));
        }
        let is_open = !is_guarded(request.uri().path());
        // Following a link to the page is no harm.
        if is_elsewhere(headers, host) && !(is_open && request.method() == Method::GET) {
            return Err(Refused(StatusCode::FORBIDDEN, "pages of other sites may not ask here".to_string()));
        }
        let role = match &self.tokens {
            None => Some(Role::Command),
            Some(tokens) => bearer(headers).and_then(|token| tokens.role(token)),
        };
        let role = role.or(is_open.then_some(Role::Look)).ok_or_else(|| {
            Refused(
                StatusCode::UNAUTHORIZED,
                "this needs a token: Authorization: Bearer TOKEN (ground.token_file)".to_string(),
            )
        })?;
        let client = text(headers, CLIENT).map(str::to_string);
        Ok(Asker { address, role, client })
    }
}

impl Asker {
    /// That it may do what `role` may.
    ///
    /// # Errors
    /// It may not.
    pub fn needs(&self, role: Role) -> Result<(), Refused> {
        if self.role >= role {
            return Ok(());
        }
        let why = format!("this needs the role {}, and this token has {}", role.name(), self.role.name());
        Err(Refused(StatusCode::FORBIDDEN, why))
    }
}

/// Admits or refuses; what every answer's head has.
pub async fn guard(
    State(site): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = peer.ip();
    let mut response = if site.guard.is_too_often(address) {
        let why = "more requests than a page has reason for; wait two seconds".to_string();
        Refused(StatusCode::TOO_MANY_REQUESTS, why).into_response()
    } else {
        match site.guard.admit(address, &request) {
            Ok(asker) => {
                request.extensions_mut().insert(asker);
                next.run(request).await
            }
            Err(refused) => refused.into_response(),
        }
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Admits an act, behind [`guard`], if it brings what acts must.
///
/// # Errors
/// It is no JSON, or does not tell which page it is from.
pub async fn act(
    Extension(asker): Extension<Asker>,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    of_an_act(request.headers(), asker.client.as_deref())?;
    Ok(next.run(request).await)
}

/// What shows nothing of any flight: the page's own files.
fn is_guarded(path: &str) -> bool {
    ["/api/", "/metrics", "/maps/"].iter().any(|guarded| path.starts_with(guarded))
}

fn of_an_act(headers: &HeaderMap, client: Option<&str>) -> Result<(), Refused> {
    let kind = text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        let why = "what is asked is JSON: Content-Type: application/json".to_string();
        return Err(Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let is_name = |client: &str| {
        (1..=CLIENT_CHARS_MAX).contains(&client.len())
            && client.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    match client {
        Some(client) if is_name(client) => Ok(()),
        _ => Err(Refused::bad(
            "the header X-Skyhound-Client tells which page this is: 1 to 64 letters, digits, hyphens",
        )),
    }
}

fn is_elsewhere(headers: &HeaderMap, host: &str) -> bool {
    let is_other = |origin: &str| origin.split_once("://").map(|(_, name)| name) != Some(host);
    let site = text(headers, "sec-fetch-site");
    headers.get(header::ORIGIN).is_some_and(|origin| origin.to_str().map_or(true, is_other))
        || site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
