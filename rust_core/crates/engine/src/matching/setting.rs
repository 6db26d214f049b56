//! How instruments come to be and what they are told to be.

use super::timers::{Timer, What};
use super::{Context, MatchingEngine};
use crate::batch::Fills;
use crate::book::Book;
use crate::pod::{CommandKind, Instrument, InstrumentRules};
use crate::prices::next_session;
use crate::reject::Reject;
use crate::rules::Rules;
use crate::ticks::refusal_of_rules;

impl MatchingEngine {
    /// Does what an operator, or whoever keeps reference data, says. Returns the book in which
    /// something may follow.
    pub(super) fn reference_data(
        &mut self,
        kind: CommandKind,
        at: Context<'_>,
        fills: &mut Fills,
    ) -> Result<Option<usize>, Reject> {
        let batch = at.batch;
        let payload = usize::from(at.command.payload_index);
        let missing = Reject::UnsupportedCharacteristic;
        match kind {
            CommandKind::SetInstrument => {
                let instrument = batch.instruments.get(payload).ok_or(missing)?;
                self.set_instrument(instrument)?;
                fills.instruments.push(*instrument);
            }
            CommandKind::SetAccount => {
                let account = batch.accounts.get(payload).ok_or(missing)?;
                self.firms.insert(account.id, account.firm);
                fills.accounts.push(*account);
            }
            CommandKind::SetLimits => {
                fills.limits.push(*batch.limits.get(payload).ok_or(missing)?);
            }
            CommandKind::SetSession | CommandKind::SetLastTrade => {
                return self.operate(kind, at).map(Some);
            }
            CommandKind::SetRules => {
                let rules = batch.rules.get(payload).ok_or(missing)?;
                return self.set_rules(rules).map(Some);
            }
            CommandKind::MassCancel => self.mass_cancel(at, fills)?,
            CommandKind::Kill => self.kill(at, fills)?,
            CommandKind::BustTrade => self.bust(at, fills)?,
            // A tick carries journal time, and that has been read; the rest is risk's.
            _ => {}
        }
        Ok(None)
    }

    fn set_instrument(&mut self, instrument: &Instrument) -> Result<(), Reject> {
        if !instrument.is_valid() {
            return Err(Reject::UnsupportedCharacteristic);
        }
        let rules = Rules::read(instrument.policies).ok_or(Reject::UnsupportedCharacteristic)?;
        if let Some(slot) = self.slot(instrument.id) {
            let book = &mut self.books[slot];
            let scales = |of: &Instrument| (of.price_scale, of.quantity_scale);
            // A table of ticks goes with the tick size below it.
            if scales(&book.instrument) != scales(instrument)
                || refusal_of_rules(&book.bounds, instrument).is_some()
            {
                return Err(Reject::UnsupportedCharacteristic);
            }
            book.instrument = *instrument;
            book.rules = rules;
            book.pegs_seen = None;
            book.judge();
            return Ok(());
        }
        let id = instrument.id as usize;
        if self.slots.len() <= id {
            self.slots.resize(id + 1, 0);
        }
        self.books.push(Book::new(*instrument, rules));
        self.slots[id] = self.books.len() as u32;
        Ok(())
    }

    fn set_rules(&mut self, rules: &InstrumentRules) -> Result<usize, Reject> {
        let slot = self.slot(rules.instrument).ok_or(Reject::UnknownSymbol)?;
        let book = &mut self.books[slot];
        if let Some(reason) = refusal_of_rules(rules, &book.instrument) {
            return Err(reason);
        }
        book.bounds = *rules;
        book.pegs_seen = None;
        book.judge();
        self.schedule(slot, self.time_ns);
        Ok(slot)
    }

    /// Finds out when the next session begins after a moment.
    pub(super) fn schedule(&mut self, slot: usize, after_ns: i64) {
        let book = &mut self.books[slot];
        let next = next_session(&book.bounds, after_ns).map_or(0, |(moment, _)| moment);
        let timer = |at_ns| Timer { at_ns, what: What::Session, instrument: book.instrument.id };
        if book.next_session_ns != 0 {
            self.timers.remove(&timer(book.next_session_ns));
        }
        if next != 0 {
            self.timers.insert(timer(next));
        }
        book.next_session_ns = next;
    }
}
