//! What people call a flight and say of it: kept in the catalogue of this computer, by a child process.

use axum::Extension;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::Shared;
use super::control::{body, said};
use super::flights::CHILD_MAX;
use super::guard::Asker;
use super::reply::Refused;
use super::token::Role;

/// Tags of a flight.
const TAGS_MAX: usize = 32;
/// Longest tag, characters.
const TAG_CHARS_MAX: usize = 40;
/// Longest note, characters.
const NOTE_CHARS_MAX: usize = 4_000;

/// Tags and note of a flight.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Of 1 to 40 characters each.
    #[schema(max_items = 32)]
    tags: Vec<String>,
    /// Lines of text; empty: none.
    #[schema(max_length = 4000)]
    note: String,
}

/// Writes tags and note of a flight in place of those it has. One that the catalogue does not know is read first.
#[utoipa::path(post, path = "/api/v1/flights/{name}/about", tag = "flights", params(("name" = String, Path, description = "Name of the flight, or live")),
    request_body = About,
    responses((status = 200, description = "Written", body = super::answers::Said), (status = 400, description = "Too many tags, or one that is none"),
        (status = 403, description = "The token does not allow it"), (status = 404, description = "There is no such flight"),
        (status = 409, description = "It cannot be read, the catalogue is in use, or it is a what-if")))]
pub async fn about(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
    Path(name): Path<String>,
    about: Result<axum::Json<About>, JsonRejection>,
) -> Result<Response, Refused> {
    let About { tags, note } = body(about)?;
    asker.needs(Role::Plan)?;
    let tags = checked(&tags)?;
    let is_text = |c: char| !c.is_control() || c == '\n';
    if note.chars().count() > NOTE_CHARS_MAX || !note.chars().all(is_text) {
        return Err(Refused::bad(format!("note: write lines of text, at most {NOTE_CHARS_MAX} characters")));
    }
    if site.library.what_ifs().find(&name).is_some() {
        return Err(Refused::not_now("a what-if is gone with the server; tag the flight that it is of"));
    }
    let file = site.file_of(&name)?;
    let command = (site.library.shelf().about)(&file, &tags, note.trim());
    site.library.children().run(command, CHILD_MAX).await?;
    Ok(said("written"))
}

/// Without the blanks around each; the command keeps each once.
fn checked(tags: &[String]) -> Result<Vec<String>, Refused> {
    if tags.len() > TAGS_MAX {
        return Err(Refused::bad(format!("{} tags; at most {TAGS_MAX}", tags.len())));
    }
    let mut kept: Vec<String> = Vec::new();
    for tag in tags.iter().map(|tag| tag.trim()) {
        if !(1..=TAG_CHARS_MAX).contains(&tag.chars().count()) || tag.chars().any(char::is_control) {
            let why = format!("a tag is a line of 1 to {TAG_CHARS_MAX} characters, and {tag:?} is none");
            return Err(Refused::bad(why));
        }
        kept.push(tag.to_string());
    }
    Ok(kept)
}
