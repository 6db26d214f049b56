//! How a level is shared out by more than time: pro rata, and all that is shown first.

use alloc::vec::Vec;

use super::sweep::Party;
use super::{MatchingEngine, EVENTS_PER_TRADE};
use crate::book::side_index;
use crate::orders::{Place, NIL};
use crate::pod::{Event, Liquidity, SelfTrade, Side};
use crate::rules::Iceberg;

/// A level that is shared out.
#[derive(Clone, Copy)]
struct Level {
    slot: usize,
    head: u32,
    count: u32,
    price: i64,
    auction: bool,
}

/// What each order of a level gets of an incoming one, in two passes over the level.
#[derive(Clone, Copy)]
pub(super) enum Share {
    /// Top order, pro rata, the rest by time: what is to be shared, and among how much.
    ProRata { lot: i64, left: i64, among: i64 },
    /// Everything shown, then of what is hidden so much of so much, in proportion or by time; by
    /// time it is shared out elsewhere.
    Hidden { shown: i64, left: i64, among: i64, pro_rata: bool },
}

impl MatchingEngine {
    /// How a level is shared out, if by more than time. An order of one's own, one that wants all
    /// or a minimum or a linked one makes it go by time; so does a message without room for the
    /// whole level.
    pub(super) fn share_of_level(
        &self,
        index: u32,
        first: u32,
        slot: usize,
        mode: SelfTrade,
        room: usize,
    ) -> Option<Share> {
        let book = &self.books[slot];
        if !book.rules.pro_rata && book.rules.iceberg == Iceberg::ToTheBack {
            return None;
        }
        let taker = self.orders.get(index);
        let queue = book.sides[1 - side_index(taker.side())].queue(self.orders.get(first));
        let linked = self.orders.link(index).is_some();
        // What is hidden is a trade of its own where it goes by time.
        let pro_rata = book.rules.pro_rata || book.rules.iceberg == Iceberg::VisibleThenProRata;
        let trades = queue.orders as usize * if pro_rata { 1 } else { 2 };
        if linked || trades * EVENTS_PER_TRADE > room {
            return None;
        }
        let mut hidden = 0;
        let mut at = queue.first;
        while at != NIL {
            let own = mode != SelfTrade::Allow && self.orders.same_party(index, at);
            if own || self.orders.is_floored(at) || self.orders.link(at).is_some() {
                return None;
            }
            hidden += self.orders.get(at).leaves - self.orders.shown(at);
            at = self.orders.get(at).next;
        }
        if book.rules.pro_rata {
            let top = self.orders.shown(first).min(taker.leaves);
            let lot = book.instrument.lot_size;
            let among = queue.quantity - self.orders.shown(first);
            return Some(Share::ProRata { lot, left: (taker.leaves - top).min(among), among });
        }
        let left = (taker.leaves - queue.quantity).clamp(0, hidden);
        Some(Share::Hidden { shown: queue.quantity, left, among: hidden, pro_rata })
    }

    /// What an order gets before the rest goes by time.
    fn share(&self, maker: u32, first: u32, left_of_taker: i64, share: Share) -> i64 {
        let shown = self.orders.shown(maker);
        let of = |part: i64, whole: i64, left: i64| {
            (i128::from(part) * i128::from(left) / i128::from(whole.max(1))) as i64
        };
        match share {
            Share::ProRata { .. } if maker == first => shown.min(left_of_taker),
            Share::ProRata { left, among, .. } if left >= among => shown,
            Share::ProRata { lot, left, among } => {
                let lots = of(shown, among, left) / lot;
                if lots < 2 {
                    0
                } else {
                    lots * lot
                }
            }
            Share::Hidden { left, among, .. } => {
                of(self.orders.get(maker).leaves - shown, among, left)
            }
        }
    }

    /// Trades with all that a level shows and then, by time, with what it hides. A refilled order
    /// goes to the back when it has traded for the last time. Says where the taker's last event is.
    fn deal_shown_then_hidden(
        &mut self,
        index: u32,
        level: Level,
        mut hidden: i64,
        command_index: u32,
        events: &mut Vec<Event>,
    ) -> usize {
        let Level { slot, head, count, .. } = level;
        let mut last_event = events.len();
        let (mut at, mut first_hidden, mut hiding) = (head, NIL, 0);
        let mut left = hidden;
        for _ in 0..count {
            let maker = at;
            at = self.orders.get(maker).next;
            let shown = self.orders.shown(maker).min(self.orders.get(index).leaves);
            let hides = (self.orders.get(maker).leaves - self.orders.shown(maker)).min(left);
            left -= hides;
            if hides > 0 {
                first_hidden = if hiding == 0 { maker } else { first_hidden };
                hiding += 1;
            }
            self.orders.hold_place(maker, hides > 0);
            if shown > 0 {
                last_event = events.len();
                self.deal_in(level, index, Party::maker(maker), shown, command_index, events);
            }
        }
        let mut at = first_hidden;
        while hidden > 0 {
            let maker = at;
            at = self.orders.get(maker).next;
            let quantity = self.orders.get(maker).leaves.min(hidden);
            if self.orders.is_held(maker) {
                self.orders.hold_place(maker, false);
                hidden -= quantity;
                last_event = events.len();
                let maker_part = Party { shown: Some(0), ..Party::maker(maker) };
                let side = self.orders.get(maker).side();
                let stays = self.orders.get(maker).leaves > quantity;
                self.deal_in(level, index, maker_part, quantity, command_index, events);
                if stays {
                    let queues = self.books[slot].place_mut(Place::Limit, side);
                    queues.move_back(&mut self.orders, maker);
                }
            }
        }
        last_event
    }

    /// One trade of a taker with an order of a level.
    fn deal_in(
        &mut self,
        level: Level,
        taker: u32,
        maker: Party,
        quantity: i64,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let parts = if level.auction {
            let maker = Party { liquidity: Liquidity::Auction, ..maker };
            match self.orders.get(taker).side() {
                Side::Buy => [self.auctioned(taker, quantity), maker],
                _ => [maker, self.auctioned(taker, quantity)],
            }
        } else {
            [Party::taker(taker), maker]
        };
        self.deal_between(parts, level.slot, level.price, quantity, command_index, events);
    }

    /// An order in a trade of an auction. What an iceberg hides trades first, so that it keeps its
    /// place for all it has.
    pub(super) fn auctioned(&self, index: u32, quantity: i64) -> Party {
        let hidden = self.orders.get(index).leaves - self.orders.shown(index);
        let shown = Some((quantity - hidden).max(0));
        Party { index, liquidity: Liquidity::Auction, shown }
    }

    /// In an auction, lets an order of the side with less take from a level of the other side as a
    /// sweep does, where what is shown comes first. Says whether it did.
    #[expect(clippy::too_many_arguments, reason = "a trade's, and the room")]
    pub(super) fn uncross_level(
        &mut self,
        taker: u32,
        maker: u32,
        slot: usize,
        price: i64,
        room: usize,
        command_index: u32,
        events: &mut Vec<Event>,
    ) -> bool {
        if self.books[slot].rules.pro_rata || self.orders.get(maker).price == 0 {
            return false;
        }
        let Some(share) = self.share_of_level(taker, maker, slot, SelfTrade::Allow, room) else {
            return false;
        };
        self.deal_level(taker, maker, slot, share, Some(price), command_index, events);
        true
    }

    /// Trades with a whole level, at its price or an auction's, one trade with each order that gets
    /// something. Says where the taker's last event is.
    #[expect(clippy::too_many_arguments, reason = "a trade's, and the share")]
    pub(super) fn deal_level(
        &mut self,
        index: u32,
        first: u32,
        slot: usize,
        share: Share,
        auction_price: Option<i64>,
        command_index: u32,
        events: &mut Vec<Event>,
    ) -> usize {
        let taker = *self.orders.get(index);
        let maker_side = &self.books[slot].sides[1 - side_index(taker.side())];
        let &crate::book::Queue { orders: count, first: head, .. } =
            maker_side.queue(self.orders.get(first));
        let price = auction_price.unwrap_or(self.orders.get(first).price);
        let level = Level { slot, head, count, price, auction: auction_price.is_some() };
        if let Share::Hidden { left, pro_rata: false, .. } = share {
            return self.deal_shown_then_hidden(index, level, left, command_index, events);
        }
        let mut rest = match share {
            Share::ProRata { left, .. } => left + self.orders.shown(first).min(taker.leaves),
            Share::Hidden { left, .. } => left,
        };
        let mut at = head;
        for _ in 0..count {
            rest -= self.share(at, head, taker.leaves, share);
            at = self.orders.get(at).next;
        }
        let mut last_event = events.len();
        let mut visible = match share {
            Share::Hidden { shown, .. } => shown.min(taker.leaves),
            Share::ProRata { .. } => 0,
        };
        let mut at = head;
        for _ in 0..count {
            let maker = at;
            at = self.orders.get(maker).next;
            let shown = self.orders.shown(maker);
            let mut quantity = self.share(maker, head, taker.leaves, share);
            let most = match share {
                Share::ProRata { .. } => shown,
                Share::Hidden { .. } => self.orders.get(maker).leaves - shown,
            };
            let more = rest.min(most - quantity);
            rest -= more;
            quantity += more;
            if let Share::Hidden { .. } = share {
                let seen = visible.min(shown);
                visible -= seen;
                quantity += seen;
            }
            if quantity > 0 {
                last_event = events.len();
                self.deal_in(level, index, Party::maker(maker), quantity, command_index, events);
            }
        }
        last_event
    }
}
