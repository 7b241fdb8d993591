//! What poppler, which nobody here wrote, reads in a PDF.

use std::path::Path;
use std::process::Command;

/// What a program of poppler says of the PDF; `None`, said aloud, where it is not.
pub fn asked(program: &str, words: &[&str], pdf: &Path) -> Option<String> {
    match Command::new(program).args(words).arg(pdf).arg("-").output() {
        Ok(done) => Some(String::from_utf8_lossy(&done.stdout).into_owned()),
        Err(_) => {
            println!("ignored, needs {program} (Debian: poppler-utils)");
            None
        }
    }
}
