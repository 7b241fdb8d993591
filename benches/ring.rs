//! Lanes: items per second between two threads in slices and one at a time, and push + pop in one thread, against the
//! standard library's bounded channel. Wall time: two threads are the point here.

use skyhound::ring::lane;
use skyhound_benches::{compare, median, print_head, print_row};
use std::hint::black_box;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

const ITEM_COUNT: usize = 4_000_000;
const CAPACITY_COUNT: usize = 4_096;
const SLICE_COUNT: usize = 64;

/// 32 bytes, as a small reading.
type Item = [u64; 4];

fn main() {
    print_head("lanes (ring)");
    let sliced = millions_per_second(|| through_lane(SLICE_COUNT));
    let single = millions_per_second(|| through_lane(1));
    let channel = millions_per_second(through_channel);
    let figure = |value: f64| format!("{value:.0} M/s");
    print_row(
        "32-byte items between threads, slices of 64",
        &figure(sliced),
        "std sync_channel",
        &figure(channel),
        sliced / channel,
        ">= 100 M/s",
    );
    print_row(
        "the same, one at a time",
        &figure(single),
        "std sync_channel",
        &figure(channel),
        single / channel,
        "",
    );
    push_and_pop();
}

fn push_and_pop() {
    const PAIRS: u64 = 1_000_000;
    let (mut producer, mut consumer) = lane::<Item>("bench", CAPACITY_COUNT);
    let (sender, receiver) = sync_channel::<Item>(CAPACITY_COUNT);
    let measured = compare(
        PAIRS,
        || {
            for index in 0..PAIRS {
                producer.push(black_box([index; 4]));
                black_box(consumer.pop());
            }
        },
        PAIRS,
        || {
            for index in 0..PAIRS {
                sender.try_send(black_box([index; 4])).expect("room");
                black_box(receiver.try_recv().expect("an item"));
            }
        },
    );
    let figure = |ns: f64| format!("{ns:.1} ns");
    print_row(
        "push + pop, one thread",
        &figure(measured.ours_ns),
        "std sync_channel",
        &figure(measured.peer_ns),
        measured.ratio,
        "<= 15 ns",
    );
}

fn millions_per_second(run: impl Fn() -> f64) -> f64 {
    median(&mut (0..5).map(|_| ITEM_COUNT as f64 / run() / 1e6).collect::<Vec<_>>())
}

/// Seconds for all items.
fn through_lane(slice_count: usize) -> f64 {
    let (mut producer, mut consumer) = lane::<Item>("bench", CAPACITY_COUNT);
    let begun = Instant::now();
    let pushing = std::thread::spawn(move || {
        let items = vec![[7u64; 4]; slice_count];
        let mut sent = 0;
        while sent < ITEM_COUNT {
            let room = producer.vacant_count().min(slice_count).min(ITEM_COUNT - sent);
            if room == 0 {
                std::hint::spin_loop();
                continue;
            }
            sent += producer.push_slice(&items[..room]);
        }
    });
    let mut taken = vec![[0u64; 4]; slice_count];
    let mut received = 0;
    while received < ITEM_COUNT {
        received += consumer.pop_slice(&mut taken);
        black_box(&taken);
    }
    pushing.join().expect("the pushing thread");
    begun.elapsed().as_secs_f64()
}

fn through_channel() -> f64 {
    let (sender, receiver) = sync_channel::<Item>(CAPACITY_COUNT);
    let begun = Instant::now();
    let pushing = std::thread::spawn(move || {
        for _ in 0..ITEM_COUNT {
            sender.send([7u64; 4]).expect("the receiver lives");
        }
    });
    for _ in 0..ITEM_COUNT {
        black_box(receiver.recv().expect("an item"));
    }
    pushing.join().expect("the pushing thread");
    begun.elapsed().as_secs_f64()
}
