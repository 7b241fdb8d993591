//! Real flights through the host's framing and listener, and over a real socket into its link.
//! Needs the recordings of `SKYHOUND_DATA` (default `../shared/data` beside the workspace); ignored without.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use skyhound::record::Event;
use skyhound::time::TimeUs;
use skyhound::vehicle::{Firmware, Vehicle};
use skyhound_host::autopilot::framing::{Framer, FramingTotals};
use skyhound_host::autopilot::listener::{Listener, ListenerTotals};
use skyhound_rig::tlog::{self, Entries};

fn recording(name: &str) -> Option<Vec<u8>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folders = [std::env::var_os("SKYHOUND_DATA").map(PathBuf::from), Some(beside)];
    let file = folders.into_iter().flatten().map(|folder| folder.join("tlog").join(name)).find(|f| f.exists());
    if file.is_none() {
        println!("ignored, needs SKYHOUND_DATA (tlog/{name})");
    }
    file.map(|file| tlog::read(&file).unwrap())
}

struct Flight {
    framing: FramingTotals,
    listening: ListenerTotals,
    vehicle: Vehicle,
    events: Vec<(&'static str, String)>,
    frame_count: u64,
}

impl Flight {
    fn texts(&self, kind: &str) -> Vec<&str> {
        self.events.iter().filter(|(known, _)| *known == kind).map(|(_, text)| text.as_str()).collect()
    }
}

fn listen(recording: &[u8]) -> Flight {
    let (mut framer, mut listener) = (Framer::new(), Listener::new(None, 191, 0));
    let (mut vehicle, mut events, mut frame_count) = (Vehicle::default(), Vec::new(), 0);
    let mut entries = Entries::new(recording);
    let mut first_us = None;
    for entry in entries.by_ref() {
        let at = TimeUs(entry.recorded_us - *first_us.get_or_insert(entry.recorded_us));
        frame_count += 1;
        framer.push(entry.frame, |frame| {
            listener.take(&frame, at, &mut vehicle, &mut |event: Event| {
                events.push((event.kind, event.text.as_str().to_owned()));
            });
        });
    }
    assert_eq!(entries.skipped_bytes, 0);
    let (framing, listening) = (framer.totals(), listener.totals());
    Flight { framing, listening, vehicle, events, frame_count }
}

#[test]
fn explore() {
    for name in ["phoenix_mission2_2018-09-25.tlog", "eaics_flight_bench.tlog", "magfit_bench.tlog",
        "SITL_gitman_v2.tlog", "SITL_khanfar_copter_v2.tlog", "SITL_uavlogviewer_vtol.tlog"] {
        let Some(recording) = recording(name) else { return };
        let flight = listen(&recording);
        println!("== {name} {} frames\n{:?}\n{:?}\n{:?}", flight.frame_count, flight.framing, flight.listening, flight.vehicle);
        let mut kinds = BTreeMap::new();
        for (kind, _) in &flight.events { *kinds.entry(*kind).or_insert(0) += 1; }
        println!("{kinds:?}");
        for (kind, text) in &flight.events { if *kind != "autopilot_text" { println!("   {kind}: {text}"); } }
    }
}
