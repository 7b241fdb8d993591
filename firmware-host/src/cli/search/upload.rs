//! `skyhound search upload`: a search route to the autopilot, as its mission.

use skyhound::geo::Wgs84;

use super::{Failure, RouteArgs, print, say, told};
use crate::autopilot::upload::{Order, upload};
use crate::clock::Clock;
use crate::search::{self, Preview, wpl};
use crate::settings::Flags;

/// Arguments of `skyhound search upload`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The route, as `search plan` lays it; of --from its waypoints.
    #[command(flatten)]
    pub route: RouteArgs,
    /// serial:DEVICE:BAUD, udpin:ADDR:PORT, udpout:ADDR:PORT or tcpout:ADDR:PORT; without it autopilot.address
    #[arg(long, value_name = "ADDRESS")]
    pub autopilot: Option<String>,
    /// Put it in the place of a mission that is aboard
    #[arg(long)]
    pub replace: bool,
    /// Even if the aircraft is armed; in AUTO it may then fly it at once
    #[arg(long)]
    pub while_armed: bool,
}

/// Brings it. Never arms, never changes a mode.
///
/// # Errors
/// A route that is none is wrong use; nobody to bring it to, or who does not take it, is a failure.
pub fn run(args: &Args) -> Result<(), Failure> {
    let sdr = args.route.asked.sdr.clone();
    let flags = Flags { sdr, autopilot: args.autopilot.clone(), ..Flags::default() };
    let settings = args.route.asked.settings.load(&flags)?;
    let (preview, _) = args.route.laid(&settings)?;
    say(told(&preview).trim_end());
    let waypoints = args.waypoints(&preview)?;
    let order = Order {
        waypoints,
        speed_mps: preview.speed_mps,
        may_replace: args.replace,
        may_be_armed: args.while_armed,
    };
    let brought = upload(&settings.autopilot, &order, Clock::start()).map_err(Failure::Failed)?;
    print(&format!(
        "uploaded {} items to system {} ({:?}) and read them back: the same. It is the pilot who starts it\n",
        brought.item_count, brought.identity.system, brought.identity.firmware
    ))
}

impl Args {
    fn waypoints(&self, preview: &Preview) -> Result<Vec<(Wgs84, f64)>, Failure> {
        let Some(path) = &self.route.from else {
            return Ok(preview.places().into_iter().map(|place| (place, preview.height_m)).collect());
        };
        let mission = search::read(path, wpl::read)?;
        if let Some(line) = mission.absolute.iter().chain(&mission.terrain).next() {
            return Err(Failure::Usage(format!(
                "{}:{line}: an altitude that is not over home: write frame 3",
                path.display()
            )));
        }
        Ok(mission.places.into_iter().zip(mission.heights_m).collect())
    }
}
