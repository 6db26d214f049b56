//! What bounds prices: ticks that change with the price, and bands around a reference.

use crate::pod::{
    Instrument, InstrumentRules, ScheduledSession, MAX_AUCTION_SECONDS, MAX_BAND_BPS, MAX_PRICE,
    RULES_BAND_HALTS,
};

/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;
/// Nanoseconds in a second.
pub(crate) const SECOND_NS: i64 = 1_000_000_000;

/// The prices that an instrument has.
#[derive(Clone, Copy)]
pub(crate) struct Ticks<'a> {
    base: i64,
    rules: &'a InstrumentRules,
}

impl<'a> Ticks<'a> {
    pub fn of(instrument: &Instrument, rules: &'a InstrumentRules) -> Self {
        Self { base: instrument.tick_size, rules }
    }

    /// Whether the tick changes with the price.
    pub fn is_table(&self) -> bool {
        self.rules.tick_size[0] != 0
    }

    fn at(&self, price: i64) -> i64 {
        let bands = self.rules.tick_from.iter().zip(&self.rules.tick_size);
        bands
            .take_while(|&(&from, &size)| size != 0 && from <= price)
            .last()
            .map_or(self.base, |(_, &size)| size)
    }

    /// Whether this is a price. Without a table that is for risk to say.
    pub fn fits(&self, price: i64) -> bool {
        !self.is_table() || price % self.at(price) == 0
    }

    /// The highest price that isn't above this.
    pub fn down(&self, price: i64) -> i64 {
        price / self.at(price) * self.at(price)
    }

    /// The lowest price that isn't below this. A band begins at a multiple of the size below it, so
    /// that a step never skips its first price.
    pub fn up(&self, price: i64) -> i64 {
        let down = self.down(price);
        if down == price {
            price
        } else {
            down + self.at(price)
        }
    }

    /// One tick down.
    pub fn below(&self, price: i64) -> i64 {
        if self.is_table() {
            self.down(price - 1)
        } else {
            price - self.base
        }
    }

    /// One tick up.
    pub fn above(&self, price: i64) -> i64 {
        if self.is_table() {
            self.up(price + 1)
        } else {
            price + self.base
        }
    }

    /// The highest price that isn't above this one, counted in ticks from a price below it.
    pub fn down_from(&self, low: i64, price: i64) -> i64 {
        if self.is_table() {
            self.down(price).max(low)
        } else {
            low + (price - low) / self.base * self.base
        }
    }
}

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

/// Whether rules can be an instrument's.
pub(crate) fn are_valid(rules: &InstrumentRules, instrument: &Instrument) -> bool {
    let bands = [rules.static_band_bps, rules.dynamic_band_bps, rules.protection_bps];
    bands.iter().all(|&bps| bps <= MAX_BAND_BPS)
        && rules.auction_seconds <= MAX_AUCTION_SECONDS
        && rules.flags & !RULES_BAND_HALTS == 0
        && rules.reserved == [0; 4]
        && ticks_are_valid(rules, instrument.tick_size)
        && schedule_is_valid(rules)
}

fn ticks_are_valid(rules: &InstrumentRules, base: i64) -> bool {
    let count = rules.tick_size.iter().take_while(|&&size| size != 0).count();
    let (mut from_below, mut size_below) = (0, base);
    for (&from, &size) in rules.tick_from.iter().zip(&rules.tick_size).take(count) {
        let fits = (1..=MAX_PRICE).contains(&size)
            && from > from_below
            && from <= MAX_PRICE
            && from % size == 0
            && from % size_below == 0;
        if !fits {
            return false;
        }
        (from_below, size_below) = (from, size);
    }
    rules.tick_size[count..].iter().all(|&size| size == 0)
}

fn schedule_is_valid(rules: &InstrumentRules) -> bool {
    let count = rules.schedule.iter().take_while(|&&word| word != 0).count();
    if rules.schedule[count..].iter().any(|&word| word != 0) {
        return false;
    }
    // Weekdays taken by the entries of one second.
    let (mut second, mut taken) = (0, 0);
    for &word in &rules.schedule[..count] {
        let Some(entry) = ScheduledSession::read(word) else { return false };
        if entry.second < second || entry.second == second && entry.weekdays & taken != 0 {
            return false;
        }
        if entry.second != second {
            taken = 0;
        }
        second = entry.second;
        taken |= entry.weekdays;
    }
    true
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
    use crate::pod::SessionState;
    use bytemuck::Zeroable;

    fn instrument(tick_size: i64) -> Instrument {
        Instrument { tick_size, ..Instrument::zeroed() }
    }

    #[test]
    fn ticks_change_with_the_price() {
        let mut rules = InstrumentRules::zeroed();
        (rules.tick_from[0], rules.tick_size[0]) = (100, 5);
        (rules.tick_from[1], rules.tick_size[1]) = (1_000, 50);
        let instrument = instrument(1);
        assert!(are_valid(&rules, &instrument));
        let ticks = Ticks::of(&instrument, &rules);
        assert!(ticks.fits(99) && ticks.fits(105) && !ticks.fits(104) && !ticks.fits(1_005));
        assert_eq!((ticks.below(100), ticks.above(99), ticks.above(100)), (99, 100, 105));
        assert_eq!((ticks.below(1_000), ticks.above(995), ticks.above(1_000)), (995, 1_000, 1_050));
        assert_eq!((ticks.down(1_049), ticks.up(1_001), ticks.up(995)), (1_000, 1_050, 995));
        rules.tick_from[1] = 1_010;
        assert!(!are_valid(&rules, &instrument));
    }

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
        assert!(are_valid(&rules, &instrument(1)));
        // Day 0 was a Thursday, day 1 a Friday, day 4 a Monday.
        let at = |day: i64, second: i64| (day * DAY_SECONDS + second) * SECOND_NS;
        assert_eq!(next_session(&rules, 0), Some((at(0, 34_200), opens)));
        assert_eq!(next_session(&rules, at(0, 34_200)), Some((at(0, 57_600), closes)));
        assert_eq!(next_session(&rules, at(1, 57_600)), Some((at(4, 34_200), opens)));
        assert_eq!(next_session(&rules, i64::MAX), None);
        rules.schedule.swap(0, 1);
        assert!(!are_valid(&rules, &instrument(1)));
    }
}
