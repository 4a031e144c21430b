//! `rules`: lists the rules, checks them, runs their examples, or makes a book of them.

use super::CommandError;
use crate::cli::{Format, RulesAction, RulesArgs};
use crate::diagnose::verify_examples;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::prescribe;
use crate::render::{output, rule_list};
use crate::rule::{self, Complaint, RuleError, RuleSet};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if rules cannot be read or the output cannot be written.
pub fn run(args: &RulesArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = match (rule::load(&options.rules), &args.action) {
        (Ok(rules), _) => rules,
        (Err(error @ (RuleError::Syntax { .. } | RuleError::Part { .. })), RulesAction::Check) => {
            return said(&rule_list::refused(&error), false);
        }
        (Err(error), _) => return Err(error.into()),
    };
    match &args.action {
        RulesAction::List { format: Format::Human } => {
            said(&rule_list::table(&rules, &options.context), true)
        }
        RulesAction::List { format: Format::Json } => said(&rule_list::list_json(&rules)?, true),
        RulesAction::Check => check(&rules),
        RulesAction::Test => test(&rules),
        RulesAction::Docs(args) => super::docs::run(args, &rules),
    }
}

fn check(rules: &RuleSet) -> Result<Exit, CommandError> {
    let mut complaints = rule::verify(rules);
    complaints.extend(prescribe::unknown_remedies(rules).map(|id| {
        Complaint {
            file: "remedies.toml".to_owned(),
            rule: id.to_owned(),
            message:
                "has where = \"relaunch\", which is reserved for remedies that sysdock applies itself; use \
                image, host or advice"
                    .to_owned(),
        }
    }));
    said(&rule_list::checked(rules, &complaints), complaints.is_empty())
}

fn test(rules: &RuleSet) -> Result<Exit, CommandError> {
    let (run, failed) = verify_examples(rules);
    said(&rule_list::tested(run, &failed), failed.is_empty())
}

fn said(text: &str, good: bool) -> Result<Exit, CommandError> {
    output::print(text.as_bytes())?;
    Ok(if good { Exit::Success } else { Exit::Findings })
}
