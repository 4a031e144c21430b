//! What was done to a container, in a few lines for people.

use super::Context;
use super::layout::TextPage;
use super::style::Tone;
use crate::quote;
use crate::snapshot::{LogExcerpt, Source};
use crate::treat::TrialOutcome;

/// The outcome of a trial.
#[must_use]
pub fn trial(outcome: &TrialOutcome, context: &Context) -> String {
    let mut page = TextPage::new(context);
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
    if !outcome.units.is_empty() {
        let units: Vec<String> =
            outcome.units.iter().map(|unit| format!("{} {}", unit.unit, unit.state)).collect();
        page.flow(4, &[("units:", Tone::Dim), (&units.join(", "), Tone::Plain)]);
    }
    if let Some(stop) = &outcome.stop {
        let code = stop.exit_code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
        page.flow(
            4,
            &[("stop:", Tone::Dim), (&format!("exit code {code} after {:.1} s", stop.seconds), Tone::Plain)],
        );
    }
    if let Some(minimal) = &outcome.minimal {
        page.flow(4, &[("needed:", Tone::Dim), (&minimal.needed.join(", "), Tone::Plain)]);
        if !minimal.not_needed.is_empty() {
            page.flow(4, &[("works without:", Tone::Dim), (&minimal.not_needed.join(", "), Tone::Plain)]);
        }
    }
    let left = if outcome.removed {
        "nothing is left of it"
    } else {
        "something of it is left: sysdock prove --sweep removes it"
    };
    page.flow(4, &[(&format!("{}:", outcome.name), Tone::Dim), (left, Tone::Plain)]);
    format!("{}\n", page.finish().trim_matches('\n'))
}

/// What a container said that was listened to.
#[must_use]
pub fn heard(log: &LogExcerpt, context: &Context) -> String {
    let mut page = TextPage::new(context);
    let lines: Vec<_> = log.lines.iter().filter(|line| line.source == Source::Console).collect();
    if lines.is_empty() {
        page.flow(2, &[("it said nothing, on a terminal too", Tone::Strong)]);
    } else {
        page.flow(2, &[("what it said on a terminal:", Tone::Strong)]);
    }
    lines.iter().for_each(|line| page.quote(4, &line.text, &line.line.to_string()));
    format!("{}\n", page.finish().trim_matches('\n'))
}

/// Command lines, one a line, to be pasted into a shell.
#[must_use]
pub fn lines(commands: &[Vec<String>]) -> String {
    commands.iter().map(|argv| quote::shown(argv) + "\n").collect()
}

/// The commands that undo something.
#[must_use]
pub fn commands(title: &str, commands: &[Vec<String>], context: &Context) -> String {
    let mut page = TextPage::new(context);
    page.flow(2, &[(title, Tone::Strong)]);
    commands.iter().for_each(|argv| super::cure_steps::command(&mut page, argv));
    format!("{}\n", page.finish().trim_matches('\n'))
}
