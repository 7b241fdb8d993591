//! The map beside sums, and beside a world whose shadowing wanders along the track.

use super::super::sight::tests::link;
use super::super::theory::{coverage, not_there};
use super::*;
use crate::allocation;
use crate::analytics::random::Random;
use crate::search::{Follow, Order, Pattern, Route};

fn area(north_m: (f64, f64), east_m: (f64, f64)) -> Area {
    let corner = |north_m, east_m| NorthEast { north_m, east_m };
    Area::new(&[
        corner(north_m.0, east_m.0),
        corner(north_m.1, east_m.0),
        corner(north_m.1, east_m.1),
        corner(north_m.0, east_m.1),
    ])
    .unwrap()
}

fn uniform(north_m: f64, east_m: f64) -> PoaMap {
    PoaMap::new(&[Region { area: area((0.0, north_m), (0.0, east_m)), weight: 3.0 }]).unwrap()
}

/// Flown due east at 5 m/s, 20 passes a second.
fn fly(map: &mut PoaMap, north_m: f64, east_m: (f64, f64), sight: &Sight) {
    let passes = ((east_m.1 - east_m.0) / 0.25) as u64;
    for n in 0..=passes {
        let at = NorthEast { north_m, east_m: east_m.0 + n as f64 * 0.25 };
        map.pass(TimeUs(n * 50_000), at, sight);
    }
    map.interrupt();
    map.finish(sight);
}

#[test]
fn one_long_track_finds_what_its_sweep_width_covers() {
    let sight = Sight::new(&link(150.0, 4.0, 3.0), 2.0, 30.0);
    let mut map = uniform(6_000.0, 6_000.0);
    fly(&mut map, 3_000.0, (-1_500.0, 7_500.0), &sight);
    let covered = coverage(sight.sweep_width_m(5.0), 6_000.0, 36e6);
    assert!((map.pos() / covered - 1.0).abs() < 0.03, "{} {covered}", map.pos());
}

#[test]
fn what_is_searched_is_less_likely_and_all_of_it_is_one() {
    let sight = Sight::new(&link(150.0, 4.0, 0.0), 1.0, 30.0);
    let mut map = uniform(1_000.0, 500.0);
    let sum = |map: &PoaMap, of: &dyn Fn(&Cell) -> f64| map.cells().map(|cell| of(&cell)).sum::<f64>();
    assert!((sum(&map, &|cell| cell.prior) - 1.0).abs() < 1e-9 && map.cells().count() == 64 * 32);
    let mut before = map.pos();
    for lane in 0..3 {
        fly(&mut map, 100.0 + f64::from(lane) * 100.0, (0.0, 500.0), &sight);
        assert!(map.pos() > before, "{}", map.pos());
        before = map.pos();
    }
    assert!((sum(&map, &|cell| map.poa_now(cell)) - 1.0).abs() < 1e-9);
    assert!((sum(&map, &Cell::remaining) + map.pos() - 1.0).abs() < 1e-6);
    let (near, far) = map.cells().fold((0.0, 0.0), |(near, far), cell| {
        let poa = map.poa_now(&cell);
        if cell.center.north_m < 350.0 { (near + poa, far) } else { (near, far + poa) }
    });
    assert!(near < 0.01 && far > 0.99 && not_there(0.5, map.pos()) > 0.5, "{near} {far}");
}

#[test]
fn standing_still_is_one_listening_and_being_deaf_none() {
    let sight = Sight::new(&link(150.0, 4.0, 0.0), 1.0, 30.0);
    let mut map = uniform(500.0, 500.0);
    let middle = NorthEast { north_m: 250.0, east_m: 250.0 };
    (0..1_000).for_each(|n| map.pass(TimeUs(n * 1_000_000), middle, &sight));
    assert_eq!((map.listenings_total(), map.pos()), (0, 0.0));
    map.listened(middle, middle, &sight);
    let here = map.cells().min_by(|a, b| a.center.distance_m(middle).total_cmp(&b.center.distance_m(middle)));
    assert!((here.unwrap().pod - sight.chance(6.0)).abs() < 1e-3);
    // Interrupted each second, 30 m are never flown in one piece.
    let mut map = uniform(500.0, 500.0);
    for n in 0..2_000_u32 {
        if n % 20 == 0 {
            map.interrupt();
        }
        let at = NorthEast { north_m: 250.0, east_m: f64::from(n) * 0.25 };
        map.pass(TimeUs(u64::from(n) * 50_000), at, &sight);
    }
    assert_eq!(map.listenings_total(), 0);
}

#[test]
fn pass_by_pass_is_drawn_what_at_once_would_be() {
    let sight = Sight::new(&link(150.0, 4.0, 3.0), 0.0, 30.0);
    let (mut flown, mut at_once) = (uniform(1_000.0, 1_000.0), uniform(1_000.0, 1_000.0));
    let place = |n: u64| NorthEast { north_m: 480.0, east_m: n as f64 * 30.0 };
    for n in 0..=20 {
        flown.pass(TimeUs(n), place(n), &sight);
        // Between two of them as many passes as there are parts, or one alone.
        (0..n % 9).for_each(|_| flown.pass(TimeUs(n), place(n), &sight));
        if n > 0 {
            at_once.listened(place(n - 1), place(n), &sight);
        }
    }
    flown.finish(&sight);
    assert!(flown.cells().eq(at_once.cells()) && flown.listenings_total() == 20);
    assert!(flown.pos() == at_once.pos() && flown.pos() > 0.1, "{}", flown.pos());
}

#[test]
fn the_prior_is_that_of_its_regions() {
    let regions = [
        Region { area: area((0.0, 1_000.0), (0.0, 500.0)), weight: 1.0 },
        Region { area: area((0.0, 1_000.0), (500.0, 1_000.0)), weight: 3.0 },
        Region { area: area((100.0, 100.5), (100.0, 100.5)), weight: 4.0 },
    ];
    let map = PoaMap::new(&regions).unwrap();
    let within = |is: &dyn Fn(NorthEast) -> bool| {
        map.cells().filter(|cell| is(cell.center)).map(|cell| cell.prior).sum::<f64>()
    };
    assert!((within(&|at| at.east_m > 500.0) - 0.375).abs() < 1e-9);
    assert!(within(&|at| at.distance_m(NorthEast { north_m: 100.0, east_m: 100.0 }) < 15.0) > 0.5);
    assert!(PoaMap::new(&[]).is_none());
    assert!(PoaMap::new(&[Region { weight: f64::NAN, ..regions[0].clone() }]).is_none());
}

#[test]
fn a_search_allocates_nothing() {
    let sight = Sight::new(&link(150.0, 4.0, 3.0), 1.0, 30.0);
    let mut map = uniform(1_000.0, 1_000.0);
    let ((), calls) = allocation::count(|| {
        fly(&mut map, 500.0, (0.0, 500.0), &sight);
        std::hint::black_box(map.cells().map(|cell| map.poa_now(&cell)).sum::<f64>());
    });
    assert_eq!((calls, map.listenings_total() > 10), (0, true));
}

/// Share of beacons, evenly in a square of 1 km, that are heard from a track along it: their own weakness at random, shadowing a Gauss–Markov
/// process along the track (Gudmundson 1991), and a listening heard when its mean margin is over nothing.
fn found(places: &[NorthEast], reach_m: f64, sigma_db: f64, window: usize) -> f64 {
    let (mut random, link, kept) = (Random::seeded(5), link(reach_m, 0.0, 0.0), (-5.0_f64 / 40.0).exp());
    let trials = 2_000;
    let heard = (0..trials).filter(|_| {
        let beacon = NorthEast { north_m: random.between(0.0, 1e3), east_m: random.between(0.0, 1e3) };
        let own_db = random.normal() * sigma_db;
        let mut shadow_db = random.normal() * sigma_db;
        let mut margins_db = vec![0.0; places.len()];
        for (margin_db, place) in margins_db.iter_mut().zip(places) {
            shadow_db = kept * shadow_db + (1.0 - kept * kept).sqrt() * sigma_db * random.normal();
            *margin_db = link.margin_db(place.distance_m(beacon)) + own_db + shadow_db;
        }
        margins_db.windows(window).any(|margins_db| margins_db.iter().sum::<f64>() > 0.0)
    });
    heard.count() as f64 / f64::from(trials)
}

#[test]
fn the_pos_is_what_is_found_and_never_more() {
    for (reach_m, spacing_m, seconds) in [(100.0, 400.0, 10), (100.0, 400.0, 2), (200.0, 900.0, 10)] {
        let area = area((0.0, 1_000.0), (0.0, 1_000.0));
        let order = Order {
            pattern: Pattern::ParallelTrack,
            spacing_m,
            heading_rad: 0.0,
            start: NorthEast::default(),
        };
        let mut follow = Follow::new(Route::new(&area, &order).unwrap(), 5.0);
        let mut places = vec![follow.place().unwrap()];
        while let Some((north_mps, east_mps)) = follow.wish(places[places.len() - 1]) {
            let last = places[places.len() - 1];
            places.push(NorthEast { north_m: last.north_m + north_mps, east_m: last.east_m + east_mps });
        }
        let sight = Sight::new(&link(reach_m, 4.24, 4.24), f64::from(seconds), 40.0);
        let mut map = uniform(1_000.0, 1_000.0);
        for (n, at) in places.iter().enumerate() {
            map.pass(TimeUs(n as u64 * 1_000_000), *at, &sight);
        }
        map.finish(&sight);
        let seen = found(&places, reach_m, 4.24, seconds as usize);
        let told = map.pos();
        assert!(told < seen + 0.02 && told > seen - 0.12, "{reach_m} {seconds}: {told} {seen}");
    }
}
