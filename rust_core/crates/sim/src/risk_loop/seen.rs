//! What a run has met, so that a long one can say, and prove, what it was about.

use std::collections::BTreeMap;

use engine::pod::{
    Command, CommandKind, Contingency, Event, ExecType, Leg, Liquidity, OrdType, OrderTerms,
    PegPrice, SelfTrade, SessionState, Side, TimeInForce, VerdictKind, FLAG_ALL_OR_NONE,
    FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY, FLAG_TERMS, TERMS_PEG_SHIFT,
};
use engine::reject::Reject;

/// What is counted; a number of the enumeration of that name tells which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// [`CommandKind`] that risk let pass.
    Command,
    /// [`VerdictKind`].
    Verdict,
    /// [`Reject`] of risk.
    Refused,
    /// [`OrdType`] of an order that risk let pass, as the others below.
    Order,
    /// [`TimeInForce`].
    Time,
    /// [`Side`].
    Side,
    /// A bit of `Command::flags`, or [`Seen::ICEBERG`] and the like.
    Flag,
    /// [`SelfTrade`].
    SelfTrade,
    /// [`Contingency`].
    List,
    /// [`PegPrice`].
    Peg,
    /// [`SessionState`] that an operator set.
    Session,
    /// Whose a kill switch was, as `payload_index` says.
    Kill,
    /// [`ExecType`].
    Event,
    /// [`Liquidity`] of a trade.
    Trade,
    /// [`Reject`] that an event tells.
    Reason,
    /// Why an order was cancelled.
    Canceled,
}

/// How often each was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<(What, u16), u64>);

/// Reasons that risk doesn't give here: those of matching, and that a bound of the engine is hit.
const NOT_OF_RISK: [Reject; 7] = [
    Reject::SymbolHalted,
    Reject::PostOnlyWouldCross,
    Reject::FokUnfillable,
    Reject::SelfTrade,
    Reject::LinkedOrder,
    Reject::SystemUnavailable,
    Reject::Other,
];

/// Reasons that only events tell.
const OF_MATCHING: [Reject; 4] =
    [Reject::SymbolHalted, Reject::PostOnlyWouldCross, Reject::FokUnfillable, Reject::LinkedOrder];

/// Why orders were cancelled, as the event tells it.
const ENDS: [(u16, &str); 8] = [
    (0, "as asked, or for want of a counterparty"),
    (17, "resting, of the same party"),
    (18, "aggressing, of the same party"),
    (19, "both of the same party"),
    (20, "both of the same party, decremented"),
    (Reject::KillSwitch.number(), "by a kill switch"),
    (Reject::LinkedOrder.number(), "by a linked order"),
    (116, "out of the band"),
];

impl Seen {
    /// An order of which only a part shows.
    pub const ICEBERG: u16 = 1 << 8;
    /// An order with a least quantity.
    pub const LEAST: u16 = 1 << 9;
    /// A stop that trails.
    pub const TRAILING: u16 = 1 << 10;

    fn count(&mut self, what: What, number: u16) {
        *self.0.entry((what, number)).or_default() += 1;
    }

    /// Counts a command that was judged.
    pub fn command(
        &mut self,
        command: &Command,
        terms: &[OrderTerms],
        said: VerdictKind,
        reason: u16,
    ) {
        self.count(What::Verdict, said.number());
        match said {
            VerdictKind::Refused => self.count(What::Refused, reason),
            VerdictKind::Accepted => self.accepted(command, terms),
            VerdictKind::Repeat => {}
        }
    }

    fn accepted(&mut self, command: &Command, terms: &[OrderTerms]) {
        self.count(What::Command, command.kind);
        match CommandKind::try_from(command.kind) {
            Ok(CommandKind::NewOrder) => self.order(command, terms),
            Ok(CommandKind::SetSession) => self.count(What::Session, command.payload_index),
            Ok(CommandKind::Kill) => self.count(What::Kill, command.payload_index),
            _ => {}
        }
    }

    fn order(&mut self, command: &Command, terms: &[OrderTerms]) {
        self.count(What::Order, command.ord_type);
        self.count(What::Time, command.time_in_force);
        self.count(What::Side, command.side);
        self.count(What::SelfTrade, command.self_trade_prevention);
        if let Some(leg) = Leg::read(command.link) {
            self.count(What::List, leg.contingency.number());
        }
        let has_terms = command.flags & FLAG_TERMS != 0;
        let terms = terms.get(usize::from(command.payload_index)).filter(|_| has_terms);
        let terms = terms.copied().unwrap_or_default();
        for bit in [FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE, FLAG_ALL_OR_NONE, FLAG_REDUCE_ONLY] {
            if command.flags & bit != 0 {
                self.count(What::Flag, bit);
            }
        }
        for (flag, has) in [
            (Self::ICEBERG, command.display_quantity > 0),
            (Self::LEAST, command.min_quantity > 0),
            (Self::TRAILING, terms.trailing_offset > 0),
        ] {
            if has {
                self.count(What::Flag, flag);
            }
        }
        if command.ord_type == OrdType::Pegged.number() {
            self.count(What::Peg, (terms.flags >> TERMS_PEG_SHIFT) as u16 & 3);
        }
    }

    /// Counts an event.
    pub fn event(&mut self, event: &Event) {
        self.count(What::Event, event.exec_type);
        if event.exec_type == ExecType::Trade.number() {
            self.count(What::Trade, event.liquidity);
        }
        if event.exec_type == ExecType::Canceled.number() {
            self.count(What::Canceled, event.reason);
        }
        if event.reason != 0 {
            self.count(What::Reason, event.reason);
        }
    }

    /// Counts those of another run too.
    pub fn add(&mut self, other: &Self) {
        for (&key, count) in &other.0 {
            *self.0.entry(key).or_default() += count;
        }
    }

    /// How often something was met.
    #[must_use]
    pub fn times(&self, what: What, number: u16) -> u64 {
        self.0.get(&(what, number)).copied().unwrap_or(0)
    }

    /// Everything that a long run must meet, by name: every value of every enumeration but those
    /// for what is absent, and every reason that can be given.
    #[must_use]
    pub fn expected() -> Vec<(What, u16, String)> {
        let mut all = Vec::new();
        macro_rules! every {
            ($what:ident, $values:expr) => {
                all.extend($values.iter().map(|value| {
                    (What::$what, value.number(), format!("{} {value:?}", stringify!($what)))
                }));
            };
        }
        every!(Command, CommandKind::ALL[1..]);
        every!(Verdict, VerdictKind::ALL);
        every!(Order, OrdType::ALL[1..]);
        every!(Time, TimeInForce::ALL[1..]);
        every!(Side, Side::ALL[1..]);
        every!(SelfTrade, SelfTrade::ALL);
        every!(List, Contingency::ALL[1..]);
        every!(Peg, PegPrice::ALL[1..]);
        every!(Session, SessionState::ALL);
        every!(Event, ExecType::ALL[1..]);
        every!(Trade, Liquidity::ALL[1..]);
        let of_risk = Reject::ALL.into_iter().filter(|reason| !NOT_OF_RISK.contains(reason));
        every!(Refused, of_risk.collect::<Vec<_>>());
        every!(Reason, OF_MATCHING);
        all.extend(ENDS.map(|(number, why)| (What::Canceled, number, format!("Canceled {why}"))));
        for (bit, name) in [
            (FLAG_POST_ONLY, "post only"),
            (FLAG_POST_ONLY_REPRICE, "post only, repriced"),
            (FLAG_ALL_OR_NONE, "all or none"),
            (FLAG_REDUCE_ONLY, "reduce only"),
            (Self::ICEBERG, "iceberg"),
            (Self::LEAST, "least quantity"),
            (Self::TRAILING, "trailing stop"),
        ] {
            all.push((What::Flag, bit, format!("Order {name}")));
        }
        for (number, name) in ["account", "firm", "venue", "session"].into_iter().enumerate() {
            all.push((What::Kill, number as u16, format!("Kill of {name}")));
        }
        all
    }
}
