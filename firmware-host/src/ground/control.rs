//! What is done to the flight from here: homing, profiles, and which of several pages may.
//!
//! One page at a time has control: it alone enables homing and changes the profile. Whoever may command takes it, and both are told. Stopping needs
//! no control. All of it goes the way of the operator's socket, so the interlocks are asked, and what is done stands in the record.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Extension;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use skyhound::command::OperatorAct;

use super::guard::Asker;
use super::reply::Refused;
use super::token::Role;
use super::{Flying, Shared, Site};
use crate::ctl::{Act, Answer, Peer};

/// Longest name of who has control.
const NAME_CHARS_MAX: usize = 40;

/// Who has control.
#[derive(Default)]
pub struct Control(Mutex<Option<Holder>>);

#[derive(Clone)]
struct Holder {
    client: String,
    name: String,
}

impl Control {
    fn holder(&self) -> MutexGuard<'_, Option<Holder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of who has it, and whether that is the page `client`.
    pub fn shown_to(&self, client: Option<&str>) -> (Option<String>, bool) {
        let holder = self.holder();
        let is_ours = holder.as_ref().is_some_and(|holder| Some(holder.client.as_str()) == client);
        (holder.as_ref().map(|holder| holder.name.clone()), is_ours)
    }

    fn needs(&self, client: Option<&str>) -> Result<(), Refused> {
        match self.shown_to(client) {
            (_, true) => Ok(()),
            (Some(name), false) => Err(Refused::not_now(format!("{name} has control; take it first"))),
            (None, false) => Err(Refused::not_now("take control first")),
        }
    }
}

/// Take control, or give it back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Take it.
    take: bool,
    /// Who, as the others read it: 40 characters of it at most; without one the page's address.
    #[serde(default)]
    name: String,
}

/// Allow homing, or stop it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Homing {
    /// Allow.
    on: bool,
}

/// Seek by another profile.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Its name, or `none`.
    name: String,
    /// Keys that profiles hold, over it: `section.key=value`.
    #[serde(default)]
    sets: Vec<String>,
}

/// Takes control or gives it back.
#[utoipa::path(post, path = "/api/v1/control", tag = "control", request_body = Take,
    responses((status = 200, description = "Who has it now", body = super::answers::Said), (status = 403, description = "The token does not allow it"), (status = 409, description = "Nothing flies")))]
pub async fn control(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
    take: Result<axum::Json<Take>, JsonRejection>,
) -> Result<Response, Refused> {
    let take = body(take)?;
    asker.needs(Role::Plan)?;
    let flying = site.flying.as_ref().ok_or_else(Refused::grounded)?;
    let client = asker.client.clone().unwrap_or_default();
    let name: String = take.name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let name = if name.trim().is_empty() {
        format!("someone at {}", asker.address)
    } else {
        name.trim().to_string()
    };
    let said = {
        let mut holder = site.control.holder();
        let before = holder.as_ref().map(|holder| holder.name.clone());
        let is_ours = holder.as_ref().is_some_and(|holder| holder.client == client);
        match (take.take, before) {
            (true, before) => {
                *holder = Some(Holder { client, name: name.clone() });
                let from =
                    before.filter(|_| !is_ours).map(|before| format!(" from {before}")).unwrap_or_default();
                format!("{name} ({}) has taken control{from}", asker.address)
            }
            (false, _) if is_ours => {
                *holder = None;
                format!("{name} ({}) has given control back", asker.address)
            }
            (false, before) => {
                return Ok(said(&format!("{} has control", before.as_deref().unwrap_or("nobody"))));
            }
        }
    };
    (flying.tell)(&said);
    Ok(self::said(&said))
}

/// Enables homing, with control; stops it, for all.
#[utoipa::path(post, path = "/api/v1/homing", tag = "control", request_body = Homing,
    responses((status = 200, description = "Done", body = super::answers::Said), (status = 403, description = "The token does not allow it"), (status = 409, description = "Refused, with the reason", body = super::answers::Said)))]
pub async fn homing(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
    homing: Result<axum::Json<Homing>, JsonRejection>,
) -> Result<Response, Refused> {
    let homing = body(homing)?;
    asker.needs(if homing.on { Role::Command } else { Role::Look })?;
    let flying = site.flying.as_ref().ok_or_else(Refused::grounded)?;
    let act = if homing.on {
        site.control.needs(asker.client.as_deref())?;
        OperatorAct::HomingOn
    } else {
        OperatorAct::HomingOff
    };
    answered(flying.door.act(Act::Operator(act), peer(&site, &asker)).await)
}

/// Which profiles there are, and which is in force.
#[utoipa::path(get, path = "/api/v1/profiles", tag = "control",
    responses((status = 200, description = "They", body = super::answers::ProfilesAnswer), (status = 409, description = "Nothing flies")))]
pub async fn profiles(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
) -> Result<Response, Refused> {
    let flying = site.flying.as_ref().ok_or_else(Refused::grounded)?;
    let answer = flying.door.profile(None, Vec::new(), peer(&site, &asker)).await;
    let profiles = answer.profiles.ok_or_else(|| Refused::not_now(answer.said.unwrap_or_default()))?;
    Ok(axum::Json(json!({ "ok": true, "profiles": profiles })).into_response())
}

/// Has the flight seek by another profile.
#[utoipa::path(post, path = "/api/v1/profile", tag = "control", request_body = Switch,
    responses((status = 200, description = "In force", body = super::answers::Said), (status = 403, description = "The token does not allow it"), (status = 409, description = "Refused, with the reason", body = super::answers::Said)))]
pub async fn profile(
    State(site): State<Shared>,
    Extension(asker): Extension<Asker>,
    switch: Result<axum::Json<Switch>, JsonRejection>,
) -> Result<Response, Refused> {
    let Switch { name, sets } = body(switch)?;
    asker.needs(Role::Plan)?;
    let flying: &Flying = site.flying.as_ref().ok_or_else(Refused::grounded)?;
    site.control.needs(asker.client.as_deref())?;
    answered(flying.door.profile(Some(name), sets, peer(&site, &asker)).await)
}

fn peer(site: &Site, asker: &Asker) -> Peer {
    let (name, is_ours) = site.control.shown_to(asker.client.as_deref());
    Peer::Page { address: asker.address, name: name.filter(|_| is_ours) }
}

fn answered(answer: Answer) -> Result<Response, Refused> {
    let told = answer.said.unwrap_or_default();
    if answer.ok { Ok(said(&told)) } else { Err(Refused::not_now(told)) }
}

/// What was done, in words.
pub fn said(said: &str) -> Response {
    (StatusCode::OK, axum::Json(json!({ "ok": true, "said": said }))).into_response()
}

/// A request's body, or what is wrong with it.
pub fn body<T>(body: Result<axum::Json<T>, JsonRejection>) -> Result<T, Refused> {
    body.map(|axum::Json(body)| body).map_err(|rejection| Refused(rejection.status(), rejection.body_text()))
}
