//! Whether the autopilot answers us at all.
//!
//! An autopilot that is heard and answers nothing does not hear us, or takes nothing unsigned; then no command arrives
//! either. What was asked and answered since the link came up tells it.

use skyhound::time::TimeUs;

const MUTE: &str = "it answers none of our questions: check our transmit wire, and that it takes unsigned messages (signing)";
/// Unanswered from the start: this many questions, over this long.
const NEVER: (u32, u64) = (8, 3_000_000);
/// Unanswered after it has answered: a line that loses much is no cut wire.
const NO_MORE: (u32, u64) = (30, 15_000_000);

/// Questions and answers of one link.
#[derive(Copy, Clone, Debug, Default)]
pub struct Questions {
    /// Unanswered ones, and when the first of them was asked.
    since: Option<TimeUs>,
    asked_count: u32,
    has_answered: bool,
}

impl Questions {
    /// A question left.
    pub fn ask(&mut self, now: TimeUs) {
        self.since.get_or_insert(now);
        self.asked_count = self.asked_count.saturating_add(1);
    }

    /// A question of ours was answered.
    pub fn answer(&mut self) {
        *self = Questions { has_answered: true, ..Questions::default() };
    }

    /// Why it does not hear us, when it seems not to.
    pub fn mute(&self, now: TimeUs) -> Option<&'static str> {
        let (count, long_us) = if self.has_answered { NO_MORE } else { NEVER };
        let is_long = self.since.is_some_and(|since| now.since_us(since) >= long_us);
        (is_long && self.asked_count >= count).then_some(MUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_many_questions_over_some_time_and_the_first_answer_clears_it() {
        let mut questions = Questions::default();
        (0..8).for_each(|_| questions.ask(TimeUs(1_000_000)));
        assert_eq!(questions.mute(TimeUs(3_999_999)), None);
        assert!(questions.mute(TimeUs(4_000_000)).unwrap().contains("signing"));
        questions.answer();
        assert_eq!(questions.mute(TimeUs(4_000_000)), None);
        (0..29).for_each(|_| questions.ask(TimeUs(5_000_000)));
        assert_eq!(questions.mute(TimeUs(60_000_000)), None);
        questions.ask(TimeUs(6_000_000));
        assert_eq!(
            (questions.mute(TimeUs(19_999_999)), questions.mute(TimeUs(20_000_000)).is_some()),
            (None, true)
        );
    }
}
