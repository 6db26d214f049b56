//! What few orders have, and what operators do.

use engine::pod::{
    Command, CommandKind, OrdType, OrderTerms, TimeInForce, FLAG_ALL_OR_NONE, FLAG_POST_ONLY,
    FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY, FLAG_TERMS, MAX_PRICE, TERMS_PEG_SHIFT,
};

use super::Workload;
use crate::script::{Message, Step};

impl Workload {
    /// Rules at random, each mostly the usual one.
    pub(super) fn policies(&mut self) -> u32 {
        let mut policies = self.rng.pick(&[0, 0, 0, 1, 2, 3, 4, 5]);
        policies |= self.rng.pick(&[0, 0, 0, 1, 2]) << 3;
        policies |= self.rng.pick(&[0, 0, 0, 1, 2]) << 5;
        policies |= self.rng.pick(&[0, 0, 0, 1]) << 7;
        policies |= self.rng.pick(&[0, 0, 1]) << 8;
        policies |= self.rng.pick(&[0, 1]) << 9;
        let criteria = [0, 1 | 5 << 3, 1 | 2 << 3 | 3 << 6 | 4 << 9, 1 | 2 << 3 | 5 << 6, 1];
        policies | self.rng.pick(&criteria) << 12
    }

    pub(super) fn operate(&mut self, message: &mut Message) {
        let id = 1 + self.rng.below(u64::from(self.profile.instruments)) as u32;
        let middle = self.middle[id as usize - 1];
        let away = self.rng.between(-5, 5);
        let near = self.on_grid(id, middle + away);
        if self.profile.rules && self.rng.per_mille(200) {
            return self.set_rules(id, message);
        }
        if self.rng.per_mille(300) {
            let mut step = Step::new(CommandKind::SetLastTrade);
            (step.command.instrument, step.command.price) = (id, near);
            return self.push(step, message);
        }
        // Mostly back to trading, then auctions, then what stops it, then nonsense.
        let sessions = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9];
        let session = self.rng.pick(&sessions);
        let price = self.rng.pick(&[0, 0, near]);
        self.go_to(id, session, price, message);
    }

    pub(super) fn go_to(&mut self, id: u32, session: u16, price: i64, message: &mut Message) {
        let mut step = Step::new(CommandKind::SetSession);
        (step.command.instrument, step.command.price) = (id, price);
        step.command.payload_index = session;
        self.push(step, message);
    }

    /// Now and then gives a new order something that few orders have.
    pub(super) fn decorate(&mut self, step: &mut Step, message: &mut Message) {
        if !self.rng.per_mille(self.profile.special) {
            return;
        }
        let middle = self.middle[step.command.instrument as usize - 1];
        let away = self.rng.between(-8, 8);
        let stop = self.on_grid(step.command.instrument, middle + away);
        let command = &mut step.command;
        let limit = command.ord_type == OrdType::Limit.number();
        let tag = self.rng.pick(&[0, 0, 0, 1, 2]);
        let mut terms = OrderTerms { tag, ..OrderTerms::default() };
        if self.rng.per_mille(self.profile.pegs) {
            command.ord_type = OrdType::Pegged.number();
            command.price = self.rng.pick(&[0, 0, command.price]);
            let follows = self.rng.weighted(&[1, 20, 20, 20]) as u64;
            terms.flags = follows << TERMS_PEG_SHIFT;
            terms.peg_offset = self.rng.between(-4, 4);
            if self.rng.per_mille(20) {
                terms.peg_offset *= self.rng.pick(&[1_000, MAX_PRICE / 4, MAX_PRICE]);
            }
        } else {
            self.odd_kind(step, &mut terms, limit, stop);
        }
        if terms != OrderTerms::default() {
            step.command.flags |= FLAG_TERMS;
            step.command.payload_index = message.terms.len() as u16;
            message.terms.push(terms);
        }
        // Some have two such things, which often don't go together.
        if self.rng.per_mille(150) {
            self.decorate(step, message);
        }
    }

    fn odd_kind(&mut self, step: &mut Step, terms: &mut OrderTerms, limit: bool, stop: i64) {
        let quantity = step.command.quantity;
        let command = &mut step.command;
        let as_stop = |command: &mut Command| {
            let kind = if limit { OrdType::StopLimit } else { OrdType::Stop };
            command.ord_type = kind.number();
        };
        match self.rng.below(15) {
            0 => command.self_trade_prevention = self.rng.below(6) as u16,
            1 => command.self_trade_group = self.rng.below(3) as u32,
            2 => command.flags |= FLAG_POST_ONLY,
            3 => command.flags |= FLAG_POST_ONLY_REPRICE,
            4 => command.flags |= FLAG_ALL_OR_NONE,
            5 => command.min_quantity = self.rng.between(1, quantity),
            6 => {
                command.display_quantity = self.rng.between(1, quantity);
                // In about as many parts as there may be.
                if self.rng.per_mille(100) {
                    let parts = self.rng.between(998, 1_002);
                    command.display_quantity = self.rng.between(1, 3);
                    command.quantity = parts * command.display_quantity - self.rng.between(0, 1);
                }
            }
            7 => {
                command.display_quantity = self.rng.between(1, quantity);
                terms.min_visible_quantity = self.rng.between(0, command.display_quantity);
            }
            8 => {
                command.time_in_force = TimeInForce::Gtd.number();
                command.expire_time = self.time_ns + self.rng.between(-1, 200_000_000);
            }
            9 | 10 => {
                as_stop(command);
                command.stop_price = stop;
            }
            11 => {
                as_stop(command);
                terms.trailing_offset = self.rng.between(1, 6);
                terms.activation_price = self.rng.pick(&[0, stop]);
                terms.flags = self.rng.below(4);
                if terms.flags & 1 != 0 {
                    terms.trailing_offset *= self.rng.pick(&[1, 100, 1_000]);
                }
            }
            12 => command.flags |= FLAG_REDUCE_ONLY,
            13 => {
                command.ord_type = OrdType::MarketToLimit.number();
                command.price = 0;
            }
            _ => {
                let times =
                    [TimeInForce::AtTheOpen, TimeInForce::AtTheClose, TimeInForce::GoodForAuction];
                command.time_in_force = self.rng.pick(&times).number();
            }
        }
    }
}
