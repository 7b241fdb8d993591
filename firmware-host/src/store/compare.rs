//! Rows that a replay derives beside those that the flight kept, table by table, column by column, bit by bit: as they are stored.

use super::append::columns;
use super::batch::{BATCH_READINGS, Batch};
use super::error::StoreError;
use super::read::Flight;
use super::schema::stored_columns;
use super::sql::quoted;
use duckdb::arrow::array::{Array, ArrayRef, RecordBatch};
use duckdb::arrow::compute::concat_batches;
use duckdb::arrow::util::display::array_value_to_string;
use skyhound::decide::EVENT_KINDS;
use skyhound::record::{PlacedReading, Record, Sink};
use std::path::Path;

/// Tables of what is derived. Of `reading` that is the pose; of `event` and `health` those rows that the control pass makes.
const DERIVED: [&str; 11] = [
    "reading",
    "signal",
    "detection",
    "estimate",
    "estimate_region",
    "search",
    "search_cell",
    "command",
    "state_change",
    "event",
    "health",
];
/// Differences of a table that are told in words.
const TOLD_MAX: usize = 3;

/// One table's comparison.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Compared {
    /// Its name.
    pub table: &'static str,
    /// Rows that the flight kept of the passes that were replayed.
    pub kept_count: usize,
    /// Rows that the replay made.
    pub made_count: usize,
    /// Rows that are not the same, and those that only one has.
    pub different_count: usize,
    /// The first of them, field by field.
    pub differences: Vec<String>,
}

struct Table {
    kept: RecordBatch,
    compared: Compared,
}

/// Compares as the replay goes on: what the passes record goes in here.
pub struct Comparison {
    tables: Vec<Table>,
    batch: Batch,
    /// What could not be compared.
    refused: Option<String>,
}

impl Comparison {
    /// Reads what the flight kept.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(flight: &Flight, path: &Path) -> Result<Comparison, StoreError> {
        let tables = DERIVED.into_iter().map(|table| kept(flight, table)).collect::<Result<_, _>>();
        let tables = tables.map_err(StoreError::database(path, "cannot read what it derived"))?;
        Ok(Comparison { tables, batch: Batch::default(), refused: None })
    }

    /// Compares the rows that were made so far, and forgets them.
    fn compare(&mut self) {
        match columns(&self.batch) {
            Ok(made) => {
                for (name, made) in made {
                    if let Some(table) = self.tables.iter_mut().find(|table| table.compared.table == name) {
                        table.take(&made);
                    }
                }
            }
            Err(error) => self.refused = Some(error.to_string()),
        }
        self.batch.clear();
    }

    /// How it came out. Where the replay had to end before the flight did (`is_cut`), rows that the flight alone has are not different.
    ///
    /// # Errors
    /// Never with the tables as they are.
    pub fn finish(mut self, is_cut: bool) -> Result<Vec<Compared>, String> {
        self.compare();
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        let finish = |table: Table| {
            let mut compared = table.compared;
            let more = table.kept.num_rows().saturating_sub(compared.made_count);
            if is_cut {
                compared.kept_count = compared.kept_count.min(compared.made_count);
            } else if more > 0 {
                compared.different_count += more;
                compared.tell(format!("the flight has {more} rows more"));
            }
            compared
        };
        Ok(self.tables.into_iter().map(finish).collect())
    }
}

impl Sink for Comparison {
    fn reading(&mut self, reading: &PlacedReading) {
        self.batch.readings.push(*reading);
        if self.batch.readings.len() >= BATCH_READINGS {
            self.compare();
        }
    }

    fn record(&mut self, record: &Record) {
        let is_input = matches!(
            record,
            Record::Pass(..)
                | Record::Pulse(_)
                | Record::Hearing(_)
                | Record::Vehicle(..)
                | Record::Operator(..)
        );
        if !is_input {
            self.batch.push(record);
        }
    }
}

fn kept(flight: &Flight, name: &'static str) -> Result<Table, duckdb::Error> {
    let columns = stored_columns(name).collect::<Vec<_>>().join(", ");
    let which = match name {
        "event" => {
            format!(
                "WHERE kind IN ({})",
                EVENT_KINDS.iter().map(|kind| quoted(kind)).collect::<Vec<_>>().join(", ")
            )
        }
        "health" => "WHERE kind = 'discard'".to_string(),
        _ => String::new(),
    };
    let mut statement = flight.connection().prepare(&format!("SELECT {columns} FROM {name} {which}"))?;
    let stream = statement.stream_arrow([])?;
    let schema = stream.get_schema();
    let kept = concat_batches(&schema, &stream.collect::<Vec<_>>())
        .map_err(|error| duckdb::Error::ToSqlConversionFailure(Box::new(error)))?;
    let compared = Compared { table: name, kept_count: kept.num_rows(), ..Compared::default() };
    Ok(Table { kept, compared })
}

impl Table {
    fn take(&mut self, made: &RecordBatch) {
        let from = self.compared.made_count.min(self.kept.num_rows());
        let both = made.num_rows().min(self.kept.num_rows() - from);
        let kept = self.kept.slice(from, both);
        let is_same = |(kept, made): (&ArrayRef, &ArrayRef)| kept.as_ref() == made.slice(0, both).as_ref();
        if !kept.columns().iter().zip(made.columns()).all(is_same) {
            (0..both).for_each(|row| self.compare_row(&kept, made, row));
        }
        let more = made.num_rows() - both;
        if more > 0 {
            self.compared.different_count += more;
            self.compared.tell(format!("the replay has {more} rows more"));
        }
        self.compared.made_count += made.num_rows();
    }

    fn compare_row(&mut self, kept: &RecordBatch, made: &RecordBatch, row: usize) {
        let columns = kept.columns().iter().zip(made.columns()).zip(kept.schema_ref().fields());
        let differs = |((kept, made), field): (
            (&ArrayRef, &ArrayRef),
            &std::sync::Arc<duckdb::arrow::datatypes::Field>,
        )| {
            let [was, is] =
                [kept, made].map(|of| array_value_to_string(of.as_ref(), row).unwrap_or_default());
            (kept.slice(row, 1).as_ref() != made.slice(row, 1).as_ref())
                .then(|| format!("{} was {was}, is {is}", field.name()))
        };
        let fields: Vec<String> = columns.filter_map(differs).collect();
        if !fields.is_empty() {
            self.compared.different_count += 1;
            let number = self.compared.made_count + row + 1;
            self.compared.tell(format!("row {number}: {}", fields.join("; ")));
        }
    }
}

impl Compared {
    fn tell(&mut self, difference: String) {
        if self.differences.len() < TOLD_MAX {
            self.differences.push(difference);
        }
    }
}
