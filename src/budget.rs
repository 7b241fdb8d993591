//! Budgets and deadline misses: how long passes took, and how many took too long. Never silence, never a panic.

/// Time taken by the passes of one thread against its budget. Reported and reset once a second.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Budget {
    budget_us: u32,
    pass_count: u32,
    miss_count: u32,
    busy_us: u64,
    longest_us: u32,
    miss_total: u64,
}

/// What a [`Budget`] saw since the last report.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetReport {
    /// The budget of one pass, µs.
    pub budget_us: u32,
    /// Passes.
    pub pass_count: u32,
    /// Passes over budget.
    pub miss_count: u32,
    /// Time in passes, µs.
    pub busy_us: u64,
    /// Longest pass, µs.
    pub longest_us: u32,
    /// Passes over budget since the start.
    pub miss_total: u64,
}

impl Budget {
    /// A budget of `budget_us` for each pass.
    pub const fn new(budget_us: u32) -> Budget {
        Budget { budget_us, pass_count: 0, miss_count: 0, busy_us: 0, longest_us: 0, miss_total: 0 }
    }

    /// Counts a pass; `true` when it was over budget.
    pub fn count(&mut self, took_us: u64) -> bool {
        let missed = took_us > u64::from(self.budget_us);
        self.pass_count = self.pass_count.saturating_add(1);
        self.miss_count = self.miss_count.saturating_add(u32::from(missed));
        self.miss_total += u64::from(missed);
        self.busy_us = self.busy_us.saturating_add(took_us);
        self.longest_us = self.longest_us.max(u32::try_from(took_us).unwrap_or(u32::MAX));
        missed
    }

    /// What was seen since the last report; the totals stay.
    pub fn report(&mut self) -> BudgetReport {
        let report = BudgetReport {
            budget_us: self.budget_us,
            pass_count: self.pass_count,
            miss_count: self.miss_count,
            busy_us: self.busy_us,
            longest_us: self.longest_us,
            miss_total: self.miss_total,
        };
        *self = Budget { miss_total: self.miss_total, ..Budget::new(self.budget_us) };
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_is_over_the_budget_and_stays_in_the_total() {
        let mut budget = Budget::new(1_000);
        assert!(!budget.count(1_000));
        assert!(budget.count(1_001));
        let report = budget.report();
        assert_eq!((report.pass_count, report.miss_count, report.longest_us), (2, 1, 1_001));
        let report = budget.report();
        assert_eq!((report.pass_count, report.miss_count, report.miss_total), (0, 0, 1));
    }
}
