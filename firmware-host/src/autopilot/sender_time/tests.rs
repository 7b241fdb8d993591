//! Clocks by themselves; what comes of them in the vehicle is in `listener/tests/late.rs`.

use super::*;

fn boot(ms: u32) -> Vec<u8> {
    ms.to_le_bytes().to_vec()
}

fn date(time: &mut SenderTime, id: u32, boot_ms: u32, at_ms: u64) -> Dated {
    time.date(id, Payload(&boot(boot_ms)), TimeUs(at_ms * 1_000))
}

fn at_ms(ms: u64) -> Dated {
    Dated::At(TimeUs(ms * 1_000))
}

#[test]
fn the_first_sight_is_the_smallest_of_the_last_half_minute() {
    let mut time = SenderTime::default();
    assert_eq!(date(&mut time, ATTITUDE, 1_000, 5_300), at_ms(5_300));
    // The next came faster: the first was late by 0.3 s.
    assert_eq!(date(&mut time, ATTITUDE, 2_000, 6_000), at_ms(6_000));
    assert_eq!(date(&mut time, GLOBAL_POSITION_INT, 2_100, 6_500), at_ms(6_100));
    assert_eq!(time.lateness_us(), 0);
    assert_eq!(date(&mut time, ATTITUDE, 3_500, 7_700), at_ms(7_500));
    assert_eq!(time.lateness_us(), 200_000, "the least late ones of the last second");
    // A clock that slipped by 0.5 s is what it is after a while.
    for second in 8..45u32 {
        date(&mut time, ATTITUDE, second * 1_000 - 4_500, u64::from(second) * 1_000);
    }
    assert_eq!(date(&mut time, ATTITUDE, 41_500, 46_000), at_ms(46_000));
}

#[test]
fn older_than_its_kind_is_late_and_as_old_proves_nothing() {
    let mut time = SenderTime::default();
    date(&mut time, ATTITUDE, 5_000, 5_000);
    date(&mut time, ATTITUDE, 6_000, 6_000);
    assert_eq!(date(&mut time, ATTITUDE, 5_999, 9_000), Dated::Late(Some(3_001_000)));
    assert_eq!(date(&mut time, ATTITUDE, 6_000, 9_000), Dated::Same(TimeUs(6_000_000)));
    // Another kind has its own newest; but heard for the first time it is of this time.
    assert_eq!(date(&mut time, RC_CHANNELS, 5_500, 9_000), at_ms(5_500));
    assert_eq!(date(&mut time, GLOBAL_POSITION_INT, 4_999, 9_000), Dated::Late(Some(4_001_000)));
    assert_eq!(date(&mut time, HEARTBEAT, 0, 9_000), Dated::Undated);
    assert_eq!(date(&mut time, SYSTEM_TIME, 0, 9_000), Dated::Undated, "it has no clock yet");
}

#[test]
fn clocks_in_microseconds_count_when_they_are_of_this_time() {
    let mut time = SenderTime::default();
    let us = |us: u64, at: usize| {
        let mut payload = vec![0; at + 8];
        payload[at..].copy_from_slice(&us.to_le_bytes());
        payload
    };
    let date_us = |time: &mut SenderTime, id, boot_us, at, now_ms: u64| {
        time.date(id, Payload(&us(boot_us, at)), TimeUs(now_ms * 1_000))
    };
    assert_eq!(date_us(&mut time, ALTITUDE, 5_000_000, 0, 5_000), Dated::Undated, "against what?");
    date(&mut time, ATTITUDE, 100_000, 6_000);
    assert_eq!(date_us(&mut time, ALTITUDE, 100_000_000, 0, 6_000), at_ms(6_000));
    assert_eq!(date_us(&mut time, ALTITUDE, 99_000_000, 0, 6_100), Dated::Late(Some(1_100_000)));
    assert_eq!(date_us(&mut time, ALTITUDE, 1_760_000_000_000_000, 0, 6_200), Dated::Undated, "UTC");
    // The fix, and home, may be of long ago: they are put in order by it, no more.
    assert_eq!(date_us(&mut time, GPS_RAW_INT, 30_000_000, 0, 6_000), Dated::Newer);
    assert_eq!(date_us(&mut time, GPS_RAW_INT, 30_000_000, 0, 6_200), Dated::Undated);
    assert_eq!(date_us(&mut time, GPS_RAW_INT, 29_000_000, 0, 6_200), Dated::Late(None));
    assert_eq!(date_us(&mut time, HOME_POSITION, 5_000_000, 52, 6_200), Dated::Newer);
}

#[test]
fn the_newest_of_the_quick_answers_bounds_the_age() {
    let mut time = SenderTime::default();
    // Everything takes 0.4 s each way; both clocks read the same.
    date(&mut time, ATTITUDE, 10_000, 10_400);
    let answer = |time: &mut SenderTime, asked_ms: u64, out_ms: u64, back_ms: u64| {
        let theirs_us = (asked_ms + out_ms) * 1_000;
        time.date_answer(TimeUs(asked_ms * 1_000), theirs_us, TimeUs((asked_ms + out_ms + back_ms) * 1_000))
    };
    answer(&mut time, 10_000, 400, 400);
    assert_eq!(date(&mut time, ATTITUDE, 11_000, 11_400), at_ms(10_600), "over by what the question took");
    // A slow answer is worse than what is known, a quick one better.
    answer(&mut time, 12_000, 900, 400);
    assert_eq!(date(&mut time, ATTITUDE, 14_000, 14_400), at_ms(13_600));
    answer(&mut time, 15_000, 100, 400);
    assert_eq!(date(&mut time, ATTITUDE, 16_000, 16_400), at_ms(15_900));
    assert_eq!(time.lateness_us(), 500_000);
    // What comes sooner than the bound allows shows a clock that runs faster.
    assert_eq!(date(&mut time, ATTITUDE, 18_000, 17_800), at_ms(17_800));
}

#[test]
fn nothing_is_later_than_received() {
    let mut time = SenderTime::default();
    for (boot_ms, received_ms) in [(u32::MAX - 5, 3), (u32::MAX, 4)] {
        let Dated::At(then) = date(&mut time, ATTITUDE, boot_ms, received_ms) else { panic!() };
        assert!(then <= TimeUs(received_ms * 1_000));
    }
}

#[test]
fn the_clock_of_32_bits_begins_anew_and_counts_on() {
    let mut time = SenderTime::default();
    let turn_ms = 1u64 << 32;
    let mut said = Vec::new();
    for ms in (turn_ms - 10_000..turn_ms + 10_000).step_by(100) {
        let now_ms = ms + 20_000 - turn_ms;
        said.push((date(&mut time, ATTITUDE, ms as u32, now_ms), now_ms));
        // One of before the turn, by a slow way.
        let late = date(&mut time, ATTITUDE, (ms - 3_000) as u32, now_ms);
        assert!(said.len() < 31 || late == Dated::Late(Some(3_000_000)), "{late:?} at {now_ms}");
        let mut altitude = (ms * 1_000).to_le_bytes().to_vec();
        altitude.resize(32, 0);
        // Its 64-bit clock goes on.
        let taken = time.date(ALTITUDE, Payload(&altitude), TimeUs(now_ms * 1_000));
        assert!(ms % turn_ms < 100 || taken == at_ms(now_ms), "{taken:?}");
    }
    assert!(
        said.iter().filter(|(said, now_ms)| *said == at_ms(*now_ms)).count() >= said.len() - 1,
        "{said:?}"
    );
}

#[test]
fn an_autopilot_that_starts_again_shortly_before_its_clock_would_is_seen_to() {
    let mut time = SenderTime::default();
    date(&mut time, ATTITUDE, u32::MAX - 3_600_000, 1_000);
    let says: Vec<_> = (0..20u64)
        .map(|tenth| date(&mut time, ATTITUDE, 2_000 + 100 * tenth as u32, 2_000 + 100 * tenth))
        .collect();
    assert!(says.contains(&Dated::Reboot), "{says:?}");
}

#[test]
fn after_a_long_silence_the_same_clock_is_no_new_one() {
    let mut time = SenderTime::default();
    date(&mut time, ATTITUDE, 5_000, 5_000);
    for tenth in 0..100u64 {
        let ms = 5_000 + 3_600_000 + tenth * 100;
        assert_eq!(date(&mut time, ATTITUDE, ms as u32, ms), at_ms(ms));
    }
    // Further than the time since is another clock still.
    assert_eq!(date(&mut time, ATTITUDE, 9_000_000, 3_620_000), Dated::Late(None));
}
