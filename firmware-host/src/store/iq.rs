//! The IQ of a flight: SigMF files in the folder `NAME-iq` beside its files, one for all of them.

use super::name::flight_of;
use std::path::{Path, PathBuf};

/// Behind the flight's name.
const SUFFIX: &str = "-iq";

/// Where the IQ of the flight lies that the file at `path` is of, if there is any.
pub fn iq_folder(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}{SUFFIX}", flight_of(path)))
}
