//! A region as polygons: the outlines of its squares, traced.
//!
//! Squares of a raster over the region; the edges between one that is in and one that is not, with the inside on the left, make closed
//! rings. Where two squares meet at a corner only, the ring keeps to its own square, so that polygons touch and never cross (RFC 7946,
//! 3.1.6: outer rings counterclockwise, holes clockwise).

use skyhound::facts::Run;
use skyhound::geo::NorthEast;
use skyhound::locate::Locate;

/// Squares along a side at most.
const SQUARES_MAX: usize = 600;

/// A polygon: its outer ring, then holes. Rings are closed: the last corner is the first.
pub type Polygon = Vec<Vec<NorthEast>>;

/// Polygons of the smallest region that holds `share` of the probability.
pub fn region(posterior: &Locate, share: f64) -> Vec<Polygon> {
    let mut runs = Vec::new();
    posterior.region(share, usize::MAX, |run| runs.push(run));
    Raster::over(&runs).map_or_else(Vec::new, |raster| {
        raster.outlined(&raster.filled(|middle| posterior.credibility(middle) <= share))
    })
}

/// Polygons of squares side by side, of one size or several.
pub fn of_runs(runs: &[Run]) -> Vec<Polygon> {
    let Some(raster) = Raster::over(runs) else { return Vec::new() };
    let mut squares = raster.filled(|_| false);
    for run in runs {
        let half_m = run.size_m / 2.0;
        let from = [run.from.north_m - half_m, run.from.east_m - half_m];
        let to = [from[0] + run.size_m, from[1] + run.size_m * f64::from(run.count)];
        let [rows, columns] = [0, 1].map(|n| raster.between(n, from[n], to[n]));
        squares[rows].iter_mut().for_each(|row| row[columns.clone()].fill(true));
    }
    raster.outlined(&squares)
}

/// Squares over a region.
struct Raster {
    low_m: [f64; 2],
    step_m: f64,
    count: [usize; 2],
}

impl Raster {
    /// As fine as the smallest square; `None` over nothing.
    fn over(runs: &[Run]) -> Option<Raster> {
        let (mut low_m, mut high_m) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        let mut step_m = f64::INFINITY;
        for run in runs {
            let half_m = run.size_m / 2.0;
            let length_m = run.size_m * (f64::from(run.count) - 1.0);
            let at_m = [run.from.north_m, run.from.east_m];
            low_m = [0, 1].map(|n| low_m[n].min(at_m[n] - half_m));
            high_m = [high_m[0].max(at_m[0] + half_m), high_m[1].max(at_m[1] + length_m + half_m)];
            step_m = step_m.min(run.size_m);
        }
        if step_m.is_infinite() {
            return None;
        }
        let longest_m = (high_m[0] - low_m[0]).max(high_m[1] - low_m[1]);
        step_m = step_m.max(longest_m / SQUARES_MAX as f64);
        // What rounding adds is no square.
        let count = [0, 1].map(|n| ((high_m[n] - low_m[n]) / step_m - 1e-3).ceil().max(1.0) as usize);
        Some(Raster { low_m, step_m, count })
    }

    fn corner(&self, row: usize, column: usize) -> NorthEast {
        NorthEast {
            north_m: self.low_m[0] + row as f64 * self.step_m,
            east_m: self.low_m[1] + column as f64 * self.step_m,
        }
    }

    /// Squares whose middle lies between two coordinates.
    fn between(&self, axis: usize, from_m: f64, to_m: f64) -> std::ops::Range<usize> {
        let index = |m: f64| ((m - self.low_m[axis]) / self.step_m).round().max(0.0) as usize;
        let end = index(to_m).min(self.count[axis]);
        index(from_m).min(end)..end
    }

    fn filled(&self, is_in: impl Fn(NorthEast) -> bool) -> Vec<Vec<bool>> {
        let middle = |row, column| {
            let at = self.corner(row, column);
            let half_m = self.step_m / 2.0;
            is_in(NorthEast { north_m: at.north_m + half_m, east_m: at.east_m + half_m })
        };
        let row = |row| (0..self.count[1]).map(|column| middle(row, column)).collect();
        (0..self.count[0]).map(row).collect()
    }

    fn outlined(&self, squares: &[Vec<bool>]) -> Vec<Polygon> {
        let placed =
            |ring: Vec<[usize; 2]>| ring.into_iter().map(|[row, column]| self.corner(row, column)).collect();
        polygons(squares).into_iter().map(|polygon| polygon.into_iter().map(placed).collect()).collect()
    }
}

/// Rings of corners, each polygon's outer one first.
fn polygons(squares: &[Vec<bool>]) -> Vec<Vec<Vec<[usize; 2]>>> {
    let rings = rings(squares);
    let (outer, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|ring| area2(ring) > 0);
    let mut polygons: Vec<Vec<Vec<[usize; 2]>>> = outer.into_iter().map(|ring| vec![ring]).collect();
    for hole in holes {
        // The smallest that holds it: an island in a lake has its own.
        let holders = polygons.iter_mut().filter(|polygon| holds(&polygon[0], &hole));
        if let Some(holder) = holders.min_by_key(|polygon| area2(&polygon[0])) {
            holder.push(hole);
        }
    }
    polygons
}

/// Steps along an edge: eastwards, northwards, westwards, southwards.
const STEPS: [[isize; 2]; 4] = [[0, 1], [1, 0], [0, -1], [-1, 0]];

fn rings(squares: &[Vec<bool>]) -> Vec<Vec<[usize; 2]>> {
    let (rows, columns) = (squares.len(), squares.first().map_or(0, Vec::len));
    let is_in = |row: isize, column: isize| {
        row >= 0
            && column >= 0
            && squares.get(row as usize).is_some_and(|row| row.get(column as usize) == Some(&true))
    };
    // Whether an edge leaves a corner in a direction with the inside on its left.
    let leaves = |corner: [usize; 2], direction: usize| {
        let [row, column] = corner.map(|n| n as isize);
        let (left, right) = match direction {
            0 => ([row, column], [row - 1, column]),
            1 => ([row, column - 1], [row, column]),
            2 => ([row - 1, column - 1], [row, column - 1]),
            _ => ([row - 1, column], [row - 1, column - 1]),
        };
        is_in(left[0], left[1]) && !is_in(right[0], right[1])
    };
    let mut walked = vec![[false; 4]; (rows + 1) * (columns + 1)];
    let mut rings = Vec::new();
    for start in (0..=rows).flat_map(|row| (0..=columns).map(move |column| [row, column])) {
        for first in 0..4 {
            let index = |corner: [usize; 2]| corner[0] * (columns + 1) + corner[1];
            if walked[index(start)][first] || !leaves(start, first) {
                continue;
            }
            let (mut ring, mut at, mut direction) = (vec![start], start, first);
            loop {
                walked[index(at)][direction] = true;
                at = [0, 1].map(|n| at[n].wrapping_add_signed(STEPS[direction][n]));
                // Left before straight on before right: the ring keeps to its own square.
                let next =
                    [1, 0, 3].map(|turn| (direction + turn) % 4).into_iter().find(|next| leaves(at, *next));
                let next = next.unwrap_or(direction);
                if at == start && next == first {
                    break;
                }
                if next != direction {
                    ring.push(at);
                }
                direction = next;
            }
            ring.push(start);
            rings.push(ring);
        }
    }
    rings
}

/// Twice the area, positive where the inside is on the left.
fn area2(ring: &[[usize; 2]]) -> i64 {
    let cross =
        |pair: &[[usize; 2]]| pair[0][1] as i64 * pair[1][0] as i64 - pair[1][1] as i64 * pair[0][0] as i64;
    ring.windows(2).map(cross).sum()
}

/// Whether a hole lies in a ring: by the middle of the square right of its first edge.
fn holds(ring: &[[usize; 2]], hole: &[[usize; 2]]) -> bool {
    let [from, to] = [hole[0], hole[1]].map(|corner| corner.map(|n| n as f64));
    let length = (to[0] - from[0]).abs() + (to[1] - from[1]).abs();
    let along = [0, 1].map(|n| (to[n] - from[n]) / length);
    // Right of a step north (1, 0) is east (0, 1).
    let at = [from[0] + 0.5 * (along[0] - along[1]), from[1] + 0.5 * (along[1] + along[0])];
    let crosses = |pair: &[[usize; 2]]| {
        let [a, b] = [pair[0], pair[1]].map(|corner| corner.map(|n| n as f64));
        (a[0] > at[0]) != (b[0] > at[0]) && a[1] > at[1]
    };
    ring.windows(2).filter(|pair| crosses(pair)).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(picture: &[&str]) -> Vec<Vec<Vec<[usize; 2]>>> {
        // The first line is the north.
        let squares: Vec<Vec<bool>> =
            picture.iter().rev().map(|line| line.chars().map(|c| c == '#').collect()).collect();
        polygons(&squares)
    }

    #[test]
    fn a_ring_with_an_island_is_two_polygons_and_a_hole() {
        let polygons = drawn(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
        assert_eq!(polygons.len(), 2, "{polygons:?}");
        let (ring, island) = (&polygons[0], &polygons[1]);
        assert_eq!(ring[0], [[0, 0], [0, 5], [5, 5], [5, 0], [0, 0]]);
        assert_eq!(ring[1], [[1, 1], [4, 1], [4, 4], [1, 4], [1, 1]]);
        assert_eq!(island, &vec![vec![[2, 2], [2, 3], [3, 3], [3, 2], [2, 2]]]);
    }

    #[test]
    fn squares_side_by_side_have_one_outline() {
        let run = |north_m: f64, size_m: f64, count| Run {
            from: NorthEast { north_m, east_m: 100.0 - 0.5 * (4.0 - size_m) },
            size_m,
            count,
        };
        // 4 m squares under 2 m ones: 12 × 4 m and 8 × 2 m.
        let polygons = of_runs(&[run(0.0, 4.0, 3), run(3.0, 2.0, 4)]);
        assert_eq!((polygons.len(), polygons[0].len(), polygons[0][0].len()), (1, 1, 7), "{polygons:?}");
        let ring = &polygons[0][0];
        let cross = |a: NorthEast, b: NorthEast| a.east_m * b.north_m - b.east_m * a.north_m;
        let area_m2: f64 = ring.windows(2).map(|pair| 0.5 * cross(pair[0], pair[1])).sum();
        assert!((area_m2 - 64.0).abs() < 1e-6, "{area_m2}");
        assert!(of_runs(&[]).is_empty());
    }

    #[test]
    fn squares_that_meet_at_a_corner_do_not_cross() {
        for picture in [["#.", ".#"], [".#", "#."]] {
            let polygons = drawn(&picture);
            assert_eq!(polygons.len(), 2, "{polygons:?}");
            assert!(polygons.iter().all(|polygon| polygon.len() == 1 && area2(&polygon[0]) == 2));
        }
        // Two lakes that meet at a corner are two holes.
        let lakes = drawn(&["####", "#.##", "##.#", "####"]);
        assert_eq!((lakes.len(), lakes[0].iter().map(|ring| area2(ring)).sum::<i64>()), (1, 28), "{lakes:?}");
    }
}
