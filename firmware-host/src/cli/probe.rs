//! `skyhound probe`: the devices there are and what each offers.

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
