//! What counts as listened, by which floor, how much of it is told in a pass, and when a route leads.

use super::*;
use crate::allocation;
use crate::facts::{Floor, NoGradient, Pattern};
use crate::geo::Wgs84;
use crate::record::PlacedReading;
use crate::time::Aged;
use crate::vehicle::Position;

const PLACE: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };
const PASS_US: u64 = 50_000;
const SPEED_MPS: f64 = 5.0;

fn config() -> SearchConfig {
    SearchConfig {
        area: SearchArea::Disc(PLACE, 250.0),
        prior: Vec::new(),
        pattern: SearchPattern::ParallelTrack,
        spacing_m: None,
        heading_rad: None,
        speed_mps: SPEED_MPS,
        height_m: 40.0,
        sought: Sought {
            power_dbm: -55.0,
            unsure_db: 3.0,
            exponent: 2.2,
            sigma_db: 6.0,
            cn0_db_hz: 35.0,
            listen_s: 2.0,
            floor_dbm_hz: -165.0,
            full_scale_dbm: Some(-25.0),
            noise_bandwidth_hz: 10e3,
        },
        flies: true,
    }
}

/// Of a floor of `over_db` over the one that is told: -165 dBm/Hz are -100 dBFS in 10 kHz.
fn facts(over_db: f64, heard: bool) -> Facts {
    Facts {
        at: TimeUs(0),
        newest_reading_us: TimeUs(0),
        channel: 0,
        reading_count: 100,
        power_dbfs: None,
        floor_temporal_dbfs: None,
        floor_spectral_dbfs: Some(-100.0 + over_db),
        snr_db: None,
        snr_floor: Floor::Spectral,
        rolling_mean_dbfs: None,
        volatility_db: None,
        delta_db: None,
        ewma_dbfs: None,
        trend: None,
        gradient: Err(NoGradient::NotHeard),
        pattern: Pattern::default(),
        heard,
    }
}

#[derive(Default)]
struct Told(Vec<Record>);

impl Sink for Told {
    fn reading(&mut self, _: &PlacedReading) {}
    fn record(&mut self, record: &Record) {
        self.0.push(*record);
    }
}

/// An aircraft that goes where it is led, at once; who is not led stands.
struct Flown {
    searcher: Searcher,
    at: NorthEast,
    now: TimeUs,
    told: Told,
    told_most: usize,
}

impl Flown {
    fn new(config: &SearchConfig) -> Flown {
        let searcher = Searcher::new(config, 433.92e6).unwrap();
        let at = NorthEast { north_m: -200.0, east_m: -200.0 };
        Flown { searcher, at, now: TimeUs(0), told: Told::default(), told_most: 0 }
    }

    fn vehicle(&self) -> Vehicle {
        let place = self.searcher.origin.wgs84_from_ned(self.at);
        let position = Position {
            place,
            alt_amsl_m: 440.0,
            alt_rel_m: 40.0,
            north_mps: 0.0,
            east_mps: 0.0,
            down_mps: 0.0,
        };
        Vehicle { position: Some(Aged::new(position, self.now)), ..Vehicle::default() }
    }

    fn pass(&mut self, facts: &Facts, listens: bool, state: State) -> bool {
        self.now = self.now.plus_us(PASS_US);
        let vehicle = self.vehicle();
        self.searcher.pass(self.now, &vehicle, Some(facts), listens);
        let goal = self.searcher.goal(&vehicle, state);
        let before = self.told.0.len();
        self.searcher.tell(self.now, false, &mut self.told);
        self.told_most = self.told_most.max(self.told.0.len() - before);
        let (north_mps, east_mps) = goal.unwrap_or_default();
        self.at.north_m += north_mps * PASS_US as f64 * 1e-6;
        self.at.east_m += east_mps * PASS_US as f64 * 1e-6;
        goal.is_some()
    }

    /// To the end of its route; the seconds that it took.
    fn fly(&mut self, over_db: f64) -> f64 {
        let facts = facts(over_db, false);
        (0..40).for_each(|_| assert!(!self.pass(&facts, true, State::Idle)));
        let since = self.now;
        while self.pass(&facts, true, State::Searching) {
            assert!(self.now.seconds_since(since) < 3_600.0);
        }
        self.now.seconds_since(since)
    }

    fn end(&self) -> Searched {
        let told = self.told.0.iter().rev();
        let last =
            told.filter_map(|record| if let Record::Searched(told) = record { Some(*told) } else { None });
        last.into_iter().next().unwrap()
    }
}

#[test]
fn a_higher_floor_asks_for_a_narrower_route_and_the_same_silence_tells_less() {
    let cases = [(0.0, None), (10.0, None), (0.0, Some(100.0)), (10.0, Some(100.0))];
    let [quiet, loud, wide, wide_loud] = cases.map(|(over_db, spacing_m)| {
        let mut flown = Flown::new(&SearchConfig { spacing_m, ..config() });
        let seconds = flown.fly(over_db);
        let end = flown.end();
        let floor_dbm_hz = -165.0 + over_db;
        assert!(
            (end.floor_dbm_hz - floor_dbm_hz).abs() < 1e-6 && (end.progress - 1.0).abs() < 1e-9,
            "{end:?}"
        );
        let has_told = |record: &Record| matches!(record, Record::Event(event) if event.kind == "search");
        assert_eq!(flown.told.0.iter().filter(|record| has_told(record)).count(), 1);
        (seconds, end)
    });
    assert!(quiet.1.pos > 0.8 && quiet.1.searched_m2 > 0.9 * quiet.1.area_m2, "{quiet:?}");
    assert!(loud.1.spacing_m < quiet.1.spacing_m && loud.0 > quiet.0, "{loud:?} {quiet:?}");
    assert!(wide_loud.1.pos < wide.1.pos - 0.1 && wide_loud.1.pos < loud.1.pos, "{wide_loud:?} {wide:?}");
}

#[test]
fn silence_tells_of_where_the_beacon_may_lie_and_of_nowhere_else() {
    // Two squares of 300 m, one in the disc that is flown, one beside it.
    let square = |north_m: f64, weight| {
        let origin = Origin::new(PLACE);
        let corners = [(-150.0, -150.0), (150.0, -150.0), (150.0, 150.0), (-150.0, 150.0)];
        let corner = |(north, east_m)| origin.wgs84_from_ned(NorthEast { north_m: north_m + north, east_m });
        PriorRegion { corners: corners.map(corner).to_vec(), weight }
    };
    let flown = |prior: &[PriorRegion]| {
        let mut flown = Flown::new(&SearchConfig { prior: prior.to_vec(), ..config() });
        flown.fly(0.0);
        flown.end()
    };
    let within = flown(&[square(0.0, 1.0)]);
    let split = flown(&[square(0.0, 1.0), square(1_200.0, 3.0)]);
    assert!(within.pos > 0.8 && (within.area_m2 - 9e4).abs() < 1e3, "{within:?}");
    assert!((split.pos / within.pos - 0.25).abs() < 0.06, "{split:?} {within:?}");
    assert!((split.area_m2 - 18e4).abs() < 2e4 && (split.searched_m2 - 9e4).abs() < 3e4, "{split:?}");
    let far = SearchConfig { prior: vec![square(30e3, 1.0)], ..config() };
    let error = Searcher::new(&far, 433.92e6).err().unwrap();
    assert!(error.key == "search.prior" && error.mend.contains("30 km from the middle"), "{error}");
}

#[test]
fn what_is_heard_or_not_listened_to_does_not_count_and_neither_does_the_ground() {
    let fly = |heard: bool, listens: bool, seconds_on_ground: u64| {
        let mut flown = Flown::new(&config());
        flown.searcher.link.height_m = 40.0;
        let facts = facts(0.0, heard);
        for _ in 0..seconds_on_ground * 20 {
            flown.now = flown.now.plus_us(PASS_US);
            let mut vehicle = flown.vehicle();
            vehicle.position.as_mut().unwrap().value.alt_rel_m = 1.0;
            flown.searcher.pass(flown.now, &vehicle, Some(&facts), true);
        }
        for _ in 0..if seconds_on_ground > 0 { 0 } else { 2_000 } {
            flown.pass(&facts, listens, State::Searching);
        }
        flown.searcher.map.listenings_total()
    };
    assert!(fly(false, true, 0) > 5);
    assert_eq!((fly(true, true, 0), fly(false, false, 0), fly(false, true, 60)), (0, 0, 0));
}

#[test]
fn the_map_is_told_whole_and_never_much_in_a_pass() {
    let mut flown = Flown::new(&config());
    flown.fly(0.0);
    assert!(flown.told_most <= TOLD_A_PASS + 2, "{}", flown.told_most);
    flown.told.0.clear();
    flown.searcher.finish(flown.now, &mut flown.told);
    let (mut poa, mut cells, mut pos) = (0.0, 0, 0.0);
    for record in &flown.told.0 {
        let Record::SearchRun(told) = record else { continue };
        poa += told.poa * f64::from(told.run.count);
        pos += told.poa * f64::from(told.run.count) * f64::from(told.pod_percent) / 100.0;
        cells += usize::from(told.run.count);
    }
    let whole = flown.searcher.map.cells().filter(|cell| cell.prior > 0.0).count();
    assert!((poa - 1.0).abs() < 1e-9 && cells == whole && (pos - flown.searcher.map.pos()).abs() < 0.005);
    assert!(flown.told.0.len() < whole / 2, "alike cells are one: {} of {whole}", flown.told.0.len());
}

#[test]
fn a_route_leads_where_it_may_and_goes_on_where_it_was_left() {
    let mut flown = Flown::new(&SearchConfig { flies: false, ..config() });
    assert!(!flown.pass(&facts(0.0, false), true, State::Searching), "the settings say no");
    let mut flown = Flown::new(&config());
    let silent = facts(0.0, false);
    for state in [State::Idle, State::Homing, State::Holding] {
        assert!(!flown.pass(&silent, true, state), "{state:?}");
    }
    while flown.searcher.routes[0].follow.progress() < 0.3 {
        assert!(flown.pass(&silent, true, State::Searching));
    }
    let left = flown.searcher.routes[0].follow.place().unwrap();
    assert!(flown.pass(&facts(0.0, true), true, State::Detecting), "being confirmed, it is flown on");
    (0..100).for_each(|_| assert!(!flown.pass(&silent, true, State::Homing)));
    flown.at.east_m += 60.0;
    let progress = flown.searcher.routes[0].follow.progress();
    assert!(flown.pass(&silent, true, State::Searching));
    assert!(flown.searcher.routes[0].follow.progress() == progress, "not until it is back");
    (0..400).for_each(|_| assert!(flown.pass(&silent, true, State::Searching)));
    assert!(flown.searcher.routes[0].follow.progress() > progress && left.distance_m(flown.at) < 200.0);
}

#[test]
fn nothing_allocates_after_construction() {
    let mut flown = Flown::new(&config());
    flown.told.0.reserve(100_000);
    let ((), calls) = allocation::count(|| assert!(flown.fly(10.0) > 0.0));
    assert_eq!(calls, 0);
}
