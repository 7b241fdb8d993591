//! A flight from the real SoapySDR library with the rig's driver: unplugged in mid-flight while homing, and plugged in again.

use super::aircraft::{Aircraft, free_port};
use super::daemon::{Daemon, Field, count, number, texts};
use super::homing::{PATIENT, home};
use skyhound_rig::{needs, shared, soapy};

/// The rig's driver with a tone where the beacon is.
pub const DEVICE: &str =
    "sdr.sample_rate_sps=250000 sdr.frequency_hz=433920000 sdr.gain_db=20 beacon.0.bandwidth_hz=5000";

fn is_alive(daemon: &mut Daemon, is: bool) {
    daemon.status_until("the device is seen as it is", |status| status["sdr"]["alive"] == is);
}

#[test]
fn a_device_is_unplugged_in_flight_and_plugged_in_again() {
    let Some(module) = needs::sdr_module() else { return };
    let field = Field::new();
    let control = field.folder().join("control");
    let faults = |words: &str| shared::tell(&control, words).unwrap();
    faults("");
    let (port, autopilot) = free_port();
    let sdr = format!("soapy:driver=skyhound-rig,times=1,tone_hz=20000,control={}", control.display());
    let waits = "sdr.reopen_wait_min_s=0.05 sdr.reopen_wait_max_s=0.2 beacon.0.offset_hz=20000";
    let mut command = field.fly(&sdr, &format!("{autopilot} {DEVICE} {waits} {PATIENT}"));
    command.envs(soapy::environment(&module));
    let mut daemon = field.start_as(command);
    let aircraft = Aircraft::fly(75.0, port);
    daemon.recorded("reading", 100.0);
    is_alive(&mut daemon, true);
    home(&mut daemon);

    faults("unplug");
    is_alive(&mut daemon, false);
    let status = daemon.status_until("it is idle", |status| status["state"] == "IDLE");
    assert!(status["latched"].as_str().unwrap().starts_with("sdr "), "{status}");
    let refused = daemon.ctl(&["homing", "on"]);
    assert!(refused.err.contains("homing stays locked: sdr refused"), "{}", refused.err);
    faults("");
    is_alive(&mut daemon, true);
    let before = count(&daemon.file(), "reading");
    daemon.recorded("reading", before + 100.0);
    assert_eq!(daemon.status()["state"], "IDLE", "homing does not resume by itself");
    home(&mut daemon);
    let status = daemon.status();
    assert!(status["sdr"]["lost_samples_total"].as_u64().unwrap() > 0, "{status}");
    let file = daemon.stopped();

    let kinds = texts(&file, "select kind from event where kind like 'sdr\\_%' escape '\\' order by at_us");
    let place = |kind: &str| kinds.iter().position(|told| told == kind);
    assert!(place("sdr_lost").is_some() && place("sdr_lost") < place("sdr_reopened"), "{kinds:?}");
    // The gap is in the readings: told by its flag, and counted in the index of samples, which keeps to the clock.
    assert!(count(&file, "reading where flags & 2 <> 0") >= 1.0);
    let gap = "select max(step) from (select sample_index - lag(sample_index) over (order by acquired_us) as step from reading)";
    assert!(number(&file, gap) > 2_500.0 * 3.0, "{}", number(&file, gap));
    let rate_sps = number(&file, "select regr_slope(sample_index, acquired_us / 1e6) from reading");
    assert!((rate_sps / 250e3 - 1.0).abs() < 0.01, "{rate_sps}");
    let said = aircraft.texts();
    assert!(said.iter().any(|text| text.contains("HOMING -> IDLE: interlock: sdr")), "{said:#?}");
}
