//! Kill switches: no new order and no replace of those for whom one is on.
//!
//! Whether one of its account, firm or venue stops an account is a bit of the account's. Sessions
//! are few that are stopped, and are looked up only while there are any.

use alloc::vec::Vec;

use super::checks::Level;
use super::reference::VENUE;
use super::{accepted, refused, RiskEngine, Ruling};
use crate::pod::Command;
use crate::reject::Reject;
use crate::table::NONE;

/// The most sessions whose kill switch is on.
pub const MAX_KILLED_SESSIONS: usize = 1_024;

/// A session of a process that writes batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// The process.
    pub origin: u64,
    /// Its number there; 0: unary requests.
    pub number: u32,
}

/// Whose kill switch is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed {
    /// That of an account, a firm, or the venue (id 0).
    Trader(Level, u32),
    /// That of a session.
    Session(Session),
}

/// The sessions whose kill switch is on.
#[derive(Clone, Debug, Default)]
pub struct KilledSessions {
    /// Rising.
    sessions: Vec<Session>,
}

impl KilledSessions {
    /// Whether a session is stopped.
    #[inline]
    pub fn stops(&self, origin: u64, number: u32) -> bool {
        !self.sessions.is_empty() && self.has(Session { origin, number })
    }

    #[cold]
    fn has(&self, session: Session) -> bool {
        self.sessions.binary_search(&session).is_ok()
    }

    /// Forgets the sessions of a process that has begun anew.
    #[inline]
    pub fn forget(&mut self, origin: u64) {
        if !self.sessions.is_empty() {
            self.sessions.retain(|session| session.origin != origin);
        }
    }
}

impl RiskEngine {
    /// Turns the kill switch of an account, a firm, the venue or a session on or off.
    pub(super) fn kill(&mut self, command: &Command, on: bool) -> Ruling {
        let place = match command.payload_index {
            0 => self.reference.account_place(command.account),
            1 => self.reference.firm_place(command.account),
            2 => (command.account == 0).then_some(VENUE),
            3 => return self.kill_session(command, on),
            _ => return refused(0, Reject::UnsupportedCharacteristic),
        };
        let Some(place) = place else {
            return refused(0, Reject::UnknownAccount);
        };
        self.reference.traders[place as usize].killed = on;
        for account in 0..self.reference.traders.len() {
            let trader = self.reference.traders[account];
            if trader.firm != NONE {
                let groups = [trader.firm, VENUE].map(|at| self.reference.traders[at as usize]);
                let halted = trader.killed || groups.iter().any(|group| group.killed);
                self.reference.traders[account].halted = halted;
            }
        }
        accepted(0)
    }

    /// The same for a session. One can be stopped as long as its process is known, which it is from
    /// its first batch until a day after its last; when there is no room for another, those of
    /// processes that aren't known any more are dropped.
    fn kill_session(&mut self, command: &Command, on: bool) -> Ruling {
        let session = Session { origin: command.order_id, number: command.session };
        if command.account != 0 {
            return refused(0, Reject::UnknownAccount);
        }
        let at = self.killed_sessions.sessions.binary_search(&session);
        match (at, on) {
            (Ok(at), false) => {
                self.killed_sessions.sessions.remove(at);
            }
            (Ok(_), true) => {}
            (Err(_), _) if !self.origins.knows(session.origin, self.now_ns) => {
                return refused(0, Reject::UnknownAccount);
            }
            (Err(_), false) => {}
            (Err(_), true) => {
                let sessions = &mut self.killed_sessions.sessions;
                if sessions.len() == MAX_KILLED_SESSIONS {
                    let (origins, now_ns) = (&self.origins, self.now_ns);
                    sessions.retain(|session| origins.knows(session.origin, now_ns));
                }
                if sessions.len() == MAX_KILLED_SESSIONS {
                    return refused(0, Reject::SystemUnavailable);
                }
                let at = sessions.partition_point(|&other| other < session);
                sessions.insert(at, session);
            }
        }
        accepted(0)
    }

    /// Every kill switch that is on: the venue's, those of accounts and firms in the order in which
    /// they came, those of sessions rising.
    #[must_use]
    pub fn killed(&self) -> Vec<Killed> {
        let traders = self.reference.traders.iter().filter(|trader| trader.killed);
        let traders = traders.map(|trader| Killed::Trader(trader.level, trader.id));
        let sessions = self.killed_sessions.sessions.iter().copied();
        let sessions = sessions.filter(|session| self.origins.knows(session.origin, self.now_ns));
        let sessions = sessions.map(Killed::Session);
        traders.chain(sessions).collect()
    }
}
