//! From a long script that fails to a short one that fails too.

use crate::script::{Message, Script};

/// Most tries before the shortest script so far has to do.
const TRIES_MOST: usize = 2_000;

/// Removes messages, then steps, in ever smaller pieces, as long as the script still fails.
pub fn shrink(script: Script, fails: impl Fn(&[Message]) -> bool) -> Script {
    let mut tries = 0;
    let mut script = without_pieces(script, &mut tries, |script| fails(script));
    for place in (0..script.len()).rev() {
        let steps = std::mem::take(&mut script[place].steps);
        let kept = without_pieces(steps, &mut tries, |steps| {
            let mut with = script.clone();
            with[place].steps = steps.to_vec();
            fails(&with)
        });
        script[place].steps = kept;
    }
    script = without_payloads(script, |script| fails(script));
    without_pieces(script, &mut tries, |script| fails(script))
}

/// Empties lists that no step needs any more.
fn without_payloads(mut script: Script, fails: impl Fn(&[Message]) -> bool) -> Script {
    let empty: [fn(&mut Message); 4] = [
        |message| message.terms.clear(),
        |message| message.rules.clear(),
        |message| message.accounts.clear(),
        |message| message.instruments.clear(),
    ];
    for place in 0..script.len() {
        for empty in empty {
            let before = script[place].clone();
            empty(&mut script[place]);
            if script[place] != before && !fails(&script) {
                script[place] = before;
            }
        }
    }
    script
}

fn without_pieces<T: Clone>(
    mut items: Vec<T>,
    tries: &mut usize,
    fails: impl Fn(&[T]) -> bool,
) -> Vec<T> {
    let mut piece = items.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        let mut removed = false;
        while start < items.len() && *tries < TRIES_MOST {
            let end = (start + piece).min(items.len());
            let mut fewer = items[..start].to_vec();
            fewer.extend_from_slice(&items[end..]);
            *tries += 1;
            if fails(&fewer) {
                items = fewer;
                removed = true;
            } else {
                start = end;
            }
        }
        if piece == 1 && !removed || *tries >= TRIES_MOST {
            return items;
        }
        piece = piece.div_ceil(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Step;
    use engine::pod::CommandKind;

    #[test]
    fn keeps_what_is_needed() {
        let script: Script = (0..100)
            .map(|time_ns| {
                let mut step = Step::new(CommandKind::Tick);
                step.command.expire_time = time_ns;
                Message::new(time_ns, vec![step; 3])
            })
            .collect();
        let has = |script: &[Message], time| {
            script.iter().any(|m| m.steps.iter().any(|s| s.command.expire_time == time))
        };
        let short = shrink(script, |script| has(script, 17) && has(script, 71));
        assert_eq!(short.len(), 2);
        assert!(short.iter().all(|message| message.steps.len() == 1));
    }
}
