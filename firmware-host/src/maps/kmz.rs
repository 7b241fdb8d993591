//! KML packed: a ZIP archive with one document, `doc.kml`.

use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Packs a document.
///
/// # Errors
/// It is larger than a ZIP archive may hold.
pub fn pack(kml: &str) -> std::io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("doc.kml", SimpleFileOptions::default())?;
    archive.write_all(kml.as_bytes())?;
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_packed_is_found_again() {
        let kml = "<kml>ü</kml>".repeat(1_000);
        let packed = pack(&kml).unwrap();
        assert!(packed.len() < kml.len() / 10);
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        let mut read = String::new();
        archive.by_name("doc.kml").unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, kml);
    }
}
