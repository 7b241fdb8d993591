//! The binary `skyhound`: its command line is in `cli`.

fn main() -> std::process::ExitCode {
    skyhound_host::cli::main()
}
