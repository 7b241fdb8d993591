//! Python programs that nobody here wrote, for a second opinion: the set-up's Python (`SKYHOUND_PYTHON`, else `python3`).

use std::process::{Command, Stdio};

/// It, where it has all of `modules` (`lxml, pytak`); `None`, said aloud, where not.
pub fn python(modules: &str) -> Option<Command> {
    let python = std::env::var_os("SKYHOUND_PYTHON").unwrap_or_else(|| "python3".into());
    let asked =
        Command::new(&python).args(["-c", &format!("import {modules}")]).stderr(Stdio::null()).status();
    if !asked.is_ok_and(|status| status.success()) {
        println!("ignored, needs {modules}: ./.setup witnesses");
        return None;
    }
    Some(Command::new(python))
}
