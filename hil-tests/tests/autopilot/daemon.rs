//! The real daemon meets it on each kind of line: it binds, learns all that its interlocks ask for, and is locked by nothing
//! but what should lock it.

use super::client::flown;
use skyhound_host::ctl::Status;
use skyhound_rig::autopilot::{Autopilot, Says};
use skyhound_rig::daemon::{Daemon, Site};
use skyhound_rig::sample_flight;
use skyhound_rig::scenario::fault::Impostor;
use skyhound_rig::scenario::{Flavour, Kind};
use std::time::{Duration, Instant};

const RECORDED_S: f64 = 75.0;
/// Every input may be as old as the settings allow, because tests share their machine; HOLDING is far off.
const PATIENT: [&str; 11] = [
    "beacon.0.frequency_hz=433960000",
    "beacon.0.bandwidth_hz=4000",
    "interlock.pass_gap_max_s=1",
    "interlock.heartbeat_age_max_s=5",
    "interlock.pose_age_max_s=2",
    "interlock.status_age_max_s=10",
    "interlock.reading_age_max_s=5",
    "interlock.facts_age_max_s=5",
    "interlock.fence.radius_m=2000",
    "homing.hold_snr_db=120",
    "analytics.hold_s=5",
];

fn status_until(daemon: &mut Daemon, what: &str, is_so: impl Fn(&Status) -> bool) -> Status {
    let begun = Instant::now();
    let mut last = None;
    while begun.elapsed() < Duration::from_secs(60) {
        assert!(daemon.ended().is_none(), "the daemon ended: {}", daemon.said());
        if let Some(status) = daemon.status() {
            if is_so(&status) {
                return status;
            }
            last = Some((status.locked, status.latched, status.state, status.vehicle));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("waited in vain until {what}: {last:#?}; it said: {}", daemon.said());
}

/// A daemon on the first line of `autopilot`, with a beacon in its ears.
fn started(site: &Site, autopilot: &Autopilot) -> Daemon {
    let made = site.root().join("made");
    sample_flight::write(&made, RECORDED_S).unwrap();
    let sdr = format!("file:{}", made.join("iq.sigmf-meta").display());
    let address = autopilot.lines()[0].for_daemon();
    let mut args = vec!["--bench", "--sdr", &sdr, "--autopilot", &address];
    args.extend(PATIENT.iter().flat_map(|set| ["--set", set]));
    site.start(site.fly(&args).unwrap()).unwrap()
}

fn is_known_and_homes(flavour: Flavour, line: &str, commanding: &str) {
    let autopilot = flown(flavour, &[line]);
    let site = Site::temporary().unwrap();
    let mut daemon = started(&site, &autopilot);
    let known = status_until(&mut daemon, "only the mode locks it", |status| {
        let is_mode = status.locked.as_deref().is_some_and(|why| why.contains("mode"));
        is_mode && status.vehicle.battery_ratio.is_some() && status.vehicle.satellites.is_some()
    });
    let vehicle = &known.vehicle;
    assert_eq!((vehicle.system, vehicle.armed), (Some(1), Some(true)), "{vehicle:?}");
    assert!(vehicle.alt_rel_m.is_some_and(|alt_m| (25.0..35.0).contains(&alt_m)), "{vehicle:?}");
    assert_eq!(known.link.crc_error_total, 0, "{:?}", known.link);

    if flavour == Flavour::ArduCopter {
        autopilot.set_mode(commanding).unwrap();
        status_until(&mut daemon, "nothing locks it", |status| status.locked.is_none());
    }
    let begun = Instant::now();
    while daemon.ctl(&["homing", "on"]).unwrap().code != Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(20), "homing is not allowed");
    }
    if flavour == Flavour::Px4 {
        // It offers zeros; without them PX4 would refuse.
        while autopilot.set_mode(commanding).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "OFFBOARD is refused");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    status_until(&mut daemon, "it homes", |status| status.state == "HOMING");
    let begun = Instant::now();
    let moves =
        |autopilot: &Autopilot| autopilot.setpoints().iter().filter(|row| row.taken && row.moves()).count();
    while moves(&autopilot) < 20 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no movement was commanded");
        std::thread::sleep(Duration::from_millis(50));
    }
    // The pilot takes over: it is told at once, and the setpoints end.
    let away = if flavour == Flavour::ArduCopter { "LOITER" } else { "AUTO.LOITER" };
    autopilot.set_mode(away).unwrap();
    status_until(&mut daemon, "it is idle", |status| status.state == "IDLE");
    let wire = autopilot.wire();
    let left = |row: &&skyhound_rig::autopilot::WireRow| {
        row.is_out && matches!(row.says, Says::Mode { .. }) && row.system == 1
    };
    assert!(wire.iter().filter(left).count() > 5);
    daemon.stop(Duration::from_secs(30)).unwrap();
}

#[test]
fn on_udp_with_ardupilot() {
    is_known_and_homes(Flavour::ArduCopter, "udpin:127.0.0.1:0", "GUIDED");
}

#[test]
fn on_serial_with_ardupilot() {
    is_known_and_homes(Flavour::ArduCopter, "pty:921600", "GUIDED");
}

#[test]
fn on_tcp_with_px4() {
    is_known_and_homes(Flavour::Px4, "tcp:127.0.0.1:0", "OFFBOARD");
}

/// Who hears nothing of us, who came back as another, and who is no aircraft: each by its name.
#[test]
fn what_is_wrong_on_the_line_is_named() {
    let cases = [
        (Kind::TransmitOff, "check our transmit wire"),
        (Kind::SystemId { system: 2 }, "another is heard in its place"),
        (Kind::Impostor { who: Impostor::Tracker }, "antenna tracker"),
    ];
    for (kind, words) in cases {
        let autopilot = flown(Flavour::ArduCopter, &["udpin:127.0.0.1:0"]);
        let is_there_first = matches!(kind, Kind::Impostor { .. });
        if is_there_first {
            autopilot.fault(&kind, true).unwrap();
        }
        let site = Site::temporary().unwrap();
        let mut daemon = started(&site, &autopilot);
        status_until(&mut daemon, "the aircraft is bound", |status| status.vehicle.system == Some(1));
        if !is_there_first {
            autopilot.fault(&kind, true).unwrap();
        }
        status_until(&mut daemon, words, |status| {
            status.missing.iter().chain(&status.link.others).any(|why| why.to_lowercase().contains(words))
        });
        daemon.stop(Duration::from_secs(30)).unwrap();
    }
}
