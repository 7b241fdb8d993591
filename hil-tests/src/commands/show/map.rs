//! The area from above in characters: track, aircraft, home, and the true beacons, which the daemon does not know.
//!
//! A character is twice as high as wide. What is shown grows with the flight, never shrinks, so that the picture stands still.

use std::f64::consts::TAU;

use crate::judge::plot::Frame;

/// Columns of the map.
pub(super) const COLUMNS: usize = 52;
/// Rows of the map.
pub(super) const ROWS: usize = 16;
/// Width of a character over its height.
const CHARACTER_RATIO: f64 = 0.5;
/// A track is remembered at this distance.
const STEP_M: f64 = 1.0;
const ARROWS: [char; 8] = ['↑', '↗', '→', '↘', '↓', '↙', '←', '↖'];

/// East and north of home, m.
pub(super) type Point = (f64, f64);
/// A character and what a terminal is told before it: its colour, of 256.
pub(super) type Cell = (char, &'static str);

const AIRCRAFT: &str = "1";
const HOME: &str = "1;38;5;245";
const TRUTH: &str = "1;38;5;196";

/// The map.
pub(super) struct Map {
    /// Where it was, in the colour of its state.
    track: Vec<(Point, &'static str)>,
    beacons: Vec<Point>,
}

impl Map {
    pub(super) fn new(beacons: &[Point]) -> Map {
        Map { track: Vec::new(), beacons: beacons.to_vec() }
    }

    /// The aircraft is at `point`, in a state of this colour.
    pub(super) fn fly(&mut self, point: Point, colour: &'static str) {
        let is_far = |(last, _): &(Point, &str)| (last.0 - point.0).hypot(last.1 - point.1) >= STEP_M;
        if self.track.last().is_none_or(is_far) {
            self.track.push((point, colour));
        }
    }

    /// The picture, north up; `yaw_rad` turns the aircraft's arrow.
    pub(super) fn draw(&self, yaw_rad: f64) -> Vec<[Cell; COLUMNS]> {
        let mut rows = vec![[(' ', ""); COLUMNS]; ROWS];
        let frame = self.frame();
        let within = |place: f64, count: usize| place.round().clamp(0.0, (count - 1) as f64) as usize;
        let mut put = |(east_m, north_m): Point, cell: Cell| {
            let column = (east_m - frame.centre.0) / frame.pixel_m + (COLUMNS - 1) as f64 / 2.0;
            let row = (frame.centre.1 - north_m) / frame.pixel_m * CHARACTER_RATIO + (ROWS - 1) as f64 / 2.0;
            rows[within(row, ROWS)][within(column, COLUMNS)] = cell;
        };
        self.track.iter().for_each(|(point, colour)| put(*point, ('·', colour)));
        put((0.0, 0.0), ('H', HOME));
        self.beacons.iter().for_each(|beacon| put(*beacon, ('X', TRUTH)));
        if let Some((point, _)) = self.track.last() {
            let eighth = (yaw_rad.rem_euclid(TAU) / TAU * 8.0).round() as usize % 8;
            put(*point, (ARROWS[eighth], AIRCRAFT));
        }
        rows
    }

    fn frame(&self) -> Frame {
        let points = self.track.iter().map(|(point, _)| *point).chain(self.beacons.iter().copied());
        Frame::of(points, ((COLUMNS - 1) as f64, (ROWS - 1) as f64 / CHARACTER_RATIO))
    }

    /// Metres from a column to the next.
    pub(super) fn column_m(&self) -> f64 {
        self.frame().pixel_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    fn find(rows: &[[Cell; COLUMNS]], colour: &str) -> Vec<(usize, usize, char)> {
        let cells = rows.iter().flatten().enumerate().filter(|(_, cell)| cell.1 == colour);
        cells.map(|(index, cell)| (index % COLUMNS, index / COLUMNS, cell.0)).collect()
    }

    #[test]
    fn north_is_up_east_is_right_and_a_metre_is_a_metre() {
        let mut map = Map::new(&[(200.0, 0.0), (0.0, 200.0)]);
        (0..=100).for_each(|step| map.fly((f64::from(step), 0.0), "3"));
        let rows = map.draw(FRAC_PI_2);
        let (home_column, home_row, _) = find(&rows, HOME)[0];
        let truth = find(&rows, TRUTH);
        let (north, east) = (truth[0], truth[1]);
        assert_eq!((north.0, east.1), (home_column, home_row));
        let (wide, high) = (east.0 - home_column, home_row - north.1);
        assert!(wide.abs_diff(2 * high) <= 1, "200 m are {wide} columns and {high} rows");
        let aircraft = find(&rows, AIRCRAFT)[0];
        assert_eq!((aircraft.1, aircraft.2), (home_row, '→'));
        assert!(aircraft.0.abs_diff(home_column + wide / 2) <= 1);
        assert!(find(&rows, "3").len() >= wide / 2 - 2);
    }

    #[test]
    fn the_picture_grows_and_everything_stays_within() {
        let mut map = Map::new(&[(30.0, 30.0)]);
        let before_m = map.column_m();
        (0..2000).for_each(|step| map.fly((-f64::from(step), 10.0 * f64::from(step)), "1"));
        assert!(map.column_m() > before_m);
        let rows = map.draw(-0.1);
        assert_eq!(find(&rows, AIRCRAFT)[0].2, '↑');
        assert_eq!(find(&rows, HOME).len() + find(&rows, TRUTH).len(), 1, "one covers the other");
    }

    #[test]
    fn nothing_flown_yet_is_a_picture_too() {
        let rows = Map::new(&[]).draw(f64::NAN);
        assert_eq!(find(&rows, HOME).len(), 1);
        assert!(find(&rows, AIRCRAFT).is_empty());
    }
}
