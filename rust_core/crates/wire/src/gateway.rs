//! Order entry without its I/O: requests become batches of ORDERS, FILLS become answers.
//!
//! A *ticket* is a request that waits: one contiguous run of commands in one batch. Batches are
//! open while commands are added, frozen once they have a number and bytes, and gone once FILLS has
//! told what became of them. Commands between those two ends are bounded.

mod answer;
mod batches;

use core::fmt;

use engine::order_view::{OrderView, OrderViewError};
use engine::pod::{
    BatchStatus, ClOrdId, Command, CommandKind, ExecType, OrderTerms, FLAG_CANCEL_ON_DISCONNECT,
    FLAG_OF_KILL,
};

use crate::frame::{aligned, Frame, Header, Log};
use crate::pb::uint;
use crate::reference::{Reference, WordMap};
use crate::request::{
    bust_commands, BustRequest, Context, Control, Method, Parsed, Request, RequestError,
};
use crate::response::execution;
use crate::stage::{read_at, StageError};

use answer::Ticket;
use batches::{Batches, OpenBatch, Token};

/// Why the gateway doesn't do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayError {
    /// The request is refused as a whole.
    Request(RequestError),
    /// More commands than may wait.
    Overloaded {
        /// The bound.
        bound: usize,
    },
    /// A FILLS message can't be read where it stands.
    Stage(StageError),
    /// FILLS doesn't follow from what came before.
    View(OrderViewError),
    /// FILLS isn't about what this gateway wrote, or a call about nothing it knows.
    Broken {
        /// The message or batch.
        number: u64,
        /// What is wrong.
        what: &'static str,
    },
}

impl fmt::Display for GatewayError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(RequestError::Malformed(violations)) => {
                write!(out, "malformed request")?;
                violations
                    .iter()
                    .take(1)
                    .try_for_each(|first| write!(out, ": {} {}", first.field, first.description))
            }
            Self::Request(RequestError::UnknownAccount(name)) => {
                write!(out, "there is no account {name} of this firm")
            }
            Self::Request(RequestError::UnknownSymbol(symbol)) => {
                write!(out, "the symbol {symbol} is not traded here")
            }
            Self::Request(RequestError::UnknownTrade) => {
                write!(out, "there is no trade with this match id at this place")
            }
            Self::Overloaded { bound } => write!(out, "{bound} commands wait already: try again"),
            Self::Stage(error) => write!(out, "{error}"),
            Self::View(error) => write!(out, "{error}"),
            Self::Broken { number, what } => write!(out, "{number}: {what}"),
        }
    }
}

impl std::error::Error for GatewayError {}

impl From<StageError> for GatewayError {
    fn from(error: StageError) -> Self {
        Self::Stage(error)
    }
}

/// What became of a request at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its ticket; 0 when it is answered already.
    pub ticket: u64,
    /// The answer, when nothing of it goes into the journal.
    pub response: Option<Vec<u8>>,
    /// Whether the journal's word is all it waits for.
    pub wait_received: bool,
}

/// A batch ready to be published.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// Its number.
    pub batch: u64,
    /// Last token of its subject: a symbol, or `_venue`.
    pub token: String,
    /// The message.
    pub frame: Vec<u8>,
    /// Its commands.
    pub count: usize,
}

/// What a FILLS message meant for those who wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Tickets that are answered.
    pub completed: Vec<(u64, Vec<u8>)>,
    /// Tickets that need earlier FILLS messages for their answers: which.
    pub repeats: Vec<(u64, Vec<u64>)>,
    /// The batch it is about, 0 when another origin wrote that.
    pub own_batch: u64,
    /// What became of the batch.
    pub status: u16,
    /// Who wrote the batch.
    pub origin: u64,
}

/// Order entry's state in one process.
#[derive(Debug)]
pub struct Gateway {
    shard: u32,
    origin: u64,
    bound: usize,
    reference: Reference,
    orders: OrderView,
    batches: Batches,
    tickets: WordMap<u64, Ticket>,
    next_ticket: u64,
    request: Request,
    copy: Vec<u64>,
}

impl Gateway {
    /// Before the first FILLS message. At most `bound` commands wait for their outcome.
    #[must_use]
    pub fn new(shard: u32, origin: u64, bound: usize) -> Self {
        Self {
            shard,
            origin,
            bound,
            reference: Reference::default(),
            orders: OrderView::default(),
            batches: Batches::default(),
            tickets: WordMap::default(),
            next_ticket: 1,
            request: Request::default(),
            copy: Vec::new(),
        }
    }

    /// Instruments and accounts.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Orders, open and lately ended.
    #[must_use]
    pub fn orders(&self) -> &OrderView {
        &self.orders
    }

    /// The shard.
    #[must_use]
    pub fn shard(&self) -> u32 {
        self.shard
    }

    /// Commands that no batch number has been given to.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.batches.open_commands()
    }

    /// Commands whose outcome isn't known, `pending` ones included.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.batches.commands()
    }

    /// Takes a request. Its commands go into the batch being formed, all of them or none.
    ///
    /// # Errors
    ///
    /// If it can't be read, names an account that isn't the firm's, or too much waits already.
    pub fn submit(
        &mut self,
        method: Method,
        message: &[u8],
        firm: u32,
        session: u32,
    ) -> Result<Submitted, GatewayError> {
        let mut request = core::mem::take(&mut self.request);
        let context = Context { reference: &self.reference, firm: Some(firm), session };
        let read = request.read(method, message, context).map_err(GatewayError::Request);
        let submitted = read.and_then(|()| self.take(Ticket::new(method, &request), &request));
        self.request = request;
        submitted
    }

    /// Takes an operator's request, which becomes one command. The answer is a `CancelAllResponse`,
    /// whatever was asked for: what became of the command.
    ///
    /// # Errors
    ///
    /// If it can't be read, names an account or symbol that isn't there, or too much waits already.
    pub fn control(&mut self, control: Control, message: &[u8]) -> Result<Submitted, GatewayError> {
        let mut request = core::mem::take(&mut self.request);
        let read = request.read_control(control, message, &self.reference);
        let submitted = read
            .map_err(GatewayError::Request)
            .and_then(|()| self.take(Ticket::control(&request), &request));
        self.request = request;
        submitted
    }

    /// The FILLS message that holds the trade which a `BustTradeRequest` names.
    ///
    /// # Errors
    ///
    /// If it can't be read, or there is no such message.
    pub fn bust_sequence(&self, message: &[u8]) -> Result<u64, GatewayError> {
        let asked = BustRequest::read(message, &self.reference).map_err(GatewayError::Request)?;
        let here = asked.shard == u64::from(self.shard);
        if !here || asked.sequence > self.orders.applied() {
            return Err(GatewayError::Request(RequestError::UnknownTrade));
        }
        Ok(asked.sequence)
    }

    /// Takes a `BustTradeRequest` with the message that [`Self::bust_sequence`] named: one command
    /// for each side of the trade. The answer is as of [`Self::control`], and accepts if both were.
    ///
    /// # Errors
    ///
    /// If there is no such trade in that message, it isn't that message, or too much waits already.
    pub fn bust_trade(&mut self, message: &[u8], frame: &[u8]) -> Result<Submitted, GatewayError> {
        let sequence = self.bust_sequence(message)?;
        let asked = BustRequest::read(message, &self.reference).map_err(GatewayError::Request)?;
        let bytes = aligned(frame, &mut self.copy);
        let fills = read_at(Log::Fills, sequence, self.shard, bytes)?.fills();
        let commands = bust_commands(&fills, asked.index, asked.match_id)
            .ok_or(GatewayError::Request(RequestError::UnknownTrade))?;
        let mut request = core::mem::take(&mut self.request);
        request.set_bust(commands);
        let submitted = self.take(Ticket::control(&request), &request);
        self.request = request;
        submitted
    }

    fn take(&mut self, ticket: Ticket, request: &Request) -> Result<Submitted, GatewayError> {
        let count = request.commands.iter().filter(|parsed| parsed.refused.is_none()).count();
        if count == 0 {
            let response = Some(ticket.refused());
            return Ok(Submitted { ticket: 0, response, wait_received: request.wait_received });
        }
        // Tickets whose first outcomes are being fetched wait too.
        let waiting = self.waiting().max(self.tickets.len());
        if waiting + count > self.bound {
            return Err(GatewayError::Overloaded { bound: self.bound });
        }
        let id = self.append(ticket, request, count);
        Ok(Submitted { ticket: id, response: None, wait_received: request.wait_received })
    }

    /// Puts the `count` commands of a request that aren't refused into a batch: the ticket.
    fn append(&mut self, mut ticket: Ticket, request: &Request, count: usize) -> u64 {
        let id = self.next_ticket;
        self.next_ticket += 1;
        let batch = self.batches.room_for(count);
        ticket.first = batch.len() as u32;
        batch.tickets.push(id);
        for parsed in request.commands.iter().filter(|parsed| parsed.refused.is_none()) {
            let orders = &self.orders;
            batch.push(parsed, |command, orig| instrument_of(orders, command, orig));
        }
        self.batches.count_open(count);
        self.tickets.insert(id, ticket);
        id
    }

    /// Appends cancels for the open orders of a session that are to end with it, those on their way
    /// included; of a killed one for every order, with that as their reason. Returns how many. The
    /// bound doesn't hold here: who is gone can't try again.
    pub fn cancel_session(&mut self, session: u32, killed: bool) -> usize {
        self.append_cancels(session, killed)
    }

    /// Takes an operator's kill of a session: no new order and no replace of it counts behind this
    /// command. Cancels for all of its orders follow, those on their way included. The answer is as
    /// of [`Self::control`]. The bound doesn't hold here: it makes less of what waits.
    pub fn kill_session(&mut self, session: u32) -> u64 {
        let mut request = core::mem::take(&mut self.request);
        request.set_kill(self.origin, session);
        let id = self.append(Ticket::control(&request), &request, 1);
        self.request = request;
        self.append_cancels(session, true);
        id
    }

    /// The origins whose sessions have open orders, rising.
    #[must_use]
    pub fn origins_with_orders(&self) -> Vec<u64> {
        let mut origins: Vec<u64> = self.orders.sessions().map(|(origin, _)| origin).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }

    /// Appends cancels for the open orders of another origin that are to end with their session:
    /// all its sessions ended with its process. Returns how many. The bound doesn't hold here.
    pub fn cancel_origin(&mut self, origin: u64) -> usize {
        let sessions = self.orders.sessions().filter(|&(of, _)| of == origin);
        let mut tied: Vec<(u32, u64)> = sessions
            .flat_map(|(_, session)| self.orders.open_in_session(origin, session))
            .filter(|order| order.last.flags & FLAG_CANCEL_ON_DISCONNECT != 0)
            .map(|order| (order.last.account, order.last.order_id))
            .collect();
        tied.sort_unstable_by_key(|&(_, order_id)| order_id);
        let cancels: Vec<Parsed> = tied
            .iter()
            .map(|&(account, order_id)| cancel_of(account, order_id, 0, ClOrdId::default()))
            .collect();
        self.push_cancels(&cancels)
    }

    /// How many orders are open that a session sent.
    #[must_use]
    pub fn open_in_session(&self, session: u32) -> usize {
        self.orders.open_in_session(self.origin, session).count()
    }

    /// Appends cancels for the orders of a session: of a killed one for all, else for those that
    /// are to end with it.
    fn append_cancels(&mut self, session: u32, killed: bool) -> usize {
        let mut cancels: Vec<Parsed> = Vec::new();
        let (flags, says) = if killed { (0, FLAG_OF_KILL) } else { (FLAG_CANCEL_ON_DISCONNECT, 0) };
        let cancel = |account, order_id, orig| cancel_of(account, order_id, says, orig);
        for order in self.orders.open_in_session(self.origin, session) {
            if order.last.flags & flags == flags {
                let id = order.last.order_id;
                cancels.push(cancel(order.last.account, id, ClOrdId::default()));
            }
        }
        for command in self.batches.on_their_way() {
            let of_session = command.session == session
                && command.kind == CommandKind::NewOrder.number()
                && command.flags & flags == flags;
            if of_session {
                cancels.push(cancel(command.account, 0, command.cl_ord_id()));
            }
        }
        self.push_cancels(&cancels)
    }

    fn push_cancels(&mut self, cancels: &[Parsed]) -> usize {
        for parsed in cancels {
            let orders = &self.orders;
            let batch = self.batches.room_for(1);
            batch.push(parsed, |command, orig| instrument_of(orders, command, orig));
            self.batches.count_open(1);
        }
        cancels.len()
    }

    /// Freezes the oldest open batch, stamped with the last FILLS sequence seen; `None` when there
    /// is nothing to send.
    pub fn freeze(&mut self, fills_seen: u64) -> Option<Frozen> {
        let batch = self.batches.take_open()?;
        let token = match batch.token {
            Token::Instrument(id) => self.reference.instrument(id).map(|instrument| {
                String::from_utf8_lossy(crate::reference::text(&instrument.symbol)).into_owned()
            }),
            Token::Empty | Token::Venue => None,
        };
        let token = token.unwrap_or_else(|| VENUE.to_owned());
        let frame = self.write(&batch, fills_seen);
        let count = batch.len();
        let number = self.batches.freeze(batch);
        Some(Frozen { batch: number, token, frame, count })
    }

    /// Freezes a batch that carries journal time to a Unix second, and nothing else.
    pub fn freeze_tick(&mut self, unix_second: i64, fills_seen: u64) -> Frozen {
        let mut batch = OpenBatch::default();
        let tick = Command {
            kind: CommandKind::Tick.number(),
            expire_time: unix_second,
            ..bytemuck::Zeroable::zeroed()
        };
        batch.push(&without_terms(tick, ClOrdId::default()), |_, _| None);
        let frame = self.write(&batch, fills_seen);
        let number = self.batches.freeze(batch);
        Frozen { batch: number, token: VENUE.to_owned(), frame, count: 1 }
    }

    fn write(&self, batch: &OpenBatch, fills_seen: u64) -> Vec<u8> {
        let mut header = Header::new(Log::Orders);
        header.shard = self.shard;
        header.origin = self.origin;
        header.batch = self.batches.next_number();
        header.fills_seen = fills_seen;
        let mut frame = Vec::new();
        Frame {
            commands: &batch.commands,
            orig_cl_ord_ids: &batch.origs,
            terms: &batch.terms,
            ..Frame::new(header)
        }
        .write(&mut frame);
        frame
    }

    /// The journal stored a batch: answers those who wait for no more.
    pub fn stored(&mut self, batch: u64, sequence: u64) -> Vec<(u64, Vec<u8>)> {
        let mut answered = Vec::new();
        let Some(frozen) = self.batches.frozen(batch) else { return answered };
        for &id in &frozen.tickets {
            if self.tickets.get(&id).is_some_and(|ticket| ticket.wait_received) {
                let ticket = self.tickets.remove(&id).expect("it was there");
                answered.push((id, ticket.received(self.shard, sequence, &frozen.commands)));
            }
        }
        answered
    }

    /// The journal certainly didn't store the batch frozen last: its tickets, which are forgotten.
    /// Its number is used again.
    ///
    /// # Errors
    ///
    /// If it isn't the last.
    pub fn refused(&mut self, batch: u64) -> Result<Vec<u64>, GatewayError> {
        let frozen = self.batches.take_back(batch).ok_or(GatewayError::Broken {
            number: batch,
            what: "it isn't the batch frozen last, so its number can't be used again",
        })?;
        let mut tickets = frozen.tickets;
        tickets.retain(|id| self.tickets.remove(id).is_some());
        Ok(tickets)
    }

    /// Applies the next FILLS message.
    ///
    /// # Errors
    ///
    /// If it isn't that, or doesn't follow from those before; the process must not go on.
    pub fn apply_fills(&mut self, sequence: u64, bytes: &[u8]) -> Result<Applied, GatewayError> {
        let mut copy = core::mem::take(&mut self.copy);
        let applied = read_at(Log::Fills, sequence, self.shard, aligned(bytes, &mut copy))
            .map_err(GatewayError::Stage)
            .and_then(|frame| self.apply_frame(&frame));
        self.copy = copy;
        applied
    }

    fn apply_frame(&mut self, frame: &Frame<'_>) -> Result<Applied, GatewayError> {
        let fills = frame.fills();
        self.orders.apply(&fills).map_err(GatewayError::View)?;
        self.reference.apply(&fills);
        let (status, origin) = (fills.status.number(), fills.origin);
        let mut applied = Applied { status, origin, ..Applied::default() };
        if fills.origin != self.origin {
            return Ok(applied);
        }
        applied.own_batch = fills.batch;
        let Some(batch) = self.batches.resolve(fills.batch) else { return Ok(applied) };
        if fills.status == BatchStatus::Applied && fills.outcomes.len() != batch.commands.len() {
            let what = "as many outcomes as the batch of this number has commands were due";
            return Err(GatewayError::Broken { number: fills.sequence, what });
        }
        for id in batch.tickets {
            let Some(mut ticket) = self.tickets.remove(&id) else { continue };
            let response = match fills.status {
                BatchStatus::Applied if ticket.wait_received => {
                    Some(ticket.received(self.shard, fills.sequence, &batch.commands))
                }
                BatchStatus::Applied => ticket.judge(&fills, self.shard, &self.reference),
                // Another batch had this number: what this one asked for isn't known to have
                // failed.
                BatchStatus::Repeated => Some(ticket.unknown()),
                BatchStatus::Void | BatchStatus::Held => Some(ticket.without_effect()),
            };
            match response {
                Some(response) => applied.completed.push((id, response)),
                None => {
                    applied.repeats.push((id, ticket.sequences()));
                    self.tickets.insert(id, ticket);
                }
            }
        }
        Ok(applied)
    }

    /// Answers a ticket with the first outcomes from earlier FILLS messages; `None` when nobody
    /// waits for it any more.
    ///
    /// # Errors
    ///
    /// If they aren't the messages that `Applied::repeats` named; the ticket still waits then.
    pub fn complete_repeats(
        &mut self,
        id: u64,
        frames: &[(u64, &[u8])],
    ) -> Result<Option<Vec<u8>>, GatewayError> {
        let Some(ticket) = self.tickets.get_mut(&id) else { return Ok(None) };
        for &(sequence, bytes) in frames {
            let bytes = aligned(bytes, &mut self.copy);
            let frame = read_at(Log::Fills, sequence, self.shard, bytes)?;
            ticket.fill_in(&frame.fills(), self.shard, &self.reference);
        }
        let Some(response) = ticket.finished() else {
            let what = "the messages given don't hold all first outcomes of this ticket";
            return Err(GatewayError::Broken { number: id, what });
        };
        self.tickets.remove(&id);
        Ok(Some(response))
    }

    /// `StreamExecutionsResponse` of any FILLS message: what happened to the orders of a firm, or
    /// of one of its accounts.
    ///
    /// # Errors
    ///
    /// If the message can't be read where it stands.
    pub fn executions(
        &self,
        sequence: u64,
        bytes: &[u8],
        firm: u32,
        account: Option<u32>,
    ) -> Result<Vec<u8>, GatewayError> {
        let mut copy = Vec::new();
        let frame = read_at(Log::Fills, sequence, self.shard, aligned(bytes, &mut copy))?;
        let fills = frame.fills();
        let mut out = Vec::new();
        for (index, event) in fills.events.iter().enumerate() {
            let owner = self.reference.account(event.account);
            let is_firms = owner.is_some_and(|owner| owner.firm == firm);
            // A command refused that was about no order: its sender is told, and nobody else.
            let is_order = event.order_id != 0 || event.exec_type != ExecType::Rejected.number();
            if is_firms && is_order && account.is_none_or(|account| account == event.account) {
                execution(&mut out, &fills, self.shard, index as u32, &self.reference);
            }
        }
        uint(&mut out, 2, sequence);
        Ok(out)
    }

    /// Answers a ticket whose time is over, and forgets it; `None` when nobody waits for it any
    /// more.
    pub fn unknown(&mut self, id: u64) -> Option<Vec<u8>> {
        self.tickets.remove(&id).map(|ticket| ticket.unknown())
    }

    /// Forgets a ticket whose client went away; what it asked for still happens.
    pub fn forget(&mut self, id: u64) {
        self.tickets.remove(&id);
    }
}

/// Last token of the subject of a batch that isn't about one symbol alone.
pub const VENUE: &str = "_venue";

/// A cancel of the gateway's own, by the order's id or by its client order id.
fn cancel_of(account: u32, order_id: u64, flags: u16, orig: ClOrdId) -> Parsed {
    let kind = CommandKind::CancelOrder.number();
    let zero: Command = bytemuck::Zeroable::zeroed();
    without_terms(Command { kind, flags, account, order_id, ..zero }, orig)
}

/// A command of the gateway's own.
fn without_terms(command: Command, orig_cl_ord_id: ClOrdId) -> Parsed {
    Parsed { command, terms: OrderTerms::default(), orig_cl_ord_id, refused: None }
}

/// The instrument that a command is about, if that is known: a cancel names none itself, and a mass
/// cancel without one, or a kill, is about all.
fn instrument_of(orders: &OrderView, command: &Command, orig: &ClOrdId) -> Option<u32> {
    if command.instrument != 0 {
        return Some(command.instrument);
    }
    if [CommandKind::MassCancel, CommandKind::Kill].map(CommandKind::number).contains(&command.kind)
    {
        return None;
    }
    let order = match command.order_id {
        0 => orders.find(command.account, orig),
        id => orders.order(id),
    };
    order.map(|order| order.last.instrument).filter(|&instrument| instrument != 0)
}
