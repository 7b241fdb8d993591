//! What there is to ask, as OpenAPI 3.1, made from the functions that answer.

use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

use crate::ctl::{EstimateLine, RegionLine, SpectrumLine};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Skyhound",
        description = "A flight that seeks a beacon, live, and those that have ended. Refusals are {\"ok\":false,\"said\":\"why, and the mend\"}. Acts want the headers Content-Type: application/json and X-Skyhound-Client (which page this is); where ground.token_file is set, Authorization: Bearer."
    ),
    paths(
        super::state::state,
        super::state::settings,
        super::state::health,
        super::state::ready,
        super::live::live,
        super::live::events,
        super::control::control,
        super::control::homing,
        super::control::profiles,
        super::control::profile,
        super::ask::cookbook,
        super::ask::query,
        super::flights::list,
        super::flights::file,
        super::flights::estimate,
        super::flights::report,
        super::what_if::what_if,
        super::about::about,
        super::plan::plan,
        super::page::maps,
        super::metrics::metrics,
    ),
    modifiers(&Refusals),
    components(schemas(SpectrumLine, EstimateLine, RegionLine))
)]
struct Api;

/// What any request may be answered with before it is looked at (`guard`), or where it is not what is asked for.
struct Refusals;

impl utoipa::Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        const OF_ALL: [(&str, &str); 4] = [
            ("401", "A token is wanted (ground.token_file)"),
            ("403", "A page of another site asks, or the token does not allow it"),
            ("421", "It is asked by a name that is none of ours"),
            ("429", "More requests than a page has reason for"),
        ];
        const OF_ACTS: [(&str, &str); 4] = [
            ("400", "No JSON, or the header X-Skyhound-Client is missing"),
            ("413", "More than 64 kB"),
            ("415", "The content type is not application/json"),
            ("422", "JSON of another shape"),
        ];
        for path in document.paths.paths.values_mut() {
            let acts = path.post.iter_mut().map(|operation| (operation, true));
            for (operation, is_act) in path.get.iter_mut().map(|operation| (operation, false)).chain(acts) {
                let own = OF_ACTS.iter().filter(|_| is_act).chain(&OF_ALL);
                for (code, why) in
                    own.chain([&("400", "A parameter does not fit"), &("409", "Not now, with the reason")])
                {
                    let answers = &mut operation.responses.responses;
                    answers
                        .entry((*code).to_string())
                        .or_insert_with(|| utoipa::openapi::Response::new(*why).into());
                }
            }
        }
    }
}

/// The document.
pub async fn document() -> Response {
    axum::Json(Api::openapi()).into_response()
}
