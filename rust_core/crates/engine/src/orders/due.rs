//! Which order expires next: orders for the day stand in a queue, those with a time of their own in
//! a heap.

use super::{Orders, DAY_NS, NIL};

impl Orders {
    /// The order that expires first, by time, then id, if it is due, and when it is.
    #[inline]
    pub fn due(&self, time_ns: i64) -> Option<(i64, u32)> {
        if self.day_first == NIL && self.heap.is_empty() {
            return None;
        }
        self.first_due(time_ns)
    }

    fn first_due(&self, time_ns: i64) -> Option<(i64, u32)> {
        let of_day = (self.day_first != NIL).then_some(self.day_first).map(|index| {
            let order = self.get(index);
            ((i64::from(order.expire_day) * DAY_NS, order.id), index)
        });
        let own = self.heap.first().map(|&index| (self.expiry(index), index));
        let first = match (of_day, own) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let first = first.map(|((expires_ns, _), index)| (expires_ns, index));
        first.filter(|&(expires_ns, _)| expires_ns <= time_ns)
    }

    /// When an order with a time of its own ends, and its id.
    fn expiry(&self, index: u32) -> (i64, u64) {
        let expire_ns = self.extra(index).map_or(i64::MAX, |extra| extra.expire_ns);
        (expire_ns, self.get(index).id)
    }

    fn set_heap(&mut self, place: usize, index: u32) {
        self.heap[place] = index;
        if let Some(extra) = self.extra_mut(index) {
            extra.heap = place as u32;
        }
    }

    pub(super) fn push_heap(&mut self, index: u32) {
        if self.extra(index).is_some_and(|extra| extra.expire_ns != 0) {
            self.heap.push(index);
            self.rise(self.heap.len() - 1);
        }
    }

    pub(super) fn leave_heap(&mut self, index: u32) {
        let Some(place) = self.extra(index).map(|extra| extra.heap).filter(|&at| at != NIL) else {
            return;
        };
        let place = place as usize;
        let last = self.heap.pop().expect("it is in the heap");
        if place < self.heap.len() {
            self.set_heap(place, last);
            self.rise(place);
            self.sink(place);
        }
    }

    fn rise(&mut self, mut place: usize) {
        let index = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.expiry(self.heap[parent]) <= self.expiry(index) {
                break;
            }
            self.set_heap(place, self.heap[parent]);
            place = parent;
        }
        self.set_heap(place, index);
    }

    fn sink(&mut self, mut place: usize) {
        let index = self.heap[place];
        loop {
            let mut child = 2 * place + 1;
            if child >= self.heap.len() {
                break;
            }
            let right = child + 1;
            if right < self.heap.len()
                && self.expiry(self.heap[right]) < self.expiry(self.heap[child])
            {
                child = right;
            }
            if self.expiry(index) <= self.expiry(self.heap[child]) {
                break;
            }
            self.set_heap(place, self.heap[child]);
            place = child;
        }
        self.set_heap(place, index);
    }
}
