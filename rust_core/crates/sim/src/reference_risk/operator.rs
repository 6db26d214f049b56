//! What operators do, and cancels of many orders at once.

use engine::pod::{
    Account, Command, FeeSchedule, Instrument, InstrumentRules, VerdictKind, MAX_PRICE,
};
use engine::reject::Reject;

use super::shape::content;
use super::{refuse, ReferenceRisk, Request, Said, Who, DAY_NS};

impl ReferenceRisk {
    /// An operator's command about an instrument.
    pub(super) fn operate(
        &self,
        command: &Command,
        judge: impl FnOnce(&Command) -> Result<(), Reject>,
    ) -> Result<(), Reject> {
        if !self.instruments.contains_key(&command.instrument) {
            return refuse(Reject::UnknownSymbol);
        }
        judge(command)
    }

    pub(super) fn set_rules(&mut self, rules: &InstrumentRules) -> Result<(), Reject> {
        let Some(instrument) = self.instruments.get(&rules.instrument) else {
            return refuse(Reject::UnknownSymbol);
        };
        let fits = bands_fit(rules, instrument.tick_size);
        if !fits || rules.flags > 1 || rules.static_band_bps > 1_000_000 {
            return refuse(Reject::UnsupportedCharacteristic);
        }
        self.rules.insert(rules.instrument, *rules);
        Ok(())
    }

    /// An instrument, whose table of ticks must fit what it is to be.
    pub(super) fn set_instrument(&mut self, instrument: &Instrument) -> Result<(), Reject> {
        let rules = self.rules.get(&instrument.id);
        if rules.is_some_and(|rules| !bands_fit(rules, instrument.tick_size)) {
            return refuse(Reject::UnsupportedCharacteristic);
        }
        self.instruments.insert(instrument.id, *instrument);
        self.forget_all();
        Ok(())
    }

    /// Turns a kill switch on or off.
    pub(super) fn kill(&mut self, command: &Command, on: bool) -> Result<(), Reject> {
        let id = command.account;
        let who = match command.payload_index {
            0 if self.accounts.contains_key(&id) => Who::Account(id),
            1 if self.has_firm(id) => Who::Firm(id),
            2 if id == 0 => Who::Venue,
            3 if id == 0 => return self.kill_session(command, on),
            0..=3 => return refuse(Reject::UnknownAccount),
            _ => return refuse(Reject::UnsupportedCharacteristic),
        };
        if on {
            self.killed.insert(who);
        } else {
            self.killed.remove(&who);
        }
        Ok(())
    }

    fn has_firm(&self, id: u32) -> bool {
        self.accounts.values().any(|account| account.firm == id)
    }

    fn kill_session(&mut self, command: &Command, on: bool) -> Result<(), Reject> {
        let session = (command.order_id, command.session);
        let (seen_ns, now_ns) = (&self.seen_ns, self.now_ns);
        // Both relays' numbers are never forgotten.
        let relay = |origin| origin == 1 || origin == u64::MAX;
        let known =
            |origin| seen_ns.get(&origin).is_some_and(|&at| relay(origin) || now_ns - at <= DAY_NS);
        if !on && self.killed_sessions.remove(&session) {
            return Ok(());
        }
        if on && self.killed_sessions.contains(&session) {
            return Ok(());
        }
        if !known(session.0) {
            return refuse(Reject::UnknownAccount);
        }
        if on && self.killed_sessions.len() == 1_024 {
            self.killed_sessions.retain(|session| known(session.0));
        }
        if on && self.killed_sessions.len() == 1_024 {
            return refuse(Reject::SystemUnavailable);
        }
        if on {
            self.killed_sessions.insert(session);
        }
        Ok(())
    }

    pub(super) fn set_conversion(&mut self, command: &Command) -> Result<(), Reject> {
        let text = command.order_id.to_le_bytes();
        let length = text.iter().position(|&byte| byte == 0).unwrap_or(8);
        let letters = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let good = |byte: &u8| letters(byte) || [b'_', b'-'].contains(byte);
        let (word, padding) = text.split_at(length);
        if !word.first().is_some_and(letters)
            || !word.iter().all(good)
            || padding.iter().any(|&byte| byte != 0)
        {
            return refuse(Reject::UnsupportedCharacteristic);
        }
        if command.price < 1 || command.price > 1_000_000_000_000_000 {
            return refuse(Reject::TickSize);
        }
        if self.values.len() == 1_024 && !self.values.contains_key(&command.order_id) {
            return refuse(Reject::SystemUnavailable);
        }
        // What its first value lets be counted for the first time wasn't won or lost.
        let could: Vec<(Who, u32)> = self.countable();
        self.values.insert(command.order_id, command.price);
        self.forget_all();
        for (who, id) in self.countable() {
            if !could.contains(&(who, id)) {
                self.set_dawn(who, |_, instrument| instrument.id == id);
            }
        }
        Ok(())
    }

    /// Everybody with the instruments whose money can be counted by them.
    fn countable(&self) -> Vec<(Who, u32)> {
        let all = self.all().into_iter();
        let each = all.flat_map(|who| {
            let currency = self.currency(who);
            let of = self.instruments.values();
            of.filter(move |one| self.counts(one.currency, currency)).map(move |one| (who, one.id))
        });
        each.collect()
    }

    /// Opens an account. If its group has several currencies from now on, what the group loses
    /// counts from now on.
    pub(super) fn set_account(&mut self, account: &Account) {
        let groups = [Who::Firm(account.firm), Who::Venue];
        let before = groups.map(|who| (self.members(who).len(), self.currency(who)));
        self.accounts.insert(account.id, *account);
        self.forget_all();
        for (who, (members, currency)) in groups.into_iter().zip(before) {
            if members > 0 && currency != 0 && self.currency(who) == 0 {
                self.set_dawn(who, |_, _| true);
            }
        }
    }

    pub(super) fn set_fees(&mut self, schedule: Option<&FeeSchedule>) -> Result<(), Reject> {
        let Some(schedule) = schedule.filter(|schedule| are_sound(schedule)) else {
            return refuse(Reject::UnsupportedCharacteristic);
        };
        let id = schedule.account;
        let who = match schedule.flags >> 62 {
            0 if self.accounts.contains_key(&id) => Who::Account(id),
            1 if self.has_firm(id) => Who::Firm(id),
            2 if id == 0 => Who::Venue,
            0..=2 => return refuse(Reject::UnknownAccount),
            _ => return refuse(Reject::UnsupportedCharacteristic),
        };
        if schedule.flags & 1 == 0 {
            self.fees.insert(who, *schedule);
        } else {
            self.fees.remove(&who);
        }
        Ok(())
    }

    pub(super) fn mass_cancel(&mut self, command: &Command, place: u64) -> Said {
        let (id, key) = (command.cl_ord_id(), command.account);
        if key != 0 && !self.accounts.contains_key(&key) {
            return (VerdictKind::Refused, Some(Reject::UnknownAccount), 0, 0);
        }
        let plain = content(command, None, None);
        let known = self.known(key, &id).filter(|_| !id.is_absent()).cloned();
        if let Some(known) = known.as_ref().filter(|known| known.content == Some(plain)) {
            return (VerdictKind::Repeat, None, 0, known.place);
        }
        let listed = command.instrument == 0 || self.instruments.contains_key(&command.instrument);
        let reason = match &known {
            _ if !listed => Some(Reject::UnknownSymbol),
            Some(known) if known.content.is_some() => Some(Reject::DuplicateClOrdId),
            _ if command.side > 2 || command.flags != 0 => Some(Reject::UnsupportedCharacteristic),
            Some(_) => Some(Reject::Stale),
            None => None,
        };
        if known.is_none() && !id.is_absent() {
            let request =
                Request { content: Some(plain), place, order: None, kept_from_ns: self.now_ns };
            self.requests.insert((key, id), request);
        }
        match reason {
            None => (VerdictKind::Accepted, None, 0, 0),
            Some(_) => (VerdictKind::Refused, reason, 0, 0),
        }
    }
}

/// Whether a schedule of fees is one: the first tier from 0, rising, nothing after the last.
fn are_sound(schedule: &FeeSchedule) -> bool {
    let tiers: Vec<(u64, u64)> = schedule.tier_from.into_iter().zip(schedule.tier_rates).collect();
    let last = tiers.iter().rposition(|tier| tier.0 != 0).unwrap_or(0);
    let rises = |at: usize| at == 0 || tiers[at].0 > tiers[at - 1].0;
    let small = |rates: u64| {
        let (maker, taker) = (rates as u32 as i32, (rates >> 32) as u32 as i32);
        maker.unsigned_abs() <= 100_000 && taker.unsigned_abs() <= 100_000
    };
    let none = tiers.iter().all(|&tier| tier == (0, 0));
    tiers[0].0 == 0
        && (0..=last).all(rises)
        && tiers[last + 1..].iter().all(|&tier| tier == (0, 0))
        && tiers.iter().all(|tier| tier.0 <= 1_000_000_000_000_000_000 && small(tier.1))
        && schedule.instrument == 0
        && schedule.reserved == [0, 0]
        && schedule.flags & 0x3fff_ffff_ffff_fffe == 0
        && (schedule.flags & 1 == 0 || none)
}

pub(super) fn price_within(price: i64, lowest: i64) -> Result<(), Reject> {
    if (lowest..=MAX_PRICE).contains(&price) {
        Ok(())
    } else {
        refuse(Reject::TickSize)
    }
}

/// Whether bands of ticks rise from this one, each from a multiple of both its neighbours.
fn bands_fit(rules: &InstrumentRules, tick_size: i64) -> bool {
    let bands: Vec<(i64, i64)> =
        rules.tick_from.into_iter().zip(rules.tick_size).take_while(|band| band.1 != 0).collect();
    let ended = rules.tick_size[bands.len()..].iter().all(|&size| size == 0);
    let below = |place: usize| match place {
        0 => (0, tick_size),
        _ => bands[place - 1],
    };
    let fits = bands.iter().enumerate().all(|(place, &(from, size))| {
        let (last, tick) = below(place);
        let bounds = 1..=MAX_PRICE;
        from > last
            && bounds.contains(&from)
            && bounds.contains(&size)
            && from % tick == 0
            && from % size == 0
    });
    ended && fits
}
