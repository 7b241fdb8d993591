//! The aircraft's parts that come often → rows of `vehicle_motion` and `vehicle_status`, in the columns' order of
//! `schema_vehicle.sql`: a row at each pass that saw one of a table's parts change.
//!
//! They are inputs, and a replay must get the same bits: a value is stored in its narrow column only where that reads back as
//! the same bits, else in `exact`.

use super::append_vehicle::received;
use super::columns::{some, text, times};
use duckdb::arrow::array::{ArrayRef, ArrowPrimitiveType, ListArray};
use duckdb::arrow::datatypes::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, UInt8Type, UInt16Type,
};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Attitude, Battery, Ekf, Gps, Health, Part, Position, RC_CHANNELS_MAX, Rc, Vehicle};
use std::sync::Arc;

const _: () = assert!(RC_CHANNELS_MAX == 18, "schema_vehicle.sql has a column for each");

/// A row of `vehicle_motion`.
#[derive(Copy, Clone, Debug)]
pub struct Motion {
    attitude: Option<Aged<Attitude>>,
    position: Option<Aged<Position>>,
    rc: Option<Aged<Rc>>,
}

/// A row of `vehicle_status`.
#[derive(Copy, Clone, Debug)]
pub struct Status {
    gps: Option<Aged<Gps>>,
    ekf: Option<Aged<Ekf>>,
    battery: Option<Aged<Battery>>,
    health: Option<Aged<Health>>,
}

impl Motion {
    /// Whether `part` is one of a motion.
    pub fn has(part: &Part) -> bool {
        matches!(part, Part::Attitude(_) | Part::Position(_) | Part::Rc(_))
    }

    /// As known.
    pub fn of(vehicle: &Vehicle) -> Motion {
        Motion { attitude: vehicle.attitude, position: vehicle.position, rc: vehicle.rc }
    }
}

impl Status {
    /// Whether `part` is one of a status.
    pub fn has(part: &Part) -> bool {
        matches!(part, Part::Gps(_) | Part::Ekf(_) | Part::Battery(_) | Part::Health(_))
    }

    /// As known.
    pub fn of(vehicle: &Vehicle) -> Status {
        let Vehicle { gps, ekf, battery, health, .. } = *vehicle;
        Status { gps, ekf, battery, health }
    }
}

/// Numbers and the narrow columns that hold them, as far as they do.
#[derive(Default)]
struct Narrow {
    columns: Vec<ArrayRef>,
    /// Row by row: the numbers that do not fit.
    wide: Vec<Vec<Option<f64>>>,
}

impl Narrow {
    /// A column of whole steps of `1 / per`.
    fn steps<T: ArrowPrimitiveType>(&mut self, values: Vec<Option<f64>>, per: f64)
    where
        T::Native: TryFrom<i64>,
    {
        self.column::<T>(values, |value| {
            // A value beyond all steps saturates, and does not read back.
            let steps = (value * per).round() as i64;
            let is_same = (steps as f64 / per).to_bits() == value.to_bits();
            is_same.then(|| T::Native::try_from(steps).ok()).flatten()
        });
    }

    /// A column of floats of 4 bytes.
    fn floats(&mut self, values: Vec<Option<f64>>) {
        self.column::<Float32Type>(values, |value| {
            let short = value as f32;
            (f64::from(short).to_bits() == value.to_bits()).then_some(short)
        });
    }

    fn column<T: ArrowPrimitiveType>(
        &mut self,
        values: Vec<Option<f64>>,
        narrow: impl Fn(f64) -> Option<T::Native>,
    ) {
        self.wide.resize(values.len(), Vec::new());
        let narrowed: Vec<_> = values.iter().map(|value| value.and_then(&narrow)).collect();
        for ((wide, value), narrowed) in self.wide.iter_mut().zip(&values).zip(&narrowed) {
            wide.push(value.filter(|_| narrowed.is_none()));
        }
        self.columns.push(some::<T, _>(&narrowed, |value| *value));
    }

    /// The columns, and `exact`: NULL in a row in which all fit.
    fn taken(self) -> (std::vec::IntoIter<ArrayRef>, ArrayRef) {
        let rows = self.wide.into_iter().map(|row| row.iter().any(Option::is_some).then_some(row));
        (self.columns.into_iter(), Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows)))
    }
}

/// The columns of `vehicle_motion`.
pub fn motion(rows: &[(TimeUs, Motion)]) -> Vec<ArrayRef> {
    let attitudes: Vec<_> = rows.iter().map(|row| row.1.attitude).collect();
    let positions: Vec<_> = rows.iter().map(|row| row.1.position).collect();
    let rcs: Vec<_> = rows.iter().map(|row| row.1.rc).collect();
    let mut narrow = Narrow::default();
    let angle =
        |value: fn(&Attitude) -> f64| attitudes.iter().map(|row| row.map(|at| value(&at.value))).collect();
    narrow.floats(angle(|at| at.roll_rad));
    narrow.floats(angle(|at| at.pitch_rad));
    narrow.floats(angle(|at| at.yaw_rad));
    narrow.floats(angle(|at| at.yaw_rate_rad_s));
    let place =
        |value: fn(&Position) -> f64| positions.iter().map(|row| row.map(|at| value(&at.value))).collect();
    narrow.steps::<Int32Type>(place(|at| at.place.lat_deg), 1e7);
    narrow.steps::<Int32Type>(place(|at| at.place.lon_deg), 1e7);
    narrow.steps::<Int32Type>(place(|at| at.alt_amsl_m), 1e3);
    narrow.steps::<Int32Type>(place(|at| at.alt_rel_m), 1e3);
    narrow.steps::<Int16Type>(place(|at| at.north_mps), 1e2);
    narrow.steps::<Int16Type>(place(|at| at.east_mps), 1e2);
    narrow.steps::<Int16Type>(place(|at| at.down_mps), 1e2);
    let (mut numbers, exact) = narrow.taken();
    let mut columns = vec![times(rows, |row| row.0), received(&attitudes)];
    columns.extend(numbers.by_ref().take(4));
    columns.push(received(&positions));
    columns.extend(numbers);
    columns.push(received(&rcs));
    columns.extend(
        (0..RC_CHANNELS_MAX)
            .map(|channel| some::<UInt16Type, _>(&rcs, |row| row.map(|rc| rc.value.channels_us[channel]))),
    );
    columns.push(some::<UInt8Type, _>(&rcs, |row| row.map(|rc| rc.value.channel_count)));
    columns.push(some::<UInt8Type, _>(&rcs, |row| row.and_then(|rc| rc.value.rssi)));
    columns.push(exact);
    columns
}

/// The columns of `vehicle_status`.
pub fn status(rows: &[(TimeUs, Status)]) -> Vec<ArrayRef> {
    let gpses: Vec<_> = rows.iter().map(|row| row.1.gps).collect();
    let ekfs: Vec<_> = rows.iter().map(|row| row.1.ekf).collect();
    let batteries: Vec<_> = rows.iter().map(|row| row.1.battery).collect();
    let healths: Vec<_> = rows.iter().map(|row| row.1.health).collect();
    let mut narrow = Narrow::default();
    narrow.steps::<UInt16Type>(gpses.iter().map(|row| row.and_then(|gps| gps.value.hdop)).collect(), 1e2);
    narrow.floats(ekfs.iter().map(|row| row.map(|ekf| ekf.value.variance_max)).collect());
    let charge = |value: fn(&Battery) -> Option<f64>| {
        batteries.iter().map(|row| row.and_then(|at| value(&at.value))).collect()
    };
    narrow.steps::<Int32Type>(charge(|battery| battery.voltage_v), 1e3);
    narrow.steps::<Int16Type>(charge(|battery| battery.current_a), 1e2);
    narrow.steps::<Int8Type>(charge(|battery| battery.remaining_ratio), 1e2);
    let (mut numbers, exact) = narrow.taken();
    let mut columns = vec![
        times(rows, |row| row.0),
        received(&gpses),
        some::<UInt8Type, _>(&gpses, |row| row.map(|gps| gps.value.fix)),
        some::<UInt8Type, _>(&gpses, |row| row.and_then(|gps| gps.value.satellites)),
    ];
    columns.extend(numbers.next());
    columns.push(received(&ekfs));
    columns.push(some::<UInt8Type, _>(&ekfs, |row| row.map(|ekf| bits(&ekf.value))));
    columns.extend(numbers.next());
    columns.push(received(&batteries));
    columns.extend(numbers);
    columns.push(received(&healths));
    columns.push(text(&healths, |row| row.map(|health| health.value.rc_receiver.name())));
    columns.push(text(&healths, |row| row.map(|health| health.value.fence.name())));
    columns.push(exact);
    columns
}

fn bits(ekf: &Ekf) -> u8 {
    let bits = [
        ekf.attitude_ok,
        ekf.velocity_horizontal_ok,
        ekf.position_horizontal_ok,
        ekf.position_vertical_ok,
        ekf.degraded,
    ];
    bits.into_iter().enumerate().map(|(bit, is_set)| u8::from(is_set) << bit).sum()
}
