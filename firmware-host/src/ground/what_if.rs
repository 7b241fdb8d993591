//! What if a setting had been another: a flight flown again on the ground, as a flight that the page shows like any other.

use std::time::Duration;

use axum::Extension;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::children::failed;
use super::control::body;
use super::guard::Asker;
use super::kept::Kept;
use super::reply::Refused;
use super::token::Role;
use crate::settings::FILES;

/// Settings that are changed at once.
const SETS_MAX: usize = 32;
/// Longest of them, characters.
const SET_CHARS_MAX: usize = 200;
/// An hour at 1 kHz takes half a minute of an idle core.
const TIME_MAX: Duration = Duration::from_secs(120);

/// What had been another.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// `section.key=value` over the flight's settings, of analytics, antenna, homing, interlock and search; none: as this version makes it.
    #[schema(max_items = 32)]
    set: Vec<String>,
}

/// Flies a flight again with other settings. Kept under a name of its own until the server ends, at most eight.
#[utoipa::path(post, path = "/api/v1/flights/{name}/what-if", tag = "flights", params(("name" = String, Path, description = "Name of the flight")),
    request_body = WhatIf,
    responses((status = 200, description = "Its name, for every address under /flights/; and what differs", body = super::answers::WhatIfAnswer),
        (status = 400, description = "A setting that is none, or that a replay does not ask"), (status = 403, description = "The token does not allow it"),
        (status = 404, description = "There is no such flight"), (status = 409, description = "A flight is under way here, or it cannot be replayed")))]
pub async fn what_if(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
    Path(name): Path<String>,
    asked: Result<axum::Json<WhatIf>, JsonRejection>,
) -> Result<Response, Refused> {
    let WhatIf { set } = body(asked)?;
    asker.needs(Role::Plan)?;
    checked(&set)?;
    if site.flying.is_some() {
        let why = "a replay takes a core, and here one flies; ask it on the ground: skyhound ground";
        return Err(Refused::not_now(why));
    }
    let file = site.library.find(&name)?;
    if site.library.is_recorded(&name) {
        return Err(Refused::not_now("it is being recorded; ask when it has ended"));
    }
    let made = Kept::begin().map_err(|error| failed(&error))?;
    let command = (site.library.shelf().what_if)(&file, &set, &made.file());
    let written = site.library.replays().run(command, TIME_MAX).await;
    let of_the_body = |why: &str| why.trim_start_matches("--set: ").to_string();
    let written = written.map_err(|Refused(status, why)| Refused(status, of_the_body(&why)))?;
    // Where it lies is of no use to who asks.
    let said = String::from_utf8_lossy(&written).replace(&made.file().display().to_string(), made.name());
    let answer = json!({ "ok": true, "name": made.name(), "said": said.trim_end() });
    site.library.what_ifs().keep(made);
    Ok(axum::Json(answer).into_response())
}

/// Which sections may be changed the replay says itself; but it would read any file that a page names.
fn checked(set: &[String]) -> Result<(), Refused> {
    if set.len() > SETS_MAX {
        return Err(Refused::bad(format!("{} settings; at most {SETS_MAX} at once", set.len())));
    }
    for one in set {
        let Some((key, _)) = one.split_once('=') else {
            return Err(Refused::bad(format!("{one:?}: write section.key=value")));
        };
        if one.chars().any(char::is_control) || one.chars().count() > SET_CHARS_MAX {
            return Err(Refused::bad(format!(
                "{key:?}: write section.key=value on one line of at most {SET_CHARS_MAX} characters"
            )));
        }
        if FILES.contains(&key.trim()) {
            let key = key.trim();
            return Err(Refused::bad(format!(
                "{key}: names a file, and a page reads none; `skyhound replay FILE --set {key}=…` does"
            )));
        }
    }
    Ok(())
}
