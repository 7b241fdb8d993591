//! Logs made here byte by byte, and real ones where SKYHOUND_DATA has them.

use super::clocks::{Fix, Side, join};
use super::row::{Account, Row, Table};
use super::window::Window;
use super::{dataflash, ulog};
use skyhound::geo::Wgs84;

fn rows_of<'b>(
    read: impl Fn(&mut Window<&'b [u8]>, super::row::Take) -> Result<Account, String>,
    bytes: &'b [u8],
) -> (Account, Vec<Row>) {
    let mut rows = Vec::new();
    let account = read(&mut Window::new(bytes), &mut |row| {
        rows.push(row.clone());
        Ok(())
    });
    let account = account.unwrap();
    assert!(account.adds_up(), "{account:?}");
    (account, rows)
}

fn fmt(kind: u8, bytes: u8, name: &str, types: &str, labels: &str) -> Vec<u8> {
    let mut record = vec![0xA3, 0x95, 128, kind, bytes];
    for (text, width) in [(name, 4), (types, 16), (labels, 64)] {
        let mut field = text.as_bytes().to_vec();
        field.resize(width, 0);
        record.extend(field);
    }
    record
}

fn record(kind: u8, fields: &[&[u8]]) -> Vec<u8> {
    [&[0xA3, 0x95, kind], fields.concat().as_slice()].concat()
}

/// Layouts of ArduCopter 4, and one record of each.
fn bin() -> Vec<u8> {
    let gps = |us: u64, lat_e7: i32| {
        let fields: [&[u8]; 11] = [
            &us.to_le_bytes(),
            &[0, 3],
            &302_418_000_u32.to_le_bytes(),
            &2_300_u16.to_le_bytes(),
            &[14],
            &lat_e7.to_le_bytes(),
            &if lat_e7 == 0 { 0 } else { 85_000_000_i32 }.to_le_bytes(),
            &43_000_i32.to_le_bytes(),
            &5_f32.to_le_bytes(),
            &90_f32.to_le_bytes(),
            &(-1_f32).to_le_bytes(),
        ];
        record(1, &fields)
    };
    let mut bin = fmt(128, 89, "FMT", "BBnNZ", "Type,Length,Name,Format,Columns");
    bin.extend(fmt(
        1,
        3 + 41,
        "GPS",
        "QBBIHBLLefff",
        "TimeUS,I,Status,GMS,GWk,NSats,Lat,Lng,Alt,Spd,GCrs,VZ",
    ));
    bin.extend(fmt(2, 3 + 14, "ATT", "Qccc", "TimeUS,Roll,Pitch,Yaw"));
    bin.extend(fmt(3, 3 + 10, "MODE", "QMB", "TimeUS,Mode,ModeNum"));
    bin.extend(fmt(4, 3 + 9, "XYZ", "QB", "TimeUS,Q"));
    bin.extend(gps(1_000_000, 473_000_001));
    bin.extend(record(
        2,
        &[
            &2_000_000_u64.to_le_bytes(),
            &100_i16.to_le_bytes(),
            &(-200_i16).to_le_bytes(),
            &9_000_i16.to_le_bytes(),
        ],
    ));
    bin.extend([7, 7, 0xA3, 0x95, 99]);
    bin.extend(record(3, &[&3_000_000_u64.to_le_bytes(), &[4, 4]]));
    bin.extend(record(4, &[&3_000_000_u64.to_le_bytes(), &[4]]));
    bin.extend(gps(4_000_000, 1_473_000_001));
    bin.extend(gps(5_000_000, 0));
    bin.extend(&gps(6_000_000, 473_000_001)[..20]);
    bin
}

#[test]
fn dataflash_is_accounted_for_record_by_record() {
    let bin = bin();
    let (account, rows) = rows_of(dataflash::read, &bin);
    assert_eq!(rows.len(), 4);
    let gps = &rows[0];
    assert_eq!((gps.table, gps.log_us), (Table::Gps, 1_000_000));
    // Week 2300 began on 2024-02-04; 302 418 s later it was Wednesday noon UTC, and GPS 18 s ahead.
    assert_eq!(gps.values[0], Some(1_707_307_200_000_000.0));
    assert_eq!((gps.values[1], gps.values[2], gps.values[3]), (Some(47.300_000_1), Some(8.5), Some(430.0)));
    assert!((gps.values[7].unwrap() - 5.0).abs() < 1e-9 && gps.values[6].unwrap().abs() < 1e-6);
    assert!((rows[1].values[2].unwrap() - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
    assert_eq!((rows[2].table, rows[2].values[0]), (Table::Mode, Some(4.0)));
    // A place of 0/0 is none, and told; one of 147 degrees is refused.
    assert_eq!(rows[3].values[1], None);
    assert_eq!(account.changed["GPS: 0/0 is no place"], 1);
    assert_eq!(account.left["XYZ"], 1);
    let refused: Vec<_> = account.refused.iter().map(|r| format!("{}: {}", r.place, r.why)).collect();
    let att_end = 5 * 89 + 44 + 17;
    assert_eq!(account.refused_count, 3, "{refused:?}");
    assert!(refused[0].starts_with(&format!("byte {att_end}: 5 bytes")), "{refused:?}");
    assert!(refused[1].contains("147.3") && refused[2].contains("cut off"), "{refused:?}");
}

#[test]
fn a_damaged_dataflash_ends_and_adds_up() {
    let bin = bin();
    let mut state = 1_u64;
    for _ in 0..2_000 {
        let mut damaged = bin.clone();
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % damaged.len();
            damaged[at] = (state >> 16) as u8;
        }
        rows_of(dataflash::read, &damaged);
        damaged.truncate((state >> 40) as usize % bin.len());
        rows_of(dataflash::read, &damaged);
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u16).to_le_bytes();
    [&size, [kind].as_slice(), body].concat()
}

fn ulg() -> Vec<u8> {
    let mut ulg = ulog::MAGIC.to_vec();
    ulg.extend([1, 0, 0, 0, 0, 0, 0, 0, 0]);
    ulg.extend(message(b'F', b"inner:float[2] a;uint8_t b;"));
    ulg.extend(message(b'F', b"battery_status:uint64_t timestamp;inner[2] in;float voltage_v;float remaining;uint8_t[4] _padding0;"));
    ulg.extend(message(b'F', b"other:uint64_t timestamp;"));
    for (instance, id, name) in
        [(0, 5, "battery_status"), (1, 6, "battery_status"), (0, 7, "other"), (0, 8, "unknown")]
    {
        ulg.extend(message(b'A', &[&[instance, id, 0], name.as_bytes()].concat()));
    }
    let sample = |id: u8, us: u64| {
        let mut body = vec![id, 0];
        body.extend(us.to_le_bytes());
        body.extend([9; 18]);
        body.extend(12.5_f32.to_le_bytes());
        body.extend(0.75_f32.to_le_bytes());
        message(b'D', &body)
    };
    ulg.extend(sample(5, 1_000_000));
    ulg.extend(sample(6, 1_000_000));
    ulg.extend(message(b'D', &[&[7, 0], 9_u64.to_le_bytes().as_slice()].concat()));
    ulg.extend([9, 0, 0xEE]);
    ulg.extend([1; 30]);
    ulg.extend(message(b'S', &[0x2F, 0x73, 0x13, 0x20, 0x25, 0x0C, 0xBB, 0x12]));
    ulg.extend(sample(5, 2_000_000));
    ulg.extend(message(b'D', &[9, 9, 0]));
    ulg.extend(&sample(5, 3_000_000)[..11]);
    ulg
}

#[test]
fn ulog_is_accounted_for_message_by_message() {
    let (account, rows) = rows_of(ulog::read, &ulg());
    let battery = |us| Row::new(Table::Battery, us, [Some(12.5), None, Some(0.75)]);
    assert_eq!(rows, [battery(1_000_000), battery(2_000_000)]);
    assert_eq!((account.left["battery_status of another than the first"], account.left["other"]), (1, 1));
    let refused: Vec<_> = account.refused.iter().map(|r| r.why.as_str()).collect();
    assert_eq!(account.refused_count, 4, "{refused:?}");
    assert!(refused[0].contains("unknown is written"), "{refused:?}");
    assert!(refused[1].contains("33 bytes up to the next mark"), "{refused:?}");
    assert!(refused[2].contains("not told before") && refused[3].contains("cut off"), "{refused:?}");
}

/// A way with turns, at `s`.
fn way(s: f64) -> Wgs84 {
    let (north_m, east_m) = (120.0 * (s / 30.0).sin() + 3.0 * s, 80.0 * (s / 17.0).cos());
    Wgs84 { lat_deg: 47.3 + north_m / 111_200.0, lon_deg: 8.5 + east_m / 75_400.0 }
}

const UTC_US: i64 = 1_767_268_800_000_000;

/// A log of `s`, whose clock is `ahead_s` ahead of the flight's; GPS time reaches it 0.18 s late.
fn side(from_s: f64, to_s: f64, every_s: f64, ahead_s: f64, has_gps: bool) -> Side {
    let mut side = Side::default();
    for n in 0..((to_s - from_s) / every_s) as u64 {
        let s = from_s + n as f64 * every_s;
        let us = ((s + ahead_s) * 1e6) as i64;
        // 0.4 m of noise, and 3 m beside.
        let mut bits = (n + (every_s * 1e6) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let noise = ((bits ^ (bits >> 27)) >> 40) as f64 / f64::from(1 << 24) - 0.5;
        let place = way(s);
        let place = Wgs84 { lat_deg: place.lat_deg + (3.0 + 0.8 * noise) / 111_200.0, ..place };
        side.track.push(Fix { us, place });
        side.spans(us);
        if has_gps {
            side.clock.push((us + 180_000 + (noise * 40_000.0) as i64, UTC_US + (s * 1e6) as i64));
        }
    }
    side
}

#[test]
fn clocks_are_joined_by_gps_time_and_better_by_the_tracks() {
    let mut flight = side(0.0, 300.0, 0.1, 0.0, false);
    flight.clock.push((0, UTC_US));
    let log = side(-40.0, 200.0, 0.2, 77.25, true);
    let joined = join(&log, &flight).unwrap();
    let error_us = joined.offset_us + 77_250_000;
    assert!(error_us.abs() < 20_000, "{joined:?}");
    assert!(
        joined.spread_us.unwrap() < 80_000 && joined.spread_us.unwrap() >= error_us.abs() / 3,
        "{joined:?}"
    );
    assert_eq!(joined.method, "GPS time, then position");
    assert!((joined.by_gps_us.unwrap() + 77_430_000).abs() < 10_000, "GPS time came 0.18 s late: {joined:?}");
    assert!((joined.overlap_s - 200.0).abs() < 0.5, "{joined:?}");

    // Without GPS time the tracks alone do it; without either nothing does.
    let joined = join(&side(-40.0, 200.0, 0.2, -500.0, false), &flight).unwrap();
    assert!((joined.offset_us - 500_000_000).abs() < 20_000 && joined.by_gps_us.is_none(), "{joined:?}");
    let mut still = side(0.0, 200.0, 0.2, 0.0, false);
    still.track.kept.iter_mut().for_each(|fix| fix.place = way(0.0));
    assert!(join(&still, &flight).unwrap_err().contains("take a log with a GPS fix"));

    // Another flight's track is not bent onto this one.
    let mut other = side(-40.0, 200.0, 0.2, 77.25, true);
    other.track.kept.iter_mut().for_each(|fix| fix.place.lat_deg = 94.6 - fix.place.lat_deg);
    let joined = join(&other, &flight).unwrap();
    assert_eq!((joined.method, joined.part_count), ("GPS time", 0), "{joined:?}");

    // Nor one of another day.
    let mut late = side(0.0, 200.0, 0.2, 0.0, true);
    late.clock.kept.iter_mut().for_each(|clock| clock.1 += 86_400_000_000);
    late.track.kept.clear();
    let why = join(&late, &flight).unwrap_err();
    assert!(why.contains("86100 s lie between"), "{why}");
}
