//! A search before anything is heard: the body's area and numbers as arguments of `skyhound search plan`, and its words as the body's keys.

use std::path::Path as FilePath;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::children::failed;
use super::control::body;
use super::flights::CHILD_MAX;
use super::reply::{Refused, json_text, typed};

/// The polygon's file.
const AREA: &str = "area.geojson";
/// What the command line calls what the body calls otherwise; the longer ones first.
const WORDS: [(&str, &str); 12] = [
    ("--for or --spacing", "spacing_m"),
    ("a polygon's file, or ", "polygon, or "),
    ("--power-dbm", "power_dbm"),
    ("--polygon", "polygon"),
    ("--spacing", "spacing_m"),
    ("--heading", "heading_deg"),
    ("--pattern", "pattern"),
    ("--centre", "centre"),
    ("--radius", "radius_m"),
    ("--height", "height_m"),
    ("--speed", "speed_mps"),
    ("--start", "the middle of the area"),
];

/// A search that is asked for: a polygon, or a disc.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanAsked {
    /// Corners, latitude and longitude in degrees; the first not repeated.
    polygon: Option<Vec<[f64; 2]>>,
    /// Middle of a disc, latitude and longitude in degrees.
    centre: Option<[f64; 2]>,
    /// Its radius, m.
    radius_m: Option<f64>,
    /// The pattern.
    #[serde(default)]
    pattern: PlanPattern,
    /// Track spacing, m; without it that at which the beacon of `power_dbm` is heard between two tracks.
    spacing_m: Option<f64>,
    /// The beacon's power into its antenna, dBm.
    power_dbm: Option<f64>,
    /// Over home, m.
    height_m: Option<f64>,
    /// Over the ground, m/s.
    speed_mps: Option<f64>,
    /// First heading from true north.
    heading_deg: Option<f64>,
    /// Form of the answer.
    #[serde(default)]
    form: PlanForm,
}

/// Patterns of the IAMSAR manual.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanPattern {
    /// Parallel track.
    #[default]
    Ps,
    /// Creeping line.
    Cs,
    /// Expanding square.
    Ss,
    /// Sectors.
    Vs,
    /// Spiral.
    Spiral,
}

impl PlanPattern {
    const fn name(self) -> &'static str {
        match self {
            PlanPattern::Ps => "ps",
            PlanPattern::Cs => "cs",
            PlanPattern::Ss => "ss",
            PlanPattern::Vs => "vs",
            PlanPattern::Spiral => "spiral",
        }
    }
}

/// Forms of a plan.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanForm {
    /// The route and what it is worth.
    #[default]
    Json,
    /// A map.
    Geojson,
    /// A map.
    Kml,
    /// QGC WPL 110, a mission.
    Waypoints,
}

impl PlanForm {
    /// What the command is told; media type and name of the file to keep, if it is one.
    const fn told(self) -> (&'static str, Option<(&'static str, &'static str)>) {
        match self {
            PlanForm::Json => ("--json", None),
            PlanForm::Geojson => ("--format=geojson", Some(("application/geo+json", "plan.geojson"))),
            PlanForm::Kml => ("--format=kml", Some(("application/vnd.google-earth.kml+xml", "plan.kml"))),
            PlanForm::Waypoints => ("--format=wpl", Some(("text/plain; charset=utf-8", "plan.waypoints"))),
        }
    }
}

/// Lays a search pattern over an area, by the settings in force: its route, and how likely it finds.
#[utoipa::path(post, path = "/api/v1/search/plan", tag = "flight", request_body = PlanAsked,
    responses((status = 200, description = "The plan, or a file of it", body = super::answers::PlanAnswer), (status = 400, description = "What is wrong with the area, or with a number")))]
pub async fn plan(
    State(site): State<Shared>,
    asked: Result<axum::Json<PlanAsked>, JsonRejection>,
) -> Result<Response, Refused> {
    let asked = body(asked)?;
    let folder =
        tempfile::Builder::new().prefix("skyhound-plan-").tempdir().map_err(|error| failed(&error))?;
    let area = folder.path().join(AREA);
    if let Some(corners) = &asked.polygon {
        std::fs::write(&area, geojson(corners)).map_err(|error| failed(&error))?;
    }
    let (form, file) = asked.form.told();
    let mut words = asked.words(&area);
    words.push(form.to_string());
    let command = (site.library.shelf().plan)(folder.path(), &words).map_err(|error| failed(&error))?;
    let made = site.library.children().run(command, CHILD_MAX).await;
    let made = made.map_err(|Refused(status, why)| Refused(status, of_the_body(&why, &area)))?;
    let text = String::from_utf8_lossy(&made).into_owned();
    let Some((kind, name)) = file else { return Ok(json_text(of_the_body(&text, &area))) };
    let mut response = typed(kind, text);
    let kept = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    if let Ok(kept) = kept {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, kept);
    }
    Ok(response)
}

impl PlanAsked {
    fn words(&self, area: &FilePath) -> Vec<String> {
        let place = |[lat, lon]: [f64; 2]| format!("{lat},{lon}");
        let number = |number: Option<f64>| number.map(|number| number.to_string());
        let told = [
            ("polygon", self.polygon.is_some().then(|| area.display().to_string())),
            ("centre", self.centre.map(place)),
            ("radius", number(self.radius_m)),
            ("pattern", Some(self.pattern.name().to_string())),
            ("spacing", number(self.spacing_m)),
            ("power-dbm", number(self.power_dbm)),
            ("height", number(self.height_m)),
            ("speed", number(self.speed_mps)),
            ("heading", number(self.heading_deg)),
        ];
        told.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value?))).collect()
    }
}

/// A polygon whose first corner is its last, as GeoJSON has it: longitude first.
fn geojson(corners: &[[f64; 2]]) -> String {
    let ring: Vec<_> = corners.iter().chain(corners.first()).map(|[lat, lon]| [lon, lat]).collect();
    json!({ "type": "Polygon", "coordinates": [ring] }).to_string()
}

/// What the command says, as who sent a body reads it.
fn of_the_body(said: &str, area: &FilePath) -> String {
    let said = said.replace(&area.display().to_string(), "polygon");
    // How to get help stands behind the first gap of what the command line refuses.
    let said = match said.strip_prefix("error: ") {
        Some(refused) => refused.split("\n\n").next().unwrap_or_default().to_string(),
        None => said,
    };
    WORDS.iter().fold(said, |said, (word, key)| said.replace(word, key))
}
