//! What bounds prices: ticks by price, static and dynamic bands, protection.

use engine::pod::{
    InstrumentRules, ScheduledSession, SessionState, Side, MAX_AUCTION_SECONDS, MAX_BAND_BPS,
    MAX_PRICE, RULES_BAND_HALTS,
};
use engine::reject::Reject;

use super::{side_number, Book, Reference, SECOND_NS};

/// What an order may trade at while it executes once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// As far as a market order goes.
    pub protection: Option<i64>,
    /// The dynamic band, both ends in it.
    pub band: Option<(i64, i64)>,
}

impl Reach {
    /// Whether a market order is to stop before this price.
    pub(super) fn is_beyond(&self, side: Side, price: i64) -> bool {
        self.protection.is_some_and(|most| match side {
            Side::Buy => price > most,
            _ => price < most,
        })
    }

    /// Whether a trade at this price would leave the band.
    pub(super) fn leaves_band(&self, price: i64) -> bool {
        self.band.is_some_and(|(lowest, highest)| price < lowest || price > highest)
    }
}

/// Whether rules can be an instrument's with this tick size.
pub(super) fn are_sound(rules: &InstrumentRules, tick_size: i64) -> bool {
    let bands = [rules.static_band_bps, rules.dynamic_band_bps, rules.protection_bps];
    let mut sound = bands.iter().all(|&bps| bps <= MAX_BAND_BPS);
    sound &= rules.auction_seconds <= MAX_AUCTION_SECONDS;
    sound &= rules.flags & !RULES_BAND_HALTS == 0 && rules.reserved == [0; 4];
    let (mut below, mut last, mut ended) = (tick_size, 0, false);
    for (&from, &size) in rules.tick_from.iter().zip(&rules.tick_size) {
        ended |= size == 0;
        if ended {
            sound &= size == 0;
            continue;
        }
        if size < 1 || from <= last || from > MAX_PRICE || from % below != 0 || from % size != 0 {
            return false;
        }
        (below, last) = (size, from);
    }
    sound && is_schedule(&rules.schedule)
}

fn is_schedule(words: &[u64]) -> bool {
    let entries: Vec<u64> = words.iter().copied().take_while(|&word| word != 0).collect();
    if words[entries.len()..].iter().any(|&word| word != 0) {
        return false;
    }
    let read: Option<Vec<ScheduledSession>> =
        entries.into_iter().map(ScheduledSession::read).collect();
    let Some(read) = read else { return false };
    (0..read.len()).all(|place| {
        let (this, before) = (read[place], &read[..place]);
        before.iter().all(|other| {
            other.second < this.second
                || other.second == this.second && other.weekdays & this.weekdays == 0
        })
    })
}

/// A price and so many ten-thousandths of it, rounded down.
fn part_of(price: i64, bps: u32) -> i64 {
    (i128::from(price) * i128::from(bps) / 10_000) as i64
}

impl Book {
    /// Of the band that a price is in: its first price and its tick size.
    fn tick_at(&self, price: i64) -> (i64, i64) {
        let table = self.bounds.tick_from.iter().zip(&self.bounds.tick_size);
        let named = table.take_while(|(_, &size)| size != 0);
        let mut at = (1, self.instrument.tick_size);
        for (&from, &size) in named {
            if from <= price {
                at = (from, size);
            }
        }
        at
    }

    /// Whether a price, if there is one, is a multiple of the tick size there. Without a table that
    /// is risk's alone to judge.
    pub(super) fn is_on_grid(&self, price: i64) -> bool {
        price < 1 || self.bounds.tick_size[0] == 0 || price % self.tick_at(price).1 == 0
    }

    /// The highest price on the grid that isn't above one.
    pub(super) fn rounded_down(&self, price: i64) -> Option<i64> {
        let mut price = price;
        while price >= 1 {
            let (from, size) = self.tick_at(price);
            let rounded = price / size * size;
            if rounded >= from {
                return Some(rounded);
            }
            price = from - 1;
        }
        None
    }

    /// The lowest price on the grid that isn't below one.
    pub(super) fn rounded_up(&self, price: i64) -> i64 {
        let mut price = price.max(1);
        loop {
            let (_, size) = self.tick_at(price);
            let rounded = (price + size - 1) / size * size;
            // A band that starts on the way has a grid of its own.
            let starts = self.bounds.tick_from.iter().zip(&self.bounds.tick_size);
            let named = starts.take_while(|(_, &size)| size != 0);
            let next = named.map(|(&from, _)| from).find(|&from| from > price && from <= rounded);
            match next {
                Some(from) if from < rounded => price = from,
                _ if rounded % self.tick_at(rounded).1 == 0 => return rounded,
                _ => price = rounded + 1,
            }
        }
    }

    /// The worst price on the grid that isn't worse than one for this side; that itself where the
    /// grid has none.
    pub(super) fn within(&self, side: Side, worst: i64) -> i64 {
        match side {
            Side::Buy => self.rounded_down(worst).unwrap_or(worst),
            _ => self.rounded_up(worst),
        }
    }

    /// The next price on the grid below one, and above.
    pub(super) fn one_down(&self, price: i64) -> Option<i64> {
        self.rounded_down(price - 1)
    }

    pub(super) fn one_up(&self, price: i64) -> i64 {
        self.rounded_up(price + 1)
    }

    /// What the static band is around; 0: nothing.
    pub(super) fn static_reference(&self) -> i64 {
        match self.auctioned {
            0 => self.instrument.reference_price,
            price => price,
        }
    }

    /// The lowest and the highest price on the grid at which the static band lets orders stand.
    pub(super) fn standing(&self) -> Option<(i64, i64)> {
        let (bps, reference) = (self.bounds.static_band_bps, self.static_reference());
        let (mut lowest, mut highest) = (1, MAX_PRICE);
        if bps != 0 {
            if reference == 0 {
                return None;
            }
            let most = part_of(reference, bps);
            (lowest, highest) = (lowest.max(reference - most), highest.min(reference + most));
        }
        let highest = self.rounded_down(highest)?;
        let lowest = self.rounded_up(lowest);
        (lowest <= highest).then_some((lowest, highest))
    }

    /// What speaks against a limit price.
    pub(super) fn reason_against_price(&self, price: i64) -> Option<Reject> {
        let (bps, reference) = (self.bounds.static_band_bps, self.static_reference());
        if bps == 0 || price == 0 {
            return None;
        }
        if reference == 0 {
            return Some(Reject::NoReferencePrice);
        }
        let most = part_of(reference, bps);
        let away = (i128::from(price) - i128::from(reference)).abs();
        (away > i128::from(most)).then_some(Reject::PriceBand)
    }
}

impl Reference {
    /// What an order may trade at if it begins to trade now.
    pub(super) fn reach(&self, id: u64) -> Reach {
        let order = &self.orders[&id];
        let book = &self.books[&order.command.instrument];
        let best = book.limits[1 - side_number(order.side)].keys().next().map(|key| key.abs());
        let protected = match (order.price, book.bounds.protection_bps, best) {
            (0, 1.., Some(best)) => {
                let more = part_of(best, book.bounds.protection_bps);
                Some(if order.side == Side::Buy { best + more } else { best - more })
            }
            _ => None,
        };
        let bound = order.bound.filter(|_| order.price == 0);
        let nearer = |one: i64, other: i64| match order.side {
            Side::Buy => one.min(other),
            _ => one.max(other),
        };
        let protection = match (protected, bound) {
            (Some(one), Some(other)) => Some(nearer(one, other)),
            (one, other) => one.or(other),
        };
        let around = match book.last_trade {
            0 => book.static_reference(),
            last => last,
        };
        let most = part_of(around, book.bounds.dynamic_band_bps);
        let band = book.bounds.dynamic_band_bps != 0 && around != 0;
        Reach { protection, band: band.then_some((around - most, around + most)) }
    }

    /// A trade would have left the dynamic band.
    pub(super) fn break_band(&mut self, instrument: u32) {
        let time_ns = self.time_ns;
        let book = self.books.get_mut(&instrument).expect("known");
        book.reference = 0;
        let seconds = i64::from(book.bounds.auction_seconds);
        let session = match book.bounds.flags & RULES_BAND_HALTS {
            0 => SessionState::VolatilityAuction,
            _ => SessionState::Halted,
        };
        let ends = seconds > 0 && session == SessionState::VolatilityAuction;
        book.band_ends_ns = ends.then_some(time_ns + seconds * SECOND_NS);
        self.set_session(instrument, session);
    }
}
