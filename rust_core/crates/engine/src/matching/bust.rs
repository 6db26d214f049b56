//! Trades that an operator says were none.

use bytemuck::Zeroable;

use super::mass::MAX_SWEEPS_AND_KILLS;
use super::{Context, MatchingEngine};
use crate::batch::Fills;
use crate::pod::{Command, Event, ExecType, Side, FLAG_REDUCE_ONLY, MAX_PRICE, MAX_QUANTITY};
use crate::reject::Reject;

/// The most sides of trades that are busted in the life of a shard.
const MAX_BUSTED: usize = 65_536;

impl MatchingEngine {
    /// Says that one side of a trade is void. Books, stops and the last trade stay as they are, but
    /// for orders that only reduce the position that the trade had made.
    pub(super) fn bust(&mut self, at: Context<'_>, fills: &mut Fills) -> Result<(), Reject> {
        let command = at.command;
        if self.slot(command.instrument).is_none() {
            return Err(Reject::UnknownSymbol);
        }
        let sells = match Side::try_from(command.side) {
            Ok(Side::Buy) => false,
            Ok(Side::Sell) => true,
            _ => return Err(Reject::UnsupportedCharacteristic),
        };
        if !(1..=MAX_QUANTITY).contains(&command.quantity) {
            return Err(Reject::IncorrectQuantity);
        }
        if !(1..=MAX_PRICE).contains(&command.price) {
            return Err(Reject::TickSize);
        }
        let match_id = u64::try_from(command.expire_time).unwrap_or(0);
        if match_id == 0 || match_id > self.matches {
            return Err(Reject::UnknownOrder);
        }
        let side_of_trade = match_id << 1 | u64::from(sells);
        let Err(place) = self.busted.binary_search(&side_of_trade) else {
            return Err(Reject::TooLate);
        };
        if self.busted.len() == MAX_BUSTED || self.sweeps.len() == MAX_SWEEPS_AND_KILLS {
            return Err(Reject::SystemUnavailable);
        }
        self.busted.insert(place, side_of_trade);
        fills.events.push(Event {
            exec_type: ExecType::TradeBust.number(),
            side: command.side,
            account: command.account,
            instrument: command.instrument,
            command_index: at.index,
            order_id: command.order_id,
            last_price: command.price,
            last_quantity: command.quantity,
            match_id,
            ..Event::zeroed()
        });
        if command.account != 0 {
            let side = if sells { Side::Buy } else { Side::Sell }.number();
            let reduces = (command.account, command.instrument, side);
            self.undone.insert(reduces, at.batch.sequence);
        }
        self.cancel_reducing(at, fills);
        Ok(())
    }

    /// Why a new order is refused that is to reduce a position which, when risk let it pass, it
    /// didn't know yet to be less for a bust. Those that came before the bust it cancels.
    #[inline]
    pub(super) fn refusal_of_undone(&self, command: &Command) -> Option<Reject> {
        if self.undone.is_empty() || command.flags & FLAG_REDUCE_ONLY == 0 {
            return None;
        }
        let reduces = (command.account, command.instrument, command.side);
        self.undone.contains_key(&reduces).then_some(Reject::ReduceOnly)
    }
}
