//! Answers that are no pages: JSON, refusals with the mend, heads that every answer has.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal: why, and the mend.
#[derive(Debug)]
pub struct Refused(pub StatusCode, pub String);

impl Refused {
    /// Something in the request does not fit.
    pub fn bad(why: impl Into<String>) -> Refused {
        Refused(StatusCode::BAD_REQUEST, why.into())
    }

    /// There is no such thing.
    pub fn missing(why: impl Into<String>) -> Refused {
        Refused(StatusCode::NOT_FOUND, why.into())
    }

    /// It is there, and cannot be done now.
    pub fn not_now(why: impl Into<String>) -> Refused {
        Refused(StatusCode::CONFLICT, why.into())
    }

    /// Nothing flies here.
    pub fn grounded() -> Refused {
        Refused::not_now("nothing flies here: this page shows flights that have ended")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Refused(status, said) = self;
        (status, axum::Json(json!({ "ok": false, "said": said }))).into_response()
    }
}

/// JSON that is made already.
pub fn json_text(text: String) -> Response {
    typed("application/json", text)
}

/// Text of this media type.
pub fn typed(kind: &'static str, text: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Of addresses that there are not.
pub async fn nothing_here() -> Refused {
    Refused::missing("there is no such address; /api/v1/openapi.json tells which there are")
}
