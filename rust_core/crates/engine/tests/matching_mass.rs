//! Mass cancels and busts.

mod floor;

use bytemuck::Zeroable;
use engine::pod::{
    Command, CommandKind, ExecType, OrdType, OutcomeKind, Side, TimeInForce, EVENTS_PER_COMMAND,
    MAX_EVENTS, TIMER,
};
use engine::reject::Reject;
use floor::Floor;

#[test]
fn orders_of_an_account_a_side_an_instrument_and_a_tag() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 by=1
         b sell 5 @ 110 by=1
         c buy 5 @ 100 by=2
         d buy 5 @ 100 by=1 on=2 tag=7
         e buy 5 stop=120 by=1 tag=7
         f buy 5 @ 99 by=1",
    );
    floor.says(
        "mass by=1 tag=7",
        "d Canceled, 0 open, stood at 100
         e Canceled, 0 open",
    );
    floor.says("mass by=1 side=sell", "b Canceled, 0 open, stood at 110");
    floor.says("mass by=1 on=2", "");
    floor.says("mass by=9", "");
    floor.says("mass on=9", "- Rejected UnknownSymbol");
    floor.says(
        "mass by=1",
        "a Canceled, 0 open, stood at 100
         f Canceled, 0 open, stood at 99",
    );
    floor.says("mass", "c Canceled, 0 open, stood at 100");
    assert_eq!(floor.engine.open_orders(), 0);
}

#[test]
fn legs_of_a_list_are_cancelled_once() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 leg=oco:0/2
         b buy 5 stop=110 leg=oco:1/2
         e buy 5 @ 100 leg=bracket:0/3
         t sell 5 @ 110 leg=bracket:1/3
         l sell 5 stop=95 leg=bracket:2/3",
    );
    floor.says(
        "mass by=1",
        "a Canceled, 0 open, stood at 100
         b Canceled, 0 open (114)
         e Canceled, 0 open, stood at 100
         t Canceled, 0 open
         l Canceled, 0 open (114)",
    );
    floor.says("tick", "");
}

#[test]
fn what_follows_is_done_in_every_instrument() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100
         p buy 5 peg=bid by=2
         b buy 5 @ 100 on=2",
    );
    floor.says(
        "mass by=1",
        "a Canceled, 0 open, stood at 100
         b Canceled, 0 open, stood at 100
         p Suspended, 5 open, stood at 100",
    );
}

#[test]
fn a_kill_cancels_what_an_account_a_firm_or_everybody_has_open() {
    let mut floor = Floor::open();
    for (id, firm) in [(1, 1), (2, 1), (3, 2), (4, 2)] {
        floor.set_account(id, firm);
    }
    floor.message(
        "a buy 5 @ 100 by=1
         b buy 5 @ 100 by=2
         c buy 5 @ 100 by=3
         d buy 5 stop=120 by=3 on=2
         e sell 5 @ 110 by=1
         f buy 5 @ 99 by=4 leg=oco:0/2
         g buy 5 stop=110 by=4 leg=oco:1/2
         h buy 5 @ 98 by=9",
    );
    floor.says(
        "kill account 3",
        "c Canceled, 0 open, stood at 100 (109)
         d Canceled, 0 open (109)",
    );
    floor.says(
        "kill firm 1",
        "a Canceled, 0 open, stood at 100 (109)
         b Canceled, 0 open, stood at 100 (109)
         e Canceled, 0 open, stood at 110 (109)",
    );
    floor.says("kill session", "");
    floor.says("kill account 0", "- Rejected UnknownAccount");
    floor.says("kill venue 1", "- Rejected UnknownAccount");
    floor.says("kill nobody", "- Rejected UnsupportedCharacteristic");
    floor.says(
        "kill venue",
        "f Canceled, 0 open, stood at 99 (109)
         g Canceled, 0 open (114)
         h Canceled, 0 open, stood at 98 (109)",
    );
    assert_eq!(floor.engine.open_orders(), 0);
}

fn order(side: Side, account: u32) -> Command {
    Command {
        kind: CommandKind::NewOrder.number(),
        side: side.number(),
        ord_type: OrdType::Limit.number(),
        time_in_force: TimeInForce::Gtc.number(),
        account,
        instrument: 1,
        price: 100,
        quantity: 1,
        ..Command::zeroed()
    }
}

#[test]
fn a_mass_cancel_of_more_than_a_message_holds_goes_on_before_anything_trades() {
    goes_on(CommandKind::MassCancel, 0);
}

#[test]
fn a_kill_of_more_than_a_message_holds_goes_on_before_anything_trades() {
    goes_on(CommandKind::Kill, Reject::KillSwitch.number());
}

fn goes_on(kind: CommandKind, reason: u16) {
    let mut floor = Floor::open();
    let count = MAX_EVENTS + 500;
    for _ in 0..count / 500 {
        floor.send_raw(&[order(Side::Buy, 1); 500]);
    }
    let mass = Command { kind: kind.number(), account: 1, ..Command::zeroed() };
    // What comes after it doesn't trade with what is to go, and isn't meant by it.
    floor.send_raw(&[mass, order(Side::Sell, 2), order(Side::Buy, 1)]);
    let canceled = |floor: &Floor, timer: bool| {
        let is = |event: &&engine::pod::Event| {
            event.exec_type == ExecType::Canceled.number()
                && event.account == 1
                && event.reason == reason
                && (event.command_index == TIMER) == timer
        };
        floor.fills.events.iter().filter(is).count()
    };
    let first = MAX_EVENTS - 2 * EVENTS_PER_COMMAND;
    assert_eq!(canceled(&floor, false), first);
    assert_eq!(floor.fills.outcomes[0].event_count as usize, first);
    assert_eq!(floor.fills.outcomes[0].kind, OutcomeKind::Applied.number());
    let ids: Vec<_> = floor.fills.events[..first].iter().map(|event| event.order_id).collect();
    assert!(ids.is_sorted(), "oldest first");
    floor.send_raw(&[order(Side::Sell, 2)]);
    assert_eq!(canceled(&floor, true), count - first);
    let last = floor.fills.events.last().expect("a trade");
    assert_eq!((last.exec_type, last.account), (ExecType::Trade.number(), 1));
    assert_eq!(floor.engine.open_orders(), 0);
}

#[test]
fn one_side_of_a_trade_is_busted_once() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100
         b sell 5 @ 100 by=2",
    );
    floor.says("bust 1 buy 5 @ 100", "- TradeBust 5 @ 100");
    let event = floor.fills.events[0];
    assert_eq!((event.match_id, event.order_sequence, event.account), (1, 0, 1));
    floor.says(
        "bust 1 buy 5 @ 100
         bust 1 sell 5 @ 100
         bust 2 sell 5 @ 100
         bust 1 none 5 @ 100
         bust 1 buy 0 @ 100",
        "- Rejected TooLate
         - TradeBust 5 @ 100
         - Rejected UnknownOrder
         - Rejected UnsupportedCharacteristic
         - Rejected IncorrectQuantity",
    );
    assert_eq!(floor.engine.book(1).expect("a book").last_trade(), 100);
}
