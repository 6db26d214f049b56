//! A limit that is lowered while orders fly: the place in the log decides, whatever the batches,
//! and a replay agrees.

mod desk;

use desk::*;
use engine::pod::{BatchStatus, Limits};
use engine::{Batch, RiskEngine, Risked};

const INTERLEAVINGS: u64 = 10_000;

/// Numbers that a seed decides.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn apply(risk: &mut RiskEngine, payloads: &[Payload]) -> Vec<String> {
    let mut risked = Risked::default();
    let mut verdicts = Vec::new();
    for (index, payload) in payloads.iter().enumerate() {
        let sequence = index as u64 + 1;
        let batch = Batch {
            sequence,
            time_ns: NOON_NS,
            origin: 7,
            batch: sequence,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands: &payload.commands,
            verdicts: &[],
            orig_cl_ord_ids: &payload.orig_cl_ord_ids,
            instruments: &payload.instruments,
            accounts: &payload.accounts,
            limits: &payload.limits,
            terms: &payload.terms,
            rules: &payload.rules,
            fees: &payload.fees,
        };
        risk.apply(&batch, &mut risked).expect("the next batch");
        verdicts.extend(risked.verdicts.iter().map(said));
    }
    verdicts
}

#[test]
fn a_limit_lowered_while_orders_fly() {
    for seed in 0..INTERLEAVINGS {
        let mut numbers = Numbers(seed);
        let mut setup = Payload::default();
        setup.set_instrument(instrument(ABC, "ABC"));
        setup.set_account(account(ALICE, "ALICE"));
        let limits = |max_position| Limits {
            max_position,
            checks: engine::risk::bits::POSITION,
            ..no_limits(ALICE)
        };
        setup.set_limits(limits(100));
        let mut payloads = vec![setup, Payload::default()];
        let mut expected = vec!["accepted"; 3];
        let (mut limit, mut open) = (100, 0);
        for number in 0..12 {
            if numbers.below(3) == 0 {
                payloads.push(Payload::default());
            }
            let payload = payloads.last_mut().expect("there is one");
            if numbers.below(4) == 0 {
                limit = numbers.below(101) as i64;
                payload.set_limits(limits(limit));
                expected.push("accepted");
                continue;
            }
            let quantity = 1 + numbers.below(30) as i64;
            payload.line(&format!("alice: buy {quantity} @ 100 as n{number}"));
            let fits = open + quantity <= limit;
            open += if fits { quantity } else { 0 };
            expected.push(if fits { "accepted" } else { "ExceedsLimit" });
        }
        let (mut first, mut second) = (RiskEngine::new(0), RiskEngine::new(0));
        let verdicts = apply(&mut first, &payloads);
        assert_eq!(verdicts, expected, "seed {seed}");
        assert_eq!(apply(&mut second, &payloads), verdicts, "seed {seed}");
        assert_eq!(first.state_hash(), second.state_hash(), "seed {seed}");
    }
}
