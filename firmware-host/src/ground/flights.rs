//! Flights that there are: listed, their files and reports handed out. Whatever opens one is a child process.

use std::path::{Path as FilePath, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::Shared;
use super::ask::{LIVE, RecipeLine};
use super::reply::{Refused, json_text, typed};

/// Reports and lists at once: each is a process.
const CHILDREN_MAX: usize = 2;
/// How long one may take.
const CHILD_MAX: Duration = Duration::from_secs(60);
/// Of a list, bytes.
const LIST_BYTES_MAX: u64 = 16 << 20;
/// Of what a child says went wrong, bytes.
const SAID_BYTES_MAX: u64 = 8 << 10;
/// Forms of a report: what it ends in, and its media type.
const REPORTS: [(&str, &str); 11] = [
    ("html", "text/html; charset=utf-8"),
    ("json", "application/json"),
    ("csv", "text/csv; charset=utf-8"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("kml", "application/vnd.google-earth.kml+xml"),
    ("kmz", "application/vnd.google-earth.kmz"),
    ("geojson", "application/geo+json"),
    ("gpx", "application/gpx+xml"),
    ("mcap", "application/octet-stream"),
    ("parquet", "application/vnd.apache.parquet"),
    ("pdf", "application/pdf"),
];

/// Makes a process of a flight and the file that it is to write.
pub type Writes = dyn Fn(&FilePath, &FilePath) -> std::process::Command + Send + Sync;

/// Where flights are, and how they are read: told by whoever knows flight files.
pub struct Shelf {
    /// Their folder.
    pub folder: PathBuf,
    /// A process that lists them on stdout as JSON, an array of `FlightLine`.
    pub list: Box<dyn Fn() -> std::process::Command + Send + Sync>,
    /// A process that writes a flight's report into the second path, in the form that its ending says.
    pub report: Box<Writes>,
    /// Questions that are ready.
    pub cookbook: Vec<RecipeLine>,
    /// Whether this process records the file.
    pub is_recorded: Box<dyn Fn(&FilePath) -> bool + Send + Sync>,
}

/// The flights there are.
pub struct Library {
    shelf: Shelf,
    children: Semaphore,
}

impl Library {
    /// Those of `shelf`.
    pub fn new(shelf: Shelf) -> Library {
        Library { shelf, children: Semaphore::new(CHILDREN_MAX) }
    }

    /// Questions that are ready.
    pub fn cookbook(&self) -> &[RecipeLine] {
        &self.shelf.cookbook
    }

    /// The file of the flight `name`: one that stands in the folder itself, whatever the name says.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, name: &str) -> Result<PathBuf, Refused> {
        let none = || {
            Refused::missing(format!("there is no flight {name:?}; /api/v1/flights tells which there are"))
        };
        file_in(&self.shelf.folder, name, "duckdb").ok_or_else(none)
    }

    /// Whether this is the flight that is being recorded here.
    pub fn is_recorded(&self, name: &str) -> bool {
        self.find(name).is_ok_and(|file| (self.shelf.is_recorded)(&file))
    }

    /// What `command` writes.
    async fn run(&self, command: std::process::Command) -> Result<Vec<u8>, Refused> {
        let busy = || Refused::not_now(format!("{CHILDREN_MAX} reports are being made already; try again"));
        let _permit = self.children.try_acquire().map_err(|_| busy())?;
        let failed = |error: std::io::Error| Refused::not_now(format!("it could not be made: {error}"));
        let mut command = Command::from(command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(failed)?;
        let (out, said) = (child.stdout.take(), child.stderr.take());
        let reading = async {
            let (mut made, mut told) = (Vec::new(), Vec::new());
            let reads = async {
                match out {
                    Some(out) => out.take(LIST_BYTES_MAX).read_to_end(&mut made).await,
                    None => Ok(0),
                }
            };
            let hears = async {
                match said {
                    Some(said) => said.take(SAID_BYTES_MAX).read_to_end(&mut told).await,
                    None => Ok(0),
                }
            };
            let (read, heard) = tokio::join!(reads, hears);
            read.and(heard)?;
            let status = child.wait().await?;
            Ok::<_, std::io::Error>((status, made, told))
        };
        let too_long = || Refused::not_now(format!("it was not ready within {} s", CHILD_MAX.as_secs()));
        let (status, made, told) =
            tokio::time::timeout(CHILD_MAX, reading).await.map_err(|_| too_long())?.map_err(failed)?;
        let told = String::from_utf8_lossy(&told);
        match status.success() {
            true => Ok(made),
            false => Err(Refused::bad(told.trim().trim_start_matches("skyhound: ").to_string())),
        }
    }
}

/// The flights there are, the newest first.
#[utoipa::path(get, path = "/api/v1/flights", tag = "flights", responses((status = 200, description = "They", body = Vec<super::answers::FlightLine>)))]
pub async fn list(State(site): State<Shared>) -> Result<Response, Refused> {
    let made = site.library.run((site.library.shelf.list)()).await?;
    Ok(json_text(String::from_utf8_lossy(&made).into_owned()))
}

/// A flight's file, whole or in part.
#[utoipa::path(get, path = "/api/v1/flights/{name}/file", tag = "flights", params(("name" = String, Path, description = "Name of the flight")),
    responses((status = 200, description = "The DuckDB file"), (status = 206, description = "A part of it"), (status = 304, description = "It is what the client has"),
        (status = 404, description = "There is no such flight"), (status = 409, description = "It is being recorded: skyhound backup copies it")))]
pub async fn file(
    State(site): State<Shared>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let path = site.library.find(&name)?;
    if (site.library.shelf.is_recorded)(&path) {
        return Err(Refused::not_now("it is being recorded; `skyhound backup` copies it as it flies"));
    }
    Ok(handed_out(&path, request, "application/vnd.duckdb").await)
}

/// The file `name.ending` that stands in `folder` itself, whatever the name says; `None`: there is none.
pub fn file_in(folder: &FilePath, name: &str, ending: &str) -> Option<PathBuf> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        return None;
    }
    let path = folder.join(format!("{name}.{ending}"));
    // A link could lead anywhere.
    std::fs::symlink_metadata(&path).is_ok_and(|about| about.is_file()).then_some(path)
}

/// Ranges and times by the library; a tag over it, of the size and the time of the last change.
pub async fn handed_out(path: &FilePath, mut request: Request, kind: &'static str) -> Response {
    let tag = std::fs::metadata(path).ok().and_then(|about| {
        let changed = about.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        HeaderValue::from_str(&format!("\"{:x}-{:x}\"", about.len(), changed.as_nanos())).ok()
    });
    let asked = request.headers();
    if let Some(tag) = &tag {
        if asked.get(header::IF_NONE_MATCH) == Some(tag) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = axum::http::StatusCode::NOT_MODIFIED;
            response.headers_mut().insert(header::ETAG, tag.clone());
            return response;
        }
        // A part of what it was is no part of what it is.
        if asked.get(header::IF_RANGE).is_some_and(|wanted| wanted != tag) {
            request.headers_mut().remove(header::RANGE);
        }
    }
    request.headers_mut().remove(header::IF_RANGE);
    let Ok(response) = ServeFile::new(path).oneshot(request).await;
    let mut response = response.map(Body::new);
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(tag) = tag {
        head.insert(header::ETAG, tag);
    }
    response
}

/// Where the beacons of a flight are.
#[utoipa::path(get, path = "/api/v1/flights/{name}/estimate", tag = "flights", params(("name" = String, Path, description = "Name of the flight, or live")),
    responses((status = 200, description = "GeoJSON: estimates and regions", content_type = "application/geo+json", body = serde_json::Value), (status = 404, description = "There is no such flight")))]
pub async fn estimate(State(site): State<Shared>, Path(name): Path<String>) -> Result<Response, Refused> {
    made(&site, &name, "geojson").await
}

/// A flight's report in the form that the name ends in: `report.html`.
#[utoipa::path(get, path = "/api/v1/flights/{name}/{report}", tag = "flights",
    params(("name" = String, Path, description = "Name of the flight, or live"), ("report" = String, Path, description = "report.html, .json, .csv, .xlsx, .kml, .kmz, .geojson, .gpx, .mcap, .parquet, .pdf")),
    responses((status = 200, description = "The report"), (status = 404, description = "There is no such flight, or no such form")))]
pub async fn report(
    State(site): State<Shared>,
    Path((name, report)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let form = report.strip_prefix("report.").unwrap_or_default();
    made(&site, &name, form).await
}

async fn made(site: &Shared, name: &str, form: &str) -> Result<Response, Refused> {
    let forms = || REPORTS.map(|(form, _)| form).join(", ");
    let (form, kind) = REPORTS.into_iter().find(|(known, _)| *known == form).ok_or_else(|| {
        Refused::missing(format!("there is no such report; its name is report. and one of {}", forms()))
    })?;
    let file = match &site.flying {
        Some(flying) if name == LIVE => {
            flying.door.file().ok_or_else(|| Refused::not_now("nothing is recorded yet"))?
        }
        None if name == LIVE => return Err(Refused::grounded()),
        _ => site.library.find(name)?,
    };
    let failed = |error: std::io::Error| Refused::not_now(format!("it could not be made: {error}"));
    let folder = tempfile::Builder::new().prefix("skyhound-report-").tempdir().map_err(failed)?;
    let out = folder.path().join(format!("report.{form}"));
    site.library.run((site.library.shelf.report)(&file, &out)).await?;
    let mut response = typed(kind, std::fs::read(&out).map_err(failed)?);
    // Its own script and style stand in it; it runs them in a world of its own, without our name.
    let policy = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
    response.headers_mut().insert("content-security-policy", HeaderValue::from_static(policy));
    Ok(response)
}
