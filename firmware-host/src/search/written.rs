//! The summary of a plan, as people read it and as programs do.

use super::{Outlook, Preview, SHADOW_M};
use crate::range;
use serde_json::{Value, json};
use skyhound::search::theory::{not_there, pod_inverse_cube, pod_random};
use std::fmt::Write as _;

impl Preview {
    /// What is flown.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let route = &self.route;
        let spacing = self.spacing_m.map_or(String::new(), |m| format!(", track spacing {}", metres(m)));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "pattern     {}{spacing}", self.name);
        if let Some(area) = &self.area {
            let count = area.corners().len();
            let _ = writeln!(text, "area        {}, {count} corners", square_metres(area.area_m2()));
        }
        let _ = writeln!(
            text,
            "route       {} waypoints, {} legs, {}: {} at {} m/s without what turns cost, {:.0} m over home",
            route.waypoints().len(),
            route.leg_count(),
            metres(route.length_m()),
            duration(route.time_s(self.speed_mps)),
            self.speed_mps,
            self.height_m
        );
        text
    }

    /// The route and what it is worth, for programs: `said` is the same in words. What needs the beacon's power is null without an `outlook`; POD
    /// is that of tracks at random, the lesser of Koopman's two.
    pub fn to_json(&self, outlook: Option<&Outlook>, said: &str) -> Value {
        let coverage = outlook.and_then(|outlook| outlook.coverage);
        json!({
            "route": self.places().iter().map(|at| [at.lat_deg, at.lon_deg]).collect::<Vec<_>>(),
            "length_m": self.route.length_m(),
            "duration_s": self.route.time_s(self.speed_mps),
            "spacing_m": self.spacing_m,
            "coverage": coverage,
            "pod": coverage.map(pod_random),
            "pos": outlook.and_then(|outlook| Some(outlook.map.as_ref()?.pos())),
            "said": said,
        })
    }
}

impl Outlook {
    /// How likely it finds the beacon of `plan`, unsure of it by `unsure_db`; `prior` says where the prior is from.
    pub fn to_text(&self, preview: &Preview, plan: &range::Plan, prior: &str, unsure_db: f64) -> String {
        let mut text = String::new();
        let (asked, best) = (&plan.question, plan.heard[0]);
        let (name, distance) = (&plan.channel.name, metres(best.first_gap_m));
        let _ = writeln!(
            text,
            "heard       {name} of {:.0} dBm from {distance} with probability {}, {}, floor {:.1} dBm/Hz: {}",
            asked.power_dbm,
            range::probability(),
            best.limit.by.name(),
            asked.floor.dbm_hz,
            asked.floor.from
        );
        let width = metres(self.sweep_width_m);
        match (self.coverage, &preview.area) {
            (Some(coverage), Some(area)) => {
                let (flown, size) = (metres(preview.route.length_m()), square_metres(area.area_m2()));
                let _ =
                    writeln!(text, "coverage    {coverage:.2}: sweep width {width} × {flown} over {size}");
                let _ = writeln!(
                    text,
                    "POD         {} by the inverse cube law on parallel tracks, {} on tracks at random: too much where shadowing lasts, go by POS",
                    percent(pod_inverse_cube(coverage)),
                    percent(pod_random(coverage))
                );
            }
            _ => {
                let _ = writeln!(
                    text,
                    "coverage    sweep width {width}; of what area is not known: write --polygon"
                );
            }
        }
        if let Some(map) = &self.map {
            let (pos, count) = (map.pos(), map.listenings_total());
            let _ = writeln!(
                text,
                "POS         {} by {count} listenings on this route, POA {prior}",
                percent(pos)
            );
            let _ = writeln!(
                text,
                "silence     a beacon there with even odds before is then, with {}, not there",
                percent(not_there(0.5, pos))
            );
        }
        let _ = writeln!(
            text,
            "\n- shadowing of {:.1} dB (1 sigma): half of its variance stays with the beacon, half is drawn anew after {SHADOW_M} m and from another side of it",
            asked.sigma_db
        );
        let _ = writeln!(
            text,
            "- of its power, antenna and orientation {unsure_db:.1} dB (1 sigma) are not known; it sends all the time that is planned for"
        );
        let _ = writeln!(
            text,
            "- a listening takes {} s, and the beacon must be within reach throughout; level ground",
            asked.seconds
        );
        text
    }
}

fn metres(m: f64) -> String {
    if m >= 1e3 { format!("{:.2} km", m / 1e3) } else { format!("{m:.0} m") }
}

fn square_metres(m2: f64) -> String {
    if m2 >= 1e5 { format!("{:.2} km²", m2 / 1e6) } else { format!("{m2:.0} m²") }
}

/// Never a certainty that rounding makes.
fn percent(probability: f64) -> String {
    let percent = 100.0 * probability;
    if percent >= 99.95 { "over 99.9 %".into() } else { format!("{percent:.1} %") }
}

fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours} h {minutes} min") } else { format!("{minutes} min {seconds} s") }
}
