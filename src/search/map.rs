//! The map of a search: where the beacon lies by the prior (POA), with what probability it would have been heard there by now (POD), and what
//! remains.
//!
//! Cells are squares, at most [`SEARCH_COLUMNS_MAX`] each way. The flown track is cut into listenings (see [`Sight`]): each lowers the
//! POA of each cell by the chance that it would have heard a beacon there, POA·(1 − POD); a listening that did hear is the estimator's to
//! use, not this map's. Nothing allocates after [`PoaMap::new`]. A cell takes some 0.1 µs, and no pass does more than [`CELLS_A_PASS`].

use super::area::Area;
use super::sight::{Listened, Sight};
use crate::geo::NorthEast;
use crate::limits::SEARCH_COLUMNS_MAX;
use crate::time::TimeUs;

/// Places in a cell, each way, by which its share of an area is told.
const PLACES: usize = 4;

/// Cells that a pass brings up to date: a listening is drawn in within 8 passes, long before the next one is over.
const CELLS_A_PASS: usize = 512;

/// A part of the prior.
#[derive(Clone, Debug)]
pub struct Region {
    /// Where.
    pub area: Area,
    /// Its POA beside that of the others, > 0; spread evenly over it. Where regions overlap they add up.
    pub weight: f64,
}

/// One cell as it stands.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its middle.
    pub center: NorthEast,
    /// Probability that the beacon lies here, before the search, 0..1; of all cells 1.
    pub prior: f64,
    /// Probability that a beacon here would have been heard by now.
    pub pod: f64,
}

impl Cell {
    /// What of the prior remains: that it lies here and was missed.
    pub fn remaining(&self) -> f64 {
        self.prior * (1.0 - self.pod)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct PoaMap {
    corner: NorthEast,
    cell_m: f64,
    columns: usize,
    prior: Box<[f64]>,
    listened: Box<[Listened]>,
    pod: Box<[f32]>,
    pos: f64,
    listening: Option<Listening>,
    over: Option<Over>,
    listenings_total: u64,
}

/// A listening that is over, from one place to another, and the first cell that it is not drawn into yet.
#[derive(Copy, Clone, Debug)]
struct Over {
    from: NorthEast,
    to: NorthEast,
    cell: usize,
}

/// A listening that goes on.
#[derive(Copy, Clone, Debug)]
struct Listening {
    since: TimeUs,
    from: NorthEast,
    last: NorthEast,
    flown_m: f64,
}

impl PoaMap {
    /// From the prior's regions; `None` of none, or where a weight is no number over zero.
    pub fn new(regions: &[Region]) -> Option<PoaMap> {
        let is_weight = |region: &Region| region.weight.is_finite() && region.weight > 0.0;
        if regions.is_empty() || !regions.iter().all(is_weight) {
            return None;
        }
        let (mut low, mut high) = regions[0].area.bounds();
        for (south_west, north_east) in regions.iter().map(|region| region.area.bounds()) {
            low = NorthEast {
                north_m: low.north_m.min(south_west.north_m),
                east_m: low.east_m.min(south_west.east_m),
            };
            high = NorthEast {
                north_m: high.north_m.max(north_east.north_m),
                east_m: high.east_m.max(north_east.east_m),
            };
        }
        let (north_m, east_m) = (high.north_m - low.north_m, high.east_m - low.east_m);
        let cell_m = north_m.max(east_m) / SEARCH_COLUMNS_MAX as f64;
        let count = |extent_m: f64| ((extent_m / cell_m - 1e-9).ceil() as usize).clamp(1, SEARCH_COLUMNS_MAX);
        let (rows, columns) = (count(north_m), count(east_m));
        let mut map = PoaMap {
            corner: low,
            cell_m,
            columns,
            prior: vec![0.0; rows * columns].into(),
            listened: vec![Listened::NOTHING; rows * columns].into(),
            pod: vec![0.0; rows * columns].into(),
            pos: 0.0,
            listening: None,
            over: None,
            listenings_total: 0,
        };
        regions.iter().for_each(|region| map.lay(region));
        let total: f64 = map.prior.iter().sum();
        map.prior.iter_mut().for_each(|prior| *prior /= total);
        Some(map)
    }

    fn lay(&mut self, region: &Region) {
        let steps = || (0..PLACES).map(|n| ((n as f64 + 0.5) / PLACES as f64 - 0.5) * self.cell_m);
        let places = |center: NorthEast| {
            let moved = steps().flat_map(|north_m| steps().map(move |east_m| (north_m, east_m)));
            let place = |(north_m, east_m)| NorthEast {
                north_m: center.north_m + north_m,
                east_m: center.east_m + east_m,
            };
            moved.map(place).filter(|at| region.area.contains(*at)).count() as f64
        };
        let mut shares: Vec<f64> = (0..self.prior.len()).map(|cell| places(self.center(cell))).collect();
        if shares.iter().all(|share| *share == 0.0) {
            // Smaller than what is looked at: all of it in the cell of its first corner.
            let corner = region.area.corners()[0];
            let away_m = |cell: &usize| self.center(*cell).distance_m(corner);
            let nearest = (0..shares.len()).min_by(|a, b| away_m(a).total_cmp(&away_m(b)));
            nearest.into_iter().for_each(|cell| shares[cell] = 1.0);
        }
        let total: f64 = shares.iter().sum();
        self.prior.iter_mut().zip(shares).for_each(|(prior, share)| *prior += region.weight * share / total);
    }

    fn center(&self, cell: usize) -> NorthEast {
        NorthEast {
            north_m: self.corner.north_m + ((cell / self.columns) as f64 + 0.5) * self.cell_m,
            east_m: self.corner.east_m + ((cell % self.columns) as f64 + 0.5) * self.cell_m,
        }
    }

    /// The aircraft at `at`, hearing nothing yet. A listening counts when it took the sight's time and led its distance from the one before.
    pub fn pass(&mut self, now: TimeUs, at: NorthEast, sight: &Sight) {
        self.draw(CELLS_A_PASS, sight);
        let Some(mut listening) = self.listening else {
            self.listening = Some(Listening { since: now, from: at, last: at, flown_m: 0.0 });
            return;
        };
        listening.flown_m += listening.last.distance_m(at);
        listening.last = at;
        let is_over =
            now.seconds_since(listening.since) >= sight.seconds() && listening.flown_m >= sight.apart_m();
        if is_over {
            self.begin(listening.from, at, sight);
            listening = Listening { since: now, from: at, last: at, flown_m: 0.0 };
        }
        self.listening = Some(listening);
    }

    /// The receiver was deaf, or the search paused: what was listened to since the last listening does not count.
    pub fn interrupt(&mut self) {
        self.listening = None;
    }

    /// One listening that heard nothing, from one place to another, drawn in at once: a beacon must be within reach of both to be heard through
    /// all of it.
    pub fn listened(&mut self, from: NorthEast, to: NorthEast, sight: &Sight) {
        self.begin(from, to, sight);
        self.draw(self.prior.len(), sight);
    }

    fn begin(&mut self, from: NorthEast, to: NorthEast, sight: &Sight) {
        self.draw(self.prior.len(), sight);
        self.over = Some(Over { from, to, cell: 0 });
        self.listenings_total += 1;
    }

    /// Draws the listening that is over into as many more cells.
    fn draw(&mut self, count: usize, sight: &Sight) {
        let Some(Over { from, to, cell: first }) = self.over else { return };
        let end = first.saturating_add(count).min(self.prior.len());
        let farthest_m = sight.farthest_m();
        for cell in first..end {
            let center = self.center(cell);
            let ground_m = center.distance_m(from).max(center.distance_m(to));
            if ground_m < farthest_m {
                self.listened[cell].add(from, ground_m, sight);
                let pod = self.listened[cell].pod() as f32;
                self.pos += self.prior[cell] * (f64::from(pod) - f64::from(self.pod[cell]));
                self.pod[cell] = pod;
            }
        }
        self.over = (end < self.prior.len()).then_some(Over { from, to, cell: end });
    }

    /// Draws in what is not yet, at the end of a search.
    pub fn finish(&mut self, sight: &Sight) {
        self.draw(self.prior.len(), sight);
    }

    /// Probability of success so far: that the beacon, lying as the prior says, would have been heard by now.
    pub fn pos(&self) -> f64 {
        self.pos
    }

    /// Listenings that counted.
    pub fn listenings_total(&self) -> u64 {
        self.listenings_total
    }

    /// Length of a cell's side, m.
    pub fn cell_m(&self) -> f64 {
        self.cell_m
    }

    /// All cells, row by row from the south-west.
    pub fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        (0..self.prior.len()).map(|cell| Cell {
            center: self.center(cell),
            prior: self.prior[cell],
            pod: f64::from(self.pod[cell]),
        })
    }

    /// POA of a cell now that nothing was heard, of all cells 1: POA·(1 − POD) over what remains of all.
    pub fn poa_now(&self, cell: &Cell) -> f64 {
        cell.remaining() / (1.0 - self.pos).max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sight::tests::link;
    use super::super::theory::{coverage, not_there};
    use super::*;
    use crate::allocation;

    fn area(north_m: (f64, f64), east_m: (f64, f64)) -> Area {
        let corner = |north_m, east_m| NorthEast { north_m, east_m };
        Area::new(&[
            corner(north_m.0, east_m.0),
            corner(north_m.1, east_m.0),
            corner(north_m.1, east_m.1),
            corner(north_m.0, east_m.1),
        ])
        .unwrap()
    }

    fn uniform(north_m: f64, east_m: f64) -> PoaMap {
        PoaMap::new(&[Region { area: area((0.0, north_m), (0.0, east_m)), weight: 3.0 }]).unwrap()
    }

    /// Flown due east at 5 m/s, 20 passes a second.
    fn fly(map: &mut PoaMap, north_m: f64, east_m: (f64, f64), sight: &Sight) {
        let passes = ((east_m.1 - east_m.0) / 0.25) as u64;
        for n in 0..=passes {
            let at = NorthEast { north_m, east_m: east_m.0 + n as f64 * 0.25 };
            map.pass(TimeUs(n * 50_000), at, sight);
        }
        map.interrupt();
        map.finish(sight);
    }

    #[test]
    fn one_long_track_finds_what_its_sweep_width_covers() {
        let sight = Sight::new(&link(150.0, 4.0, 3.0), 2.0, 30.0);
        let mut map = uniform(6_000.0, 6_000.0);
        fly(&mut map, 3_000.0, (-1_500.0, 7_500.0), &sight);
        let covered = coverage(sight.sweep_width_m(5.0), 6_000.0, 36e6);
        assert!((map.pos() / covered - 1.0).abs() < 0.03, "{} {covered}", map.pos());
    }

    #[test]
    fn what_is_searched_is_less_likely_and_all_of_it_is_one() {
        let sight = Sight::new(&link(150.0, 4.0, 0.0), 1.0, 30.0);
        let mut map = uniform(1_000.0, 500.0);
        let sum = |map: &PoaMap, of: &dyn Fn(&Cell) -> f64| map.cells().map(|cell| of(&cell)).sum::<f64>();
        assert!((sum(&map, &|cell| cell.prior) - 1.0).abs() < 1e-9 && map.cells().count() == 64 * 32);
        let mut before = map.pos();
        for lane in 0..3 {
            fly(&mut map, 100.0 + f64::from(lane) * 100.0, (0.0, 500.0), &sight);
            assert!(map.pos() > before, "{}", map.pos());
            before = map.pos();
        }
        assert!((sum(&map, &|cell| map.poa_now(cell)) - 1.0).abs() < 1e-9);
        assert!((sum(&map, &Cell::remaining) + map.pos() - 1.0).abs() < 1e-6);
        let (near, far) = map.cells().fold((0.0, 0.0), |(near, far), cell| {
            let poa = map.poa_now(&cell);
            if cell.center.north_m < 350.0 { (near + poa, far) } else { (near, far + poa) }
        });
        assert!(near < 0.01 && far > 0.99 && not_there(0.5, map.pos()) > 0.5, "{near} {far}");
    }

    #[test]
    fn standing_still_is_one_listening_and_being_deaf_none() {
        let sight = Sight::new(&link(150.0, 4.0, 0.0), 1.0, 30.0);
        let mut map = uniform(500.0, 500.0);
        let middle = NorthEast { north_m: 250.0, east_m: 250.0 };
        (0..1_000).for_each(|n| map.pass(TimeUs(n * 1_000_000), middle, &sight));
        assert_eq!((map.listenings_total(), map.pos()), (0, 0.0));
        map.listened(middle, middle, &sight);
        let here =
            map.cells().min_by(|a, b| a.center.distance_m(middle).total_cmp(&b.center.distance_m(middle)));
        assert!((here.unwrap().pod - sight.chance(6.0)).abs() < 1e-3);
        // Interrupted each second, 30 m are never flown in one piece.
        let mut map = uniform(500.0, 500.0);
        for n in 0..2_000_u32 {
            if n % 20 == 0 {
                map.interrupt();
            }
            let at = NorthEast { north_m: 250.0, east_m: f64::from(n) * 0.25 };
            map.pass(TimeUs(u64::from(n) * 50_000), at, &sight);
        }
        assert_eq!(map.listenings_total(), 0);
    }

    #[test]
    fn pass_by_pass_is_drawn_what_at_once_would_be() {
        let sight = Sight::new(&link(150.0, 4.0, 3.0), 0.0, 30.0);
        let (mut flown, mut at_once) = (uniform(1_000.0, 1_000.0), uniform(1_000.0, 1_000.0));
        let place = |n: u64| NorthEast { north_m: 480.0, east_m: n as f64 * 30.0 };
        for n in 0..=20 {
            flown.pass(TimeUs(n), place(n), &sight);
            // Between two of them as many passes as there are parts, or one alone.
            (0..n % 9).for_each(|_| flown.pass(TimeUs(n), place(n), &sight));
            if n > 0 {
                at_once.listened(place(n - 1), place(n), &sight);
            }
        }
        flown.finish(&sight);
        assert!(flown.cells().eq(at_once.cells()) && flown.listenings_total() == 20);
        assert!(flown.pos() == at_once.pos() && flown.pos() > 0.1, "{}", flown.pos());
    }

    #[test]
    fn the_prior_is_that_of_its_regions() {
        let regions = [
            Region { area: area((0.0, 1_000.0), (0.0, 500.0)), weight: 1.0 },
            Region { area: area((0.0, 1_000.0), (500.0, 1_000.0)), weight: 3.0 },
            Region { area: area((100.0, 100.5), (100.0, 100.5)), weight: 4.0 },
        ];
        let map = PoaMap::new(&regions).unwrap();
        let within = |is: &dyn Fn(NorthEast) -> bool| {
            map.cells().filter(|cell| is(cell.center)).map(|cell| cell.prior).sum::<f64>()
        };
        assert!((within(&|at| at.east_m > 500.0) - 0.375).abs() < 1e-9);
        assert!(within(&|at| at.distance_m(NorthEast { north_m: 100.0, east_m: 100.0 }) < 15.0) > 0.5);
        assert!(PoaMap::new(&[]).is_none());
        assert!(PoaMap::new(&[Region { weight: f64::NAN, ..regions[0].clone() }]).is_none());
    }

    #[test]
    fn a_search_allocates_nothing() {
        let sight = Sight::new(&link(150.0, 4.0, 3.0), 1.0, 30.0);
        let mut map = uniform(1_000.0, 1_000.0);
        let ((), calls) = allocation::count(|| {
            fly(&mut map, 500.0, (0.0, 500.0), &sight);
            std::hint::black_box(map.cells().map(|cell| map.poa_now(&cell)).sum::<f64>());
        });
        assert_eq!((calls, map.listenings_total() > 10), (0, true));
    }
}
