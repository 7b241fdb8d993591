//! `skyhound probe`: the devices there are and what each offers.

use super::Failure;
use super::failure::print;
use crate::sdr;

/// Arguments of `skyhound probe`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only devices that match these SoapySDR arguments, for example driver=rtlsdr
    #[arg(value_name = "ARGS", default_value = "")]
    pub filter: String,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Looks for devices and prints what each offers.
///
/// # Errors
/// Arguments that SoapySDR does not take.
pub fn run(args: Args) -> Result<(), Failure> {
    let offers = sdr::probe(&args.filter).map_err(|error| Failure::Failed(error.to_string()))?;
    if args.json {
        return print(&format!("{:#}\n", sdr::offers_to_json(&offers)));
    }
    print(&sdr::offers_to_text(&offers))
}
