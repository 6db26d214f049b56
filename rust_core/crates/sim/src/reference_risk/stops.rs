//! What a stop without a limit may trade at once it has fired.

use engine::pod::{
    Command, Instrument, OrderTerms, Side, MAX_PRICE, TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS,
};

use super::ReferenceRisk;

impl ReferenceRisk {
    /// The lowest and the highest price that a stop is counted at: as far around its stop price,
    /// or the worst that this may become, as market orders go from the reference.
    pub(super) fn stop_range(
        &self,
        command: &Command,
        terms: Option<&OrderTerms>,
        instrument: &Instrument,
    ) -> Option<(i64, i64)> {
        let (stop, least) = match terms.filter(|_| command.stop_price == 0) {
            None => {
                // What the market has reached already fires as it comes.
                let buys = command.side == Side::Buy.number();
                let reference = self.reference_price(instrument).unwrap_or(command.stop_price);
                let reached = (reference > command.stop_price) == buys;
                (if reached { reference } else { command.stop_price }, 1)
            }
            Some(terms) => {
                let reference = self.reference_price(instrument)?;
                let market = self.market_price(command.account, instrument)?;
                (worst(command, terms, reference), market)
            }
        };
        let width = self.width_around(stop, command.account, instrument);
        Some((1.max(stop - width), MAX_PRICE.min(stop + width).max(least)))
    }
}

/// Where a trailing stop stands that has just become active at the worst moment.
fn worst(command: &Command, terms: &OrderTerms, reference: i64) -> i64 {
    let buys = command.side == Side::Buy.number();
    let favours = terms.flags & TERMS_TAKE_PROFIT != 0;
    let start = match terms.activation_price.clamp(0, MAX_PRICE) {
        0 => reference,
        active if buys && !favours || !buys && favours => active.max(reference),
        active => active.min(reference),
    };
    let (start, offset) = (i128::from(start), i128::from(terms.trailing_offset));
    // In ten-thousandths, rounded away from where it starts.
    let away = if terms.flags & TERMS_TRAILING_BPS == 0 { 10_000 * offset } else { start * offset };
    let stop = match buys {
        true => (start * 10_000 + away + 9_999) / 10_000,
        false => (start * 10_000 - away).div_euclid(10_000),
    };
    stop.clamp(1, i128::from(MAX_PRICE)) as i64
}
