//! The timeline's words: how each kind of fault is spelt in a file and in a trace, and which keys it has.
//!
//! serde's `flatten` hides unknown keys of a `[[fault]]`, so `check` looks them up here. A test holds this list and
//! [`Kind`] together.

use super::Kind;
use super::fault::Impostor;
use std::fmt;

/// Keys that every fault has.
pub(super) const EVERY_FAULT: [&str; 4] = ["on", "after_s", "for_s", "do"];

/// Kinds by their `do`, each with its own keys.
pub(super) const KINDS: &[(&str, &[&str])] = &[
    ("beacon_off", &["beacon"]),
    ("noise_step", &["db"]),
    ("interferer_on", &["interferer"]),
    ("gps_glitch", &["north_m", "east_m"]),
    ("gps_loss", &[]),
    ("ekf_bad", &[]),
    ("battery", &["ratio"]),
    ("gust", &["north_mps", "east_mps"]),
    ("reboot", &[]),
    ("system_id", &["system"]),
    ("mode", &["mode"]),
    ("stick", &["channel", "us"]),
    ("rc_lost", &["zeroed", "rssi_kept"]),
    ("disarm", &[]),
    ("homing_off", &[]),
    ("homing_on", &[]),
    ("link_lost", &[]),
    ("late_copies", &["delay_s"]),
    ("slow_link", &["delay_s"]),
    ("transmit_off", &[]),
    ("gcs_lost", &[]),
    ("impostor", &["who"]),
    ("absurd", &["field", "value"]),
    ("garbage", &[]),
    ("sdr_unplug", &["silent"]),
    ("sdr_stall", &[]),
    ("sdr_rate", &["factor"]),
    ("sdr_stuck", &[]),
    ("sdr_overflow", &["told"]),
    ("disk_full", &[]),
    ("disk_stall", &[]),
    ("clock_step", &["hours"]),
    ("clock1970", &[]),
    ("kill", &[]),
    ("second_daemon", &[]),
    ("cpu_starved", &["pause_ms", "every_ms"]),
];

impl Kind {
    /// Its `do` in a scenario.
    pub const fn name(&self) -> &'static str {
        match self {
            Kind::BeaconOff { .. } => "beacon_off",
            Kind::NoiseStep { .. } => "noise_step",
            Kind::InterfererOn { .. } => "interferer_on",
            Kind::GpsGlitch { .. } => "gps_glitch",
            Kind::GpsLoss => "gps_loss",
            Kind::EkfBad => "ekf_bad",
            Kind::Battery { .. } => "battery",
            Kind::Gust { .. } => "gust",
            Kind::Reboot => "reboot",
            Kind::SystemId { .. } => "system_id",
            Kind::Mode { .. } => "mode",
            Kind::Stick { .. } => "stick",
            Kind::RcLost { .. } => "rc_lost",
            Kind::Disarm => "disarm",
            Kind::HomingOff => "homing_off",
            Kind::HomingOn => "homing_on",
            Kind::LinkLost => "link_lost",
            Kind::LateCopies { .. } => "late_copies",
            Kind::SlowLink { .. } => "slow_link",
            Kind::TransmitOff => "transmit_off",
            Kind::GcsLost => "gcs_lost",
            Kind::Impostor { .. } => "impostor",
            Kind::Absurd { .. } => "absurd",
            Kind::Garbage => "garbage",
            Kind::SdrUnplug { .. } => "sdr_unplug",
            Kind::SdrStall => "sdr_stall",
            Kind::SdrRate { .. } => "sdr_rate",
            Kind::SdrStuck => "sdr_stuck",
            Kind::SdrOverflow { .. } => "sdr_overflow",
            Kind::DiskFull => "disk_full",
            Kind::DiskStall => "disk_stall",
            Kind::ClockStep { .. } => "clock_step",
            Kind::Clock1970 => "clock1970",
            Kind::Kill => "kill",
            Kind::SecondDaemon => "second_daemon",
            Kind::CpuStarved { .. } => "cpu_starved",
        }
    }

    /// Whether it is done at one moment and has no end.
    pub const fn is_deed(&self) -> bool {
        matches!(
            self,
            Kind::Mode { .. }
                | Kind::Disarm
                | Kind::Reboot
                | Kind::SystemId { .. }
                | Kind::HomingOn
                | Kind::HomingOff
        )
    }
}

impl fmt::Display for Kind {
    /// Its `do`, and then its values: `gps_glitch north_m=0 east_m=50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Kind::BeaconOff { beacon } => write!(f, " beacon={beacon}"),
            Kind::NoiseStep { db } => write!(f, " db={db}"),
            Kind::InterfererOn { interferer } => write!(f, " interferer={interferer}"),
            Kind::GpsGlitch { north_m, east_m } => write!(f, " north_m={north_m} east_m={east_m}"),
            Kind::Battery { ratio } => write!(f, " ratio={ratio}"),
            Kind::Gust { north_mps, east_mps } => write!(f, " north_mps={north_mps} east_mps={east_mps}"),
            Kind::Mode { mode } => write!(f, " {mode}"),
            Kind::RcLost { zeroed, rssi_kept } => write!(f, " zeroed={zeroed} rssi_kept={rssi_kept}"),
            Kind::LateCopies { delay_s } | Kind::SlowLink { delay_s } => write!(f, " delay_s={delay_s}"),
            Kind::SystemId { system } => write!(f, " system={system}"),
            Kind::Stick { channel, us } => write!(f, " channel={channel} us={us}"),
            Kind::Impostor { who } => write!(f, " {}", who.name()),
            Kind::Absurd { field, value } => write!(f, " {field}={value:?}"),
            Kind::SdrUnplug { silent } => write!(f, " silent={silent}"),
            Kind::SdrRate { factor } => write!(f, " factor={factor}"),
            Kind::SdrOverflow { told } => write!(f, " told={told}"),
            Kind::ClockStep { hours } => write!(f, " hours={hours}"),
            Kind::CpuStarved { pause_ms, every_ms } => write!(f, " pause_ms={pause_ms} every_ms={every_ms}"),
            _ => Ok(()),
        }
    }
}

impl Impostor {
    /// As a scenario spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Impostor::GimbalHeartbeat => "gimbal_heartbeat",
            Impostor::OtherSystem => "other_system",
            Impostor::Tracker => "tracker",
            Impostor::Commander => "commander",
            Impostor::OwnIds => "own_ids",
        }
    }
}
