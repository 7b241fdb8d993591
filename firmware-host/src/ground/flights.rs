//! Flights that there are: listed, their files and reports handed out.

use std::path::{Path as FilePath, PathBuf};
use std::process::Command;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::ask::{LIVE, RecipeLine};
use super::children::{Children, failed};
use super::kept::WhatIfs;
use super::reply::{Refused, json_text, typed};
use super::{Shared, Site};

/// Lists, reports and plans at once: each is a process.
const CHILDREN_MAX: usize = 2;
/// Replays at once, beside them: each takes a core for long.
const REPLAYS_MAX: usize = 1;
/// How long a list, a report or a plan may take.
pub const CHILD_MAX: Duration = Duration::from_secs(60);
/// Longest text that is looked for, characters.
const TEXT_CHARS_MAX: usize = 200;
/// Forms of a report: what it ends in, and its media type.
const REPORTS: [(&str, &str); 12] = [
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
    ("cot", "application/xml"),
];

/// Makes a process of a flight and the file that it is to write.
pub type Writes = dyn Fn(&FilePath, &FilePath) -> Command + Send + Sync;
/// Makes a process of a folder to work in and what is planned.
pub type Plans = dyn Fn(&FilePath, &[String]) -> std::io::Result<Command> + Send + Sync;
/// Makes a process of a flight, its settings and the file that it is to write.
pub type Replays = dyn Fn(&FilePath, &[String], &FilePath) -> Command + Send + Sync;
/// Makes a process of a flight, its tags and its note.
pub type Tags = dyn Fn(&FilePath, &[String], &str) -> Command + Send + Sync;

/// Where flights are, and how they are read: told by whoever knows flight files.
pub struct Shelf {
    /// Their folder.
    pub folder: PathBuf,
    /// A process that lists those in which a text stands on stdout as JSON, an array of `FlightLine`; of an empty text all.
    pub list: Box<dyn Fn(&str) -> Command + Send + Sync>,
    /// A process that writes a flight's report into the second path, in the form that its ending says.
    pub report: Box<Writes>,
    /// A process that flies a flight again with other settings, writes that into the second path, and tells on stdout what differs.
    pub what_if: Box<Replays>,
    /// A process that keeps tags and note of a flight in place of those it had.
    pub about: Box<Tags>,
    /// A process that writes a search plan on stdout, told by arguments of `skyhound search plan`.
    pub plan: Box<Plans>,
    /// Questions that are ready.
    pub cookbook: Vec<RecipeLine>,
    /// Whether any process records the file.
    pub is_recorded: Box<dyn Fn(&FilePath) -> bool + Send + Sync>,
}

/// Which flights are listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Find {
    /// A text that stands in name, host, date, tags, note or what was heard; without it all.
    #[serde(default)]
    #[param(max_length = 200)]
    text: String,
}

/// The flights there are.
pub struct Library {
    shelf: Shelf,
    children: Children,
    replays: Children,
    what_ifs: WhatIfs,
}

impl Library {
    /// Those of `shelf`.
    pub fn new(shelf: Shelf) -> Library {
        Library {
            shelf,
            children: Children::new(CHILDREN_MAX),
            replays: Children::new(REPLAYS_MAX),
            what_ifs: WhatIfs::default(),
        }
    }

    /// Where they are, and how they are read.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Those who read them.
    pub fn children(&self) -> &Children {
        &self.children
    }

    /// Those who fly them again.
    pub fn replays(&self) -> &Children {
        &self.replays
    }

    /// Flights that were flown again here.
    pub fn what_ifs(&self) -> &WhatIfs {
        &self.what_ifs
    }

    /// Questions that are ready.
    pub fn cookbook(&self) -> &[RecipeLine] {
        &self.shelf.cookbook
    }

    /// The file of the flight `name`: a what-if, or one that stands in the folder itself, whatever the name says.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, name: &str) -> Result<PathBuf, Refused> {
        let none = || {
            Refused::missing(format!("there is no flight {name:?}; /api/v1/flights tells which there are"))
        };
        self.what_ifs.find(name).or_else(|| file_in(&self.shelf.folder, name, "duckdb")).ok_or_else(none)
    }

    /// Whether this is a flight that is being recorded.
    pub fn is_recorded(&self, name: &str) -> bool {
        self.find(name).is_ok_and(|file| (self.shelf.is_recorded)(&file))
    }
}

impl Site {
    /// The file of the flight `name`, or of the live one.
    ///
    /// # Errors
    /// There is none, or nothing is recorded.
    pub(super) fn file_of(&self, name: &str) -> Result<PathBuf, Refused> {
        match &self.flying {
            Some(flying) if name == LIVE => {
                flying.door.file().ok_or_else(|| Refused::not_now("nothing is recorded yet"))
            }
            None if name == LIVE => Err(Refused::grounded()),
            _ => self.library.find(name),
        }
    }
}

/// The flights there are, with tags and note as far as the catalogue knows them; the oldest first.
#[utoipa::path(get, path = "/api/v1/flights", tag = "flights", params(Find),
    responses((status = 200, description = "They", body = Vec<super::answers::FlightLine>)))]
pub async fn list(
    State(site): State<Shared>,
    Query(Find { text }): Query<Find>,
) -> Result<Response, Refused> {
    if text.chars().count() > TEXT_CHARS_MAX || text.contains('\0') {
        return Err(Refused::bad(format!("text: write at most {TEXT_CHARS_MAX} characters")));
    }
    let library = &site.library;
    let made = library.children.run((library.shelf.list)(&text), CHILD_MAX).await?;
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
    params(("name" = String, Path, description = "Name of the flight, or live"), ("report" = String, Path, description = "report.html, .json, .csv, .xlsx, .kml, .kmz, .geojson, .gpx, .mcap, .parquet, .pdf, .cot")),
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
    let file = site.file_of(name)?;
    let folder = tempfile::Builder::new().prefix("skyhound-report-").tempdir();
    let folder = folder.map_err(|error| failed(&error))?;
    let out = folder.path().join(format!("report.{form}"));
    let library = &site.library;
    library.children.run((library.shelf.report)(&file, &out), CHILD_MAX).await?;
    let mut response = typed(kind, std::fs::read(&out).map_err(|error| failed(&error))?);
    // Its own script and style stand in it; it runs them in a world of its own, without our name.
    let policy = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
    response.headers_mut().insert("content-security-policy", HeaderValue::from_static(policy));
    Ok(response)
}
