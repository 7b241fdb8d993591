//! Names of flight files: `YYYYMMDDTHHMMSSZ-<8 hex>.duckdb`, and with `-2`, `-3` the next files of the same flight.

use super::error::StoreError;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Ending of flight files.
pub const FLIGHT_ENDING: &str = "duckdb";
/// Ending of files being created; `duckdb.tmp` would be DuckDB's own spill folder.
pub const CREATING_ENDING: &str = "tmp";
/// Ending of flight files that could not be opened and were set aside.
pub const DAMAGED_ENDING: &str = "damaged";

/// The name of a flight that begins at `utc_us`; the hex digits keep flights apart on boards whose clock starts at the same
/// time every day.
///
/// # Errors
/// The system gives no random bytes.
pub fn flight_name(utc_us: i64) -> Result<String, StoreError> {
    let random = Path::new("/dev/urandom");
    let mut bytes = [0; 4];
    File::open(random)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(StoreError::io(random, "cannot read"))?;
    Ok(format!("{}-{:08x}", stamp(utc_us), u32::from_be_bytes(bytes)))
}

/// What the name of a flight that begins at `utc_us` begins with.
pub fn stamp(utc_us: i64) -> String {
    let stamp = jiff::Timestamp::from_microsecond(utc_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    stamp.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The name of `before` with the next number: `NAME`, `NAME-2`, `NAME-3`.
pub fn next_name(before: &Path) -> String {
    let name = before.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (first, number) = name_and_number(&name);
    format!("{first}-{}", number + 1)
}

/// The file in which the flight of `before` goes on, if it does.
pub fn next_file(before: &Path) -> Option<PathBuf> {
    Some(before.with_file_name(format!("{}.{FLIGHT_ENDING}", next_name(before)))).filter(|file| file.exists())
}

/// The name of a flight's first file, and the number of this one: `NAME` is 1, `NAME-2` is 2.
pub fn name_and_number(name: &str) -> (&str, u32) {
    let numbered = name.rsplit_once('-').and_then(|(first, number)| {
        // What stands behind the date alone is no number: its eight digits may all be decimal.
        first.contains('-').then(|| number.parse().ok().map(|number| (first, number))).flatten()
    });
    numbered.unwrap_or((name, 1))
}

/// The name of the flight that the file at `path` is of, which has more files perhaps.
pub fn flight_of(path: &Path) -> String {
    name_and_number(&path.file_stem().unwrap_or_default().to_string_lossy()).0.to_string()
}

/// The files in `folder` that are named as flights, oldest first.
///
/// # Errors
/// The folder cannot be read.
pub fn flight_files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let entries = std::fs::read_dir(folder).map_err(StoreError::io(folder, "cannot read the folder"))?;
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == FLIGHT_ENDING))
        .filter(|path| utc_us_of(&name(path)).is_some())
        .collect();
    files.sort_by(|a, b| name_and_number(&name(a)).cmp(&name_and_number(&name(b))));
    Ok(files)
}

/// UTC of a name `YYYYMMDDTHHMMSSZ-<8 hex>`, also with a number.
pub fn utc_us_of(name: &str) -> Option<i64> {
    let (name, _) = name_and_number(name);
    let (stamp, hex) = name.split_once('-')?;
    if hex.len() != 8 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}
