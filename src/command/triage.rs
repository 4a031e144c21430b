//! `triage`: texts in, reports out, worst first.

use std::io;

use super::CommandError;
use crate::cli::{Format, TriageArgs};
use crate::diagnose::{Report, diagnose_with};
use crate::exit::Exit;
use crate::intake::{self, Beside};
use crate::options::{Options, severity};
use crate::render::{human, json, output};
use crate::rule;
use crate::scan::Matcher;

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when no input could be read.
pub fn run(args: &TriageArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    let beside = Beside { run: args.run.clone(), ..Beside::default() };
    let snapshots = intake::snapshots("stdin", io::stdin().lock(), &beside, &matcher)?;
    let mut reports: Vec<Report> = snapshots.iter().map(|snapshot| diagnose_with(snapshot, &rules, &matcher)).collect();
    reports.sort_by_key(Report::rank);
    let text = match args.format {
        Format::Json => json::render(&reports, &rules)?,
        Format::Human => human::render(&reports, &options.context),
    };
    output::print(text.as_bytes())?;
    Ok(reports.iter().map(|report| Exit::of(report, severity(args.fail_on))).collect())
}
