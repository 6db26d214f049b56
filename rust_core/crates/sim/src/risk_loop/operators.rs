//! What operators say of money and sessions: currencies' values, fees, who may send.

use bytemuck::Zeroable;
use engine::pod::{
    Command, CommandKind, FeeRates, FeeSchedule, FEES_NONE, FEES_OF_FIRM, FEES_OF_VENUE,
};

use super::{reference_command, words, Orders, RiskLoop};

/// Money of one unit in the unit that the venue counts all currencies in.
const ONE: i64 = 1_000_000_000;

impl RiskLoop {
    /// Gives a currency a value, near one mostly.
    pub(super) fn set_conversion(&mut self, orders: &mut Orders) {
        if self.log.len() < 200 {
            return;
        }
        let currency = match self.rng.weighted(&[480, 480, 30, 10]) {
            0 => "USD",
            1 => "EUR",
            2 => "GBP",
            _ => "usd",
        };
        let mut command = reference_command(CommandKind::SetConversion, 0);
        command.order_id = words::<1>(currency)[0];
        command.price = match self.rng.below(20) {
            0 => self.rng.pick(&[0, -1, 1_000_000 * ONE + 1]),
            1 => self.rng.pick(&[7, ONE / 1_000, 1_000 * ONE]),
            _ => self.rng.between(ONE * 9 / 10, ONE * 11 / 10),
        };
        orders.commands.push(command);
    }

    /// Gives somebody a schedule of fees, or takes it away.
    pub(super) fn set_fees(&mut self, orders: &mut Orders) {
        let mut fees = FeeSchedule::zeroed();
        match self.rng.below(10) {
            0..=5 => {
                fees.account = 1 + self.rng.below(u64::from(self.world.accounts) + 1) as u32;
            }
            6..=7 => {
                (fees.account, fees.flags) =
                    (1 + self.rng.below(u64::from(self.world.firms) + 1) as u32, FEES_OF_FIRM)
            }
            8 => (fees.account, fees.flags) = (0, FEES_OF_VENUE),
            _ => (fees.account, fees.flags) = (0, FEES_OF_VENUE | FEES_OF_FIRM),
        }
        if self.rng.per_mille(200) {
            fees.flags |= FEES_NONE;
        } else {
            let tiers = self.rng.between(1, 4) as usize;
            let step = self.rng.between(100, 20_000) as u64;
            for tier in 0..tiers {
                fees.tier_from[tier] = step * tier as u64;
                let mut rate = || self.rng.between(-400, 3_000) as i32;
                let (maker, taker) = (rate(), rate());
                fees.tier_rates[tier] = FeeRates { maker, taker }.word();
            }
        }
        if self.rng.per_mille(50) {
            match self.rng.below(5) {
                0 => fees.tier_from[0] = 1,
                1 => fees.tier_from[7] = 5,
                2 => fees.tier_rates[7] = 5,
                3 => fees.instrument = 1,
                _ => fees.tier_rates[0] = FeeRates { maker: 0, taker: 100_001 }.word(),
            }
        }
        let index = orders.fees.len();
        orders.commands.push(reference_command(CommandKind::SetFees, index));
        orders.fees.push(fees);
    }

    /// Stops a session of the process that sends, of one that has sent, or of none.
    pub(super) fn kill_session(&mut self, orders: &mut Orders) {
        let command = Command {
            account: u32::from(self.rng.per_mille(20)),
            order_id: match self.rng.below(10) {
                0 => 7,
                1 => self.origin - 1,
                _ => self.origin,
            },
            session: self.rng.below(3) as u32,
            ..reference_command(CommandKind::Kill, 3)
        };
        orders.commands.push(command);
        self.killed.push(command);
    }
}
