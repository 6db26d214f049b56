//! Reference data: instruments, accounts and limits, and what makes a change of them refused.

use alloc::vec::Vec;

use super::checks::{edges, Level};
use super::flow::Bucket;
use super::gate::{SetSizes, Sizes};
pub use super::listed::Listed;
use crate::pod::{
    Account, Flow, Instrument, InstrumentRules, Limits, SelfTrade, ACCOUNT_ENABLED,
    ACCOUNT_SELF_TRADE_SHIFT, INSTRUMENT_ENABLED, LIMITS_OF_FIRM, LIMITS_OF_VENUE, MAX_INSTRUMENT,
    MAX_PRICE,
};
use crate::reject::Reject;
use crate::rules::Rules;
use crate::table::{hash_word, hash_words, Table, NONE};
use crate::ticks::{refusal_of_rules, Ticks};

/// The highest account id; tables are indexed by it.
pub const MAX_ACCOUNT: u32 = (1 << 20) - 1;
/// The largest collar, 1,000 %.
pub const MAX_COLLAR_BPS: u32 = 100_000;
/// The largest initial margin, all of the notional.
pub const MAX_MARGIN_BPS: u32 = 10_000;
/// The most credit that limits can give: 10^15 currency units, in money.
pub const MAX_CREDIT: i128 = 10_i128.pow(27);
/// The highest limit on one order's notional: above that of any order.
pub const MAX_NOTIONAL: i128 = 10_i128.pow(36);
/// The highest limit on a position; no position is let grow beyond it, whatever the limits.
pub const MAX_POSITION: i64 = 1_000_000_000_000_000_000;

/// Bits of `Limits::checks`.
pub mod bits {
    /// Quantity of one order.
    pub const ORDER_QUANTITY: u64 = 1;
    /// Notional of one order.
    pub const ORDER_NOTIONAL: u64 = 1 << 1;
    /// Distance from the reference price.
    pub const COLLAR: u64 = 1 << 2;
    /// Position with open orders.
    pub const POSITION: u64 = 1 << 3;
    /// Number of open orders.
    pub const OPEN_ORDERS: u64 = 1 << 4;
    /// Buying power.
    pub const BUYING_POWER: u64 = 1 << 5;
    /// Position with the open orders of both sides.
    pub const GROSS_POSITION: u64 = 1 << 6;
    /// Cost of positions and open orders.
    pub const GROSS_EXPOSURE: u64 = 1 << 7;
    /// Messages a second.
    pub const MESSAGE_RATE: u64 = 1 << 8;
    /// The same order in a row.
    pub const DUPLICATES: u64 = 1 << 9;
    /// No orders at all.
    pub const RESTRICTED: u64 = 1 << 10;
    /// Sales beyond the position.
    pub const SHORT_SALES: u64 = 1 << 11;
    /// Loss of the day.
    pub const DAILY_LOSS: u64 = 1 << 12;
    /// All of them.
    pub const ALL: u64 = (1 << 13) - 1;
    /// Those that count what orders are worth.
    pub const MONEY: u64 = ORDER_NOTIONAL | BUYING_POWER | GROSS_EXPOSURE;
    /// Those that limits on one instrument decide.
    pub const PER_INSTRUMENT: u64 =
        ORDER_QUANTITY | POSITION | GROSS_POSITION | RESTRICTED | SHORT_SALES;
}

/// An account, a firm or the venue as the checks read it: two cache lines that every order looks
/// at, and two for what only some limits count.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Trader {
    /// Realised profit less what margin asks for, of all holdings, in 10^-16 of a currency unit.
    pub balance: i128,
    /// Credit, in 10^-16 of a currency unit.
    pub credit: i128,
    /// Currency of its money; 0: there are several, and it counts in the venue's unit.
    pub currency: u64,
    /// Checks that are on.
    pub checks: u64,
    /// Largest distance from the reference price.
    pub collar_bps: u32,
    /// Open orders.
    pub open_orders: u32,
    /// As many open orders as there may be: `max_orders`, or any number.
    pub most_orders: u32,
    /// The last day that it traded or asked on, from the Unix epoch.
    pub day: u32,
    /// Limits of size as they are compared.
    pub sizes: Sizes,
    /// The instrument that it was last looked up in, and its holding there.
    pub last: (u32, u32),
    /// How fast its messages come.
    pub bucket: Bucket,
    /// What positions cost and open orders may cost, money.
    pub exposure: i128,
    /// Most of that.
    pub max_exposure: i128,
    /// Account, firm or venue.
    pub level: Level,
    /// Whether it may trade.
    pub enabled: bool,
    /// Whether it was ever given limits.
    pub limited: bool,
    /// Whether its own kill switch is on.
    pub killed: bool,
    /// Of an account: whether its own, its firm's or the venue's is.
    pub halted: bool,
    /// Of an account: whether its firm or the venue was given limits.
    pub grouped: bool,
    /// Whether `exposure` is kept.
    pub exposed: bool,
    /// Whether it has something that is counted in another currency than its own.
    pub foreign: bool,
    /// Whether some of that can't be counted for want of a value.
    pub unvalued: bool,
    /// Of a firm or the venue: whether its accounts have several currencies.
    pub mixed: bool,
    /// Place of an account's firm.
    pub firm: u32,
    /// In which the same order is counted.
    pub window_ns: i64,
    /// The most of the same order in a row.
    pub max_duplicates: u32,
    /// The id of the account or firm.
    pub id: u32,
    /// Largest notional of one order, money.
    pub max_notional: i128,
    /// Largest loss of a day, in 10^-16 of a currency unit.
    pub max_loss: i128,
    /// What it has won by its own trades of `day`, at the prices of the day's beginning.
    pub day_won: i128,
    /// What its positions are worth at those prices, each counted as positive.
    pub day_gross: i128,
    /// What its holdings were worth and had brought at the beginning of `day`, in the same unit.
    pub day_worth: i128,
    /// Largest quantity of one order.
    pub max_quantity: i64,
    /// Largest position.
    pub max_position: i64,
    /// Largest position with the open orders of both sides.
    pub max_gross: i64,
    /// What may be sold beyond the position.
    pub max_short: i64,
    /// Most open orders.
    pub max_orders: u32,
    /// Its first holding, or none.
    pub holdings: u32,
}

/// Limits of one account on one instrument.
#[derive(Clone, Copy, Debug)]
pub struct Override {
    /// As they were set.
    pub limits: Limits,
    /// The same as they are compared.
    pub sizes: Sizes,
}

impl Override {
    /// Limits of a trader at a level.
    pub fn new(level: Level, limits: &Limits) -> Self {
        Self { limits: *limits, sizes: Sizes::new(level, sizes_of(limits)) }
    }
}

/// The limits of size that limits have.
fn sizes_of(limits: &Limits) -> SetSizes {
    SetSizes {
        checks: limits.checks,
        quantity: limits.max_order_quantity,
        position: limits.max_position,
        gross: limits.max_gross_position,
        short: limits.max_short,
    }
}

/// Ids to places, for ids that are dense.
#[derive(Clone, Debug, Default)]
struct Dense(Vec<u32>);

impl Dense {
    #[inline(always)]
    fn get(&self, id: u32) -> Option<u32> {
        self.0.get(id as usize).copied().filter(|&place| place != NONE)
    }

    fn set(&mut self, id: u32, place: u32) {
        if self.0.len() <= id as usize {
            self.0.resize(id as usize + 1, NONE);
        }
        self.0[id as usize] = place;
    }
}

/// The place of the venue among the traders.
pub const VENUE: u32 = 0;

/// All reference data.
#[derive(Clone, Debug)]
pub struct Reference {
    instrument_places: Dense,
    account_places: Dense,
    firm_places: Table,
    symbols: Table,
    names: Table,
    /// Instruments, by place.
    pub listed: Vec<Listed>,
    instruments: Vec<Instrument>,
    rules: Vec<Option<InstrumentRules>>,
    /// Prices of the last auctions, 0 before the first.
    auctioned: Vec<i64>,
    /// The highest maintenance margin that any of them was ever given.
    pub most_maintenance_bps: u64,
    /// The venue, then accounts and firms as they came, by place.
    pub traders: Vec<Trader>,
    accounts: Vec<Account>,
    limits: Vec<Limits>,
    /// Limits on one instrument, by place.
    pub overrides: Vec<Override>,
}

/// The hash of four words of zero-padded text.
fn hash_text(text: [u64; 4]) -> u64 {
    let [a, b, c, d] = text;
    hash_words(&[a, b, c, d, 0])
}

/// Whether zero-padded text is a name: ^[A-Z0-9][A-Z0-9_-]{0,31}$.
pub(super) fn is_name(bytes: &[u8]) -> bool {
    let text = crate::pod::unpadded(bytes);
    let padded = bytes[text.len()..].iter().all(|&byte| byte == 0);
    let good = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let starts = text.first().is_some_and(good);
    starts && padded && text.iter().all(|byte| good(byte) || *byte == b'_' || *byte == b'-')
}

impl Default for Reference {
    /// The venue, and nobody and nothing there.
    fn default() -> Self {
        let mut reference = Self {
            instrument_places: Dense::default(),
            account_places: Dense::default(),
            firm_places: Table::default(),
            symbols: Table::default(),
            names: Table::default(),
            listed: Vec::new(),
            instruments: Vec::new(),
            rules: Vec::new(),
            auctioned: Vec::new(),
            most_maintenance_bps: 0,
            traders: Vec::new(),
            accounts: Vec::new(),
            limits: Vec::new(),
            overrides: Vec::new(),
        };
        reference.add_trader(Trader::new(0, 0, Level::Venue), bytemuck::Zeroable::zeroed());
        reference
    }
}

impl Reference {
    fn add_trader(&mut self, trader: Trader, account: Account) -> u32 {
        let place = self.traders.len() as u32;
        self.traders.push(trader);
        self.accounts.push(account);
        self.limits.push(bytemuck::Zeroable::zeroed());
        place
    }

    /// The place of a firm.
    pub fn firm_place(&self, firm: u32) -> Option<u32> {
        let is = |at: u32| self.traders[at as usize].id == firm;
        self.firm_places.find(hash_word(firm.into()), is)
    }

    /// The place of a firm, made if it isn't there.
    fn firm_or_new(&mut self, firm: u32) -> u32 {
        self.firm_place(firm).unwrap_or_else(|| {
            let new = Trader::new(firm, 0, Level::Firm);
            let place = self.add_trader(new, bytemuck::Zeroable::zeroed());
            self.firm_places.insert(hash_word(firm.into()), place);
            place
        })
    }

    /// Notes that a group has an account of this currency.
    fn join(&mut self, group: u32, currency: u64, first: bool) {
        let trader = &mut self.traders[group as usize];
        trader.currency = match trader.currency {
            _ if first => currency,
            same if same == currency => currency,
            _ => 0,
        };
    }

    /// The place of an instrument.
    #[inline(always)]
    pub fn instrument_place(&self, id: u32) -> Option<u32> {
        self.instrument_places.get(id)
    }

    /// The place of an account.
    #[inline(always)]
    pub fn account_place(&self, id: u32) -> Option<u32> {
        self.account_places.get(id)
    }

    /// An instrument as it was set.
    pub fn instrument(&self, place: u32) -> &Instrument {
        &self.instruments[place as usize]
    }

    /// The rules of an instrument, if it was given any.
    pub fn rules(&self, place: u32) -> Option<&InstrumentRules> {
        self.rules[place as usize].as_ref()
    }

    /// Whether a price is one, and a multiple of the tick there.
    #[inline(always)]
    pub fn on_tick(&self, place: u32, price: i64) -> bool {
        let tick = self.listed[place as usize].tick;
        (1..=MAX_PRICE).contains(&price)
            && (tick == 1 || if tick == 0 { self.in_band(place, price) } else { price % tick == 0 })
    }

    #[cold]
    fn in_band(&self, place: u32, price: i64) -> bool {
        let tick_size = self.instruments[place as usize].tick_size;
        let rules = self.rules[place as usize].as_ref();
        rules.map_or(Ticks::flat(tick_size), |rules| Ticks::new(tick_size, rules)).fits(price)
    }

    /// Takes in the price of an auction's trade, which the static band is around from then on.
    pub fn note_auction(&mut self, place: u32, price: i64) {
        self.auctioned[place as usize] = price;
    }

    /// The lowest and the highest price at which the static band lets an order stand; none: there
    /// is no such band.
    pub fn static_edges(&self, place: u32) -> Option<(i64, i64)> {
        let rules = self.rules[place as usize].as_ref();
        let bps = rules.map_or(0, |rules| rules.static_band_bps);
        let reference = match self.auctioned[place as usize] {
            0 => self.instruments[place as usize].reference_price,
            price => price,
        };
        let there_is = bps != 0 && reference != 0;
        there_is.then(|| edges(reference, bps))
    }

    /// Sets the rules of an instrument.
    pub fn set_rules(&mut self, new: &InstrumentRules) -> Result<(), Reject> {
        let place = self.instrument_place(new.instrument).ok_or(Reject::UnknownSymbol)?;
        let instrument = &self.instruments[place as usize];
        if let Some(reason) = refusal_of_rules(new, instrument) {
            return Err(reason);
        }
        self.rules[place as usize] = Some(*new);
        let listed = &mut self.listed[place as usize];
        let Listed { last, close, day, .. } = *listed;
        *listed = Listed { close, day, ..Listed::new(instrument, last, Some(new)) };
        Ok(())
    }

    /// An account as it was set.
    pub fn account(&self, place: u32) -> &Account {
        &self.accounts[place as usize]
    }

    /// An account's limits on all instruments, if it was given any.
    pub fn limits(&self, place: u32) -> Option<&Limits> {
        self.traders[place as usize].limited.then(|| &self.limits[place as usize])
    }

    /// Lists an instrument or changes one; returns its place, and whether its margin changed.
    pub fn set_instrument(&mut self, new: &Instrument) -> Result<(u32, bool), Reject> {
        let text = bytemuck::bytes_of(&new.symbol);
        let known_bits = new.flags & !INSTRUMENT_ENABLED == 0
            && Rules::read(new.policies).is_some()
            && new.reserved == [0; 3]
            && new.initial_margin_bps <= MAX_MARGIN_BPS
            && new.maintenance_margin_bps <= u64::from(new.initial_margin_bps);
        if !(1..=MAX_INSTRUMENT).contains(&new.id) || !is_name(text) {
            return Err(Reject::UnknownSymbol);
        }
        if !new.is_valid() || !known_bits || !is_name(bytemuck::bytes_of(&new.currency)) {
            return Err(Reject::UnsupportedCharacteristic);
        }
        if new.max_quantity != 0 && new.max_quantity < new.min_quantity {
            return Err(Reject::IncorrectQuantity);
        }
        let hash = hash_text(new.symbol);
        let most = self.most_maintenance_bps.max(new.maintenance_margin_bps);
        let twin = self.symbols.find(hash, |at| self.instruments[at as usize].symbol == new.symbol);
        let Some(place) = self.instrument_place(new.id) else {
            if twin.is_some() {
                return Err(Reject::UnknownSymbol);
            }
            let place = self.instruments.len() as u32;
            self.instrument_places.set(new.id, place);
            self.symbols.insert(hash, place);
            self.instruments.push(*new);
            self.rules.push(None);
            self.auctioned.push(0);
            self.listed.push(Listed::new(new, 0, None));
            self.most_maintenance_bps = most;
            return Ok((place, false));
        };
        let old = &mut self.instruments[place as usize];
        let fixed = |i: &Instrument| (i.symbol, i.currency, i.price_scale, i.quantity_scale);
        // A table of ticks goes with the tick size below it.
        let rules = self.rules[place as usize].as_ref();
        let misfit = rules.is_some_and(|rules| refusal_of_rules(rules, new).is_some());
        if fixed(old) != fixed(new) || misfit {
            return Err(Reject::UnsupportedCharacteristic);
        }
        self.most_maintenance_bps = most;
        let margin_changed = old.initial_margin_bps != new.initial_margin_bps;
        *old = *new;
        let listed = &mut self.listed[place as usize];
        let Listed { last, close, day, .. } = *listed;
        let rules = self.rules[place as usize].as_ref();
        *listed = Listed { close, day, ..Listed::new(new, last, rules) };
        Ok((place, margin_changed))
    }

    /// Opens an account or changes one; returns the place of one that is new.
    pub fn set_account(&mut self, new: &Account) -> Result<Option<u32>, Reject> {
        let text = bytemuck::bytes_of(&new.name);
        if !(1..=MAX_ACCOUNT).contains(&new.id) || !is_name(text) {
            return Err(Reject::UnknownAccount);
        }
        let self_trade = new.flags >> ACCOUNT_SELF_TRADE_SHIFT & 7;
        let known_bits = new.flags & !(ACCOUNT_ENABLED | 7 << ACCOUNT_SELF_TRADE_SHIFT) == 0
            && SelfTrade::try_from(self_trade as u16).is_ok()
            && u32::try_from(new.self_trade_group).is_ok();
        if !known_bits || !is_name(bytemuck::bytes_of(&new.currency)) {
            return Err(Reject::UnsupportedCharacteristic);
        }
        let hash = hash_text(new.name);
        let twin = self.names.find(hash, |at| self.accounts[at as usize].name == new.name);
        let enabled = new.flags & ACCOUNT_ENABLED != 0;
        let Some(place) = self.account_place(new.id) else {
            if twin.is_some() {
                return Err(Reject::UnknownAccount);
            }
            let new_firm = self.firm_place(new.firm).is_none();
            let firm = self.firm_or_new(new.firm);
            self.join(firm, new.currency, new_firm);
            self.join(VENUE, new.currency, self.traders.len() == 2);
            let groups = [firm, VENUE].map(|at| self.traders[at as usize]);
            let trader = Trader {
                firm,
                enabled,
                halted: groups.iter().any(|group| group.killed),
                grouped: groups.iter().any(|group| group.limited),
                ..Trader::new(new.id, new.currency, Level::Account)
            };
            let trader = Trader { exposed: trader.grouped, ..trader };
            let place = self.add_trader(trader, *new);
            self.account_places.set(new.id, place);
            self.names.insert(hash, place);
            return Ok(Some(place));
        };
        let old = &mut self.accounts[place as usize];
        let fixed = |a: &Account| (a.name, a.currency, a.firm);
        if fixed(old) != fixed(new) {
            return Err(Reject::UnsupportedCharacteristic);
        }
        *old = *new;
        self.traders[place as usize].enabled = enabled;
        Ok(None)
    }

    /// The place of who is named by an id and the bits that say whether that is a firm's, or 0 and
    /// the venue's.
    pub fn holder_place(&self, id: u32, flags: u64) -> Result<u32, Reject> {
        let place = match flags & (LIMITS_OF_FIRM | LIMITS_OF_VENUE) {
            0 => self.account_place(id),
            LIMITS_OF_FIRM => self.firm_place(id),
            LIMITS_OF_VENUE => (id == 0).then_some(VENUE),
            _ => return Err(Reject::UnsupportedCharacteristic),
        };
        place.ok_or(Reject::UnknownAccount)
    }

    /// Whether limits can be set, for whom and on which instrument (none: all), by place.
    pub fn judge_limits(&self, new: &Limits) -> Result<(u32, Option<u32>), Reject> {
        let trader = self.holder_place(new.account, new.checks)?;
        let instrument = match new.instrument {
            0 => None,
            id => Some(self.instrument_place(id).ok_or(Reject::UnknownSymbol)?),
        };
        let positions = 0..=MAX_POSITION;
        let in_bounds = positions.contains(&new.max_position)
            && positions.contains(&new.max_gross_position)
            && positions.contains(&new.max_short)
            && (0..=MAX_NOTIONAL).contains(&new.max_order_notional())
            && (0..=MAX_NOTIONAL).contains(&new.max_gross_exposure())
            && (0..=MAX_CREDIT).contains(&new.credit())
            && (0..=MAX_CREDIT).contains(&new.max_daily_loss())
            && new.collar_bps <= MAX_COLLAR_BPS;
        // On one instrument nobody would heed the others.
        let checks = if instrument.is_some() { bits::PER_INSTRUMENT } else { bits::ALL };
        let known = new.checks & !(checks | LIMITS_OF_FIRM | LIMITS_OF_VENUE) == 0;
        if !known || !in_bounds {
            return Err(Reject::UnsupportedCharacteristic);
        }
        if new.max_order_quantity < 0 {
            return Err(Reject::IncorrectQuantity);
        }
        Ok((trader, instrument))
    }

    /// Sets limits on all instruments that [`Self::judge_limits`] let pass.
    pub fn set_limits(&mut self, place: u32, new: &Limits) {
        self.limits[place as usize] = *new;
        let trader = &mut self.traders[place as usize];
        trader.limited = true;
        trader.checks = new.checks & bits::ALL;
        trader.max_quantity = new.max_order_quantity;
        trader.max_notional = new.max_order_notional();
        trader.max_position = new.max_position;
        trader.max_gross = new.max_gross_position;
        trader.max_short = new.max_short;
        trader.max_exposure = new.max_gross_exposure();
        trader.max_loss = new.max_daily_loss() * 10_000;
        trader.credit = new.credit() * 10_000;
        trader.collar_bps = new.collar_bps;
        trader.max_orders = new.max_open_orders;
        let flow = Flow::read(new.flow);
        trader.bucket.resize(flow.messages, flow.burst);
        trader.window_ns = i64::from(flow.window_ms) * 1_000_000;
        trader.max_duplicates = flow.duplicates.into();
        trader.sizes = Sizes::new(trader.level, sizes_of(new));
        trader.most_orders = match new.checks & bits::OPEN_ORDERS {
            0 => u32::MAX,
            _ => new.max_open_orders,
        };
    }
}

impl Trader {
    /// Whether an account is enabled, was given limits, and no kill switch stops it.
    #[inline(always)]
    pub fn may_trade(&self) -> bool {
        self.enabled & self.limited & !self.halted
    }

    fn new(id: u32, currency: u64, level: Level) -> Self {
        Self {
            balance: 0,
            credit: 0,
            max_notional: 0,
            currency,
            checks: 0,
            max_quantity: 0,
            max_position: 0,
            collar_bps: 0,
            max_orders: 0,
            open_orders: 0,
            holdings: NONE,
            id,
            firm: NONE,
            day: 0,
            level,
            enabled: true,
            limited: false,
            killed: false,
            halted: false,
            grouped: false,
            exposed: false,
            foreign: false,
            unvalued: false,
            mixed: false,
            exposure: 0,
            max_exposure: 0,
            max_loss: 0,
            day_worth: 0,
            day_won: 0,
            day_gross: 0,
            max_gross: 0,
            max_short: 0,
            bucket: Bucket::default(),
            window_ns: 0,
            max_duplicates: 0,
            last: (NONE, NONE),
            sizes: Sizes::new(level, SetSizes::default()),
            most_orders: u32::MAX,
        }
    }
}
