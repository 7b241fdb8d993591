//! A plan as people and programs read it.

use super::{Heard, Plan, SIGMAS, probability};
use serde_json::{Value, json};
use skyhound::propagation::Model;
use skyhound::sense::reach::{HeardBy, Sent};
use std::fmt::Write as _;

/// Change of the Doppler shift within a sum that a line's search follows, Hz a second at the longest sum.
const FOLLOWED_CELLS: f64 = 8.0;

impl Plan {
    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let (asked, best) = (&self.question, self.heard[0]);
        writeln!(
            text,
            "beacon      {} at {:.4} MHz, {:.1} dBm at {:.0} m; drone at {:.0} m and {:.0} m/s",
            self.channel.name,
            self.channel.frequency_hz / 1e6,
            asked.power_dbm,
            asked.beacon_height_m,
            asked.height_m,
            asked.speed_mps
        )?;
        writeln!(text, "floor       {:.1} dBm/Hz: {}", asked.floor.dbm_hz, asked.floor.from)?;
        writeln!(text, "way         {}", self.way())?;
        writeln!(
            text,
            "distance    {} over the ground, with probability {} within {} of listening",
            metres(best.first_gap_m),
            probability(),
            seconds(asked.seconds)
        )?;
        if best.farthest_m > 1.01 * best.first_gap_m {
            let farthest = metres(best.farthest_m);
            writeln!(text, "            and here and there up to {farthest}, between the nulls of two rays")?;
        }
        match self.lanes_m {
            Some(lanes_m) => {
                writeln!(text, "lanes       {} apart at {:.0} m/s", metres(lanes_m), asked.speed_mps)?
            }
            None => writeln!(
                text,
                "lanes       none: at {:.0} m/s it is passed before it is heard; fly at {:.1} m/s or listen for less",
                asked.speed_mps, self.speed_max_mps
            )?,
        }
        writeln!(text)?;
        for heard in &self.heard {
            writeln!(text, "{}", self.line(heard))?;
        }
        writeln!(text)?;
        self.assumptions().iter().try_for_each(|line| writeln!(text, "- {line}"))
    }

    fn way(&self) -> String {
        let (asked, way) = (&self.question, self.heard[0]);
        let model = match asked.model {
            Model::FreeSpace => "free space".into(),
            Model::LogDistance(exponent) => format!("10·{exponent}·log10 of the distance from 1 m on"),
            Model::TwoRay(reflection) => format!("direct ray and ground's reflection ({reflection})"),
        };
        format!(
            "{:.1} dB may be lost: {:.1} dBm and antennas of {:.1} dB, {:.1} dB left for shadowing of {:.1} dB (1 sigma); {model}",
            -way.loss_db,
            asked.power_dbm,
            asked.antenna_gain_db,
            SIGMAS * asked.sigma_db,
            asked.sigma_db
        )
    }

    fn line(&self, heard: &Heard) -> String {
        let limit = heard.limit;
        let distance = if heard.first_gap_m > 0.0 { metres(heard.first_gap_m) } else { "nowhere".into() };
        format!(
            "{:<25} {distance:>8}: C/N0 of {:.1} dB-Hz, there for {} ({} flown)",
            limit.by.name(),
            limit.cn0_db_hz,
            seconds(limit.seconds),
            metres(limit.seconds * self.question.speed_mps)
        )
    }

    /// What was taken for granted, in plain words.
    fn assumptions(&self) -> Vec<String> {
        let (asked, best) = (&self.question, self.heard[0]);
        let mut lines = Vec::new();
        if let Some(sent) = Sent::sought(&self.channel) {
            let (ms, s) = (sent.width_s * 1e3, sent.period_s);
            let names = [HeardBy::Pulses, HeardBy::Trains].map(HeardBy::name).join(" and ");
            lines.push(format!(
                "{names}: pulses of {ms:.1} ms every {s:.2} s, the middle of what the settings seek"
            ));
        }
        if best.limit.by == HeardBy::Lines {
            lines.push(
                "all of its power in one line whose phase holds for 0.2 s: of AM the carrier alone counts"
                    .into(),
            );
            let hz = self.doppler_hz;
            lines.push(format!(
                "Doppler turns by {hz:.1} Hz at most while it is summed (passing overhead); {FOLLOWED_CELLS} cells of the fine spectra are followed"
            ));
        }
        let flown_m = best.limit.seconds * asked.speed_mps;
        if flown_m > 0.2 * best.first_gap_m {
            lines.push(format!(
                "while it is heard the drone flies {}, and not all of it is at this distance: slower hears farther",
                metres(flown_m)
            ));
        }
        if asked.sigma_db == 0.0 {
            lines.push("no shadowing: nothing stands between, and the ground is level".into());
        }
        let end = if best.farthest_m >= 0.999 * self.horizon_m { ", which is what ends it here" } else { "" };
        lines.push(format!("level ground, radio horizon at {}{end}", metres(self.horizon_m)));
        lines.push("no fading by rays from all around, no null of upright antennas overhead, a level at which nothing clips".into());
        lines
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let asked = &self.question;
        let detector = |heard: &Heard| {
            json!({
                "by": heard.limit.by.name(),
                "cn0_db_hz": heard.limit.cn0_db_hz,
                "seconds": heard.limit.seconds,
                "loss_db": -heard.loss_db,
                "distance_m": heard.first_gap_m,
                "farthest_m": heard.farthest_m,
            })
        };
        json!({
            "beacon": self.channel.name,
            "frequency_hz": self.channel.frequency_hz,
            "probability": probability(),
            "power_dbm": asked.power_dbm,
            "floor_dbm_hz": asked.floor.dbm_hz,
            "floor_from": asked.floor.from,
            "sigma_db": asked.sigma_db,
            "listening_s": asked.seconds,
            "speed_mps": asked.speed_mps,
            "distance_m": self.heard[0].first_gap_m,
            "farthest_m": self.heard[0].farthest_m,
            "horizon_m": self.horizon_m,
            "lanes_m": self.lanes_m,
            "detectors": self.heard.iter().map(detector).collect::<Vec<_>>(),
            "assumptions": self.assumptions(),
        })
    }
}

fn metres(m: f64) -> String {
    if m >= 10e3 { format!("{:.1} km", m / 1e3) } else { format!("{m:.0} m") }
}

fn seconds(s: f64) -> String {
    if s < 1.0 { format!("{:.0} ms", s * 1e3) } else { format!("{s:.1} s") }
}
