//! Who trades what in a run: accounts in firms, instruments, and the currencies of both.

use bytemuck::Zeroable;
use engine::pod::{Account, Instrument, ACCOUNT_ENABLED, INSTRUMENT_ENABLED};

use super::words;

/// How many of everything there are. The last account is opened while a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// Accounts, with ids from 1 on.
    pub accounts: u32,
    /// Firms, with ids from 1 on; accounts with ids that follow each other share one.
    pub firms: u32,
    /// Instruments, with ids from 1 on.
    pub instruments: u32,
    /// 0: one currency for all; 1: one for all accounts but the last; 2: one for each firm, until
    /// the last account comes.
    currencies: u32,
    /// Whether most orders are let pass: limits are wide, and operators don't often stop anything.
    pub(super) calm: bool,
}

impl World {
    /// A world of these sizes, with currencies by what the seed says.
    #[must_use]
    pub fn new(accounts: u32, firms: u32, instruments: u32, seed: u64) -> Self {
        Self { accounts, firms, instruments, currencies: (seed % 3) as u32, calm: false }
    }

    /// Few who meet again and again.
    #[must_use]
    pub fn small(seed: u64) -> Self {
        Self::new(5, 2, 3, seed)
    }

    /// The same where most orders are let pass.
    #[must_use]
    pub fn calm(self) -> Self {
        Self { calm: true, ..self }
    }

    /// The firm of an account.
    #[must_use]
    pub fn firm_of(&self, account: u32) -> u32 {
        account.div_ceil(self.accounts / self.firms).min(self.firms)
    }

    /// How many times what an account may have a firm may, or the venue.
    pub(super) fn times(&self, venue: bool) -> u32 {
        let members = if venue { self.accounts } else { self.accounts / self.firms };
        (2 * members).max(6)
    }

    /// The currency of an account.
    #[must_use]
    pub fn account_currency(&self, id: u32) -> &'static str {
        let last = id == self.accounts;
        match self.currencies {
            1 if last => "EUR",
            2 if !last && self.firm_of(id) % 2 == 0 => "EUR",
            _ => "USD",
        }
    }

    /// The currency of an instrument.
    #[must_use]
    pub fn instrument_currency(&self, id: u32) -> &'static str {
        match (self.currencies, id % 3) {
            (1 | 2, 2) => "EUR",
            (2, 0) => "GBP",
            _ => "USD",
        }
    }

    pub(super) fn account(&self, id: u32) -> Account {
        Account {
            id,
            firm: self.firm_of(id),
            flags: ACCOUNT_ENABLED,
            name: words(&format!("A{id}")),
            currency: words::<1>(self.account_currency(id))[0],
            self_trade_group: 0,
        }
    }

    pub(super) fn instrument(&self, id: u32) -> Instrument {
        let kind = (id as usize - 1) % 3;
        let (tick_size, lot_size, margin) = [(1, 1, 10_000), (5, 10, 2_500), (1, 1, 0)][kind];
        Instrument {
            id,
            price_scale: kind as u8 + 1,
            quantity_scale: if id <= 3 { kind as u8 } else { 0 },
            flags: INSTRUMENT_ENABLED,
            symbol: words(&format!("I{id}")),
            currency: words::<1>(self.instrument_currency(id))[0],
            tick_size,
            lot_size,
            reference_price: if kind == 2 { 0 } else { 1_000 },
            initial_margin_bps: margin,
            maintenance_margin_bps: u64::from(margin) / 2,
            // Of the first price and time; of the second resting orders of one's own are cancelled
            // and market orders rest; of the third icebergs hide, levels are shared out, and market
            // orders collect.
            policies: [0, 2 | 1 << 3 | 1 << 9, 5 | 2 << 3 | 1 << 7 | 1 << 9][kind],
            ..Instrument::zeroed()
        }
    }
}
