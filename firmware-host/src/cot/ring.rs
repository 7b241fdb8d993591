//! A ring of squares with few corners, for an event that must fit into a datagram.

use skyhound::geo::{NorthEast, Origin, Wgs84};

/// Corners that are kept, about: some 4 kB of an event. Of a hull there may be more.
const CORNERS_MAX: usize = 64;

/// The ring with its notches filled, the smallest first, until it has few corners: no place that was in it is left out. The last corner is the
/// first; the inside is on the left.
pub fn covering(ring: &[Wgs84]) -> Vec<Wgs84> {
    let Some((first, corners)) = ring.split_first() else { return Vec::new() };
    let origin = Origin::new(*first);
    let mut left: Vec<(NorthEast, Wgs84)> =
        corners.iter().map(|corner| (origin.ned_from_wgs84(*corner), *corner)).collect();
    while left.len() > CORNERS_MAX {
        let Some(notch) = smallest_notch(&left) else { break };
        left.remove(notch);
    }
    let mut ring: Vec<Wgs84> = left.into_iter().map(|(_, corner)| corner).collect();
    ring.extend(ring.first().copied());
    ring
}

/// The corner whose filling adds least area, of those whose triangle holds no other corner, lest the ring cross itself.
fn smallest_notch(corners: &[(NorthEast, Wgs84)]) -> Option<usize> {
    let count = corners.len();
    let at = |index: usize| corners[index % count].0;
    let mut notches: Vec<(f64, usize)> = (0..count)
        .map(|index| (area2_m2(at(index + count - 1), at(index), at(index + 1)), index))
        .filter(|(area2_m2, _)| *area2_m2 <= 0.0)
        .map(|(area2_m2, index)| (-area2_m2, index))
        .collect();
    notches.sort_by(|a, b| a.0.total_cmp(&b.0));
    let is_free = |index: usize| {
        let triangle = [at(index + 1), at(index), at(index + count - 1)];
        (2..count - 1).all(|step| !holds(triangle, at(index + step)))
    };
    notches.into_iter().map(|(_, index)| index).find(|index| is_free(*index))
}

/// Twice the area of a triangle, positive where it turns left.
fn area2_m2(a: NorthEast, b: NorthEast, c: NorthEast) -> f64 {
    (b.east_m - a.east_m) * (c.north_m - a.north_m) - (b.north_m - a.north_m) * (c.east_m - a.east_m)
}

/// Whether a triangle that turns left holds a place, its edge with it.
fn holds([a, b, c]: [NorthEast; 3], at: NorthEast) -> bool {
    area2_m2(a, b, at) >= 0.0 && area2_m2(b, c, at) >= 0.0 && area2_m2(c, a, at) >= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locate::outline;
    use skyhound::facts::Run;

    fn area_m2(ring: &[NorthEast]) -> f64 {
        let middle = NorthEast::default();
        ring.windows(2).map(|pair| 0.5 * area2_m2(middle, pair[0], pair[1])).sum()
    }

    fn is_within(ring: &[NorthEast], at: NorthEast) -> bool {
        let crosses = |pair: &[NorthEast]| {
            let [a, b] = [pair[0], pair[1]];
            (a.north_m > at.north_m) != (b.north_m > at.north_m)
                && a.east_m + (at.north_m - a.north_m) / (b.north_m - a.north_m) * (b.east_m - a.east_m)
                    > at.east_m
        };
        ring.windows(2).filter(|pair| crosses(pair)).count() % 2 == 1
    }

    #[test]
    fn a_region_loses_corners_and_no_place() {
        let origin = Origin::new(Wgs84 { lat_deg: 47.3, lon_deg: 8.5 });
        // A crescent, 200 m wide, of squares of 2 m.
        let runs: Vec<Run> = (-50..=50)
            .flat_map(|row| {
                let north_m = f64::from(row) * 2.0;
                let outer_m = (101.0_f64.powi(2) - north_m.powi(2)).sqrt();
                let inner_m = (70.0_f64.powi(2) - north_m.powi(2)).max(0.0).sqrt() - 20.0;
                let from_m = if north_m.abs() < 67.0 { inner_m.max(-outer_m) } else { -outer_m };
                let count = ((outer_m - from_m) / 2.0).round() as u16;
                let from = NorthEast { north_m, east_m: (from_m / 2.0).round() * 2.0 };
                (count > 0).then_some(Run { from, size_m: 2.0, count })
            })
            .collect();
        let polygons = outline::of_runs(&runs);
        let whole = &polygons[0][0];
        let ring: Vec<Wgs84> = whole.iter().map(|at| origin.wgs84_from_ned(*at)).collect();
        let few = covering(&ring);
        let few_m: Vec<NorthEast> = few.iter().map(|at| origin.ned_from_wgs84(*at)).collect();
        assert!(whole.len() > 150 && few.len() <= CORNERS_MAX + 1, "{} → {}", whole.len(), few.len());
        assert_eq!(few.first(), few.last());
        let (before_m2, after_m2) = (area_m2(whole), area_m2(&few_m));
        assert!((before_m2..1.1 * before_m2).contains(&after_m2), "{before_m2} → {after_m2} m²");
        for run in &runs {
            for square in 0..run.count {
                let at = NorthEast { east_m: run.from.east_m + f64::from(square) * 2.0, ..run.from };
                assert!(is_within(&few_m, at), "{at:?} is left out");
            }
        }
        assert_eq!(covering(&ring[..1]), [], "a ring of one corner is none");
    }
}
