//! What was done to a container, in a few lines for people.

use super::Context;
use super::page::Page;
use super::style::Tone;
use crate::treat::TrialOutcome;

/// The outcome of a trial.
#[must_use]
pub fn trial(outcome: &TrialOutcome, context: &Context) -> String {
    let mut page = Page::new(context);
    let (word, tone) = if outcome.works { ("it works", Tone::Good) } else { ("it does not work", Tone::Bad) };
    page.flow(2, &[("trial:", Tone::Strong), (word, tone), (&format!("({})", outcome.state), Tone::Plain)]);
    if let Some(problem) = &outcome.problem {
        page.prose(4, "", problem);
    }
    if !outcome.root_causes.is_empty() {
        page.flow(4, &[("still wrong:", Tone::Dim), (&outcome.root_causes.join(", "), Tone::Plain)]);
    }
    if !outcome.failed_units.is_empty() {
        page.flow(4, &[("failed units:", Tone::Dim), (&outcome.failed_units.join(", "), Tone::Plain)]);
    }
    if let Some(stop) = &outcome.stop {
        let code = stop.exit_code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
        page.flow(4, &[("stop:", Tone::Dim), (&format!("exit code {code} after {:.1} s", stop.seconds), Tone::Plain)]);
    }
    let left = if outcome.removed { "nothing is left of it" } else { "something of it is left: sysdock prove --sweep removes it" };
    page.flow(4, &[(&format!("{}:", outcome.name), Tone::Dim), (left, Tone::Plain)]);
    format!("{}\n", page.finish().trim_matches('\n'))
}

/// The commands that undo something.
#[must_use]
pub fn commands(title: &str, commands: &[Vec<String>], context: &Context) -> String {
    let mut page = Page::new(context);
    page.flow(2, &[(title, Tone::Strong)]);
    commands.iter().for_each(|argv| super::steps::command(&mut page, argv));
    format!("{}\n", page.finish().trim_matches('\n'))
}
