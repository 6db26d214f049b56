//! The requests of a run: orders of every kind, good and bad, and what operators do.

use bytemuck::Zeroable;
use engine::pod::{
    Account, ClOrdId, Command, CommandKind, Contingency, Flow, InstrumentRules, Leg, Limits,
    OrdType, OrderTerms, Side, TimeInForce, ACCOUNT_ENABLED, FLAG_ALL_OR_NONE,
    FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE,
    FLAG_REDUCE_ONLY, FLAG_SELF_TRADE_OF_ACCOUNT, FLAG_TERMS, LIMITS_OF_FIRM, LIMITS_OF_VENUE,
};
use engine::risk::bits;

use super::{name, reference_command, Orders, RiskLoop, UNIT};
use crate::rng::Rng;

impl RiskLoop {
    pub(super) fn request(&mut self, orders: &mut Orders) {
        if self.rng.per_mille(if self.world.calm { 2 } else { 8 }) {
            return match self.rng.per_mille(200) {
                true => self.kill_session(orders),
                false => self.kill(orders),
            };
        }
        if self.rng.per_mille(10) {
            return self.set_conversion(orders);
        }
        if self.rng.per_mille(10) {
            return self.set_fees(orders);
        }
        if self.rng.per_mille(40) {
            return self.unkill(orders);
        }
        if self.rng.per_mille(50) {
            return self.twin(orders);
        }
        if self.rng.per_mille(120) {
            return self.list(orders);
        }
        match self.rng.weighted(&[500, 140, 220, 60, 30, 6, 40, 10]) {
            0 => self.new_order(orders),
            1 => self.change(orders, CommandKind::CancelOrder),
            2 => self.change(orders, CommandKind::ReplaceOrder),
            3 => self.again(orders),
            4 => {
                let account = 1 + self.rng.below(u64::from(self.world.accounts - 1)) as u32;
                let last = self.last_is_open && self.rng.per_mille(200);
                self.set_limits(orders, if last { self.world.accounts } else { account });
            }
            5 => {
                // The last one comes when its groups have limits.
                let last = self.world.accounts;
                let most = if self.log.len() > 1_500 { last } else { last - 1 };
                let id = 1 + self.rng.below(most.into()) as u32;
                let enabled = if self.world.calm { 990 } else { 900 };
                let flags = if self.rng.per_mille(enabled) { ACCOUNT_ENABLED } else { 0 };
                let index = orders.accounts.len();
                orders.commands.push(reference_command(CommandKind::SetAccount, index));
                orders.accounts.push(Account { flags, ..self.world.account(id) });
                self.opens_last |= id == last;
            }
            6 => self.operate(orders),
            _ => {
                let id = 1 + self.rng.below(self.world.instruments.into()) as u32;
                let index = orders.instruments.len();
                orders.commands.push(reference_command(CommandKind::SetInstrument, index));
                let mut changed = self.world.instrument(id);
                changed.flags =
                    u16::from(self.rng.per_mille(if self.world.calm { 990 } else { 920 }));
                changed.initial_margin_bps = self.rng.below(3) as u32 * 5_000;
                let part = self.rng.below(5);
                changed.maintenance_margin_bps = u64::from(changed.initial_margin_bps) * part / 4;
                changed.tick_size *= self.rng.pick(&[1, 1, 1, 2]);
                orders.instruments.push(changed);
            }
        }
    }

    /// A kill switch of somebody who is there, or not.
    fn kill(&mut self, orders: &mut Orders) {
        let level = self.rng.weighted(&[600, 300, 95, 5]) as u16;
        let account = match level {
            0 => self.rng.below(u64::from(self.world.accounts) + 1) as u32,
            1 => self.rng.below(u64::from(self.world.firms) + 2) as u32,
            _ => u32::from(self.rng.per_mille(50)),
        };
        let mut command = reference_command(CommandKind::Kill, usize::from(level));
        command.account = account;
        orders.commands.push(command);
        self.killed.push(command);
    }

    /// The end of a kill.
    fn unkill(&mut self, orders: &mut Orders) {
        if let Some(command) = self.killed.pop() {
            orders.commands.push(Command { kind: CommandKind::Unkill.number(), ..command });
        }
    }

    /// What an operator does.
    fn operate(&mut self, orders: &mut Orders) {
        let instrument = 1 + self.rng.below(u64::from(self.world.instruments) + 1) as u32;
        let mut command = Command { instrument, ..Command::zeroed() };
        let kind = match self.rng.weighted(&[500, 100, 100, 250, 50]) {
            0 => {
                let mut weights = [600, 100, 80, 40, 30, 40, 40, 20, 20, 5];
                weights[0] *= if self.world.calm { 10 } else { 1 };
                command.payload_index = self.rng.weighted(&weights) as u16;
                if self.rng.per_mille(200) {
                    command.price = self.price();
                }
                CommandKind::SetSession
            }
            1 => {
                command.price = self.price();
                CommandKind::SetLastTrade
            }
            2 => {
                command.payload_index = orders.rules.len() as u16;
                orders.rules.push(self.rules(instrument));
                CommandKind::SetRules
            }
            3 => {
                command.account = self.rng.below(u64::from(self.world.accounts) + 1) as u32;
                command.side = self.rng.below(4) as u16;
                command.flags = u16::from(self.rng.per_mille(20));
                if self.rng.per_mille(300) {
                    command.instrument = 0;
                }
                if self.rng.per_mille(500) {
                    command.set_cl_ord_id(self.fresh_name());
                }
                command.kind = CommandKind::MassCancel.number();
                return self.push(orders, command, None, None);
            }
            _ => return self.bust(orders),
        };
        command.kind = kind.number();
        orders.commands.push(command);
    }

    fn rules(&mut self, instrument: u32) -> InstrumentRules {
        let mut rules = InstrumentRules { instrument, ..InstrumentRules::zeroed() };
        if self.rng.per_mille(500) {
            rules.tick_from[0] = 980;
            rules.tick_size[0] = self.rng.pick(&[2, 4, 5, 7, 10]);
            rules.tick_from[self.rng.between(1, 2) as usize] = 1_020;
            rules.tick_size[1] = self.rng.between(0, 5);
        }
        // Wide enough for matching to trade much, narrow enough to make a difference.
        let bps = |rng: &mut Rng| if rng.per_mille(500) { 0 } else { rng.between(300, 900) as u32 };
        rules.static_band_bps = bps(&mut self.rng);
        rules.dynamic_band_bps = bps(&mut self.rng);
        rules.protection_bps = bps(&mut self.rng);
        rules.flags = u32::from(self.rng.per_mille(50)) * 2;
        rules.auction_seconds = 1;
        rules
    }

    /// Undoes both sides of a trade that there was.
    fn bust(&mut self, orders: &mut Orders) {
        let trades = &self.ledger.trades;
        let recent = trades.len().min(100) as u64;
        if recent == 0 {
            return;
        }
        let number = trades[trades.len() - 1 - self.rng.below(recent) as usize].match_id;
        let sides = trades.iter().filter(|event| event.match_id == number);
        let commands = sides.map(|event| Command {
            kind: CommandKind::BustTrade.number(),
            account: event.account,
            instrument: event.instrument,
            side: event.side,
            order_id: event.order_id,
            price: event.last_price,
            quantity: event.last_quantity,
            expire_time: number as i64,
            ..Command::zeroed()
        });
        orders.commands.extend(commands);
        if self.rng.per_mille(100) {
            let mut spoilt = *orders.commands.last().expect("a trade has two sides");
            match self.rng.below(5) {
                0 => spoilt.account = 9_999,
                1 => spoilt.instrument = 9_999,
                2 => spoilt.side = 3,
                3 => spoilt.quantity = 0,
                _ => spoilt.price = 0,
            }
            orders.commands.push(spoilt);
        }
    }

    fn price(&mut self) -> i64 {
        let wild = self.rng.per_mille(30);
        let price = if wild { self.rng.between(-10, 3_000) } else { self.rng.between(960, 1_040) };
        if self.rng.per_mille(if self.world.calm { 960 } else { 700 }) {
            let step = if self.world.calm { 10 } else { 5 };
            price - price.rem_euclid(step)
        } else {
            price
        }
    }

    fn quantity(&mut self) -> i64 {
        let lowest = i64::from(!self.rng.per_mille(10));
        let quantity = self.rng.between(lowest, 60);
        if self.rng.per_mille(if self.world.calm { 960 } else { 700 }) {
            quantity.max(10) / 10 * 10
        } else {
            quantity
        }
    }

    /// A client order id: mostly a new one, sometimes one that was used or will be.
    fn fresh_name(&mut self) -> ClOrdId {
        self.named += 1;
        match self.rng.below(100) {
            0..=1 => name(self.rng.below(self.named + 4)),
            _ => name(self.named + 3),
        }
    }

    fn new_order(&mut self, orders: &mut Orders) {
        use OrdType::{Limit, Market, MarketToLimit, Pegged, Stop, StopLimit};
        let kinds = [Limit, Market, MarketToLimit, Stop, StopLimit, Pegged];
        let ord_type = kinds[self.rng.weighted(&[700, 80, 40, 60, 60, 30])];
        let limited = matches!(ord_type, Limit | StopLimit)
            || (ord_type == Pegged && self.rng.per_mille(500));
        let times = TimeInForce::ALL;
        let mut command = Command {
            kind: CommandKind::NewOrder.number(),
            side: self.rng.pick(&[Side::Buy, Side::Sell]).number(),
            ord_type: ord_type.number(),
            time_in_force: times[self.rng.weighted(&[0, 20, 60, 12, 8, 8, 3, 3, 5])].number(),
            account: 1 + self.rng.below(self.world.accounts.into()) as u32,
            instrument: 1 + self.rng.below(self.world.instruments.into()) as u32,
            price: if limited { self.price() } else { 0 },
            quantity: self.quantity(),
            ..Command::zeroed()
        };
        if command.time_in_force == TimeInForce::Gtd.number() {
            command.expire_time = self.time_ns + self.rng.between(-1_000_000, 60_000_000);
        }
        let terms = self.terms(&mut command, ord_type);
        command.set_cl_ord_id(self.fresh_name());
        if self.rng.per_mille(20) {
            self.spoil(&mut command);
        }
        self.push(orders, command, None, terms);
    }

    /// Two orders that cancel each other, or an entry with one exit or two.
    fn list(&mut self, orders: &mut Orders) {
        let bracket = self.rng.per_mille(500);
        let contingency = if bracket { Contingency::Bracket } else { Contingency::OneCancelsOther };
        let legs = if bracket { self.rng.between(2, 3) as u8 } else { 2 };
        let [side, other] = self.rng.pick(&[[Side::Buy, Side::Sell], [Side::Sell, Side::Buy]]);
        let account = 1 + self.rng.below(self.world.accounts.into()) as u32;
        let instrument = 1 + self.rng.below(self.world.instruments.into()) as u32;
        // All legs are refused if one is, so most of them fit the coarsest instrument.
        let fit = self.rng.per_mille(800);
        let quantity = if fit { self.rng.between(1, 4) * 10 } else { self.quantity() };
        // Legs that don't belong together are for matching to refuse.
        let odd = self.rng.per_mille(30).then(|| self.rng.below(legs.into()) as u8);
        for place in 0..legs {
            let exits = bracket && place > 0;
            let stops = self.rng.per_mille(if place == 0 { 100 } else { 500 });
            let ord_type = if stops { OrdType::Stop } else { OrdType::Limit };
            let price = if fit { self.rng.between(97, 103) * 10 } else { self.price() };
            let mut command = Command {
                kind: CommandKind::NewOrder.number(),
                side: if exits { other } else { side }.number(),
                ord_type: ord_type.number(),
                time_in_force: TimeInForce::Gtc.number(),
                flags: FLAG_REDUCE_ONLY * u16::from(exits && self.rng.per_mille(100)),
                account,
                instrument,
                price: if stops { 0 } else { price },
                stop_price: if stops { price } else { 0 },
                quantity,
                link: Leg { contingency, legs, place }.link(),
                ..Command::zeroed()
            };
            if bracket && place == 0 && self.rng.per_mille(200) {
                command.time_in_force = TimeInForce::Ioc.number();
            }
            if odd == Some(place) {
                match self.rng.below(5) {
                    0 => command.side = 3 - command.side,
                    1 => command.account = 1 + self.rng.below(self.world.accounts.into()) as u32,
                    2 => {
                        command.instrument =
                            1 + self.rng.below(self.world.instruments.into()) as u32
                    }
                    3 => command.link ^= 1 << 8,
                    _ => continue,
                }
            }
            command.set_cl_ord_id(self.fresh_name());
            let terms =
                self.rng.per_mille(200).then(|| OrderTerms { tag: 1, ..Default::default() });
            self.push(orders, command, None, terms);
        }
    }

    /// Gives an order what few orders have, whether it fits its kind or not.
    fn terms(&mut self, command: &mut Command, ord_type: OrdType) -> Option<OrderTerms> {
        let mut terms = OrderTerms::default();
        if matches!(ord_type, OrdType::Stop | OrdType::StopLimit) {
            if self.rng.per_mille(300) {
                terms.trailing_offset = self.rng.between(1, 30);
                terms.activation_price =
                    if self.rng.per_mille(300) { self.price().max(0) } else { 0 };
            } else {
                command.stop_price = self.price();
            }
        }
        if ord_type == OrdType::Pegged {
            terms.flags = self.rng.between(0, 3) as u64 * 256;
            terms.peg_offset = self.rng.between(-10, 10);
        }
        if self.rng.per_mille(50) {
            command.flags |= self.rng.pick(&[
                FLAG_POST_ONLY,
                FLAG_POST_ONLY_REPRICE,
                FLAG_ALL_OR_NONE,
                FLAG_ALL_OR_NONE,
            ]);
        }
        if self.rng.per_mille(60) {
            command.flags |= FLAG_REDUCE_ONLY;
        }
        if self.rng.per_mille(80) {
            command.display_quantity = self.rng.between(1, 20);
        }
        if self.rng.per_mille(30) {
            command.min_quantity = self.rng.between(1, 20);
        }
        if self.rng.per_mille(200) {
            command.self_trade_prevention = self.rng.between(0, 6) as u16;
            command.flags |= FLAG_SELF_TRADE_OF_ACCOUNT * u16::from(self.rng.per_mille(500));
        }
        if self.rng.per_mille(100) {
            terms.tag = self.rng.below(3);
        }
        (terms != OrderTerms::default() || self.rng.per_mille(10)).then_some(terms)
    }

    fn spoil(&mut self, command: &mut Command) {
        match self.rng.below(8) {
            0 => command.account = 9_999,
            1 => command.instrument = 9_999,
            2 => command.side = self.rng.below(4) as u16,
            3 => command.ord_type = self.rng.below(8) as u16,
            4 => command.time_in_force = self.rng.below(10) as u16,
            5 => command.flags = self.rng.below(256) as u16 & !FLAG_TERMS,
            6 => command.stop_price = self.rng.between(-1, 1),
            _ => command.quantity = self.rng.between(-5, 2_000_000_000_000),
        }
    }

    fn change(&mut self, orders: &mut Orders, kind: CommandKind) {
        let recent = self.names.len().min(200) as u64;
        let known = (recent > 0)
            .then(|| self.names[self.names.len() - 1 - self.rng.below(recent) as usize]);
        let (account, mut orig) = known.unwrap_or((1, name(0)));
        let mut command = Command { kind: kind.number(), account, ..Command::zeroed() };
        if self.rng.per_mille(20) {
            command.account = 1 + self.rng.below(self.world.accounts.into()) as u32;
        }
        if self.rng.per_mille(40) {
            orig = name(self.named + self.rng.below(8));
        }
        if self.rng.per_mille(40) {
            command.instrument = 1 + self.rng.below(self.world.instruments.into()) as u32;
        }
        let named = kind == CommandKind::ReplaceOrder || self.rng.per_mille(500);
        if named && !self.rng.per_mille(5) {
            command.set_cl_ord_id(self.fresh_name());
        }
        if kind == CommandKind::ReplaceOrder {
            if self.rng.per_mille(400) {
                command.price = self.price();
            }
            if self.rng.per_mille(600) {
                command.quantity = self.quantity();
                command.flags = if self.rng.per_mille(300) { FLAG_LEAVES } else { 0 };
            }
            if self.rng.per_mille(20) {
                command.side = self.rng.below(3) as u16;
            }
            if self.rng.per_mille(100) {
                command.stop_price = self.price();
            }
        }
        if self.world.calm && self.rng.per_mille(600) {
            // Mostly one that lives.
            let recent = self.order_ids.len().min(400) as u64;
            let from = self.order_ids[self.order_ids.len() - 1 - self.rng.below(recent) as usize];
            if let Some((&id, order)) = self.ledger.open.range(from..).next() {
                (command.account, command.order_id, command.instrument) = (order.account, id, 0);
                return self.push(orders, command, None, None);
            }
        }
        if self.rng.per_mille(150) {
            let recent = self.order_ids.len().min(100) as u64;
            let at = self.order_ids.len() - 1 - self.rng.below(recent) as usize;
            command.order_id = self.order_ids[at];
            self.push(orders, command, None, None);
        } else {
            self.push(orders, command, Some(orig), None);
        }
    }

    /// An earlier request, as a retry sends it, or with a small difference.
    fn again(&mut self, orders: &mut Orders) {
        let recent = self.sent.len().min(500) as u64;
        if recent == 0 {
            return;
        }
        let at = self.sent.len() - 1 - self.rng.below(recent) as usize;
        let (mut command, orig, terms) = self.sent[at];
        command.session = self.rng.below(3) as u32;
        command.flags ^= FLAG_CANCEL_ON_DISCONNECT * u16::from(self.rng.per_mille(100));
        if self.rng.per_mille(200) {
            command.quantity += 10;
        }
        if self.rng.per_mille(200) && command.self_trade_prevention != 0 {
            command.self_trade_prevention = self.rng.between(1, 6) as u16;
        }
        let terms = terms.filter(|_| !self.rng.per_mille(20));
        self.push(orders, command, orig, terms);
    }

    /// The last order once more, under another client order id.
    fn twin(&mut self, orders: &mut Orders) {
        let is_new = |command: &Command| command.kind == CommandKind::NewOrder.number();
        let recent = self.sent.iter().rev().take(20);
        let last = recent.copied().find(|(command, ..)| is_new(command));
        let Some((mut command, orig, terms)) = last else { return };
        command.set_cl_ord_id(self.fresh_name());
        self.push(orders, command, orig, terms);
    }

    fn push(
        &mut self,
        orders: &mut Orders,
        mut command: Command,
        orig: Option<ClOrdId>,
        terms: Option<OrderTerms>,
    ) {
        command.orig_cl_ord_id_index = 0;
        command.session = self.rng.below(3) as u32;
        if let Some(orig) = orig {
            orders.orig_cl_ord_ids.push(orig);
            command.orig_cl_ord_id_index = orders.orig_cl_ord_ids.len() as u16;
        }
        command.payload_index = 0;
        command.flags &= !FLAG_TERMS;
        if let Some(terms) = terms {
            command.flags |= FLAG_TERMS;
            command.payload_index = orders.terms.len() as u16;
            orders.terms.push(terms);
        }
        if !command.cl_ord_id().is_absent() && self.rng.per_mille(100) {
            self.names.push((command.account, command.cl_ord_id()));
        }
        self.sent.push((command, orig, terms));
        orders.commands.push(command);
    }

    /// Gives an account new limits, on all instruments or on one.
    pub(super) fn set_limits(&mut self, orders: &mut Orders, account: u32) {
        let mut limits = Limits {
            account,
            max_order_quantity: self.rng.between(30, 80),
            max_position: self.rng.between(50, 400),
            collar_bps: self.rng.between(100, 600) as u32,
            max_open_orders: self.rng.between(4, 30) as u32,
            max_gross_position: self.rng.between(50, 600),
            max_short: self.rng.between(0, 300),
            ..Limits::zeroed()
        };
        let flow = Flow {
            messages: self.rng.between(500, 5_000) as u32 * u32::from(!self.rng.per_mille(20)),
            burst: self.rng.between(3, 60) as u16,
            window_ms: self.rng.between(0, 60) as u16,
            duplicates: self.rng.between(1, 4) as u16,
        };
        limits.flow = flow.word();
        limits.checks = bits::ALL;
        for (bit, off) in [150, 150, 150, 150, 150, 150, 400, 400, 600, 300, 990, 600, 600]
            .into_iter()
            .enumerate()
        {
            limits.checks &= !(u64::from(self.rng.per_mille(off)) << bit);
        }
        // At first often nothing that counts money is on, so that there is something to count when
        // currencies are given their first values.
        if self.log.len() < 1_000 && self.rng.per_mille(600) {
            limits.checks &= !(bits::BUYING_POWER | bits::GROSS_EXPOSURE | bits::DAILY_LOSS);
        }
        limits.set_max_gross_exposure(i128::from(self.rng.between(2_000, 30_000)) * UNIT);
        limits.set_max_daily_loss(i128::from(self.rng.between(0, 600)) * UNIT);
        limits.set_max_order_notional(i128::from(self.rng.between(300, 6_000)) * UNIT);
        // Sometimes far below what is held, so that what needs no credit still needs equity.
        let credits = if self.rng.per_mille(200) { (0, 300) } else { (1_000, 20_000) };
        limits.set_credit(i128::from(self.rng.between(credits.0, credits.1)) * UNIT);
        // Now and then a firm's or the venue's, and the longer the run the more often.
        if self.log.len() > 500 && self.rng.per_mille(150) {
            let of_firm = self.rng.per_mille(600);
            (limits.account, limits.checks) = if of_firm {
                (self.world.firm_of(account), limits.checks | LIMITS_OF_FIRM)
            } else {
                (0, limits.checks | LIMITS_OF_VENUE)
            };
            let times = self.world.times(!of_firm);
            let of_many = |limit: i64| limit * i64::from(times);
            limits.max_position = of_many(limits.max_position);
            limits.max_gross_position = of_many(limits.max_gross_position);
            limits.max_open_orders *= times - 2;
            limits.set_credit(limits.credit() * i128::from(times));
            limits.set_max_gross_exposure(limits.max_gross_exposure() * i128::from(times));
            limits.flow = Flow { messages: flow.messages * 4, ..flow }.word();
        }
        if self.rng.per_mille(100) {
            limits.instrument = 1 + self.rng.below(self.world.instruments.into()) as u32;
            limits.checks &= bits::PER_INSTRUMENT | LIMITS_OF_FIRM | LIMITS_OF_VENUE;
        }
        if self.world.calm {
            self.widen(&mut limits);
        }
        let index = orders.limits.len();
        orders.commands.push(reference_command(CommandKind::SetLimits, index));
        orders.limits.push(limits);
    }

    /// Makes limits so wide that most orders pass them, and some still don't.
    fn widen(&mut self, limits: &mut Limits) {
        let times = self.rng.between(2, 40);
        limits.max_order_quantity *= times;
        limits.max_position *= times;
        limits.collar_bps *= 4;
        limits.max_open_orders *= times as u32;
        limits.max_gross_position *= times;
        limits.max_short *= times;
        limits.set_max_gross_exposure(limits.max_gross_exposure() * i128::from(times));
        limits.set_max_daily_loss(limits.max_daily_loss() * i128::from(times));
        limits.set_max_order_notional(limits.max_order_notional() * i128::from(times * 4));
        limits.set_credit(limits.credit() * i128::from(times));
        let flow = Flow::read(limits.flow);
        let (messages, burst) = (flow.messages * 10, flow.burst * 10);
        limits.flow = Flow { messages, burst, duplicates: flow.duplicates * 4, ..flow }.word();
        if self.rng.per_mille(900) {
            limits.checks &= !(1 << 10);
        }
    }
}
