//! What the recorder counts.

/// Counters of the recorder thread since the start.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct RecorderTotals {
    /// Commits that answered.
    pub commit_total: u64,
    /// Rows in them, all tables.
    pub row_total: u64,
    /// Readings in them.
    pub reading_total: u64,
    /// Commits that failed and were tried again.
    pub retry_total: u64,
    /// Longest commit, µs.
    pub commit_longest_us: u64,
    /// Commits that moved the WAL into the file.
    pub checkpoint_total: u64,
    /// Longest of those, µs.
    pub checkpoint_longest_us: u64,
    /// Rows that came while nothing was recorded, and are in no file.
    pub unrecorded_total: u64,
    /// How long nothing was recorded, µs.
    pub unrecorded_us: u64,
}
