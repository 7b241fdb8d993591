//! `skyhound completions SHELL` and `skyhound man FOLDER`: what a package installs for shells and `man`, from the command line's own words.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::failure::print;
use super::{Cli, Failure};

/// Arguments of `skyhound completions`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The shell that will read it
    pub shell: Shell,
}

/// Arguments of `skyhound man`.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// Folder for the pages, skyhound.1 and one of each command
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// Prints what completes our words in a shell.
///
/// # Errors
/// Stdout takes no more.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "skyhound", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Writes the manual's pages.
///
/// # Errors
/// The folder cannot be written.
pub fn man(args: &ManArgs) -> Result<(), Failure> {
    let shown = args.folder.display();
    let failed = |error: std::io::Error| Failure::Failed(format!("{shown}: {error}"));
    std::fs::create_dir_all(&args.folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &args.folder).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page_and_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        man(&ManArgs { folder: folder.path().to_path_buf() }).unwrap();
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let page = folder.path().join(format!("skyhound-{}.1", command.get_name()));
            let text =
                std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            let about = command.get_about().unwrap().to_string();
            assert!(text.contains(".TH") && text.contains(&about[..10]), "{text}");
        }
        assert!(!folder.path().join("skyhound-__answer.1").exists(), "what is hidden has no page");
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "skyhound", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("locate") && script.contains("handbook"));
        }
    }
}
