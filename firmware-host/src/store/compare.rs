//! Rows that a replay derives beside those that the flight kept, table by table, column by column, bit by bit: as they are stored.

use super::append::columns;
use super::batch::{BATCH_READINGS, Batch};
use super::chain::Chain;
use super::derived::{DERIVED, is_input, made};
use super::error::StoreError;
use super::read::columns_of;
use super::schema::stored_columns;
use duckdb::arrow::array::{Array, ArrayRef, RecordBatch};
use duckdb::arrow::compute::concat_batches;
use duckdb::arrow::datatypes::Schema;
use duckdb::arrow::util::display::array_value_to_string;
use skyhound::record::{PlacedReading, Record, Sink};
use std::sync::Arc;

/// Differences of a table that are told in words.
const TOLD_MAX: usize = 3;

/// One table's comparison.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Compared {
    /// Its name.
    pub table: String,
    /// Rows that the flight kept of the passes that were replayed.
    pub kept_count: usize,
    /// Rows that the replay made.
    pub made_count: usize,
    /// Rows that are not the same, and those that only one has.
    pub different_count: usize,
    /// The first of them, field by field.
    pub differences: Vec<String>,
    /// Columns that the flight, of another version, has not: they are not compared.
    pub lacking: Vec<String>,
}

struct Table {
    kept: RecordBatch,
    /// The places of its columns among those that are made.
    places: Vec<usize>,
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
    pub fn read(chain: &Chain) -> Result<Comparison, StoreError> {
        let tables = DERIVED.into_iter().map(|table| kept(chain, table)).collect::<Result<_, _>>()?;
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
        if !is_input(record) {
            self.batch.push(record);
        }
    }
}

fn kept(chain: &Chain, name: &'static str) -> Result<Table, StoreError> {
    let there = chain.first().map_or_else(Vec::new, |(_, flight)| columns_of(flight, name));
    let (mut columns, mut places, mut lacking) = (Vec::new(), Vec::new(), Vec::new());
    for (place, column) in stored_columns(name).enumerate() {
        if there.iter().any(|there| there == column) {
            columns.push(column);
            places.push(place);
        } else {
            lacking.push(column.to_string());
        }
    }
    if columns.is_empty() {
        let kept = RecordBatch::new_empty(Arc::new(Schema::empty()));
        let compared = Compared { table: name.to_string(), lacking, ..Compared::default() };
        return Ok(Table { kept, places, compared });
    }
    let columns = columns.join(", ");
    let sql = format!("SELECT {columns} FROM {name} WHERE {}", made(name).unwrap_or_default());
    let (mut batches, mut schema) = (Vec::new(), None);
    for (path, flight) in &chain.files {
        let mut read = || {
            let mut statement = flight.connection().prepare(&sql)?;
            let stream = statement.stream_arrow([])?;
            schema.get_or_insert(stream.get_schema());
            batches.extend(stream);
            Ok(())
        };
        read().map_err(StoreError::database(path, "cannot read what it derived"))?;
    }
    let schema = schema.unwrap_or_else(|| Arc::new(Schema::empty()));
    let kept = concat_batches(&schema, &batches).map_err(|error| StoreError::Stopped(error.to_string()))?;
    let kept_count = kept.num_rows();
    let compared = Compared { table: name.to_string(), kept_count, lacking, ..Compared::default() };
    Ok(Table { kept, places, compared })
}

impl Table {
    fn take(&mut self, made: &RecordBatch) {
        // A table that the flight has not is not compared.
        let Ok(made) = made.project(&self.places) else { return };
        if made.num_columns() == 0 {
            return;
        }
        let made = &made;
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
