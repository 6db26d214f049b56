//! Auctions, by trying every price that could be another's better.

use bytemuck::Zeroable;
use engine::pod::{ExecType, Liquidity, MarketStatus, SelfTrade, TimeInForce, MAX_STATUSES};
use engine::rules::{Criterion, Residual};
use engine::Fills;

use super::trading::turn_of;
use super::{At, Open, Place, Reference, Turn};

/// A price, what buys at it or higher, and what sells at it or lower.
type Tried = (i64, i64, i64);
/// An order, its price, 0 for a market order, what of it takes part, and whether the price is the
/// worst that it may trade at, having none.
type Interest = (u64, i64, i64, bool);

fn tried_at(interest: &[Vec<Interest>; 2], price: i64) -> Tried {
    let sum = |side: usize, meets: &dyn Fn(i64) -> bool| {
        let meeting = interest[side].iter().filter(|&&(_, own, ..)| own == 0 || meets(own));
        meeting.map(|&(_, _, left, _)| left).sum()
    };
    (price, sum(0, &|own| own >= price), sum(1, &|own| own <= price))
}

impl Reference {
    /// What takes part in an auction: the price, 0 for a market order, and the quantity.
    fn interest(&self, id: u32, side: usize) -> Vec<Interest> {
        let book = &self.books[&id];
        let limits = book.limits[side].values().flatten();
        let in_order = book.markets[side].iter().chain(limits).map(|id| &self.orders[id]);
        // Of two of which one goes when the other trades only the one that trades first counts.
        let is_second = |order: &Open| {
            let partner = self.partner(order.id).map(|id| &self.orders[&id]);
            partner.is_some_and(|partner| {
                let rank = |order: &Open| (order.key(), order.id);
                partner.place == Place::Limit && rank(partner) < rank(order)
            })
        };
        in_order
            .map(|order| {
                let out = order.has_floor() || is_second(order);
                let left = if out { 0 } else { order.leaves };
                (order.id, order.price, left, order.bound.is_some())
            })
            .collect()
    }

    /// Price, quantity and imbalance of an auction now, if anything would trade.
    pub(super) fn auction(&self, id: u32) -> Option<(i64, i64, i64)> {
        let book = &self.books[&id];
        let named = [book.reference, book.instrument.reference_price, book.last_trade];
        let reference = named.into_iter().find(|&price| price != 0);
        let interest = [self.interest(id, 0), self.interest(id, 1)];
        let market = |side: usize| {
            let orders = interest[side].iter().filter(|(_, price, ..)| *price == 0);
            orders.map(|(_, _, left, _)| left).sum::<i64>()
        };
        let prices = |side: usize| {
            interest[side].iter().map(|(_, price, ..)| *price).filter(|&price| price != 0)
        };
        // Only who names a price can make it the auction's.
        let (worst, named): (Vec<Interest>, Vec<Interest>) =
            interest.iter().flatten().filter(|(_, price, ..)| *price != 0).partition(|of| of.3);
        let mut candidates: Vec<i64> = named.iter().map(|(_, price, ..)| *price).collect();
        if market(0) + market(1) == 0 {
            // Nothing trades above the best bid or below the best ask.
            let (bid, ask) = (prices(0).max()?, prices(1).min()?);
            candidates.retain(|&price| price >= ask && price <= bid);
        }
        candidates.sort_unstable();
        candidates.dedup();
        let price = match (candidates.first(), candidates.last()) {
            (Some(&lowest), Some(&highest)) => {
                if book.rules.all_ticks {
                    // What meets changes at orders' prices and bounds only, so between two of them
                    // the ends stand for all, and so do the ticks beside the reference.
                    let others = worst.iter().map(|(_, price, ..)| *price).chain(reference);
                    let down: Vec<i64> =
                        others.filter_map(|price| book.rounded_down(price)).collect();
                    let points = candidates.iter().chain(&down);
                    let beside = points.flat_map(|&price| {
                        [book.one_down(price).unwrap_or(0), price, book.one_up(price)]
                    });
                    let mut ticks: Vec<i64> =
                        beside.filter(|price| (lowest..=highest).contains(price)).collect();
                    ticks.sort_unstable();
                    ticks.dedup();
                    candidates = ticks;
                }
                // Where nothing trades at any of them, maybe it does at the reference.
                self.choose(id, &interest, &candidates, reference).or(reference)?
            }
            _ => reference?,
        };
        let (_, buys, sells) = tried_at(&interest, price);
        (buys.min(sells) > 0).then_some((price, buys.min(sells), buys - sells))
    }

    fn choose(
        &self,
        id: u32,
        interest: &[Vec<Interest>; 2],
        candidates: &[i64],
        reference: Option<i64>,
    ) -> Option<i64> {
        let book = &self.books[&id];
        let rules = book.rules;
        let mut left: Vec<Tried> =
            candidates.iter().map(|&price| tried_at(interest, price)).collect();
        let volume = |&(_, buys, sells): &Tried| buys.min(sells);
        let surplus = |&(_, buys, sells): &Tried| buys - sells;
        if left.iter().all(|tried| volume(tried) == 0) {
            return None;
        }
        for criterion in rules.criteria {
            let (lowest, highest) = (left[0].0, left[left.len() - 1].0);
            match criterion {
                Criterion::None => {}
                Criterion::MaxVolume => {
                    let most = left.iter().map(volume).max()?;
                    left.retain(|tried| volume(tried) == most);
                }
                Criterion::MinSurplus => {
                    let least = left.iter().map(|tried| surplus(tried).abs()).min()?;
                    left.retain(|tried| surplus(tried).abs() == least);
                }
                Criterion::MarketPressure => {
                    if left.iter().all(|tried| surplus(tried) > 0) {
                        left.retain(|tried| tried.0 == highest);
                    } else if left.iter().all(|tried| surplus(tried) < 0) {
                        left.retain(|tried| tried.0 == lowest);
                    }
                }
                Criterion::Reference => {
                    if let Some(reference) = reference {
                        let near = |tried: &Tried| (tried.0 - reference).abs();
                        let nearest = left.iter().map(near).min()?;
                        left.retain(|tried| near(tried) == nearest);
                        return left.last().map(|tried| tried.0);
                    }
                }
                Criterion::MidpointFloor => {
                    // Not below all of them, where less would trade.
                    let middle = book.rounded_down((lowest + highest) / 2);
                    return Some(middle.unwrap_or(0).max(lowest));
                }
            }
        }
        left.last().map(|tried| tried.0)
    }

    /// Tells at the end of a message what auctions would do, where it may have changed that.
    pub(super) fn indicate_all(&mut self, fills: &mut Fills) {
        for (id, command_index) in std::mem::take(&mut self.touched) {
            if self.books[&id].session.collects() && !self.pending.contains(&id) {
                self.indicate(id, command_index, fills);
            }
        }
    }

    fn indicate(&mut self, id: u32, command_index: u32, fills: &mut Fills) {
        let told = self.auction(id).unwrap_or((0, 0, 0));
        if told != self.books[&id].indicated && fills.statuses.len() >= MAX_STATUSES {
            return self.postpone(id);
        }
        let book = self.books.get_mut(&id).expect("known");
        if told != book.indicated {
            book.indicated = told;
            fills.statuses.push(MarketStatus {
                instrument: id,
                command_index,
                session: book.session.number(),
                price: told.0,
                quantity: told.1,
                imbalance: told.2,
                ..MarketStatus::zeroed()
            });
        }
    }

    /// What the orders of a level give to one of the side with less, where what is shown comes
    /// first.
    fn shares_in_auction(
        &self,
        id: u32,
        taker: u64,
        maker: u64,
        at: At,
        fills: &Fills,
    ) -> Option<Vec<(u64, i64)>> {
        let level = self.level_of(maker);
        let most = level.len() * if self.hidden_trades_apart(taker) { 4 } else { 2 };
        let fits = at.room(fills) >= most;
        if self.books[&id].rules.pro_rata || !fits || level.first() != Some(&maker) {
            return None;
        }
        self.shares(taker, maker, &level, SelfTrade::Allow)
    }

    /// Ends an auction; says whether that fitted into the message.
    pub(super) fn leave_auction(&mut self, id: u32, at: At, fills: &mut Fills) -> bool {
        let (session, price) = self.books[&id].leaving.expect("an auction ends");
        let (_, buys, sells) = tried_at(&[self.interest(id, 0), self.interest(id, 1)], price);
        loop {
            let first = |side: usize| {
                let meets = |own: i64| match side {
                    0 => own == 0 || own >= price,
                    _ => own <= price,
                };
                let interest = self.interest(id, side).into_iter();
                let trades = |own: i64, left: i64| price != 0 && left > 0 && meets(own);
                let mut in_turn = interest.filter(|&(_, own, left, _)| trades(own, left));
                in_turn.next().map(|(order, _, left, _)| (order, left))
            };
            let (Some((buyer, bought)), Some((seller, sold))) = (first(0), first(1)) else { break };
            if at.room(fills) < 2 + self.partners(&[buyer, seller]) {
                return false;
            }
            let (taker, maker) = if buys > sells { (seller, buyer) } else { (buyer, seller) };
            if let Some(shares) = self.shares_in_auction(id, taker, maker, at, fills) {
                for (place, &(maker, quantity)) in shares.iter().enumerate() {
                    let turn = match turn_of(&shares, place) {
                        Turn::Only => Turn::Swept,
                        turn => turn,
                    };
                    self.orders.get_mut(&maker).expect("open").turn = turn;
                    let parts = if buys > sells { [maker, taker] } else { [taker, maker] };
                    let parts = parts.map(|order| (order, Liquidity::Auction));
                    self.trade(parts, price, quantity, at, fills);
                    if let Some(maker) = self.orders.get_mut(&maker) {
                        maker.turn = Turn::Only;
                    }
                }
                continue;
            }
            let parts = [(buyer, Liquidity::Auction), (seller, Liquidity::Auction)];
            self.trade(parts, price, bought.min(sold), at, fills);
        }
        self.books.get_mut(&id).expect("known").leaving = Some((session, 0));
        while let Some((order, exec_type)) = self.leftover(id) {
            if at.room(fills) < 1 + self.partners(&[order]) {
                return false;
            }
            self.leave(order, exec_type, 0, at, fills);
        }
        self.books.get_mut(&id).expect("known").leaving = None;
        self.set_session(id, session);
        true
    }

    fn leftover(&self, id: u32) -> Option<(u64, ExecType)> {
        let book = &self.books[&id];
        let markets = book.markets.iter().flatten();
        let limits = book.limits.iter().flat_map(|queues| queues.values().flatten());
        markets.chain(limits).map(|id| &self.orders[id]).find_map(|order| {
            let time = TimeInForce::try_from(order.command.time_in_force).expect("checked");
            match time {
                TimeInForce::AtTheOpen | TimeInForce::AtTheClose | TimeInForce::GoodForAuction => {
                    Some((order.id, ExecType::Expired))
                }
                _ if order.bound.is_some() => Some((order.id, ExecType::Canceled)),
                _ if order.price == 0 && book.rules.residual != Residual::Rest => {
                    Some((order.id, ExecType::Canceled))
                }
                _ => None,
            }
        })
    }
}
