//! The fence is read whole or not at all, whoever else speaks the mission protocol.

use proptest::prelude::*;
use skyhound::vehicle::Zone;

use super::*;

const US: (u8, u8) = (1, 191);

#[derive(Clone)]
struct Item {
    command: u16,
    param1: f32,
    lat_e7: i32,
    lon_e7: i32,
    frame: u8,
}

fn item(command: u16, param1: f32, lat_e7: i32, lon_e7: i32) -> Item {
    Item { command, param1, lat_e7, lon_e7, frame: 0 }
}

fn count(count: u16, to: (u8, u8)) -> Vec<u8> {
    let [low, high] = count.to_le_bytes();
    vec![low, high, to.0, to.1, TYPE_FENCE]
}

fn ack(result: u8, to: (u8, u8)) -> Vec<u8> {
    vec![to.0, to.1, result, TYPE_FENCE]
}

fn payload(item: &Item, seq: u16, to: (u8, u8)) -> Vec<u8> {
    let mut payload = vec![0; 38];
    payload[0..4].copy_from_slice(&item.param1.to_le_bytes());
    payload[16..20].copy_from_slice(&item.lat_e7.to_le_bytes());
    payload[20..24].copy_from_slice(&item.lon_e7.to_le_bytes());
    payload[28..30].copy_from_slice(&seq.to_le_bytes());
    payload[30..32].copy_from_slice(&item.command.to_le_bytes());
    (payload[32], payload[33], payload[34], payload[37]) = (to.0, to.1, item.frame, TYPE_FENCE);
    payload
}

fn at_ms(ms: u64) -> TimeUs {
    TimeUs(ms * 1_000)
}

fn triangle(command: u16) -> Vec<Item> {
    (0..3)
        .map(|corner| item(command, 3.0, 470_000_000 + corner * 1_000, 80_000_000 + corner * corner))
        .collect()
}

/// Reads `items` from an autopilot that answers each question but those that `loses`; what it read and when.
fn read(reader: &mut ZoneReader, items: &[Item], mut loses: impl FnMut() -> bool) -> Option<(Zones, u64)> {
    let mut zones = None;
    for ms in (0..60_000).step_by(50) {
        let got = match reader.due(at_ms(ms)) {
            _ if loses() => None,
            Some(ZoneRequest::List) => reader.take_count(Payload(&count(items.len() as u16, US)), US),
            Some(ZoneRequest::Item(seq)) => {
                reader.take_item(Payload(&payload(&items[usize::from(seq)], seq, US)), US)
            }
            Some(ZoneRequest::Thanks) => return zones,
            None => None,
        };
        zones = got.map(|got| (got, ms)).or(zones);
    }
    zones
}

#[test]
fn polygons_and_discs_come_whole() {
    let mut items = triangle(POLYGON_INSIDE);
    items.push(item(RETURN_POINT, 0.0, 470_000_000, 80_000_000));
    items.extend(triangle(POLYGON_OUTSIDE));
    items.push(item(CIRCLE_OUTSIDE, 25.0, 470_000_000, 80_000_000));
    items.push(item(CIRCLE_INSIDE, 500.0, 470_000_000, 80_000_000));
    let (zones, ms) = read(&mut ZoneReader::default(), &items, || false).unwrap();
    assert!(!zones.is_cut && ms < 1_000);
    let kinds: Vec<(bool, usize, f64)> = zones
        .iter()
        .map(|zone| match zone {
            Zone::Polygon { inside, .. } => (inside, zones.corners(&zone).len(), 0.0),
            Zone::Circle { inside, radius_m, .. } => (inside, 0, radius_m),
        })
        .collect();
    assert_eq!(kinds, [(true, 3, 0.0), (false, 3, 0.0), (false, 0, 25.0), (true, 0, 500.0)]);
}

#[test]
fn what_is_not_understood_cuts() {
    let good = triangle(POLYGON_INSIDE);
    let mut torn = good.clone();
    torn.truncate(2);
    torn.extend(triangle(POLYGON_OUTSIDE));
    let mut local = good.clone();
    local[1].frame = 1;
    let cases = [
        vec![item(16, 0.0, 470_000_000, 80_000_000)],
        vec![item(CIRCLE_INSIDE, f32::NAN, 470_000_000, 80_000_000)],
        vec![item(CIRCLE_INSIDE, 9.0, 0, 0)],
        good[..2].to_vec(),
        torn,
        local,
        vec![item(POLYGON_INSIDE, 1e9, 470_000_000, 80_000_000); 3],
        triangle(POLYGON_INSIDE).into_iter().cycle().take(3 * 17).collect(),
    ];
    for (case, items) in cases.iter().enumerate() {
        let (zones, _) = read(&mut ZoneReader::default(), items, || false).unwrap();
        assert!(zones.is_cut, "case {case}");
    }
    let mut reader = ZoneReader::default();
    reader.due(at_ms(0));
    assert!(reader.take_count(Payload(&count(ITEMS_MAX + 1, US)), US).unwrap().is_cut);
}

#[test]
fn no_fence_is_known_as_none() {
    let (zones, _) = read(&mut ZoneReader::default(), &[], || false).unwrap();
    assert_eq!(zones, Zones::default());
    let mut reader = ZoneReader::default();
    reader.due(at_ms(0));
    assert_eq!(reader.take_ack(Payload(&ack(UNSUPPORTED, US)), US, at_ms(1)), Some(Zones::default()));
    assert_eq!(reader.due(at_ms(59_000)), None);
    // Busy, or denied, is no answer.
    let mut reader = ZoneReader::default();
    reader.due(at_ms(0));
    assert_eq!(reader.take_ack(Payload(&ack(14, US)), US, at_ms(0)), None);
    assert_eq!((reader.due(at_ms(4_999)), reader.due(at_ms(5_000))), (None, Some(ZoneRequest::List)));
}

#[test]
fn one_that_does_not_answer_is_asked_seldom() {
    let mut reader = ZoneReader::default();
    let asked = (0..60_000).step_by(50).filter(|ms| reader.due(at_ms(*ms)).is_some()).count();
    assert!((25..=35).contains(&asked), "{asked}");
}

/// Passes of `ms`, with an autopilot that tells this count; how often that was asked for, and items.
fn runs(reader: &mut ZoneReader, ms: std::ops::Range<u64>, told: &[u8]) -> (usize, usize) {
    let (mut asked, items) = ((0, 0), triangle(POLYGON_INSIDE));
    for ms in ms.step_by(50) {
        match reader.due(at_ms(ms)) {
            Some(ZoneRequest::List) => {
                asked.0 += 1;
                reader.take_count(Payload(told), US);
            }
            Some(ZoneRequest::Item(seq)) => {
                asked.1 += 1;
                reader.take_item(Payload(&payload(&items[usize::from(seq)], seq, US)), US);
            }
            Some(ZoneRequest::Thanks) | None => {}
        }
    }
    asked
}

#[test]
fn its_count_is_asked_for_often_and_it_is_read_when_that_changed_and_each_minute() {
    let mut reader = ZoneReader::default();
    assert!(read(&mut reader, &triangle(POLYGON_INSIDE), || false).is_some());
    let same = count(3, US);
    let (counts, items) = runs(&mut reader, 1_000..50_000, &same);
    assert!((8..=10).contains(&counts) && items == 0, "{counts} {items}");
    // As many, and other ones.
    let other = [same.clone(), vec![7, 0, 0, 0]].concat();
    assert_eq!(runs(&mut reader, 50_000..56_000, &other).1, 3);
    assert_eq!(runs(&mut reader, 56_000..105_000, &other).1, 0);
    assert_eq!(runs(&mut reader, 105_000..125_000, &other).1, 3);
    let others = (255, 190);
    reader.take_ack(Payload(&ack(14, others)), US, at_ms(125_000));
    assert_eq!(
        runs(&mut reader, 125_000..131_000, &other).1,
        0,
        "an upload that was refused changes nothing"
    );
    reader.take_ack(Payload(&ack(ACCEPTED, others)), US, at_ms(131_000));
    assert_eq!(runs(&mut reader, 131_000..132_000, &other).1, 3);
}

#[test]
fn one_that_changed_and_cannot_be_read_is_outdated() {
    let mut reader = ZoneReader::default();
    assert!(read(&mut reader, &triangle(POLYGON_INSIDE), || false).is_some());
    let asks = (1_000..20_000).step_by(50).find(|ms| reader.due(at_ms(*ms)).is_some()).unwrap();
    reader.take_count(Payload(&count(4, US)), US);
    assert!(!reader.is_outdated());
    let gives_up = |reader: &mut ZoneReader| {
        (asks + 50..asks + 8_000)
            .step_by(50)
            .any(|ms| reader.due(at_ms(ms)).is_none() && reader.is_outdated())
    };
    assert!(gives_up(&mut reader));
    assert_eq!(runs(&mut reader, asks + 8_000..asks + 20_000, &count(3, US)).1, 3);
    assert!(!reader.is_outdated() && !reader.has_failed());
}

#[test]
fn somebody_elses_reading_and_other_missions_do_not_mix_in() {
    let mut reader = ZoneReader::default();
    let (ours, theirs) = (triangle(POLYGON_INSIDE), triangle(POLYGON_OUTSIDE));
    reader.due(at_ms(0));
    let mut of_a_mission = count(9, US);
    of_a_mission[4] = 0;
    for foreign in [count(9, (255, 190)), of_a_mission] {
        assert_eq!(reader.take_count(Payload(&foreign), US), None);
        assert_eq!(reader.state, State::AsksCount);
    }
    reader.take_count(Payload(&count(3, US)), US);
    for seq in 0..3u16 {
        let foreign = payload(&theirs[usize::from(seq)], seq, (255, 190));
        assert_eq!(reader.take_item(Payload(&foreign), US), None);
        // A double of the one before.
        let before = payload(&ours[usize::from(seq.saturating_sub(1))], seq.wrapping_sub(1), US);
        assert_eq!(reader.take_item(Payload(&before), US), None);
        let got = reader.take_item(Payload(&payload(&ours[usize::from(seq)], seq, US)), US);
        assert_eq!(got.map(|zones| zones.iter().count()), (seq == 2).then_some(1));
    }
    assert_eq!(reader.take_item(Payload(&payload(&ours[0], 0, US)), US), None, "it is over");
}

proptest! {
    #[test]
    fn a_line_that_loses_much_costs_time_only(seed in any::<u64>(), lost_percent in 0u64..40) {
        let mut state = seed;
        let items: Vec<Item> = [triangle(POLYGON_INSIDE), triangle(POLYGON_OUTSIDE)].concat();
        let loses = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % 100 < lost_percent
        };
        if let Some((zones, _)) = read(&mut ZoneReader::default(), &items, loses) {
            prop_assert!(!zones.is_cut && zones.iter().count() == 2);
        }
    }

    #[test]
    fn no_payload_panics(payloads in proptest::collection::vec((0u8..4, proptest::collection::vec(any::<u8>(), 0..60)), 0..100)) {
        let mut reader = ZoneReader::default();
        for (step, (what, payload)) in payloads.into_iter().enumerate() {
            let now = at_ms(step as u64 * 400);
            let payload = Payload(&payload);
            match what {
                0 => drop(reader.due(now)),
                1 => drop(reader.take_count(payload, (0, 0))),
                2 => drop(reader.take_item(payload, (0, 0))),
                _ => drop(reader.take_ack(payload, (0, 0), now)),
            }
        }
    }
}
