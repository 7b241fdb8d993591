//! Numbers by themselves; the truth is held against them in `listener/tests/late.rs`.

use super::*;

fn at_ms(ms: u64) -> TimeUs {
    TimeUs(ms * 1_000)
}

fn news(ms: u64) -> Judged {
    Judged::News(at_ms(ms))
}

fn as_of(ms: u64) -> Judged {
    Judged::AsOf(at_ms(ms))
}

/// A fresh way at 50 frames/s, each second one with a clock, beside a way that is late by `late_ms`: copies, or its own.
fn beside(late_ms: u64, copies: bool) -> Ways {
    let mut ways = Ways::default();
    for number in 0..500u64 {
        let (ms, print) = (number * 20, number as u32);
        if number % 2 == 0 {
            ways.take_dated(number as u8, print, at_ms(ms), at_ms(ms));
        } else {
            assert_eq!(ways.judge(number as u8, print, at_ms(ms)), news(ms - 20), "{number}");
        }
        let Some(then) = ms.checked_sub(late_ms) else { continue };
        let (number, print) = if copies {
            ((then / 20) as u8, (then / 20) as u32)
        } else {
            ((then / 20 + 77) as u8, 10_000 + (then / 20) as u32)
        };
        if then / 20 % 2 == 0 {
            ways.take_dated(number, print, at_ms(then), at_ms(ms));
        } else {
            let right = if copies { Judged::Late } else { as_of(then - 20) };
            assert_eq!(ways.judge(number, print, at_ms(ms)), right, "{number}");
        }
    }
    assert_eq!(ways.lost_total, 0);
    ways
}

#[test]
fn alone_the_next_is_news_even_when_it_is_like_one_before() {
    let mut ways = Ways::default();
    for number in 0..2_000u64 {
        assert_eq!(ways.judge(number as u8, 7, at_ms(number * 10)), news(number * 10));
    }
    assert_eq!(ways.lost_total, 0);
    // Numbers that are lost are counted; what comes after them may be a copy.
    let after = 1_999u64 as u8 + 4;
    assert_eq!(ways.judge(after, 7, at_ms(20_000)), as_of(2_110));
    assert_eq!(ways.judge(after + 2, 8, at_ms(20_010)), news(20_010));
    assert_eq!(ways.lost_total, 4);
}

#[test]
fn after_a_fade_a_frame_with_a_clock_tells_where_the_numbers_stand() {
    let mut ways = Ways::default();
    ways.take_dated(10, 1, at_ms(0), at_ms(0));
    assert_eq!(ways.judge(90, 2, at_ms(500)), Judged::Late);
    ways.take_dated(91, 3, at_ms(510), at_ms(510));
    assert_eq!(ways.judge(92, 4, at_ms(520)), news(510));
    assert_eq!(ways.lost_total, 0, "is it another way?");
    assert_eq!(ways.judge(93, 5, at_ms(3_020)), news(510));
    assert_eq!(ways.lost_total, 79, "nothing came as before");
    // An autopilot that sends none is not waited for.
    assert_eq!(ways.judge(200, 5, at_ms(20_511)), news(20_511));
}

#[test]
fn a_copy_far_from_the_next_is_late_and_no_loss() {
    let mut ways = Ways::default();
    for number in 0..100u8 {
        ways.judge(number, u32::from(number), at_ms(u64::from(number)));
    }
    assert_eq!(ways.judge(40, 40, at_ms(100)), Judged::Late);
    assert_eq!(ways.judge(99, 99, at_ms(100)), Judged::Late, "doubled");
    assert_eq!(ways.judge(100, 100, at_ms(101)), news(101));
    assert_eq!((ways.judge(101, 101, at_ms(102)), ways.lost_total), (news(102), 0));
}

#[test]
fn what_was_overtaken_is_not_lost() {
    let mut ways = Ways::default();
    for number in [0u8, 1, 4, 2, 3, 5] {
        ways.take_dated(number, u32::from(number), at_ms(u64::from(number)), at_ms(u64::from(number) + 5));
    }
    assert_eq!(ways.lost_total, 0);
    ways.take_dated(8, 8, at_ms(8), at_ms(13));
    assert_eq!(ways.lost_total, 2);
}

#[test]
fn a_copy_is_late_and_a_frame_of_a_way_of_its_own_is_as_late_as_the_way() {
    for late_ms in [100, 500, 2_000, 5_120] {
        beside(late_ms, false);
    }
    for late_ms in [100, 500, 2_000] {
        beside(late_ms, true);
    }
}

#[test]
fn when_the_late_way_alone_is_left_its_frames_are_as_late_as_it_is() {
    let mut ways = beside(2_000, false);
    let number = 500u64 - 100 + 77;
    ways.take_dated(number as u8, 90_000, at_ms(8_000), at_ms(10_000));
    assert_eq!(ways.judge((number + 1) as u8, 90_001, at_ms(10_020)), as_of(8_000));
    // However late it has become: no older than the last one with a clock.
    assert_eq!(ways.judge((number + 2) as u8, 90_002, at_ms(13_020)), as_of(8_000));
}

#[test]
fn a_number_that_two_ways_may_have_brought_is_as_late_as_the_later() {
    let mut ways = beside(2_000, false);
    // The late way loses, and comes near the next of the fresh one (500).
    let (fresh, late) = (500u64 as u8, 245u64 as u8);
    ways.take_dated(late, 90_000, at_ms(8_000), at_ms(10_000));
    ways.take_dated(late.wrapping_add(1), 90_001, at_ms(8_001), at_ms(10_001));
    assert_eq!(ways.judge(fresh, 90_002, at_ms(10_002)), as_of(8_001));
}

#[test]
fn ways_of_equal_numbers_of_a_rate_are_told_apart_by_their_next() {
    // Numbers of the late way are those of the fresh one, less two, for ever.
    let mut ways = Ways::default();
    for number in 0..1_000u64 {
        let ms = number * 20;
        let is_dated = number % 3 != 0;
        for (number, print, then) in
            [(number, number, ms), (number + 254, 10_000 + number, ms.saturating_sub(2_000))]
        {
            if is_dated {
                ways.take_dated(number as u8, print as u32, at_ms(then), at_ms(ms));
            } else if ms > 2_100 {
                let judged = ways.judge(number as u8, print as u32, at_ms(ms));
                let right = if then == ms { news(then - 20) } else { as_of(then - 20) };
                assert_eq!(judged, right, "{number} at {ms}");
            }
        }
    }
}

#[test]
fn prints_tell_messages_apart_but_for_zeros_at_the_end() {
    let mut prints: Vec<u32> = (0..2_000u32).map(|n| print(n % 7, &n.to_le_bytes())).collect();
    prints.push(print(7, &[0; 9]));
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 2_001);
    assert_eq!(print(7, &[0; 9]), print(7, &[]));
    assert_eq!(print(1, &[5, 0, 6]), print(1, &[5, 0, 6, 0, 0, 0, 0, 0, 0, 0]));
}
