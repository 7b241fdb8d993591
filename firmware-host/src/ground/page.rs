//! The page's own files, which are in the program, and maps, which are in a folder.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Shared;
use super::flights::{file_in, handed_out};
use super::reply::{Refused, typed};

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What a map ends in.
const MAPS: [&str; 1] = ["pmtiles"];
/// Said where the program was built without npm.
const NO_PAGE: &str = "<!doctype html><meta charset=utf-8><title>Skyhound</title><p>This program was built without its page (firmware-host/web: \
     run make setup, and build again). The API is whole: <a href=/api/v1/openapi.json>/api/v1/openapi.json</a>, <code>skyhound watch</code>.";

/// Whether the program was built with this file of the page.
pub fn has(name: &str) -> bool {
    PAGE.iter().any(|(known, ..)| *known == name)
}

/// A file of the page.
pub async fn page(method: Method, uri: Uri, request: Request) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Refused(StatusCode::METHOD_NOT_ALLOWED, "the page is only read".to_string()).into_response();
    }
    let name = uri.path().trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    if PAGE.is_empty() && name == "index.html" {
        return typed("text/html; charset=utf-8", NO_PAGE);
    }
    let Some((_, bytes, tag)) = PAGE.iter().find(|(known, ..)| *known == name) else {
        return Refused::missing(format!("there is no page {name:?}")).into_response();
    };
    let is_known =
        request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { typed(media_type(name), *bytes) };
    let head = response.headers_mut();
    head.insert(header::ETAG, HeaderValue::from_static(tag));
    // Asked again each time, and answered with a few bytes: no browser shows the page of another version.
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Maps that there are, in folder `ground.maps`.
#[utoipa::path(get, path = "/api/v1/maps", tag = "maps", responses((status = 200, description = "They", body = Vec<super::answers::MapLine>)))]
pub async fn maps(State(site): State<Shared>) -> Response {
    let entries = site.maps.as_ref().and_then(|folder| std::fs::read_dir(folder).ok());
    let names =
        entries.into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut maps: Vec<_> = names
        .filter_map(|name| {
            let kind = MAPS.into_iter().find(|kind| name.ends_with(&format!(".{kind}")))?;
            Some((name, kind))
        })
        .collect();
    maps.sort();
    let maps: Vec<_> = maps.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
    axum::Json(maps).into_response()
}

/// A map, in the parts that are asked for.
pub async fn map(
    State(site): State<Shared>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let none = || Refused::missing(format!("there is no map {name:?}; /api/v1/maps tells which there are"));
    let (stem, ending) =
        name.rsplit_once('.').filter(|(_, ending)| MAPS.contains(ending)).ok_or_else(none)?;
    let path = site.maps.as_ref().and_then(|folder| file_in(folder, stem, ending)).ok_or_else(none)?;
    Ok(handed_out(&path, request, "application/vnd.pmtiles").await)
}
