//! The words and fields of orders and rules, as Python names them.

use bytemuck::Zeroable;
use engine::orders::Place;
use engine::pod::{
    Command, CommandKind, Contingency, InstrumentRules, OrdType, OrderTerms, PegPrice,
    ScheduledSession, SelfTrade, SessionState, Side, TimeInForce, FLAG_ALL_OR_NONE, FLAG_POST_ONLY,
    FLAG_POST_ONLY_REPRICE, FLAG_TERMS, RULES_BAND_HALTS, TERMS_PEG_SHIFT, TERMS_TAKE_PROFIT,
    TERMS_TRAILING_BPS,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::records::side_of;

const ORD_TYPES: &[(&str, OrdType)] = &[
    ("limit", OrdType::Limit),
    ("market", OrdType::Market),
    ("market_to_limit", OrdType::MarketToLimit),
    ("stop", OrdType::Stop),
    ("stop_limit", OrdType::StopLimit),
    ("pegged", OrdType::Pegged),
];
const TIMES_IN_FORCE: &[(&str, TimeInForce)] = &[
    ("day", TimeInForce::Day),
    ("gtc", TimeInForce::Gtc),
    ("ioc", TimeInForce::Ioc),
    ("fok", TimeInForce::Fok),
    ("gtd", TimeInForce::Gtd),
    ("at_the_open", TimeInForce::AtTheOpen),
    ("at_the_close", TimeInForce::AtTheClose),
    ("good_for_auction", TimeInForce::GoodForAuction),
];
const SELF_TRADES: &[(&str, SelfTrade)] = &[
    ("allow", SelfTrade::Allow),
    ("cancel_resting", SelfTrade::CancelResting),
    ("cancel_aggressing", SelfTrade::CancelAggressing),
    ("cancel_both", SelfTrade::CancelBoth),
    ("decrement_both", SelfTrade::DecrementBoth),
];
const PEGS: &[(&str, PegPrice)] =
    &[("bid", PegPrice::Bid), ("ask", PegPrice::Ask), ("mid", PegPrice::Mid)];
const POSTS: &[(&str, u16)] = &[("reject", FLAG_POST_ONLY), ("reprice", FLAG_POST_ONLY_REPRICE)];
const CONTINGENCIES: &[(&str, Contingency)] =
    &[("one_cancels_other", Contingency::OneCancelsOther), ("bracket", Contingency::Bracket)];
const SESSIONS: &[(&str, SessionState)] = &[
    ("continuous", SessionState::Continuous),
    ("opening_auction", SessionState::OpeningAuction),
    ("closing_auction", SessionState::ClosingAuction),
    ("volatility_auction", SessionState::VolatilityAuction),
    ("pre_open", SessionState::PreOpen),
    ("halted", SessionState::Halted),
    ("cancel_only", SessionState::CancelOnly),
    ("post_close", SessionState::PostClose),
    ("closed", SessionState::Closed),
];

/// The value of a name.
fn named<T: Copy>(what: &str, name: &str, all: &[(&str, T)]) -> PyResult<T> {
    all.iter().find(|(own, _)| *own == name).map(|&(_, value)| value).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|(own, _)| format!("'{own}'")).collect();
        PyValueError::new_err(format!("{what} is one of {}", names.join(", ")))
    })
}

/// The session of this name.
pub fn session_of(name: &str) -> PyResult<SessionState> {
    named("state", name, SESSIONS)
}

/// The name of a session.
pub fn session_name(session: SessionState) -> &'static str {
    SESSIONS.iter().find(|(_, state)| *state == session).map_or("none", |(name, _)| name)
}

/// What ties a list, by name.
pub fn contingency_of(name: &str) -> PyResult<Contingency> {
    named("contingency", name, CONTINGENCIES)
}

/// A tag in a word; none: 0.
pub fn tag_of(tag: Option<&str>) -> PyResult<u64> {
    let Some(text) = tag else { return Ok(0) };
    let printable = text.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    if text.is_empty() || text.len() > 8 || !printable {
        return Err(PyValueError::new_err("a tag is 1 to 8 printable ASCII characters"));
    }
    let mut word = [0; 8];
    word[..text.len()].copy_from_slice(text.as_bytes());
    Ok(u64::from_le_bytes(word))
}

/// What an order may be given, absent where it isn't.
#[derive(Clone, Copy)]
pub struct Fields {
    pub order_id: u64,
    pub side: Side,
    pub price: i64,
    pub quantity: i64,
    pub ord_type: OrdType,
    pub time_in_force: TimeInForce,
    pub account: u32,
    pub stop_price: i64,
    pub display_quantity: i64,
    pub min_quantity: i64,
    pub flags: u16,
    pub self_trade: SelfTrade,
    pub self_trade_group: u32,
    pub expire_time_ns: i64,
    pub terms: OrderTerms,
}

impl Fields {
    /// A limit order of nothing, good till cancelled.
    pub fn new(order_id: u64, side: Side) -> Self {
        Self {
            order_id,
            side,
            price: 0,
            quantity: 0,
            ord_type: OrdType::Limit,
            time_in_force: TimeInForce::Gtc,
            account: 0,
            stop_price: 0,
            display_quantity: 0,
            min_quantity: 0,
            flags: 0,
            self_trade: SelfTrade::Default,
            self_trade_group: 0,
            expire_time_ns: 0,
            terms: OrderTerms::default(),
        }
    }

    /// The order whose fields a dict holds under the names of `submit`'s parameters.
    pub fn read(order: &Bound<'_, PyDict>) -> PyResult<Self> {
        let needed = |name: &str| {
            order
                .get_item(name)?
                .ok_or_else(|| PyValueError::new_err(format!("an order has '{name}'")))
        };
        let side: String = needed("side")?.extract()?;
        let mut fields = Self::new(needed("order_id")?.extract()?, side_of(&side)?);
        for name in ["price", "quantity"] {
            needed(name)?;
        }
        for (name, value) in order {
            let name: String = name.extract()?;
            if !value.is_none() {
                fields.set(&name, &value)?;
            }
        }
        Ok(fields)
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let text = || value.extract::<String>();
        match name {
            "order_id" | "side" => {}
            "price" => self.price = value.extract()?,
            "quantity" => self.quantity = value.extract()?,
            "ord_type" => self.set_ord_type(&text()?)?,
            "time_in_force" => self.set_time_in_force(&text()?)?,
            "account" => self.account = value.extract()?,
            "stop_price" => self.stop_price = value.extract()?,
            "display_quantity" => self.display_quantity = value.extract()?,
            "min_visible_quantity" => self.terms.min_visible_quantity = value.extract()?,
            "min_quantity" => self.min_quantity = value.extract()?,
            "all_or_none" => self.set_all_or_none(value.extract()?),
            "post_only" => self.set_post_only(Some(&text()?))?,
            "self_trade" => self.set_self_trade(Some(&text()?))?,
            "self_trade_group" => self.self_trade_group = value.extract()?,
            "trailing_offset" => self.terms.trailing_offset = value.extract()?,
            "trailing_bps" => self.set_terms(TERMS_TRAILING_BPS, value.extract()?),
            "activation_price" => self.terms.activation_price = value.extract()?,
            "take_profit" => self.set_terms(TERMS_TAKE_PROFIT, value.extract()?),
            "expire_time_ns" => self.expire_time_ns = value.extract()?,
            "peg" => self.set_peg(Some(&text()?))?,
            "peg_offset" => self.terms.peg_offset = value.extract()?,
            "tag" => self.terms.tag = tag_of(Some(&text()?))?,
            _ => return Err(PyValueError::new_err(format!("an order has no '{name}'"))),
        }
        Ok(())
    }

    pub fn set_ord_type(&mut self, name: &str) -> PyResult<()> {
        self.ord_type = named("ord_type", name, ORD_TYPES)?;
        Ok(())
    }

    pub fn set_time_in_force(&mut self, name: &str) -> PyResult<()> {
        self.time_in_force = named("time_in_force", name, TIMES_IN_FORCE)?;
        Ok(())
    }

    pub fn set_all_or_none(&mut self, on: bool) {
        self.flags |= if on { FLAG_ALL_OR_NONE } else { 0 };
    }

    pub fn set_post_only(&mut self, name: Option<&str>) -> PyResult<()> {
        if let Some(name) = name {
            self.flags |= named("post_only", name, POSTS)?;
        }
        Ok(())
    }

    pub fn set_self_trade(&mut self, name: Option<&str>) -> PyResult<()> {
        if let Some(name) = name {
            self.self_trade = named("self_trade", name, SELF_TRADES)?;
        }
        Ok(())
    }

    pub fn set_terms(&mut self, flag: u64, on: bool) {
        self.terms.flags |= if on { flag } else { 0 };
    }

    pub fn set_peg(&mut self, name: Option<&str>) -> PyResult<()> {
        if let Some(name) = name {
            let peg = named("peg", name, PEGS)?;
            self.terms.flags |= u64::from(peg.number()) << TERMS_PEG_SHIFT;
        }
        Ok(())
    }

    /// The command that sends the order, and its terms if it has some; `payload_index` is for the
    /// caller to say.
    pub fn command(&self) -> (Command, Option<OrderTerms>) {
        let terms = Some(self.terms).filter(|terms| *terms != OrderTerms::default());
        let command = Command {
            kind: CommandKind::NewOrder.number(),
            side: self.side.number(),
            ord_type: self.ord_type.number(),
            time_in_force: self.time_in_force.number(),
            self_trade_prevention: self.self_trade.number(),
            flags: self.flags | if terms.is_some() { FLAG_TERMS } else { 0 },
            account: self.account,
            price: self.price,
            quantity: self.quantity,
            order_id: self.order_id,
            stop_price: self.stop_price,
            display_quantity: self.display_quantity,
            min_quantity: self.min_quantity,
            self_trade_group: self.self_trade_group,
            expire_time: self.expire_time_ns,
            ..Command::zeroed()
        };
        (command, terms)
    }
}

/// Second of the UTC day, session, weekdays.
pub type Scheduled = (u32, String, u8);

/// The rules of an instrument without bands, ticks or schedule of its own.
pub fn rules(
    instrument: u32,
    band_halts: bool,
    ticks: &[(i64, i64)],
    schedule: &[Scheduled],
) -> PyResult<InstrumentRules> {
    let mut rules = InstrumentRules {
        instrument,
        flags: if band_halts { RULES_BAND_HALTS } else { 0 },
        ..InstrumentRules::zeroed()
    };
    if ticks.len() > rules.tick_from.len() || schedule.len() > rules.schedule.len() {
        return Err(PyValueError::new_err("at most 8 ticks and 9 changes of session"));
    }
    for (place, &(from, size)) in ticks.iter().enumerate() {
        (rules.tick_from[place], rules.tick_size[place]) = (from, size);
    }
    for (word, (second, session, weekdays)) in rules.schedule.iter_mut().zip(schedule) {
        let session = session_of(session)?;
        let entry = ScheduledSession { second: *second, session, weekdays: *weekdays };
        *word =
            ScheduledSession::read(entry.word()).map(ScheduledSession::word).ok_or_else(|| {
                PyValueError::new_err("a change of session has a second of the day and weekdays")
            })?;
    }
    Ok(rules)
}

/// What an order in this place waits for; none: it is among the limit orders of its side.
pub fn waiting_for(place: Place) -> Option<&'static str> {
    match place {
        Place::Limit => None,
        Place::Market => Some("counterparty"),
        Place::Stop | Place::Trailing => Some("stop"),
        Place::Waiting => Some("auction"),
        Place::Held => Some("linked_order"),
        Place::Suspended => Some("peg"),
    }
}
