//! What FILLS says, as answers to requests of every kind and as executions.

mod desk;

use desk::{accepted, applied, batch, event, order, rejected, repeat, results, trade, Desk};
use engine::ids::place;
use engine::pod::{CommandKind, Event, ExecType, OrdStatus, OrdType, SessionState, Side};
use engine::reject::Reject;
use prost::Message;
use wire::gateway::{GatewayError, Submitted};
use wire::proto::common::v1 as common;
use wire::proto::common::v1::Side::{Buy, Sell};
use wire::proto::order_entry::v1 as proto;
use wire::proto::order_entry::v1::command::Command::{MassCancel, NewOrder, OrderList};
use wire::proto::order_entry::v1::{CommandResult, Outcome};
use wire::request::{Control, Method, RequestError};

/// `RestatementReason` of the protos.
const LINKED: u16 = common::RestatementReason::LinkedOrder as u16;
const BAND: u16 = common::RestatementReason::PriceBand as u16;

fn oco(ids: [&str; 2]) -> proto::OrderList {
    proto::OrderList {
        contingency: proto::Contingency::OneCancelsOther.into(),
        orders: ids.map(|id| order(id, Buy, "10", "223.18")).to_vec(),
    }
}

/// An order of a list that is accepted, and one that trades and so cancels it.
fn traded_and_linked(sequence: u64) -> [(engine::pod::Outcome, Vec<Event>); 2] {
    let [first, second] = [0, 1].map(|index| place(0, sequence, index));
    let [buys, _] = trade((second, 2), (7, 2), 1);
    let canceled = Event { reason: LINKED, ..event(ExecType::Canceled, first, 2, 0) };
    [
        (accepted(first), vec![event(ExecType::New, first, 1, 0)]),
        (accepted(second), vec![event(ExecType::New, second, 1, 0), buys, canceled]),
    ]
}

fn assert_traded_and_linked(results: &[CommandResult], duplicate: bool) {
    let told: Vec<_> = results
        .iter()
        .map(|result| (result.cl_ord_id.as_str(), result.ord_status(), result.fills.len()))
        .collect();
    let wanted = [("a", common::OrdStatus::Canceled, 0), ("b", common::OrdStatus::Filled, 1)];
    assert_eq!(told, wanted);
    assert_eq!(results[0].restatement_reason(), common::RestatementReason::LinkedOrder);
    assert_eq!(results[0].leaves_quantity, "0");
    assert_eq!(results[1].restatement_reason(), common::RestatementReason::Unspecified);
    for result in results {
        assert_eq!(result.outcome(), Outcome::Accepted);
        assert_eq!(result.reject_text, "");
        assert_eq!(result.duplicate, duplicate);
    }
}

#[test]
fn a_list_is_answered_order_by_order_as_it_stands_after_the_last() {
    let mut desk = Desk::new();
    let request = proto::SubmitOrderListRequest { list: Some(oco(["a", "b"])), wait_for: 0 };
    let ticket = desk.submit(Method::OrderList, &request).ticket;
    let sent = desk.freeze();
    let done = desk.judged(sent.batch, &traded_and_linked(desk.next()));
    let [(answered, response)] = &done.completed[..] else { panic!("one answer") };
    assert_eq!(*answered, ticket);
    let response = proto::SubmitOrderListResponse::decode(response.as_slice()).expect("a response");
    assert_traded_and_linked(&response.results, false);
    assert!(response.results.iter().all(|result| result.legs.is_empty()));
}

#[test]
fn in_a_batch_a_list_has_one_result_with_those_of_its_orders() {
    let mut desk = Desk::new();
    let unknown = proto::NewOrder { symbol: "NONE".to_owned(), ..order("u", Buy, "1", "1") };
    let mut lost = oco(["c", "d"]);
    lost.orders.iter_mut().for_each(|order| order.symbol = "NONE".to_owned());
    let commands = vec![
        NewOrder(unknown),
        OrderList(lost),
        OrderList(oco(["a", "b"])),
        NewOrder(order("z", Buy, "10", "223.18")),
    ];
    desk.submit(Method::Batch, &batch(commands));
    let sent = desk.freeze();
    assert_eq!(sent.commands.len(), 3);
    let sequence = desk.next();
    let [one, two] = traded_and_linked(sequence);
    let last = (rejected(place(0, sequence, 2), Reject::ReduceOnly), Vec::new());
    let done = desk.judged(sent.batch, &[one, two, last]);
    let found = results(&done.completed[0].1);
    let ids: Vec<&str> = found.iter().map(|result| result.cl_ord_id.as_str()).collect();
    assert_eq!(ids, ["u", "c", "a", "z"]);
    assert_eq!(found[1].reject_reason(), common::RejectReason::UnknownSymbol);
    let lost: Vec<_> = found[1].legs.iter().map(|leg| leg.reject_reason()).collect();
    assert_eq!(lost, [common::RejectReason::UnknownSymbol; 2]);
    assert_traded_and_linked(&found[2].legs, false);
    let first = CommandResult { legs: Vec::new(), ..found[2].clone() };
    assert_eq!(first, found[2].legs[0]);
    assert_eq!(found[3].reject_reason(), common::RejectReason::ReduceOnly);
    assert_eq!(found[3].place.expect("a place").index, 2);
}

#[test]
fn a_list_that_comes_again_gets_its_first_outcome() {
    for method in [Method::OrderList, Method::Batch] {
        let mut desk = Desk::new();
        let list = oco(["a", "b"]);
        let send = |desk: &mut Desk| {
            let submitted = if method == Method::OrderList {
                let list = Some(list.clone());
                desk.submit(method, &proto::SubmitOrderListRequest { list, wait_for: 0 })
            } else {
                let before = NewOrder(order("z", Buy, "10", "223.18"));
                desk.submit(method, &batch(vec![before, OrderList(list.clone())]))
            };
            (submitted.ticket, desk.freeze().batch)
        };
        let (_, first_batch) = send(&mut desk);
        let first_sequence = desk.next();
        let first = u32::from(method == Method::Batch);
        let mut judged = traded_and_linked(first_sequence).to_vec();
        if first == 1 {
            judged.insert(0, (rejected(1, Reject::TickSize), Vec::new()));
        }
        // The ids of the orders are beside the point; where their outcomes stand isn't.
        desk.judged(first_batch, &judged);
        let (ticket, second_batch) = send(&mut desk);
        let mut again: Vec<_> =
            (0..2).map(|leg| (repeat(first_sequence, first + leg), Vec::new())).collect();
        if first == 1 {
            again.insert(0, (repeat(first_sequence, 0), Vec::new()));
        }
        let done = desk.judged(second_batch, &again);
        assert_eq!(done.repeats, [(ticket, vec![first_sequence])]);
        let message = desk.fills[first_sequence as usize - 1].clone();
        let response = desk.gateway.complete_repeats(ticket, &[(first_sequence, &message)]);
        let response = response.expect("the message").expect("somebody waits");
        let found = results(&response);
        if method == Method::OrderList {
            assert_traded_and_linked(&found, true);
        } else {
            assert_eq!((found.len(), found[0].cl_ord_id.as_str()), (2, "z"));
            assert_traded_and_linked(&found[1].legs, true);
        }
    }
}

#[test]
fn a_list_that_the_journal_has_is_told_its_order_ids() {
    let mut desk = Desk::new();
    let received = proto::WaitFor::Received.into();
    let mut request = batch(vec![OrderList(oco(["a", "b"]))]);
    request.wait_for = received;
    assert!(desk.submit(Method::Batch, &request).wait_received);
    let all = proto::MassCancel { account: "A1".to_owned(), tag: "t".to_owned(), ..<_>::default() };
    let request = proto::MassCancelRequest { mass_cancel: Some(all), wait_for: received };
    desk.submit(Method::MassCancel, &request);
    let sent = desk.freeze();
    let answers = desk.gateway.stored(sent.batch, 5);
    let [list] = &results(&answers[0].1)[..] else { panic!("one result") };
    let ids: Vec<u64> = list.legs.iter().map(|leg| leg.order_id).collect();
    assert_eq!(ids, [place(0, 5, 0), place(0, 5, 1)]);
    assert_eq!(list.outcome(), Outcome::Received);
    // The tag of a mass cancel is no order id.
    let [mass] = &results(&answers[1].1)[..] else { panic!("one result") };
    assert_eq!((mass.order_id, mass.outcome()), (0, Outcome::Received));
}

#[test]
fn a_mass_cancel_says_how_many() {
    let mut desk = Desk::new();
    let all = proto::MassCancel { account: "A1".to_owned(), ..proto::MassCancel::default() };
    let request = batch(vec![MassCancel(all.clone()), MassCancel(all)]);
    desk.submit(Method::Batch, &request);
    let sent = desk.freeze();
    let ended = |id: u64| event(ExecType::Canceled, id, 2, 0);
    // They were there before.
    let before: Vec<Event> = (1..=3).map(|id| event(ExecType::New, id, 1, 0)).collect();
    desk.judged(900, &[(accepted(1), before)]);
    let judged = [
        (applied(), vec![ended(1), ended(2), ended(3)]),
        (rejected(0, Reject::UnknownAccount), Vec::new()),
    ];
    let done = desk.judged(sent.batch, &judged);
    let [some, none] = &results(&done.completed[0].1)[..] else { panic!("two results") };
    assert_eq!((some.outcome(), some.canceled_orders), (Outcome::Accepted, 3));
    assert_eq!((some.order_id, some.ord_status, some.leaves_quantity.as_str()), (0, 0, ""));
    assert_eq!(none.reject_reason(), common::RejectReason::UnknownAccount);
    assert_eq!(none.canceled_orders, 0);
}

#[test]
fn what_ended_unasked_says_why_and_is_no_refusal() {
    let mut desk = Desk::new();
    let orders = ["a", "b"].map(|id| NewOrder(order(id, Buy, "10", "223.18")));
    desk.submit(Method::Batch, &batch(orders.to_vec()));
    let sent = desk.freeze();
    let sequence = desk.next();
    let [first, second] = [0, 1].map(|index| place(0, sequence, index));
    let cut = Event { reason: BAND, ..event(ExecType::Canceled, first, 2, 0) };
    let refused =
        Event { reason: Reject::PriceBand.number(), ..event(ExecType::Rejected, second, 0, 0) };
    let judged = [
        (accepted(first), vec![event(ExecType::New, first, 1, 0), cut]),
        (rejected(second, Reject::PriceBand), vec![refused]),
    ];
    let done = desk.judged(sent.batch, &judged);
    let found = results(&done.completed[0].1);
    assert_eq!(found[0].outcome(), Outcome::Accepted);
    assert_eq!(found[0].restatement_reason(), common::RestatementReason::PriceBand);
    assert_eq!((found[0].reject_reason, found[0].reject_text.as_str()), (0, ""));
    assert_eq!(found[1].reject_reason(), common::RejectReason::PriceBand);
    assert_eq!(found[1].restatement_reason, 0);
    assert!(!found[1].reject_text.is_empty());

    let executions = desk.gateway.executions(sequence, &desk.fills[1], 1, None).expect("FILLS");
    let executions = proto::StreamExecutionsResponse::decode(executions.as_slice()).expect("some");
    let reasons: Vec<(i32, i32)> =
        executions.executions.iter().map(|it| (it.reason, it.restatement_reason)).collect();
    let refused = common::RejectReason::PriceBand.into();
    assert_eq!(reasons, [(0, 0), (0, BAND.into()), (refused, 0)]);
}

#[test]
fn stop_prices_and_tips_are_told() {
    let mut desk = Desk::new();
    let triggered = Event {
        stop_price: 22_000,
        display_quantity: 4,
        ord_type: OrdType::StopLimit.number(),
        ..event(ExecType::Triggered, 5, 2, 0)
    };
    let new = Event { display_quantity: 0, ..event(ExecType::New, 5, 1, 0) };
    desk.judged(900, &[(accepted(5), vec![new, triggered])]);
    let part = desk.gateway.executions(2, &desk.fills[1], 1, Some(1)).expect("FILLS");
    let told = proto::StreamExecutionsResponse::decode(part.as_slice()).expect("executions");
    let [new, triggered] = &told.executions[..] else { panic!("two executions") };
    assert_eq!((new.stop_price.as_str(), new.display_quantity.as_str()), ("", ""));
    assert_eq!(triggered.exec_type(), common::ExecType::Triggered);
    assert_eq!(triggered.ord_type(), common::OrdType::StopLimit);
    assert_eq!(triggered.stop_price, "220.00");
    assert_eq!(triggered.display_quantity, "4");
    let id = Some(proto::get_order_request::Id::OrderId(5));
    let request = proto::GetOrderRequest { account: "A1".to_owned(), id }.encode_to_vec();
    let found = wire::query::get_order(&desk.gateway, &request, 1).expect("a request");
    let found = proto::GetOrderResponse::decode(found.expect("it is there").as_slice());
    let found = found.expect("a response").order.expect("an order");
    assert_eq!((found.stop_price.as_str(), found.display_quantity.as_str()), ("220.00", "4"));
}

fn control(desk: &mut Desk, control: Control, request: &impl Message) -> Submitted {
    desk.gateway.control(control, &request.encode_to_vec()).expect("well formed")
}

#[test]
fn an_operator_s_request_is_one_command_and_its_answer_one_result() {
    let mut desk = Desk::new();
    for (place, &session) in SessionState::ALL.iter().enumerate() {
        let named = common::SessionState::try_from(place as i32 + 1).expect("one more");
        assert_eq!(
            named.as_str_name().replace("SESSION_STATE_", "").replace('_', "").to_lowercase(),
            format!("{session:?}").to_lowercase()
        );
        let request = proto::SetSessionRequest {
            symbol: "BTC-USD".to_owned(),
            session: named.into(),
            reference_price: if place == 0 { "" } else { "0.0005" }.to_owned(),
        };
        control(&mut desk, Control::SetSession, &request);
        let sent = desk.freeze();
        let [command] = sent.commands[..] else { panic!("one command") };
        assert_eq!(command.kind, CommandKind::SetSession.number());
        assert_eq!((command.instrument, command.payload_index), (2, session.number()));
        assert_eq!(command.price, if place == 0 { 0 } else { 5 });
        assert_eq!((command.account, sent.token.as_str()), (0, "BTC-USD"));
    }
    let request =
        proto::SetLastTradeRequest { symbol: "AMZN".to_owned(), price: "1.07".to_owned() };
    let ticket = control(&mut desk, Control::SetLastTrade, &request).ticket;
    let sent = desk.freeze();
    let [command] = sent.commands[..] else { panic!("one command") };
    assert_eq!(command.kind, CommandKind::SetLastTrade.number());
    assert_eq!((command.instrument, command.price), (1, 107));
    let done = desk.judged(sent.batch, &[(rejected(0, Reject::TickSize), Vec::new())]);
    let [(answered, response)] = &done.completed[..] else { panic!("one answer") };
    assert_eq!(*answered, ticket);
    let result = control_result(response);
    assert_eq!(result.reject_reason(), common::RejectReason::TickSize);
    assert_eq!(result.reject_text, "the price is not a multiple of the tick");

    let request = proto::CancelAllRequest {
        account: "B1".to_owned(),
        symbol: "AMZN".to_owned(),
        side: Sell.into(),
        tag: "t".to_owned(),
    };
    control(&mut desk, Control::CancelAll, &request);
    control(&mut desk, Control::CancelAll, &proto::CancelAllRequest::default());
    let sent = desk.freeze();
    let [some, all] = sent.commands[..] else { panic!("two commands") };
    assert_eq!((some.account, some.instrument, some.side), (3, 1, Side::Sell.number()));
    assert_eq!(some.order_id, u64::from(b't'));
    assert_eq!((all.account, all.instrument, all.side, all.order_id), (0, 0, 0, 0));
    desk.judged(900, &[(accepted(5), vec![event(ExecType::New, 5, 1, 0)])]);
    let ended = vec![event(ExecType::Canceled, 5, 2, 0)];
    let done = desk.judged(sent.batch, &[(applied(), ended), (applied(), Vec::new())]);
    let counts: Vec<u32> =
        done.completed.iter().map(|(_, bytes)| control_result(bytes).canceled_orders).collect();
    assert_eq!(counts, [1, 0]);
}

fn control_result(response: &[u8]) -> CommandResult {
    proto::CancelAllResponse::decode(response).expect("a response").result.expect("a result")
}

#[test]
fn what_an_operator_says_wrong_is_named() {
    let mut desk = Desk::new();
    let wrong = |desk: &mut Desk, control, request: Vec<u8>| {
        let error = desk.gateway.control(control, &request).expect_err("something is wrong");
        assert_eq!(desk.gateway.waiting(), 0);
        error
    };
    let request = proto::SetSessionRequest {
        symbol: "AMZN".to_owned(),
        session: 10,
        reference_price: "0".to_owned(),
    };
    let found = desk::violations(wrong(&mut desk, Control::SetSession, request.encode_to_vec()));
    let pair = |field: &str, what: &str| (field.to_owned(), what.to_owned());
    let wanted =
        [pair("session", "is not a value of SessionState"), pair("reference_price", "must be > 0")];
    assert_eq!(found, wanted);
    let found = desk::violations(wrong(&mut desk, Control::SetLastTrade, Vec::new()));
    assert_eq!((found[0].0.as_str(), found[1].0.as_str()), ("symbol", "price"));
    let found = desk::violations(wrong(&mut desk, Control::CancelAll, vec![0xff]));
    assert_eq!(found, [pair("", "is not a protobuf message of this type")]);

    let unknown = proto::SetLastTradeRequest { symbol: "NONE".to_owned(), price: "1".to_owned() };
    let error = wrong(&mut desk, Control::SetLastTrade, unknown.encode_to_vec());
    assert_eq!(error, GatewayError::Request(RequestError::UnknownSymbol("NONE".to_owned())));
    let unknown = proto::CancelAllRequest { account: "NOBODY".to_owned(), ..<_>::default() };
    let error = wrong(&mut desk, Control::CancelAll, unknown.encode_to_vec());
    let name = "NOBODY".to_owned();
    assert_eq!(error, GatewayError::Request(RequestError::UnknownAccount(name)));
}

/// A message with a trade between A1 and B1 as its events 1 and 2.
fn with_trade(desk: &mut Desk, match_id: u64) -> u64 {
    let sequence = desk.next();
    let (buyer, seller) = (place(0, sequence, 0), sequence);
    let resting =
        Event { side: Side::Sell.number(), account: 3, ..event(ExecType::New, seller, 1, 0) };
    desk.judged(900, &[(accepted(seller), vec![resting])]);
    let [bought, sold] = trade((buyer, 2), (seller, 2), match_id);
    let new = event(ExecType::New, buyer, 1, 0);
    desk.judged(901, &[(accepted(buyer), vec![new, bought, sold])]);
    sequence + 1
}

fn bust(sequence: u64, index: u32, match_id: u64) -> Vec<u8> {
    let place = Some(common::Place { shard: 0, sequence, index });
    proto::BustTradeRequest { place, match_id }.encode_to_vec()
}

#[test]
fn a_trade_is_undone_by_a_command_for_each_side() {
    let mut desk = Desk::new();
    let sequence = with_trade(&mut desk, 77);
    let frame = desk.fills[sequence as usize - 1].clone();
    let mut batches = Vec::new();
    for index in [1, 2] {
        let request = bust(sequence, index, 77);
        assert_eq!(desk.gateway.bust_sequence(&request), Ok(sequence));
        desk.gateway.bust_trade(&request, &frame).expect("a trade");
        let sent = desk.freeze();
        let [buyer, seller] = sent.commands[..] else { panic!("two commands") };
        for (command, side, account) in [(buyer, Side::Buy, 1), (seller, Side::Sell, 3)] {
            assert_eq!(command.kind, CommandKind::BustTrade.number());
            assert_eq!((command.side, command.account), (side.number(), account));
            assert_eq!((command.instrument, command.expire_time), (1, 77));
            assert_eq!((command.price, command.quantity), (22_318, 10));
        }
        assert_ne!(buyer.order_id, seller.order_id);
        assert_eq!(sent.token, "AMZN");
        batches.push((sent.batch, buyer.order_id, seller.order_id));
    }

    let (first, buyer, seller) = batches[0];
    let [bought, sold] = trade((buyer, 0), (seller, 0), 77).map(|side| Event {
        exec_type: ExecType::TradeBust.number(),
        ord_status: OrdStatus::None.number(),
        liquidity: 0,
        ord_type: 0,
        time_in_force: 0,
        price: 0,
        quantity: 0,
        cum_quantity: 0,
        leaves_quantity: 0,
        ..side
    });
    let place_of = desk.next();
    let done = desk.judged(first, &[(applied(), vec![bought]), (applied(), vec![sold])]);
    let result = control_result(&done.completed[0].1);
    assert_eq!(result.outcome(), Outcome::Accepted);
    assert_eq!((result.order_id, result.ord_status, result.fills.len()), (0, 0, 0));
    let place = result.place.expect("a place");
    assert_eq!((place.sequence, place.index), (place_of, 0));
    for (firm, side) in [(1, Buy), (2, Sell)] {
        let bytes = &desk.fills[place_of as usize - 1];
        let part = desk.gateway.executions(place_of, bytes, firm, None).expect("FILLS");
        let told = proto::StreamExecutionsResponse::decode(part.as_slice()).expect("executions");
        let [bust] = &told.executions[..] else { panic!("its own") };
        assert_eq!((bust.exec_type(), bust.side()), (common::ExecType::TradeBust, side));
        assert_eq!((bust.last_price.as_str(), bust.last_quantity.as_str()), ("223.18", "10"));
        assert_eq!((bust.match_id, bust.order_sequence), (77, 0));
        assert_eq!((bust.price.as_str(), bust.quantity.as_str()), ("", ""));
        assert_eq!((bust.cum_quantity.as_str(), bust.cum_notional.as_str()), ("", ""));
    }

    // The second time both are refused, and the answer says why; so it does if only one were.
    let refused = Event { exec_type: ExecType::Rejected.number(), order_id: 0, ..sold };
    let late = (rejected(seller, Reject::TooLate), vec![refused]);
    let place_of = desk.next();
    let done = desk.judged(batches[1].0, &[(applied(), Vec::new()), late]);
    let result = control_result(&done.completed[0].1);
    assert_eq!(result.reject_reason(), common::RejectReason::TooLate);
    assert_eq!(result.reject_text, "the trade was undone before");
    assert_eq!(result.place.expect("a place").index, 1);
    let bytes = &desk.fills[place_of as usize - 1];
    let part = desk.gateway.executions(place_of, bytes, 2, None).expect("FILLS");
    let told = proto::StreamExecutionsResponse::decode(part.as_slice()).expect("executions");
    assert!(told.executions.is_empty() && told.through_sequence == place_of);
}

#[test]
fn a_trade_that_is_not_there_is_not_undone() {
    let mut desk = Desk::new();
    let sequence = with_trade(&mut desk, 77);
    let frame = desk.fills[sequence as usize - 1].clone();
    let unknown = || GatewayError::Request(RequestError::UnknownTrade);
    for (index, match_id) in [(0, 77), (1, 76), (3, 77), (u32::MAX, 77), (1, u64::MAX)] {
        let request = bust(sequence, index, match_id);
        assert_eq!(desk.gateway.bust_trade(&request, &frame), Err(unknown()), "{index} {match_id}");
    }
    assert_eq!(desk.gateway.bust_sequence(&bust(sequence + 1, 1, 77)), Err(unknown()));
    let place = Some(common::Place { shard: 1, sequence, index: 1 });
    let elsewhere = proto::BustTradeRequest { place, match_id: 77 }.encode_to_vec();
    assert_eq!(desk.gateway.bust_sequence(&elsewhere), Err(unknown()));
    let other = desk.gateway.bust_trade(&bust(sequence - 1, 1, 77), &frame);
    assert!(matches!(other, Err(GatewayError::Stage(_))));
    let empty = desk::violations(desk.gateway.bust_sequence(&[]).expect_err("nothing said"));
    let fields: Vec<&str> = empty.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["place.sequence", "match_id"]);
    assert_eq!(desk.gateway.waiting(), 0);
}
