//! The flight file: records from the lanes in, one DuckDB file per flight out; and the doors to read it again.
//!
//! - [`lanes`] make the way into the recorder, [`Recorder`] writes, [`flights`] lists, [`query`] reads with SQL,
//!   [`mend`] looks after files of processes that died.
//! - [`backup`] and what stands beside it in `keep` copies flights and shows that no row was lost.
//! - Rows are durable when COMMIT answered: at most the last `commit_interval_us` is missing after a kill.
//! - One process writes a file. Others read it: while it is recorded, from a copy (see [`open_flight`]), or by asking its daemon,
//!   whose children answer from [`Snapshots`].
//!
//! Not here: what the records mean (the engine), the summary of a flight (`report`), scheduling (`realtime`).

mod append;
mod append_estimate;
mod append_log;
mod append_message;
mod append_rates;
mod append_search;
mod append_vehicle;
mod batch;
mod blocks;
mod catalog;
mod chain;
mod checksum;
mod columns;
mod commit;
mod compare;
mod cookbook;
mod copy;
mod derived;
mod error;
mod file;
mod format;
mod head;
mod inputs;
mod inputs_vehicle;
mod iq;
mod json;
mod keep;
mod lanes;
mod live;
mod log;
mod mend;
mod monitor;
mod name;
mod newest;
mod output;
mod parquet;
mod pass;
mod place;
mod query;
mod read;
mod receipt;
mod recorder;
mod recover;
mod retention;
mod rows;
mod schema;
mod scratch;
mod shape;
mod sides;
mod snapshot;
mod sql;
mod switch;
mod totals;
mod wal;
mod watch;

pub use catalog::{FlightEntry, FlightState, flights, remove_leftovers};
pub use chain::Chain;
pub use compare::{Compared, Comparison};
pub use cookbook::{Recipe, cookbook};
pub use error::StoreError;
pub use file::About;
pub use format::Format;
pub use inputs::{Given, Inputs};
pub use iq::{has_uncopied_iq, idle_iq_folders, iq_bytes, iq_folder};
pub use keep::{
    AnsweredAll, Backed, Catalogue, Cell, Change, Compacted, Content, Exported, Foreign, Holds, Joining,
    KeptIq, Known, Made, Making, Migrated, Outcome, Place, Remade, Remaking, Scanned, Source, TableContent,
    Tables, Verified, archive, archive_to, archived_file, backup, backup_to, compact, content, export,
    fetch_from, flown, free, is_archive, is_url, migrate, query_all, restore_archive, verify,
};
pub use lanes::{Inlets, MARGIN_S, Outlets, lanes};
pub use live::is_recorded;
pub use log::{LogEntry, Logbook};
pub use mend::{Mended, mend};
pub use monitor::Database;
pub use name::{flight_of, name_and_number, next_file};
pub use newest::Newest;
pub use place::is_part_of;
pub use query::{Answered, query};
pub use read::{Flight, open_flight};
pub use receipt::{Receipt, copies};
pub use recorder::{Recorder, RecorderHandle, RecorderSummary};
pub use recover::{OPEN_COMMAND, quarantine, recover, salvage};
pub use retention::{Retained, retain};
pub use schema::{SCHEMA_VERSION, stored_columns};
pub use scratch::free_bytes;
pub use snapshot::{ANSWER_COMMAND, SNAPSHOT_COMMAND, Snapshot, Snapshots, answer_from, take_snapshot};
pub use switch::{Switch, listed, switches};
pub use totals::RecorderTotals;
pub use watch::RecorderState;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
pub(crate) use schema::statements;
#[cfg(test)]
mod tests;
