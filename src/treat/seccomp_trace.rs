//! Finds which denied system calls a container's boot needs, by trials.
//!
//! First the container is tried with everything allowed that its filter denies, and the kernel is asked to
//! log these calls. The logged ones, or all of them if the log cannot be read, are then denied again in turn.

use std::collections::BTreeSet;

use serde_json::Value;
use syscalls::Sysno;

use super::traced_calls::{TraceMethod, TracedCalls};
use super::trial::{self, Demands};
use super::trial_outcome::TrialOutcome;
use super::{Examination, Session, TreatError, Workspace};
use crate::collect::KernelLog;
use crate::diagnose::Verdict;
use crate::prescribe::{Found, Origin, Trial, filter_of};
use crate::seccomp::{Answer, Search, Wanted, allow, log, logged_call, named_calls, needed_calls, text};

/// Finds the denied calls that a container's boot needs; returns them, and a profile that allows them if
/// there are any.
///
/// # Errors
/// Returns a [`TreatError`] if the container or its filter cannot be examined, or a trial cannot be started.
pub async fn trace_denied_calls(
    session: &Session<'_>,
    name: &str,
) -> Result<(TracedCalls, Option<String>), TreatError> {
    let examination = session.wait_for_boot(name).await?;
    let refused = |reason: String| TreatError::Profile { name: name.to_owned(), reason };
    let filter = filter_of(&examination.snapshot).map_err(refused)?;
    if filter.origin == Origin::Unconfined {
        return Err(refused("no filter is in force, so nothing is denied".to_owned()));
    }
    let profile = serde_json::from_str(&filter.text).map_err(|error| refused(error.to_string()))?;
    let wanted = trial::named(session, &examination).await;
    trial::announce(session, &format!("tracing {name}"), &wanted);
    let (workspace, examination) = (Workspace::new()?, &examination);
    let tracer = Tracer { session, examination, workspace, wanted, profile, trials: 0 };
    Box::pin(tracer.trace(&filter)).await
}

/// The trials of one container.
struct Tracer<'t> {
    session: &'t Session<'t>,
    examination: &'t Examination,
    workspace: Workspace,
    wanted: Trial,
    profile: Value,
    trials: usize,
}

impl Tracer<'_> {
    /// Finds the needed calls; returns the profile that also allows them.
    async fn trace(mut self, filter: &Found) -> Result<(TracedCalls, Option<String>), TreatError> {
        let denied = denied(filter);
        let mut kernel = KernelLog::from_now();
        if let Ok(log) = &mut kernel {
            log.records();
        }
        let open = self.attempt(log(&self.profile, &denied)).await?;
        let seen = kernel.map(|mut log| called(&log.records(), &denied)).unwrap_or_default();
        let boots = matches!(open.verdict, Verdict::Healthy | Verdict::Degraded);
        // The kernel drops records if there are too many at a time, so the logged calls must be enough
        // together.
        let all_told = boots && !seen.is_empty() && self.is_as_good(&seen, &open).await?;
        let (method, candidates) = if all_told {
            (TraceMethod::KernelLog, seen.clone())
        } else {
            (TraceMethod::Trials, denied.clone())
        };
        let needed = if boots { self.search(candidates, &open).await? } else { Vec::new() };
        let made =
            allow(&self.profile, &wanted(&needed)).as_ref().and_then(text).filter(|_| !needed.is_empty());
        let name = self.examination.snapshot.target.name.clone();
        let harmless = seen.into_iter().filter(|call| !needed.contains(call)).collect();
        let known = needed_calls();
        let unknown = needed.iter().filter(|call| !known.contains(*call)).cloned().collect();
        Ok((
            TracedCalls {
                name,
                method,
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

    /// Denies parts of the calls again, as long as the boot stays as good as the one in which all were
    /// allowed.
    async fn search(&mut self, calls: Vec<String>, open: &TrialOutcome) -> Result<Vec<String>, TreatError> {
        let mut search = Search::among(calls);
        while let Some(calls) = search.next() {
            // Some denials stop only some of the boots (sysinfo, with systemd 252): one boot is no proof that
            // a call is not needed.
            let as_good = self.is_as_good(&calls, open).await? && self.is_as_good(&calls, open).await?;
            search.tell(as_good);
        }
        Ok(search.found())
    }

    /// Returns whether a boot with these calls allowed gets as far as the one with all.
    async fn is_as_good(&mut self, calls: &[String], open: &TrialOutcome) -> Result<bool, TreatError> {
        let outcome = self.attempt(allow(&self.profile, &wanted(calls))).await?;
        Ok(outcome.verdict == open.verdict
            && outcome.failed_units.iter().all(|unit| open.failed_units.contains(unit)))
    }

    /// Runs one trial under a profile.
    async fn attempt(&mut self, profile: Option<Value>) -> Result<TrialOutcome, TreatError> {
        self.trials += 1;
        self.wanted.until = trial::end_of_life();
        let name = self.examination.snapshot.target.name.clone();
        let refused = |reason: &str| TreatError::Profile { name: name.clone(), reason: reason.to_owned() };
        self.wanted.profile =
            Some(profile.as_ref().and_then(text).ok_or_else(|| refused("it is not a profile"))?);
        let demands = Demands::default();
        let working = self.session.working(&format!("trial {} of {name}", self.trials));
        let (session, wanted) = (self.session, &mut self.wanted);
        let tried = trial::attempt_sets(session, &self.workspace, self.examination, wanted, &demands).await;
        drop(working);
        self.session.interrupt.go_on()?;
        let (outcome, _) =
            tried.ok_or_else(|| refused("the container cannot be cloned; see sysdock doctor"))?;
        Ok(outcome)
    }
}

/// Lists the calls that the filter denies, always or with some arguments.
fn denied(filter: &Found) -> Vec<String> {
    let known = needed_calls();
    let names: BTreeSet<&str> = named_calls().into_iter().chain(known.iter().map(String::as_str)).collect();
    let is_denied = |call: &&str| {
        let answer = filter.in_force.answer(call);
        answer.is_denial() || answer == Answer::Conditional
    };
    names.into_iter().filter(is_denied).map(str::to_owned).collect()
}

/// Returns the calls that the kernel's records name.
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
