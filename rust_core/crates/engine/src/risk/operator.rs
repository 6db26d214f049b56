//! Operators' commands about markets and trades, and cancels of many orders at once.
//!
//! What they do to orders reaches risk through FILLS, like everything else that happens. What they
//! change of what orders are judged by, a reference price or tick sizes, holds from their place in
//! ORDERS on.

use super::judge::Known;
use super::shape::{earliest, when};
use super::{accepted, refused, repeated, Context, RiskEngine, Ruling};
use crate::pod::{Command, SessionState, Side, MAX_PRICE, MAX_QUANTITY};
use crate::reject::Reject;
use crate::table::NONE;

/// A command of which nothing is kept: it goes on unless there is a reason why not.
fn ruling(failure: Option<Reject>) -> Ruling {
    failure.map_or(accepted(0), |reason| refused(0, reason))
}

impl RiskEngine {
    pub(super) fn set_rules(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let payload = context.batch.rules.get(usize::from(command.payload_index));
        let set = payload
            .ok_or(Reject::UnsupportedCharacteristic)
            .and_then(|rules| self.reference.set_rules(rules));
        ruling(set.err())
    }

    pub(super) fn set_fees(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let payload = context.batch.fees.get(usize::from(command.payload_index));
        let Some(schedule) = payload.filter(|schedule| schedule.is_valid()) else {
            return refused(0, Reject::UnsupportedCharacteristic);
        };
        match self.reference.holder_place(schedule.account, schedule.flags) {
            Ok(place) => self.fees.set(place, schedule),
            Err(reason) => return refused(0, reason),
        }
        accepted(0)
    }

    pub(super) fn set_session(&mut self, command: &Command) -> Ruling {
        let instrument = self.reference.instrument_place(command.instrument);
        let unknown = SessionState::try_from(command.payload_index).is_err();
        ruling(earliest![
            when(instrument.is_none(), Reject::UnknownSymbol),
            when(unknown, Reject::UnsupportedCharacteristic),
            when(!(0..=MAX_PRICE).contains(&command.price), Reject::TickSize),
        ])
    }

    /// The last trade is at this price by an operator's word; collars refer to it.
    pub(super) fn set_last_trade(&mut self, command: &Command) -> Ruling {
        let Some(instrument) = self.reference.instrument_place(command.instrument) else {
            return refused(0, Reject::UnknownSymbol);
        };
        if !(1..=MAX_PRICE).contains(&command.price) {
            return refused(0, Reject::TickSize);
        }
        let today = self.today();
        self.reference.listed[instrument as usize].print(command.price, today);
        self.note_move(instrument);
        accepted(0)
    }

    /// Cancels of all orders of an account, or of all accounts. Never refused for a limit, nor
    /// because the account is disabled; a retry under the same client order id is a repeat.
    pub(super) fn mass_cancel(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let account = match command.account {
            0 => NONE,
            id => match self.reference.account_place(id) {
                Some(place) => place,
                None => return refused(0, Reject::UnknownAccount),
            },
        };
        let request = self.request_of(account, command, context.hashes, None);
        if let Known::Same(at) = request.known {
            return repeated(0, self.ids.get(at).place);
        }
        let unlisted = command.instrument != 0
            && self.reference.instrument_place(command.instrument).is_none();
        let failure = earliest![
            when(unlisted, Reject::UnknownSymbol),
            when(request.known == Known::Other, Reject::DuplicateClOrdId),
            when(
                Side::try_from(command.side).is_err() || command.flags != 0,
                Reject::UnsupportedCharacteristic,
            ),
            when(request.known == Known::Burnt, Reject::Stale),
        ];
        let reason = failure.unwrap_or(Reject::Other);
        self.remember(&request, context.place, reason);
        ruling(failure)
    }

    /// One side of a trade is undone. Risk looks whether it can take that in when it happens; which
    /// trades there were is matching's to know.
    pub(super) fn bust_trade(&mut self, command: &Command) -> Ruling {
        let Some(account) = self.reference.account_place(command.account) else {
            return refused(0, Reject::UnknownAccount);
        };
        let Some(instrument) = self.reference.instrument_place(command.instrument) else {
            return refused(0, Reject::UnknownSymbol);
        };
        let sides = [Side::Buy.number(), Side::Sell.number()];
        let failure = earliest![
            when(!sides.contains(&command.side), Reject::UnsupportedCharacteristic),
            when(!(1..=MAX_QUANTITY).contains(&command.quantity), Reject::IncorrectQuantity),
            when(!(1..=MAX_PRICE).contains(&command.price), Reject::TickSize),
        ];
        if failure.is_none() && self.holding_or_new(account, instrument).is_none() {
            return refused(0, Reject::SystemUnavailable);
        }
        ruling(failure)
    }
}
