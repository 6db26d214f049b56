//! A book whose caller names its orders, as the interface shows it.

use bytemuck::{Pod, Zeroable};
use engine::ids::place;
use engine::pod::{
    BatchStatus, Command, CommandKind, Event, ExecType, Instrument, OrdType, SelfTrade, Side,
    TimeInForce, Verdict, VerdictKind, FLAG_LEAVES, INSTRUMENT_ENABLED,
};
use engine::reject::Reject;
use engine::table::{hash_word, Arena, Table};
use engine::{Batch, BatchError, Fills, Level, MatchingEngine};

/// The only instrument of a book of its own.
const INSTRUMENT: u32 = 1;

/// `cift_report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Report {
    /// 1, 2, 3 … over the life of the book.
    pub number: u64,
    /// The caller's id of the order.
    pub order_id: u64,
    /// Of both sides of a trade; else 0.
    pub match_id: u64,
    /// Limit price; 0 on market orders.
    pub price: i64,
    /// The order's total.
    pub quantity: i64,
    /// Price of this trade.
    pub last_price: i64,
    /// Quantity of this trade.
    pub last_quantity: i64,
    /// Traded so far.
    pub cum_quantity: i64,
    /// Still open.
    pub leaves_quantity: i64,
    /// Whose it is.
    pub owner: u32,
    /// [`ExecType`].
    pub kind: u16,
    /// [`Reject`], or FIX 378 on a cancel that prevents a self-trade.
    pub reason: u16,
    /// [`Side`].
    pub side: u8,
    /// [`engine::pod::Liquidity`].
    pub liquidity: u8,
    /// Whether the order is in the book after this.
    pub rests: u8,
    /// Zero.
    pub reserved: [u8; 5],
}

/// Order ids: the caller's, and the engine's.
#[derive(Clone, Copy, Debug)]
struct Names {
    outer: u64,
    inner: u64,
}

/// The engine with one instrument.
#[derive(Debug)]
pub struct Book {
    engine: MatchingEngine,
    fills: Fills,
    /// Open orders by the caller's ids.
    index: Table,
    names: Arena<Names>,
    /// Reports of the last command.
    reports: Vec<Report>,
    reported: u64,
}

impl Book {
    /// An empty book; None: there is no such way with self-trades.
    pub fn new(self_trade: u32) -> Option<Self> {
        SelfTrade::try_from(u16::try_from(self_trade).ok()?).ok()?;
        let mut book = Self {
            engine: MatchingEngine::new(0),
            fills: Fills::default(),
            index: Table::default(),
            names: Arena::default(),
            reports: Vec::with_capacity(64),
            reported: 0,
        };
        let instrument = Instrument {
            id: INSTRUMENT,
            flags: INSTRUMENT_ENABLED,
            tick_size: 1,
            lot_size: 1,
            // The lowest bits of an instrument's policies.
            policies: self_trade,
            ..Instrument::zeroed()
        };
        let command = Command { kind: CommandKind::SetInstrument.number(), ..Command::zeroed() };
        book.apply(&command, &Verdict::zeroed(), &[instrument]).ok()?;
        Some(book)
    }

    /// A new order.
    pub fn submit(
        &mut self,
        order_id: u64,
        owner: u32,
        side: u8,
        time_in_force: TimeInForce,
        price: Option<i64>,
        quantity: i64,
    ) -> Result<&[Report], BatchError> {
        let ord_type = if price.is_some() { OrdType::Limit } else { OrdType::Market };
        let command = Command {
            kind: CommandKind::NewOrder.number(),
            side: u16::from(side),
            ord_type: ord_type.number(),
            time_in_force: time_in_force.number(),
            account: owner,
            price: price.unwrap_or(0),
            quantity,
            ..Command::zeroed()
        };
        let own = place(0, self.engine.applied() + 1, 0);
        let verdict = match self.find(order_id) {
            Some(_) => refused(Reject::DuplicateClOrdId, own),
            None => Verdict { order_id: own, ..Verdict::zeroed() },
        };
        self.perform(order_id, command, verdict)
    }

    /// The end of an order.
    pub fn cancel(&mut self, order_id: u64, owner: u32) -> Result<&[Report], BatchError> {
        let kind = CommandKind::CancelOrder.number();
        self.change(order_id, Command { kind, account: owner, ..Command::zeroed() })
    }

    /// Another price or quantity, open or total; 0: unchanged.
    pub fn replace(
        &mut self,
        order_id: u64,
        owner: u32,
        price: i64,
        quantity: i64,
        open: bool,
    ) -> Result<&[Report], BatchError> {
        let command = Command {
            kind: CommandKind::ReplaceOrder.number(),
            flags: if open && quantity != 0 { FLAG_LEAVES } else { 0 },
            account: owner,
            price,
            quantity,
            ..Command::zeroed()
        };
        self.change(order_id, command)
    }

    /// Reports of the last command.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// The levels of a side, best first; none of a side that isn't one.
    pub fn levels(&self, side: u8) -> impl Iterator<Item = Level> + '_ {
        let side = Side::try_from(u16::from(side)).ok().filter(|&side| side != Side::None);
        let book = self.engine.book(INSTRUMENT);
        side.zip(book).into_iter().flat_map(|(side, book)| book.levels(side))
    }

    /// How many orders are open.
    pub fn open_orders(&self) -> usize {
        self.engine.open_orders()
    }

    /// The running hash.
    pub fn state_hash(&self) -> u64 {
        self.engine.state_hash()
    }

    fn change(&mut self, order_id: u64, command: Command) -> Result<&[Report], BatchError> {
        let verdict = match self.find(order_id) {
            Some(place) => Verdict { order_id: self.names[place].inner, ..Verdict::zeroed() },
            None => Verdict {
                cancel_reason: Reject::UnknownOrder.cancel_reject().number(),
                ..refused(Reject::UnknownOrder, 0)
            },
        };
        self.perform(order_id, command, verdict)
    }

    #[inline]
    fn find(&self, order_id: u64) -> Option<u32> {
        self.index.find(hash_word(order_id), |place| self.names[place].outer == order_id)
    }

    fn perform(
        &mut self,
        order_id: u64,
        command: Command,
        verdict: Verdict,
    ) -> Result<&[Report], BatchError> {
        // The caller's id travels as the order's client order id; the second word keeps id 0 from
        // being none.
        let cl_ord_id = [order_id, 1, 0, 0];
        self.apply(&Command { instrument: INSTRUMENT, cl_ord_id, ..command }, &verdict, &[])?;
        self.reports.clear();
        for event in &self.fills.events {
            self.reported += 1;
            self.reports.push(report(event, self.reported));
            let (outer, inner) = (event.cl_ord_id[0], event.order_id);
            if event.exec_type == ExecType::New.number() {
                let place = self.names.insert(Names { outer, inner });
                self.index.insert(hash_word(outer), place);
            } else if event.leaves_quantity == 0 && event.order_sequence != 0 {
                let hash = hash_word(outer);
                let found = self.index.find(hash, |place| self.names[place].outer == outer);
                let place = found.expect("an order that ends has begun");
                self.index.remove(hash, place);
                self.names.remove(place);
            }
        }
        Ok(&self.reports)
    }

    fn apply(
        &mut self,
        command: &Command,
        verdict: &Verdict,
        instruments: &[Instrument],
    ) -> Result<(), BatchError> {
        let sequence = self.engine.applied() + 1;
        let batch = Batch {
            sequence,
            time_ns: 0,
            origin: 1,
            batch: sequence,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands: core::slice::from_ref(command),
            verdicts: core::slice::from_ref(verdict),
            orig_cl_ord_ids: &[],
            instruments,
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
            fees: &[],
        };
        self.engine.apply(&batch, &mut self.fills)
    }
}

fn refused(reason: Reject, order_id: u64) -> Verdict {
    let kind = VerdictKind::Refused.number();
    Verdict { order_id, kind, reason: reason.number(), ..Verdict::zeroed() }
}

#[inline]
fn report(event: &Event, number: u64) -> Report {
    Report {
        number,
        order_id: event.cl_ord_id[0],
        match_id: event.match_id,
        price: event.price,
        quantity: event.quantity,
        last_price: event.last_price,
        last_quantity: event.last_quantity,
        cum_quantity: event.cum_quantity,
        leaves_quantity: event.leaves_quantity,
        owner: event.account,
        kind: event.exec_type,
        reason: event.reason,
        side: event.side as u8,
        liquidity: event.liquidity as u8,
        rests: u8::from(event.rests()),
        reserved: [0; 5],
    }
}
