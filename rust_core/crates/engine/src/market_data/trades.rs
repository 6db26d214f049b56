//! Trades as everybody may see them, read from the events of FILLS.
//!
//! A trade is two events that follow one another: the taker's and the maker's or, in an auction,
//! where nobody takes, the buyer's and the seller's. A trade that an operator undid is one event
//! for each side; the buyer's stands for both, so that a bust is told once.

use crate::pod::{Event, ExecType, Liquidity, Side, MAX_PRICE, MAX_QUANTITY};

/// A trade, blind to who traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Instrument id.
    pub instrument: u32,
    /// Index in the message of the taker's event, the buyer's in an auction or of a bust.
    pub event_index: u32,
    /// 1, 2, 3 … per shard; of a bust that of the trade that was undone.
    pub match_id: u64,
    /// The resting order's price, or the auction's.
    pub price: i64,
    /// Quantity.
    pub quantity: i64,
    /// Side of the taker; none in an auction or of a bust.
    pub aggressor: Side,
    /// The taker's order, the buyer's in an auction; 0 of a bust.
    pub taker_order_id: u64,
    /// The maker's order, the seller's in an auction; 0 of a bust.
    pub maker_order_id: u64,
    /// It was traded in an auction.
    pub auction: bool,
    /// It was undone.
    pub busted: bool,
}

impl Trade {
    /// The trade that the event at a place of a message begins; none: it begins no trade.
    ///
    /// # Errors
    ///
    /// If the other side is not the next event, or there is no such price or quantity.
    #[inline]
    pub fn read(events: &[Event], index: usize) -> Result<Option<Self>, &'static str> {
        let first = &events[index];
        let kind = first.exec_type;
        if kind != ExecType::Trade.number() && kind != ExecType::TradeBust.number() {
            return Ok(None);
        }
        let buys = first.side == Side::Buy.number();
        let taker = first.liquidity == Liquidity::Taker.number();
        let auction = first.liquidity == Liquidity::Auction.number();
        let busted = kind == ExecType::TradeBust.number();
        let begins = if busted { buys } else { taker || (auction && buys) };
        if !begins {
            return Ok(None);
        }
        if !is_deal(first.last_price, first.last_quantity) {
            return Err("a trade of nothing, or at no price");
        }
        let mut trade = Self {
            instrument: first.instrument,
            event_index: index as u32,
            match_id: first.match_id,
            price: first.last_price,
            quantity: first.last_quantity,
            aggressor: Side::None,
            taker_order_id: 0,
            maker_order_id: 0,
            auction: auction && !busted,
            busted,
        };
        if busted {
            return Ok(Some(trade));
        }
        let other = events.get(index + 1).filter(|other| is_other_side(first, other));
        trade.maker_order_id = other.ok_or("a trade without its other side")?.order_id;
        trade.taker_order_id = first.order_id;
        if taker {
            trade.aggressor = Side::try_from(first.side).map_err(|_| "a taker of no side")?;
        }
        Ok(Some(trade))
    }
}

/// Whether an event is the other side of the trade that one begins.
fn is_other_side(first: &Event, other: &Event) -> bool {
    let liquidity = if first.liquidity == Liquidity::Taker.number() {
        Liquidity::Maker
    } else {
        Liquidity::Auction
    };
    other.exec_type == ExecType::Trade.number()
        && other.liquidity == liquidity.number()
        && other.match_id == first.match_id
        && other.instrument == first.instrument
        && other.side != first.side
        && (other.last_price, other.last_quantity) == (first.last_price, first.last_quantity)
}

/// Whether a price and a quantity are those of an order or a trade: sums of them never overflow.
#[inline]
pub(super) fn is_deal(price: i64, quantity: i64) -> bool {
    (1..=MAX_PRICE).contains(&price) && (1..=MAX_QUANTITY).contains(&quantity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn event(kind: ExecType, side: Side, liquidity: Liquidity) -> Event {
        Event {
            exec_type: kind.number(),
            side: side.number(),
            liquidity: liquidity.number(),
            order_id: if side == Side::Buy { 11 } else { 22 },
            instrument: 3,
            match_id: 7,
            last_price: 100,
            last_quantity: 5,
            ..Event::zeroed()
        }
    }

    #[test]
    fn nobody_takes_in_an_auction_and_the_buyer_stands_first() {
        let pair =
            [Side::Buy, Side::Sell].map(|side| event(ExecType::Trade, side, Liquidity::Auction));
        let trade = Trade::read(&pair, 0).expect("a pair").expect("a trade");
        assert_eq!((trade.aggressor, trade.auction, trade.busted), (Side::None, true, false));
        assert_eq!((trade.taker_order_id, trade.maker_order_id), (11, 22));
        assert_eq!(Trade::read(&pair, 1), Ok(None), "the seller's event begins none");
        assert!(Trade::read(&pair[..1], 0).is_err());
    }

    #[test]
    fn a_taker_is_followed_by_its_maker() {
        let taker = event(ExecType::Trade, Side::Sell, Liquidity::Taker);
        let maker = event(ExecType::Trade, Side::Buy, Liquidity::Maker);
        let trade = Trade::read(&[taker, maker], 0).expect("a pair").expect("a trade");
        assert_eq!((trade.aggressor, trade.auction), (Side::Sell, false));
        assert_eq!((trade.taker_order_id, trade.maker_order_id), (22, 11));
        assert!(Trade::read(&[taker, taker], 0).is_err(), "two takers");
        let elsewhere = Event { instrument: 4, ..maker };
        assert!(Trade::read(&[taker, elsewhere], 0).is_err());
    }

    #[test]
    fn a_bust_is_told_once_and_names_nobody() {
        let sides =
            [Side::Sell, Side::Buy].map(|side| event(ExecType::TradeBust, side, Liquidity::None));
        assert_eq!(Trade::read(&sides, 0), Ok(None));
        let bust = Trade::read(&sides, 1).expect("well formed").expect("the buyer's");
        assert_eq!((bust.match_id, bust.price, bust.quantity), (7, 100, 5));
        assert_eq!((bust.busted, bust.auction, bust.aggressor), (true, false, Side::None));
        assert_eq!((bust.taker_order_id, bust.maker_order_id), (0, 0));
        let nothing = Event { last_quantity: 0, ..sides[1] };
        assert!(Trade::read(&[nothing], 0).is_err());
    }
}
