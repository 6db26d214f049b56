//! What bounds prices, what accounts say, and what operators cancel or undo.

use bytemuck::Zeroable;
use engine::pod::{
    Account, CommandKind, InstrumentRules, ScheduledSession, SessionState, Side, ACCOUNT_ENABLED,
    ACCOUNT_SELF_TRADE_SHIFT, MAX_BAND_BPS, MAX_PRICE,
};

use super::Workload;
use crate::script::{Message, Step};

impl Workload {
    /// The tick size of an instrument, always the same.
    pub(super) fn tick(&self, id: u32) -> i64 {
        if !self.profile.rules {
            return 1;
        }
        [1, 1, 2, 1, 5][id as usize % 5]
    }

    pub(super) fn set_accounts(&mut self, message: &mut Message) {
        for id in 1..=self.profile.accounts {
            let mode = self.rng.pick(&[0, 0, 0, 1, 2, 3, 4, 5]);
            self.set_account(id, mode, message);
        }
    }

    fn set_account(&mut self, id: u32, mode: u64, message: &mut Message) {
        let mut step = Step::new(CommandKind::SetAccount);
        step.command.payload_index = message.accounts.len() as u16;
        message.accounts.push(Account {
            id,
            firm: id.div_ceil(2),
            flags: ACCOUNT_ENABLED | mode << ACCOUNT_SELF_TRADE_SHIFT,
            self_trade_group: self.rng.pick(&[0, 0, 0, 1, 2]),
            ..Account::zeroed()
        });
        self.push(step, message);
    }

    pub(super) fn set_rules(&mut self, id: u32, message: &mut Message) {
        let mut step = Step::new(CommandKind::SetRules);
        step.command.payload_index = message.rules.len() as u16;
        let mut rules = self.rules(id);
        if self.rng.per_mille(self.profile.wrong) {
            self.spoil(&mut rules);
        }
        message.rules.push(rules);
        self.push(step, message);
    }

    fn rules(&mut self, id: u32) -> InstrumentRules {
        let mut rules = InstrumentRules { instrument: id, ..InstrumentRules::zeroed() };
        rules.static_band_bps = self.rng.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 500, 3_000]);
        rules.dynamic_band_bps = self.rng.pick(&[0, 0, 20, 100, 300, 1_000]);
        rules.protection_bps = self.rng.pick(&[0, 0, 10, 100, 500]);
        rules.auction_seconds = self.rng.pick(&[0, 1, 1, 2, 30]);
        rules.flags = self.rng.pick(&[0, 0, 0, 1]);
        let middle = self.middle[id as usize - 1];
        let (mut size, mut from) = (self.tick(id), (middle - 20).max(1));
        for place in 0..self.rng.below(4) as usize {
            let below = size;
            size = below * self.rng.pick(&[2, 5]);
            // Now and then a finer grid again further up.
            if place == 2 {
                size = self.tick(id);
            }
            let grid = below.max(size);
            from = (from / grid + 1) * grid;
            (rules.tick_from[place], rules.tick_size[place]) = (from, size);
            from += self.rng.between(1, 15);
        }
        if self.rng.per_mille(300) {
            let mut second = 0;
            for place in 0..self.rng.below(6) as usize {
                second += self.rng.between(1, 15_000) as u32;
                let session = self.rng.pick(&[
                    SessionState::Continuous,
                    SessionState::Continuous,
                    SessionState::Continuous,
                    SessionState::OpeningAuction,
                    SessionState::ClosingAuction,
                    SessionState::PostClose,
                    SessionState::Halted,
                ]);
                let weekdays = self.rng.pick(&[0x7f, 0x7f, 0x1f, 1]);
                rules.schedule[place] = ScheduledSession { second, session, weekdays }.word();
            }
        }
        rules
    }

    /// One of its words holds nonsense.
    fn spoil(&mut self, rules: &mut InstrumentRules) {
        let wide = self.rng.pick(&[i64::MIN, -1, 0, 3, 7, MAX_PRICE, MAX_PRICE + 1, i64::MAX]);
        let place = self.rng.below(8) as usize;
        match self.rng.below(9) {
            0 => rules.instrument = self.rng.pick(&[0, 77, u32::MAX]),
            1 => rules.flags = self.rng.pick(&[2, 3, u32::MAX]),
            2 => rules.static_band_bps = self.rng.pick(&[MAX_BAND_BPS, MAX_BAND_BPS + 1]),
            3 => rules.dynamic_band_bps = u32::MAX,
            4 => rules.auction_seconds = self.rng.pick(&[86_400, 86_401]),
            5 => rules.tick_from[place] = wide,
            6 => rules.tick_size[place] = wide,
            7 => rules.schedule[place] = self.rng.next_u64() & 0x007f_000f_0001_ffff,
            _ => rules.reserved[0] = 1,
        }
    }

    /// Cancels many orders, or undoes one side of a trade.
    pub(super) fn mass(&mut self, message: &mut Message) {
        if self.rng.per_mille(300) {
            return self.bust(message);
        }
        if self.rng.per_mille(200) {
            return self.kill(message);
        }
        let mut step = Step::new(CommandKind::MassCancel);
        let account = 1 + self.rng.below(u64::from(self.profile.accounts)) as u32;
        let instrument = 1 + self.rng.below(u64::from(self.profile.instruments)) as u32;
        let command = &mut step.command;
        command.account = self.rng.pick(&[account, account, account, 0, 999]);
        command.instrument = self.rng.pick(&[instrument, instrument, 0]);
        command.side = self.rng.pick(&[0, 1, 2]);
        command.order_id = self.rng.pick(&[0, 1, 2]);
        if self.rng.per_mille(self.profile.wrong) {
            match self.rng.below(3) {
                0 => command.flags = self.rng.pick(&[1, 2, u16::MAX]),
                1 => command.side = 3,
                _ => command.instrument = self.rng.pick(&[77, u32::MAX]),
            }
        }
        self.push(step, message);
    }

    /// Stops an account, a firm, everybody or a session; what matching does with unkills too.
    fn kill(&mut self, message: &mut Message) {
        let kind = self.rng.pick(&[CommandKind::Kill, CommandKind::Kill, CommandKind::Unkill]);
        let mut step = Step::new(kind);
        let account = 1 + self.rng.below(u64::from(self.profile.accounts)) as u32;
        let command = &mut step.command;
        command.payload_index = self.rng.pick(&[0, 0, 0, 0, 1, 1, 1, 2, 3, 4]);
        command.account = match command.payload_index {
            0 => account,
            1 => account.div_ceil(2),
            _ => 0,
        };
        if self.rng.per_mille(self.profile.wrong) {
            command.account = self.rng.pick(&[0, 999]);
        }
        self.push(step, message);
    }

    fn bust(&mut self, message: &mut Message) {
        if self.trades.is_empty() {
            return;
        }
        let trade = self.trades[self.rng.below(self.trades.len() as u64) as usize];
        let other = if trade.side == Side::Buy.number() { Side::Sell } else { Side::Buy };
        self.undone = Some((trade.account, trade.instrument, other));
        let mut step = Step::new(CommandKind::BustTrade);
        let command = &mut step.command;
        (command.account, command.instrument) = (trade.account, trade.instrument);
        (command.side, command.order_id) = (trade.side, trade.order_id);
        (command.price, command.quantity) = (trade.last_price, trade.last_quantity);
        command.expire_time = trade.match_id as i64;
        if self.rng.per_mille(200) {
            match self.rng.below(5) {
                0 => command.expire_time = self.rng.pick(&[-1, 0, 1 << 40]),
                1 => command.quantity = self.rng.pick(&[0, -1, i64::MAX]),
                2 => command.price = self.rng.pick(&[0, -1, i64::MAX]),
                3 => command.side = self.rng.pick(&[0, 3]),
                _ => command.instrument = 77,
            }
        }
        self.push(step, message);
    }
}
