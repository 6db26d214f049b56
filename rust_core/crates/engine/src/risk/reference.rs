//! Reference data: instruments, accounts and limits, and what makes a change of them refused.

use alloc::vec::Vec;

use super::holding::Rates;
use crate::pod::{
    Account, Instrument, InstrumentRules, Limits, SelfTrade, ACCOUNT_ENABLED,
    ACCOUNT_SELF_TRADE_SHIFT, INSTRUMENT_ENABLED, MAX_INSTRUMENT, MAX_PRICE, MAX_QUANTITY,
};
use crate::reject::Reject;
use crate::rules::Rules;
use crate::table::{hash_words, Table, NONE};
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
    /// All of them.
    pub const ALL: u64 = (1 << 6) - 1;
    /// Those that limits on one instrument decide.
    pub const PER_INSTRUMENT: u64 = ORDER_QUANTITY | POSITION;
}

/// An instrument as the checks read it.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Whether it takes orders.
    pub enabled: bool,
    /// Currency of its price.
    pub currency: u64,
    /// Prices are multiples of it; 0: of what its rules say at each price.
    pub tick: i64,
    /// Quantities are multiples of it.
    pub lot: i64,
    /// The smallest order.
    pub min: i64,
    /// The largest order.
    pub max: i64,
    /// Last trade's price, 0 before the first.
    pub last: i64,
    /// Price that collars refer to before the first trade, 0 if none.
    pub initial: i64,
    /// Money for one native unit.
    pub unit: u64,
    /// Its money as buying power counts it.
    pub rates: Rates,
    /// How far from the reference price market orders trade at most by its rules; 0: they don't
    /// say.
    pub market_bps: u32,
}

impl Listed {
    fn new(instrument: &Instrument, last: i64, rules: Option<&InstrumentRules>) -> Self {
        let rates = Rates::new(instrument);
        Self {
            enabled: instrument.flags & INSTRUMENT_ENABLED != 0,
            currency: instrument.currency,
            tick: match rules {
                Some(rules) if rules.tick_size[0] != 0 => 0,
                _ => instrument.tick_size,
            },
            lot: instrument.lot_size,
            min: instrument.min_quantity,
            max: match instrument.max_quantity {
                0 => MAX_QUANTITY,
                max => max,
            },
            last,
            initial: instrument.reference_price,
            unit: rates.full / 10_000,
            rates,
            market_bps: rules.map_or(0, market_bps),
        }
    }

    /// What collars refer to.
    #[inline]
    pub fn reference(&self) -> Option<i64> {
        match (self.last, self.initial) {
            (0, 0) => None,
            (0, initial) => Some(initial),
            (last, _) => Some(last),
        }
    }

    /// Money for a quantity at a price, both in their bounds: below 10^36.
    #[inline]
    pub fn notional(&self, price: i64, quantity: i64) -> i128 {
        let native = i128::from(price) * i128::from(quantity);
        match u64::try_from(native) {
            // Two words have a product of two: nothing to check.
            Ok(word) => (u128::from(word) * u128::from(self.unit)) as i128,
            Err(_) => native * i128::from(self.unit),
        }
    }

    /// Whether a quantity is a multiple of the lot.
    #[inline]
    pub fn on_lot(&self, quantity: i64) -> bool {
        self.lot == 1 || quantity % self.lot == 0
    }
}

/// How far from the last trade market orders trade at most: the tighter of the dynamic band and
/// their protection, else the static band, which bounds what they can meet; 0: no rule says.
fn market_bps(rules: &InstrumentRules) -> u32 {
    let tighter = [rules.dynamic_band_bps, rules.protection_bps];
    let tighter = tighter.into_iter().filter(|&bps| bps != 0).min();
    tighter.unwrap_or(rules.static_band_bps)
}

/// An account as the checks read it.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Trader {
    /// Realised profit less what margin asks for, of all holdings, in 10^-16 of a currency unit.
    pub balance: i128,
    /// Credit, in 10^-16 of a currency unit.
    pub credit: i128,
    /// Largest notional of one order, money.
    pub max_notional: i128,
    /// Currency of its money.
    pub currency: u64,
    /// Checks that are on.
    pub checks: u64,
    /// Largest quantity of one order.
    pub max_quantity: i64,
    /// Largest position.
    pub max_position: i64,
    /// Largest distance from the reference price.
    pub collar_bps: u32,
    /// Most open orders.
    pub max_orders: u32,
    /// Open orders.
    pub open_orders: u32,
    /// Its first holding, or none.
    pub holdings: u32,
    /// Its id.
    pub id: u32,
    /// Whether it may trade.
    pub enabled: bool,
    /// Whether it was ever given limits.
    pub limited: bool,
}

/// Limits of one account on one instrument.
#[derive(Clone, Copy, Debug)]
pub struct Override {
    /// As they were set.
    pub limits: Limits,
}

/// Ids to places, for ids that are dense.
#[derive(Clone, Debug, Default)]
struct Dense(Vec<u32>);

impl Dense {
    #[inline]
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

/// All reference data.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    instrument_places: Dense,
    account_places: Dense,
    symbols: Table,
    names: Table,
    /// Instruments, by place.
    pub listed: Vec<Listed>,
    instruments: Vec<Instrument>,
    rules: Vec<Option<InstrumentRules>>,
    /// Accounts, by place.
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
fn is_name(bytes: &[u8]) -> bool {
    let text = crate::pod::unpadded(bytes);
    let padded = bytes[text.len()..].iter().all(|&byte| byte == 0);
    let good = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let starts = text.first().is_some_and(good);
    starts && padded && text.iter().all(|byte| good(byte) || *byte == b'_' || *byte == b'-')
}

impl Reference {
    /// The place of an instrument.
    #[inline]
    pub fn instrument_place(&self, id: u32) -> Option<u32> {
        self.instrument_places.get(id)
    }

    /// The place of an account.
    #[inline]
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
    #[inline]
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

    /// Sets the rules of an instrument.
    pub fn set_rules(&mut self, new: &InstrumentRules) -> Result<(), Reject> {
        let place = self.instrument_place(new.instrument).ok_or(Reject::UnknownSymbol)?;
        let instrument = &self.instruments[place as usize];
        if let Some(reason) = refusal_of_rules(new, instrument) {
            return Err(reason);
        }
        self.rules[place as usize] = Some(*new);
        let listed = &mut self.listed[place as usize];
        *listed = Listed::new(instrument, listed.last, Some(new));
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
            && new.reserved == [0; 4]
            && new.initial_margin_bps <= MAX_MARGIN_BPS;
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
            self.listed.push(Listed::new(new, 0, None));
            return Ok((place, false));
        };
        let old = &mut self.instruments[place as usize];
        let fixed = |i: &Instrument| (i.symbol, i.currency, i.price_scale, i.quantity_scale);
        if fixed(old) != fixed(new) {
            return Err(Reject::UnsupportedCharacteristic);
        }
        let margin_changed = old.initial_margin_bps != new.initial_margin_bps;
        *old = *new;
        let listed = &mut self.listed[place as usize];
        *listed = Listed::new(new, listed.last, self.rules[place as usize].as_ref());
        Ok((place, margin_changed))
    }

    /// Opens an account or changes one.
    pub fn set_account(&mut self, new: &Account) -> Result<(), Reject> {
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
            let place = self.accounts.len() as u32;
            self.account_places.set(new.id, place);
            self.names.insert(hash, place);
            self.accounts.push(*new);
            self.limits.push(bytemuck::Zeroable::zeroed());
            self.traders.push(Trader::new(new.id, new.currency, enabled));
            return Ok(());
        };
        let old = &mut self.accounts[place as usize];
        let fixed = |a: &Account| (a.name, a.currency, a.firm);
        if fixed(old) != fixed(new) {
            return Err(Reject::UnsupportedCharacteristic);
        }
        *old = *new;
        self.traders[place as usize].enabled = enabled;
        Ok(())
    }

    /// Whether limits can be set, and for which account and instrument (none: all), by place.
    pub fn judge_limits(&self, new: &Limits) -> Result<(u32, Option<u32>), Reject> {
        let account = self.account_place(new.account).ok_or(Reject::UnknownAccount)?;
        let instrument = match new.instrument {
            0 => None,
            id => Some(self.instrument_place(id).ok_or(Reject::UnknownSymbol)?),
        };
        let in_bounds = (0..=MAX_POSITION).contains(&new.max_position)
            && (0..=MAX_NOTIONAL).contains(&new.max_order_notional())
            && (0..=MAX_CREDIT).contains(&new.credit())
            && new.collar_bps <= MAX_COLLAR_BPS;
        if new.checks & !bits::ALL != 0 || !in_bounds || new.reserved != [0; 7] {
            return Err(Reject::UnsupportedCharacteristic);
        }
        if new.max_order_quantity < 0 {
            return Err(Reject::IncorrectQuantity);
        }
        Ok((account, instrument))
    }

    /// Sets limits on all instruments that [`Self::judge_limits`] let pass.
    pub fn set_limits(&mut self, account: u32, new: &Limits) {
        self.limits[account as usize] = *new;
        let trader = &mut self.traders[account as usize];
        trader.limited = true;
        trader.checks = new.checks;
        trader.max_quantity = new.max_order_quantity;
        trader.max_notional = new.max_order_notional();
        trader.max_position = new.max_position;
        trader.credit = new.credit() * 10_000;
        trader.collar_bps = new.collar_bps;
        trader.max_orders = new.max_open_orders;
    }
}

impl Trader {
    fn new(id: u32, currency: u64, enabled: bool) -> Self {
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
            enabled,
            limited: false,
        }
    }
}
