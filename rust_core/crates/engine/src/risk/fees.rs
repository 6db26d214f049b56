//! What traders pay for what they trade.
//!
//! A trade is charged at the rate of its side, maker or taker; in an auction both sides take. The
//! fee is counted in money of the instrument's currency, 10^-12 of a unit, rounded up: a fee is a
//! fraction of that more, a rebate a fraction less. What a tier asks for is what the account has
//! traded on the last 30 days of journal time, UTC, today and all that came before the trade
//! included, since its schedule has had tiers; each trade counts in the account's currency as it
//! was worth then, rounded down.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::conversions::Round;
use super::holding::CAP;
use super::{Level, RiskEngine};
use crate::pod::{Event, FeeRates, FeeSchedule, Liquidity, FEES_NONE};
use crate::table::NONE;

/// Days whose volume counts.
const VOLUME_DAYS: u32 = 30;
/// Of so many sides of trades that were charged, the last ones, it is known what they were charged,
/// so that it is given back when one is undone.
pub const MAX_CHARGES: usize = 1 << 20;
/// Rates are in millionths.
const MILLION: i128 = 1_000_000;
/// Money of a whole currency unit.
const UNIT: i128 = 1_000_000_000_000;
/// The most that one trade is charged or given, 5 * 10^15 currency units, as far as money of a
/// holding is counted: 3 * 10^10 such trades fit into 128 bits.
const MAX_FEE: i128 = CAP as i128 / 10_000;

/// What an account traded, by day.
#[derive(Clone, Copy, Debug, Default)]
struct Volume {
    /// The day from the Unix epoch and money of that day, at its place among so many.
    days: [(u32, i128); VOLUME_DAYS as usize],
}

impl Volume {
    fn add(&mut self, today: u32, money: i128) {
        let day = &mut self.days[(today % VOLUME_DAYS) as usize];
        if day.0 != today {
            *day = (today, 0);
        }
        day.1 = day.1.saturating_add(money);
    }

    /// Of the days that end with today.
    fn sum(&self, today: u32) -> i128 {
        let counts = |day: u32| day <= today && today - day < VOLUME_DAYS;
        let days = self.days.iter().filter(|&&(day, _)| counts(day));
        days.fold(0, |sum: i128, &(_, money)| sum.saturating_add(money))
    }
}

/// What one side of a trade was charged.
#[derive(Clone, Copy, Debug)]
struct Charge {
    match_id: u64,
    holding: u32,
    side: u16,
    fee: i128,
}

/// Schedules, what was paid, and what was traded.
#[derive(Clone, Debug, Default)]
pub struct Fees {
    /// The schedules of accounts, firms and the venue, by place.
    own: Vec<Option<FeeSchedule>>,
    /// What was paid, money of the instrument's currency, by place of the holding.
    paid: Vec<i128>,
    /// What was traded by accounts whose schedule has or had tiers, by place.
    volumes: Vec<Option<Box<Volume>>>,
    /// The last charges, rising by match id.
    charges: VecDeque<Charge>,
}

/// Puts something at a place of a list that grows as needed.
fn put<T: Clone>(list: &mut Vec<T>, place: u32, none: T) -> &mut T {
    let place = place as usize;
    if list.len() <= place {
        list.resize(place + 1, none);
    }
    &mut list[place]
}

/// The rates of a schedule for one who has traded so much, in money.
fn rates(schedule: &FeeSchedule, volume: i128) -> FeeRates {
    let reached = |from: u64| i128::from(from) * UNIT <= volume;
    let tiers = schedule.tier_from[..schedule.tiers()].iter();
    let tier = tiers.take_while(|&&from| reached(from)).count().max(1) - 1;
    FeeRates::read(schedule.tier_rates[tier])
}

/// The fee for a native notional at a rate in millionths, with so much money for a native unit, a
/// power of ten up to 10^12: money, rounded up.
fn fee_of(notional: i128, unit: u64, rate: i32) -> i128 {
    // Divided first where that leaves nothing over: at most 10^24 times 10^6 times 10^5.
    let unit = i128::from(unit);
    let (unit, parts) = if unit < MILLION { (unit, MILLION) } else { (unit / MILLION, 1) };
    let fee = -(-notional * unit * i128::from(rate)).div_euclid(parts);
    fee.clamp(-MAX_FEE, MAX_FEE)
}

impl Fees {
    /// Sets the schedule of a trader, or takes it away.
    pub fn set(&mut self, place: u32, schedule: &FeeSchedule) {
        let counts = schedule.flags & FEES_NONE == 0;
        *put(&mut self.own, place, None) = counts.then_some(*schedule);
    }

    /// Whether nobody was ever given a schedule.
    #[inline]
    pub fn are_none(&self) -> bool {
        self.own.is_empty()
    }

    /// The schedule of a trader's own, if it has one.
    pub fn own(&self, place: u32) -> Option<&FeeSchedule> {
        self.own.get(place as usize)?.as_ref()
    }

    /// What was paid in a holding, money of the instrument's currency.
    #[inline]
    pub fn paid(&self, at: u32) -> i128 {
        self.paid.get(at as usize).copied().unwrap_or(0)
    }

    /// Notes that so much was paid in a holding.
    pub fn pay(&mut self, at: u32, fee: i128) {
        if fee != 0 {
            let paid = put(&mut self.paid, at, 0);
            *paid = paid.saturating_add(fee);
        }
    }

    /// What an account traded in the last 30 days, money, if that is counted.
    pub fn volume(&self, account: u32, today: u32) -> Option<i128> {
        let volume = self.volumes.get(account as usize)?.as_ref()?;
        Some(volume.sum(today))
    }

    /// What one side of a trade was charged, 0 if that isn't known any more.
    pub fn charged(&self, match_id: u64, holding: u32, side: u16) -> i128 {
        let first = self.charges.partition_point(|charge| charge.match_id < match_id);
        let same = self.charges.range(first..).take_while(|charge| charge.match_id == match_id);
        let mut own = same.filter(|charge| (charge.holding, charge.side) == (holding, side));
        own.next().map_or(0, |charge| charge.fee)
    }

    fn remember(&mut self, charge: Charge) {
        if charge.fee == 0 {
            return;
        }
        if self.charges.len() == MAX_CHARGES {
            self.charges.pop_front();
        }
        self.charges.push_back(charge);
    }
}

impl RiskEngine {
    /// The schedule that an account pays by, by places, and whose it is: its own, else its firm's,
    /// else the venue's.
    pub(super) fn schedule_of(&self, account: u32) -> Option<(Level, &FeeSchedule)> {
        let firm = self.reference.traders[account as usize].firm;
        let venue = super::reference::VENUE;
        let places = [(Level::Account, account), (Level::Firm, firm), (Level::Venue, venue)];
        let places = places.into_iter().filter(|&(_, at)| at != NONE);
        places.into_iter().find_map(|(level, at)| Some((level, self.fees.own(at)?)))
    }

    /// What a trade of a holding costs, money of the instrument's currency; notes what it adds to
    /// the account's volume.
    #[cold]
    pub(super) fn charge(&mut self, at: u32, event: &Event) -> i128 {
        let holding = &self.holdings[at];
        let (account, instrument) = (holding.account, holding.instrument);
        let Some((_, &schedule)) = self.schedule_of(account) else { return 0 };
        let today = self.today();
        let volume = self.fees.volume(account, today);
        let rates = rates(&schedule, volume.unwrap_or(0));
        let rate =
            if event.liquidity == Liquidity::Maker.number() { rates.maker } else { rates.taker };
        let notional = i128::from(event.last_price) * i128::from(event.last_quantity);
        let unit = self.reference.listed[instrument as usize].unit;
        if volume.is_some() || schedule.tiers() > 1 {
            let money = self.money_of(account, instrument);
            let traded = money.count(notional, unit, Round::Down);
            let volume = put(&mut self.fees.volumes, account, None);
            volume.get_or_insert_with(Box::default).add(today, traded);
        }
        let fee = fee_of(notional, unit, rate);
        let (match_id, side) = (event.match_id, event.side);
        self.fees.remember(Charge { match_id, holding: at, side, fee });
        fee
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::{MAX_FEE_RATE, MAX_PRICE, MAX_QUANTITY};
    use bytemuck::Zeroable;

    #[test]
    fn fees_are_rounded_up_and_rebates_down() {
        let rows = [
            ((1_000_000, 1, 25), 25),
            ((1_000_001, 1, 25), 26),
            ((1_000_001, 1, -25), -25),
            ((999_999, 1, -1), 0),
            ((999_999, 1, 1), 1),
            ((1_000_000, 1, 0), 0),
            ((11, 100_000, 1), 2),
            ((11, 100_000, -1), -1),
            ((11, 1_000_000, -1), -11),
            ((11, 1_000_000_000_000, 1), 11_000_000),
        ];
        for ((notional, unit, rate), fee) in rows {
            assert_eq!(fee_of(notional, unit, rate), fee, "{notional} of {unit} at {rate}");
        }
    }

    #[test]
    fn the_largest_fees_are_exact_or_cut_off() {
        let most = i128::from(MAX_PRICE) * i128::from(MAX_QUANTITY);
        for (unit, fee) in [(1, most / 10), (100_000, MAX_FEE), (1_000_000_000_000, MAX_FEE)] {
            assert_eq!(fee_of(most, unit, MAX_FEE_RATE), fee, "{unit}");
            assert_eq!(fee_of(most, unit, -MAX_FEE_RATE), -fee, "{unit}");
        }
        let mut fees = Fees::default();
        for _ in 0..3 {
            fees.pay(0, i128::MAX / 2);
        }
        assert_eq!(fees.paid(0), i128::MAX);
    }

    #[test]
    fn a_tier_holds_from_its_volume_on() {
        let mut schedule = FeeSchedule::zeroed();
        schedule.tier_from[..3].copy_from_slice(&[0, 10, 20]);
        for (tier, word) in schedule.tier_rates[..3].iter_mut().enumerate() {
            *word = FeeRates { maker: -(tier as i32), taker: tier as i32 }.word();
        }
        for (volume, tier) in [
            (-1, 0),
            (0, 0),
            (10 * UNIT - 1, 0),
            (10 * UNIT, 1),
            (20 * UNIT - 1, 1),
            (i128::MAX, 2),
        ] {
            assert_eq!(rates(&schedule, volume), FeeRates { maker: -tier, taker: tier });
        }
    }

    #[test]
    fn the_volume_is_that_of_thirty_days() {
        let mut volume = Volume::default();
        volume.add(100, 1);
        volume.add(100, 2);
        volume.add(129, 4);
        assert_eq!(volume.sum(129), 7);
        assert_eq!(volume.sum(130), 4);
        volume.add(130, 8);
        assert_eq!((volume.sum(130), volume.sum(158), volume.sum(160)), (12, 12, 0));
    }

    #[test]
    fn what_was_charged_is_known_of_the_last_trades() {
        let mut fees = Fees::default();
        for match_id in 1..=MAX_CHARGES as u64 + 1 {
            for side in [2, 1] {
                let fee = i128::from(match_id) * 10 + i128::from(side);
                fees.remember(Charge { match_id, holding: u32::from(side), side, fee });
            }
        }
        let last = MAX_CHARGES as u64 + 1;
        assert_eq!(fees.charged(last, 1, 1), i128::from(last) * 10 + 1);
        assert_eq!(fees.charged(last, 2, 2), i128::from(last) * 10 + 2);
        // Each has two sides.
        let first = last - MAX_CHARGES as u64 / 2 + 1;
        assert_eq!((fees.charged(last, 1, 2), fees.charged(first - 1, 1, 1)), (0, 0));
        assert_eq!(fees.charged(first, 1, 1), i128::from(first) * 10 + 1);
    }
}
