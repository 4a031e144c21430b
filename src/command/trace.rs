//! `seccomp trace`: a container whose filter stops systemd in; which of the denied calls its boot needs,
//! found by trials, out.
//!
//! First the container is tried with everything let through that its filter denies, and the kernel is asked
//! to log these calls. Those that it logged, or where its log cannot be read all of them, are then denied
//! again in turns.

use std::collections::BTreeSet;

use serde_json::Value;
use syscalls::Sysno;

use super::case::{Case, Office};
use super::trial::{self, BOOT, COMMAND, Demands};
use super::{CommandError, connect, made, progress};
use crate::cli::{Format, SeccompTraceArgs};
use crate::collect::KernelLog;
use crate::diagnose::Verdict;
use crate::exit::Exit;
use crate::options::Options;
use crate::prescribe::{Found, Origin, Trial, filter_of, trial as planned_trial};
use crate::render::trace::{self as page, Traced, Way};
use crate::render::{json, output};
use crate::rule;
use crate::scan::Matcher;
use crate::seccomp::{Answer, Search, Wanted, allow, log, logged_call, named_calls, needed_calls, text};
use crate::treat::{TrialOutcome, Workshop};

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the container or its filter cannot be looked at, or the engine's CLI is missing.
pub fn run(args: &SeccompTraceArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    connect::block_on(async {
        let office = Office::open(options, &rules, &matcher).await?;
        made::sweep(&office, false).await;
        let case = office.examine(&args.container, BOOT).await?;
        let refused = |reason: String| CommandError::Profile { name: args.container.clone(), reason };
        let filter = filter_of(&case.snapshot).map_err(refused)?;
        if filter.origin == Origin::Unconfined {
            return Err(refused("no filter is in force, so nothing is denied".to_owned()));
        }
        let profile = serde_json::from_str(&filter.text).map_err(|error| refused(error.to_string()))?;
        let wanted = trial::named(&office, &case).await;
        trial::announce(&office, &format!("tracing {}", args.container), &wanted);
        let tracer = Tracer {
            office: &office,
            case: &case,
            workshop: Workshop::new(COMMAND)?,
            wanted,
            profile,
            trials: 0,
        };
        let (found, made) = Box::pin(tracer.trace(&filter)).await?;
        print(args, &found, made.as_deref(), options)?;
        Ok(if found.boots && found.needed.is_empty() { Exit::Success } else { Exit::Findings })
    })
}

fn print(
    args: &SeccompTraceArgs,
    traced: &Traced,
    profile: Option<&str>,
    options: &Options,
) -> Result<(), CommandError> {
    if let (Some(file), Some(profile)) = (&args.output, profile) {
        std::fs::write(file, profile)
            .map_err(|source| CommandError::Plan { path: file.display().to_string(), source })?;
    }
    let text = match args.format {
        Format::Human => page::traced(traced, args.output.as_deref(), &options.context),
        Format::Json => json::harmless(&page::traced_json(traced)?),
    };
    Ok(output::print(text.as_bytes())?)
}

/// The trials of one container.
struct Tracer<'t> {
    office: &'t Office<'t>,
    case: &'t Case,
    workshop: Workshop,
    wanted: Trial,
    profile: Value,
    trials: usize,
}

impl Tracer<'_> {
    /// Finds what is needed; gives the profile with that let through too.
    async fn trace(mut self, filter: &Found) -> Result<(Traced, Option<String>), CommandError> {
        let denied = denied(filter);
        let mut kernel = KernelLog::from_now();
        if let Ok(log) = &mut kernel {
            log.records();
        }
        let open = self.attempt(log(&self.profile, &denied)).await?;
        let seen = kernel.map(|mut log| called(&log.records(), &denied)).unwrap_or_default();
        let boots = matches!(open.verdict, Verdict::Healthy | Verdict::Degraded);
        // The kernel drops records of which there are too many at a time: what it told must be enough
        // together.
        let all_told = boots && !seen.is_empty() && self.is_as_good(&seen, &open).await?;
        let (way, candidates) =
            if all_told { (Way::KernelLog, seen.clone()) } else { (Way::Trials, denied.clone()) };
        let needed = if boots { self.search(candidates, &open).await? } else { Vec::new() };
        let made =
            allow(&self.profile, &wanted(&needed)).as_ref().and_then(text).filter(|_| !needed.is_empty());
        let name = self.case.snapshot.target.name.clone();
        let harmless = seen.into_iter().filter(|call| !needed.contains(call)).collect();
        let known = needed_calls();
        let unknown = needed.iter().filter(|call| !known.contains(*call)).cloned().collect();
        Ok((
            Traced {
                name,
                way,
                boots,
                state: open.state,
                denied: denied.len(),
                trials: self.trials,
                needed,
                harmless,
                unknown,
            },
            made,
        ))
    }

    /// Denies parts of the calls again, as long as the boot stays as good as the one in which all were let
    /// through.
    async fn search(&mut self, calls: Vec<String>, open: &TrialOutcome) -> Result<Vec<String>, CommandError> {
        let mut search = Search::among(calls);
        while let Some(calls) = search.next() {
            // Some denials stop only some of the boots (sysinfo, with systemd 252): once is no proof that a
            // call is not needed.
            let as_good = self.is_as_good(&calls, open).await? && self.is_as_good(&calls, open).await?;
            search.tell(as_good);
        }
        Ok(search.found())
    }

    /// Whether a boot with these calls let through comes as far as the one with all.
    async fn is_as_good(&mut self, calls: &[String], open: &TrialOutcome) -> Result<bool, CommandError> {
        let outcome = self.attempt(allow(&self.profile, &wanted(calls))).await?;
        Ok(outcome.verdict == open.verdict
            && outcome.failed_units.iter().all(|unit| open.failed_units.contains(unit)))
    }

    /// One trial under a profile.
    async fn attempt(&mut self, profile: Option<Value>) -> Result<TrialOutcome, CommandError> {
        self.trials += 1;
        self.wanted.until = trial::end_of_life();
        let name = self.case.snapshot.target.name.clone();
        let refused = |reason: &str| CommandError::Profile { name: name.clone(), reason: reason.to_owned() };
        self.wanted.profile =
            Some(profile.as_ref().and_then(text).ok_or_else(|| refused("it is not a profile"))?);
        let planned = planned_trial(&self.case.report, &self.case.snapshot, &self.office.reach, &self.wanted);
        let planned = planned.ok_or_else(|| refused("the container cannot be cloned; see sysdock doctor"))?;
        let demands = Demands::default();
        let work = trial::attempt(self.office, &self.workshop, &self.wanted, &planned.steps, &demands);
        let outcome =
            progress::shown(&format!("trial {} of {name}", self.trials), self.office.options.progress, work)
                .await;
        self.office.interrupt.go_on()?;
        Ok(outcome)
    }
}

/// Calls that the filter denies, always or with some arguments.
fn denied(filter: &Found) -> Vec<String> {
    let known = needed_calls();
    let names: BTreeSet<&str> = named_calls().into_iter().chain(known.iter().map(String::as_str)).collect();
    let is_denied = |call: &&str| {
        let answer = filter.in_force.answer(call);
        answer.is_denial() || answer == Answer::Conditional
    };
    names.into_iter().filter(is_denied).map(str::to_owned).collect()
}

/// Which of the calls the kernel's records name.
fn called(records: &[String], calls: &[String]) -> Vec<String> {
    let name = |record: &String| {
        Some(Sysno::new(usize::try_from(logged_call(record, std::env::consts::ARCH)?).ok()?)?.name())
    };
    let found: BTreeSet<&str> = records.iter().filter_map(name).collect();
    calls.iter().filter(|call| found.contains(call.as_str())).cloned().collect()
}

fn wanted(calls: &[String]) -> Vec<Wanted> {
    let why = "found by sysdock seccomp trace: the boot differs without it";
    calls.iter().map(|call| Wanted { call: call.clone(), errno: None, why: why.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_name_the_calls_of_this_machine() {
        let record = |number: i32| {
            format!("6,1,1,-;audit: type=1326 arch=c000003e syscall={number} compat=0 code=0x7ffc0000")
        };
        let calls = ["getcwd", "mkdir", "statx"].map(str::to_owned);
        if std::env::consts::ARCH == "x86_64" {
            assert_eq!(
                called(&[record(79), record(332), record(79), record(0)], &calls),
                ["getcwd", "statx"]
            );
        }
        assert!(called(&["6,1,1,-;eth0: up".to_owned()], &calls).is_empty());
    }
}
