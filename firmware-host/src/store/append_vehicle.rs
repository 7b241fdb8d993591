//! The aircraft's rows → columns of `vehicle`, in the order of `schema.sql`. Values are stored as they are: they are inputs,
//! and a replay must get the same bits.

use super::append::{all, some, text, times, truth};
use duckdb::arrow::array::ArrayRef;
use duckdb::arrow::datatypes::{Float64Type, Int64Type, UInt8Type, UInt16Type, UInt32Type};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Rc, Vehicle};

type Row = (TimeUs, Vehicle);

/// The columns of `vehicle`.
pub(super) fn vehicle(rows: &[Row]) -> Vec<ArrayRef> {
    let mut columns = vec![times(rows, |row| row.0)];
    columns.extend(heartbeat(rows));
    columns.extend(motion(rows));
    columns.extend(quality(rows));
    columns.extend(battery_and_sticks(rows));
    columns.extend(home_and_clocks(rows));
    columns.extend(failsafes(rows));
    columns.push(received(rows, |v| v.ground_station));
    columns.push(some::<UInt8Type, _>(rows, |row| row.1.ground_station.map(|system| system.value)));
    columns.push(text(rows, |row| row.1.contested));
    columns.push(all::<UInt32Type, _>(rows, |row| row.1.left_total));
    columns
}

/// When a part was received.
fn received<T>(rows: &[Row], part: impl Fn(&Vehicle) -> Option<Aged<T>>) -> ArrayRef {
    some::<Int64Type, _>(rows, |row| part(&row.1).map(|aged| aged.received_us.0 as i64))
}

fn number(rows: &[Row], value: impl Fn(&Vehicle) -> Option<f64>) -> ArrayRef {
    some::<Float64Type, _>(rows, |row| value(&row.1))
}

fn byte(rows: &[Row], value: impl Fn(&Vehicle) -> Option<u8>) -> ArrayRef {
    some::<UInt8Type, _>(rows, |row| value(&row.1))
}

fn yes(rows: &[Row], value: impl Fn(&Vehicle) -> Option<bool>) -> ArrayRef {
    truth(rows, |row| value(&row.1))
}

fn heartbeat(rows: &[Row]) -> Vec<ArrayRef> {
    vec![
        byte(rows, |v| v.identity.map(|id| id.system)),
        byte(rows, |v| v.identity.map(|id| id.component)),
        text(rows, |row| {
            row.1.identity.map(|id| match id.firmware {
                Firmware::ArduCopter => "ArduCopter",
                Firmware::Px4 => "Px4",
                Firmware::Other => "Other",
            })
        }),
        received(rows, |v| v.heartbeat),
        text(rows, |row| row.1.heartbeat.map(|h| h.value.mode.name())),
        some::<UInt32Type, _>(rows, |row| row.1.heartbeat.map(|h| h.value.mode.custom)),
        yes(rows, |v| v.heartbeat.map(|h| h.value.armed)),
        byte(rows, |v| v.heartbeat.map(|h| h.value.system_status)),
    ]
}

fn motion(rows: &[Row]) -> Vec<ArrayRef> {
    vec![
        received(rows, |v| v.attitude),
        number(rows, |v| v.attitude.map(|a| a.value.roll_rad)),
        number(rows, |v| v.attitude.map(|a| a.value.pitch_rad)),
        number(rows, |v| v.attitude.map(|a| a.value.yaw_rad)),
        number(rows, |v| v.attitude.map(|a| a.value.yaw_rate_rad_s)),
        received(rows, |v| v.position),
        number(rows, |v| v.position.map(|p| p.value.place.lat_deg)),
        number(rows, |v| v.position.map(|p| p.value.place.lon_deg)),
        number(rows, |v| v.position.map(|p| p.value.alt_amsl_m)),
        number(rows, |v| v.position.map(|p| p.value.alt_rel_m)),
        number(rows, |v| v.position.map(|p| p.value.north_mps)),
        number(rows, |v| v.position.map(|p| p.value.east_mps)),
        number(rows, |v| v.position.map(|p| p.value.down_mps)),
    ]
}

fn quality(rows: &[Row]) -> Vec<ArrayRef> {
    vec![
        received(rows, |v| v.gps),
        byte(rows, |v| v.gps.map(|g| g.value.fix)),
        byte(rows, |v| v.gps.and_then(|g| g.value.satellites)),
        number(rows, |v| v.gps.and_then(|g| g.value.hdop)),
        received(rows, |v| v.ekf),
        yes(rows, |v| v.ekf.map(|e| e.value.attitude_ok)),
        yes(rows, |v| v.ekf.map(|e| e.value.velocity_horizontal_ok)),
        yes(rows, |v| v.ekf.map(|e| e.value.position_horizontal_ok)),
        yes(rows, |v| v.ekf.map(|e| e.value.position_vertical_ok)),
        yes(rows, |v| v.ekf.map(|e| e.value.degraded)),
        number(rows, |v| v.ekf.map(|e| e.value.variance_max)),
    ]
}

fn battery_and_sticks(rows: &[Row]) -> Vec<ArrayRef> {
    let stick = |index: usize| {
        some::<UInt16Type, _>(rows, move |row| row.1.rc.map(|rc: Aged<Rc>| rc.value.channels_us[index]))
    };
    vec![
        received(rows, |v| v.battery),
        number(rows, |v| v.battery.and_then(|b| b.value.voltage_v)),
        number(rows, |v| v.battery.and_then(|b| b.value.current_a)),
        number(rows, |v| v.battery.and_then(|b| b.value.remaining_ratio)),
        received(rows, |v| v.rc),
        stick(0),
        stick(1),
        stick(2),
        stick(3),
        byte(rows, |v| v.rc.map(|rc| rc.value.channel_count)),
    ]
}

fn home_and_clocks(rows: &[Row]) -> Vec<ArrayRef> {
    vec![
        received(rows, |v| v.home),
        number(rows, |v| v.home.map(|h| h.value.place.lat_deg)),
        number(rows, |v| v.home.map(|h| h.value.place.lon_deg)),
        number(rows, |v| v.home.map(|h| h.value.alt_amsl_m)),
        received(rows, |v| v.utc_us),
        some::<Int64Type, _>(rows, |row| row.1.utc_us.map(|utc_us| utc_us.value as i64)),
        received(rows, |v| v.clock_offset_us),
        some::<Int64Type, _>(rows, |row| row.1.clock_offset_us.map(|offset| offset.value)),
    ]
}

fn failsafes(rows: &[Row]) -> Vec<ArrayRef> {
    (0..8).map(|_| some::<Float64Type, _>(rows, |_| None)).collect()
}
