//! A request that waits, and the answers it can get.

use engine::ids::{index_of, place, sequence_of};
use engine::pod::{ClOrdId, Command, CommandKind, OutcomeKind};
use engine::reject::Reject;
use engine::FillsView;

use crate::pb::{nested, uint};
use crate::reference::Reference;
use crate::request::{Method, Parsed, Request};
use crate::response::{judged_result, plain_result, About, Answer, Judged, Plain};

/// Field of `CommandResult` that holds the results of an order list's orders.
const LEGS: u32 = 13;

/// A command of the request.
#[derive(Clone, Copy, Debug)]
struct Slot {
    cl_ord_id: ClOrdId,
    /// [`CommandKind`].
    kind: u16,
    /// Why it was refused at once, and isn't in the batch; 0: it is.
    refused: u16,
    /// Of an order list: how many orders it has; 1: the command stands alone.
    legs: u8,
    /// Place in the list.
    leg: u8,
}

impl Slot {
    fn new(parsed: &Parsed) -> Self {
        let leg = parsed.leg();
        Self {
            cl_ord_id: parsed.command.cl_ord_id(),
            kind: parsed.command.kind,
            refused: parsed.refused.map_or(0, Reject::number),
            legs: leg.map_or(1, |leg| leg.legs),
            leg: leg.map_or(0, |leg| leg.place),
        }
    }

    /// What its result tells, if it stands at this index of a message.
    fn about(&self, index: u32) -> About {
        match CommandKind::try_from(self.kind) {
            Ok(CommandKind::NewOrder | CommandKind::CancelOrder | CommandKind::ReplaceOrder) => {}
            Ok(CommandKind::MassCancel) => return About::MassCancel,
            Ok(CommandKind::BustTrade) => return About::Bust,
            _ => return About::Market,
        }
        // What became of an order of a list is known after the last of the list.
        let first = index.saturating_sub(u32::from(self.leg));
        About::Order { first, count: u32::from(self.legs) }
    }
}

/// A result in an answer.
#[derive(Debug)]
enum Part {
    /// Its fields as bytes.
    Done(Vec<u8>),
    /// An earlier FILLS message holds it, at this place.
    Repeat(u64, Slot),
}

/// Results of an answer that belong together.
#[derive(Debug)]
enum Piece {
    /// Results as they stand in the response.
    Done(Vec<u8>),
    /// Those of one command; of an order list in a batch its orders'.
    Parts(Vec<Part>),
}

/// How a request wants its answer.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// A result for each command.
    Flat,
    /// The same, and the results of an order list's orders within one.
    Nested,
    /// One result for all commands.
    One,
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
    shape: Shape,
    request_id: u64,
    slots: Vec<Slot>,
    pieces: Vec<Piece>,
}

impl Ticket {
    pub fn new(method: Method, request: &Request) -> Self {
        // All responses have their results in field 1, a session's behind the request's number.
        match method {
            Method::Session => Self::of(request, 2, Shape::Nested),
            Method::Batch => Self::of(request, 1, Shape::Nested),
            _ => Self::of(request, 1, Shape::Flat),
        }
    }

    /// An operator's, whatever it asks for: the answer is one result.
    pub fn control(request: &Request) -> Self {
        Self::of(request, 1, Shape::One)
    }

    fn of(request: &Request, field: u32, shape: Shape) -> Self {
        Self {
            wait_received: request.wait_received,
            first: 0,
            field,
            shape,
            request_id: request.request_id,
            slots: request.commands.iter().map(Slot::new).collect(),
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

    /// The slots whose results make one result of the answer, with the index in the batch of the
    /// first of them. None of a group is in the batch, or all are.
    fn groups(&self) -> impl Iterator<Item = (&[Slot], u32)> {
        let mut next = self.first;
        let mut rest = self.slots.as_slice();
        let shape = self.shape;
        core::iter::from_fn(move || {
            let first = rest.first()?;
            let size = match shape {
                Shape::Flat => 1,
                Shape::Nested => usize::from(first.legs),
                Shape::One => rest.len(),
            };
            let (group, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            let index = next;
            next += if first.refused == 0 { group.len() as u32 } else { 0 };
            Some((group, index))
        })
    }

    /// Appends the result of a group. `write` appends the fields of the result of one of its slots.
    fn result(
        &self,
        out: &mut Vec<u8>,
        group: &[Slot],
        mut write: impl FnMut(&mut Vec<u8>, usize, &Slot),
    ) {
        nested(out, self.field, |out| {
            let start = out.len();
            write(out, 0, &group[0]);
            if matches!(self.shape, Shape::Nested) && group.len() > 1 {
                let first = out[start..].to_vec();
                nested(out, LEGS, |out| out.extend_from_slice(&first));
                for (place, slot) in group.iter().enumerate().skip(1) {
                    nested(out, LEGS, |out| write(out, place, slot));
                }
            }
        });
    }

    /// The same answer for every command of the batch; the refused ones keep theirs.
    fn all(&self, answer: impl Fn(u32, &Slot) -> Plain) -> Vec<u8> {
        let mut out = self.response();
        for (group, index) in self.groups() {
            self.result(&mut out, group, |out, place, slot| {
                let plain = match slot.refused {
                    0 => answer(index + place as u32, slot),
                    _ => refused(slot),
                };
                plain_result(out, &plain);
            });
        }
        out
    }

    /// The answer to a request of which nothing goes into the journal.
    pub fn refused(&self) -> Vec<u8> {
        self.all(|_, slot| refused(slot))
    }

    /// The answer once the journal has stored the batch.
    pub fn received(&self, shard: u32, sequence: u64, commands: &[Command]) -> Vec<u8> {
        self.all(|index, slot| Plain {
            cl_ord_id: slot.cl_ord_id,
            answer: Answer::Received,
            order_id: match CommandKind::try_from(slot.kind) {
                Ok(CommandKind::NewOrder) => place(shard, sequence, index),
                Ok(CommandKind::CancelOrder | CommandKind::ReplaceOrder) => {
                    commands[index as usize].order_id
                }
                _ => 0,
            },
            reason: 0,
            place: Some((shard, sequence, index)),
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
        for (group, index) in self.groups() {
            if group[0].refused != 0 {
                self.result(&mut out, group, |out, _, slot| plain_result(out, &refused(slot)));
                continue;
            }
            let (group, index) = match self.shape {
                Shape::One => {
                    let place = first_rejected(fills, index, group.len());
                    (&group[place..=place], index + place as u32)
                }
                Shape::Flat | Shape::Nested => (group, index),
            };
            let find = |place: usize| found(fills, shard, index + place as u32, &group[place]);
            if (0..group.len()).all(|place| find(place).is_ok()) {
                self.result(&mut out, group, |out, place, _| {
                    let judged = find(place).expect("it was looked up just now");
                    judged_result(out, &judged, reference);
                });
                continue;
            }
            pieces.push(Piece::Done(core::mem::take(&mut out)));
            let part = |place: usize| match find(place) {
                Ok(judged) => Part::Done(body(&judged, reference)),
                Err(first_place) => Part::Repeat(first_place, group[place]),
            };
            pieces.push(Piece::Parts((0..group.len()).map(part).collect()));
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
        let parts = self.pieces.iter().flat_map(|piece| match piece {
            Piece::Done(_) => [].as_slice(),
            Piece::Parts(parts) => parts.as_slice(),
        });
        let repeats = parts.filter_map(|part| match part {
            Part::Repeat(place, _) => Some(sequence_of(*place)),
            Part::Done(_) => None,
        });
        let mut sequences: Vec<u64> = repeats.collect();
        sequences.sort_unstable();
        sequences.dedup();
        sequences
    }

    /// Takes what is missing from an earlier message.
    pub fn fill_in(&mut self, fills: &FillsView<'_>, shard: u32, reference: &Reference) {
        for piece in &mut self.pieces {
            let Piece::Parts(parts) = piece else { continue };
            for part in parts {
                let Part::Repeat(first_place, slot) = *part else { continue };
                if let Some(judged) = first_outcome(fills, first_place, shard, &slot) {
                    *part = Part::Done(body(&judged, reference));
                }
            }
        }
    }

    /// The answer, once nothing is missing.
    pub fn finished(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Done(bytes) => out.extend_from_slice(bytes),
                Piece::Parts(parts) => self.assemble(&mut out, parts)?,
            }
        }
        Some(out)
    }

    /// Appends the result of a group whose parts are all there.
    fn assemble(&self, out: &mut Vec<u8>, parts: &[Part]) -> Option<()> {
        let bodies = parts.iter().map(|part| match part {
            Part::Done(bytes) => Some(bytes),
            Part::Repeat(..) => None,
        });
        let bodies: Vec<&Vec<u8>> = bodies.collect::<Option<_>>()?;
        nested(out, self.field, |out| {
            out.extend_from_slice(bodies[0]);
            if bodies.len() > 1 {
                for leg in bodies {
                    nested(out, LEGS, |out| out.extend_from_slice(leg));
                }
            }
        });
        Some(())
    }
}

/// What was judged of the command at an index of a message; else the place of its first outcome,
/// which is in an earlier one.
fn found<'a>(
    fills: &'a FillsView<'a>,
    shard: u32,
    index: u32,
    slot: &Slot,
) -> Result<Judged<'a>, u64> {
    let outcome = &fills.outcomes[index as usize];
    if is_repeat(outcome.kind) {
        let first_place = outcome.first_place;
        return first_outcome(fills, first_place, shard, slot).ok_or(first_place);
    }
    let (about, cl_ord_id) = (slot.about(index), slot.cl_ord_id);
    Ok(Judged { fills, shard, index, about, cl_ord_id, duplicate: false })
}

/// The first outcome of a command that came again, if this is the message that holds it.
fn first_outcome<'a>(
    fills: &'a FillsView<'a>,
    first_place: u64,
    shard: u32,
    slot: &Slot,
) -> Option<Judged<'a>> {
    let index = index_of(first_place);
    let outcome = fills.outcomes.get(index as usize)?;
    let here = sequence_of(first_place) == fills.sequence && !is_repeat(outcome.kind);
    let (about, cl_ord_id) = (slot.about(index), slot.cl_ord_id);
    here.then_some(Judged { fills, shard, index, about, cl_ord_id, duplicate: true })
}

/// Of so many commands from an index on: how far the first is that was refused, or 0.
fn first_rejected(fills: &FillsView<'_>, index: u32, count: usize) -> usize {
    let outcomes = fills.outcomes.iter().skip(index as usize).take(count);
    let rejected = OutcomeKind::Rejected.number();
    outcomes.enumerate().find(|(_, it)| it.kind == rejected).map_or(0, |(place, _)| place)
}

fn body(judged: &Judged<'_>, reference: &Reference) -> Vec<u8> {
    let mut out = Vec::new();
    judged_result(&mut out, judged, reference);
    out
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
