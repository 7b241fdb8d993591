//! The real daemon meets it and something is wrong on the line. (That it binds, learns all that its interlocks ask for and homes
//! on each kind of line, whole flights show: `scenarios`.)

use super::client::flown;
use skyhound_host::ctl::Status;
use skyhound_rig::autopilot::Autopilot;
use skyhound_rig::daemon::{Daemon, Site};
use skyhound_rig::sample_flight;
use skyhound_rig::scenario::fault::Impostor;
use skyhound_rig::scenario::{Flavour, Kind};
use std::time::Duration;

const RECORDED_S: f64 = 75.0;

fn status_until(daemon: &mut Daemon, what: &str, is_so: impl Fn(&Status) -> bool) {
    let mut last = None;
    let seen = daemon.until(what, Duration::from_secs(60), |daemon| {
        last = Some(daemon.status()?);
        last.as_ref().is_some_and(&is_so).then_some(())
    });
    seen.unwrap_or_else(|why| panic!("{why}: {last:#?}"));
}

/// A daemon on the first line of `autopilot`, with a beacon in its ears.
fn started(site: &Site, autopilot: &Autopilot) -> Daemon {
    let sdr = sample_flight::write(&site.root().join("made"), RECORDED_S).unwrap();
    let address = autopilot.lines()[0].for_daemon();
    site.start(site.fly(&["--bench", "--sdr", &sdr, "--autopilot", &address]).unwrap()).unwrap()
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
