//! What traders pay for what they trade.

use alloc::vec::Vec;

use crate::pod::{FeeSchedule, FEES_NONE};

/// The schedules of accounts, firms and the venue, by place.
#[derive(Clone, Debug, Default)]
pub struct Fees {
    own: Vec<Option<FeeSchedule>>,
}

impl Fees {
    /// Sets the schedule of a trader, or takes it away.
    pub fn set(&mut self, place: u32, schedule: &FeeSchedule) {
        let place = place as usize;
        if self.own.len() <= place {
            self.own.resize(place + 1, None);
        }
        self.own[place] = (schedule.flags & FEES_NONE == 0).then_some(*schedule);
    }

    /// The schedule of a trader's own, if it has one.
    pub fn own(&self, place: u32) -> Option<&FeeSchedule> {
        self.own.get(place as usize)?.as_ref()
    }
}
