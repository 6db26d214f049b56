//! What operators say: reference data, sessions, rules, mass cancels, busts.

use bytemuck::Zeroable;
use engine::ids::sequence_of;
use engine::pod::{
    Command, CommandKind, Event, ExecType, InstrumentRules, MarketStatus, SessionState, Side,
    MAX_PRICE, MAX_QUANTITY,
};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::{Batch, Fills};

use super::timers::Mass;
use super::{At, Book, Reference};

/// The most sides of trades that can be undone.
const BUSTED_MOST: usize = 65_536;

impl Reference {
    /// Does what an operator says, or says why not; names the instruments in which more follows.
    pub(super) fn operate(
        &mut self,
        kind: CommandKind,
        batch: &Batch<'_>,
        id: u64,
        at: At,
        fills: &mut Fills,
        reasons: &mut Vec<Reject>,
    ) -> Vec<u32> {
        let command = &batch.commands[at.index as usize];
        let payload = usize::from(command.payload_index);
        match kind {
            CommandKind::SetInstrument => {
                let new = batch.instruments.get(payload);
                let rules = new.and_then(|new| {
                    let fits = self.books.get(&new.id).is_none_or(|book| {
                        book.instrument.price_scale == new.price_scale
                            && book.instrument.quantity_scale == new.quantity_scale
                            && super::rules::are_sound(&book.bounds, new.tick_size)
                    });
                    Rules::read(new.policies).filter(|_| new.is_valid() && fits)
                });
                let (Some(new), Some(rules)) = (new, rules) else {
                    reasons.push(Reject::UnsupportedCharacteristic);
                    return Vec::new();
                };
                let book = self.books.entry(new.id).or_insert_with(|| Book::new(new, rules));
                (book.instrument, book.rules) = (*new, rules);
                fills.instruments.push(*new);
                Vec::new()
            }
            CommandKind::SetAccount => {
                match batch.accounts.get(payload) {
                    Some(account) => {
                        self.firms.insert(account.id, account.firm);
                        fills.accounts.push(*account);
                    }
                    None => reasons.push(Reject::UnsupportedCharacteristic),
                }
                Vec::new()
            }
            CommandKind::SetLimits => {
                fills.limits.extend(batch.limits.get(payload));
                if payload >= batch.limits.len() {
                    reasons.push(Reject::UnsupportedCharacteristic);
                }
                Vec::new()
            }
            CommandKind::SetRules => self.set_rules(batch.rules.get(payload), reasons),
            CommandKind::MassCancel => self.mass_cancel(command, id, at, fills, reasons),
            CommandKind::Kill => self.kill(command, id, at, fills, reasons),
            CommandKind::BustTrade => self.bust(command, id, at, fills, reasons),
            CommandKind::Unkill | CommandKind::SetFees | CommandKind::SetConversion => Vec::new(),
            _ => self.set_market(kind, command, reasons),
        }
    }

    fn set_rules(
        &mut self,
        rules: Option<&InstrumentRules>,
        reasons: &mut Vec<Reject>,
    ) -> Vec<u32> {
        let Some(rules) = rules else {
            reasons.push(Reject::UnsupportedCharacteristic);
            return Vec::new();
        };
        let time_ns = self.time_ns;
        let Some(book) = self.books.get_mut(&rules.instrument) else {
            reasons.push(Reject::UnknownSymbol);
            return Vec::new();
        };
        if !super::rules::are_sound(rules, book.instrument.tick_size) {
            reasons.push(Reject::UnsupportedCharacteristic);
            return Vec::new();
        }
        (book.bounds, book.bounds_since_ns) = (*rules, time_ns);
        vec![rules.instrument]
    }

    fn mass_cancel(
        &mut self,
        command: &Command,
        id: u64,
        at: At,
        fills: &mut Fills,
        reasons: &mut Vec<Reject>,
    ) -> Vec<u32> {
        if command.instrument != 0 && !self.books.contains_key(&command.instrument) {
            reasons.push(Reject::UnknownSymbol);
        }
        if Side::try_from(command.side).is_err() || command.flags != 0 {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        if !reasons.is_empty() {
            return Vec::new();
        }
        let mass = Mass {
            before: id,
            account: command.account,
            instrument: command.instrument,
            side: command.side,
            tag: command.order_id,
            firm: None,
            reducing: false,
            reason: 0,
        };
        self.begin_mass(mass, at, fills)
    }

    /// Cancels what is open of an account, of a firm's accounts, or of all.
    fn kill(
        &mut self,
        command: &Command,
        id: u64,
        at: At,
        fills: &mut Fills,
        reasons: &mut Vec<Reject>,
    ) -> Vec<u32> {
        let (scope, account) = (command.payload_index, command.account);
        if scope > 3 {
            reasons.push(Reject::UnsupportedCharacteristic);
        } else if (scope == 0 && account == 0) || (scope == 2 && account != 0) {
            reasons.push(Reject::UnknownAccount);
        }
        if scope == 3 || !reasons.is_empty() {
            return Vec::new();
        }
        let mass = Mass {
            before: id,
            account: if scope == 0 { account } else { 0 },
            instrument: 0,
            side: 0,
            tag: 0,
            firm: (scope == 1).then_some(account),
            reducing: false,
            reason: Reject::KillSwitch.number(),
        };
        self.begin_mass(mass, at, fills)
    }

    fn bust(
        &mut self,
        command: &Command,
        id: u64,
        at: At,
        fills: &mut Fills,
        reasons: &mut Vec<Reject>,
    ) -> Vec<u32> {
        let of = |low: i64, value: i64, high: i64| value >= low && value <= high;
        if !self.books.contains_key(&command.instrument) {
            reasons.push(Reject::UnknownSymbol);
        }
        if command.side != Side::Buy.number() && command.side != Side::Sell.number() {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        if !of(1, command.quantity, MAX_QUANTITY) {
            reasons.push(Reject::IncorrectQuantity);
        }
        if !of(1, command.price, MAX_PRICE) {
            reasons.push(Reject::TickSize);
        }
        let match_id = command.expire_time as u64;
        let part = (match_id, command.side);
        if command.expire_time < 1 || match_id > self.matches {
            reasons.push(Reject::UnknownOrder);
        } else if self.busted.contains(&part) {
            reasons.push(Reject::TooLate);
        } else if self.busted.len() >= BUSTED_MOST {
            reasons.push(Reject::SystemUnavailable);
        }
        if !reasons.is_empty() {
            return Vec::new();
        }
        self.busted.insert(part);
        fills.events.push(Event {
            exec_type: ExecType::TradeBust.number(),
            side: command.side,
            account: command.account,
            instrument: command.instrument,
            command_index: at.index,
            order_id: command.order_id,
            last_price: command.price,
            last_quantity: command.quantity,
            match_id,
            ..Event::zeroed()
        });
        if command.account == 0 {
            return Vec::new();
        }
        let undone = (sequence_of(id), command.account, command.instrument, command.side);
        self.unread.push(undone);
        // The position may now be less than what was to reduce it.
        let mass = Mass {
            before: id,
            account: command.account,
            instrument: command.instrument,
            side: 3 - command.side,
            tag: 0,
            firm: None,
            reducing: true,
            reason: Reject::ReduceOnly.number(),
        };
        self.begin_mass(mass, at, fills)
    }

    fn set_market(
        &mut self,
        kind: CommandKind,
        command: &Command,
        reasons: &mut Vec<Reject>,
    ) -> Vec<u32> {
        let id = command.instrument;
        let sets_session = kind == CommandKind::SetSession;
        let session = SessionState::try_from(command.payload_index);
        if !self.books.contains_key(&id) {
            reasons.push(Reject::UnknownSymbol);
        } else if sets_session && session.is_err() {
            reasons.push(Reject::UnsupportedCharacteristic);
        } else if command.price < i64::from(!sets_session) || command.price > MAX_PRICE {
            reasons.push(Reject::TickSize);
        } else if let (true, Ok(session)) = (sets_session, session) {
            self.go_to(id, session, command.price);
        } else {
            self.print(id, command.price);
        }
        if reasons.is_empty() {
            vec![id]
        } else {
            Vec::new()
        }
    }

    /// Sends an instrument to a session, by way of an auction's end if orders have collected.
    pub(super) fn go_to(&mut self, id: u32, session: SessionState, reference: i64) {
        let book = self.books.get_mut(&id).expect("an instrument that is known");
        (book.reference, book.leaving, book.band_ends_ns) = (reference, None, None);
        let was = book.session;
        if was != SessionState::Continuous
            && (session == SessionState::Continuous || session == SessionState::PostClose)
        {
            let price = self.auction(id).map_or(0, |auction| auction.0);
            self.books.get_mut(&id).expect("just seen").leaving = Some((session, price));
        } else {
            self.set_session(id, session);
        }
    }

    pub(super) fn set_session(&mut self, id: u32, session: SessionState) {
        let book = self.books.get_mut(&id).expect("an instrument that is known");
        book.session = session;
        book.indicated = (0, 0, 0);
        book.untold = true;
    }

    /// Tells the session that an instrument is in after all that follows, if it has changed; says
    /// whether there was room.
    pub(super) fn tell_session(&mut self, id: u32, at: At, fills: &mut Fills) -> bool {
        let book = self.books.get_mut(&id).expect("known");
        if book.untold && fills.statuses.len() >= at.statuses {
            return false;
        }
        if std::mem::take(&mut book.untold) {
            fills.statuses.push(MarketStatus {
                instrument: id,
                command_index: at.index,
                session: book.session.number(),
                ..MarketStatus::zeroed()
            });
        }
        true
    }
}
