//! An operator's requests, `MarketControlService`.

use bytemuck::Zeroable;
use engine::pod::{ClOrdId, Command, CommandKind, Event, ExecType, OrderTerms, SessionState, Side};
use engine::FillsView;

use super::check::{At, Check, Path};
use super::fields::Fields;
use super::{Context, Parsed, Request, RequestError};
use crate::pb::{Malformed, Reader, Value};
use crate::reference::Reference;

// The protos have a value before the first of the logs.
const _: () = {
    use crate::proto::common::v1 as common;
    assert!(common::SessionState::Continuous as usize == SessionState::Continuous as usize + 1);
    assert!(common::SessionState::Closed as usize == SessionState::Closed as usize + 1);
};

/// The calls of an operator that become one command. The numbers are those that Python uses, and
/// none of [`super::Method`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// `SetSession`.
    SetSession = 9,
    /// `SetLastTrade`.
    SetLastTrade = 10,
    /// `CancelAll`.
    CancelAll = 11,
}

impl Control {
    /// The call with this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            9 => Self::SetSession,
            10 => Self::SetLastTrade,
            11 => Self::CancelAll,
            _ => return None,
        })
    }
}

/// The fields of the three requests as they stand in the message.
#[derive(Default)]
struct Asked<'a> {
    fields: Fields<'a>,
    session: u64,
}

impl<'a> Asked<'a> {
    fn read(control: Control, message: &'a [u8]) -> Result<Self, Malformed> {
        let mut asked = Self::default();
        let fields = &mut asked.fields;
        let mut reader = Reader::new(message);
        while let Some((number, value)) = reader.field()? {
            match (control, number, value) {
                (Control::SetSession | Control::SetLastTrade, 1, Value::Bytes(text))
                | (Control::CancelAll, 2, Value::Bytes(text)) => fields.symbol = text,
                (Control::SetSession, 2, Value::Varint(number)) => asked.session = number,
                (Control::SetSession, 3, Value::Bytes(text))
                | (Control::SetLastTrade, 2, Value::Bytes(text)) => fields.price = text,
                (Control::CancelAll, 1, Value::Bytes(text)) => fields.account = text,
                (Control::CancelAll, 3, Value::Varint(number)) => fields.side = number,
                (Control::CancelAll, 4, Value::Bytes(text)) => fields.tag = text,
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// Whom a kill stops: the session that it names.
const SCOPE_SESSION: u16 = 3;

impl Request {
    /// Reads an operator's request into this one, replacing what it held.
    ///
    /// # Errors
    ///
    /// If a field can't be read, or there is no such account or symbol.
    pub fn read_control(
        &mut self,
        control: Control,
        message: &[u8],
        reference: &Reference,
    ) -> Result<(), RequestError> {
        self.clear();
        let mut check = Check::new(Context { reference, firm: None, session: 0 }, false);
        let mut unknown_symbol = None;
        let read = Asked::read(control, message).map(|asked| {
            let command = check.at(Path::ROOT).control(control, &asked);
            let unknown = command.instrument == 0 && !asked.fields.symbol.is_empty();
            unknown_symbol = unknown.then(|| String::from_utf8_lossy(asked.fields.symbol).into());
            self.push(command);
        });
        check.finish(read)?;
        unknown_symbol.map_or(Ok(()), |symbol| Err(RequestError::UnknownSymbol(symbol)))
    }

    /// Takes over the two commands that undo a trade.
    pub fn set_bust(&mut self, commands: [Command; 2]) {
        self.clear();
        commands.into_iter().for_each(|command| self.push(command));
    }

    /// Takes over the command that stops a session of an origin.
    pub fn set_kill(&mut self, origin: u64, session: u32) {
        self.clear();
        self.push(Command {
            kind: CommandKind::Kill.number(),
            payload_index: SCOPE_SESSION,
            order_id: origin,
            session,
            ..Command::zeroed()
        });
    }

    fn push(&mut self, command: Command) {
        self.commands.push(Parsed {
            command,
            terms: OrderTerms::default(),
            orig_cl_ord_id: ClOrdId::default(),
            refused: None,
        });
    }
}

impl At<'_, '_> {
    fn control(&mut self, control: Control, asked: &Asked<'_>) -> Command {
        let mut command = Command::zeroed();
        let fields = &asked.fields;
        let refused = &mut None;
        if control == Control::CancelAll {
            if !fields.account.is_empty() {
                self.account(&mut command, fields.account);
            }
            self.mass_cancel(fields, &mut command, refused);
            return command;
        }
        let instrument = self.symbol(fields.symbol, &mut command, refused);
        if control == Control::SetLastTrade {
            command.kind = CommandKind::SetLastTrade.number();
            command.price = self.price("price", fields.price, instrument);
            return command;
        }
        command.kind = CommandKind::SetSession.number();
        let count = SessionState::ALL.len() + 1;
        let session = self.one_of("session", "SessionState", asked.session, count);
        command.payload_index = session.saturating_sub(1);
        if !fields.price.is_empty() {
            command.price = self.price("reference_price", fields.price, instrument);
        }
        command
    }
}

/// A `BustTradeRequest`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BustRequest {
    /// Of the place of one of the trade's events.
    pub shard: u64,
    /// FILLS sequence.
    pub sequence: u64,
    /// Index of the event there.
    pub index: u64,
    /// The match id that it must have.
    pub match_id: u64,
}

impl BustRequest {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// If it isn't one, or leaves out the place or the match id.
    pub fn read(message: &[u8], reference: &Reference) -> Result<Self, RequestError> {
        let mut check = Check::new(Context { reference, firm: None, session: 0 }, false);
        let mut asked = Self::default();
        let read = asked.merge(message);
        if read.is_ok() {
            let mut at = check.at(Path::ROOT);
            if asked.sequence == 0 {
                at.violate("place.sequence", "must be > 0");
            }
            if asked.match_id == 0 {
                at.violate("match_id", "must be > 0");
            }
        }
        check.finish(read).map(|()| asked)
    }

    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(message);
        while let Some(next) = reader.field()? {
            match next {
                (1, Value::Bytes(place)) => {
                    let mut reader = Reader::new(place);
                    while let Some(next) = reader.field()? {
                        match next {
                            (1, Value::Varint(shard)) => self.shard = shard,
                            (2, Value::Varint(sequence)) => self.sequence = sequence,
                            (3, Value::Varint(index)) => self.index = index,
                            _ => {}
                        }
                    }
                }
                (2, Value::Varint(id)) => self.match_id = id,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The commands that undo a trade, the buyer's first; `None` when the event of this index is no
/// side of a trade with this match id.
#[must_use]
pub fn bust_commands(fills: &FillsView<'_>, index: u64, match_id: u64) -> Option<[Command; 2]> {
    let is_side =
        |event: &&Event| event.exec_type == ExecType::Trade.number() && event.match_id == match_id;
    let named = usize::try_from(index).ok().and_then(|index| fills.events.get(index));
    named.filter(is_side)?;
    let bust = |side: Side| {
        let of_side = |event: &&Event| is_side(event) && event.side == side.number();
        let event = fills.events.iter().find(of_side)?;
        Some(Command {
            kind: CommandKind::BustTrade.number(),
            side: event.side,
            account: event.account,
            instrument: event.instrument,
            price: event.last_price,
            quantity: event.last_quantity,
            order_id: event.order_id,
            expire_time: i64::try_from(match_id).ok()?,
            ..Command::zeroed()
        })
    };
    Some([bust(Side::Buy)?, bust(Side::Sell)?])
}
