//! Parallel legs over any simple polygon: the area cut into strips one track spacing wide, and a leg through each.
//!
//! A strip is cut at every corner into trapezoids (cellular decomposition, Choset & Pignon 1998). The leg runs along the strip's middle,
//! and along the area's edge where the middle lies outside; so each place of the strip has the leg no farther than half a spacing
//! across it, and no leg leaves the area. The outer end is left out as far as what is there is as near to what is left. To one per cent of half
//! the spacing: bends smaller than that are not flown.
//!
//! Inside, x runs along the legs and y across them, to the right.

use super::area::Area;
use crate::geo::NorthEast;

/// Places nearer to each other along the legs are one, m.
const SLAB_M: f64 = 1e-7;
/// Bends up to this share of half the spacing are not flown.
const BEND_RATIO: f64 = 0.01;

/// Along and across the legs, m.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

/// One leg through a strip.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    /// Number of its strip, across the legs.
    pub(super) strip: usize,
    /// From its begin to its end, two or more.
    pub(super) points: Vec<NorthEast>,
    /// Extent along the legs.
    from_x: f64,
    to_x: f64,
}

impl Leg {
    /// Whether two legs lie beside each other over some length.
    pub(super) fn is_beside(&self, other: &Leg) -> bool {
        self.to_x.min(other.to_x) - self.from_x.max(other.from_x) > SLAB_M
    }
}

/// Strips of `spacing_m` that an area needs on this heading.
pub(super) fn strip_count(area: &Area, spacing_m: f64, heading_rad: f64) -> usize {
    let (low, high) = extent(&turned(area, heading_rad));
    (((high - low) / spacing_m - 1e-9).ceil() as usize).max(1)
}

/// Legs of heading `heading_rad` from north, strip by strip; the middles are exactly `spacing_m` apart, and what remains of the width lies
/// equally on both sides.
pub(super) fn legs(area: &Area, spacing_m: f64, heading_rad: f64) -> Vec<Leg> {
    let corners = turned(area, heading_rad);
    let (low, high) = extent(&corners);
    let count = strip_count(area, spacing_m, heading_rad);
    let first_y = (low + high) / 2.0 - (count - 1) as f64 / 2.0 * spacing_m;
    let (sin, cos) = heading_rad.sin_cos();
    let place = |at: &Point| NorthEast { north_m: cos * at.x - sin * at.y, east_m: sin * at.x + cos * at.y };
    let mut legs = Vec::new();
    for strip in 0..count {
        let strip_of = Strip { y: first_y + strip as f64 * spacing_m, half: spacing_m / 2.0 };
        legs.extend(strip_of.legs(&corners).into_iter().map(|points| Leg {
            strip,
            from_x: points[0].x,
            to_x: points[points.len() - 1].x,
            points: points.iter().map(place).collect(),
        }));
    }
    legs
}

fn turned(area: &Area, heading_rad: f64) -> Vec<Point> {
    let (sin, cos) = heading_rad.sin_cos();
    let turn = |at: &NorthEast| Point {
        x: cos * at.north_m + sin * at.east_m,
        y: cos * at.east_m - sin * at.north_m,
    };
    area.corners().iter().map(turn).collect()
}

fn extent(corners: &[Point]) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    corners.iter().fold(start, |(low, high), at| (low.min(at.y), high.max(at.y)))
}

/// One strip, `half` to either side of `y`.
#[derive(Copy, Clone)]
struct Strip {
    y: f64,
    half: f64,
}

/// What of a strip lies in the area between two places along it: its extent across at either.
#[derive(Copy, Clone)]
struct Trapezoid {
    from: (f64, f64),
    to: (f64, f64),
}

/// A leg that is being drawn.
struct Drawn {
    points: Vec<Point>,
    /// Extent across at its end; none where the strip went on without it.
    open: Option<(f64, f64)>,
}

impl Strip {
    fn legs(self, corners: &[Point]) -> Vec<Vec<Point>> {
        let cuts = self.cuts(corners);
        let mut drawn: Vec<Drawn> = Vec::new();
        for pair in cuts.windows(2) {
            let (from_x, to_x) = (pair[0], pair[1]);
            let mut free = self.trapezoids(corners, from_x, to_x);
            for leg in &mut drawn {
                let Some(end) = leg.open.take() else { continue };
                let last_y = leg.points[leg.points.len() - 1].y;
                let meets = |of: &Trapezoid| end.1.min(of.from.1) - end.0.max(of.from.0) > SLAB_M;
                let away = |of: &Trapezoid| (self.middle(of.from) - last_y).abs();
                let next = (0..free.len())
                    .filter(|n| meets(&free[*n]))
                    .min_by(|a, b| away(&free[*a]).total_cmp(&away(&free[*b])));
                if let Some(next) = next {
                    self.draw(leg, free.swap_remove(next), from_x, to_x);
                }
            }
            for of in free {
                let mut leg = Drawn { points: Vec::new(), open: None };
                self.draw(&mut leg, of, from_x, to_x);
                drawn.push(leg);
            }
        }
        drawn.into_iter().map(|leg| self.trimmed(leg.points)).collect()
    }

    /// Where along it corners lie, or edges meet its borders or its middle.
    fn cuts(self, corners: &[Point]) -> Vec<f64> {
        let mut cuts = Vec::new();
        for (n, p) in corners.iter().enumerate() {
            let q = corners[(n + 1) % corners.len()];
            // A corner on the border itself too, however it is rounded.
            if (p.y - self.y).abs() <= self.half + SLAB_M {
                cuts.push(p.x);
            }
            let levels = [self.y - self.half, self.y, self.y + self.half];
            let crossed = levels.into_iter().filter(|level| (p.y > *level) != (q.y > *level));
            cuts.extend(crossed.map(|level| p.x + (level - p.y) / (q.y - p.y) * (q.x - p.x)));
        }
        cuts.sort_by(f64::total_cmp);
        cuts.dedup_by(|later, earlier| *later - *earlier < SLAB_M);
        cuts
    }

    fn trapezoids(self, corners: &[Point], from_x: f64, to_x: f64) -> Vec<Trapezoid> {
        let (low, high) = (self.y - self.half, self.y + self.half);
        let middle_x = (from_x + to_x) / 2.0;
        let mut edges: Vec<[f64; 3]> = Vec::new();
        for (n, p) in corners.iter().enumerate() {
            let q = corners[(n + 1) % corners.len()];
            if (p.x > middle_x) != (q.x > middle_x) {
                let y_at = |x: f64| p.y + (x - p.x) / (q.x - p.x) * (q.y - p.y);
                let middle_y = y_at(middle_x);
                // An edge that is outside of the strip here stays outside up to the next cut.
                let border = if middle_y <= low { Some(low) } else { (middle_y >= high).then_some(high) };
                let end = |x: f64| border.unwrap_or_else(|| y_at(x).clamp(low, high));
                edges.push([middle_y, end(from_x), end(to_x)]);
            }
        }
        edges.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let between = edges.chunks_exact(2).filter(|pair| pair[0][0] < high && pair[1][0] > low);
        let trapezoid =
            |pair: &[[f64; 3]]| Trapezoid { from: (pair[0][1], pair[1][1]), to: (pair[0][2], pair[1][2]) };
        between.map(trapezoid).collect()
    }

    /// The place nearest to the middle of the strip.
    fn middle(self, (low, high): (f64, f64)) -> f64 {
        self.y.max(low).min(high.max(low))
    }

    fn draw(self, leg: &mut Drawn, of: Trapezoid, from_x: f64, to_x: f64) {
        for at in [Point { x: from_x, y: self.middle(of.from) }, Point { x: to_x, y: self.middle(of.to) }] {
            if let [.., before, last] = leg.points[..]
                && is_straight(before, last, at)
            {
                leg.points.pop();
            }
            if leg.points.last() != Some(&at) {
                leg.points.push(at);
            }
        }
        leg.open = Some(of.to);
    }

    fn trimmed(self, mut points: Vec<Point>) -> Vec<Point> {
        self.trim_end(&mut points);
        points.reverse();
        self.trim_end(&mut points);
        points.reverse();
        points
    }

    /// Takes off the end what is seen as near from where it then ends.
    fn trim_end(self, points: &mut Vec<Point>) {
        let end = points[points.len() - 1];
        let off = |at: Point| (at.y - self.y).abs();
        let is_seen = |at: Point| (end.x - at.x).hypot(self.half - off(at)) <= self.half * (1.0 + BEND_RATIO);
        while points.len() > 2 {
            let (before, last) = (points[points.len() - 2], points[points.len() - 1]);
            // Only while it runs along the edge, away from the middle.
            if off(before) > off(last) || off(last) == 0.0 {
                return;
            }
            if is_seen(before) {
                points.pop();
                continue;
            }
            let (mut seen, mut unseen) = (last, before);
            for _ in 0..40 {
                let half_way = Point { x: (seen.x + unseen.x) / 2.0, y: (seen.y + unseen.y) / 2.0 };
                if is_seen(half_way) { seen = half_way } else { unseen = half_way }
            }
            let last = points.len() - 1;
            points[last] = seen;
            return;
        }
    }
}

/// Whether `middle` lies on the straight way between its neighbours, not beyond.
fn is_straight(before: Point, middle: Point, after: Point) -> bool {
    let (one, other) = ((middle.x - before.x, middle.y - before.y), (after.x - middle.x, after.y - middle.y));
    let (cross, dot) = (one.0 * other.1 - one.1 * other.0, one.0 * other.0 + one.1 * other.1);
    dot >= 0.0 && cross.abs() <= SLAB_M * (one.0 + other.0).hypot(one.1 + other.1)
}
