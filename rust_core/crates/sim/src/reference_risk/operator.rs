//! What operators do, and cancels of many orders at once.

use engine::pod::{Command, InstrumentRules, VerdictKind, MAX_PRICE};
use engine::reject::Reject;

use super::shape::content;
use super::{refuse, ReferenceRisk, Request, Said};

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
        let bands: Vec<(i64, i64)> = rules
            .tick_from
            .into_iter()
            .zip(rules.tick_size)
            .take_while(|band| band.1 != 0)
            .collect();
        let ended = rules.tick_size[bands.len()..].iter().all(|&size| size == 0);
        let below = |place: usize| match place {
            0 => (0, instrument.tick_size),
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
        if !ended || !fits || rules.flags > 1 || rules.static_band_bps > 1_000_000 {
            return refuse(Reject::UnsupportedCharacteristic);
        }
        self.rules.insert(rules.instrument, *rules);
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

pub(super) fn price_within(price: i64, lowest: i64) -> Result<(), Reject> {
    if (lowest..=MAX_PRICE).contains(&price) {
        Ok(())
    } else {
        refuse(Reject::TickSize)
    }
}
