//! How the machine is: processor, temperature, power, memory. What it does not tell is `None`.
//!
//! Sources: proc(5) for `/proc/stat`; the kernel's `sysfs-class-thermal`; the Raspberry Pi firmware's `get_throttled` and its
//! hwmon `rpi_volt`, where there is such a firmware.

use std::fs;
use std::path::{Path, PathBuf};

/// A Pi 5 slows down at 85 °C, and its SDR's crystal drifts before.
const HOT_C: f64 = 80.0;
/// Bits of `get_throttled` that tell of now, and what each means with its mend.
const THROTTLED: [(u32, &str); 4] = [
    (0, "under-voltage: give the machine its own 5 A supply"),
    (1, "its clock is held down: cool it, and look at its supply"),
    (2, "it is throttled: cool it, and look at its supply"),
    (3, "it is near its temperature limit: cool it"),
];

/// How it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// Share of all cores' time that was busy since the last look, 0..=1.
    pub busy_ratio: Option<f64>,
    /// The hottest zone, °C.
    pub temperature_c: Option<f64>,
    /// Bits of the firmware's `get_throttled`: 0 to 3 now, 16 to 19 at any time since it started.
    pub throttled_bits: Option<u32>,
    /// Memory that can be taken before it is short, bytes.
    pub available_bytes: Option<u64>,
}

impl Machine {
    /// What harms a flight, with its mend.
    pub fn alarms(&self) -> Vec<String> {
        let hot = self.temperature_c.filter(|celsius| *celsius >= HOT_C);
        let hot = hot.map(|celsius| format!("the machine is {celsius:.0} °C hot: give it air"));
        let bits = self.throttled_bits.unwrap_or(0);
        let told = THROTTLED.iter().filter(|(bit, _)| bits >> bit & 1 == 1);
        hot.into_iter().chain(told.map(|(_, why)| format!("the machine: {why}"))).collect()
    }
}

/// Between two looks.
pub struct Watch {
    root: PathBuf,
    throttled: Option<PathBuf>,
    under_voltage: Option<PathBuf>,
    /// Busy and all ticks at the last look.
    ticks: Option<(u64, u64)>,
}

impl Watch {
    /// Of this machine.
    pub fn begin() -> Watch {
        Watch::under(Path::new("/"))
    }

    fn under(root: &Path) -> Watch {
        let platform = root.join("sys/devices/platform");
        let is_soc = |path: &PathBuf| name(path).starts_with("soc");
        let inner = entries(&platform).into_iter().filter(is_soc).flat_map(|soc| entries(&soc));
        let throttled = inner
            .filter(|path| name(path).ends_with(":firmware"))
            .map(|path| path.join("get_throttled"))
            .find(|path| path.exists());
        let of_volts = |path: &PathBuf| {
            fs::read_to_string(path.join("name")).is_ok_and(|name| name.trim() == "rpi_volt")
        };
        let volts = entries(&root.join("sys/class/hwmon")).into_iter().find(of_volts);
        Watch {
            root: root.to_path_buf(),
            throttled,
            under_voltage: volts.map(|path| path.join("in0_lcrit_alarm")),
            ticks: None,
        }
    }

    /// How it is now.
    pub fn look(&mut self) -> Machine {
        let ticks = fs::read_to_string(self.root.join("proc/stat")).ok().and_then(|text| ticks(&text));
        let since = self.ticks.zip(ticks).and_then(|(before, now)| {
            let all = now.1.checked_sub(before.1).filter(|all| *all > 0)?;
            Some((now.0.saturating_sub(before.0) as f64 / all as f64).min(1.0))
        });
        self.ticks = ticks;
        let firmware = self.throttled.as_deref().and_then(throttled_bits);
        let volts = self.under_voltage.as_deref().and_then(number).map(|alarm| u32::from(alarm != 0));
        Machine {
            busy_ratio: since,
            temperature_c: self.temperature_c(),
            throttled_bits: firmware.or(volts),
            available_bytes: crate::memory::available_bytes(),
        }
    }

    fn temperature_c(&self) -> Option<f64> {
        let zones = entries(&self.root.join("sys/class/thermal"));
        let of_zone = |path: PathBuf| Some(number(&path.join("temp"))? as f64 / 1e3);
        let zones = zones.into_iter().filter(|path| name(path).starts_with("thermal_zone"));
        // A sensor that is off tells 0 or less.
        zones.filter_map(of_zone).filter(|celsius| *celsius > 0.0).max_by(f64::total_cmp)
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn number(path: &Path) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn throttled_bits(path: &Path) -> Option<u32> {
    let text = fs::read_to_string(path).ok()?;
    u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
}

/// Busy and all ticks of all cores; what guests take is in the users' already.
fn ticks(stat: &str) -> Option<(u64, u64)> {
    const IDLE: usize = 3;
    const WAITS: usize = 4;
    const OWN: usize = 8;
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().take(OWN).map_while(|word| word.parse().ok()).collect();
    let all: u64 = ticks.iter().sum();
    Some((all - ticks.get(IDLE)? - ticks.get(WAITS)?, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_pi_tells_all_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, "proc/stat", "cpu  100 0 50 800 50 0 0 0 7 0\ncpu0 1 1 1 1\n");
        write(root, "sys/class/thermal/thermal_zone0/temp", "84500\n");
        write(root, "sys/class/thermal/thermal_zone1/temp", "-1\n");
        write(root, "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", "50005\n");
        let mut watch = Watch::under(root);
        let first = watch.look();
        assert_eq!((first.busy_ratio, first.temperature_c), (None, Some(84.5)));
        assert_eq!(first.throttled_bits, Some(0x50005));
        let alarms = first.alarms();
        let words = ["84 °C hot", "under-voltage", "throttled"];
        assert!(
            alarms.len() == 3 && words.iter().zip(&alarms).all(|(word, said)| said.contains(word)),
            "{alarms:?}"
        );
        write(root, "proc/stat", "cpu  150 0 75 850 75 0 0 0 7 0\n");
        assert_eq!(watch.look().busy_ratio, Some(0.5));
    }

    #[test]
    fn a_drop_of_the_supply_shows_without_the_firmware() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
        write(folder.path(), "sys/class/hwmon/hwmon1/name", "rpi_volt\n");
        write(folder.path(), "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");
        let machine = Watch::under(folder.path()).look();
        assert_eq!(machine.throttled_bits, Some(1));
        assert!(machine.alarms()[0].contains("under-voltage"));
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        let machine = Watch::under(folder.path()).look();
        assert_eq!(machine, Machine { available_bytes: machine.available_bytes, ..Machine::default() });
        assert!(machine.alarms().is_empty());
        let mut here = Watch::begin();
        here.look();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(here.look().busy_ratio.is_some_and(|ratio| (0.0..=1.0).contains(&ratio)));
    }
}
