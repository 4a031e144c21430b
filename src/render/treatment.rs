//! Renders the outcome of a treatment in a few lines for people.

use super::Context;
use super::layout::TextPage;
use super::style::Tone;
use crate::quote;
use crate::snapshot::{LogExcerpt, Source};
use crate::treat::TrialOutcome;

/// Returns the outcome of a trial.
#[must_use]
pub fn trial(outcome: &TrialOutcome, context: &Context) -> String {
    let mut page = TextPage::new(context);
    let (word, tone) = if outcome.works { ("passed:", Tone::Good) } else { ("failed:", Tone::Bad) };
    let why = reason(outcome);
    let (first, rest) = why.split_once('\n').unwrap_or((&why, ""));
    page.flow(2, &[("trial", Tone::Strong), (word, tone), (first, Tone::Plain)]);
    if !rest.is_empty() {
        page.prose(4, "", rest);
    }
    for refusal in &outcome.refused {
        let words = format!("{}: {}", refusal.set, refusal.said.replace('\n', " "));
        page.flow(4, &[("refused by the engine:", Tone::Dim), (&words, Tone::Plain)]);
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
        "trial container removed"
    } else {
        "not fully removed; run sysdock prove --sweep"
    };
    page.flow(4, &[(&format!("{}:", outcome.name), Tone::Dim), (left, Tone::Plain)]);
    format!("{}\n", page.finish().trim_matches('\n'))
}

/// Returns why the trial passed or failed: its own problem first, then an unclean stop, then the state.
fn reason(outcome: &TrialOutcome) -> String {
    let unclean = outcome.stop.as_ref().filter(|stop| !stop.is_clean()).and_then(|stop| stop.exit_code);
    match (&outcome.problem, unclean) {
        (Some(problem), _) => problem.clone(),
        (None, Some(code)) if outcome.root_causes.is_empty() => {
            format!("stopped with exit code {code}, expected 0")
        }
        _ => outcome.state.clone(),
    }
}

/// Returns the captured output of a container.
#[must_use]
pub fn heard(log: &LogExcerpt, context: &Context) -> String {
    let mut page = TextPage::new(context);
    let lines: Vec<_> = log.lines.iter().filter(|line| line.source == Source::Console).collect();
    if lines.is_empty() {
        page.flow(2, &[("no output, even with a terminal", Tone::Strong)]);
    } else {
        page.flow(2, &[("output on a terminal:", Tone::Strong)]);
    }
    lines.iter().for_each(|line| page.quote(4, &line.text, &line.line.to_string()));
    format!("{}\n", page.finish().trim_matches('\n'))
}

/// Returns command lines, one per line, to paste into a shell.
#[must_use]
pub fn lines(commands: &[Vec<String>]) -> String {
    commands.iter().map(|argv| quote::shown(argv) + "\n").collect()
}

/// Returns the commands under a title, such as those that undo something.
#[must_use]
pub fn commands(title: &str, commands: &[Vec<String>], context: &Context) -> String {
    let mut page = TextPage::new(context);
    page.flow(2, &[(title, Tone::Strong)]);
    commands.iter().for_each(|argv| super::cure_steps::command(&mut page, argv));
    format!("{}\n", page.finish().trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treat::Stop;

    const PLAIN: Context = Context { width: 80, color: false, unicode: true, hyperlinks: false };

    fn outcome() -> TrialOutcome {
        TrialOutcome {
            removed: true,
            state: "running, systemd reports running".to_owned(),
            ..TrialOutcome::unstarted("web-trial")
        }
    }

    #[test]
    fn a_failed_trial_says_why_before_anything_else() {
        let first = |outcome: &TrialOutcome| {
            trial(outcome, &PLAIN).lines().next().unwrap_or_default().trim().to_owned()
        };
        let off = Some(Stop { exit_code: Some(130), seconds: 1.0 });
        assert_eq!(
            first(&TrialOutcome { works: true, stop: off, ..outcome() }),
            "trial passed: running, systemd reports running"
        );
        let stopped = Some(Stop { exit_code: Some(137), seconds: 8.0 });
        assert_eq!(
            first(&TrialOutcome { stop: stopped.clone(), ..outcome() }),
            "trial failed: stopped with exit code 137, expected 0"
        );
        let problem = Some("no space left".to_owned());
        assert_eq!(first(&TrialOutcome { problem, ..outcome() }), "trial failed: no space left");
        let causes = vec!["dbus-missing".to_owned()];
        assert_eq!(
            first(&TrialOutcome { stop: stopped, root_causes: causes, ..outcome() }),
            "trial failed: running, systemd reports running"
        );
        assert_eq!(
            first(&TrialOutcome { works: true, ..outcome() }),
            "trial passed: running, systemd reports running"
        );
        assert!(trial(&outcome(), &PLAIN).ends_with("web-trial: trial container removed\n"));
    }
}
