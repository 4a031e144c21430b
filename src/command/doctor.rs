//! `doctor`: containers or saved snapshots in, reports out, worst first.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::{CommandError, connect, deliver, progress};
use crate::cli::DoctorArgs;
use crate::collect;
use crate::diagnose::{Accepted, Report, Subject, diagnose_with};
use crate::docker::{Engine, EngineError, EngineKind};
use crate::exit::Exit;
use crate::options::{DoctorOptions, Options, Targets};
use crate::prescribe::{CureFormat, Prescription, Reach, emit, prescribe};
use crate::render::format::ReportFormat;
use crate::render::{Answer, Sheet, output};
use crate::rule::{self, Confidence, RuleSet};
use crate::scan::Matcher;
use crate::snapshot::{Snapshot, file};

/// Containers that are examined at the same time.
const AT_ONCE: usize = 8;

/// Cures that are kept in memory; of more containers only the reports are.
const CURES: usize = 1000;

/// What came of the targets.
#[derive(Default)]
struct Looked {
    answers: Vec<(Report, Option<Prescription>)>,
    failures: Vec<CommandError>,
    remarks: Vec<String>,
}

/// Everything that examining one target needs.
struct Doctor<'d> {
    wanted: &'d DoctorOptions,
    options: &'d Options,
    rules: &'d RuleSet,
    matcher: &'d Matcher<'d>,
    accepted: Accepted,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when no target could be looked at for want of rules or a usable command line.
pub fn run(args: DoctorArgs, options: &Options) -> Result<Exit, CommandError> {
    let wanted = DoctorOptions::new(args, &options.config, Timestamp::now())?;
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    let accepted = deliver::accepted(&wanted.report, &rules, options)?;
    let doctor = Doctor { wanted: &wanted, options, rules: &rules, matcher: &matcher, accepted };
    let mut looked = match &wanted.targets {
        Targets::Saved(files) => doctor.saved(files),
        Targets::Named(names) => doctor.live(Some(names)),
        Targets::All => doctor.live(None),
    };
    looked.answers.sort_by_key(|(report, _)| report.rank());
    let printed = match wanted.prescription {
        Some(form) => prescription(form, &looked.answers, options.remarks),
        None => doctor.deliver(&looked),
    };
    looked.failures.iter().for_each(|failure| output::tell(failure));
    looked.remarks.iter().filter(|_| options.remarks).for_each(|remark| output::tell(remark));
    printed?;
    let judged = looked.answers.iter().map(|(report, _)| Exit::of(report, wanted.report.fail_on));
    Ok(judged.chain(looked.failures.iter().map(CommandError::exit)).collect())
}

/// Prints the cure alone; where there is none in this form, says on stderr why.
fn prescription(
    form: CureFormat,
    answers: &[(Report, Option<Prescription>)],
    remarks: bool,
) -> Result<(), CommandError> {
    let remark = |words: &str| {
        if remarks {
            output::tell(&words);
        }
    };
    for (report, cure) in answers {
        let name = &report.target.name;
        let Some(cure) = cure else {
            remark(&format!(
                "nothing to prescribe for {name}: no root cause was found\n  next: run it without \
                    --prescription to see the report"
            ));
            continue;
        };
        let Some(emitted) = emit(cure, form)? else {
            remark(&advice(name, cure));
            continue;
        };
        output::print(emitted.page().as_bytes())?;
        if !cure.curable {
            remark(&format!(
                "{name}: this alone does not cure it\n  next: run it without --prescription to see what else \
                    is needed"
            ));
        }
    }
    Ok(())
}

/// What is said where a cure cannot be written down as a container.
fn advice(name: &str, cure: &Prescription) -> String {
    let steps: Vec<&str> = cure.steps.iter().map(|step| step.title.as_str()).collect();
    format!("nothing to prescribe for {name} in this format: {}\n{}", cure.summary, steps.join("\n"))
}

impl Doctor<'_> {
    fn deliver(&self, looked: &Looked) -> Result<(), CommandError> {
        let answers: Vec<Answer<'_>> = looked
            .answers
            .iter()
            .map(|(report, prescription)| Answer { report, prescription: prescription.as_ref(), trial: None })
            .collect();
        let failures: Vec<String> = looked.failures.iter().map(ToString::to_string).collect();
        let notices = self.wanted.report.notices(self.rules, looked.answers.iter().map(|(report, _)| report));
        let sheet = Sheet {
            answers: &answers,
            summary: None,
            rules: self.rules,
            failures: &failures,
            notices: &notices,
        };
        self.scripts(&looked.answers)?;
        deliver::deliver(&sheet, &self.wanted.report, self.options)
    }

    /// Writes the cure to the files that are to have it as a script.
    fn scripts(&self, answers: &[(Report, Option<Prescription>)]) -> Result<(), CommandError> {
        for wanted in self.wanted.report.outputs.iter().filter(|wanted| wanted.format == ReportFormat::Sh) {
            let Some((report, cure)) = answers.first() else { continue };
            match cure.as_ref().map(|cure| emit(cure, CureFormat::Sh)).transpose()?.flatten() {
                Some(script) => deliver::write(&wanted.path, &script.page())?,
                None if self.options.remarks => {
                    let path = wanted.path.display();
                    output::tell(&format!(
                        "{path} was not written: nothing to prescribe for {}",
                        report.target.name
                    ));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn judge(&self, snapshot: &Snapshot) -> Report {
        diagnose_with(snapshot, self.rules, self.matcher)
    }

    /// A report and its cure.
    fn answer(&self, snapshot: &Snapshot, reach: &Reach) -> (Report, Option<Prescription>) {
        let mut report = self.judge(snapshot);
        let prescription = prescribe(&report, snapshot, reach);
        self.accepted.mark(&mut report);
        (report, prescription)
    }

    fn saved(&self, files: &[PathBuf]) -> Looked {
        let mut looked = Looked::default();
        for path in files {
            match file::read(path) {
                Ok(snapshot) => {
                    looked.answers.push(self.answer(&snapshot, &Reach::by_itself(kind_of(&snapshot))))
                }
                Err(error) => looked.failures.push(error.into()),
            }
        }
        looked
    }

    /// Containers of the engine, the named ones or all.
    fn live(&self, names: Option<&Vec<String>>) -> Looked {
        let looking = async {
            let (engine, reach) = connect::connect_and_reach(self.options).await?;
            match names {
                Some(names) => Ok(self.several(&engine, &reach, names, false).await),
                None => self.all(&engine, &reach).await,
            }
        };
        let looked = std::thread::scope(|scope| {
            scope.spawn(|| self.matcher.warm());
            connect::block_on(looking)
        });
        looked.unwrap_or_else(|error| Looked { failures: vec![error], ..Looked::default() })
    }

    async fn all(&self, engine: &Engine, reach: &Reach) -> Result<Looked, CommandError> {
        let names = collect::container_names(engine).await?;
        if names.is_empty() {
            let remark = format!("no containers on {}", engine.endpoint());
            return Ok(Looked { remarks: vec![remark], ..Looked::default() });
        }
        Ok(self.several(engine, reach, &names, true).await)
    }

    async fn several(&self, engine: &Engine, reach: &Reach, names: &[String], listed: bool) -> Looked {
        let (done, cures) = (AtomicU64::new(0), Cell::new(0));
        let (counter, tally) = (&done, &cures);
        let work = stream::iter(names)
            .map(|name| async move {
                // Judged at once: of many containers only reports are kept, snapshots are some ten times as
                // large.
                let outcome =
                    Box::pin(self.examine(engine, name)).await.map(|snapshot| self.answer(&snapshot, reach));
                let outcome = outcome
                    .map(|(report, cure)| (report, cure.filter(|_| tally.replace(tally.get() + 1) < CURES)));
                counter.fetch_add(1, Ordering::Relaxed);
                (name, outcome)
            })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>();
        let outcomes =
            progress::counted(&self.waiting(names), names.len() as u64, &done, self.options.progress, work)
                .await;
        let mut looked = Looked::default();
        if cures.get() > CURES {
            looked.remarks.push(format!(
                "only the cures of the first {CURES} containers are shown; sysdock doctor NAME shows another"
            ));
        }
        for (name, outcome) in outcomes {
            match outcome {
                Ok(answer) => looked.answers.push(answer),
                Err(error) if listed && error.is_unknown() => {
                    looked.remarks.push(format!("{name} was removed before it could be examined"));
                }
                Err(error) => {
                    looked.failures.push(connect::failure(engine, name, error, &self.options.engine).await)
                }
            }
        }
        looked
    }

    fn waiting(&self, names: &[String]) -> String {
        let what = if let [name] = names { name.clone() } else { format!("{} containers", names.len()) };
        if self.wanted.follow {
            format!("{what}: waiting for systemd to finish booting")
        } else {
            format!("examining {what}")
        }
    }

    async fn examine(&self, engine: &Engine, name: &str) -> Result<Snapshot, EngineError> {
        let options = &self.wanted.collect;
        if self.wanted.follow {
            let settled = |snapshot: &Snapshot| is_settled(snapshot, &self.judge(snapshot), options.exec);
            Box::pin(collect::follow(engine, name, options, self.matcher, self.options.watch, settled)).await
        } else {
            Box::pin(collect::collect(engine, name, options, self.matcher)).await
        }
    }
}

/// The engine that a snapshot was taken from.
fn kind_of(snapshot: &Snapshot) -> EngineKind {
    match snapshot.target.engine.as_ref().map(|engine| engine.name.as_str()) {
        Some("podman") => EngineKind::Podman,
        _ => EngineKind::Docker,
    }
}

/// Whether watching longer would tell nothing new: the boot is over, one way or the other, its failure has a
/// certain cause, or nobody means to boot systemd.
pub(super) fn is_settled(snapshot: &Snapshot, report: &Report, exec: bool) -> bool {
    const OVER: [&str; 7] =
        ["rescue", "frozen", "stopped", "ended", "ended-badly", "killed", "could-not-start"];
    let over = match snapshot.facts.text("boot.outcome") {
        // A PID 1 that is alive may still be booting; only the manager's own word ends the watch, where it
        // may be asked.
        Some("up") => !exec || snapshot.facts.text("manager.state").is_some(),
        outcome => outcome.is_some_and(|outcome| OVER.contains(&outcome)),
    };
    over || report.subject == Subject::NotSystemd
        || report.root().is_some_and(|root| root.confidence == Confidence::Certain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::snapshot::{Facts, LogExcerpt, SCHEMA_VERSION};

    fn snapshot(outcome: &str) -> Snapshot {
        let mut facts = Facts::default();
        facts.set("boot.outcome", outcome, "test");
        let target = sample::healthy().target;
        Snapshot {
            schema_version: SCHEMA_VERSION,
            target,
            facts,
            gaps: Vec::new(),
            log: LogExcerpt::default(),
            documents: std::collections::BTreeMap::new(),
            derived: None,
        }
    }

    #[test]
    fn a_cure_without_a_container_is_described_in_words() {
        let mut cure = sample::prescription();
        cure.steps.truncate(1);
        assert_eq!(
            advice("web", &cure),
            "nothing to prescribe for web in this format: Recreate the container with a tmpfs on \
                /run.\nbuild web-cured from the container's image"
        );
        let answers = [(sample::failed(), None), (sample::failed(), Some(cure))];
        assert!(prescription(CureFormat::Compose, &answers, false).is_ok());
    }

    #[test]
    fn a_watch_ends_with_the_boot_or_with_a_certain_cause() {
        let mut up = snapshot("up");
        assert!(is_settled(&up, &sample::healthy(), false) && !is_settled(&up, &sample::healthy(), true));
        up.facts.set("manager.state", "degraded", "test");
        assert!(is_settled(&up, &sample::healthy(), true));
        assert!(is_settled(&snapshot("frozen"), &sample::healthy(), true));
        assert!(!is_settled(&snapshot("starting"), &sample::healthy(), true));
        assert!(!is_settled(&snapshot("never-started"), &sample::healthy(), true));
        assert!(is_settled(&snapshot("starting"), &sample::failed(), true));
        assert!(is_settled(&snapshot("not-systemd"), &sample::not_systemd(), true));
        let mut unsure = sample::failed();
        unsure.findings.iter_mut().for_each(|finding| finding.confidence = Confidence::Likely);
        assert!(!is_settled(&snapshot("starting"), &unsure, true));
    }
}
