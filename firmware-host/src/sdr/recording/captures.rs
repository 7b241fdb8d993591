//! The captures of a recording as they are gone through: where each ends, what is missing before it, and which of the bands
//! that beacons are listened to in it is of.

use super::contents::{Capture, Refusal, refuse};
use crate::sdr::same_within_hz;
use std::ops::Range;

/// Captures further apart than this are recordings of their own: their pause is not played.
const PAUSE_MAX_S: f64 = 60.0;
/// More frequencies are no recording of a receiver that was retuned now and then.
const CENTERS_MAX: usize = 256;

/// All captures, and which one is being played.
pub struct Captures {
    all: Vec<Capture>,
    /// Frequency of each, Hz; NaN when it is not told.
    centers_hz: Vec<f64>,
    /// The frequencies that are told, each once, Hz.
    distinct_hz: Vec<f64>,
    /// Frequencies no further apart are the same, Hz.
    tolerance_hz: f64,
    sample_rate_sps: f64,
    /// The frequencies that are listened to, Hz; one at least.
    bands_hz: Vec<f64>,
    is_planned: bool,
    next: usize,
}

/// The begin of a capture.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Boundary {
    /// Its number, the first being 0.
    pub number: usize,
    /// Bytes before its samples that are none.
    pub header_bytes: u64,
    /// Samples missing before it.
    pub lost: u64,
    /// Samples of a pause before it that is too long to be played.
    pub unplayed: u64,
    /// Its frequency is another than the last one's.
    pub is_retuned: bool,
}

impl Captures {
    /// One at least. A frequency that is set holds for the first; the others keep their distance from it.
    ///
    /// # Errors
    /// More frequencies than are kept apart.
    pub fn new(all: Vec<Capture>, set_hz: Option<f64>, sample_rate_sps: f64) -> Result<Captures, Refusal> {
        let first_hz = all[0].frequency_hz;
        let center = |capture: &Capture| match (set_hz, capture.frequency_hz, first_hz) {
            (Some(set), Some(own), Some(first)) => set + (own - first),
            (Some(set), ..) => set,
            (None, own, _) => own.unwrap_or(f64::NAN),
        };
        let mut centers_hz: Vec<f64> = all.iter().map(center).collect();
        if centers_hz.iter().all(|center| center.is_nan()) {
            centers_hz.fill(0.0);
        }
        let planned_hz = centers_hz.iter().copied().find(|center| !center.is_nan()).unwrap_or(0.0);
        let tolerance_hz = same_within_hz(sample_rate_sps);
        Ok(Captures {
            all,
            distinct_hz: distinct(&centers_hz, tolerance_hz)?,
            centers_hz,
            tolerance_hz,
            sample_rate_sps,
            bands_hz: vec![planned_hz],
            is_planned: false,
            next: 1,
        })
    }

    /// Bytes before the first sample that are none.
    pub fn first_header_bytes(&self) -> u64 {
        self.all[0].header_bytes
    }

    /// The frequency planned for, Hz: at first the first one that is told; 0 when none is.
    pub fn planned_hz(&self) -> f64 {
        self.bands_hz[0]
    }

    /// The frequencies that are told, each once, Hz.
    pub fn centers_hz(&self) -> Vec<f64> {
        self.distinct_hz.clone()
    }

    /// When the first sample was taken, µs since 1970, by the first capture that tells.
    pub fn recorded_utc_us(&self) -> Option<i64> {
        let told = self.all.iter().position(|capture| capture.utc_us.is_some())?;
        let pairs = self.all[..=told].windows(2);
        let lost: u64 = pairs.map(|pair| missing_between(&pair[0], &pair[1], self.sample_rate_sps).0).sum();
        let before_us = (self.all[told].sample_start + lost) as f64 * 1e6 / self.sample_rate_sps;
        Some(self.all[told].utc_us?.saturating_sub(before_us as i64))
    }

    /// Plans for listening at these frequencies, one at least.
    pub fn plan(&mut self, bands_hz: &[f64]) {
        (self.bands_hz, self.is_planned) = (bands_hz.to_vec(), true);
    }

    /// Whether somebody has planned for beacons, and none of them can be heard in the capture being played.
    pub fn is_deaf(&self) -> bool {
        self.is_planned && self.band().is_none()
    }

    /// Frequency of the capture being played, Hz; NaN when it does not tell.
    pub fn center_hz(&self) -> f64 {
        self.centers_hz[self.next - 1]
    }

    /// Which of the frequencies planned for it is at.
    pub fn band(&self) -> Option<usize> {
        let center_hz = self.center_hz();
        self.bands_hz.iter().position(|band_hz| self.is_same(*band_hz, center_hz))
    }

    /// From the first to the last of the samples taken at frequencies that `is_at` takes, what is missing between counted in.
    pub fn span(&self, file_samples: u64, is_at: &dyn Fn(f64) -> bool) -> Range<u64> {
        let (mut lost, mut span) = (0, None::<Range<u64>>);
        for (number, capture) in self.all.iter().enumerate() {
            if let Some(before) = number.checked_sub(1) {
                lost += missing_between(&self.all[before], capture, self.sample_rate_sps).0;
            }
            let end = self.all.get(number + 1).map_or(file_samples, |next| next.sample_start);
            let end = end.min(file_samples);
            if capture.sample_start < end && is_at(self.centers_hz[number]) {
                let start = span.map_or(capture.sample_start + lost, |known| known.start);
                span = Some(start..end + lost);
            }
        }
        span.unwrap_or(0..0)
    }

    /// The sample at which the capture being played ends; `None`: with the recording.
    pub fn until(&self) -> Option<u64> {
        self.all.get(self.next).map(|capture| capture.sample_start)
    }

    /// Goes on to the next capture when it begins at `position` or before.
    pub fn cross(&mut self, position: u64) -> Option<Boundary> {
        let capture = self.all.get(self.next).filter(|capture| capture.sample_start <= position)?;
        let (lost, unplayed) = missing_between(&self.all[self.next - 1], capture, self.sample_rate_sps);
        let (header_bytes, number, last_hz) = (capture.header_bytes, self.next, self.center_hz());
        self.next += 1;
        let is_retuned = !self.is_same(last_hz, self.center_hz());
        Some(Boundary { number, header_bytes, lost, unplayed, is_retuned })
    }

    /// Goes back to the first one; whether that is at another frequency.
    pub fn rewind(&mut self) -> bool {
        let last_hz = self.center_hz();
        self.next = 1;
        !self.is_same(last_hz, self.center_hz())
    }

    fn is_same(&self, one_hz: f64, other_hz: f64) -> bool {
        (one_hz - other_hz).abs() <= self.tolerance_hz
    }
}

/// The frequencies that are told, each once, in order of their first capture.
fn distinct(centers_hz: &[f64], tolerance_hz: f64) -> Result<Vec<f64>, Refusal> {
    let mut sorted: Vec<f64> = centers_hz.iter().copied().filter(|center| !center.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup_by(|next, kept| *next - *kept <= tolerance_hz);
    if sorted.len() > CENTERS_MAX {
        let why = format!("has captures at {} frequencies; at most {CENTERS_MAX} are read", sorted.len());
        return refuse(why, "split it into recordings of fewer");
    }
    let mut distinct: Vec<f64> = Vec::new();
    for center in centers_hz.iter().filter(|center| !center.is_nan()) {
        if !distinct.iter().any(|known| (known - center).abs() <= tolerance_hz) {
            distinct.push(*center);
        }
    }
    Ok(distinct)
}

/// Samples missing between the end of `last` and the start of `capture`, by index, else by time: those that are played as
/// a gap, and those of a pause that is not.
fn missing_between(last: &Capture, capture: &Capture, sample_rate_sps: f64) -> (u64, u64) {
    let held = capture.sample_start - last.sample_start;
    let missing = match (last.global_index, capture.global_index) {
        (Some(from), Some(to)) => to.saturating_sub(from).saturating_sub(held),
        _ => {
            let elapsed_us = last.utc_us.zip(capture.utc_us).map(|(from, to)| to.saturating_sub(from) as f64);
            let late_us = elapsed_us.map_or(0.0, |us| us - held as f64 * 1e6 / sample_rate_sps);
            // Times are told in steps: what is within one is not missing.
            let step_us = last.utc_step_us.max(capture.utc_step_us) as f64;
            if late_us > step_us { (late_us * sample_rate_sps / 1e6).round() as u64 } else { 0 }
        }
    };
    if missing as f64 > PAUSE_MAX_S * sample_rate_sps { (0, missing) } else { (missing, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(list: &[(u64, Option<f64>)]) -> Vec<Capture> {
        list.iter()
            .map(|(sample_start, frequency_hz)| Capture {
                sample_start: *sample_start,
                frequency_hz: *frequency_hz,
                ..Capture::default()
            })
            .collect()
    }

    #[test]
    fn each_capture_is_of_the_band_that_its_frequency_is() {
        let list = [
            (0, Some(433.92e6)),
            (10, Some(433.9e6)),
            (20, Some(868e6)),
            (30, None),
            (40, Some(433_920_001.0)),
        ];
        let mut course = Captures::new(captures(&list), None, 250e3).unwrap();
        assert_eq!(course.centers_hz(), [433.92e6, 433.9e6, 868e6]);
        course.plan(&[433.92e6, 433.9e6]);
        let mut bands = vec![course.band()];
        assert_eq!((course.until(), course.cross(9)), (Some(10), None));
        while let Some(boundary) = course.cross(40) {
            assert!(boundary.is_retuned);
            bands.push(course.band());
        }
        assert_eq!(bands, [Some(0), Some(1), None, None, Some(0)]);
        assert!(!course.rewind(), "a Hz is none");
    }

    #[test]
    fn the_time_at_a_frequency_is_that_from_its_first_sample_to_its_last() {
        let mut all = captures(&[(0, Some(1e6)), (1_000, Some(2e6)), (3_000, Some(1e6)), (4_000, Some(3e6))]);
        (all[0].global_index, all[1].global_index) = (Some(0), Some(1_500));
        let span = |of_hz: f64| Captures::new(all.clone(), None, 1e3).unwrap().span(4_000, &|hz| hz == of_hz);
        assert_eq!((span(1e6), span(2e6)), (0..4_500, 1_500..3_500));
        assert_eq!((span(3e6), span(9e6)), (0..0, 0..0), "of which there is no sample");
    }

    #[test]
    fn a_frequency_that_is_set_moves_them_all() {
        let list = [(0, Some(1e6)), (10, Some(3e6)), (20, None)];
        let course = Captures::new(captures(&list), Some(100e6), 250e3).unwrap();
        assert_eq!(course.centers_hz(), [100e6, 102e6]);
        let untold = Captures::new(captures(&[(0, None), (10, None)]), None, 250e3).unwrap();
        assert_eq!((untold.centers_hz(), untold.band()), (vec![0.0], Some(0)));
    }

    #[test]
    fn more_frequencies_than_a_receiver_goes_through_are_refused_by_their_number() {
        let sweep = |count: u64| -> Vec<Capture> {
            captures(&(0..count).map(|n| (n, Some(100e6 + (n % 65_000) as f64 * 1e3))).collect::<Vec<_>>())
        };
        assert_eq!(Captures::new(sweep(256), None, 250e3).unwrap().centers_hz().len(), 256);
        let refused = Captures::new(sweep(65_536), None, 250e3).err().unwrap();
        assert!(refused.why.contains("65000 frequencies"), "{refused:?}");
    }

    #[test]
    fn the_start_is_reckoned_from_the_first_capture_that_tells() {
        let mut all = captures(&[(0, None), (1_000, None), (2_000, None)]);
        (all[0].global_index, all[1].global_index) = (Some(0), Some(1_500));
        (all[1].utc_us, all[2].utc_us) = (Some(10_000_000), Some(99_000_000));
        let recorded_utc_us =
            |all: &[Capture]| Captures::new(all.to_vec(), None, 1e3).unwrap().recorded_utc_us();
        assert_eq!(recorded_utc_us(&all), Some(8_500_000), "500 lost samples are of its time");
        assert_eq!(recorded_utc_us(&all[..1]), None);
    }
}
