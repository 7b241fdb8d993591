//! Someone else's autopilot as a rig file names it, and what its parameters must be for a flight: by the engine's own table
//! (`vehicle::parameter`), with the values of the file where it names one.

use std::collections::BTreeMap;
use std::fmt;

use skyhound::vehicle::parameter::{self, BatteryChain, BatteryLink, Need, Parameter};
use skyhound_host::autopilot::Address;

use crate::aircraft::firmware_of;
use crate::scenario::Flavour;

/// Ground stations' id, which the rig has too.
const GROUND: f64 = 255.0;
/// Return to launch, as most set it.
const BATTERY_ACTION: f64 = 2.0;

/// Someone else's autopilot.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// Where the daemon reaches it.
    pub daemon: Address,
    /// Where the rig itself reaches the same autopilot: for the true pose, and as the ground station.
    pub rig: Address,
    /// Whose modes it speaks.
    pub flavour: Flavour,
    /// Nothing is at stake: it may be disarmed and started anew in the air, and its simulator is told to lose GPS and radio.
    pub is_simulator: bool,
    /// The rig is the pilot's radio.
    pub holds_sticks: bool,
    /// The rig sets what must be otherwise.
    pub sets_parameters: bool,
    /// Values by name that must be so, beside and before those of the engine's table.
    pub parameters: BTreeMap<String, f64>,
}

/// A parameter that is not what a flight needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name, as the autopilot answers to.
    pub name: String,
    /// What it must be; none where nobody can say.
    pub value: Option<f64>,
    /// What it is; none where the autopilot does not tell.
    pub present: Option<f64>,
    /// What else to do about it.
    pub mend: &'static str,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.value, self.present) {
            (_, None) => write!(f, "{} (the autopilot does not tell it)", self.name),
            (Some(value), Some(present)) => {
                write!(f, "{} = {} (is {})", self.name, shown(value), shown(present))
            }
            (None, Some(_)) => write!(f, "{}, written under [parameters]", self.mend),
        }
    }
}

/// As `f32` holds it: that is what parameters are on the wire.
fn shown(value: f64) -> f32 {
    value as f32
}

impl Foreign {
    /// The names that are asked for: each by those that releases give it, whichever answers.
    pub fn names(&self, more: &BTreeMap<String, f64>) -> Vec<Vec<String>> {
        let rows = parameter::of(firmware_of(self.flavour)).map(|(_, row)| row);
        let mut names: Vec<Vec<String>> = rows
            .map(|row| [row.name, row.other_name].into_iter().filter(|name| !name.is_empty()))
            .map(|names| names.map(str::to_owned).collect())
            .collect();
        for name in self.parameters.keys().chain(more.keys()) {
            if !names.iter().flatten().any(|known: &String| known == name) {
                names.push(vec![name.clone()]);
            }
        }
        names
    }

    /// What is not as it must be, by what was `told`. `more` goes before everything: a scenario's own.
    pub fn wanted(&self, more: &BTreeMap<String, f64>, told: &BTreeMap<String, f64>) -> Vec<Wanted> {
        let given = |name: &str| more.get(name).or(self.parameters.get(name)).copied();
        let mut wanted = Vec::new();
        for names in self.names(more) {
            let row =
                parameter::of(firmware_of(self.flavour)).map(|(_, row)| row).find(|row| row.name == names[0]);
            let name = names.iter().find(|name| told.contains_key(*name)).unwrap_or(&names[0]).clone();
            let present = told.get(&name).copied();
            let value = match (names.iter().find_map(|name| given(name)), row, present) {
                (Some(value), ..) => Some(value),
                (None, Some(row), Some(present)) => near(row, present),
                (None, ..) => None,
            };
            let is_needed = value.is_some()
                || row.is_some_and(|row| {
                    !matches!(row.need, Need::Told | Need::NoBitIfTold(_) | Need::Battery(..))
                });
            let is_so = value.zip(present).is_some_and(|(value, present)| shown(value) == shown(present));
            if is_needed && !is_so {
                wanted.push(Wanted { name, value, present, mend: row.map_or("", |row| row.mend) });
            }
        }
        if self.flavour == Flavour::ArduCopter {
            self.battery(more, told, &mut wanted);
        }
        wanted
    }

    /// One chain must hold as a whole: an action and a threshold. The action can be chosen; at which charge, nobody but the
    /// aircraft's owner can say.
    fn battery(&self, more: &BTreeMap<String, f64>, told: &BTreeMap<String, f64>, wanted: &mut Vec<Wanted>) {
        let rows = |chain, link| {
            parameter::of(firmware_of(self.flavour))
                .map(|(_, row)| row)
                .filter(move |row| row.need == Need::Battery(chain, link))
        };
        let given = |name: &str| more.get(name).or(self.parameters.get(name)).or(told.get(name)).copied();
        let is_set = |chain, link: BatteryLink| {
            rows(chain, link).any(|row| given(row.name).is_some_and(|value| link.is_made_by(value)))
        };
        let chains = [BatteryChain::Low, BatteryChain::Critical];
        if chains
            .iter()
            .any(|&chain| is_set(chain, BatteryLink::Action) && is_set(chain, BatteryLink::Threshold))
        {
            return;
        }
        let chain = chains.into_iter().find(|&chain| is_set(chain, BatteryLink::Threshold));
        let (link, value) = match chain {
            Some(_) => (BatteryLink::Action, Some(BATTERY_ACTION)),
            None => (BatteryLink::Threshold, None),
        };
        for row in rows(chain.unwrap_or(BatteryChain::Low), link).take(1) {
            let present = told.get(row.name).copied();
            wanted.push(Wanted { name: row.name.into(), value, present, mend: row.mend });
        }
    }
}

/// The value next to the `present` one that a row of the table asks for; none where it asks for nothing, or holds.
fn near(row: &Parameter, present: f64) -> Option<f64> {
    match row.need {
        // An end that is no value of its own: any over 0.
        Need::Within(low, high) if low == f64::MIN_POSITIVE && present < low => Some(high),
        Need::Within(low, high) => Some(present.clamp(low, high)),
        Need::AnyBit(bits) if present as u32 & bits == 0 => {
            Some(f64::from(present as u32 | 1 << bits.trailing_zeros()))
        }
        Need::NoBit(bits) | Need::NoBitIfTold(bits) => Some(f64::from(present as u32 & !bits)),
        Need::OneOf(values) => {
            values.iter().copied().find(|value| *value == present).or(values.first().copied())
        }
        Need::GroundStation if !(1.0..=255.0).contains(&present) => Some(GROUND),
        Need::AnyBit(_) | Need::GroundStation => Some(present),
        Need::Battery(..) | Need::Told => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(flavour: Flavour) -> Foreign {
        Foreign {
            daemon: Address::None,
            rig: Address::None,
            flavour,
            is_simulator: true,
            holds_sticks: false,
            sets_parameters: false,
            parameters: BTreeMap::from([("BATT_CAPACITY".to_string(), 100_000.0)]),
        }
    }

    /// ArduCopter 4.6.2's own defaults.
    fn shipped() -> BTreeMap<String, f64> {
        let shipped = "GUID_TIMEOUT 3, FS_GCS_ENABLE 0, FS_GCS_TIMEOUT 5, FS_THR_ENABLE 1, FS_OPTIONS 16, \
            RC_OPTIONS 32, RC_FS_TIMEOUT 1, FS_EKF_ACTION 1, FS_EKF_THRESH 0.8, FENCE_ENABLE 0, FENCE_ACTION 1, \
            FENCE_TYPE 7, BATT_MONITOR 4, BATT_LOW_TIMER 10, BATT_FS_LOW_ACT 0, BATT_LOW_VOLT 10.5, \
            BATT_CAPACITY 3300, MAV_GCS_SYSID 255, RCMAP_ROLL 1, RCMAP_PITCH 2, RCMAP_THROTTLE 3, RCMAP_YAW 4";
        let of = |told: &str| {
            let (name, value) = told.split_once(' ').unwrap();
            (name.to_string(), value.parse().unwrap())
        };
        shipped.split(", ").map(of).collect()
    }

    fn told(wanted: &[Wanted]) -> Vec<String> {
        wanted.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_shipped_is_listed_with_what_it_must_be() {
        let rig = foreign(Flavour::ArduCopter);
        let wanted = rig.wanted(&BTreeMap::new(), &shipped());
        assert_eq!(
            told(&wanted),
            [
                "GUID_TIMEOUT = 1 (is 3)",
                "FS_GCS_ENABLE = 1 (is 0)",
                "FENCE_ENABLE = 1 (is 0)",
                "BATT_CAPACITY = 100000 (is 3300)",
                "BATT_FS_LOW_ACT = 2 (is 0)"
            ]
        );
        // Set so, nothing is left.
        let mut set = shipped();
        set.extend(wanted.into_iter().map(|one| (one.name, one.value.unwrap())));
        assert_eq!(rig.wanted(&BTreeMap::new(), &set), []);
    }

    #[test]
    fn a_scenario_goes_before_the_rig_and_the_rig_before_the_table() {
        let mut rig = foreign(Flavour::ArduCopter);
        rig.parameters = BTreeMap::from([("GUID_TIMEOUT".into(), 0.5), ("FENCE_ENABLE".into(), 1.0)]);
        let more = BTreeMap::from([("FENCE_ENABLE".into(), 0.0), ("FS_THR_ENABLE".into(), 0.0)]);
        let wanted = told(&rig.wanted(&more, &shipped()));
        assert_eq!(
            wanted,
            [
                "GUID_TIMEOUT = 0.5 (is 3)",
                "FS_GCS_ENABLE = 1 (is 0)",
                "FS_THR_ENABLE = 0 (is 1)",
                "BATT_FS_LOW_ACT = 2 (is 0)"
            ]
        );
    }

    #[test]
    fn bits_are_changed_alone_and_thresholds_are_asked_for() {
        let rig = Foreign { parameters: BTreeMap::new(), ..foreign(Flavour::ArduCopter) };
        let mut present = shipped();
        for (name, value) in
            [("FS_OPTIONS", 20.0), ("FENCE_TYPE", 1.0), ("BATT_LOW_VOLT", 0.0), ("GUID_TIMEOUT", 0.0)]
        {
            present.insert(name.into(), value);
        }
        present.remove("FS_EKF_ACTION");
        let wanted = told(&rig.wanted(&BTreeMap::new(), &present));
        for words in [
            "FS_OPTIONS = 16 (is 20)",
            "FENCE_TYPE = 3 (is 1)",
            "GUID_TIMEOUT = 1 (is 0)",
            "FS_EKF_ACTION (the autopilot does not tell it)",
        ] {
            assert!(wanted.iter().any(|told| told == words), "{words} in {wanted:?}");
        }
        assert!(
            wanted.last().unwrap().contains("a threshold over 0, written under [parameters]"),
            "{wanted:?}"
        );
    }

    #[test]
    fn every_row_of_both_firmwares_is_asked_for() {
        for (flavour, count) in [(Flavour::ArduCopter, 30), (Flavour::Px4, 19)] {
            let names = foreign(flavour).names(&BTreeMap::new());
            let rows = parameter::of(firmware_of(flavour)).count();
            assert_eq!((names.len(), rows + 1), (count, count), "{names:?}");
        }
    }
}
