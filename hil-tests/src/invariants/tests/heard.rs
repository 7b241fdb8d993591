//! What is told of one channel's detections, tampered with.

use super::*;
use skyhound::facts::{Detection, DetectionKind, Pattern};

#[test]
fn detections_that_overlap_are_invariant_10() {
    // (id, began, ended), µs, as they are told; and whether that is as it must be.
    type Told = &'static [(u32, u64, Option<u64>)];
    let told: [(Told, bool); 6] = [
        (&[(1, 100, None), (1, 100, Some(900)), (2, 901, None)], true),
        (&[(1, 100, None), (2, 950, None)], false),
        (&[(1, 100, None), (1, 100, Some(900)), (2, 100, None)], false),
        (&[(1, 100, None), (1, 100, Some(900)), (2, 900, None)], false),
        (&[(1, 100, None), (1, 100, Some(900)), (1, 901, None)], false),
        (&[(1, 100, Some(900))], false),
    ];
    for (reports, is_sound) in told {
        let mut flight = Flight::homing();
        flight.tampered(|pass| {
            // What the flight's own detections are is not looked at here.
            pass.sunk.records.retain(|record| !matches!(record, Record::Detection(_)));
            for (id, began_us, ended_us) in reports {
                pass.sunk.records.push(Record::Detection(Detection {
                    id: 1_000 + id,
                    channel: 1,
                    kind: DetectionKind::Carrier,
                    began_us: TimeUs(*began_us),
                    confirmed_us: TimeUs(*began_us),
                    ended_us: ended_us.map(TimeUs),
                    snr_peak_db: 20.0,
                    power_peak_dbfs: -60.0,
                    heard: None,
                    beacon_id: None,
                    pattern: Pattern::default(),
                    false_alarm_probability: 0.0,
                }));
            }
        });
        assert_eq!(flight.judge.broken()[10] == 0, is_sound, "{reports:?}");
    }
}
