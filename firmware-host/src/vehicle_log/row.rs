//! Rows of a log, and the account of its records: each is taken, refused or left.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

/// Refused records that are told one by one; all are counted.
const TOLD_MAX: usize = 20;
/// Kinds of records that are told apart; a damaged file may make up any number.
const KINDS_MAX: usize = 512;
/// Steps of the sums by which rows are counted again, per unit.
const STEPS: f64 = 1e6;
/// Columns of the widest table.
pub const COLUMNS_MAX: usize = 9;
const TEXTS_MAX: usize = 2;

/// A table of rows.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Where the autopilot thought it was.
    Position,
    /// What its first GPS receiver told.
    Gps,
    /// How it lay.
    Attitude,
    /// Its first battery.
    Battery,
    /// What it was told to do.
    Mode,
    /// UTC as it told it.
    Clock,
    /// What somebody marked in a recording of samples.
    Annotation,
}

/// Each table with its name, what it holds, and its columns besides `source`, `at_us` and `log_us`: numbers, with their units.
type Definition = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

impl Table {
    /// All of them.
    pub const ALL: [Table; 7] = [
        Table::Position,
        Table::Gps,
        Table::Attitude,
        Table::Battery,
        Table::Mode,
        Table::Clock,
        Table::Annotation,
    ];

    fn definition(self) -> Definition {
        match self {
            Table::Position => (
                "import_position",
                "Where the autopilot's estimator had it",
                &[
                    ("lat_deg", "WGS84 latitude, degrees; NULL: not known"),
                    ("lon_deg", "WGS84 longitude, degrees"),
                    ("alt_amsl_m", "Altitude above mean sea level, m"),
                    ("alt_rel_m", "Altitude above home, m"),
                    ("north_mps", "Velocity north, m/s"),
                    ("east_mps", "Velocity east, m/s"),
                    ("down_mps", "Velocity down, m/s"),
                ],
            ),
            Table::Gps => (
                "import_gps",
                "What its first GPS receiver told",
                &[
                    ("utc_us", "UTC of the fix, µs since 1970; NULL: not told"),
                    ("lat_deg", "WGS84 latitude, degrees; NULL: no fix"),
                    ("lon_deg", "WGS84 longitude, degrees"),
                    ("alt_amsl_m", "Altitude above mean sea level, m"),
                    ("fix", "Kind of fix by the log's own numbers: 3 or more is a place with a height"),
                    ("satellites", "Satellites in use"),
                    ("north_mps", "Velocity north, m/s"),
                    ("east_mps", "Velocity east, m/s"),
                    ("down_mps", "Velocity down, m/s"),
                ],
            ),
            Table::Attitude => (
                "import_attitude",
                "How the aircraft lay",
                &[
                    ("roll_rad", "Roll, rad"),
                    ("pitch_rad", "Pitch, rad"),
                    ("yaw_rad", "Yaw from true north, clockwise, rad"),
                ],
            ),
            Table::Battery => (
                "import_battery",
                "Its first battery",
                &[
                    ("battery_v", "Voltage, V"),
                    ("battery_a", "Current, A"),
                    ("battery_ratio", "Remaining charge, 0 to 1"),
                ],
            ),
            Table::Mode => (
                "import_mode",
                "Mode and arming, at each telling",
                &[
                    (
                        "mode_custom",
                        "Mode by the autopilot's number (of PX4's own log: nav_state); NULL: not told here",
                    ),
                    ("armed", "1 armed, 0 not; NULL: not told here"),
                ],
            ),
            Table::Clock => {
                ("import_clock", "UTC as the autopilot told it", &[("utc_us", "UTC, µs since 1970")])
            }
            Table::Annotation => (
                "import_annotation",
                "What somebody marked in a recording of samples (SigMF)",
                &[
                    ("first_sample", "core:sample_start: its first sample, counted from the recording's"),
                    ("sample_count", "core:sample_count; NULL: up to the next annotation, or the end"),
                    ("duration_s", "The same by the sample rate, s"),
                    ("freq_lower_hz", "core:freq_lower_edge, Hz; NULL: not told"),
                    ("freq_upper_hz", "core:freq_upper_edge, Hz"),
                ],
            ),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.definition().0
    }

    /// What it holds, for people.
    pub fn remark(self) -> &'static str {
        self.definition().1
    }

    /// Its columns of text, behind those of numbers, each with what it is.
    pub fn texts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Table::Mode => &[("mode", "Its name, where it is known")],
            Table::Annotation => &[
                ("label", "core:label, else core:description or core:comment; NULL: none is told"),
                ("fields", "All fields of the annotation as they stood, JSON"),
            ],
            _ => &[],
        }
    }

    /// Its columns of numbers, each with what it is.
    pub fn columns(self) -> &'static [(&'static str, &'static str)] {
        self.definition().2
    }
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub table: Table,
    /// When, by the log's clock, µs.
    pub log_us: i64,
    /// Its columns, in their order; those behind the last are `None`.
    pub values: [Option<f64>; COLUMNS_MAX],
    /// Its columns of text, in their order.
    pub texts: [Option<Cow<'static, str>>; TEXTS_MAX],
}

impl Row {
    /// Of its columns.
    pub fn new<const N: usize>(table: Table, log_us: i64, columns: [Option<f64>; N]) -> Row {
        let mut values = [None; COLUMNS_MAX];
        values.iter_mut().zip(columns).for_each(|(value, column)| *value = column.filter(|v| v.is_finite()));
        Row { table, log_us, values, texts: [const { None }; TEXTS_MAX] }
    }
}

/// Rows of a table by count and sums, so that they can be counted again where they came to lie.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Rows.
    pub row_count: u64,
    /// Sum of `log_us`.
    pub log_us: i128,
    /// Sum of all numbers, each in whole millionths.
    pub millionths: i128,
    /// Length of all texts, bytes.
    pub text_bytes: u64,
}

impl Sums {
    /// Takes a row.
    pub fn take(&mut self, row: &Row) {
        self.row_count += 1;
        self.log_us += i128::from(row.log_us);
        self.millionths +=
            row.values.iter().flatten().map(|value| (value * STEPS).round() as i128).sum::<i128>();
        self.text_bytes += row.texts.iter().flatten().map(|text| text.len() as u64).sum::<u64>();
    }
}

impl Sums {
    /// Adds those of others.
    pub fn add(&mut self, others: Sums) {
        self.row_count += others.row_count;
        self.log_us += others.log_us;
        self.millionths += others.millionths;
        self.text_bytes += others.text_bytes;
    }
}

/// A record that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Where it stands: `byte 1234`, `line 5`.
    pub place: String,
    /// Why.
    pub why: String,
}

/// The account of a file: `records = taken + refused + left`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Account {
    /// Records in it.
    pub record_count: u64,
    /// Records that became a row each.
    pub taken_count: u64,
    /// Of the taken: with a part that was not taken as it stood, by the reason.
    pub changed: BTreeMap<String, u64>,
    /// Records that were refused.
    pub refused_count: u64,
    /// The first of them.
    pub refused: Vec<Refused>,
    /// Records of kinds that have no table here, by kind.
    pub left: BTreeMap<String, u64>,
    /// Rows by table.
    pub sums: BTreeMap<Cow<'static, str>, Sums>,
}

impl Account {
    /// A record became `row`.
    pub fn take(&mut self, row: &Row) {
        self.record_count += 1;
        self.taken_count += 1;
        self.sums.entry(row.table.name().into()).or_default().take(row);
    }

    /// A record became the row of `table` that `sums` is of.
    pub fn take_as(&mut self, table: &str, sums: Sums) {
        self.record_count += 1;
        self.taken_count += 1;
        match self.sums.get_mut(table) {
            Some(all) => all.add(sums),
            None => drop(self.sums.insert(table.to_string().into(), sums)),
        }
    }

    /// A part of a taken record was not taken as it stood.
    pub fn change(&mut self, why: &str) {
        *self.changed.entry(why.to_string()).or_default() += 1;
    }

    /// A record at `place` was refused.
    pub fn refuse(&mut self, place: impl FnOnce() -> String, why: impl FnOnce() -> String) {
        self.record_count += 1;
        self.refused_count += 1;
        if self.refused.len() < TOLD_MAX {
            self.refused.push(Refused { place: place(), why: why() });
        }
    }

    /// A record of a kind that has no table.
    pub fn leave(&mut self, kind: &str) {
        self.record_count += 1;
        if let Some(count) = self.left.get_mut(kind) {
            *count += 1;
        } else {
            let kind = if self.left.len() < KINDS_MAX { kind } else { "others" };
            *self.left.entry(kind.to_string()).or_default() += 1;
        }
    }

    /// Records of all kinds that were left.
    pub fn left_count(&self) -> u64 {
        self.left.values().sum()
    }

    /// Whether it adds up: every record is in it once, and every taken one is a row.
    pub fn adds_up(&self) -> bool {
        let rows: u64 = self.sums.values().map(|sums| sums.row_count).sum();
        rows == self.taken_count
            && self.record_count == self.taken_count + self.refused_count + self.left_count()
    }
}

/// Takes rows; an error ends the reading.
pub type Take<'a> = &'a mut dyn FnMut(&Row) -> Result<(), String>;
