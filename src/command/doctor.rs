//! `doctor`: examines containers or saved snapshots and prints reports, worst first.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;

use super::{CommandError, connect, cure_output, report_output};
use crate::cli::DoctorArgs;
use crate::diagnose::Report;
use crate::exit_code::Exit;
use crate::fleet::{Examined, Fleet, Judge, judge_saved};
use crate::options::{DoctorOptions, Options, Targets};
use crate::prescribe::Prescription;
use crate::render::{Answer, Sheet, output, progress};
use crate::rule;
use crate::scan::Matcher;

/// The results for the targets.
#[derive(Default)]
struct Looked {
    answers: Vec<(Report, Option<Prescription>)>,
    failures: Vec<CommandError>,
    remarks: Vec<String>,
}

/// What every stage of a run needs.
struct Doctor<'d> {
    judge: Judge<'d>,
    wanted: &'d DoctorOptions,
    options: &'d Options,
}

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if no target could be examined because the rules or the command line are
/// invalid.
pub fn run(args: DoctorArgs, options: &Options) -> Result<Exit, CommandError> {
    let wanted = &DoctorOptions::new(args, &options.config, Timestamp::now())?;
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    let accepted = report_output::accepted(&wanted.report, &rules, options)?;
    let doctor = Doctor { judge: Judge { rules: &rules, matcher: &matcher, accepted }, wanted, options };
    let mut looked = match &wanted.targets {
        Targets::Saved(files) => doctor.saved(files),
        Targets::Named(names) => doctor.live(Some(names)),
        Targets::All => doctor.live(None),
    };
    looked.answers.sort_by_key(|(report, _)| report.rank());
    let printed = match wanted.prescription {
        Some(format) => cure_output::print_cures(format, &looked.answers, options.remarks),
        None => doctor.print_report(&looked),
    };
    looked.failures.iter().for_each(|failure| output::tell(failure));
    looked.remarks.iter().filter(|_| options.remarks).for_each(|remark| output::tell(remark));
    printed?;
    let judged = looked.answers.iter().map(|(report, _)| Exit::of(report, wanted.report.fail_on));
    Ok(judged.chain(looked.failures.iter().map(CommandError::exit)).collect())
}

impl Doctor<'_> {
    fn print_report(&self, looked: &Looked) -> Result<(), CommandError> {
        let (rules, reporting) = (self.judge.rules, &self.wanted.report);
        let answers: Vec<Answer<'_>> = looked
            .answers
            .iter()
            .map(|(report, cure)| Answer { report, prescription: cure.as_ref(), trial: None })
            .collect();
        let failures: Vec<String> = looked.failures.iter().map(ToString::to_string).collect();
        let notices = &reporting.notices(rules, looked.answers.iter().map(|(report, _)| report));
        let sheet = Sheet { answers: &answers, summary: None, rules, failures: &failures, notices };
        cure_output::write_scripts(&looked.answers, reporting, self.options.remarks)?;
        Ok(report_output::print_report(&sheet, reporting, self.options)?)
    }

    fn saved(&self, files: &[PathBuf]) -> Looked {
        let mut looked = Looked::default();
        for judged in judge_saved(files, &self.judge) {
            match judged {
                Ok(answer) => looked.answers.push(answer),
                Err(error) => looked.failures.push(error.into()),
            }
        }
        looked
    }

    /// Examines containers of the engine, the named ones or all.
    fn live(&self, names: Option<&Vec<String>>) -> Looked {
        let examined = std::thread::scope(|scope| {
            scope.spawn(|| self.judge.matcher.warm());
            connect::block_on(self.examine(names))
        });
        match examined {
            Ok(Examined { answers, failures, remarks }) => {
                Looked { answers, failures: failures.into_iter().map(Into::into).collect(), remarks }
            }
            Err(error) => Looked { failures: vec![error], ..Looked::default() },
        }
    }

    async fn examine(&self, names: Option<&Vec<String>>) -> Result<Examined, CommandError> {
        let Self { judge, wanted, options } = self;
        let (engine, reach) = connect::connect_and_reach(options).await?;
        let follow = wanted.follow.then_some(options.watch);
        let fleet = Fleet { engine, reach, choice: &options.engine, judge, collect: &wanted.collect, follow };
        let listed = if names.is_none() { fleet.names().await? } else { Vec::new() };
        let all = names.unwrap_or(&listed);
        if all.is_empty() {
            let remark = format!("no containers on {}", fleet.engine.endpoint());
            return Ok(Examined { remarks: vec![remark], ..Examined::default() });
        }
        let (done, words) = (AtomicU64::new(0), fleet.waiting(all));
        let work = Box::pin(fleet.examine(all, names.is_none(), &done));
        Ok(progress::counted(&words, all.len() as u64, &done, options.progress, work).await)
    }
}
