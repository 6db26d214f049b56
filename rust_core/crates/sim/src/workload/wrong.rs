//! What a sound client or a sound risk service would not send.

use engine::pod::{CommandKind, OrderTerms, FLAG_TERMS, MAX_QUANTITY};
use engine::reject::Reject;

use super::Workload;
use crate::script::{Judgement, Message, Step};
use crate::text;

impl Workload {
    /// What a sound risk service would not let through, and what it refuses.
    pub(super) fn wrong(&mut self, message: &mut Message) {
        match self.rng.below(9) {
            0 => self.late(message),
            1 => self.foreign(message),
            2 => {
                let mut step = Step::new(CommandKind::CancelOrder);
                let unknown = [0, 1, u64::MAX, 1 << 62, u64::from(u32::MAX) << 13];
                step.command.order_id = self.rng.pick(&unknown);
                step.command.account = 1;
                self.push(step, message);
            }
            3 => self.malformed(message),
            4 => self.judged(message, Judgement::Refuse),
            5 => self.judged(message, |_| Judgement::Repeat),
            6 => {
                let id = 1 + self.rng.below(u64::from(self.profile.instruments)) as u32;
                if self.halted.is_none() {
                    self.halted = Some(id);
                    self.set_instrument(id, false, message);
                }
            }
            7 => {
                let mut step = Step::new(CommandKind::Tick);
                step.command.expire_time = self.time_ns / 1_000_000_000;
                self.push(step, message);
            }
            _ => {
                let mut step = Step::new(CommandKind::SetInstrument);
                step.command.payload_index = self.rng.pick(&[0, 1, 7, u16::MAX]);
                let mut payload = text::instrument(self.rng.pick(&[0, 1, 2, 1 << 20, u32::MAX]));
                payload.price_scale = self.rng.pick(&[0, 2, 13, u8::MAX]);
                message.instruments.push(payload);
                self.push(step, message);
            }
        }
    }

    /// About an order that has ended.
    fn late(&mut self, message: &mut Message) {
        if self.ended.is_empty() {
            return;
        }
        let order = self.ended[self.rng.below(self.ended.len() as u64) as usize];
        let kinds = [CommandKind::CancelOrder, CommandKind::ReplaceOrder];
        let mut step = Step::new(self.rng.pick(&kinds));
        step.target = Some(order.label);
        step.command.account = order.account;
        step.command.instrument = order.instrument;
        step.command.quantity = self.rng.between(0, self.profile.quantity);
        self.push(step, message);
    }

    /// About an order of another account, or on another instrument.
    fn foreign(&mut self, message: &mut Message) {
        let Some((label, order, ..)) = self.target(message) else { return };
        let kinds = [CommandKind::CancelOrder, CommandKind::ReplaceOrder];
        let mut step = Step::new(self.rng.pick(&kinds));
        step.target = Some(label);
        let other_account = self.rng.per_mille(500);
        step.command.account = order.account.wrapping_add(u32::from(other_account));
        step.command.instrument = order.instrument.wrapping_add(u32::from(!other_account));
        self.push(step, message);
    }

    /// One field holds nonsense.
    fn malformed(&mut self, message: &mut Message) {
        let new = self.rng.per_mille(600);
        if new {
            self.passive(message)
        } else {
            self.replace(message)
        }
        let Some(step) = message.steps.last_mut() else { return };
        let odd = self.rng.pick(&[0, 3, 5, 9, 99, u16::MAX]);
        let wide = [i64::MIN, -1, 0, MAX_QUANTITY, MAX_QUANTITY + 1, i64::MAX];
        let wide = self.rng.pick(&wide);
        let command = &mut step.command;
        match self.rng.below(15) {
            0 => command.kind = odd,
            1 => command.side = odd,
            2 => command.ord_type = odd,
            3 => command.time_in_force = odd,
            4 => command.flags = odd,
            5 => command.self_trade_prevention = odd,
            6 => command.instrument = self.rng.pick(&[0, 99, u32::MAX]),
            7 => command.price = wide,
            8 | 9 => command.quantity = wide,
            10 => command.stop_price = wide,
            11 => command.display_quantity = wide,
            12 => command.min_quantity = wide,
            13 => command.link = u32::from(odd),
            _ => {
                // Terms that are not there, or that say too much.
                command.flags |= FLAG_TERMS;
                command.payload_index = message.terms.len() as u16;
                let bits = self.rng.next_u64();
                if self.rng.per_mille(700) {
                    message.terms.push(OrderTerms {
                        flags: bits & 0x0307,
                        peg_offset: wide,
                        trailing_offset: (bits >> 32 & 3) as i64,
                        reserved: [bits >> 40 & 1, 0],
                        ..OrderTerms::default()
                    });
                }
            }
        }
    }

    /// A sound command that risk refuses, or has seen before.
    fn judged(&mut self, message: &mut Message, judgement: fn(u16) -> Judgement) {
        let before = message.steps.len();
        match self.rng.below(3) {
            0 => self.passive(message),
            1 => self.cancel(message),
            _ => self.replace(message),
        }
        let reasons = [Reject::UnknownAccount, Reject::TickSize, Reject::ClipSize, Reject::Stale];
        let reason = self.rng.pick(&reasons).number();
        let reason = if self.rng.per_mille(50) { 12_345 } else { reason };
        if let Some(step) = message.steps.get_mut(before) {
            step.judgement = judgement(reason);
            if step.judgement == Judgement::Repeat && step.target.is_none() {
                step.target = step.label.map(|label| label / 2);
            }
        }
    }
}
