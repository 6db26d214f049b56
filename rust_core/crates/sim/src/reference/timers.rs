//! What happens without a command of its own: mass cancels that go on, and timers.

use std::collections::BTreeSet;

use engine::pod::{ExecType, ScheduledSession, SessionState, FLAG_REDUCE_ONLY};
use engine::Fills;

use super::{At, Reference, DAY_NS, SECOND_NS};

/// A mass cancel: what each order that it ends has in common; 0 for anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mass {
    /// Its own place: orders that came later stay.
    pub before: u64,
    pub account: u32,
    pub instrument: u32,
    pub side: u16,
    pub tag: u64,
    /// Of whose accounts.
    pub firm: Option<u32>,
    /// Only those that never increase a position.
    pub reducing: bool,
    pub reason: u16,
}

/// What fires, sorted by the order in which it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    time_ns: i64,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// The end of an order.
    Expiry(u64),
    /// The end of an instrument's auction that a band had called.
    BandAuction(u32),
    /// A change of session: the instrument and the place in its schedule.
    Session(u32, usize),
}

impl Reference {
    /// What goes on before the commands of a message.
    pub(super) fn go_on(&mut self, at: At, fills: &mut Fills) {
        for instrument in self.run_masses(at, fills) {
            self.postpone(instrument);
        }
        if !self.masses.is_empty() {
            return;
        }
        self.timers(at, fills);
        for instrument in std::mem::take(&mut self.pending) {
            self.follow(instrument, at, fills);
        }
    }

    /// Begins a mass cancel, but waits if another goes on; says where something was cancelled.
    pub(super) fn begin_mass(&mut self, mass: Mass, at: At, fills: &mut Fills) -> Vec<u32> {
        let waits = !self.masses.is_empty();
        self.masses.push(mass);
        match waits {
            true => Vec::new(),
            false => self.run_masses(at, fills),
        }
    }

    /// Cancels as much as fits, and says where.
    pub(super) fn run_masses(&mut self, at: At, fills: &mut Fills) -> Vec<u32> {
        let mut touched = BTreeSet::new();
        while let Some(&mass) = self.masses.first() {
            let meant = self.orders.range(..mass.before).map(|(_, order)| order);
            let meant: Vec<u64> = meant
                .filter(|order| mass.account == 0 || order.command.account == mass.account)
                .filter(|order| mass.instrument == 0 || order.command.instrument == mass.instrument)
                .filter(|order| mass.side == 0 || order.command.side == mass.side)
                .filter(|order| match mass.firm {
                    Some(firm) => self.firms.get(&order.command.account) == Some(&firm),
                    None => true,
                })
                .filter(|order| !mass.reducing || order.command.flags & FLAG_REDUCE_ONLY != 0)
                .filter(|order| mass.tag == 0 || order.terms.tag == mass.tag)
                .map(|order| order.id)
                .collect();
            for id in meant {
                // The other one of two linked orders has ended with it.
                let Some(order) = self.orders.get(&id) else { continue };
                let instrument = order.command.instrument;
                if at.room(fills) < 1 + self.partners(&[id]) {
                    touched.iter().for_each(|&instrument| self.postpone(instrument));
                    return Vec::new();
                }
                self.leave(id, ExecType::Canceled, mass.reason, at, fills);
                touched.insert(instrument);
            }
            self.masses.remove(0);
        }
        touched.into_iter().collect()
    }

    fn timers(&mut self, at: At, fills: &mut Fills) {
        for timer in self.due() {
            let fits = match timer.what {
                What::Expiry(id) => match self.orders.contains_key(&id) {
                    true => at.room(fills) > self.partners(&[id]),
                    false => true,
                },
                _ => fills.statuses.len() + 2 <= at.statuses,
            };
            if !fits {
                return;
            }
            self.fired = Some(timer);
            self.fire_timer(timer, at, fills);
        }
        (self.fired_ns, self.fired) = (self.time_ns, None);
    }

    fn fire_timer(&mut self, timer: Timer, at: At, fills: &mut Fills) {
        let (instrument, session) = match timer.what {
            What::Expiry(id) => {
                if let Some(order) = self.orders.get(&id) {
                    let instrument = order.command.instrument;
                    self.leave(id, ExecType::Expired, 0, at, fills);
                    self.postpone(instrument);
                }
                return;
            }
            What::BandAuction(instrument) => {
                // A session that came in between has ended it.
                if self.books[&instrument].band_ends_ns != Some(timer.time_ns) {
                    return;
                }
                (instrument, SessionState::Continuous)
            }
            What::Session(instrument, place) => {
                let word = self.books[&instrument].bounds.schedule[place];
                let scheduled = ScheduledSession::read(word).expect("checked when it was set");
                (instrument, scheduled.session)
            }
        };
        self.go_to(instrument, session, 0);
        self.follow(instrument, at, fills);
    }

    /// All timers that are due, first ones first.
    fn due(&self) -> Vec<Timer> {
        let now_ns = self.time_ns;
        let mut due = Vec::new();
        for order in self.orders.values() {
            if let Some(time_ns) = order.expires_ns.filter(|&time_ns| time_ns <= now_ns) {
                due.push(Timer { time_ns, what: What::Expiry(order.id) });
            }
        }
        for (&id, book) in &self.books {
            if let Some(time_ns) = book.band_ends_ns.filter(|&time_ns| time_ns <= now_ns) {
                due.push(Timer { time_ns, what: What::BandAuction(id) });
            }
            for (place, &word) in book.bounds.schedule.iter().enumerate() {
                let Some(scheduled) = ScheduledSession::read(word).filter(|_| word != 0) else {
                    break;
                };
                // Moments of today and yesterday: none that counts is older.
                for day in [now_ns / DAY_NS - 1, now_ns / DAY_NS] {
                    let time_ns = day * DAY_NS + i64::from(scheduled.second) * SECOND_NS;
                    let timer = Timer { time_ns, what: What::Session(id, place) };
                    // The first day of all was a Thursday.
                    let weekday = (day + 3).rem_euclid(7);
                    let counts = scheduled.weekdays >> weekday & 1 != 0
                        && time_ns > self.fired_ns
                        && time_ns > book.bounds_since_ns
                        && time_ns > now_ns - DAY_NS
                        && time_ns <= now_ns
                        && self.fired.is_none_or(|fired| timer > fired);
                    if counts {
                        due.push(timer);
                    }
                }
            }
        }
        due.sort_unstable();
        due
    }
}
