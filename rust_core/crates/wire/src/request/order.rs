//! Commands about one order: new, cancel, replace.

use bytemuck::Zeroable;
use engine::pod::{
    Account, ClOrdId, Command, CommandKind, Instrument, OrdType, OrderTerms, PegPrice, SelfTrade,
    Side, TimeInForce, ACCOUNT_SELF_TRADE_SHIFT, FLAG_ALL_OR_NONE, FLAG_CANCEL_ON_DISCONNECT,
    FLAG_LEAVES, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY,
    FLAG_SELF_TRADE_OF_ACCOUNT, FLAG_TERMS, MAX_PRICE, MAX_TRAILING_BPS, TERMS_PEG_SHIFT,
    TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS,
};

use super::check::At;
use super::fields::{Fields, Kind, Peg, Trailing};
use super::Parsed;
use crate::pb::Malformed;

// The enumerations that an order names have the same numbers in the protos and in the logs.
const _: () = {
    use crate::proto::common::v1 as common;
    use crate::proto::order_entry::v1 as order_entry;
    assert!(common::OrdType::Pegged as usize == OrdType::Pegged as usize);
    assert!(common::TimeInForce::GoodForAuction as usize == TimeInForce::GoodForAuction as usize);
    assert!(
        common::SelfTradePrevention::DecrementBoth as usize == SelfTrade::DecrementBoth as usize
    );
    assert!(order_entry::PegPrice::Mid as usize == PegPrice::Mid as usize);
};

/// The flags of `PostOnly`, by number.
const POST_ONLY: [u16; 3] = [0, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE];

impl At<'_, '_> {
    /// Appends what a command message asks for: one command, or the orders of a list.
    pub(super) fn commands(
        &mut self,
        kind: Kind,
        fields: &Fields<'_>,
        out: &mut Vec<Parsed>,
    ) -> Result<(), Malformed> {
        if kind == Kind::List {
            return self.order_list(fields, out);
        }
        out.push(self.command(kind, fields));
        Ok(())
    }

    pub(super) fn command(&mut self, kind: Kind, fields: &Fields<'_>) -> Parsed {
        let mut command = Command::zeroed();
        command.session = self.check.context.session;
        let account = self.account(&mut command, fields.account);
        // A cancel may do without an id of its own, and so may what isn't sent.
        let optional = matches!(kind, Kind::Cancel | Kind::MassCancel) || self.check.dry;
        if !optional || !fields.cl_ord_id.is_empty() {
            let id = self.cl_ord_id("cl_ord_id", fields.cl_ord_id);
            command.set_cl_ord_id(id);
        }
        let mut terms = OrderTerms::default();
        let mut orig_cl_ord_id = ClOrdId::default();
        let mut refused = None;
        match kind {
            Kind::New | Kind::List => {
                command.kind = CommandKind::NewOrder.number();
                let instrument = self.symbol(fields.symbol, &mut command, &mut refused);
                self.new_order(fields, instrument, &mut command);
                self.rare_fields(fields, instrument, &mut command, &mut terms);
                self.self_trade(fields, account, &mut command);
            }
            Kind::Cancel => {
                command.kind = CommandKind::CancelOrder.number();
                orig_cl_ord_id = self.target(fields, &mut command);
            }
            Kind::Replace => {
                command.kind = CommandKind::ReplaceOrder.number();
                orig_cl_ord_id = self.target(fields, &mut command);
                let instrument = self.symbol(fields.symbol, &mut command, &mut refused);
                self.replace_order(fields, instrument, &mut command);
            }
            Kind::MassCancel => {
                self.mass_cancel(fields, &mut command, &mut refused);
            }
        }
        Parsed { command, terms, orig_cl_ord_id, refused }
    }

    fn new_order(
        &mut self,
        fields: &Fields<'_>,
        instrument: Option<&Instrument>,
        command: &mut Command,
    ) {
        let side = self.one_of("side", "Side", fields.side, Side::ALL.len());
        let ord_type = self.one_of("ord_type", "OrdType", fields.ord_type, OrdType::ALL.len());
        command.side = side;
        command.ord_type = ord_type;
        let market = ord_type == OrdType::Market.number();
        command.time_in_force = match fields.time_in_force {
            0 if market => TimeInForce::Ioc.number(),
            0 => TimeInForce::Gtc.number(),
            number => self.any_of("time_in_force", "TimeInForce", number, TimeInForce::ALL.len()),
        };
        command.quantity =
            self.quantity("quantity", fields.quantity.unwrap_or_default(), instrument, 1);
        let without = match OrdType::try_from(ord_type) {
            Ok(OrdType::Market) => Some("must be empty on a market order"),
            Ok(OrdType::MarketToLimit) => Some("must be empty on a market-to-limit order"),
            Ok(OrdType::Stop) => Some("must be empty on a stop order"),
            _ => None,
        };
        match without {
            Some(description) if !fields.price.is_empty() => self.violate("price", description),
            Some(_) => {}
            None if fields.price.is_empty() && ord_type == OrdType::Pegged.number() => {}
            None => command.price = self.price("price", fields.price, instrument),
        }
        if fields.cancel_on_disconnect && command.session != 0 {
            command.flags |= FLAG_CANCEL_ON_DISCONNECT;
        }
    }

    /// What few orders have. Whether it fits the order's type is for the engine to judge.
    fn rare_fields(
        &mut self,
        fields: &Fields<'_>,
        instrument: Option<&Instrument>,
        command: &mut Command,
        terms: &mut OrderTerms,
    ) {
        let stops = command.ord_type == OrdType::Stop.number()
            || command.ord_type == OrdType::StopLimit.number();
        if !fields.stop_price.is_empty() {
            command.stop_price = self.price("stop_price", fields.stop_price, instrument);
        } else if stops && fields.trailing_stop.is_none() {
            self.violate("stop_price", "must be given on a stop order that doesn't trail");
        }
        if let Some(trailing) = &fields.trailing_stop {
            self.trailing_stop(trailing, instrument, terms);
        }
        let gtd = command.time_in_force == TimeInForce::Gtd.number();
        if fields.expire_time_ns < 0 || gtd && fields.expire_time_ns == 0 {
            self.violate("expire_time_ns", "must be > 0");
        }
        command.expire_time = fields.expire_time_ns;
        let mut quantity = |field, text: &[u8]| match text {
            [] => 0,
            text => self.quantity(field, text, instrument, 1),
        };
        command.display_quantity = quantity("display_quantity", fields.display_quantity);
        terms.min_visible_quantity = quantity("min_visible_quantity", fields.min_visible_quantity);
        command.min_quantity = quantity("min_quantity", fields.min_quantity);
        let post_only = self.any_of("post_only", "PostOnly", fields.post_only, POST_ONLY.len());
        command.flags |= POST_ONLY[usize::from(post_only)];
        if fields.all_or_none {
            command.flags |= FLAG_ALL_OR_NONE;
        }
        if fields.reduce_only {
            command.flags |= FLAG_REDUCE_ONLY;
        }
        if let Some(peg) = &fields.peg {
            self.peg(peg, instrument, terms);
        } else if command.ord_type == OrdType::Pegged.number() {
            self.violate("peg", "must be given on a pegged order");
        }
        terms.tag = self.tag(fields.tag);
        if *terms != OrderTerms::default() {
            command.flags |= FLAG_TERMS;
        }
    }

    fn trailing_stop(
        &mut self,
        trailing: &Trailing<'_>,
        instrument: Option<&Instrument>,
        terms: &mut OrderTerms,
    ) {
        match (trailing.price_offset, trailing.basis_points) {
            (Some(text), None) => {
                let field = "trailing_stop.price_offset";
                terms.trailing_offset = self.price(field, text, instrument);
            }
            (None, Some(points)) if (1..=MAX_TRAILING_BPS as u64).contains(&points) => {
                terms.trailing_offset = points as i64;
                terms.flags |= TERMS_TRAILING_BPS;
            }
            (None, Some(_)) => self.violate("trailing_stop.basis_points", "must be 1 to 9999"),
            (Some(_), Some(_)) => {
                let description = "must be price_offset or basis_points, not both";
                self.violate("trailing_stop.offset", description);
            }
            (None, None) => self.violate("trailing_stop.offset", "must be given"),
        }
        if !trailing.activation_price.is_empty() {
            let (field, text) = ("trailing_stop.activation_price", trailing.activation_price);
            terms.activation_price = self.price(field, text, instrument);
        }
        if trailing.take_profit {
            terms.flags |= TERMS_TAKE_PROFIT;
        }
    }

    fn peg(&mut self, peg: &Peg<'_>, instrument: Option<&Instrument>, terms: &mut OrderTerms) {
        let follows = self.one_of("peg.follows", "PegPrice", peg.follows, PegPrice::ALL.len());
        terms.flags |= u64::from(follows) << TERMS_PEG_SHIFT;
        if !peg.offset.is_empty() {
            let scale = instrument.map(|instrument| instrument.price_scale);
            terms.peg_offset = self.decimal("peg.offset", peg.offset, scale, i64::MIN, MAX_PRICE);
        }
    }

    /// What the order says, else what its account says. It goes into the log: what the account
    /// says later doesn't change orders that came before. Nor does it make another order of one
    /// that is sent again, if the order itself says nothing.
    fn self_trade(
        &mut self,
        fields: &Fields<'_>,
        account: Option<&Account>,
        command: &mut Command,
    ) {
        let prevention = fields.self_trade_prevention;
        let (field, name) = ("self_trade_prevention", "SelfTradePrevention");
        command.self_trade_prevention = self.any_of(field, name, prevention, SelfTrade::ALL.len());
        match u32::try_from(fields.self_trade_group) {
            Ok(group) => command.self_trade_group = group,
            Err(_) => self.violate("self_trade_group", "must be below 2^32"),
        }
        let Some(account) = account else { return };
        let says_nothing = command.self_trade_prevention == 0 && command.self_trade_group == 0;
        if command.self_trade_prevention == 0 {
            let default = (account.flags >> ACCOUNT_SELF_TRADE_SHIFT & 7) as u16;
            command.self_trade_prevention = default;
        }
        if command.self_trade_group == 0 {
            command.self_trade_group = account.self_trade_group as u32;
        }
        let is_filled = command.self_trade_prevention != 0 || command.self_trade_group != 0;
        if says_nothing && is_filled {
            command.flags |= FLAG_SELF_TRADE_OF_ACCOUNT;
        }
    }

    fn replace_order(
        &mut self,
        fields: &Fields<'_>,
        instrument: Option<&Instrument>,
        command: &mut Command,
    ) {
        if !fields.price.is_empty() {
            command.price = self.price("price", fields.price, instrument);
        }
        if !fields.stop_price.is_empty() {
            command.stop_price = self.price("stop_price", fields.stop_price, instrument);
        }
        if let Some(quantity) = fields.quantity {
            command.quantity = self.quantity("quantity", quantity, instrument, 1);
        }
        if let Some(leaves) = fields.leaves_quantity {
            command.quantity = self.quantity("leaves_quantity", leaves, instrument, 0);
            command.flags |= FLAG_LEAVES;
        }
    }

    fn target(&mut self, fields: &Fields<'_>, command: &mut Command) -> ClOrdId {
        match (fields.order_id, fields.orig_cl_ord_id) {
            (Some(0), _) => self.violate("order_id", "must be > 0"),
            (Some(id), _) => command.order_id = id,
            (None, Some(text)) => return self.cl_ord_id("orig_cl_ord_id", text),
            (None, None) => self.violate("target", "must be given"),
        }
        ClOrdId::default()
    }
}
