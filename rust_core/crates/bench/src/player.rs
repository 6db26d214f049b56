//! The engine and the plain book on a flow, command by command or in messages of many.

use std::ops::Range;
use std::time::Instant;

use engine::ids::{index_of, sequence_of};
use engine::pod::{BatchStatus, Liquidity};
use engine::{Batch, Fills, MatchingEngine};
use sim::mix::{fresh_engine, Batched, Flow};
use sim::script::Step;
use sim::text;

use crate::plain::{PlainBook, Request, Trade};

/// Something that plays a flow, of which the first part, not measured, builds the book.
pub trait Player {
    /// The messages that are measured.
    fn measured(&self) -> Range<usize>;
    /// Plays the next message.
    fn play(&mut self, number: usize);
}

/// The engine on a flow in messages of one size.
pub struct EnginePlayer<'a> {
    batched: &'a Batched,
    /// The engine as it is now.
    pub engine: MatchingEngine,
    /// What the last message caused.
    pub fills: Fills,
}

impl<'a> EnginePlayer<'a> {
    /// With the book built.
    #[must_use]
    pub fn new(batched: &'a Batched) -> Self {
        let mut fills = Fills::default();
        let engine = fresh_engine(text::instrument(1), &mut fills);
        let mut player = Self { batched, engine, fills };
        (0..batched.built / batched.size).for_each(|number| player.play(number));
        player
    }
}

impl Player for EnginePlayer<'_> {
    fn measured(&self) -> Range<usize> {
        self.batched.built / self.batched.size..self.batched.times_ns.len()
    }

    #[inline]
    fn play(&mut self, number: usize) {
        let Batched { commands, verdicts, times_ns, size, .. } = self.batched;
        let range = number * size..((number + 1) * size).min(commands.len());
        // Message 1 made the instrument.
        let sequence = number as u64 + 2;
        let batch = Batch {
            sequence,
            time_ns: times_ns[number],
            origin: 2,
            batch: sequence,
            fills_seen: sequence - 1,
            status: BatchStatus::Applied,
            commands: &commands[range.clone()],
            verdicts: &verdicts[range],
            orig_cl_ord_ids: &[],
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
            fees: &[],
        };
        self.engine.apply(&batch, &mut self.fills).expect("the next message");
    }
}

/// The plain book on a flow.
pub struct PlainPlayer {
    requests: Vec<Request>,
    built: usize,
    book: PlainBook,
    /// Of the last request.
    trades: Vec<Trade>,
}

impl PlainPlayer {
    /// With the book built.
    #[must_use]
    pub fn new(flow: &Flow) -> Self {
        let steps = flow.build.iter().chain(flow.steps.iter().map(|(_, step)| step));
        let mut player = Self {
            requests: steps.map(Request::of).collect(),
            built: flow.build.len(),
            book: PlainBook::default(),
            trades: Vec::with_capacity(1 << 12),
        };
        (0..player.built).for_each(|number| player.play(number));
        player
    }
}

impl Player for PlainPlayer {
    fn measured(&self) -> Range<usize> {
        self.built..self.requests.len()
    }

    #[inline]
    fn play(&mut self, number: usize) {
        self.trades.clear();
        self.book.apply(self.requests[number], &mut self.trades);
    }
}

/// What a run has come to, told so that two players can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Trades, each with the number of its message among those measured.
    pub trades: Vec<(usize, Trade)>,
    /// Orders that rest at the end.
    pub open: usize,
}

/// The engine's story, its number of events and its state hash. The flow is in messages of one.
#[must_use]
pub fn story_of_engine(flow: &Flow, singles: &Batched) -> (Story, usize, u64) {
    let steps: Vec<&Step> =
        flow.build.iter().chain(flow.steps.iter().map(|(_, step)| step)).collect();
    let mut player = EnginePlayer::new(singles);
    let (mut story, mut events) = (Story::default(), 0);
    for (place, number) in player.measured().enumerate() {
        player.play(number);
        events += player.fills.events.len();
        let makers = player.fills.events.iter();
        for event in makers.filter(|event| event.liquidity == Liquidity::Maker.number()) {
            // An order's id is the place of the command that made it; message 1 made none.
            assert_eq!(index_of(event.order_id), 0);
            let step = steps[sequence_of(event.order_id) as usize - 2];
            let label = step.label.expect("a new order has a label");
            story.trades.push((place, (label, event.last_price, event.last_quantity)));
        }
    }
    story.open = player.engine.open_orders();
    (story, events, player.engine.state_hash())
}

/// The plain book's story.
#[must_use]
pub fn story_of_plain(flow: &Flow) -> Story {
    let mut player = PlainPlayer::new(flow);
    let mut story = Story::default();
    for (place, number) in player.measured().enumerate() {
        player.play(number);
        story.trades.extend(player.trades.iter().map(|&trade| (place, trade)));
    }
    story.open = player.book.open_orders();
    story
}

/// How long each message of a run took, nanoseconds, rising; that of the fastest of some runs.
pub fn timed<P: Player>(runs: usize, timer_ns: u64, mut fresh: impl FnMut() -> P) -> Vec<u64> {
    let run = |_| {
        let mut player = fresh();
        let measured = player.measured();
        let mut times = Vec::with_capacity(measured.len());
        for number in measured {
            let start = Instant::now();
            player.play(number);
            times.push((start.elapsed().as_nanos() as u64).saturating_sub(timer_ns));
        }
        times
    };
    let mut times =
        (0..runs).map(run).min_by_key(|times| times.iter().sum::<u64>()).expect("at least one run");
    times.sort_unstable();
    times
}

/// Commands a second of the fastest of some runs, as a whole.
pub fn rate<P: Player>(runs: usize, commands: usize, mut fresh: impl FnMut() -> P) -> u64 {
    let run = |_| {
        let mut player = fresh();
        let start = Instant::now();
        player.measured().for_each(|number| player.play(number));
        (commands as f64 / start.elapsed().as_secs_f64()) as u64
    };
    (0..runs).map(run).max().expect("at least one run")
}

/// A run whose instructions somebody outside counts: all of it is in this function.
#[inline(never)]
pub fn counted(player: &mut impl Player) {
    player.measured().for_each(|number| player.play(number));
}
