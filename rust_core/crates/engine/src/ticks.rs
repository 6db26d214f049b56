//! Tick sizes by price, and what makes the rules of an instrument fit to be set.

use crate::pod::{
    Instrument, InstrumentRules, ScheduledSession, MAX_AUCTION_SECONDS, MAX_BAND_BPS, MAX_PRICE,
    RULES_BAND_HALTS,
};
use crate::reject::Reject;

/// The tick sizes of an instrument: below the first band its own, then each band's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticks {
    base: i64,
    from: [i64; 8],
    size: [i64; 8],
}

impl Ticks {
    /// One tick size at every price; at least 1.
    #[must_use]
    pub const fn flat(tick_size: i64) -> Self {
        Self { base: tick_size, from: [0; 8], size: [0; 8] }
    }

    /// Those of an instrument and its rules, which [`refusal_of_rules`] let pass.
    #[must_use]
    pub fn new(tick_size: i64, rules: &InstrumentRules) -> Self {
        Self { base: tick_size, from: rules.tick_from, size: rules.tick_size }
    }

    /// The same bands above another tick size of the instrument.
    #[must_use]
    pub const fn with_base(self, tick_size: i64) -> Self {
        Self { base: tick_size, ..self }
    }

    /// Whether one tick size holds at every price.
    #[must_use]
    pub const fn is_flat(&self) -> bool {
        self.size[0] == 0
    }

    /// The tick size at a price: that of the last band that begins at or below it.
    #[inline]
    #[must_use]
    pub fn at(&self, price: i64) -> i64 {
        let mut tick = self.base;
        for (&from, &size) in self.from.iter().zip(&self.size) {
            if size == 0 || from > price {
                break;
            }
            tick = size;
        }
        tick
    }

    /// Whether a price is one, and a multiple of the tick size there.
    #[inline]
    #[must_use]
    pub fn fits(&self, price: i64) -> bool {
        (1..=MAX_PRICE).contains(&price) && price % self.at(price) == 0
    }

    /// The highest multiple of its tick size that is not above a price, which isn't negative. Bands
    /// begin at multiples of both their tick sizes, so it is in the same band.
    #[inline]
    #[must_use]
    pub fn down(&self, price: i64) -> i64 {
        price - price % self.at(price)
    }

    /// The lowest multiple of its tick size that is not below a price, which isn't negative.
    #[inline]
    #[must_use]
    pub fn up(&self, price: i64) -> i64 {
        let down = self.down(price);
        if down == price {
            price
        } else {
            down + self.at(down)
        }
    }

    /// One tick up: the lowest multiple above a price.
    #[inline]
    #[must_use]
    pub fn above(&self, price: i64) -> i64 {
        self.up(price + 1)
    }

    /// One tick down: the highest multiple below a price above 0.
    #[inline]
    #[must_use]
    pub fn below(&self, price: i64) -> i64 {
        self.down(price - 1)
    }
}

/// Why rules can't be set for their instrument; none: they can.
#[must_use]
pub fn refusal_of_rules(rules: &InstrumentRules, instrument: &Instrument) -> Option<Reject> {
    let bands = [rules.static_band_bps, rules.dynamic_band_bps, rules.protection_bps];
    let fits = rules.instrument == instrument.id
        && rules.flags & !RULES_BAND_HALTS == 0
        && bands.into_iter().all(|bps| bps <= MAX_BAND_BPS)
        && rules.auction_seconds <= MAX_AUCTION_SECONDS
        && rules.reserved == [0; 4]
        && ticks_fit(rules, instrument.tick_size)
        && schedule_fits(&rules.schedule);
    (!fits).then_some(Reject::UnsupportedCharacteristic)
}

/// Whether bands rise, each from a multiple of its own tick size and of the one below.
fn ticks_fit(rules: &InstrumentRules, tick_size: i64) -> bool {
    let (mut below, mut last, mut ended) = (tick_size, 0, false);
    for (&from, &size) in rules.tick_from.iter().zip(&rules.tick_size) {
        if size == 0 {
            ended = true;
            continue;
        }
        let fits = !ended
            && (1..=MAX_PRICE).contains(&size)
            && (1..=MAX_PRICE).contains(&from)
            && from > last
            && from % below == 0
            && from % size == 0;
        if !fits {
            return false;
        }
        (below, last) = (size, from);
    }
    true
}

/// Whether changes of session rise by second, at most one of a second on each weekday.
fn schedule_fits(schedule: &[u64]) -> bool {
    let (mut second, mut weekdays, mut ended) = (0, 0, false);
    for &word in schedule {
        if word == 0 {
            ended = true;
            continue;
        }
        let Some(change) = ScheduledSession::read(word).filter(|_| !ended) else {
            return false;
        };
        if change.second < second || (change.second == second && change.weekdays & weekdays != 0) {
            return false;
        }
        weekdays = change.weekdays | if change.second == second { weekdays } else { 0 };
        second = change.second;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::SessionState;
    use bytemuck::Zeroable;

    fn rules(bands: &[(i64, i64)]) -> InstrumentRules {
        let mut rules = InstrumentRules { instrument: 1, ..InstrumentRules::zeroed() };
        for (place, &(from, size)) in bands.iter().enumerate() {
            (rules.tick_from[place], rules.tick_size[place]) = (from, size);
        }
        rules
    }

    fn instrument() -> Instrument {
        Instrument { id: 1, tick_size: 2, ..Instrument::zeroed() }
    }

    #[test]
    fn the_last_band_that_begins_below_a_price_decides_its_tick() {
        let ticks = Ticks::new(2, &rules(&[(10, 5), (100, 20)]));
        for (price, tick) in [(1, 2), (9, 2), (10, 5), (99, 5), (100, 20), (MAX_PRICE, 20)] {
            assert_eq!(ticks.at(price), tick, "{price}");
        }
        for (price, fits) in [(0, false), (8, true), (9, false), (12, false), (15, true)] {
            assert_eq!(ticks.fits(price), fits, "{price}");
        }
        let rows = [(0, 0, 0), (1, 0, 2), (9, 8, 10), (11, 10, 15), (97, 95, 100), (101, 100, 120)];
        for (price, down, up) in rows {
            assert_eq!((ticks.down(price), ticks.up(price)), (down, up), "{price}");
        }
        assert_eq!((ticks.above(8), ticks.above(95), ticks.above(100)), (10, 100, 120));
        assert_eq!((ticks.below(10), ticks.below(100), ticks.below(2)), (8, 95, 0));
        assert!(Ticks::flat(3).is_flat() && !ticks.is_flat());
    }

    #[test]
    fn bands_that_do_not_meet_are_refused() {
        let fit: [&[(i64, i64)]; 3] = [&[], &[(10, 5)], &[(10, 5), (100, 20)]];
        let unfit: [&[(i64, i64)]; 9] = [
            &[(11, 5)],
            &[(12, 5)],
            &[(15, 5)],
            &[(0, 5)],
            &[(10, -5)],
            &[(10, 5), (10, 5)],
            &[(100, 20), (10, 5)],
            &[(0, 0), (10, 5)],
            &[(2 * MAX_PRICE, 2)],
        ];
        for bands in fit {
            assert_eq!(refusal_of_rules(&rules(bands), &instrument()), None, "{bands:?}");
        }
        for bands in unfit {
            assert!(refusal_of_rules(&rules(bands), &instrument()).is_some(), "{bands:?}");
        }
    }

    #[test]
    fn numbers_beyond_their_bounds_are_refused() {
        let changes: [fn(&mut InstrumentRules); 7] = [
            |r| r.instrument = 2,
            |r| r.flags = 2,
            |r| r.static_band_bps = MAX_BAND_BPS + 1,
            |r| r.dynamic_band_bps = MAX_BAND_BPS + 1,
            |r| r.protection_bps = MAX_BAND_BPS + 1,
            |r| r.auction_seconds = MAX_AUCTION_SECONDS + 1,
            |r| r.reserved[3] = 1,
        ];
        for change in changes {
            let mut rules = rules(&[]);
            change(&mut rules);
            assert!(refusal_of_rules(&rules, &instrument()).is_some(), "{rules:?}");
        }
    }

    #[test]
    fn a_schedule_rises_by_second() {
        let at = |second, weekdays| {
            ScheduledSession { second, session: SessionState::Closed, weekdays }.word()
        };
        let fit: [&[u64]; 4] = [
            &[],
            &[at(0, 1), at(0, 2), at(5, 3)],
            &[at(7, 0x7f), at(86_399, 0x7f)],
            &[at(5, 1), at(6, 1), 0, 0],
        ];
        let unfit: [&[u64]; 5] = [
            &[at(6, 1), at(5, 1)],
            &[at(5, 1), at(5, 3)],
            &[at(5, 1), at(5, 2), at(5, 1)],
            &[0, at(5, 1)],
            &[at(86_400, 1)],
        ];
        assert!(fit.iter().all(|schedule| schedule_fits(schedule)));
        assert!(unfit.iter().all(|schedule| !schedule_fits(schedule)));
    }
}
