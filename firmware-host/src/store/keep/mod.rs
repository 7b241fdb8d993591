//! Flights are kept: copied elsewhere, archived, made smaller, found again; and each time it is shown that no row was lost.
//!
//! - [`content()`] is what a flight says, as one SHA-256 that does not depend on how and where it is stored.
//! - [`backup`] makes a copy, also of a flight being recorded; [`verify`] reads every block of one.
//! - [`archive`] writes Parquet files and [`restore_archive`] makes a flight file of them again; [`export`] writes what other
//!   programs read; [`compact`] makes a flight file smaller.
//! - [`backup_to`], [`archive_to`] and [`fetch_from`] do it with object stores.
//! - [`Catalogue`] knows which flights there are and every place where they lie.
//! - [`Remaking`] writes a flight that is flown again.
//! - [`query_all`] asks many flights at once, wherever they lie.
//! - [`Joining`] puts rows of others beside a flight, [`Making`] makes a flight of them.
//!
//! Whatever is written here appears under its name when it is whole, checked and on the disk, and replaces nothing but what is
//! a beginning of it.

mod across;
mod archive;
mod backup;
mod bucket;
mod canonical;
mod catalogue;
mod compact;
mod content;
mod definitions;
mod export;
mod fingerprint;
mod found;
mod fresh;
mod iq;
mod joined;
mod landing;
mod made;
mod migrate;
mod remade;
mod remote;
mod scan;
mod scan_url;
mod scanned;
mod source;
mod verify;

pub use across::{AnsweredAll, query_all};
pub use archive::{archive, archived_file, free, is_archive, restore_archive};
pub use backup::{Backed, Outcome, backup};
pub use bucket::is_url;
pub use catalogue::{Catalogue, Known, Place};
pub use compact::{Compacted, compact};
pub use content::{Content, TableContent, content};
pub use export::{Exported, Tables, export};
pub use iq::KeptIq;
pub use joined::{Joining, flown};
pub use landing::remove;
pub use made::{Cell, Change, Foreign, Holds, Made, Making};
pub use migrate::{Migrated, migrate};
pub use remade::{Remade, Remaking};
pub use remote::{archive_to, backup_to, fetch_from};
pub use scanned::Scanned;
pub use source::Source;
pub use verify::{Verified, verify};

#[cfg(test)]
mod tests;
