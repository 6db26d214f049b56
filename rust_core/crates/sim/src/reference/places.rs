//! Where orders are, how they get there and leave, and what a trade does to two of them.

use engine::pod::{Event, ExecType, Liquidity, Side};
use engine::Fills;

use super::order::{after, before};
use super::{side_number, At, Open, Place, Queues, Reference, Turn};

impl Reference {
    /// What is left of an order that is nowhere ends.
    pub(super) fn drop_rest(&mut self, id: u64, reason: u16, at: At, fills: &mut Fills) {
        assert_eq!(self.orders[&id].place, Place::Nowhere, "it rests and can't be dropped");
        self.leave(id, ExecType::Canceled, reason, at, fills);
    }

    /// Ends an order wherever it is.
    pub(super) fn leave(
        &mut self,
        id: u64,
        exec_type: ExecType,
        reason: u16,
        at: At,
        fills: &mut Fills,
    ) {
        let was = self.orders[&id].shows();
        let limit = self.take(id) == Place::Limit;
        let mut order = self.orders.remove(&id).expect("open");
        let event = order.ended(exec_type, reason, at.index);
        fills.events.push(if limit { before(event, order.price, was) } else { event });
        self.gone(&order, at, fills);
    }

    /// What hangs on an order that has ended.
    pub(super) fn gone(&mut self, order: &Open, at: At, fills: &mut Fills) {
        let book = self.books.get_mut(&order.command.instrument).expect("known");
        book.pegged.remove(&order.id);
        self.unlink(order, at, fills);
    }

    pub(super) fn decrement(&mut self, id: u64, quantity: i64, at: u32, fills: &mut Fills) {
        let order = self.orders.get_mut(&id).expect("open");
        let was = order.shows();
        order.leaves -= quantity;
        let refilled = order.show_less(quantity);
        let event = Event { reason: 20, ..order.event(ExecType::Restated, order.status(), at) };
        fills.events.push(order.told(event, was));
        if refilled {
            self.move_back(id);
        }
    }

    pub(super) fn trade(
        &mut self,
        parts: [(u64, Liquidity); 2],
        price: i64,
        quantity: i64,
        at: At,
        fills: &mut Fills,
    ) {
        self.matches += 1;
        let instrument = self.orders[&parts[0].0].command.instrument;
        let mut ended = Vec::new();
        for (id, liquidity) in parts {
            let order = self.orders.get_mut(&id).expect("open");
            let was = order.shows();
            // In an auction, and in the second of two trades, what is hidden goes first.
            let hidden = order.leaves - was;
            let shown = match (liquidity, order.turn) {
                (Liquidity::Auction, Turn::Only) => (quantity - hidden).max(0),
                (_, Turn::Second) => 0,
                _ => quantity,
            };
            order.leaves -= quantity;
            order.cum += quantity;
            order.notional += i128::from(price) * i128::from(quantity);
            let refilled = match order.turn {
                Turn::Only | Turn::Swept => order.show_less(shown),
                Turn::First => {
                    order.show_less(shown);
                    false
                }
                Turn::Second => {
                    order.show_less(shown);
                    true
                }
            };
            let event = Event {
                last_price: price,
                last_quantity: quantity,
                liquidity: liquidity.number(),
                match_id: self.matches,
                ..order.event(ExecType::Trade, order.status(), at.index)
            };
            fills.events.push(order.told(event, was));
            if order.place != Place::Nowhere && order.leaves == 0 {
                self.take(id);
                ended.push(self.orders.remove(&id).expect("open"));
            } else if refilled {
                self.move_back(id);
            }
        }
        self.print(instrument, price);
        for (id, liquidity) in parts {
            if liquidity == Liquidity::Auction {
                self.books.get_mut(&instrument).expect("known").auctioned = price;
            }
            match ended.iter().find(|order| order.id == id) {
                Some(order) => self.gone(order, at, fills),
                None => self.cut_partner(id, at, fills),
            }
        }
    }

    fn move_back(&mut self, id: u64) {
        let order = &self.orders[&id];
        let (place, shown) = (order.place, order.shown);
        if place != Place::Nowhere {
            self.take(id);
            self.put(id, place);
            self.orders.get_mut(&id).expect("open").shown = shown;
        }
    }

    /// Notes the price of a trade, which trailing stops follow.
    pub(super) fn print(&mut self, instrument: u32, price: i64) {
        let book = self.books.get_mut(&instrument).expect("known");
        book.last_trade = price;
        for id in book.trailing.iter().flatten() {
            let order = self.orders.get_mut(id).expect("open");
            if order.elected {
                continue;
            }
            let better = match order.side {
                Side::Buy => price < order.watermark,
                _ => price > order.watermark,
            };
            if order.watermark == 0 {
                if order.starts_trailing(price) {
                    order.watermark = price;
                }
            } else if better {
                order.watermark = price;
            } else {
                order.elected = order.is_reached(price);
            }
        }
    }

    /// An order without a price that risk has bounded doesn't rest beyond its bound.
    pub(super) fn hold_to_bound(&mut self, id: u64) {
        let order = self.orders.get_mut(&id).expect("open");
        if let (0, Some(worst)) = (order.price, order.bound) {
            order.price = self.books[&order.command.instrument].within(order.side, worst);
        }
    }

    /// An order that is nowhere comes to rest; the last event of its own says so.
    pub(super) fn rest(&mut self, id: u64, fills: &mut Fills) {
        self.hold_to_bound(id);
        let price = self.orders[&id].price;
        let own = fills.events.iter().rposition(|event| event.order_id == id);
        let own = own.expect("it had an event in this message");
        fills.events[own].price = price;
        if price == 0 {
            return self.put(id, Place::Market);
        }
        self.put(id, Place::Limit);
        fills.events[own] = after(fills.events[own], self.orders[&id].shows());
    }

    pub(super) fn put(&mut self, id: u64, place: Place) {
        let order = self.orders.get_mut(&id).expect("open");
        order.place = place;
        order.shown = order.command.display_quantity.min(order.leaves);
        let side = side_number(order.side);
        let book = self.books.get_mut(&order.command.instrument).expect("known");
        book.floored += usize::from(place == Place::Limit && order.has_floor());
        match place {
            Place::Nowhere | Place::Suspended => {}
            Place::Limit => book.limits[side].entry(order.key()).or_default().push_back(id),
            Place::Stop => {
                let key = -order.key_of(order.stop);
                book.stops[side].entry(key).or_default().push_back(id);
            }
            Place::Market => book.markets[side].push_back(id),
            Place::Trailing => book.trailing[side].push_back(id),
            Place::Waiting => book.waiting[side].push_back(id),
            Place::Exit => drop(book.exits.insert(id)),
        }
    }

    /// Takes an order from where it is, and says where that was.
    pub(super) fn take(&mut self, id: u64) -> Place {
        let order = self.orders.get_mut(&id).expect("open");
        let place = std::mem::replace(&mut order.place, Place::Nowhere);
        let side = side_number(order.side);
        let book = self.books.get_mut(&order.command.instrument).expect("known");
        book.floored -= usize::from(place == Place::Limit && order.has_floor());
        match place {
            Place::Nowhere | Place::Suspended => {}
            Place::Limit => take_from(&mut book.limits[side], order.key(), id),
            Place::Stop => take_from(&mut book.stops[side], -order.key_of(order.stop), id),
            Place::Market => book.markets[side].retain(|&other| other != id),
            Place::Trailing => book.trailing[side].retain(|&other| other != id),
            Place::Waiting => book.waiting[side].retain(|&other| other != id),
            Place::Exit => drop(book.exits.remove(&id)),
        }
        place
    }
}

fn take_from(side: &mut Queues, key: i64, id: u64) {
    let queue = side.get_mut(&key).expect("an order has a level");
    queue.retain(|&other| other != id);
    if queue.is_empty() {
        side.remove(&key);
    }
}
