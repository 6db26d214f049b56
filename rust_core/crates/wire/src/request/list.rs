//! Commands about several orders: order lists and mass cancels.

use engine::pod::{Command, CommandKind, Contingency, Leg, Side};
use engine::reject::Reject;

use super::check::{At, Path};
use super::fields::{Fields, Kind, MAX_LEGS};
use super::Parsed;
use crate::pb::Malformed;

impl At<'_, '_> {
    /// The orders of a list, each with its place in it.
    pub(super) fn order_list(
        &mut self,
        fields: &Fields<'_>,
        out: &mut Vec<Parsed>,
    ) -> Result<(), Malformed> {
        let (field, count) = ("contingency", Contingency::ALL.len());
        let number = self.one_of(field, "Contingency", fields.contingency, count);
        let contingency = Contingency::try_from(number).unwrap_or(Contingency::None);
        let legs = fields.order_count;
        if !(2..=MAX_LEGS).contains(&legs) {
            self.violate("orders", "must be 2 or 3 orders");
            return Ok(());
        }
        if contingency == Contingency::OneCancelsOther && legs != 2 {
            self.violate("orders", "must be 2 orders of which one cancels the other");
        }
        let mut first: Option<(&[u8], &[u8])> = None;
        for (place, body) in fields.orders[..legs].iter().enumerate() {
            let mut order = Fields::default();
            order.merge(Kind::New, body)?;
            let path = Path { leg: Some(place), ..self.path };
            let mut at = self.check.at(path);
            let mut parsed = at.command(Kind::New, &order);
            let (account, symbol) = *first.get_or_insert((order.account, order.symbol));
            if order.account != account {
                at.violate("account", "must be that of the first order");
            }
            if order.symbol != symbol {
                at.violate("symbol", "must be that of the first order");
            }
            parsed.command.link = Leg { contingency, legs: legs as u8, place: place as u8 }.link();
            out.push(parsed);
        }
        Ok(())
    }

    /// What a mass cancel is about, an account's or, for an operator, anybody's.
    pub(super) fn mass_cancel(
        &mut self,
        fields: &Fields<'_>,
        command: &mut Command,
        refused: &mut Option<Reject>,
    ) {
        command.kind = CommandKind::MassCancel.number();
        if !fields.symbol.is_empty() {
            self.symbol(fields.symbol, command, refused);
        }
        command.side = self.any_of("side", "Side", fields.side, Side::ALL.len());
        command.order_id = self.tag(fields.tag);
    }
}
