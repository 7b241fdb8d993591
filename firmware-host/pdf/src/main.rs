//! `skyhound-pdf [PATH]`: a report as JSON on stdin → PDF on stdout, or to PATH. `skyhound report -o x.pdf` calls it. Exit codes: 0 done,
//! 1 failed, 2 wrong use.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

const USE: &str = "skyhound-pdf [PATH]: reads a report as JSON from stdin and writes it as PDF to PATH, or to stdout.\n\
    `skyhound report FLIGHT -o report.pdf` calls it by itself.\n";

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let path = match words.as_slice() {
        [] => None,
        [word] if word == "--help" || word == "-h" => {
            print!("{USE}");
            return ExitCode::SUCCESS;
        }
        [path] if !path.to_string_lossy().starts_with('-') => Some(path),
        _ => {
            eprint!("skyhound-pdf: that is not understood.\n{USE}");
            return ExitCode::from(2);
        }
    };
    let mut json = Vec::new();
    let read = std::io::stdin().read_to_end(&mut json).map_err(|error| format!("stdin: {error}"));
    let written = read.and_then(|_| skyhound_pdf::pdf(&json)).and_then(|pdf| match path {
        Some(path) => {
            std::fs::write(path, pdf).map_err(|error| format!("{}: {error}", path.to_string_lossy()))
        }
        None => std::io::stdout().write_all(&pdf).map_err(|error| format!("stdout: {error}")),
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("skyhound-pdf: {why}");
            ExitCode::FAILURE
        }
    }
}
