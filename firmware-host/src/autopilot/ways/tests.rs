//! Numbers by themselves; the truth is held against them in `listener/tests/late.rs`.

use super::*;

fn at_ms(ms: u64) -> TimeUs {
    TimeUs(ms * 1_000)
}

#[test]
fn alone_the_next_is_news_even_when_it_is_like_one_before() {
    let mut ways = Ways::default();
    for number in 0..2_000u64 {
        assert_eq!(ways.judge(number as u8, 7, at_ms(number * 10)), Judged::Fresh);
    }
    assert_eq!(ways.lost_total, 0);
    // Numbers that are lost are counted; what comes after them may be a copy.
    let after = 1_999u64 as u8 + 4;
    assert_eq!(ways.judge(after, 7, at_ms(20_000)), Judged::AsOf(at_ms(2_110)));
    assert_eq!(ways.judge(after + 2, 8, at_ms(20_010)), Judged::Fresh);
    assert_eq!(ways.lost_total, 4);
}

#[test]
fn after_a_fade_a_frame_with_a_clock_tells_where_the_numbers_stand() {
    let mut ways = Ways::default();
    ways.take_news(10, 1, 0, at_ms(0));
    assert_eq!(ways.judge(90, 2, at_ms(500)), Judged::Late);
    ways.take_news(91, 3, 0, at_ms(510));
    assert_eq!((ways.judge(92, 4, at_ms(520)), ways.lost_total), (Judged::Fresh, 0), "is it another port?");
    ways.take_news(93, 6, 0, at_ms(2_501));
    assert_eq!(ways.lost_total, 79, "nothing came as before");
    // An autopilot that sends none is not waited for.
    assert_eq!(ways.judge(200, 5, at_ms(22_502)), Judged::Fresh);
}

#[test]
fn a_copy_far_from_the_next_is_late_and_no_loss() {
    let mut ways = Ways::default();
    for number in 0..100u8 {
        ways.judge(number, u32::from(number), at_ms(u64::from(number)));
    }
    assert_eq!(ways.judge(40, 40, at_ms(100)), Judged::Late);
    assert_eq!(ways.judge(99, 99, at_ms(100)), Judged::Late, "doubled");
    assert_eq!(ways.judge(100, 100, at_ms(101)), Judged::Fresh);
    // Not seen before, and behind: it was overtaken.
    assert_eq!(ways.judge(98, 5, at_ms(101)), Judged::Fresh);
    assert_eq!((ways.judge(101, 101, at_ms(102)), ways.lost_total), (Judged::Fresh, 0));
}

#[test]
fn the_first_copy_of_a_late_way_moves_no_number_though_it_is_one_of_the_next() {
    let mut ways = Ways::default();
    for number in 0..900u64 {
        let (sequence, at) = (number as u8, at_ms(number * 10));
        if number % 2 == 0 {
            ways.take_news(sequence, number as u32, 0, at);
        } else {
            assert_eq!(ways.judge(sequence, number as u32, at), Judged::Fresh, "{number}");
        }
        if number == 300 {
            // 44 was the last, and no copy with a clock told of the late way yet; the second is of before we listened.
            assert_eq!(ways.judge(65, 65, at), Judged::AsOf(at_ms(650)));
            assert_eq!(ways.judge(67, 9_999, at), Judged::Fresh);
        }
    }
    assert_eq!(ways.lost_total, 0);
}

#[test]
fn a_long_row_without_a_clock_is_news_though_frames_before_it_were_lost() {
    let mut ways = Ways::default();
    ways.take_news(10, 1, 0, at_ms(0));
    // All parameters in a burst, after 17 frames that were lost.
    for number in 28..1_400u32 {
        let at = at_ms(u64::from(number));
        assert_eq!(ways.judge(number as u8, 1_000 + number, at), Judged::Fresh, "{number}");
    }
    ways.take_news(1_400_u32 as u8, 2, 0, at_ms(1_400));
    assert_eq!(ways.lost_total, 17);
}

#[test]
fn beside_a_late_way_what_may_be_a_copy_is_as_old_as_the_first() {
    let mut ways = Ways::default();
    for number in 0..=255u8 {
        ways.judge(number, 7, at_ms(5 + u64::from(number)));
    }
    ways.take_late(100, 7, 2_000_000, at_ms(300));
    assert_eq!(ways.judge(0, 7, at_ms(300)), Judged::AsOf(at_ms(5)), "the next, and as one before");
    assert_eq!(ways.judge(1, 8, at_ms(300)), Judged::Fresh);
    assert_eq!(ways.judge(60, 8, at_ms(300)), Judged::Late, "none of the next");
    assert_eq!(ways.judge(101, 7, at_ms(300)), Judged::Late);
    assert_eq!((ways.judge(2, 9, at_ms(301)), ways.lost_total), (Judged::Fresh, 0));
    // When that way is gone, all is as before.
    assert_eq!(ways.judge(60, 8, at_ms(30_301)), Judged::Fresh);
}

#[test]
fn a_number_that_both_ways_may_have_lost_is_as_late_as_the_late_one() {
    let mut ways = Ways::default();
    ways.take_news(10, 1, 0, at_ms(5_000));
    ways.take_late(10, 1, 2_000_000, at_ms(5_000));
    assert_eq!(ways.judge(11, 2, at_ms(5_001)), Judged::Fresh, "nothing was lost");
    ways.take_news(20, 3, 0, at_ms(5_002));
    assert_eq!(ways.lost_total, 8);
    assert_eq!(ways.judge(21, 4, at_ms(5_003)), Judged::AsOf(at_ms(3_003)));
    ways.take_late(200, 9, 2_000_000, at_ms(5_004));
    assert_eq!(ways.judge(22, 5, at_ms(5_005)), Judged::Fresh);
}

#[test]
fn when_the_fresh_way_may_have_ended_the_late_ones_numbers_are_as_late_as_it() {
    let mut ways = Ways::default();
    for round in 0..50u8 {
        ways.take_news(2 * round, 1, 0, at_ms(u64::from(round) * 20));
        assert_eq!(ways.judge(2 * round + 1, 2, at_ms(u64::from(round) * 20)), Judged::Fresh);
        ways.take_late(2 * round, 1, 400_000, at_ms(u64::from(round) * 20 + 1));
    }
    // It ended at 980 ms, by chance before a frame without a clock; 20 ms later that was sent, and comes with the lag.
    assert_eq!(ways.judge(100, 3, at_ms(1_400)), Judged::AsOf(at_ms(1_000)));
    // What comes late by its clock, and is news, tells that it did, also after a short silence.
    let mut ways = Ways::default();
    ways.take_news(9, 1, 0, at_ms(900));
    ways.take_late(9, 1, 400_000, at_ms(901));
    ways.take_news(10, 3, 400_000, at_ms(902));
    assert_eq!(ways.judge(11, 4, at_ms(903)), Judged::AsOf(at_ms(503)));
    assert_eq!(ways.lost_total, 0);
}

#[test]
fn losses_beside_a_late_way_are_counted_by_what_has_a_clock() {
    let mut ways = Ways::default();
    ways.take_news(10, 1, 0, at_ms(0));
    ways.take_late(200, 9, 2_000_000, at_ms(1));
    // 11 is lost, 12 has no clock, 13 has one.
    assert_eq!(ways.judge(12, 2, at_ms(2)), Judged::Fresh);
    assert_eq!(ways.lost_total, 0);
    ways.take_news(13, 3, 0, at_ms(3));
    assert_eq!(ways.lost_total, 1);
}

#[test]
fn beside_a_late_way_with_frames_of_its_own_each_is_as_late_as_that_one() {
    let mut ways = Ways::default();
    for number in 0..20u8 {
        ways.take_news(number, u32::from(number), 0, at_ms(u64::from(number)));
    }
    ways.take_late(3, 103, 2_000_000, at_ms(20));
    assert_eq!((ways.has_own_late_way(at_ms(20)), ways.judge(20, 1, at_ms(21))), (false, Judged::Fresh));
    ways.take_late(4, 104, 2_000_000, at_ms(22));
    assert!(ways.has_own_late_way(at_ms(22)));
    for number in [21, 60, 5] {
        assert_eq!(ways.judge(number, 1, at_ms(2_023)), Judged::AsOf(at_ms(23)), "{number}");
    }
    ways.take_news(70, 2, 0, at_ms(2_024));
    assert_eq!(ways.lost_total, 0, "numbers prove no loss");
    // One of copies brings again what was heard.
    for number in 0..15u8 {
        ways.take_late(number, u32::from(number), 2_000_000, at_ms(2_025));
    }
    assert!(!ways.has_own_late_way(at_ms(2_025)));
    ways.take_late(200, 105, 2_000_000, at_ms(2_026));
    ways.take_late(201, 106, 2_000_000, at_ms(2_026));
    assert!(!ways.has_own_late_way(at_ms(32_027)), "gone");
}

#[test]
fn two_prompt_ports_count_apart_and_a_fade_counts_when_the_first_is_gone() {
    let mut ways = Ways::default();
    for round in 0..500u64 {
        let number = round as u8;
        for (number, print) in [(number, 1), (number.wrapping_add(100), 2)] {
            if round % 3 == 0 {
                ways.take_news(number, print + 10 * round as u32, 0, at_ms(round * 20));
            } else {
                let judged = ways.judge(number, print + 10 * round as u32, at_ms(round * 20));
                assert!(round < 3 || judged == Judged::Fresh, "{number} in round {round}: {judged:?}");
            }
        }
    }
    assert_eq!(ways.lost_total, 0);
    // The first falls silent: what is missing between the two is counted once, when it is over.
    for round in 500..800u64 {
        ways.take_news((round as u8).wrapping_add(100), 2 + 10 * round as u32, 0, at_ms(round * 20));
    }
    assert!((90..=110).contains(&ways.lost_total), "{}", ways.lost_total);
}

#[test]
fn prints_tell_messages_apart_but_for_zeros_at_the_end() {
    let mut prints: Vec<u32> = (0..2_000u32).map(|n| print(n % 7, &n.to_le_bytes())).collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 2_000);
    assert_eq!(print(1, &[5, 0, 0]), print(1, &[5]));
    assert_eq!(print(1, &[0; 17]), print(1, &[]));
}
