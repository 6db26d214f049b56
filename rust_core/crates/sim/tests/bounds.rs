//! What is larger than a message goes over several, or is cut short and says so.

use engine::pod::{
    CommandKind, ExecType, OrdType, Side, TimeInForce, EVENTS_PER_COMMAND, MAX_COMMANDS,
    MAX_EVENTS, TIMER,
};
use engine::reject::Reject;
use engine::Fills;
use sim::differential::Judge;
use sim::script::{Message, Step};
use sim::text;

const DAY_NS: i64 = 86_400_000_000_000;

fn order(label: u32, side: Side, quantity: i64, price: i64, time: TimeInForce) -> Step {
    let mut step = Step::new(CommandKind::NewOrder);
    step.label = Some(label);
    let command = &mut step.command;
    (command.account, command.instrument) = (1, 1);
    command.side = side.number();
    command.ord_type = if price == 0 { OrdType::Market.number() } else { OrdType::Limit.number() };
    command.time_in_force = time.number();
    (command.quantity, command.price) = (quantity, price);
    step
}

/// A book of so many sell orders of quantity 1, over 100 prices.
fn book_of(orders: u32, time: TimeInForce) -> Judge {
    let mut judge = Judge::default();
    let mut first = Message::new(0, vec![Step::new(CommandKind::SetInstrument)]);
    first.instruments.push(text::instrument(1));
    judge.message(&first).expect("engines agree");
    let labels: Vec<u32> = (0..orders).collect();
    for chunk in labels.chunks(MAX_COMMANDS) {
        let sell = |&label| order(label, Side::Sell, 1, 1_000 + i64::from(label) % 100, time);
        let message = Message::new(0, chunk.iter().map(sell).collect());
        judge.message(&message).expect("engines agree");
    }
    judge
}

fn count(fills: &Fills, exec_type: ExecType) -> usize {
    fills.events.iter().filter(|event| event.exec_type == exec_type.number()).count()
}

#[test]
fn expiries_go_over_several_messages() {
    let mut judge = book_of(90_000, TimeInForce::Day);
    let cancels = vec![Step::new(CommandKind::CancelOrder); 1_000];
    let fills = judge.message(&Message::new(DAY_NS, cancels)).expect("engines agree");
    // Some events are set aside for each command, whatever it needs.
    assert_eq!(count(fills, ExecType::Expired), MAX_EVENTS - EVENTS_PER_COMMAND * 1_000);
    assert_eq!(count(fills, ExecType::CancelRejected), 1_000);
    assert!(fills.events[..MAX_EVENTS - EVENTS_PER_COMMAND * 1_000]
        .iter()
        .all(|event| event.command_index == TIMER));
    let ids: Vec<_> = fills.events[..MAX_EVENTS - EVENTS_PER_COMMAND * 1_000]
        .iter()
        .map(|e| e.order_id)
        .collect();
    assert!(ids.is_sorted());

    let fills = judge.message(&Message::new(DAY_NS, Vec::new())).expect("engines agree");
    assert_eq!(count(fills, ExecType::Expired), MAX_EVENTS);
    let fills = judge.message(&Message::new(DAY_NS, Vec::new())).expect("engines agree");
    let left = 90_000 - 2 * MAX_EVENTS + EVENTS_PER_COMMAND * 1_000;
    assert_eq!(count(fills, ExecType::Expired), left);
    assert_eq!(judge.engine.open_orders(), 0);
}

#[test]
fn a_sweep_beyond_a_message_is_cut_short() {
    let mut judge = book_of(30_000, TimeInForce::Gtc);
    // It may not rest, since what it should have taken is still there.
    let sweep = order(1_000_000, Side::Buy, 50_000, 5_000, TimeInForce::Gtc);
    let after = order(1_000_001, Side::Buy, 2, 5_000, TimeInForce::Gtc);
    let fills = judge.message(&Message::new(0, vec![sweep, after])).expect("engines agree");
    assert_eq!(fills.events.len(), MAX_EVENTS);
    assert_eq!(count(fills, ExecType::Trade), MAX_EVENTS - 4);
    let cut = |fills: &Fills| {
        let reason = Reject::Other.number();
        fills.events.iter().filter(|event| event.reason == reason).count()
    };
    // The second has what every command keeps for itself: its NEW, one trade, its end.
    assert_eq!(cut(fills), 2);

    // The largest that fits is filled; one more is cut short.
    let fits = |label, quantity| order(label, Side::Buy, quantity, 0, TimeInForce::Ioc);
    let trades = (MAX_EVENTS as i64 - 2) / 2;
    let mut judge = book_of(30_000, TimeInForce::Gtc);
    let message = Message::new(0, vec![fits(1_000_000, trades)]);
    assert_eq!(cut(judge.message(&message).expect("engines agree")), 0);
    let mut judge = book_of(30_000, TimeInForce::Gtc);
    let message = Message::new(0, vec![fits(1_000_000, trades + 1)]);
    assert_eq!(cut(judge.message(&message).expect("engines agree")), 1);

    // All or nothing, and all does not fit.
    let mut judge = book_of(30_000, TimeInForce::Gtc);
    let whole = order(1_000_000, Side::Buy, trades + 1, 0, TimeInForce::Fok);
    let fills = judge.message(&Message::new(0, vec![whole])).expect("engines agree");
    assert_eq!((fills.events.len(), cut(fills)), (2, 1));
    let most = order(1_000_001, Side::Buy, trades, 0, TimeInForce::Fok);
    let fills = judge.message(&Message::new(0, vec![most])).expect("engines agree");
    assert_eq!(count(fills, ExecType::Trade) as i64, trades * 2);
}
