//! Questions in SQL: to the flight that flies, or to one that has ended; each answered by a child process that writes nothing and reads no
//! file but the flight.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::Shared;
use super::control::body;
use super::reply::{Refused, typed};
use crate::ctl::{Asked, Question};

/// The flight that is being recorded, by this name.
pub const LIVE: &str = "live";

/// A question.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// It.
    sql: String,
    /// Form of the answer.
    #[serde(default)]
    format: Form,
}

/// Forms of an answer.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// An array of objects.
    #[default]
    Json,
    /// A line for each row, behind one of names.
    Csv,
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Csv => "csv",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// A question that is ready.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecipeLine {
    /// By which it is called.
    pub name: String,
    /// What it answers.
    pub about: String,
    /// It.
    pub sql: String,
}

/// Questions that are ready.
#[utoipa::path(get, path = "/api/v1/cookbook", tag = "flights", responses((status = 200, description = "They", body = Vec<RecipeLine>)))]
pub async fn cookbook(State(site): State<Shared>) -> Response {
    axum::Json(site.library.cookbook()).into_response()
}

/// Asks a flight in SQL; `live` is the one that is being recorded.
#[utoipa::path(post, path = "/api/v1/flights/{name}/query", tag = "flights", params(("name" = String, Path, description = "Name of the flight, or live")),
    request_body = Query,
    responses((status = 200, description = "Its rows, as an array of objects or as CSV", content((Vec<serde_json::Value> = "application/json"), (String = "text/csv"))), (status = 400, description = "What is wrong with the question"),
        (status = 404, description = "There is no such flight"), (status = 409, description = "Not now: too many questions, or nothing is recorded")))]
pub async fn query(
    State(site): State<Shared>,
    Path(name): Path<String>,
    query: Result<axum::Json<Query>, JsonRejection>,
) -> Result<Response, Refused> {
    let Query { sql, format } = body(query)?;
    let form = format.name().to_string();
    let asked = if name == LIVE || site.library.is_recorded(&name) {
        let flying = site.flying.as_ref().ok_or_else(Refused::grounded)?;
        flying.door.ask(Question { sql, format: form, file: None }).await
    } else {
        let file = site.library.find(&name)?;
        site.questions.ask(Question { sql, format: form, file: Some(file) }).await
    };
    let mut asked = asked.map_err(|answer| Refused::not_now(answer.said.unwrap_or_default()))?;
    // What is wrong with a question shows before its first byte.
    let first = asked.piece().await.map_err(|answer| Refused::bad(answer.said.unwrap_or_default()))?;
    let Some(first) = first.map(<[u8]>::to_vec) else { return Ok(typed(format.media_type(), "")) };
    Ok(typed(format.media_type(), axum::body::Body::from_stream(pieces(first, asked))))
}

/// An answer that breaks off in its middle breaks the connection: nobody takes it for whole.
fn pieces(first: Vec<u8>, asked: Asked) -> impl stream::Stream<Item = Result<Vec<u8>, std::io::Error>> {
    stream::unfold((Some(first), asked), |(first, mut asked)| async move {
        if let Some(first) = first {
            return Some((Ok(first), (None, asked)));
        }
        let piece = asked.piece().await.map(|piece| piece.map(<[u8]>::to_vec));
        match piece {
            Ok(piece) => piece.map(|piece| (Ok(piece), (None, asked))),
            Err(answer) => Some((Err(std::io::Error::other(answer.said.unwrap_or_default())), (None, asked))),
        }
    })
}
