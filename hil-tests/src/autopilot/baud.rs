//! How long bytes take on a serial line: ten bits each, one after the other.

use std::time::Duration;
use tokio::time::Instant;

/// Start, eight, stop.
const BITS_PER_BYTE: f64 = 10.0;
/// A sender this far behind was starved by the machine; a real UART would not make up for it.
const BEHIND_MAX: Duration = Duration::from_millis(50);

/// One direction of a serial line.
#[derive(Debug)]
pub struct Wire {
    byte: Duration,
    free_at: Instant,
}

impl Wire {
    /// One that carries `baud` bits per second and is free now.
    pub fn new(baud: u32) -> Wire {
        Wire { byte: Duration::from_secs_f64(BITS_PER_BYTE / f64::from(baud)), free_at: Instant::now() }
    }

    /// Bytes to move at once so that a piece takes about 5 ms, at least 8.
    pub fn piece_bytes(&self) -> usize {
        ((5e-3 / self.byte.as_secs_f64()) as usize).clamp(8, 512)
    }

    /// When the last of `bytes` more bytes has passed, if they begin at `now` at the earliest.
    pub fn passed_at(&mut self, now: Instant, bytes: usize, was_idle: bool) -> Instant {
        if was_idle || now.saturating_duration_since(self.free_at) > BEHIND_MAX {
            self.free_at = self.free_at.max(now);
        }
        self.free_at += self.byte * bytes as u32;
        self.free_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_takes_ten_bits() {
        let mut wire = Wire::new(57_600);
        let now = Instant::now();
        let first = wire.passed_at(now, 576, true);
        let took = first - now;
        assert!((took.as_secs_f64() - 0.1).abs() < 1e-3, "{took:?}");
        let second = wire.passed_at(now, 57, true);
        assert!((second - first).as_secs_f64() > 9.8e-3, "it waits for those before it");
        let late = wire.passed_at(second + Duration::from_millis(3), 57, false);
        assert!((late - second).as_secs_f64() < 10e-3, "a late wake does not slow the line");
        assert_eq!(wire.piece_bytes(), 28);
    }
}
