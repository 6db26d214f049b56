//! Orders of every kind on their way into the log: what the client says is what the command and its
//! terms say, and what can't be read is named.

mod desk;

use desk::{batch, order, Desk, GROUP, PREVENTION};
use engine::pod::{
    CommandKind, Contingency, Leg, OrdType, OrderTerms, PegPrice, SelfTrade, TimeInForce,
    FLAG_ALL_OR_NONE, FLAG_LEAVES, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY,
    FLAG_SELF_TRADE_OF_ACCOUNT, FLAG_TERMS, MAX_COMMANDS, TERMS_PEG_SHIFT, TERMS_TAKE_PROFIT,
    TERMS_TRAILING_BPS,
};
use wire::gateway::GatewayError;
use wire::proto::common::v1 as common;
use wire::proto::common::v1::Side::{Buy, Sell};
use wire::proto::order_entry::v1 as proto;
use wire::proto::order_entry::v1::command::Command::{MassCancel, NewOrder, OrderList};
use wire::proto::order_entry::v1::trailing_stop::Offset;
use wire::request::{Control, Method};

/// The command and terms that one new order becomes.
fn sent(order: proto::NewOrder) -> (engine::pod::Command, Option<OrderTerms>) {
    let mut desk = Desk::new();
    desk.submit(Method::Batch, &batch(vec![NewOrder(order)]));
    let sent = desk.freeze();
    let has = sent.commands[0].flags & FLAG_TERMS != 0;
    assert_eq!(has, !sent.terms.is_empty());
    (sent.commands[0], sent.terms.first().copied())
}

fn list(contingency: proto::Contingency, orders: Vec<proto::NewOrder>) -> proto::OrderList {
    proto::OrderList { contingency: contingency.into(), orders }
}

#[test]
fn every_field_of_an_order_is_in_the_log() {
    let (command, terms) = sent(proto::NewOrder {
        time_in_force: common::TimeInForce::Gtd.into(),
        expire_time_ns: i64::MAX,
        display_quantity: "30".to_owned(),
        min_visible_quantity: "7".to_owned(),
        min_quantity: "5".to_owned(),
        all_or_none: true,
        post_only: proto::PostOnly::Reprice.into(),
        reduce_only: true,
        self_trade_prevention: common::SelfTradePrevention::DecrementBoth.into(),
        self_trade_group: u32::MAX,
        tag: "a:B.9_-z".to_owned(),
        stop_price: "2.50".to_owned(),
        ..order("x", Buy, "100", "223.18")
    });
    assert_eq!(command.time_in_force, TimeInForce::Gtd.number());
    assert_eq!(command.expire_time, i64::MAX);
    assert_eq!((command.display_quantity, command.min_quantity), (30, 5));
    assert_eq!((command.price, command.stop_price, command.quantity), (22_318, 250, 100));
    let flags = FLAG_ALL_OR_NONE | FLAG_POST_ONLY_REPRICE | FLAG_REDUCE_ONLY | FLAG_TERMS;
    assert_eq!(command.flags, flags);
    assert_eq!(command.self_trade_prevention, SelfTrade::DecrementBoth.number());
    assert_eq!(command.self_trade_group, u32::MAX);
    let tag = u64::from_le_bytes(*b"a:B.9_-z");
    assert_eq!(terms, Some(OrderTerms { min_visible_quantity: 7, tag, ..OrderTerms::default() }));
}

#[test]
fn stops_trail_and_pegs_follow_as_their_terms_say() {
    let stop = |ord_type: common::OrdType, offset, activation: &str, take_profit| proto::NewOrder {
        ord_type: ord_type.into(),
        price: if ord_type == common::OrdType::Stop { "" } else { "1.00" }.to_owned(),
        trailing_stop: Some(proto::TrailingStop {
            activation_price: activation.to_owned(),
            take_profit,
            offset: Some(offset),
        }),
        ..order("x", Sell, "1", "")
    };
    let basis_points = Offset::BasisPoints(9_999);
    let (command, terms) = sent(stop(common::OrdType::StopLimit, basis_points, "2.50", true));
    let wanted = OrderTerms {
        activation_price: 250,
        trailing_offset: 9_999,
        flags: TERMS_TRAILING_BPS | TERMS_TAKE_PROFIT,
        ..OrderTerms::default()
    };
    assert_eq!((command.ord_type, terms), (OrdType::StopLimit.number(), Some(wanted)));
    let price = Offset::PriceOffset("0.03".to_owned());
    let (command, terms) = sent(stop(common::OrdType::Stop, price, "", false));
    let wanted = OrderTerms { trailing_offset: 3, ..OrderTerms::default() };
    assert_eq!((command.stop_price, command.price, terms), (0, 0, Some(wanted)));

    let peg = |offset: &str, price: &str| proto::NewOrder {
        ord_type: common::OrdType::Pegged.into(),
        peg: Some(proto::Peg { follows: proto::PegPrice::Mid.into(), offset: offset.to_owned() }),
        ..order("x", Buy, "1", price)
    };
    let flags = (PegPrice::Mid as u64) << TERMS_PEG_SHIFT;
    for (offset, price, units, limit) in [("-0.07", "", -7, 0), ("", "9.99", 0, 999)] {
        let (command, terms) = sent(peg(offset, price));
        assert_eq!(command.price, limit);
        assert_eq!(terms, Some(OrderTerms { flags, peg_offset: units, ..OrderTerms::default() }));
    }
}

#[test]
fn what_an_order_does_not_say_is_filled_in() {
    let times = |ord_type: common::OrdType| {
        let mut order = order("x", Buy, "1", "");
        order.ord_type = ord_type.into();
        order.stop_price = if ord_type == common::OrdType::Stop { "1.00" } else { "" }.to_owned();
        sent(order).0.time_in_force
    };
    assert_eq!(times(common::OrdType::Market), TimeInForce::Ioc.number());
    assert_eq!(times(common::OrdType::MarketToLimit), TimeInForce::Gtc.number());
    assert_eq!(times(common::OrdType::Stop), TimeInForce::Gtc.number());

    let (command, terms) = sent(order("x", Buy, "1", "1.00"));
    assert_eq!(command.time_in_force, TimeInForce::Gtc.number());
    assert_eq!((command.self_trade_prevention, command.self_trade_group), (PREVENTION, GROUP));
    let flags = FLAG_SELF_TRADE_OF_ACCOUNT;
    assert_eq!((command.flags, command.payload_index, terms), (flags, 0, None));

    let allow = common::SelfTradePrevention::Allow.into();
    let own = proto::NewOrder {
        self_trade_prevention: allow,
        self_trade_group: 5,
        post_only: proto::PostOnly::Reject.into(),
        ..order("x", Buy, "1", "1.00")
    };
    let (command, _) = sent(own);
    assert_eq!(command.flags, FLAG_POST_ONLY);
    let allow = SelfTrade::Allow.number();
    assert_eq!((command.self_trade_prevention, command.self_trade_group), (allow, 5));

    let (command, _) =
        sent(proto::NewOrder { account: "A2".to_owned(), ..order("x", Buy, "1", "1.00") });
    assert_eq!((command.self_trade_prevention, command.self_trade_group), (0, 0));
    assert_eq!(command.flags, 0);
}

#[test]
fn the_same_request_is_the_same_command() {
    let mut desk = Desk::new();
    let new = proto::NewOrder { tag: "t".to_owned(), ..order("x", Buy, "1", "1.00") };
    let other = proto::NewOrder { tag: "u".to_owned(), ..order("y", Buy, "1", "1.00") };
    let request = batch(vec![NewOrder(new.clone())]);
    desk.submit(Method::Batch, &request);
    let first = desk.freeze();
    desk.submit(Method::Batch, &batch(vec![NewOrder(other), NewOrder(new)]));
    let again = desk.freeze();
    // Only where the terms stand in the batch is another place.
    assert_eq!((first.commands[0].payload_index, again.commands[1].payload_index), (0, 1));
    let mut moved = again.commands[1];
    moved.payload_index = 0;
    assert_eq!(moved, first.commands[0]);
    assert_eq!(again.terms[1], first.terms[0]);
}

#[test]
fn terms_that_follow_each_other_stand_there_once() {
    let mut desk = Desk::new();
    let tags = ["a", "a", "", "a", "b", "a"];
    let new = |(index, tag): (usize, &&str)| {
        NewOrder(proto::NewOrder {
            tag: (*tag).to_owned(),
            ..order(&format!("x{index}"), Buy, "1", "1.00")
        })
    };
    desk.submit(Method::Batch, &batch(tags.iter().enumerate().map(new).collect()));
    let sent = desk.freeze();
    let places: Vec<u16> = sent.commands.iter().map(|command| command.payload_index).collect();
    assert_eq!(places, [0, 0, 0, 0, 1, 2]);
    let tags: Vec<u64> = sent.terms.iter().map(|terms| terms.tag).collect();
    assert_eq!(tags, [b'a', b'b', b'a'].map(u64::from));
    assert_eq!(sent.commands[2].flags & FLAG_TERMS, 0);
}

#[test]
fn a_replace_moves_a_stop() {
    let mut desk = Desk::new();
    let target = Some(proto::replace_order::Target::OrigClOrdId("x".to_owned()));
    let replace = proto::ReplaceOrder {
        account: "A1".to_owned(),
        cl_ord_id: "y".to_owned(),
        symbol: "BTC-USD".to_owned(),
        stop_price: "0.0005".to_owned(),
        size: Some(proto::replace_order::Size::LeavesQuantity("0.00000001".to_owned())),
        target,
        ..proto::ReplaceOrder::default()
    };
    let request = proto::ReplaceOrderRequest { replace: Some(replace), wait_for: 0 };
    desk.submit(Method::Replace, &request);
    let sent = desk.freeze();
    let [command] = sent.commands[..] else { panic!("one command") };
    assert_eq!((command.stop_price, command.price, command.quantity), (5, 0, 1));
    assert_eq!((command.flags, command.self_trade_prevention), (FLAG_LEAVES, 0));
    assert_eq!(sent.origs[0].as_bytes(), b"x");
}

#[test]
fn the_orders_of_a_list_stand_behind_each_other() {
    let mut desk = Desk::new();
    let oco = list(
        proto::Contingency::OneCancelsOther,
        vec![order("a", Sell, "1", "2.00"), order("b", Sell, "1", "3.00")],
    );
    let bracket = list(
        proto::Contingency::Bracket,
        vec![
            order("c", Buy, "1", "1.00"),
            proto::NewOrder { tag: "t".to_owned(), ..order("d", Sell, "1", "3.00") },
            order("e", Sell, "1", "2.00"),
        ],
    );
    let between = order("m", Buy, "1", "1.00");
    let request = batch(vec![OrderList(oco.clone()), NewOrder(between), OrderList(bracket)]);
    desk.submit(Method::Batch, &request);
    assert_eq!(desk.gateway.pending(), 6);
    let sent = desk.freeze();
    let leg = |contingency, legs, place| Some(Leg { contingency, legs, place });
    let (one, other) = (Contingency::OneCancelsOther, Contingency::Bracket);
    let wanted = [
        leg(one, 2, 0),
        leg(one, 2, 1),
        None,
        leg(other, 3, 0),
        leg(other, 3, 1),
        leg(other, 3, 2),
    ];
    assert_eq!(sent.legs(), wanted);
    assert_eq!(sent.commands[4].flags & FLAG_TERMS, FLAG_TERMS);
    assert_eq!(sent.token, "AMZN");

    let request = proto::SubmitOrderListRequest { list: Some(oco), wait_for: 0 };
    desk.submit(Method::OrderList, &request);
    assert_eq!(desk.freeze().legs(), [leg(one, 2, 0), leg(one, 2, 1)]);
}

#[test]
fn a_list_never_spans_two_batches_and_counts_as_its_orders() {
    let pair = |id: usize| {
        let orders = [format!("{id}a"), format!("{id}b")];
        let orders = orders.iter().map(|id| order(id, Sell, "1", "2.00")).collect();
        OrderList(list(proto::Contingency::OneCancelsOther, orders))
    };
    let mut desk = Desk::new();
    let singles = |from: usize, count: usize| {
        let new = |id: usize| NewOrder(order(&format!("s{id}"), Buy, "1", "1.00"));
        batch((from..from + count).map(new).collect())
    };
    for from in 0..4 {
        desk.submit(Method::Batch, &singles(1000 * from, 1000));
    }
    desk.submit(Method::Batch, &singles(5000, 95));
    desk.submit(Method::Batch, &batch(vec![pair(1)]));
    assert_eq!(desk.freeze().commands.len(), MAX_COMMANDS - 1);
    let legs = desk.freeze().legs();
    assert!(legs.len() == 2 && legs.iter().all(Option::is_some));

    // As many lists as one request may hold are one batch.
    let three = |id: usize| {
        let orders = (0..3).map(|leg| order(&format!("{id}-{leg}"), Sell, "1", "2.00")).collect();
        OrderList(list(proto::Contingency::Bracket, orders))
    };
    desk.submit(Method::Batch, &batch((0..1000).map(three).collect()));
    assert_eq!(desk.freeze().commands.len(), 3000);
    let many = batch((0..1001).map(pair).collect());
    let error = desk.gateway.submit(Method::Batch, &prost::Message::encode_to_vec(&many), 1, 0);
    let found = desk::violations(error.expect_err("too many"));
    assert_eq!(found, [("commands".to_owned(), "must be 1 to 1000".to_owned())]);

    let mut desk = Desk::bounded(3);
    desk.submit(Method::Batch, &batch(vec![pair(1)]));
    let request = prost::Message::encode_to_vec(&batch(vec![pair(2)]));
    let refused = desk.gateway.submit(Method::Batch, &request, 1, 0);
    assert_eq!(refused, Err(GatewayError::Overloaded { bound: 3 }));
    assert_eq!(desk.gateway.waiting(), 2);
}

#[test]
fn a_mass_cancel_names_what_it_is_about() {
    let mut desk = Desk::new();
    let all = proto::MassCancel { account: "A1".to_owned(), ..proto::MassCancel::default() };
    let some = proto::MassCancel {
        cl_ord_id: "m".to_owned(),
        symbol: "BTC-USD".to_owned(),
        side: Sell.into(),
        tag: "t".to_owned(),
        ..all.clone()
    };
    desk.submit(Method::Batch, &batch(vec![MassCancel(some), MassCancel(all.clone())]));
    let sent = desk.freeze();
    let [some, rest] = sent.commands[..] else { panic!("two commands") };
    assert_eq!(some.kind, CommandKind::MassCancel.number());
    assert_eq!((some.account, some.instrument, some.side), (1, 2, 2));
    assert_eq!((some.order_id, some.cl_ord_id().as_bytes()), (u64::from(b't'), b"m".as_slice()));
    assert_eq!((rest.account, rest.instrument, rest.side, rest.order_id), (1, 0, 0, 0));
    assert_eq!((some.flags, sent.terms.len(), sent.token.as_str()), (0, 0, "_venue"));
    let request = proto::MassCancelRequest { mass_cancel: Some(all), wait_for: 0 };
    desk.submit(Method::MassCancel, &request);
    assert_eq!(desk.freeze().commands, [rest]);
}

#[test]
fn fields_that_can_not_be_read_are_named() {
    let mut desk = Desk::new();
    let good = || order("x", Sell, "1", "2.00");
    let one = |orders| proto::OrderList { contingency: 1, orders };
    let lists = vec![
        OrderList(one(vec![good()])),
        OrderList(one(vec![good(), good(), good()])),
        OrderList(proto::OrderList { contingency: 0, orders: vec![good(), good()] }),
        OrderList(proto::OrderList { contingency: 3, orders: vec![good(); 4] }),
        OrderList(one(vec![
            good(),
            proto::NewOrder {
                account: "A2".to_owned(),
                symbol: "BTC-USD".to_owned(),
                price: "x".to_owned(),
                ..good()
            },
        ])),
        MassCancel(proto::MassCancel {
            account: "A1".to_owned(),
            side: 3,
            tag: "a b".to_owned(),
            symbol: "a".to_owned(),
            ..proto::MassCancel::default()
        }),
    ];
    let found = desk.wrong(Method::Batch, &batch(lists));
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    let wanted = [
        "commands[0].order_list.orders",
        "commands[1].order_list.orders",
        "commands[2].order_list.contingency",
        "commands[3].order_list.contingency",
        "commands[3].order_list.orders",
        "commands[4].order_list.orders[1].price",
        "commands[4].order_list.orders[1].account",
        "commands[4].order_list.orders[1].symbol",
        "commands[5].mass_cancel.symbol",
        "commands[5].mass_cancel.side",
        "commands[5].mass_cancel.tag",
    ];
    assert_eq!(fields, wanted);
    assert_eq!(found[0].1, "must be 2 or 3 orders");
    assert_eq!(found[1].1, "must be 2 orders of which one cancels the other");
    let request = proto::SubmitOrderListRequest { list: Some(one(Vec::new())), wait_for: 0 };
    let found = desk.wrong(Method::OrderList, &request);
    assert_eq!(found, [("list.orders".to_owned(), "must be 2 or 3 orders".to_owned())]);
    let mut bad = one(vec![good(), proto::NewOrder { quantity: String::new(), ..good() }]);
    bad.contingency = 2;
    let request = proto::SubmitOrderListRequest { list: Some(bad), wait_for: 0 };
    let found = desk.wrong(Method::OrderList, &request);
    assert_eq!(found, [("list.orders[1].quantity".to_owned(), "must be given".to_owned())]);
}

#[test]
fn the_calls_have_numbers_of_their_own() {
    for number in 0..32 {
        let both = Method::from_number(number).is_some() && Control::from_number(number).is_some();
        assert!(!both, "{number}");
        if let Some(method) = Method::from_number(number) {
            assert_eq!(method as u32, number);
        }
        if let Some(control) = Control::from_number(number) {
            assert_eq!(control as u32, number);
        }
    }
}
