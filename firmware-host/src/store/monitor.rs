//! What the database of a flight uses, for how long the disk lasts, and how the machine is: looked at every ten seconds by the recorder's thread,
//! kept in table `health` (kinds `database` and `machine`), shown in the status, and told aloud where it becomes dangerous.

use super::file::{FlightFile, wal_bytes};
use super::scratch::free_bytes;
use super::totals::RecorderTotals;
use crate::machine::{Machine, Watch};
use crate::settings::RecorderSettings;
use skyhound::time::TimeUs;

/// Between looks.
pub(super) const LOOK_US: u64 = 10_000_000;
/// A file grows by its first blocks at once: before this no growth is told.
const GROWTH_AFTER_US: u64 = 60_000_000;
/// DuckDB moves the WAL into the file at 16 MB; at four times that it does not come to it.
const WAL_BYTES_MAX: u64 = 64 << 20;
/// The whole process, seen at 98 MB in an hour at 1 kHz.
const RESIDENT_BYTES_MAX: u64 = 256 << 20;
const HOUR_US: f64 = 3_600e6;

/// What the database uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    /// DuckDB's buffers, bytes.
    pub memory_bytes: u64,
    /// The whole process in memory, bytes.
    pub resident_bytes: u64,
    /// Threads of the process.
    pub thread_count: u64,
    /// The flight's newest file, bytes.
    pub file_bytes: u64,
    /// What is committed and not in it yet, bytes.
    pub wal_bytes: u64,
    /// How fast the file grows, bytes an hour; `None` in its first minute.
    pub growth_bytes_per_h: Option<f64>,
    /// Rows committed a second since the last look.
    pub rows_per_s: f64,
    /// Free on the disk, bytes.
    pub free_bytes: u64,
    /// Hours until only the reserve is free.
    pub left_h: Option<f64>,
    /// How the machine is.
    pub machine: Machine,
    /// What is dangerous, with its mend.
    pub alarms: Vec<String>,
}

impl Database {
    /// Its numbers as rows of `health`: (name with its unit, value).
    pub(super) fn rows(&self, totals: &RecorderTotals) -> [(&'static str, u64); 12] {
        [
            ("memory_bytes", self.memory_bytes),
            ("resident_bytes", self.resident_bytes),
            ("thread_count", self.thread_count),
            ("file_bytes", self.file_bytes),
            ("wal_bytes", self.wal_bytes),
            ("growth_bytes_per_h", self.growth_bytes_per_h.map_or(0, |growth| growth as u64)),
            ("rows_per_s", self.rows_per_s as u64),
            ("free_bytes", self.free_bytes),
            ("checkpoint_total", totals.checkpoint_total),
            ("checkpoint_longest_us", totals.checkpoint_longest_us),
            ("commit_longest_us", totals.commit_longest_us),
            ("retry_total", totals.retry_total),
        ]
    }
}

/// Rows of `health` of the machine: (name with its unit, value).
pub(super) fn machine_rows(machine: &Machine) -> impl Iterator<Item = (&'static str, u64)> {
    let rows = [
        ("busy_permille", machine.busy_ratio.map(|ratio| (ratio * 1e3).round() as u64)),
        ("temperature_m_c", machine.temperature_c.map(|celsius| (celsius * 1e3).round() as u64)),
        ("throttled_bits", machine.throttled_bits.map(u64::from)),
        ("available_bytes", machine.available_bytes),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// Between two looks.
pub(super) struct Monitor {
    watch: Watch,
    looked_at: TimeUs,
    totals: RecorderTotals,
    /// Of the newest file: since when it is recorded, its bytes then, and the checkpoints before it.
    began: (TimeUs, u64, u64),
    /// Bytes of that file when the last checkpoint had been, and when: what is in a WAL becomes a sixth in the file.
    grown: Option<(TimeUs, u64)>,
}

impl Monitor {
    pub(super) fn begin(now: TimeUs) -> Monitor {
        Monitor {
            watch: Watch::begin(),
            looked_at: now,
            totals: RecorderTotals::default(),
            began: (now, 0, 0),
            grown: None,
        }
    }

    pub(super) fn is_due(&self, now: TimeUs) -> bool {
        now.since_us(self.looked_at) >= LOOK_US
    }

    /// A next file is recorded.
    pub(super) fn next_file(&mut self, now: TimeUs, file: &FlightFile, totals: &RecorderTotals) {
        (self.began, self.grown) = ((now, bytes_of(file), totals.checkpoint_total), None);
    }

    /// What it uses now.
    pub(super) fn look(
        &mut self,
        now: TimeUs,
        file: Option<&FlightFile>,
        totals: RecorderTotals,
        settings: &RecorderSettings,
    ) -> Database {
        let (resident_bytes, thread_count) = of_process();
        let since_s = now.since_us(self.looked_at) as f64 / 1e6;
        let mut seen = Database {
            memory_bytes: file.and_then(|file| file.memory_bytes().ok()).unwrap_or(0),
            resident_bytes,
            thread_count,
            file_bytes: file.map_or(0, bytes_of),
            wal_bytes: file.map_or(0, |file| wal_bytes(file.path())),
            free_bytes: free_bytes(&settings.flights).unwrap_or(0),
            machine: self.watch.look(),
            rows_per_s: (totals.row_total - self.totals.row_total) as f64 / since_s.max(1e-3),
            ..Database::default()
        };
        if totals.checkpoint_total > self.totals.checkpoint_total.max(self.began.2) {
            self.grown = Some((now, seen.file_bytes));
        }
        let (until, bytes) = self.grown.unwrap_or((now, seen.file_bytes + seen.wal_bytes));
        let took_us = until.since_us(self.began.0);
        let is_told = file.is_some() && took_us >= GROWTH_AFTER_US;
        seen.growth_bytes_per_h =
            is_told.then(|| bytes.saturating_sub(self.began.1) as f64 * HOUR_US / took_us as f64);
        let room_bytes = seen.free_bytes.saturating_sub(u64::from(settings.disk_reserve_mb) << 20);
        seen.left_h = seen.growth_bytes_per_h.map(|growth| room_bytes as f64 / growth.max(1.0));
        seen.alarms = self.alarms(&seen, &totals, settings);
        seen.alarms.extend(memory_alarm(resident_bytes));
        seen.alarms.extend(seen.machine.alarms());
        (self.looked_at, self.totals) = (now, totals);
        seen
    }

    fn alarms(&self, seen: &Database, totals: &RecorderTotals, settings: &RecorderSettings) -> Vec<String> {
        let mut alarms = Vec::new();
        if let Some(left_h) = seen.left_h.filter(|left_h| *left_h < settings.disk_warn_h) {
            let free_mb = seen.free_bytes >> 20;
            alarms.push(format!(
                "disk for {left_h:.1} h more ({free_mb} MB free): make room (skyhound flights --retain)"
            ));
        }
        let bridge_us = u64::from(settings.stall_bridge_s) * 1_000_000;
        if totals.commit_longest_us > self.totals.commit_longest_us.max(bridge_us / 2) {
            let (took_s, bridge_s) = (totals.commit_longest_us as f64 / 1e6, settings.stall_bridge_s);
            alarms.push(format!(
                "the disk stalls: a commit took {took_s:.1} s of {bridge_s} (recorder.stall_bridge_s)"
            ));
        }
        if seen.wal_bytes > WAL_BYTES_MAX {
            alarms
                .push(format!("the write-ahead log is not moved into the file: {} MB", seen.wal_bytes >> 20));
        }
        alarms
    }
}

fn memory_alarm(resident_bytes: u64) -> Option<String> {
    (resident_bytes > RESIDENT_BYTES_MAX)
        .then(|| format!("skyhound uses {} MB of memory", resident_bytes >> 20))
}

fn bytes_of(file: &FlightFile) -> u64 {
    std::fs::metadata(file.path()).map_or(0, |file| file.len())
}

/// Bytes in memory and threads of this process; zeros where the system does not say.
fn of_process() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    (number("VmRSS:").unwrap_or(0) << 10, number("Threads:").unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, settings};
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn what_the_database_uses_is_seen_and_what_is_dangerous_told() {
        let folder = tempfile::tempdir().unwrap();
        let settings = RecorderSettings { disk_warn_h: 1e12, ..settings(folder.path()) };
        let mut file = FlightFile::create(&settings, &sample::about(), Clock::start(), None).unwrap();
        let mut monitor = Monitor::begin(TimeUs(0));
        monitor.next_file(TimeUs(0), &file, &RecorderTotals::default());
        let mut totals =
            RecorderTotals { row_total: 1_000, commit_longest_us: 6_000_000, ..RecorderTotals::default() };
        // The process is that of all tests: what it uses is theirs.
        let without_memory = |mut seen: Database| {
            seen.alarms.retain(|alarm| Some(alarm) != memory_alarm(seen.resident_bytes).as_ref());
            seen
        };
        let first = without_memory(monitor.look(TimeUs(10_000_000), Some(&file), totals, &settings));
        let seen = &first;
        assert!(
            seen.memory_bytes > 0 && seen.resident_bytes > 10 << 20 && seen.thread_count >= 1,
            "{seen:?}"
        );
        assert!(seen.wal_bytes > 0 && seen.free_bytes > 0 && seen.file_bytes > 100_000, "{seen:?}");
        assert_eq!((seen.rows_per_s, seen.growth_bytes_per_h, seen.left_h), (100.0, None, None));
        assert!(seen.alarms.len() == 1 && seen.alarms[0].contains("took 6.0 s of 10"), "{seen:?}");
        let mut batch = super::super::batch::Batch::default();
        (0..4_000).for_each(|index| batch.readings.push(sample::reading(index, 0)));
        file.commit(&batch).unwrap();
        totals.row_total += 4_000;
        let seen = without_memory(monitor.look(TimeUs(60_000_000), Some(&file), totals, &settings));
        let growth = seen.growth_bytes_per_h.unwrap();
        assert!((growth - 60.0 * seen.wal_bytes as f64).abs() < 1.0, "{seen:?}");
        assert!(seen.alarms.len() == 1 && seen.alarms[0].starts_with("disk for "), "{seen:?}");
        file.checkpoint().unwrap();
        totals.checkpoint_total = 1;
        let after = monitor.look(TimeUs(70_000_000), Some(&file), totals, &settings);
        let grown = after.file_bytes - first.file_bytes;
        assert!((after.growth_bytes_per_h.unwrap() - grown as f64 * 3_600.0 / 70.0).abs() < 1.0, "{after:?}");
        let later = monitor.look(TimeUs(700_000_000), Some(&file), totals, &settings);
        assert_eq!(later.growth_bytes_per_h, after.growth_bytes_per_h);
        file.close().unwrap();
        assert_eq!(memory_alarm(256 << 20), None);
        assert_eq!(memory_alarm(300 << 20).unwrap(), "skyhound uses 300 MB of memory");
    }
}
