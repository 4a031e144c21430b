//! `triage`: diagnoses texts and prints reports, worst first, or one per line in input order.

use std::io;
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;

use super::{CommandError, report_output};
use crate::cli::TriageArgs;
use crate::diagnose::{Accepted, Report, Summary};
use crate::exit_code::Exit;
use crate::options::{Options, TriageOptions};
use crate::render::format::ReportFormat;
use crate::render::{Answer, Sheet, json, output, progress};
use crate::rule::{self, RuleSet};
use crate::scan::{Matcher, threads};
use crate::triage::{Inputs, Outcome, Triage, beside, size};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if rules or arguments cannot be used or the report cannot be written.
pub fn run(args: TriageArgs, options: &Options) -> Result<Exit, CommandError> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let wanted = TriageOptions::new(args, &options.config, processors, Timestamp::now())?;
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    threads::want(wanted.threads);
    let beside = beside(wanted.run.as_deref(), wanted.inspect.as_deref(), wanted.info.as_deref())?;
    let triage = Triage { rules: &rules, matcher: &matcher, beside, read: Arc::default() };
    let accepted = report_output::accepted(&wanted.report, &rules, options)?;
    let mut results = Results::new(&wanted, options, &rules, accepted);
    let Inputs { files, failures, unseen } = Inputs::of(&wanted.inputs);
    results.many = files.len() > 1 || wanted.inputs.iter().any(|path| path.is_dir());
    let reports = unseen.iter().map(|(name, reason)| triage.unseen(name, reason)).collect();
    results.take(Outcome { reports, failures, remarks: Vec::new() })?;
    if files.is_empty() && wanted.inputs.is_empty() {
        results.take(triage.text("arguments", io::empty()))?;
    }
    let shown = options.progress && !results.streams();
    let read = Arc::clone(&triage.read);
    let work = || triage.all(&files, wanted.threads, |outcome| results.take(outcome));
    progress::reading(size(&files), &read, shown, work)?;
    results.print()
}

/// The results for the inputs so far.
struct Results<'t> {
    wanted: &'t TriageOptions,
    options: &'t Options,
    rules: &'t RuleSet,
    accepted: Accepted,
    /// Whether there is more than one input.
    many: bool,
    reports: Vec<Report>,
    summary: Summary,
    failures: Vec<String>,
    exit: Exit,
}

impl<'t> Results<'t> {
    fn new(wanted: &'t TriageOptions, options: &'t Options, rules: &'t RuleSet, accepted: Accepted) -> Self {
        let (reports, failures) = (Vec::new(), Vec::new());
        let (many, summary, exit) = (false, Summary::default(), Exit::default());
        Self { wanted, options, rules, accepted, many, reports, summary, failures, exit }
    }

    /// Adds the result for one input.
    fn take(&mut self, outcome: Outcome) -> Result<(), CommandError> {
        for failure in outcome.failures.into_iter().map(CommandError::from) {
            output::tell(&failure);
            self.failures.push(failure.to_string());
            self.exit = self.exit.merge(failure.exit());
        }
        outcome.remarks.iter().filter(|_| self.options.remarks).for_each(|remark| output::tell(remark));
        outcome.reports.into_iter().try_for_each(|report| self.report(report))
    }

    fn report(&mut self, mut report: Report) -> Result<(), CommandError> {
        self.accepted.mark(&mut report);
        self.exit = self.exit.merge(Exit::of(&report, self.wanted.report.fail_on));
        self.summary.add(&report);
        if self.streams() {
            let notices = self.wanted.report.notices(self.rules, [&report]);
            let answer = Answer { report: &report, prescription: None, trial: None };
            output::print(json::line(&answer, &notices)?.as_bytes())?;
        }
        if !self.streams() || !self.wanted.report.outputs.is_empty() {
            self.reports.push(report);
        }
        Ok(())
    }

    /// Returns whether each report is printed as soon as it is ready.
    fn streams(&self) -> bool {
        self.wanted.report.format == ReportFormat::Jsonl
    }

    fn print(mut self) -> Result<Exit, CommandError> {
        self.reports.sort_by_key(Report::rank);
        let answers = Answer::without_cure(&self.reports);
        let summary = self.many.then_some(&self.summary);
        let notices = self.wanted.report.notices(self.rules, &self.reports);
        let sheet = Sheet {
            answers: &answers,
            summary,
            rules: self.rules,
            failures: &self.failures,
            notices: &notices,
        };
        let write = if self.streams() { report_output::write_files } else { report_output::print_report };
        write(&sheet, &self.wanted.report, self.options)?;
        Ok(self.exit)
    }
}
