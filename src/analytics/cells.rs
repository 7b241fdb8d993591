//! Readings averaged into square cells over NED position, kept up to date as readings come and go.
//!
//! A cell is found by open addressing with linear probing (Knuth, TAOCP 3, § 6.4, algorithms L and R: deletion closes
//! the hole, so there are no tombstones to clean). Sums are whole (millimetres, hundredths of a decibel): exact, however
//! often a reading came and went. The caller keeps the number of cells at or below [`CELLS_MAX`].

use crate::geo::NorthEast;
use crate::units::CentiDb;

/// Cells in use at most: at 10 m/s in a straight line with cells of 2 m, 200 s.
pub const CELLS_MAX: usize = 1_024;
const TABLE_LEN: usize = CELLS_MAX * 2;
const _: () = assert!(TABLE_LEN.is_power_of_two());

/// A place in whole millimetres, and the power read there.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    north_mm: i32,
    east_mm: i32,
    power: CentiDb,
}

impl Placed {
    /// `None` when the place is not finite or more than 2 000 km away.
    pub fn new(at: NorthEast, power: CentiDb) -> Option<Placed> {
        let mm = |m: f64| (m.abs() <= 2e6).then(|| (m * 1e3).round() as i32);
        Some(Placed { north_mm: mm(at.north_m)?, east_mm: mm(at.east_m)?, power })
    }

    /// Fills unused room.
    pub const BLANK: Placed = Placed { north_mm: 0, east_mm: 0, power: CentiDb::LOWEST };
}

/// Sums over the readings of one cell.
#[derive(Copy, Clone, Debug, Default)]
struct Cell {
    key: (i32, i32),
    count: u32,
    north_mm: i64,
    east_mm: i64,
    hundredths: i64,
}

/// Mean place and power of one cell.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct CellMean {
    /// Readings in it.
    pub count: u32,
    /// Mean north of its readings, m.
    pub north_m: f64,
    /// Mean east of its readings, m.
    pub east_m: f64,
    /// Mean power (of dB values), dBFS.
    pub power_db: f64,
}

/// The cells.
pub struct Cells {
    edge_mm: i32,
    table: Box<[Cell]>,
    used: usize,
}

impl Cells {
    /// No cells yet, of `edge_m`.
    pub fn new(edge_m: f64) -> Cells {
        let edge_mm = (edge_m * 1e3).round().max(1.0) as i32;
        Cells { edge_mm, table: vec![Cell::default(); TABLE_LEN].into_boxed_slice(), used: 0 }
    }

    /// Cells with readings.
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether `placed` would need a cell beyond [`CELLS_MAX`].
    pub fn is_full_for(&self, placed: &Placed) -> bool {
        self.used >= CELLS_MAX && self.table[self.find(self.key(placed))].count == 0
    }

    /// Adds a reading; the caller asked [`Cells::is_full_for`].
    pub fn add(&mut self, placed: &Placed) {
        let key = self.key(placed);
        let slot = self.find(key);
        let cell = &mut self.table[slot];
        if cell.count == 0 {
            self.used += 1;
            cell.key = key;
        }
        cell.count += 1;
        cell.change(placed, 1);
    }

    /// Takes a reading out that was added before.
    pub fn remove(&mut self, placed: &Placed) {
        let slot = self.find(self.key(placed));
        let cell = &mut self.table[slot];
        cell.count -= 1;
        cell.change(placed, -1);
        if cell.count == 0 {
            self.used -= 1;
            self.close_hole(slot);
        }
    }

    /// The cells with readings, in an order that depends only on what was added and removed.
    pub fn iter(&self) -> impl Iterator<Item = CellMean> {
        self.table.iter().filter(|cell| cell.count > 0).map(|cell| {
            let count = f64::from(cell.count);
            CellMean {
                count: cell.count,
                north_m: cell.north_mm as f64 / (1e3 * count),
                east_m: cell.east_mm as f64 / (1e3 * count),
                power_db: cell.hundredths as f64 / (1e2 * count),
            }
        })
    }

    fn key(&self, placed: &Placed) -> (i32, i32) {
        (placed.north_mm.div_euclid(self.edge_mm), placed.east_mm.div_euclid(self.edge_mm))
    }

    /// The slot of `key`, or the empty one where it belongs. Half of the slots are always empty.
    fn find(&self, key: (i32, i32)) -> usize {
        let mut slot = home(key);
        while self.table[slot].count > 0 && self.table[slot].key != key {
            slot = (slot + 1) % TABLE_LEN;
        }
        slot
    }

    fn close_hole(&mut self, mut hole: usize) {
        let mut slot = hole;
        loop {
            slot = (slot + 1) % TABLE_LEN;
            if self.table[slot].count == 0 {
                break;
            }
            // A cell may move back into the hole only if its home is not between the hole and itself.
            let from_home = slot.wrapping_sub(home(self.table[slot].key)) % TABLE_LEN;
            if from_home >= slot.wrapping_sub(hole) % TABLE_LEN {
                self.table[hole] = self.table[slot];
                hole = slot;
            }
        }
        self.table[hole] = Cell::default();
    }
}

impl Cell {
    fn change(&mut self, placed: &Placed, sign: i64) {
        self.north_mm += sign * i64::from(placed.north_mm);
        self.east_mm += sign * i64::from(placed.east_mm);
        self.hundredths += sign * i64::from(placed.power.hundredths());
    }
}

/// Multiplicative hashing (Knuth, TAOCP 3, § 6.4) with the golden ratio's 64 bits.
fn home(key: (i32, i32)) -> usize {
    let packed = (key.0 as u32 as u64) << 32 | key.1 as u32 as u64;
    let mixed = (packed ^ packed >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize % TABLE_LEN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn equals_a_map_of_the_readings_inside(
            steps in prop::collection::vec((-400i32..400, -400i32..400, -9_000i16..0, any::<bool>()), 1..800),
        ) {
            let mut cells = Cells::new(2.0);
            let mut inside = std::collections::VecDeque::new();
            for (north, east, power, leave) in steps {
                let at = NorthEast { north_m: f64::from(north) / 2.0, east_m: f64::from(east) / 8.0 };
                let placed = Placed::new(at, CentiDb::from_hundredths(power)).unwrap();
                cells.add(&placed);
                inside.push_back(placed);
                if leave || inside.len() > 700 {
                    cells.remove(&inside.pop_front().unwrap());
                }
            }
            let mut map: HashMap<(i32, i32), (u32, i64)> = HashMap::new();
            for placed in &inside {
                let entry = map.entry(cells.key(placed)).or_default();
                *entry = (entry.0 + 1, entry.1 + i64::from(placed.power.hundredths()));
            }
            prop_assert_eq!(cells.len(), map.len());
            let mut ours: Vec<(u32, f64)> = cells.iter().map(|c| (c.count, c.power_db)).collect();
            let mut expected: Vec<(u32, f64)> =
                map.values().map(|v| (v.0, v.1 as f64 / (1e2 * f64::from(v.0)))).collect();
            ours.sort_by(|a, b| a.partial_cmp(b).unwrap());
            expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
            prop_assert_eq!(ours, expected);
        }
    }
}
