//! A campaign: how many flights from which seed, until which invariant is broken (0: none), with which fault.

use skyhound_rig::campaign::{self, Plan};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words[at].parse::<u64>().expect("a number");
    let with = words.get(3).map(|name| campaign::mix::kind_named(name).expect("a kind of fault"));
    let until_broken = Some(number(2) as u8).filter(|invariant| *invariant > 0);
    let plan = Plan { seed: number(1), flights: number(0), threads: 1, with, until_broken };
    println!("{}", campaign::fly_all(&plan, &|_| {}));
}
