//! Bands around a reference price, and when a schedule changes the session.

use crate::pod::{InstrumentRules, ScheduledSession};

/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;
/// Nanoseconds in a second.
pub(crate) const SECOND_NS: i64 = 1_000_000_000;

/// Lowest and highest price, both inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    pub low: i64,
    pub high: i64,
}

impl Band {
    pub const ALL: Self = Self { low: i64::MIN, high: i64::MAX };

    /// So many hundredths of a percent around a reference; every price if either is 0.
    pub fn around(reference: i64, bps: u32) -> Self {
        if reference == 0 || bps == 0 {
            return Self::ALL;
        }
        // Below 100 times the highest price, which 64 bits hold.
        let width = (i128::from(reference) * i128::from(bps) / 10_000) as i64;
        Self { low: reference - width, high: reference + width }
    }

    #[inline]
    pub fn holds(self, price: i64) -> bool {
        self.low <= price && price <= self.high
    }
}

/// The first scheduled change of session after a moment, nanoseconds.
pub(crate) fn next_session(
    rules: &InstrumentRules,
    after_ns: i64,
) -> Option<(i64, ScheduledSession)> {
    let entries = rules.schedule.iter().take_while(|&&word| word != 0);
    let entries = entries.filter_map(|&word| ScheduledSession::read(word));
    let today = after_ns.div_euclid(DAY_SECONDS * SECOND_NS);
    let moments = entries.filter_map(|entry| {
        (today..=today + 7).find_map(|day| {
            // 1970 began on a Thursday.
            let weekday = (day + 3).rem_euclid(7);
            let seconds = day.checked_mul(DAY_SECONDS)?.checked_add(i64::from(entry.second))?;
            let moment = seconds.checked_mul(SECOND_NS)?;
            (entry.weekdays >> weekday & 1 != 0 && moment > after_ns).then_some((moment, entry))
        })
    });
    moments.min_by_key(|&(moment, _)| moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::{SessionState, MAX_BAND_BPS, MAX_PRICE};
    use bytemuck::Zeroable;

    #[test]
    fn bands_are_whole_prices() {
        let band = Band::around(333, 100);
        assert!(band.holds(330) && band.holds(336) && !band.holds(329) && !band.holds(337));
        assert_eq!(Band::around(0, 100), Band::ALL);
        assert_eq!(Band::around(MAX_PRICE, MAX_BAND_BPS).high, 101 * MAX_PRICE);
    }

    #[test]
    fn schedules_know_the_days_of_the_week() {
        let entry = |second, session, weekdays| ScheduledSession { second, session, weekdays };
        let mut rules = InstrumentRules::zeroed();
        let opens = entry(34_200, SessionState::Continuous, 0x1f);
        let closes = entry(57_600, SessionState::Closed, 0x1f);
        (rules.schedule[0], rules.schedule[1]) = (opens.word(), closes.word());
        // Day 0 was a Thursday, day 1 a Friday, day 4 a Monday.
        let at = |day: i64, second: i64| (day * DAY_SECONDS + second) * SECOND_NS;
        assert_eq!(next_session(&rules, 0), Some((at(0, 34_200), opens)));
        assert_eq!(next_session(&rules, at(0, 34_200)), Some((at(0, 57_600), closes)));
        assert_eq!(next_session(&rules, at(1, 57_600)), Some((at(4, 34_200), opens)));
        assert_eq!(next_session(&rules, i64::MAX), None);
    }
}
