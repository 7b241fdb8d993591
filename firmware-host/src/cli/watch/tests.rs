//! The screen drawn into a terminal of memory, at sizes that crews have; and what keys mean.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use skyhound::time::TimeUs;

use super::*;
use crate::ctl::{ChannelStatus, EstimateLine, Picture, SpectrumLine, Status, VehicleStatus};

fn flown() -> History {
    let mut history = History::default();
    for step in 0..40_u32 {
        let lat_deg = 47.0 + f64::from(step) * 2e-5;
        let channel = ChannelStatus {
            name: "fox".to_string(),
            frequency_hz: 433.96e6,
            power_dbfs: Some(-61.5),
            floor_dbfs: Some(-84.0),
            snr_db: Some(f64::from(step)),
            heard: step > 20,
            ..ChannelStatus::default()
        };
        let vehicle = VehicleStatus {
            lat_deg: Some(lat_deg),
            lon_deg: Some(8.0),
            mode: Some("GUIDED".to_string()),
            ..VehicleStatus::default()
        };
        let mut status =
            Status { state: "HOMING".to_string(), vehicle, channels: vec![channel], ..Status::default() };
        status.missing.push("battery unknown: set BATT_MONITOR".to_string());
        let estimate = EstimateLine {
            at_us: 0,
            channel: 0,
            beacon: "fox".to_string(),
            lat_deg: 47.002,
            lon_deg: 8.0,
            peak_lat_deg: 47.002,
            peak_lon_deg: 8.0,
            variance_north_m2: 100.0,
            covariance_m2: 0.0,
            variance_east_m2: 100.0,
            radius_50_m: 11.0,
            radius_95_m: 24.0,
            observation_count: 9,
        };
        let power_e1 = (0..256).map(|bin| if bin == 77 { -300 } else { -900 }).collect();
        let spectrum = SpectrumLine { at_us: 0, first_bin_hz: 433.8e6, bin_hz: 1e3, power_e1 };
        let picture = Picture { spectrum: Some(spectrum), estimates: vec![estimate], regions: Vec::new() };
        history.take(TimeUs(u64::from(step) * 200_000), status, picture);
    }
    history
}

fn drawn(history: &History, now: TimeUs, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let screen = Screen { history, now, asks: false, said: None };
    terminal.draw(|frame| screen.draw(frame)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn a_flight_is_read_at_each_size() {
    let (history, now) = (flown(), TimeUs(39 * 200_000));
    for size in [(80, 24), (120, 40), (200, 60)] {
        let text = drawn(&history, now, size);
        for wanted in [
            "HOMING",
            "GUIDED",
            "fox 433.960 MHz",
            "HEARD",
            "95 % within 24 m",
            "battery unknown",
            "STOP",
            "433.800 MHz",
        ] {
            assert!(text.contains(wanted), "{size:?} has no {wanted}:\n{text}");
        }
        assert!(text.contains('X') && text.contains("m at 000° from"), "the beacon is due north:\n{text}");
        assert!(!text.contains("OLD"), "{text}");
    }
    for size in [(1, 1), (20, 5), (40, 12)] {
        drawn(&history, now, size);
    }
    drawn(&History::default(), now, (80, 24));
}

#[test]
fn a_lost_link_is_told_with_its_age() {
    let mut history = flown();
    history.lose("nobody answers".to_string());
    let text = drawn(&history, TimeUs(39 * 200_000 + 7_000_000), (100, 30));
    assert!(text.contains("THIS IS 7 s OLD: nobody answers"), "{text}");
}

#[test]
fn homing_wants_two_keys_and_stop_one() {
    let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let mut keys = Keys::default();
    assert_eq!(keys.press(key(KeyCode::Char('y'))), Press::Nothing, "nothing was asked");
    assert_eq!(keys.press(key(KeyCode::Char('h'))), Press::Nothing);
    assert_eq!(keys.press(key(KeyCode::Char('x'))), Press::Nothing);
    assert_eq!(keys.press(key(KeyCode::Char('y'))), Press::Nothing, "any other key takes it back");
    keys.press(key(KeyCode::Char('h')));
    assert_eq!(keys.press(key(KeyCode::Char('y'))), Press::Homing(true));
    for stop in [KeyCode::Char('s'), KeyCode::Esc, KeyCode::Char(' ')] {
        keys.press(key(KeyCode::Char('h')));
        assert_eq!(keys.press(key(stop)), Press::Homing(false));
    }
    assert_eq!(keys.press(key(KeyCode::Char('q'))), Press::Leave);
}
