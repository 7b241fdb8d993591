//! What went over the lines and when: the autopilot's own witness, from which safety timing is counted.
//!
//! In: stamped as the bytes come off the socket (of a pseudo-terminal: when the last of them would have arrived at its baud
//! rate), before anything is decided about them. Out: stamped when they are given to the socket (of a pseudo-terminal: when
//! the last of them has left). Both on the aircraft's clock, µs. A row is 32 bytes; no more than [`ROWS_MAX`] are kept.

use super::wire::Message;

/// Four hours at 200 messages a second.
const ROWS_MAX: usize = 3_000_000;

/// A message that passed.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct WireRow {
    /// When.
    pub at_us: u64,
    /// From the autopilot (else to it).
    pub is_out: bool,
    /// Which link: in the order of their opening.
    pub link: u16,
    /// Message id.
    pub id: u32,
    /// Its sender's system.
    pub system: u8,
    /// Its sender's component.
    pub component: u8,
    /// What it says, of messages that safety is timed by.
    pub says: Says,
}

/// What a message says.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Says {
    /// Nothing that is timed.
    Other,
    /// HEARTBEAT.
    Mode {
        /// `custom_mode`.
        custom: u32,
        /// Motors armed.
        armed: bool,
    },
    /// CURRENT_MODE: `custom_mode`.
    ModeTold(u32),
    /// RC_CHANNELS: the first four channels, µs.
    Sticks([u16; 4]),
    /// SET_POSITION_TARGET_LOCAL_NED: velocity north, east, down in m/s and yaw rate in rad/s.
    Velocity([f32; 4]),
    /// GPS_RAW_INT: `fix_type`.
    Fix(u8),
    /// EKF_STATUS_REPORT.
    Estimator {
        /// EKF_STATUS_FLAGS.
        flags: u16,
        /// `pos_horiz_variance`: the innovation test ratio, 1 = the limit.
        position_ratio: f32,
    },
    /// SYS_STATUS and BATTERY_STATUS: `battery_remaining` in percent; −1 = unknown.
    Battery(i8),
}

impl Says {
    /// Of a message.
    pub fn of(message: &Message) -> Says {
        match message.name() {
            "HEARTBEAT" => Says::Mode {
                custom: message.whole("custom_mode") as u32,
                armed: message.byte("base_mode") & 0x80 != 0,
            },
            "CURRENT_MODE" => Says::ModeTold(message.whole("custom_mode") as u32),
            "RC_CHANNELS" => Says::Sticks(
                ["chan1_raw", "chan2_raw", "chan3_raw", "chan4_raw"].map(|name| message.whole(name) as u16),
            ),
            "SET_POSITION_TARGET_LOCAL_NED" => {
                Says::Velocity(["vx", "vy", "vz", "yaw_rate"].map(|name| message.real(name) as f32))
            }
            "GPS_RAW_INT" => Says::Fix(message.byte("fix_type")),
            "EKF_STATUS_REPORT" => Says::Estimator {
                flags: message.whole("flags") as u16,
                position_ratio: message.real("pos_horiz_variance") as f32,
            },
            "SYS_STATUS" | "BATTERY_STATUS" => Says::Battery(message.whole("battery_remaining") as i8),
            _ => Says::Other,
        }
    }
}

/// The log.
#[derive(Debug, Default)]
pub struct WireLog {
    rows: Vec<WireRow>,
}

impl WireLog {
    /// Keeps a row.
    pub fn push(&mut self, row: WireRow) {
        if self.rows.len() < ROWS_MAX {
            self.rows.push(row);
        }
    }

    /// All rows, in the order they were kept.
    pub fn rows(&self) -> &[WireRow] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_safety_is_timed_by_is_read() {
        assert_eq!(Says::of(&Message::new("GPS_RAW_INT").with("fix_type", 2u8)), Says::Fix(2));
        let estimator =
            Message::new("EKF_STATUS_REPORT").with("flags", 831u16).with("pos_horiz_variance", 0.5);
        assert_eq!(Says::of(&estimator), Says::Estimator { flags: 831, position_ratio: 0.5 });
        for name in ["SYS_STATUS", "BATTERY_STATUS"] {
            assert_eq!(Says::of(&Message::new(name).with("battery_remaining", -1)), Says::Battery(-1));
        }
        assert_eq!(Says::of(&Message::new("ATTITUDE")), Says::Other);
    }
}
