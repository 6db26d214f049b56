//! A run that fails shrinks to a script that a reader takes in at once.

use engine::pod::CommandKind;
use engine::{Fills, MatchingEngine};
use sim::differential::{fails, recorded};
use sim::reference::Reference;
use sim::script::{Assembler, Message};
use sim::shrink::shrink;
use sim::text;
use sim::workload::Profile;

/// Whether a reference that does not know tags tells another story than the engine.
fn fails_without_tags(script: &[Message]) -> bool {
    let (mut engine, mut reference) = (MatchingEngine::new(0), Reference::new(0));
    let (mut for_engine, mut for_reference) = (Assembler::default(), Assembler::default());
    let (mut fills, mut plain) = (Fills::default(), Fills::default());
    script.iter().any(|message| {
        let mut blind = message.clone();
        for step in &mut blind.steps {
            if step.command.kind == CommandKind::MassCancel.number() {
                step.command.order_id = 0;
            }
        }
        engine.apply(&for_engine.assemble(message), &mut fills).expect("the next message");
        reference.apply(&for_reference.assemble(&blind), &mut plain);
        fills.events != plain.events
    })
}

#[test]
fn a_broken_reference_is_told_in_few_commands() {
    let profile = Profile::named("kinds").expect("a profile");
    let script = recorded(profile, 7, 6_000);
    assert!(
        fails_without_tags(&script),
        "some mass cancel names a tag that some orders don't have"
    );
    assert_eq!(fails(&script), None, "the sound reference agrees");
    let short = shrink(script, fails_without_tags);
    let steps: usize = short.iter().map(|message| message.steps.len()).sum();
    let text = text::script(&short);
    // An instrument, an order or a list of two, and the mass cancel that names another tag.
    assert!(steps <= 4, "{text}");
    assert!(text.contains("kind=11"), "{text}");
}
