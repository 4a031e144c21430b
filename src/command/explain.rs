//! `explain`: prints the page of one diagnosis, found by its ID or by a message that it matches.

use super::CommandError;
use crate::cli::ExplainArgs;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::playbook::{find_by_message, page};
use crate::render::{diagnosis_page, output};
use crate::rule::{self, Rule, RuleSet};
use crate::scan::{Matcher, clean};
use crate::snapshot::Redactor;

/// Runs the command.
///
/// # Errors
/// Returns [`CommandError::NoDiagnosis`] for an unknown ID, [`CommandError::NoMessage`] for text that no
/// diagnosis matches, or an error of loading rules or writing.
pub fn run(args: &ExplainArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    match rules.get(args.what.trim()) {
        Some(rule) => shown("", rule, &rules, options),
        None => of_message(&args.what, &rules, options),
    }
}

fn of_message(text: &str, rules: &RuleSet, options: &Options) -> Result<Exit, CommandError> {
    let matcher = Matcher::new(rules);
    let found = find_by_message(text, rules, &matcher);
    if let Some(rule) = found.first().and_then(|said| rules.get(said.id)) {
        return shown(&diagnosis_page::claimed(&found, &options.context), rule, rules, options);
    }
    if text.lines().any(|line| matcher.is_harmless(&clean(line.as_bytes()))) {
        output::print(b"A harmless line: boots that come up print it too.\n")?;
        return Ok(Exit::Success);
    }
    if text.trim().contains(char::is_whitespace) {
        return Err(CommandError::NoMessage);
    }
    let near = rules.nearest(text).map(|id| format!(", did you mean `{id}`?")).unwrap_or_default();
    let mut redactor = Redactor::default();
    redactor.learn_text(text);
    Err(CommandError::NoDiagnosis { id: redactor.redact(text), near })
}

fn shown(head: &str, rule: &Rule, rules: &RuleSet, options: &Options) -> Result<Exit, CommandError> {
    let text = format!("{head}{}", diagnosis_page::render(&page(rule, rules), &options.context));
    output::print(text.as_bytes())?;
    Ok(Exit::Success)
}
