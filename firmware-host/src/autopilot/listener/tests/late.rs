//! Several ways to one autopilot, against the truth: whatever comes by whichever way, no part is younger than what it tells.

use std::collections::HashMap;

use skyhound::vehicle::Heartbeat;

use super::*;

/// What was true may look this much younger: clocks of whole milliseconds, frames in their order.
const SLACK_US: u64 = 100_000;
const PASS_US: u64 = 50_000;
const FIRST_US: u64 = 300_000;

/// How the sky is.
#[derive(Clone, Debug)]
struct Sky {
    seconds: u64,
    /// The autopilot's clock when ours begins.
    boot_us: u64,
    /// Time between two rounds of telemetry.
    round_us: u64,
    /// Delay of the fast way, and whether it ends.
    fast_us: u64,
    fast_ends_us: Option<u64>,
    /// How much later the slow way is.
    lag_us: Option<u64>,
    /// The slow way has numbers and frames of its own, sent so much after those of the other.
    own_us: Option<u64>,
    /// Of 1000 frames, those that each way loses.
    lost: (u64, u64),
    /// Each frame is late by up to this more.
    jitter_us: u64,
    /// TIMESYNC is answered.
    answers: bool,
    /// It starts again then, after so long.
    reboot: Option<(u64, u64)>,
    seed: u64,
}

impl Sky {
    fn with_lag(lag_us: u64) -> Sky {
        Sky {
            seconds: 20,
            boot_us: 100_000_000,
            round_us: PASS_US,
            fast_us: 2_000,
            fast_ends_us: None,
            lag_us: Some(lag_us),
            own_us: None,
            lost: (0, 0),
            jitter_us: 0,
            answers: false,
            reboot: None,
            seed: 1,
        }
    }
}

#[derive(Clone)]
struct Sent {
    sequence: u8,
    id: u32,
    payload: Vec<u8>,
    at_us: u64,
    /// By the slow way alone, or by the other, or by both.
    is_own: Option<bool>,
}

/// What the autopilot sends, in order.
fn telemetry(sky: &Sky) -> Vec<Sent> {
    let Some(own_us) = sky.own_us else { return port(sky, None, 0) };
    let mut sent = [port(sky, Some(false), 0), port(sky, Some(true), own_us)].concat();
    sent.sort_by_key(|frame| frame.at_us);
    sent
}

/// What it sends on one of its ports.
fn port(sky: &Sky, is_own: Option<bool>, after_us: u64) -> Vec<Sent> {
    let (mut sent, mut sequence) = (Vec::new(), sky.seed as u8);
    let mut boot_from_us = sky.boot_us as i64;
    for round in 0..sky.seconds * 1_000_000 / sky.round_us {
        let at_us = round * sky.round_us + after_us;
        if let Some((from_us, rest_us)) = sky.reboot {
            if (from_us..from_us + rest_us).contains(&at_us) {
                continue;
            }
            if at_us >= from_us + rest_us && boot_from_us == sky.boot_us as i64 {
                (boot_from_us, sequence) = (500_000 - (from_us + rest_us) as i64, 0);
            }
        }
        let boot_ms = ((at_us as i64 + boot_from_us) / 1_000) as u32;
        let mut say = |id: u32, payload: Vec<u8>| {
            sent.push(Sent { sequence, id, payload, at_us, is_own });
            sequence = sequence.wrapping_add(1);
        };
        let flat = |message: &MavMessage| {
            let mut payload = [0; 255];
            let length = message.ser(MavlinkVersion::V2, &mut payload);
            payload[..length].to_vec()
        };
        say(ATTITUDE, flat(&attitude(boot_ms, (at_us / 1_000) as f32)));
        if round % (1_000_000 / sky.round_us) == 0 {
            let [a, b, ..] = (4 + (at_us / 4_000_000) as u32).to_le_bytes();
            say(HEARTBEAT, vec![a, b, 0, 0, 2, 3, 0x81, 4, 3]);
        }
        let place = MavMessage::GLOBAL_POSITION_INT(dialect::GLOBAL_POSITION_INT_DATA {
            time_boot_ms: boot_ms,
            lat: 100_000_000 + (at_us / 1_000) as i32,
            lon: 80_000_000,
            ..Default::default()
        });
        if sky.answers && round % (1_000_000 / sky.round_us) == 1 {
            let asked_us = at_us - sky.round_us;
            let answered_us = asked_us + sky.fast_us.min(sky.round_us);
            let tc1 = (answered_us as i64 + boot_from_us) * 1_000;
            let ts1 = asked_us as i64 * 1_000;
            say(TIMESYNC, flat(&MavMessage::TIMESYNC(dialect::TIMESYNC_DATA { tc1, ts1 })));
        }
        say(GLOBAL_POSITION_INT, flat(&place));
        // Its clock is of the fix, not of what is sent.
        let gps = dialect::GPS_RAW_INT_DATA {
            time_usec: u64::from(boot_ms - 120) * 1_000,
            satellites_visible: 5 + (at_us / 3_000_000) as u8,
            ..Default::default()
        };
        say(GPS_RAW_INT, flat(&MavMessage::GPS_RAW_INT(gps)));
        // Constant for long, as real ones are.
        let status =
            dialect::SYS_STATUS_DATA { voltage_battery: (at_us / 7_000_000) as u16, ..Default::default() };
        say(SYS_STATUS, flat(&MavMessage::SYS_STATUS(status)));
    }
    sent
}

struct Seen {
    bench: Bench,
    worst_age_us: u64,
    worst_beat_us: u64,
    believed: Vec<u64>,
}

/// Lets it all arrive, and holds every part against the truth.
fn fly(sky: Sky) -> Seen {
    let sent = telemetry(&sky);
    let (mut arrivals, mut state) = (Vec::new(), sky.seed);
    let mut chance = |of: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % of
    };
    for (index, frame) in sent.iter().enumerate() {
        // A way that nobody knows of yet begins in order and whole: its first frame, if it has no clock and the other way lost
        // it, cannot be told from news.
        let is_first = frame.at_us < FIRST_US;
        let mut odds = |lost: u64| {
            let (is_lost, jitter_us) = (chance(1_000) < lost, chance(sky.jitter_us + 1));
            if is_first { Some(0) } else { (!is_lost).then_some(jitter_us) }
        };
        let (fast, slow) = (odds(sky.lost.0), odds(sky.lost.1));
        let lives =
            sky.fast_ends_us.is_none_or(|ends_us| frame.at_us < ends_us) && frame.is_own != Some(true);
        let slow = slow.filter(|_| frame.is_own != Some(false));
        let on_fast = fast.filter(|_| lives).map(|jitter_us| frame.at_us + sky.fast_us + jitter_us);
        let on_slow =
            sky.lag_us.zip(slow).map(|(lag_us, jitter_us)| frame.at_us + sky.fast_us + lag_us + jitter_us);
        arrivals.extend([on_fast, on_slow].into_iter().flatten().map(|at_us| (at_us, index)));
    }
    arrivals.sort_by_key(|(at_us, index)| (*at_us, *index));
    let mut seen = Seen { bench: Bench::bound(), worst_age_us: 0, worst_beat_us: 0, believed: Vec::new() };
    // Before the first frame; the bound heartbeat of the bench is none of this sky's.
    seen.bench = Bench::new(None);
    let mut lasts: HashMap<(u32, Vec<u8>), u64> = HashMap::new();
    let (mut said, mut asked_us) = (0, 0);
    for (at_us, index) in arrivals {
        while said < sent.len() && sent[said].at_us <= at_us {
            lasts.insert(content(&sent[said]), sent[said].at_us);
            said += 1;
        }
        let frame = &sent[index];
        seen.bench.sequence = frame.sequence;
        if seen.bench.take_raw((1, 1), frame.id, &frame.payload, at_us) == Taken::Reboot {
            seen.believed.push(at_us);
        }
        ask(&mut seen.bench, &sky, &mut asked_us, at_us);
        judge(&mut seen, &sent, &sky, &lasts, at_us);
    }
    seen
}

/// Our questions, each second: they take `fast_us` there, and are answered at once.
fn ask(bench: &mut Bench, sky: &Sky, asked_us: &mut u64, at_us: u64) {
    while sky.answers && bench.vehicle.identity.is_some() && *asked_us <= at_us {
        bench.listener.time_sync.ask(TimeUs(*asked_us));
        *asked_us += 1_000_000;
    }
}

/// What a frame tells, without its time.
fn content(frame: &Sent) -> (u32, Vec<u8>) {
    let from = match frame.id {
        ATTITUDE | GLOBAL_POSITION_INT => 4,
        GPS_RAW_INT => 8,
        _ => 0,
    };
    (frame.id, frame.payload.get(from..).unwrap_or_default().to_vec())
}

fn judge(seen: &mut Seen, sent: &[Sent], sky: &Sky, lasts: &HashMap<(u32, Vec<u8>), u64>, at_us: u64) {
    let vehicle = &seen.bench.vehicle;
    let check = |what: &str, stamp: TimeUs, true_us: u64| {
        // What delays both ways alike is seen by an answer to TIMESYNC alone.
        let unseen_us = if sky.answers { 0 } else { sky.fast_us };
        assert!(
            stamp.0 <= true_us + SLACK_US + unseen_us,
            "{what} of {true_us} seems of {} at {at_us}: {sky:?}",
            stamp.0
        );
        assert!(stamp.0 <= at_us);
    };
    if let Some(attitude) = vehicle.attitude {
        check("attitude", attitude.received_us, attitude.value.roll_rad as u64 * 1_000);
    }
    if let Some(position) = vehicle.position {
        let ms = (position.value.place.lat_deg * 1e7).round() as u64 - 100_000_000;
        check("position", position.received_us, ms * 1_000);
        seen.worst_age_us = seen.worst_age_us.max(at_us - position.received_us.0);
    }
    let last_of = |id: u32, is_it: &dyn Fn(&Sent) -> bool| {
        let known = sent.iter().find(|frame| frame.id == id && is_it(frame)).map(content);
        known.and_then(|content| lasts.get(&content).copied())
    };
    if let Some(Aged { value: Heartbeat { mode, .. }, received_us }) = vehicle.heartbeat {
        let true_us = last_of(HEARTBEAT, &|frame| u32::from(frame.payload[0]) == mode.custom);
        check("heartbeat", received_us, true_us.unwrap());
        seen.worst_beat_us = seen.worst_beat_us.max(at_us - received_us.0);
    }
    if let Some(gps) = vehicle.gps {
        let is_it = |frame: &Sent| Some(Payload(&frame.payload).u8(29)) == gps.value.satellites;
        check("fix", gps.received_us, last_of(GPS_RAW_INT, &is_it).unwrap());
    }
    if let Some(battery) = vehicle.battery {
        let mv = (battery.value.voltage_v.unwrap() * 1000.0).round() as u64;
        let is_it = |frame: &Sent| u64::from(Payload(&frame.payload).u16(14)) == mv;
        check("battery", battery.received_us, last_of(SYS_STATUS, &is_it).unwrap());
    }
}

#[test]
fn a_late_twin_changes_nothing_and_is_counted() {
    // With 3 s the copies' numbers would be some of the next: they are as old as the first then, and not counted.
    for lag_us in [300_000, 1_500_000, 3_300_000, 10_000_000] {
        let sky = Sky::with_lag(lag_us);
        let late_us = sky.seconds * 1_000_000;
        let seen = fly(sky);
        // While the last of the slow way comes alone, ages grow; before, they are those of the fast way.
        assert!(seen.worst_age_us <= lag_us + 2 * PASS_US, "{lag_us}: {}", seen.worst_age_us);
        let totals = seen.bench.listener.totals();
        // One came before the heartbeat that binds.
        assert_eq!((totals.sequence_lost_total, totals.foreign_total), (0, 1), "{lag_us}");
        let frame_count = late_us / PASS_US * 4 + 20;
        assert!(totals.late_total.abs_diff(frame_count) < frame_count / 20, "{lag_us}: {totals:?}");
        assert_eq!(seen.bench.events.iter().filter(|(kind, _)| *kind == "autopilot_bound").count(), 1);
        assert_eq!(seen.bench.events.iter().filter(|(kind, _)| *kind == "mode_change").count(), 4);
        assert_eq!(seen.believed, [0u64; 0]);
    }
}

#[test]
fn a_late_way_with_numbers_of_its_own_changes_no_place_and_is_heard_when_it_is_left() {
    for seed in 0..4u64 {
        let sky = Sky { own_us: Some(seed * 5_000), seed: seed * 57, ..Sky::with_lag(2_000_000) };
        let seen = fly(sky.clone());
        let while_both_us = seen.worst_age_us.saturating_sub(2_000_000);
        assert!(while_both_us <= 2 * PASS_US, "{while_both_us}");
        // What has no clock is as old as that way makes it, and a second more of each that is like one before.
        assert!(seen.worst_beat_us <= 5_000_000, "{}", seen.worst_beat_us);
        assert_eq!(seen.bench.listener.totals().sequence_lost_total, 0, "{sky:?}");
        assert_eq!(seen.bench.events.iter().filter(|(kind, _)| *kind == "mode_change").count(), 4);
        // The one that is left is heard, as late as it is.
        let seen = fly(Sky { fast_ends_us: Some(10_000_000), ..sky });
        let beat_us = 22_000_000 - seen.bench.vehicle.heartbeat.unwrap().received_us.0;
        assert!((1_900_000..=3_200_000).contains(&beat_us), "{beat_us}");
    }
}

/// Two ports of one autopilot behind a router: other numbers, other phases, both prompt.
#[test]
fn two_prompt_ways_with_numbers_of_their_own_lose_nothing() {
    for seed in 0..4u64 {
        let sky = Sky { own_us: Some(seed * 5_000), seed: seed * 57, seconds: 40, ..Sky::with_lag(0) };
        let seen = fly(sky.clone());
        assert_eq!(seen.bench.listener.totals().sequence_lost_total, 0, "{sky:?}");
        assert!(seen.worst_beat_us <= 1_000_000 + 2 * PASS_US, "{}", seen.worst_beat_us);
        // Either fades: the other's heartbeats are heard as before. What is lost is counted but where it is not certain whose it is.
        let seen = fly(Sky { fast_ends_us: Some(20_000_000), lost: (0, 50), ..sky });
        assert!(seen.worst_beat_us <= 2_500_000, "{}", seen.worst_beat_us);
        let (lost, sent) = (seen.bench.listener.totals().sequence_lost_total, 40 * 81);
        assert!((sent / 80..=sent / 20).contains(&lost), "{lost} of {sent}");
    }
}

#[test]
fn when_the_fast_way_dies_ages_grow_to_the_slow_ones() {
    let sky = Sky { fast_ends_us: Some(10_000_000), seconds: 20, ..Sky::with_lag(3_000_000) };
    let seen = fly(sky);
    let vehicle = seen.bench.vehicle;
    let end_us = 23_000_000 - PASS_US;
    let age_us = end_us - vehicle.position.unwrap().received_us.0;
    assert!((2_900_000..=3_100_000).contains(&age_us), "{age_us}");
    let heart_us = end_us - vehicle.heartbeat.unwrap().received_us.0;
    assert!((2_900_000..=4_100_000).contains(&heart_us), "{heart_us}");
    assert_eq!(seen.believed, [0u64; 0]);
}

#[test]
fn a_line_that_delays_everything_shows_by_timesync() {
    let sky = Sky { fast_us: 1_000_000, lag_us: None, answers: true, seconds: 10, ..Sky::with_lag(0) };
    let (mut bench, mut asked_us) = (Bench::new(None), 0);
    for frame in telemetry(&sky) {
        let at_us = frame.at_us + sky.fast_us;
        bench.sequence = frame.sequence;
        bench.take_raw((1, 1), frame.id, &frame.payload, at_us);
        ask(&mut bench, &sky, &mut asked_us, at_us);
        for age_us in [
            bench.vehicle.position.map(|position| at_us - position.received_us.0),
            bench.vehicle.battery.map(|battery| at_us - battery.received_us.0),
        ] {
            // Before the first answer there is only the first sight.
            assert!(at_us < 1_200_000 || age_us.unwrap() >= 1_000_000, "{age_us:?} at {at_us}");
            assert!(age_us.is_none_or(|age_us| age_us <= 1_150_000), "{age_us:?} at {at_us}");
        }
    }
}

#[test]
fn a_reboot_is_believed_soon_and_all_is_unknown_until_heard_again() {
    for rest_us in [0, 3_000_000, 12_000_000] {
        let sky = Sky { lag_us: None, reboot: Some((5_000_000, rest_us)), seconds: 25, ..Sky::with_lag(0) };
        let seen = fly(sky);
        assert_eq!(seen.believed.len(), 1, "{rest_us}");
        let after_us = seen.believed[0] - 5_000_000 - rest_us;
        assert!((1_000_000..=1_500_000).contains(&after_us), "{after_us}");
    }
    let mut bench = Bench::bound();
    bench.beat((255, 190), 6, 8, 0, 1_500);
    bench.take((1, 1), &attitude(500_000, 0.5), 2_000);
    bench.vehicle.parameters.keep(index("GUID_TIMEOUT"), Some(Aged::new(1.0, TimeUs(2_000))));
    let before = bench.vehicle;
    for (boot_ms, at_us) in [(3_000, 100_000), (3_500, 600_000), (3_999, 1_099_999)] {
        assert_eq!(bench.take((1, 1), &attitude(boot_ms, 0.25), at_us), Taken::Late);
        assert_eq!(bench.vehicle, before);
    }
    assert_eq!(bench.take((1, 1), &attitude(4_000, 0.25), 1_100_000), Taken::Reboot);
    let known = Vehicle {
        identity: before.identity,
        left_total: 1,
        attitude: bench.vehicle.attitude,
        ..Vehicle::default()
    };
    assert_eq!(bench.vehicle, known, "it was armed in GUIDED, and left it");
    assert_eq!(bench.vehicle.attitude.unwrap().value.roll_rad, 0.25);
    assert_eq!(bench.kinds(), ["autopilot_reboot"]);
    assert_eq!(bench.take((1, 1), &attitude(4_100, 0.5), 1_200_000), Taken::Bound);
}

#[test]
fn a_late_frame_that_was_lost_on_the_fast_way_is_as_old_as_it_is() {
    for seed in 0..20 {
        fly(Sky { lost: (200, 0), seed, jitter_us: 3_000, ..Sky::with_lag(1_800_000) });
    }
}

/// The fast way ends soon after a heartbeat, having lost nothing that is known of: the next one comes by the slow way alone.
#[test]
fn the_first_frames_after_the_end_of_the_fast_way_are_as_old_as_they_are() {
    for step in 0..144 {
        let (lag_us, fast_ends_us) = (120_000 + step % 12 * 80_000, Some(4_020_001 + step / 12 * 90_000));
        fly(Sky { seconds: 6, fast_ends_us, seed: step, jitter_us: step * 50, ..Sky::with_lag(lag_us) });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_interleaving_makes_a_part_younger_than_the_truth(
        lag_us in prop_oneof![Just(None), (60_000u64..11_000_000).prop_map(Some)],
        round_us in prop_oneof![Just(20_000u64), Just(50_000), Just(100_000)],
        fast_us in 500u64..20_000,
        fast_ends_us in prop_oneof![Just(None), (3_000_000u64..12_000_000).prop_map(Some)],
        lost in (0u64..300, 0u64..300),
        jitter_us in 0u64..8_000,
        answers in any::<bool>(),
        boot_us in 20_000_000u64..4_000_000_000,
        own_us in prop_oneof![Just(None), (0u64..20_000).prop_map(Some)],
        seed in any::<u64>(),
    ) {
        let reboot = None;
        fly(Sky {
            seconds: 18, boot_us, round_us, fast_us, fast_ends_us, lag_us, own_us, lost, jitter_us, answers, reboot, seed,
        });
    }
}
