//! Writes a seeded flow of orders, and what the plain reference makes of it, in the order-replay
//! format: `flow DIR [--seed S] [--resting N] [--commands N] [--levels N]`.
//!
//! The book is first built up to `resting` orders; then come orders of every kind, sweeps, cancels,
//! and amends of price and quantity, up and down, some of them too late. A row is a message of
//! commands, and its line in the book file is the book after it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use engine::pod::{
    ClOrdId, Command, CommandKind, ExecType, Liquidity, OrdType, Side, TimeInForce, FLAG_LEAVES,
};
use engine::Fills;
use sim::reference::Reference;
use sim::rng::Rng;
use sim::script::{Assembler, Message, Step};
use sim::text;

const USAGE: &str = "usage: flow DIR [--seed S] [--resting N] [--commands N] [--levels N]";
const INSTRUMENT: &str = concat!(
    r#"{"symbol": "FLOW", "currency": "USD", "#,
    r#""price_unit": "0.01", "tick": "0.01", "lot": "1"}"#,
    "\n"
);
/// Commands of a row while the book is built, and afterwards.
const ROW_COMMANDS: (u64, u64) = (4_000, 250);
const MIDDLE: i64 = 100_000;
const SPREAD: i64 = 20_000;
const QUANTITY: i64 = 1_000;
/// Orders that ended lately and are still asked for now and then.
const ENDED_MOST: usize = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match Options::read(&arguments) {
        Ok(options) => options,
        Err(text) => {
            eprintln!("{text}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match write_flow(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", options.folder);
            ExitCode::FAILURE
        }
    }
}

struct Options {
    folder: String,
    seed: u64,
    resting: u64,
    commands: u64,
    levels: usize,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let [folder, rest @ ..] = arguments else { return Err("where to?".to_owned()) };
        let mut options = Self {
            folder: folder.clone(),
            seed: 1,
            resting: 100_000,
            commands: 50_000,
            levels: 10,
        };
        for pair in rest.chunks(2) {
            let [name, value] = pair else { return Err(format!("{} needs a value", pair[0])) };
            let value: u64 = value.parse().map_err(|_| format!("{value} is no number"))?;
            match name.as_str() {
                "--seed" => options.seed = value,
                "--resting" => options.resting = value,
                "--commands" => options.commands = value,
                "--levels" => options.levels = value as usize,
                _ => return Err(format!("{name} is no option")),
            }
        }
        Ok(options)
    }
}

fn write_flow(options: &Options) -> io::Result<()> {
    let folder = Path::new(&options.folder);
    fs::create_dir_all(folder)?;
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let mut instrument = create("flow.instrument.json")?;
    instrument.write_all(INSTRUMENT.as_bytes())?;
    let mut flow = Flow::new(options);
    let mut orders = create("flow_orders.csv")?;
    let mut trades = create("flow_expected_trades.csv")?;
    let mut books = create(&format!("flow_orderbook_{}.csv", options.levels))?;
    writeln!(orders, "seq,row,time,op,id,side,tif,price,qty")?;
    writeln!(trades, "seq,maker_id,taker_id,price,qty")?;
    let total = options.resting + options.commands;
    while flow.sequence < total {
        flow.row(total, &mut orders, &mut trades)?;
        writeln!(books, "{}", flow.book(options.levels))?;
    }
    instrument.flush()?;
    orders.flush()?;
    trades.flush()?;
    books.flush()
}

/// An order that rests, as far as the events have told.
#[derive(Clone, Copy)]
struct Resting {
    price: i64,
    leaves: i64,
}

struct Flow {
    rng: Rng,
    build: u64,
    /// Operations so far.
    sequence: u64,
    row: u64,
    middle: i64,
    assembler: Assembler,
    reference: Reference,
    labels: HashMap<u64, u32>,
    resting: HashMap<u32, Resting>,
    /// Labels of resting orders, to draw from; those that ended are dropped when drawn.
    drawn: Vec<u32>,
    ended: Vec<u32>,
}

impl Flow {
    fn new(options: &Options) -> Self {
        let mut assembler = Assembler::default();
        let mut reference = Reference::new(0);
        let mut message = Message::new(1, Vec::new());
        message.instruments.push(text::instrument(1));
        message.steps.push(Step::new(CommandKind::SetInstrument));
        reference.apply(&assembler.assemble(&message), &mut Fills::default());
        Self {
            rng: Rng::new(options.seed),
            build: options.resting,
            sequence: 0,
            row: 0,
            middle: MIDDLE,
            assembler,
            reference,
            labels: HashMap::new(),
            resting: HashMap::new(),
            drawn: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// Makes a message of commands and writes them and their trades.
    fn row(
        &mut self,
        total: u64,
        orders: &mut impl Write,
        trades: &mut impl Write,
    ) -> io::Result<()> {
        self.row += 1;
        self.middle += self.rng.between(-5, 5);
        let first = self.sequence + 1;
        let count = match self.build.saturating_sub(self.sequence) {
            0 => ROW_COMMANDS.1.min(total - self.sequence),
            building => ROW_COMMANDS.0.min(building),
        };
        let steps: Vec<Step> = (0..count).map(|_| self.step()).collect();
        for (sequence, step) in (first..).zip(&steps) {
            self.write_order(sequence, step, orders)?;
        }
        let message = Message::new(self.row as i64 + 1, steps);
        let mut fills = Fills::default();
        self.reference.apply(&self.assembler.assemble(&message), &mut fills);
        for step in &message.steps {
            if let Some(label) = step.label {
                let id = self.assembler.id(label).expect("every label was given an id");
                self.labels.insert(id, label);
            }
        }
        self.write_trades(first, &fills, trades)?;
        self.follow(&fills);
        Ok(())
    }

    fn step(&mut self) -> Step {
        self.sequence += 1;
        if self.sequence <= self.build {
            return self.passive();
        }
        match self.rng.weighted(&[300, 120, 80, 40, 20, 2, 190, 110, 70, 80, 10]) {
            0 => self.passive(),
            1 => self.crossing(TimeInForce::Gtc, QUANTITY),
            2 => self.crossing(TimeInForce::Ioc, QUANTITY),
            3 => self.crossing(TimeInForce::Fok, QUANTITY * 3),
            4 => self.market(),
            5 => self.crossing(TimeInForce::Ioc, QUANTITY * 200),
            6 => self.change(CommandKind::CancelOrder, |_, _, _| {}),
            7 => self.change(CommandKind::ReplaceOrder, |rng, order, command| {
                command.quantity = rng.between(1, order.leaves);
            }),
            8 => self.change(CommandKind::ReplaceOrder, |rng, order, command| {
                command.quantity = order.leaves + rng.between(1, QUANTITY);
            }),
            9 => self.change(CommandKind::ReplaceOrder, |rng, order, command| {
                let move_by = rng.between(-200, 200);
                command.price = (order.price + move_by).max(1);
                command.quantity = (order.leaves + rng.between(-QUANTITY, QUANTITY)).max(1);
            }),
            _ => self.late(),
        }
    }

    fn new_order(&mut self, side: Side, time_in_force: TimeInForce, most: i64) -> Step {
        let mut step = Step::new(CommandKind::NewOrder);
        let label = self.sequence as u32;
        step.label = Some(label);
        step.command = Command {
            side: side.number(),
            ord_type: OrdType::Limit.number(),
            time_in_force: time_in_force.number(),
            account: 1,
            instrument: 1,
            quantity: self.rng.between(1.max(most / 2_000), most),
            ..step.command
        };
        step.command.set_cl_ord_id(ClOrdId::new(name(label).as_bytes()).expect("a short name"));
        step
    }

    fn side(&mut self) -> (Side, i64) {
        self.rng.pick(&[(Side::Buy, -1), (Side::Sell, 1)])
    }

    /// A limit order on its own side of the middle.
    fn passive(&mut self) -> Step {
        let (side, away) = self.side();
        let mut step = self.new_order(side, TimeInForce::Gtc, QUANTITY);
        step.command.price = self.middle + away * (10 + self.rng.between(0, SPREAD));
        step
    }

    /// A limit order through the middle.
    fn crossing(&mut self, time_in_force: TimeInForce, most: i64) -> Step {
        let (side, away) = self.side();
        let mut step = self.new_order(side, time_in_force, most);
        let through = if most > QUANTITY { SPREAD / 2 } else { 200 };
        step.command.price = self.middle - away * self.rng.between(0, through);
        step
    }

    fn market(&mut self) -> Step {
        let (side, _) = self.side();
        let mut step = self.new_order(side, TimeInForce::Ioc, QUANTITY);
        step.command.ord_type = OrdType::Market.number();
        step
    }

    /// A cancel or replace of an order that rested before this message.
    fn change(
        &mut self,
        kind: CommandKind,
        edit: impl FnOnce(&mut Rng, Resting, &mut Command),
    ) -> Step {
        while !self.drawn.is_empty() {
            let at = self.rng.below(self.drawn.len() as u64) as usize;
            let label = self.drawn[at];
            let Some(&order) = self.resting.get(&label) else {
                self.drawn.swap_remove(at);
                continue;
            };
            let mut step = about(kind, label);
            if kind == CommandKind::ReplaceOrder {
                step.command.flags = FLAG_LEAVES;
            }
            edit(&mut self.rng, order, &mut step.command);
            return step;
        }
        self.passive()
    }

    /// A cancel of an order that has ended.
    fn late(&mut self) -> Step {
        if self.ended.is_empty() {
            return self.passive();
        }
        let label = self.rng.pick(&self.ended);
        about(CommandKind::CancelOrder, label)
    }

    fn write_order(&self, sequence: u64, step: &Step, orders: &mut impl Write) -> io::Result<()> {
        let row = self.row;
        let command = &step.command;
        let label = step.label.or(step.target).expect("every step is about an order");
        let price = match command.price {
            0 => String::new(),
            price => price.to_string(),
        };
        let (op, side, tif) = if command.kind == CommandKind::NewOrder.number() {
            let buys = command.side == Side::Buy.number();
            let tif = match TimeInForce::try_from(command.time_in_force) {
                Ok(TimeInForce::Ioc) => "IOC",
                Ok(TimeInForce::Fok) => "FOK",
                _ => "GTC",
            };
            ("new", if buys { "buy" } else { "sell" }, tif)
        } else if command.kind == CommandKind::ReplaceOrder.number() {
            ("amend", "", "")
        } else {
            ("cancel", "", "")
        };
        let (name, quantity) = (name(label), command.quantity);
        writeln!(orders, "{sequence},{row},{row}.0,{op},{name},{side},{tif},{price},{quantity}")
    }

    fn write_trades(&self, first: u64, fills: &Fills, trades: &mut impl Write) -> io::Result<()> {
        for (sequence, outcome) in (first..).zip(&fills.outcomes) {
            let from = outcome.first_event as usize;
            let events = &fills.events[from..from + outcome.event_count as usize];
            let matched = |liquidity: Liquidity| {
                events.iter().filter(move |event| {
                    event.exec_type == ExecType::Trade.number()
                        && event.liquidity == liquidity.number()
                })
            };
            for (taker, maker) in matched(Liquidity::Taker).zip(matched(Liquidity::Maker)) {
                let (maker_name, taker_name) =
                    (name(self.labels[&maker.order_id]), name(self.labels[&taker.order_id]));
                let (price, quantity) = (maker.last_price, maker.last_quantity);
                writeln!(trades, "{sequence},{maker_name},{taker_name},{price},{quantity}")?;
            }
        }
        Ok(())
    }

    /// Keeps what rests by what the events tell.
    fn follow(&mut self, fills: &Fills) {
        for event in &fills.events {
            let Some(&label) = self.labels.get(&event.order_id) else { continue };
            if event.leaves_quantity == 0 {
                if self.resting.remove(&label).is_some() {
                    self.ended.push(label);
                }
            } else if event.exec_type != ExecType::CancelRejected.number() {
                let order = Resting { price: event.price, leaves: event.leaves_quantity };
                if self.resting.insert(label, order).is_none() {
                    self.drawn.push(label);
                }
            }
        }
        let surplus = self.ended.len().saturating_sub(ENDED_MOST);
        self.ended.drain(..surplus);
    }

    /// The best levels as the book file has them; 9999999999 and -9999999999 where there is none.
    fn book(&self, levels: usize) -> String {
        let (bids, asks) =
            (self.reference.levels(1, Side::Buy), self.reference.levels(1, Side::Sell));
        let columns = (0..levels).flat_map(|level| {
            let ask = asks.get(level).map_or((9_999_999_999, 0), |ask| (ask.price, ask.quantity));
            let bid = bids.get(level).map_or((-9_999_999_999, 0), |bid| (bid.price, bid.quantity));
            [ask.0, ask.1, bid.0, bid.1]
        });
        columns.map(|value| value.to_string()).collect::<Vec<_>>().join(",")
    }
}

fn about(kind: CommandKind, label: u32) -> Step {
    let mut step = Step::new(kind);
    step.target = Some(label);
    (step.command.account, step.command.instrument) = (1, 1);
    step
}

fn name(label: u32) -> String {
    format!("f{label}")
}
