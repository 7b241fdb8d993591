//! A search before anything is heard: the map of where it was listened to and nothing was heard, and the route that is flown.
//!
//! Each pass in the air in which the first channel's beacon is not heard, and the receiver listens, goes into the map, whoever flies: we, the
//! autopilot's mission or the pilot. What is heard from how far is drawn anew when floor or height change. All routes that the floor may
//! ask for are laid at the start, [`OVER_DB`] apart; the one of the floor at hand is taken when the flying begins.

use super::listening;
use crate::command::State;
use crate::config::{ConfigError, PriorRegion, SearchArea, SearchConfig, SearchPattern, Sought};
use crate::facts::{Facts, Run, SearchRun, Searched};
use crate::geo::{NorthEast, Origin};
use crate::propagation::{Loss, Model};
use crate::record::{Event, Record, Severity, Sink, Text};
use crate::search::{Area, Follow, Link, Order, PoaMap, Region, Route, Sight, theory};
use crate::time::TimeUs;
use crate::units::db_from_ratio;
use crate::vehicle::Vehicle;

/// The plane of metres is good to 0.1 % up to here, m.
const PRIOR_FAR_M: f64 = 20e3;
/// The beacon lies on the ground, m over it.
const BEACON_UP_M: f64 = 1.0;
/// Track after which shadowing is drawn anew, m: what real tracks over rough country show (10–12 dB, correlated over some 40 m).
const SHADOW_M: f64 = 40.0;
/// Floors over the one told for which routes are laid, dB, where the present one is known.
const OVER_DB: [f64; 7] = [0.0, -10.0, -5.0, 5.0, 10.0, 15.0, 20.0];
/// Quieter than told by this at most: as far as the sight is drawn, dB.
const UNDER_MAX_DB: f64 = 12.0;
/// A floor or height that changed by so much is another.
const FLOOR_STEP_DB: f64 = 1.0;
const HEIGHT_STEP_RATIO: f64 = 0.1;
/// A pattern about a datum needs so much of its spacing to the area's edge.
const DATUM_SPACINGS: f64 = 1.5;
/// Distances of the sight that a pass draws, and cells of the map that it tells.
const DRAWN_A_PASS: usize = 64;
const TOLD_A_PASS: usize = 64;
/// The progress is recorded so often, the map once a minute.
const TOLD_US: u64 = 10_000_000;
const MAP_TOLD_US: u64 = 60_000_000;

/// A route, and the floor over the told one that it is laid for.
struct Laid {
    over_db: f64,
    spacing_m: Option<f64>,
    follow: Follow,
}

/// See the module.
pub(super) struct Searcher {
    pattern: SearchPattern,
    flies: bool,
    sought: Sought,
    frequency_hz: f64,
    origin: Origin,
    map: PoaMap,
    sight: Sight,
    link: Link,
    floor_dbm_hz: f64,
    /// Where the drawing of the sight goes on.
    drawing: Option<usize>,
    routes: Box<[Laid]>,
    /// The one that is flown, once it is.
    chosen: Option<usize>,
    is_flown: bool,
    is_over: bool,
    told_us: Option<TimeUs>,
    /// When the map was told last, after how many listenings, and where the telling goes on.
    map_told: Option<(TimeUs, u64)>,
    telling: Option<(TimeUs, usize)>,
}

impl Searcher {
    /// Allocates everything. `frequency_hz` is that of the first channel.
    ///
    /// # Errors
    /// An area that is none, or over which the pattern cannot be laid.
    pub(super) fn new(config: &SearchConfig, frequency_hz: f64) -> Result<Searcher, ConfigError> {
        let (origin, area, key) = place(&config.area);
        let area = area.map_err(|error| ConfigError::new(key, error.to_string()))?;
        let sought = &config.sought;
        let link = link(sought, frequency_hz, sought.floor_dbm_hz, config.height_m);
        let map = PoaMap::new(&prior(config, &area, &origin)?)
            .ok_or_else(|| ConfigError::new(key, "is no area"))?;
        let far = Link { least_gain_db: link.least_gain_db - UNDER_MAX_DB, ..link.clone() };
        let mut sight = Sight::new(&far, sought.listen_s, SHADOW_M);
        sight.redraw(&link, 0, usize::MAX);
        let overs = if config.spacing_m.is_none() && sought.full_scale_dbm.is_some() {
            &OVER_DB[..]
        } else {
            &OVER_DB[..1]
        };
        let mut routes = Vec::new();
        for over_db in overs.iter().copied() {
            match laid(config, &area, &link, over_db) {
                Ok(laid) => routes.push(laid),
                Err(error) if over_db == 0.0 => return Err(error),
                // Where the floor is so high that it is passed unheard, the narrowest that there is must do.
                Err(_) => {}
            }
        }
        Ok(Searcher {
            pattern: config.pattern,
            flies: config.flies,
            sought: sought.clone(),
            frequency_hz,
            origin,
            map,
            sight,
            floor_dbm_hz: sought.floor_dbm_hz,
            link,
            drawing: None,
            routes: routes.into(),
            chosen: None,
            is_flown: false,
            is_over: false,
            told_us: None,
            map_told: None,
            telling: None,
        })
    }

    /// One pass: whether the receiver listens, and what it says of the first channel.
    pub(super) fn pass(&mut self, now: TimeUs, vehicle: &Vehicle, facts: Option<&Facts>, listens: bool) {
        let place = listening::place(now, vehicle, &self.origin);
        self.draw(facts, place.map(|(_, up_m)| up_m));
        match (place, facts) {
            (Some((at, _)), Some(facts)) if listens && !facts.heard => self.map.pass(now, at, &self.sight),
            _ => self.map.interrupt(),
        }
    }

    /// Ground speed to fly in this state, north and east, m/s; nothing where the route is flown, or not to be flown by us.
    pub(super) fn goal(&mut self, vehicle: &Vehicle, state: State) -> Option<(f64, f64)> {
        self.is_flown = false;
        if !self.flies || !matches!(state, State::Searching | State::Detecting) {
            return None;
        }
        // Whether it is fresh and sane is the interlocks' to judge.
        let at = self.origin.ned_from_wgs84(vehicle.position?.value.place);
        let over_db = self.floor_dbm_hz - self.sought.floor_dbm_hz;
        let off_db = |laid: &Laid| (laid.over_db - over_db).abs();
        let nearest = || {
            let routes = self.routes.iter().enumerate();
            routes.min_by(|a, b| off_db(a.1).total_cmp(&off_db(b.1))).map_or(0, |(number, _)| number)
        };
        let chosen = self.chosen.unwrap_or_else(nearest);
        self.chosen = Some(chosen);
        let wish = self.routes.get_mut(chosen)?.follow.wish(at);
        self.is_flown = wish.is_some();
        wish
    }

    /// Records what is due, or now.
    pub(super) fn tell(&mut self, at: TimeUs, now: bool, sink: &mut dyn Sink) {
        let is_over = self.route().is_some_and(|laid| self.chosen.is_some() && laid.follow.progress() >= 1.0);
        let ends = is_over && !std::mem::replace(&mut self.is_over, is_over);
        let is_due = self.told_us.is_none_or(|told| at.since_us(told) >= TOLD_US);
        if ends {
            self.tell_end(at, sink);
        } else if now || is_due {
            self.told_us = Some(at);
            sink.record(&Record::Searched(self.searched(at)));
        }
        let listened = self.map.listenings_total();
        let is_map_due = |(told, known): (TimeUs, u64)| known != listened && at.since_us(told) >= MAP_TOLD_US;
        if self.telling.is_none() && self.map_told.map_or(listened > 0, is_map_due) {
            self.map_told = Some((at, listened));
            self.telling = Some((at, 0));
        }
        if let Some((since, from)) = self.telling {
            self.telling = self.tell_map(since, from, TOLD_A_PASS, sink).map(|next| (since, next));
        }
    }

    /// The end of the flight.
    pub(super) fn finish(&mut self, at: TimeUs, sink: &mut dyn Sink) {
        self.map.finish(&self.sight);
        if self.map.listenings_total() > 0 && !self.is_over {
            self.tell_end(at, sink);
        }
        self.tell_map(at, 0, usize::MAX, sink);
    }

    fn tell_end(&mut self, at: TimeUs, sink: &mut dyn Sink) {
        self.map.finish(&self.sight);
        self.told_us = Some(at);
        let searched = self.searched(at);
        sink.record(&Record::Searched(searched));
        let (pos, searched_km2, area_km2) =
            (searched.pos, searched.searched_m2 / 1e6, searched.area_m2 / 1e6);
        let text = Text::format(format_args!(
            "searched {searched_km2:.3} of {area_km2:.3} km2, POS {:.1} %: what was there with even odds before is not there with {:.1} %",
            100.0 * pos,
            100.0 * theory::not_there(0.5, pos)
        ));
        sink.record(&Record::Event(Event { at, severity: Severity::Note, kind: "search", text }));
    }

    fn tell_map(&self, at: TimeUs, from: usize, count: usize, sink: &mut dyn Sink) -> Option<usize> {
        let (origin, size_m) = (self.origin.place(), self.map.cell_m());
        self.map.runs(from, count, |cells| {
            let run = Run { from: cells.from, size_m, count: cells.count };
            let (poa, pod_percent) = (cells.prior, cells.pod_percent);
            sink.record(&Record::SearchRun(SearchRun { at, origin, run, poa, pod_percent }));
        })
    }

    /// How far it has come.
    pub(super) fn searched(&self, at: TimeUs) -> Searched {
        let route = self.route();
        Searched {
            at,
            pattern: self.pattern.name(),
            spacing_m: route.and_then(|laid| laid.spacing_m),
            progress: route.map_or(0.0, |laid| laid.follow.progress()),
            is_flown: self.is_flown,
            pos: self.map.pos(),
            area_m2: self.map.area_m2(),
            searched_m2: self.map.searched_m2(),
            listening_count: self.map.listenings_total() as u32,
            floor_dbm_hz: self.floor_dbm_hz,
            height_m: self.link.height_m,
        }
    }

    fn route(&self) -> Option<&Laid> {
        self.routes.get(self.chosen.unwrap_or(0))
    }

    /// What is heard from how far, by the floor and the height at hand.
    fn draw(&mut self, facts: Option<&Facts>, up_m: Option<f64>) {
        if let Some(first) = self.drawing {
            self.drawing = self.sight.redraw(&self.link, first, DRAWN_A_PASS);
            return;
        }
        let floor = facts.and_then(Facts::floor_dbfs);
        let present = floor.zip(self.sought.full_scale_dbm).map(|(floor_dbfs, full_scale_dbm)| {
            floor_dbfs + full_scale_dbm - db_from_ratio(self.sought.noise_bandwidth_hz)
        });
        let floor_dbm_hz = present.unwrap_or(self.floor_dbm_hz);
        let up_m = up_m.unwrap_or(self.link.height_m);
        let is_other = (floor_dbm_hz - self.floor_dbm_hz).abs() >= FLOOR_STEP_DB
            || (up_m - self.link.height_m).abs() > HEIGHT_STEP_RATIO * self.link.height_m;
        if is_other && floor_dbm_hz.is_finite() {
            self.floor_dbm_hz = floor_dbm_hz;
            self.link = link(&self.sought, self.frequency_hz, floor_dbm_hz, up_m);
            self.drawing = Some(0);
        }
    }
}

/// The middle of the area, the area about it, and the key that it is from.
fn place(area: &SearchArea) -> (Origin, Result<Area, crate::search::AreaError>, &'static str) {
    match area {
        SearchArea::Disc(center, radius_m) => {
            (Origin::new(*center), Area::disc(NorthEast::default(), *radius_m), "search.radius_m")
        }
        SearchArea::Polygon(corners) => {
            let first = Origin::new(corners[0]);
            let count = corners.len() as f64;
            let middle = corners.iter().map(|corner| first.ned_from_wgs84(*corner)).fold(
                NorthEast::default(),
                |sum, at| NorthEast {
                    north_m: sum.north_m + at.north_m / count,
                    east_m: sum.east_m + at.east_m / count,
                },
            );
            let origin = Origin::new(first.wgs84_from_ned(middle));
            let ned: Vec<NorthEast> = corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
            (origin, Area::new(&ned), "search.polygon")
        }
    }
}

/// Where the beacon may lie: evenly over the area where nothing is told.
fn prior(config: &SearchConfig, area: &Area, origin: &Origin) -> Result<Vec<Region>, ConfigError> {
    let region = |region: &PriorRegion| {
        let ned: Vec<NorthEast> =
            region.corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
        if let Some(far) = ned.iter().map(|at| at.distance_m(NorthEast::default())).find(|m| *m > PRIOR_FAR_M)
        {
            let why = format!("a corner {:.0} km from the middle of the search; leave it out", far / 1e3);
            return Err(ConfigError::new("search.prior", why));
        }
        let area = Area::new(&ned).map_err(|error| ConfigError::new("search.prior", error.to_string()))?;
        Ok(Region { area, weight: region.weight })
    };
    if config.prior.is_empty() {
        return Ok(vec![Region { area: area.clone(), weight: 1.0 }]);
    }
    config.prior.iter().map(region).collect()
}

/// The way of the sought beacon. Half of the shadowing's variance lasts: a place seen from two sides correlates by 0.5 (3GPP TR 36.814, annex
/// A.2.1, between sites).
fn link(sought: &Sought, frequency_hz: f64, floor_dbm_hz: f64, height_m: f64) -> Link {
    let half_db = sought.sigma_db * std::f64::consts::FRAC_1_SQRT_2;
    Link {
        loss: Loss::new(Model::LogDistance(sought.exponent), frequency_hz),
        least_gain_db: sought.cn0_db_hz + floor_dbm_hz - sought.power_dbm,
        beacon_height_m: BEACON_UP_M,
        height_m,
        spread_db: half_db,
        lasting_db: half_db.hypot(sought.unsure_db),
    }
}

/// The route for a floor `over_db` over the one of `link`.
fn laid(config: &SearchConfig, area: &Area, link: &Link, over_db: f64) -> Result<Laid, ConfigError> {
    let (pattern, speed_mps, seconds) = (config.pattern, config.speed_mps, config.sought.listen_s);
    let start =
        if matches!(config.area, SearchArea::Disc(..)) { NorthEast::default() } else { area.centroid() };
    let heard = || {
        let spacing_m = Link { least_gain_db: link.least_gain_db + over_db, ..link.clone() }
            .spacing_m(seconds, speed_mps);
        let most_m =
            if pattern.has_datum() { area.edge_distance_m(start) / DATUM_SPACINGS } else { f64::INFINITY };
        spacing_m.map(|spacing_m| spacing_m.min(most_m))
    };
    let passed = || {
        let mend = format!(
            "left out, and at {speed_mps} m/s the beacon of search.power_dbm is passed before it is heard; write it, or fly slower or lower"
        );
        ConfigError::new("search.spacing_m", mend)
    };
    let has_spacing = pattern != SearchPattern::Sector;
    let spacing_m = if has_spacing { config.spacing_m.or_else(heard).ok_or_else(passed)? } else { 1.0 };
    let is_laid_along = !pattern.has_datum() && matches!(config.area, SearchArea::Polygon(_));
    let own_rad = if is_laid_along { area.long_axis_rad() } else { 0.0 };
    let order = Order { pattern, spacing_m, heading_rad: config.heading_rad.unwrap_or(own_rad), start };
    let route =
        Route::new(area, &order).map_err(|error| ConfigError::new("search.spacing_m", error.to_string()))?;
    Ok(Laid { over_db, spacing_m: has_spacing.then_some(spacing_m), follow: Follow::new(route, speed_mps) })
}

#[cfg(test)]
mod tests;
