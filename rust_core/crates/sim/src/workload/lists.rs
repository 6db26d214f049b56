//! Orders that are tied, soundly and not.

use engine::pod::{
    Command, Contingency, Leg, OrdType, OrderTerms, Side, TimeInForce, FLAG_ALL_OR_NONE,
    FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE, FLAG_TERMS,
};

use super::Workload;
use crate::script::{Judgement, Message, Step};

impl Workload {
    pub(super) fn list(&mut self, message: &mut Message) {
        let side = self.side();
        let first = message.steps.len();
        let bracket = self.rng.per_mille(600);
        let entry = self.new_order(side);
        let base = entry.command;
        let legs = if bracket { self.rng.pick(&[2, 3]) } else { 2 };
        let other = if side == Side::Buy { Side::Sell } else { Side::Buy };
        for place in 0..legs {
            let enters = bracket && place == 0;
            let own = if bracket && place > 0 { other } else { side };
            let mut step = if place == 0 { entry } else { self.new_order(own) };
            let command = &mut step.command;
            (command.account, command.instrument) = (base.account, base.instrument);
            command.quantity = base.quantity;
            let contingency = match bracket {
                true => Contingency::Bracket,
                false => Contingency::OneCancelsOther,
            };
            command.link = Leg { contingency, legs, place }.link();
            if enters {
                self.entry(&mut step.command, side);
            } else {
                self.waiting_leg(&mut step, own, place, message);
            }
            self.push(step, message);
        }
        if self.rng.per_mille(self.profile.wrong * 4) {
            self.spoil_list(first, message);
        }
    }

    /// Any kind of order may open a bracket.
    fn entry(&mut self, command: &mut Command, side: Side) {
        let away = self.away();
        let away = if self.rng.per_mille(500) { -away / 2 } else { away };
        command.price = self.price(command.instrument, side, away);
        let times = [TimeInForce::Gtc, TimeInForce::Day, TimeInForce::Ioc, TimeInForce::Fok];
        command.time_in_force = self.rng.pick(&times).number();
        match self.rng.below(8) {
            0 => (command.ord_type, command.price) = (OrdType::Market.number(), 0),
            1 => (command.ord_type, command.price) = (OrdType::MarketToLimit.number(), 0),
            2 => {
                command.ord_type = OrdType::StopLimit.number();
                command.stop_price = self.price(command.instrument, side, -2);
            }
            3 => command.display_quantity = 1 + command.quantity / 3,
            4 => command.flags |= FLAG_ALL_OR_NONE,
            _ => {}
        }
    }

    /// A leg that can wait: a limit, a stop or a trailing stop.
    fn waiting_leg(&mut self, step: &mut Step, side: Side, place: u8, message: &mut Message) {
        let (away, ahead) = (self.away(), self.away());
        let command = &mut step.command;
        let mut terms = OrderTerms::default();
        let times = [TimeInForce::Gtc, TimeInForce::Gtc, TimeInForce::Day];
        command.time_in_force = self.rng.pick(&times).number();
        command.price = self.price(command.instrument, side, away);
        let kind = if place + 1 == 2 { self.rng.below(5) } else { self.rng.below(9) };
        match kind {
            0 | 1 => {
                (command.ord_type, command.price) = (OrdType::Stop.number(), 0);
                command.stop_price = self.price(command.instrument, side, -ahead);
            }
            2 => {
                command.ord_type = OrdType::StopLimit.number();
                command.stop_price = self.price(command.instrument, side, -ahead);
            }
            3 => {
                (command.ord_type, command.price) = (OrdType::Stop.number(), 0);
                terms.trailing_offset = self.rng.between(1, 6);
            }
            4 => command.flags |= self.rng.pick(&[FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE]),
            5 => command.flags |= self.rng.pick(&[0, FLAG_ALL_OR_NONE]),
            6 => command.display_quantity = 1 + command.quantity / 2,
            _ => {}
        }
        terms.tag = self.rng.pick(&[0, 0, 1, 2]);
        if terms != OrderTerms::default() {
            command.flags |= FLAG_TERMS;
            command.payload_index = message.terms.len() as u16;
            message.terms.push(terms);
        }
    }

    /// Something about the list is wrong, or risk has refused a part of it.
    fn spoil_list(&mut self, first: usize, message: &mut Message) {
        let place = first + self.rng.below((message.steps.len() - first) as u64) as usize;
        let odd = self.rng.next_u64() as u32;
        let step = &mut message.steps[place];
        let command = &mut step.command;
        match self.rng.below(12) {
            0 => command.link = self.rng.pick(&[0, 1, 0x0201, 0x0101_0201, odd]),
            1 => command.account += 1,
            2 => command.instrument = self.rng.pick(&[0, 1, 2, 77]),
            3 => command.quantity += 1,
            4 => command.side = 3 - command.side.min(2),
            5 => command.time_in_force = self.rng.below(9) as u16,
            6 => command.ord_type = self.rng.below(7) as u16,
            7 => step.judgement = Judgement::Refuse(26),
            8 => {
                step.judgement = Judgement::Repeat;
                step.target = step.label.map(|label| label / 2);
            }
            9 => command.quantity = 0,
            10 => command.price = self.rng.pick(&[-1, 0, 1]),
            _ => {
                message.steps.pop();
                self.sent.pop();
            }
        }
    }
}
