//! A request that waits, and the answers it can get.

use engine::ids::{index_of, place, sequence_of};
use engine::pod::{ClOrdId, Command, CommandKind, OutcomeKind};
use engine::reject::Reject;
use engine::FillsView;

use crate::pb::uint;
use crate::reference::Reference;
use crate::request::{Method, Request};
use crate::response::{judged_result, plain_result, Answer, Judged, Plain};

/// A command of the request.
#[derive(Clone, Copy, Debug)]
struct Slot {
    cl_ord_id: ClOrdId,
    /// Why it was refused at once, and isn't in the batch; 0: it is.
    refused: u16,
}

/// A part of the answer: results in the order of the commands.
#[derive(Debug)]
enum Piece {
    /// Results as bytes.
    Done(Vec<u8>),
    /// A result that an earlier FILLS message holds, at this place.
    Repeat(u64, ClOrdId),
}

/// A request that waits.
#[derive(Debug)]
pub struct Ticket {
    /// Whether the journal's word is all it waits for.
    pub wait_received: bool,
    /// Index of its first command in the batch.
    pub first: u32,
    /// Field of the results in the response.
    field: u32,
    request_id: u64,
    slots: Vec<Slot>,
    pieces: Vec<Piece>,
}

impl Ticket {
    pub fn new(method: Method, request: &Request) -> Self {
        let slot = |parsed: &crate::request::Parsed| Slot {
            cl_ord_id: parsed.command.cl_ord_id(),
            refused: parsed.refused.map_or(0, Reject::number),
        };
        Self {
            wait_received: request.wait_received,
            first: 0,
            // All responses have their results in field 1, a session's behind the request's number.
            field: if method == Method::Session { 2 } else { 1 },
            request_id: request.request_id,
            slots: request.commands.iter().map(slot).collect(),
            pieces: Vec::new(),
        }
    }

    fn response(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + 112 * self.slots.len());
        if self.field == 2 {
            uint(&mut out, 1, self.request_id);
        }
        out
    }

    /// The slots with the indices in the batch of those that are there.
    fn numbered(&self) -> impl Iterator<Item = (&Slot, u32)> {
        let mut next = self.first;
        self.slots.iter().map(move |slot| {
            let index = next;
            next += u32::from(slot.refused == 0);
            (slot, index)
        })
    }

    /// The same answer for every command of the batch; the refused ones keep theirs.
    fn all(&self, result: impl Fn(u32, &Slot) -> Plain) -> Vec<u8> {
        let mut out = self.response();
        for (slot, index) in self.numbered() {
            let plain = if slot.refused == 0 { result(index, slot) } else { refused(slot) };
            plain_result(&mut out, self.field, &plain);
        }
        out
    }

    /// The answer to a request of which nothing goes into the journal.
    pub fn refused(&self) -> Vec<u8> {
        self.all(|_, slot| refused(slot))
    }

    /// The answer once the journal has stored the batch.
    pub fn received(&self, shard: u32, sequence: u64, commands: &[Command]) -> Vec<u8> {
        self.all(|index, slot| {
            let command = &commands[index as usize];
            let new = command.kind == CommandKind::NewOrder.number();
            Plain {
                cl_ord_id: slot.cl_ord_id,
                answer: Answer::Received,
                order_id: if new { place(shard, sequence, index) } else { command.order_id },
                reason: 0,
                place: Some((shard, sequence, index)),
            }
        })
    }

    /// The answer when the outcome didn't come in time.
    pub fn unknown(&self) -> Vec<u8> {
        self.all(|_, slot| answer(slot, Answer::Unknown, 0))
    }

    /// The answer when the batch had no effect.
    pub fn without_effect(&self) -> Vec<u8> {
        let reason = Reject::SystemUnavailable.number();
        self.all(|_, slot| answer(slot, Answer::Rejected, reason))
    }

    /// The answer from what became of the batch; `None` when some of it is in earlier messages.
    pub fn judge(
        &mut self,
        fills: &FillsView<'_>,
        shard: u32,
        reference: &Reference,
    ) -> Option<Vec<u8>> {
        let mut out = self.response();
        let mut pieces = Vec::new();
        for (slot, index) in self.numbered() {
            let cl_ord_id = slot.cl_ord_id;
            if slot.refused != 0 {
                plain_result(&mut out, self.field, &refused(slot));
                continue;
            }
            let outcome = &fills.outcomes[index as usize];
            if !is_repeat(outcome.kind) {
                let judged = Judged { fills, shard, index, cl_ord_id, duplicate: false };
                judged_result(&mut out, self.field, &judged, reference);
                continue;
            }
            match first_outcome(fills, outcome.first_place, shard, cl_ord_id) {
                Some(judged) => judged_result(&mut out, self.field, &judged, reference),
                None => {
                    pieces.push(Piece::Done(core::mem::take(&mut out)));
                    pieces.push(Piece::Repeat(outcome.first_place, cl_ord_id));
                }
            }
        }
        if pieces.is_empty() {
            return Some(out);
        }
        pieces.push(Piece::Done(out));
        self.pieces = pieces;
        None
    }

    /// The FILLS messages that hold what is missing, each once.
    pub fn sequences(&self) -> Vec<u64> {
        let repeats = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Repeat(place, _) => Some(sequence_of(*place)),
            Piece::Done(_) => None,
        });
        let mut sequences: Vec<u64> = repeats.collect();
        sequences.sort_unstable();
        sequences.dedup();
        sequences
    }

    /// Takes what is missing from an earlier message.
    pub fn fill_in(&mut self, fills: &FillsView<'_>, shard: u32, reference: &Reference) {
        for piece in &mut self.pieces {
            let Piece::Repeat(first_place, cl_ord_id) = *piece else { continue };
            if let Some(judged) = first_outcome(fills, first_place, shard, cl_ord_id) {
                let mut out = Vec::new();
                judged_result(&mut out, self.field, &judged, reference);
                *piece = Piece::Done(out);
            }
        }
    }

    /// The answer, once nothing is missing.
    pub fn finished(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            let Piece::Done(bytes) = piece else { return None };
            out.extend_from_slice(bytes);
        }
        Some(out)
    }
}

/// The first outcome of a command that came again, if this is the message that holds it.
fn first_outcome<'a>(
    fills: &'a FillsView<'a>,
    first_place: u64,
    shard: u32,
    cl_ord_id: ClOrdId,
) -> Option<Judged<'a>> {
    let index = index_of(first_place);
    let outcome = fills.outcomes.get(index as usize)?;
    let here = sequence_of(first_place) == fills.sequence && !is_repeat(outcome.kind);
    here.then_some(Judged { fills, shard, index, cl_ord_id, duplicate: true })
}

fn refused(slot: &Slot) -> Plain {
    answer(slot, Answer::Rejected, slot.refused)
}

fn answer(slot: &Slot, answer: Answer, reason: u16) -> Plain {
    Plain { cl_ord_id: slot.cl_ord_id, answer, order_id: 0, reason, place: None }
}

/// Whether an outcome says that the first one is elsewhere.
fn is_repeat(kind: u16) -> bool {
    kind == OutcomeKind::Repeat.number()
}
