//! What a request is in itself, and whether its numbers fit its instrument.

use engine::pod::{
    ClOrdId, Command, Instrument, OrdType, OrderTerms, TimeInForce, FLAG_CANCEL_ON_DISCONNECT,
    FLAG_LEAVES, FLAG_SELF_TRADE_OF_ACCOUNT, MAX_PRICE, MAX_QUANTITY,
};
use engine::reject::Reject;

use super::{refuse, Content, ReferenceRisk};

pub(super) fn content(
    command: &Command,
    orig: Option<&ClOrdId>,
    terms: Option<OrderTerms>,
) -> Content {
    let mut plain = *command;
    if command.flags & FLAG_SELF_TRADE_OF_ACCOUNT != 0 {
        plain.self_trade_prevention = 0;
        plain.self_trade_group = 0;
    }
    plain.flags &= !(FLAG_CANCEL_ON_DISCONNECT | FLAG_SELF_TRADE_OF_ACCOUNT);
    plain.session = 0;
    plain.orig_cl_ord_id_index = 0;
    plain.payload_index = 0;
    (bytemuck::cast(plain), orig.copied(), terms)
}

/// What only a new order says.
pub(super) fn odd(command: &Command) -> bool {
    (command.display_quantity, command.min_quantity, command.expire_time) != (0, 0, 0)
        || (command.self_trade_group, command.link, command.self_trade_prevention) != (0, 0, 0)
}

/// Which of its prices a new order has to have, may have, and is counted at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Priced {
    ByLimit,
    ByLimitIfAny,
    ByStopIfAny,
    Not,
}

/// How a new order is priced, if it is one.
pub(super) fn priced(command: &Command) -> Option<Priced> {
    let priced = match OrdType::try_from(command.ord_type).ok()? {
        OrdType::None => return None,
        OrdType::Limit | OrdType::StopLimit => Priced::ByLimit,
        OrdType::Pegged => Priced::ByLimitIfAny,
        OrdType::Stop => Priced::ByStopIfAny,
        OrdType::Market | OrdType::MarketToLimit => Priced::Not,
    };
    let time = TimeInForce::try_from(command.time_in_force).ok()?;
    // Bits 1 to 7.
    let good = (command.side == 1 || command.side == 2)
        && time != TimeInForce::None
        && (time == TimeInForce::Gtd || command.expire_time == 0)
        && command.flags & !0b1111_1110 == 0
        && command.order_id == 0
        && (command.price == 0 || matches!(priced, Priced::ByLimit | Priced::ByLimitIfAny));
    good.then_some(priced)
}

impl ReferenceRisk {
    /// Whether a price is one, and a multiple of its tick size.
    pub(super) fn on_tick(&self, instrument: &Instrument, price: i64) -> bool {
        let rules = self.rules.get(&instrument.id);
        let band = rules.and_then(|rules| {
            let bands = rules.tick_from.into_iter().zip(rules.tick_size);
            bands.rev().find(|&(from, size)| size != 0 && from <= price)
        });
        let tick = band.map_or(instrument.tick_size, |(_, size)| size);
        (1..=MAX_PRICE).contains(&price) && price % tick == 0
    }

    pub(super) fn replace_terms_fit(
        &self,
        command: &Command,
        instrument: Option<&Instrument>,
    ) -> Result<(), Reject> {
        let quantity = command.quantity;
        let total = command.flags & FLAG_LEAVES == 0;
        let quantity_fits = quantity == 0
            || instrument.map_or((0..=MAX_QUANTITY).contains(&quantity), |instrument| {
                let most = match instrument.max_quantity {
                    0 => MAX_QUANTITY,
                    most => most,
                };
                (1..=most).contains(&quantity)
                    && quantity % instrument.lot_size == 0
                    && (!total || quantity >= instrument.min_quantity)
            });
        if !quantity_fits {
            return refuse(Reject::IncorrectQuantity);
        }
        for price in [command.price, command.stop_price] {
            let fits = match instrument {
                Some(instrument) => self.on_tick(instrument, price),
                None => (1..=MAX_PRICE).contains(&price),
            };
            if price != 0 && !fits {
                return refuse(Reject::TickSize);
            }
        }
        if instrument.is_some_and(|instrument| instrument.flags & 1 == 0) {
            return refuse(Reject::MarketClosed);
        }
        Ok(())
    }
}
