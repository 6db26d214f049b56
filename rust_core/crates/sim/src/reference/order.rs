//! An open order of the plain engine, and the events that tell of it.

use bytemuck::Zeroable;
use engine::pod::{
    words, Event, ExecType, OrdStatus, Side, FLAG_ALL_OR_NONE, FLAG_RESTS, TERMS_TAKE_PROFIT,
    TERMS_TRAILING_BPS,
};

use super::{Open, Place};

impl Open {
    /// What sorts a price of this side best first.
    pub(super) fn key_of(&self, price: i64) -> i64 {
        match self.side {
            Side::Buy => -price,
            _ => price,
        }
    }

    pub(super) fn key(&self) -> i64 {
        self.key_of(self.price)
    }

    /// What it shows of what is open.
    pub(super) fn shows(&self) -> i64 {
        match self.command.display_quantity {
            0 => self.leaves,
            _ => self.shown,
        }
    }

    pub(super) fn has_floor(&self) -> bool {
        self.command.flags & FLAG_ALL_OR_NONE != 0 || self.command.min_quantity != 0
    }

    pub(super) fn is_plain(&self) -> bool {
        !self.has_floor() && self.command.display_quantity == 0 && self.command.link == 0
    }

    /// The least that it trades at a time.
    pub(super) fn floor(&self) -> i64 {
        match self.command.flags & FLAG_ALL_OR_NONE {
            0 => self.command.min_quantity.min(self.leaves),
            _ => self.leaves,
        }
    }

    /// Counts that it shows less; says whether a refill came.
    pub(super) fn show_less(&mut self, quantity: i64) -> bool {
        if self.command.display_quantity == 0 {
            return false;
        }
        self.shown = (self.shown - quantity).max(0).min(self.leaves);
        let enough = self.shown > 0 && self.shown >= self.terms.min_visible_quantity;
        let refills = !enough && self.leaves > self.shown;
        if refills {
            self.shown = self.command.display_quantity.min(self.leaves);
        }
        refills
    }

    /// Whether a trade at this price makes its stop trail.
    pub(super) fn starts_trailing(&self, price: i64) -> bool {
        let activation = self.terms.activation_price;
        let in_favour = self.terms.flags & TERMS_TAKE_PROFIT != 0;
        match (activation, self.side, in_favour) {
            (0, ..) => true,
            (_, Side::Buy, false) | (_, Side::Sell, true) => price >= activation,
            _ => price <= activation,
        }
    }

    /// What the last trade has to reach.
    pub(super) fn stop_at(&self) -> i64 {
        let (mark, offset) = (i128::from(self.watermark), i128::from(self.terms.trailing_offset));
        if offset == 0 || mark == 0 {
            return self.stop;
        }
        // In ten-thousandths, so that basis points are exact; then to the price that reaches it.
        let bps = self.terms.flags & TERMS_TRAILING_BPS != 0;
        let away = if bps { mark * offset } else { offset * 10_000 };
        let stop = match self.side {
            Side::Buy => (mark * 10_000 + away + 9_999).div_euclid(10_000),
            _ => (mark * 10_000 - away).div_euclid(10_000),
        };
        stop.max(0) as i64
    }

    pub(super) fn is_reached(&self, price: i64) -> bool {
        match self.side {
            Side::Buy => price >= self.stop_at(),
            _ => price <= self.stop_at(),
        }
    }

    /// An event with what the order showed before and shows now.
    pub(super) fn told(&self, event: Event, was: i64) -> Event {
        match self.place {
            Place::Limit if self.leaves > 0 => before(after(event, self.shows()), self.price, was),
            Place::Limit => before(event, self.price, was),
            _ => event,
        }
    }

    pub(super) fn status(&self) -> OrdStatus {
        match (self.cum, self.leaves) {
            (0, _) => OrdStatus::New,
            (_, 0) => OrdStatus::Filled,
            _ => OrdStatus::PartiallyFilled,
        }
    }

    pub(super) fn event(&mut self, exec_type: ExecType, status: OrdStatus, at: u32) -> Event {
        self.sequence += 1;
        let (cum_notional_low, cum_notional_high) = words(self.notional);
        Event {
            exec_type: exec_type.number(),
            side: self.command.side,
            ord_type: self.command.ord_type,
            time_in_force: self.command.time_in_force,
            ord_status: status.number(),
            flags: self.command.flags,
            account: self.command.account,
            instrument: self.command.instrument,
            command_index: at,
            order_sequence: self.sequence,
            order_id: self.id,
            cl_ord_id: self.command.cl_ord_id,
            cl_ord_id4: self.command.cl_ord_id4,
            session: self.command.session,
            price: self.price,
            quantity: self.cum + self.leaves,
            cum_quantity: self.cum,
            leaves_quantity: self.leaves,
            cum_notional_low,
            cum_notional_high,
            stop_price: self.stop_at(),
            display_quantity: self.command.display_quantity,
            ..Event::zeroed()
        }
    }

    pub(super) fn ended(&mut self, exec_type: ExecType, reason: u16, at: u32) -> Event {
        let status = match exec_type {
            ExecType::Expired => OrdStatus::Expired,
            _ => OrdStatus::Canceled,
        };
        Event { leaves_quantity: 0, reason, ..self.event(exec_type, status, at) }
    }
}

pub(super) fn before(event: Event, price: i64, quantity: i64) -> Event {
    Event { book_price_before: price, book_quantity_before: quantity, ..event }
}

pub(super) fn after(event: Event, quantity: i64) -> Event {
    Event { book_quantity_after: quantity, flags: event.flags | FLAG_RESTS, ..event }
}
