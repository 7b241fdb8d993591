//! A grid with what was read from it.

use super::Antenna;
use super::grid::{Grid, KINDS};
use super::lanes::{Row, SIDE};
use super::raster::Raster;

/// A grid with what was read from it.
pub(super) struct Layer {
    pub(super) grid: Grid,
    pub(super) raster: Raster,
    /// Logarithm of the posterior at each node, not normalised.
    pub(super) logs: Vec<Row>,
    /// Maximum and sum of each row while it is read.
    pub(super) best: Row,
    pub(super) sum: Row,
    /// Maximum and sum of each kind over all nodes.
    pub(super) kinds: [(f32, f32); KINDS],
    /// Whether the present reading has it.
    pub(super) is_read: bool,
}

impl Layer {
    /// With nothing in it.
    pub(super) fn new(antenna: Antenna) -> Layer {
        Layer {
            grid: Grid::new(antenna),
            raster: Raster::new(),
            logs: vec![[f32::NEG_INFINITY; SIDE]; SIDE],
            best: [f32::NEG_INFINITY; SIDE],
            sum: [0.0; SIDE],
            kinds: [(f32::NEG_INFINITY, 0.0); KINDS],
            is_read: false,
        }
    }

    /// Highest logarithm.
    pub(super) fn most(&self) -> f32 {
        self.logs.iter().flatten().copied().fold(f32::NEG_INFINITY, f32::max)
    }
}
