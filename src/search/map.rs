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

/// Cells side by side that are alike.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Cells {
    /// Middle of the most western one.
    pub from: NorthEast,
    /// How many there are.
    pub count: u16,
    /// Of each, see [`Cell`].
    pub prior: f64,
    /// Likewise.
    pub pod_percent: u8,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct PoaMap {
    corner: NorthEast,
    cell_m: f64,
    columns: usize,
    prior: Box<[f64]>,
    /// Share of each cell that lies in any region, 0..=1.
    covered: Box<[f32]>,
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
            covered: vec![0.0; rows * columns].into(),
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
        let whole = (PLACES * PLACES) as f32;
        self.covered
            .iter_mut()
            .zip(&shares)
            .for_each(|(covered, share)| *covered = covered.max(*share as f32 / whole));
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

    /// Cells side by side that are alike, eastwards, among `count` of them from number `first` on; such as have no prior are left out. POD in
    /// whole per cent. Returns where to go on; `None` when all are told.
    pub fn runs(&self, first: usize, count: usize, mut tell: impl FnMut(Cells)) -> Option<usize> {
        let end = first.saturating_add(count).min(self.prior.len());
        let percent = |cell: usize| (self.pod[cell] * 100.0).round() as u8;
        let mut open: Option<(Cells, usize)> = None;
        for cell in first..end {
            let (prior, pod_percent, row) = (self.prior[cell], percent(cell), cell / self.columns);
            match &mut open {
                Some((run, at)) if *at == row && run.prior == prior && run.pod_percent == pod_percent => {
                    run.count += 1;
                }
                _ => {
                    open.take().into_iter().for_each(|(run, _)| tell(run));
                    let from = self.center(cell);
                    open = (prior > 0.0).then_some((Cells { from, count: 1, prior, pod_percent }, row));
                }
            }
        }
        open.into_iter().for_each(|(run, _)| tell(run));
        (end < self.prior.len()).then_some(end)
    }

    /// Area of all regions, m².
    pub fn area_m2(&self) -> f64 {
        self.covered.iter().map(|covered| f64::from(*covered)).sum::<f64>() * self.cell_m * self.cell_m
    }

    /// That part of it where the POD is a half or more, m².
    pub fn searched_m2(&self) -> f64 {
        let cells = self.covered.iter().zip(&self.pod).filter(|(_, pod)| **pod >= 0.5);
        // The sum of none is -0.
        (0.0 + cells.map(|(covered, _)| f64::from(*covered)).sum::<f64>()) * self.cell_m * self.cell_m
    }

    /// POA of a cell now that nothing was heard, of all cells 1: POA·(1 − POD) over what remains of all.
    pub fn poa_now(&self, cell: &Cell) -> f64 {
        cell.remaining() / (1.0 - self.pos).max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests;
