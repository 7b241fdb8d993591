//! What must hold between two settings, in the file's own words and units.
//!
//! What hangs on the sample rate or the tuned frequency is checked by the engine, once both are known.

use super::cot::destinations;
use super::errors::Origin;
use super::keys::{as_number, find, numbers};
use super::layers::Layers;

/// (key, other key, margin): the first must be at most the second minus the margin.
const AT_MOST: &[(&str, &str, f64)] = &[
    ("analytics.drop_db", "analytics.trigger_db", 0.0),
    ("homing.speed_mps", "interlock.speed_max_mps", 0.0),
    ("search.speed_mps", "interlock.speed_max_mps", 0.0),
    ("interlock.fence.alt_rel_min_m", "homing.height_min_m", 0.0),
    ("homing.height_min_m", "interlock.fence.alt_rel_max_m", 0.0),
    ("homing.yaw_rate_max_deg_s", "interlock.yaw_rate_max_deg_s", 0.0),
    ("interlock.fence.alt_rel_min_m", "interlock.fence.alt_rel_max_m", 1.0),
    ("sdr.reopen_wait_min_s", "sdr.reopen_wait_max_s", 0.0),
    ("autopilot.reconnect_wait_min_s", "autopilot.reconnect_wait_max_s", 0.0),
];
const BEACON_AT_MOST: &[(&str, &str)] = &[
    ("pulse_width_min_ms", "pulse_width_max_ms"),
    ("period_min_ms", "period_max_ms"),
    ("spreading_min", "spreading_max"),
];
/// A pass that comes this much later than its time is not yet late.
const PASS_GAP_PERIODS_MIN: f64 = 1.2;

impl Layers {
    /// Adds an error for each rule that does not hold.
    pub(super) fn check_rules(&mut self) {
        for (low, high, margin) in AT_MOST {
            self.at_most(low, high, *margin);
        }
        for number in 0..self.beacon_count {
            for (low, high) in BEACON_AT_MOST {
                self.at_most(&format!("beacon.{number}.{low}"), &format!("beacon.{number}.{high}"), 0.0);
            }
            self.check_pattern(number);
        }
        self.check_words();
        self.check_cot();
        self.check_beacons();
        self.check_pass_gap();
        self.check_search_area();
        self.check_antenna();
        let has_ring = self.entries.get("recorder.iq.ring_s").and_then(|entry| as_number(&entry.value));
        if has_ring.is_some_and(|ring_s| ring_s > 0.0) {
            self.at_most("recorder.iq.before_s", "recorder.iq.ring_s", 0.0);
        }
    }

    fn at_most(&mut self, low: &str, high: &str, margin: f64) {
        let (Some(lower), Some(upper)) = (self.entries.get(low), self.entries.get(high)) else { return };
        let (Some(least), Some(most)) = (as_number(&lower.value), as_number(&upper.value)) else { return };
        if least <= most - margin {
            return;
        }
        let unit = find(low).map_or("", |key| key.unit);
        // The key the operator wrote is the one to name.
        if lower.origin >= upper.origin {
            let mend = format!(
                "{least} is too much for {high} = {most}; write at most {} {unit}, or raise {high}",
                most - margin
            );
            self.refuse(low, lower.origin.clone(), &mend);
        } else {
            let mend = format!(
                "{most} is too little for {low} = {least}; write at least {} {unit}, or lower {low}",
                least + margin
            );
            self.refuse(high, upper.origin.clone(), &mend);
        }
    }

    fn check_pattern(&mut self, number: usize) {
        let path = |name: &str| format!("beacon.{number}.{name}");
        let us = |name: &str| {
            let ms = self.entries.get(&path(name)).and_then(|entry| as_number(&entry.value));
            ms.map(|ms| (ms * 1e3).round() as u32)
        };
        let (Some(width_max_us), Some(period_min_us)) = (us("pulse_width_max_ms"), us("period_min_ms"))
        else {
            return;
        };
        if let (Some(entry), Err(mend)) =
            (self.entries.get(&path("pattern_ms")), self.pattern(number).check(width_max_us, period_min_us))
        {
            self.refuse(&path("pattern_ms"), entry.origin.clone(), &mend);
        }
    }

    fn check_words(&mut self) {
        let forms = [
            ("sdr.source", &["soapy:", "file:"][..], "soapy:ARGS or file:PATH"),
            (
                "autopilot.address",
                &["serial:", "udpin:", "udpout:", "tcpout:", "none"][..],
                "serial:DEVICE:BAUD, udpin:ADDR:PORT, udpout:ADDR:PORT, tcpout:ADDR:PORT or none",
            ),
        ];
        for (path, starts, forms) in forms {
            let Some(entry) = self.entries.get(path) else { continue };
            let text = entry.value.as_str().unwrap_or_default();
            if !starts.iter().any(|start| text.starts_with(start)) || text == "file:" {
                let mend = format!("\"{text}\" is not possible here; write {forms}");
                self.refuse(path, entry.origin.clone(), &mend);
            }
        }
        if let Some(entry) = self.entries.get("station.commanders")
            && let Some(number) = entry
                .value
                .as_array()
                .and_then(|values| numbers(values))
                .into_iter()
                .flatten()
                .find(|number| number.fract() != 0.0)
        {
            let mend = format!("{number} is no MAVLink system; write whole numbers from 1 to 255");
            self.refuse("station.commanders", entry.origin.clone(), &mend);
        }
        if let Some(entry) = self.entries.get("ground.listen") {
            let text = entry.value.as_str().unwrap_or_default();
            if text != "none" && text.parse::<std::net::SocketAddr>().is_err() {
                let mend =
                    format!("\"{text}\" is no address with a port; write 127.0.0.1:8417, [::1]:8417 or none");
                self.refuse("ground.listen", entry.origin.clone(), &mend);
            }
        }
    }

    fn check_cot(&mut self) {
        let told = |path: &str| {
            let entry = self.entries.get(path)?;
            Some((entry.value.as_str().unwrap_or_default().to_string(), entry.origin.clone()))
        };
        let (to, interface) = (told("cot.to"), told("cot.interface"));
        if let Some((text, origin)) = to
            && let Err(mend) = destinations(&text)
        {
            self.refuse("cot.to", origin, &mend);
        }
        if let Some((text, origin)) = interface
            && text.parse::<std::net::Ipv4Addr>().is_err()
        {
            let mend = format!("\"{text}\" is no address of an interface; write one, as 192.168.1.10");
            self.refuse("cot.interface", origin, &mend);
        }
    }

    fn check_beacons(&mut self) {
        use skyhound::limits::{CHANNELS_MAX, NAME_BYTES};
        let count = self.beacon_count;
        if !(1..=CHANNELS_MAX).contains(&count) {
            let mend = format!("{count} beacons; write 1 to {CHANNELS_MAX} [[beacon]]");
            self.refuse("beacon", Origin::Default, &mend);
        }
        let mut seen: Vec<(String, usize)> = Vec::new();
        for number in 0..count {
            let path = format!("beacon.{number}.name");
            let Some(entry) = self.entries.get(&path).cloned() else { continue };
            let name = entry.value.as_str().unwrap_or_default().to_string();
            if name.len() > NAME_BYTES {
                self.refuse(
                    &path,
                    entry.origin,
                    &format!("\"{name}\" is too long; write 1 to {NAME_BYTES} bytes"),
                );
            } else if let Some((_, first)) = seen.iter().find(|(other, _)| *other == name) {
                let mend = format!("\"{name}\" is the name of beacon.{first} too; write another");
                self.refuse(&path, entry.origin, &mend);
            }
            seen.push((name, number));
        }
        // A path beyond the last beacon has no defaults around it.
        let beyond = |path: &&String| {
            let number = path.strip_prefix("beacon.").and_then(|rest| rest.split('.').next());
            number.and_then(|number| number.parse::<usize>().ok()).is_some_and(|number| number >= count)
        };
        let stray: Vec<String> = self.entries.keys().filter(beyond).cloned().collect();
        for path in stray {
            let origin = self.entries[&path].origin.clone();
            self.refuse(&path, origin, &format!("there are {count} beacons; the next is beacon.{count}"));
        }
    }

    fn check_pass_gap(&mut self) {
        let at = |path: &str| self.entries.get(path).and_then(|entry| as_number(&entry.value));
        let (Some(gap_s), Some(control_hz)) = (at("interlock.pass_gap_max_s"), at("daemon.control_hz"))
        else {
            return;
        };
        let least_s = PASS_GAP_PERIODS_MIN / control_hz;
        if gap_s < least_s {
            let origin = self.entries["interlock.pass_gap_max_s"].origin.clone();
            let mend = format!(
                "{gap_s} s is under 1.2 passes of daemon.control_hz = {control_hz}; write at least {least_s} s"
            );
            self.refuse("interlock.pass_gap_max_s", origin, &mend);
        }
    }

    /// A disc is whole, or not there; and one area.
    fn check_antenna(&mut self) {
        let is_directional =
            self.entries.get("antenna.kind").is_some_and(|kind| kind.value.as_str() == Some("directional"));
        let pattern = self.entries.get("antenna.pattern").map(|pattern| pattern.origin.clone());
        match pattern {
            None if is_directional => {
                let origin = self.entries["antenna.kind"].origin.clone();
                let mend = "directional wants the antenna's gain; name its file in antenna.pattern";
                self.refuse("antenna.kind", origin, mend);
            }
            Some(origin) if !is_directional => {
                let mend =
                    "is a directional antenna's; write antenna.kind = \"directional\", or leave it out";
                self.refuse("antenna.pattern", origin, mend);
            }
            _ => {}
        }
    }

    fn check_search_area(&mut self) {
        const DISC: [&str; 3] = ["search.centre_lat_deg", "search.centre_lon_deg", "search.radius_m"];
        let there = |path: &&&str| self.entries.contains_key(**path);
        let (first, count) = (DISC.iter().find(there), DISC.iter().filter(there).count());
        let polygon = self.entries.get("search.polygon").and_then(|entry| entry.value.as_array());
        let has_polygon = polygon.is_some_and(|corners| !corners.is_empty());
        let mend = match count {
            1 | 2 => "half a disc; write centre_lat_deg, centre_lon_deg and radius_m",
            3 if has_polygon => "there is a polygon too; write only one",
            _ => return,
        };
        if let Some(path) = first {
            let origin = self.entries[*path].origin.clone();
            self.refuse(path, origin, mend);
        }
    }
}
