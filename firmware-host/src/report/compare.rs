//! Flights beside each other, and beside a baseline: is the search so much faster as it was meant to be?

use super::debrief::Debrief;
use super::sheet::{Cell, Sheet, maybe};

/// The project's own goal: a search takes 70 % less than the way it was done before.
const GOAL_RATIO: f64 = 0.7;
/// A team on foot can be sent to a region as large as a circle of this radius, m.
const KNOWN_M: f64 = 50.0;

/// How long a flight took for what.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
struct Times {
    /// From take-off to the first confirmed detection, s.
    heard_s: Option<f64>,
    /// From take-off until a region of 95 % was as small as that of `KNOWN_M`, s.
    known_s: Option<f64>,
    /// From take-off to the first HOLDING, s.
    held_s: Option<f64>,
    /// Way until the first HOLDING, m.
    held_m: Option<f64>,
}

impl Times {
    fn of(flight: &Debrief) -> Times {
        let airborne_s = flight.way.as_ref().map(|way| way.airborne_s);
        let after = |s: f64| airborne_s.map(|airborne_s| s - airborne_s).filter(|s| *s >= 0.0);
        let known =
            flight.believed.iter().filter(|one| one.radius_95_m <= KNOWN_M).map(|one| one.at_us).min();
        let held_s =
            flight.approach.as_ref().filter(|approach| approach.is_held).map(|approach| approach.ended_s);
        Times {
            heard_s: flight.heard.first().and_then(|heard| after(heard.first_s)),
            known_s: known.and_then(|at_us| after(at_us as f64 / 1e6)),
            held_s: held_s.and_then(after),
            held_m: held_s.map(|s| super::way::flown_m(&flight.fixes, i64::MIN, (s * 1e6) as i64)),
        }
    }

    fn named(self) -> [(&'static str, Option<f64>); 4] {
        [
            ("takeoff_to_first_heard_s", self.heard_s),
            ("takeoff_to_region_of_50_m_s", self.known_s),
            ("takeoff_to_holding_s", self.held_s),
            ("way_to_holding_m", self.held_m),
        ]
    }
}

/// A row for each flight.
pub fn comparison(flights: &[&Debrief]) -> Sheet {
    let columns = vec![
        "flight",
        "started_utc",
        "duration_s",
        "flown_m",
        "to_first_heard_s",
        "to_region_of_50_m_s",
        "to_holding_s",
        "efficiency_ratio",
        "radius_95_m",
        "error_m",
        "POS",
        "battery_used_ratio",
        "trips",
        "late_passes",
        "lost",
    ];
    let row = |flight: &&Debrief| {
        let times = Times::of(flight);
        let report = &flight.report;
        let least = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::min);
        let sum = |values: &mut dyn Iterator<Item = i64>| Cell::Number(values.sum::<i64>() as f64, 0);
        vec![
            Cell::Text(report.name.clone()),
            Cell::Text(report.started_utc.clone()),
            Cell::Number(report.duration_s, 0),
            maybe(flight.way.as_ref().map(|way| way.flown_m), 0),
            maybe(times.heard_s, 1),
            maybe(times.known_s, 1),
            maybe(times.held_s, 1),
            maybe(flight.approach.as_ref().and_then(|approach| approach.efficiency_ratio), 2),
            maybe(least(&mut flight.places.iter().map(|place| place.radius_95_m)), 1),
            maybe(least(&mut flight.truth.iter().filter_map(|truth| truth.error_m)), 1),
            maybe(flight.coverage.as_ref().map(|coverage| coverage.pos), 3),
            maybe(flight.battery.as_ref().and_then(|battery| battery.used_ratio), 2),
            sum(&mut report.trips.iter().map(|trip| trip.count)),
            sum(&mut report.passes.iter().map(|pass| pass.miss_count)),
            sum(&mut report.lanes.iter().map(|lane| lane.dropped_count)),
        ]
    };
    Sheet { title: "Comparison of flights", columns, rows: flights.iter().map(row).collect() }
}

/// What each flight took beside what `base` took, which was flown the way it was done before; without one, beside a sweep of the same area along
/// parallel tracks of the same spacing and speed, which finds the beacon half-way through on average.
pub fn improvement(flights: &[&Debrief], base: Option<&Debrief>) -> Sheet {
    let mut rows = Vec::new();
    for flight in flights {
        let taken = Times::of(flight);
        let pairs: Vec<(&str, f64, f64, String)> = match base {
            Some(base) => {
                let both = taken.named().into_iter().zip(Times::of(base).named());
                let pair = |((name, taken), (_, before)): ((&'static str, Option<f64>), (_, Option<f64>))| {
                    Some((name, taken?, before?, base.report.name.clone()))
                };
                both.filter_map(pair).collect()
            }
            None => sweep_s(flight)
                .zip(taken.held_s.or(taken.known_s))
                .map(|(before_s, taken_s)| {
                    ("takeoff_to_holding_s", taken_s, before_s, "half a parallel sweep".to_string())
                })
                .into_iter()
                .collect(),
        };
        for (name, taken, before, from) in pairs.into_iter().filter(|(_, _, before, _)| *before > 0.0) {
            let ratio = 1.0 - taken / before;
            rows.push(vec![
                Cell::Text(flight.report.name.clone()),
                Cell::Text(name.to_string()),
                Cell::Number(taken, 1),
                Cell::Number(before, 1),
                Cell::Text(from),
                Cell::Number(100.0 * ratio, 1),
                Cell::Text(if ratio >= GOAL_RATIO { "yes" } else { "no" }.to_string()),
            ]);
        }
    }
    let columns =
        vec!["flight", "quantity", "taken", "baseline", "baseline is", "improvement_percent", "70 % reached"];
    Sheet { title: "Improvement over baseline", columns, rows }
}

/// Half of the time of a sweep of the area that the flight was given, s.
fn sweep_s(flight: &Debrief) -> Option<f64> {
    let search = flight.report.search.as_ref()?;
    let way = flight.way.as_ref()?;
    let (spacing_m, time_s) = (search.spacing_m?, way.landed_s - way.airborne_s);
    let speed_mps = if time_s > 0.0 { way.flown_m / time_s } else { return None };
    (spacing_m > 0.0 && speed_mps > 0.0).then(|| 0.5 * search.area_km2 * 1e6 / (spacing_m * speed_mps))
}

#[cfg(test)]
mod tests {
    use super::super::heard::HeardLine;
    use super::super::search::SearchLine;
    use super::super::way::{ApproachLine, WayLine};
    use super::*;

    fn flight(heard_s: f64, held_s: f64) -> Debrief {
        let way = WayLine { airborne_s: 10.0, landed_s: 110.0, flown_m: 500.0, ..WayLine::default() };
        Debrief {
            way: Some(way),
            heard: vec![HeardLine { first_s: heard_s, ..HeardLine::default() }],
            approach: Some(ApproachLine { ended_s: held_s, is_held: true, ..ApproachLine::default() }),
            ..Debrief::default()
        }
    }

    fn shown(sheet: &Sheet, row: usize) -> Vec<String> {
        sheet.rows[row].iter().map(Cell::shown).collect()
    }

    #[test]
    fn the_goal_is_reached_at_seventy_per_cent_and_not_before() {
        let (base, fast, slow) = (flight(60.0, 110.0), flight(25.0, 40.0), flight(25.5, 41.0));
        let sheet = improvement(&[&fast, &slow], Some(&base));
        // 15 s of 50 s, and 30 s of 100 s; then 15.5 s and 31 s. Way to holding needs positions.
        assert_eq!(&shown(&sheet, 0)[1..3], ["takeoff_to_first_heard_s", "15.0"]);
        let last = |row| shown(&sheet, row)[5..].to_vec();
        assert_eq!(
            (last(0), last(1)),
            (vec!["70.0".into(), "yes".into()], vec!["70.0".into(), "yes".into()])
        );
        assert_eq!(last(2), ["69.0", "no"]);
    }

    #[test]
    fn without_a_baseline_a_parallel_sweep_is_one() {
        let mut one = flight(25.0, 40.0);
        let search = SearchLine { area_km2: 0.1, spacing_m: Some(50.0), ..SearchLine::default() };
        one.report.search = Some(search);
        // 2 km of track at 5 m/s are 400 s, of which half.
        assert_eq!(
            &shown(&improvement(&[&one], None), 0)[2..6],
            ["30.0", "200.0", "half a parallel sweep", "85.0"]
        );
        assert!(improvement(&[&flight(25.0, 40.0)], None).rows.is_empty());
        assert_eq!(shown(&comparison(&[&one]), 0)[4], "15.0");
    }
}
