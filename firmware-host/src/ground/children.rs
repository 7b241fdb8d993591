//! Child processes that make something for the page: few at once, each with its time. Whatever opens a flight file is one.

use std::process::Command;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::reply::Refused;
use crate::ctl::{Broken, Running};

/// Of what one writes on stdout, bytes.
const WRITTEN_BYTES_MAX: usize = 16 << 20;

/// How many there may be.
pub struct Children {
    permits: Semaphore,
    count_max: usize,
}

impl Children {
    /// At most `count_max` at once.
    pub fn new(count_max: usize) -> Children {
        Children { permits: Semaphore::new(count_max), count_max }
    }

    /// What `command` writes within `time_max`.
    ///
    /// # Errors
    /// In its own words: 400 where it was asked wrongly, 409 where it failed; that it was not ready in time, or that there are too many.
    pub async fn run(&self, command: Command, time_max: Duration) -> Result<Vec<u8>, Refused> {
        let busy = || {
            let why = format!("as many are being made as may be at once ({}); try again", self.count_max);
            Refused::not_now(why)
        };
        let _permit = self.permits.try_acquire().map_err(|_| busy())?;
        let running = Running::start(command, "", sleep(time_max).deadline()).await;
        let mut running = running.map_err(|error| failed(&error))?;
        running.whole(WRITTEN_BYTES_MAX).await.map_err(|broken| match broken {
            Broken::Said { why, is_wrong_use: true } => Refused::bad(why),
            Broken::Said { why, .. } => Refused::not_now(why),
            Broken::Ended(status) => {
                Refused::not_now(format!("it took too much time or memory, and was ended ({status})"))
            }
            Broken::TooLong => Refused::not_now(format!("it was not ready within {} s", time_max.as_secs())),
            Broken::TooMuch => Refused::not_now("it is too long to be shown"),
            Broken::Failed(error) => failed(&error),
        })
    }
}

/// The system does not give what is needed.
pub fn failed(error: &std::io::Error) -> Refused {
    Refused::not_now(format!("it could not be made: {error}"))
}
