//! `triage`: texts in, reports out, worst first, or one a line in the order of the input.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use jiff::Timestamp;

use super::file::PlainFile;
use super::inputs::{Input, Inputs, size};
use super::progress::{self, Counted};
use super::{CommandError, deliver};
use crate::cli::TriageArgs;
use crate::diagnose::{Accepted, Report, Summary, diagnose_with};
use crate::exit::Exit;
use crate::intake::archive::{Failing, Limits, Walk};
use crate::intake::{self, Beside, FoundText, Text};
use crate::options::{Options, TriageOptions};
use crate::render::format::ReportFormat;
use crate::render::{Answer, Sheet, json, output};
use crate::rule::{self, RuleSet};
use crate::scan::{Matcher, RandomAccess, threads};
use crate::snapshot::file;

/// Bytes that tell whether an input is a snapshot.
const HEAD: u64 = 256;
/// Most that is read of a file given beside the text.
const BESIDE_LIMIT: u64 = 16 << 20;

/// What came of one input.
#[derive(Default)]
struct Looked {
    reports: Vec<Report>,
    failures: Vec<CommandError>,
    remarks: Vec<String>,
}

/// Everything that reading one input needs.
struct Triage<'t> {
    wanted: &'t TriageOptions,
    options: &'t Options,
    rules: &'t RuleSet,
    matcher: &'t Matcher<'t>,
    beside: Beside,
    accepted: Accepted,
    /// Bytes that were read so far.
    read: Arc<AtomicU64>,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when rules or arguments cannot be used or the report cannot be written.
pub fn run(args: TriageArgs, options: &Options) -> Result<Exit, CommandError> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let wanted = TriageOptions::new(args, &options.config, processors, Timestamp::now())?;
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    threads::want(wanted.threads);
    let beside = beside(&wanted)?;
    let accepted = deliver::accepted(&wanted.report, &rules, options)?;
    let triage = Triage {
        wanted: &wanted,
        options,
        rules: &rules,
        matcher: &matcher,
        beside,
        accepted,
        read: Arc::default(),
    };
    let Inputs { files: inputs, failures, unseen } = Inputs::of(&wanted.inputs);
    let many = inputs.len() > 1 || wanted.inputs.iter().any(|path| path.is_dir());
    let mut told = Told { many, ..Told::default() };
    let reports = unseen.iter().map(|(name, reason)| triage.unseen(name, reason)).collect();
    triage.take(Looked { reports, failures, ..Looked::default() }, &mut told)?;
    let shown = options.progress && wanted.report.format != ReportFormat::Jsonl;
    progress::reading(size(&inputs), &triage.read, shown, || triage.all(&inputs, &mut told))?;
    triage.print(told)
}

/// What was told so far.
#[derive(Default)]
struct Told {
    many: bool,
    reports: Vec<Report>,
    summary: Summary,
    failures: Vec<String>,
    exit: Exit,
}

impl Told {
    fn failed(&mut self, failure: &CommandError) {
        output::tell(failure);
        self.failures.push(failure.to_string());
        self.exit = self.exit.merge(failure.exit());
    }
}

impl Triage<'_> {
    /// Reads all inputs, several at a time; what comes of them is taken in their order.
    fn all(&self, inputs: &[Input], told: &mut Told) -> Result<(), CommandError> {
        if inputs.is_empty() && self.wanted.inputs.is_empty() {
            return self.take(self.text("arguments", io::empty()), told);
        }
        let threads = self.wanted.threads.min(inputs.len());
        if threads == 1 {
            return inputs.iter().try_for_each(|input| self.take(self.input(input), told));
        }
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(input) = inputs.get(index) else { break };
                        if sender.send((index, self.input(input))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut waiting = BTreeMap::new();
            let mut due = 0;
            for (index, looked) in receiver {
                waiting.insert(index, looked);
                while let Some(looked) = waiting.remove(&due) {
                    self.take(looked, told)?;
                    due += 1;
                }
            }
            Ok(())
        })
    }

    /// Takes what came of one input.
    fn take(&self, looked: Looked, told: &mut Told) -> Result<(), CommandError> {
        for failure in &looked.failures {
            told.failed(failure);
        }
        for remark in looked.remarks.iter().filter(|_| self.options.remarks) {
            output::tell(remark);
        }
        for mut report in looked.reports {
            self.accepted.mark(&mut report);
            told.exit = told.exit.merge(Exit::of(&report, self.wanted.report.fail_on));
            told.summary.add(&report);
            if self.streams() {
                let notices = self.wanted.report.notices(self.rules, [&report]);
                output::print(
                    json::line(&Answer { report: &report, prescription: None, trial: None }, &notices)?
                        .as_bytes(),
                )?;
            }
            if !self.streams() || !self.wanted.report.outputs.is_empty() {
                told.reports.push(report);
            }
        }
        Ok(())
    }

    /// Whether each report is told as soon as it is there.
    fn streams(&self) -> bool {
        self.wanted.report.format == ReportFormat::Jsonl
    }

    fn print(&self, mut told: Told) -> Result<Exit, CommandError> {
        told.reports.sort_by_key(Report::rank);
        let answers = Answer::without_cure(&told.reports);
        let summary = told.many.then_some(&told.summary);
        let notices = self.wanted.report.notices(self.rules, &told.reports);
        let sheet = Sheet {
            answers: &answers,
            summary,
            rules: self.rules,
            failures: &told.failures,
            notices: &notices,
        };
        if self.streams() {
            deliver::files(&sheet, &self.wanted.report, self.options)?;
        } else {
            deliver::deliver(&sheet, &self.wanted.report, self.options)?;
        }
        Ok(told.exit)
    }

    /// One input: a file, an archive or stdin.
    fn input(&self, input: &Input) -> Looked {
        if input.path.as_os_str() == "-" {
            return self.walk(
                "stdin",
                &mut Counted { from: io::stdin().lock(), read: &self.read },
                None,
                true,
            );
        }
        let name = input.path.display().to_string();
        match File::open(&input.path) {
            Ok(file) => {
                let parts = PlainFile::parts(&file, &self.read);
                self.walk(&name, &mut Counted { from: file, read: &self.read }, parts.as_ref(), input.named)
            }
            Err(source) => {
                Looked { failures: vec![CommandError::Text { name, source }], ..Looked::default() }
            }
        }
    }

    fn walk(
        &self,
        name: &str,
        from: &mut dyn Read,
        parts: Option<&Arc<dyn RandomAccess>>,
        named: bool,
    ) -> Looked {
        let mut looked = Looked::default();
        let mut each = |name: &str, from: FoundText<'_>| {
            looked.reports.extend(self.found(name, from)?);
            Ok(())
        };
        let mut walk = Walk::new(Limits::default(), &mut each).in_parts(parts);
        let done = walk.input(name, from, named);
        let left_out = std::mem::take(&mut walk.left_out);
        looked.reports.extend(
            left_out.iter().filter(|part| !part.is_link).map(|part| self.unseen(&part.name, &part.reason)),
        );
        looked.remarks.extend(left_out.iter().map(|part| format!("skipped {part}")));
        match done {
            Err(source) => looked.failures.push(CommandError::Text { name: name.to_owned(), source }),
            Ok(()) if looked.reports.is_empty() => {
                looked.reports.push(self.unseen(name, "it contains no files"))
            }
            Ok(()) => {}
        }
        looked
    }

    /// The report on what could not be looked at.
    fn unseen(&self, name: &str, reason: &str) -> Report {
        diagnose_with(&intake::unseen(name, reason), self.rules, self.matcher)
    }

    fn text(&self, name: &str, from: impl Text) -> Looked {
        match self.judged(name, from) {
            Ok(reports) => Looked { reports, ..Looked::default() },
            Err(source) => Looked {
                failures: vec![CommandError::Text { name: name.to_owned(), source }],
                ..Looked::default()
            },
        }
    }

    /// What was found in an input: a snapshot of a container, or a text.
    fn found(&self, name: &str, from: FoundText<'_>) -> io::Result<Vec<Report>> {
        let FoundText { from, parts, is_binary } = from;
        let mut begin = Vec::new();
        let mut failed = from.take(HEAD).read_to_end(&mut begin).err();
        if failed.is_none() && file::begins_one(&begin) {
            failed = from.take(file::READ_LIMIT).read_to_end(&mut begin).err();
            if let Some(mut snapshot) = file::of_text(&begin, Path::new(name)) {
                name.clone_into(&mut snapshot.target.name);
                return Ok(vec![diagnose_with(&snapshot, self.rules, self.matcher)]);
            }
        }
        let mut whole = io::Cursor::new(begin).chain(Failing(failed)).chain(from);
        self.judged(name, FoundText { from: &mut whole, parts, is_binary })
    }

    fn judged(&self, name: &str, from: impl Text) -> io::Result<Vec<Report>> {
        let snapshots = intake::snapshots(name, from, &self.beside, self.matcher)?;
        Ok(snapshots.iter().map(|snapshot| diagnose_with(snapshot, self.rules, self.matcher)).collect())
    }
}

fn beside(wanted: &TriageOptions) -> Result<Beside, CommandError> {
    let read = |path: &Option<PathBuf>| path.as_deref().map(small_text).transpose();
    Ok(Beside { run: wanted.run.clone(), inspect: read(&wanted.inspect)?, info: read(&wanted.info)? })
}

fn small_text(path: &Path) -> Result<String, CommandError> {
    let failed = |source| CommandError::Text { name: path.display().to_string(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(BESIDE_LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Role;

    /// Roots and verdicts of a text.
    fn judged(text: &str) -> Vec<(Vec<String>, &'static str)> {
        let rules = rule::builtin().unwrap();
        let matcher = Matcher::new(&rules);
        let snapshots = intake::snapshots("text", text.as_bytes(), &Beside::default(), &matcher).unwrap();
        let roots = |report: &Report| {
            let roots = report.findings.iter().filter(|finding| finding.role == Role::RootCause);
            let subject =
                if report.subject == crate::diagnose::Subject::Systemd { "systemd" } else { "not-systemd" };
            (roots.map(|finding| finding.id.clone()).collect(), subject)
        };
        snapshots.iter().map(|snapshot| roots(&diagnose_with(snapshot, &rules, &matcher))).collect()
    }

    #[test]
    fn prose_around_the_output_changes_nothing() {
        let output = include_str!("../intake/samples/docker-run-tty.txt");
        let alone = judged(output);
        assert_eq!(alone[0].0.first().map(String::as_str), Some("cgroup-read-only"));
        let quoted = output.lines().map(|line| format!("> {line}\n")).collect::<Vec<_>>().concat();
        for pasted in [
            format!(
                "Guten Tag,\n\nmein Container startet nicht:\n\n```console\n{output}```\n\nWas fehlt? \
                    Danke!\n"
            ),
            format!("こんにちは。次のように失敗します。\n{output}\nよろしくお願いします。\n"),
            format!("On Monday you wrote:\n{quoted}\nDid you try it?\n"),
        ] {
            assert_eq!(judged(&pasted), alone, "{pasted}");
        }
    }

    /// Roots of a text of one container, with its subject.
    fn first(text: &str) -> String {
        judged(text)[0].0.first().cloned().unwrap_or_default()
    }

    #[test]
    fn recorded_samples_have_their_causes() {
        for (sample, roots) in [
            (
                include_str!("../intake/samples/docker-compose-up.txt"),
                &["cgroup-read-only", "cgroup-read-only"][..],
            ),
            (
                include_str!("../intake/samples/docker-compose-logs.txt"),
                &["cgroup-read-only", "cgroup-read-only"],
            ),
            (include_str!("../intake/samples/molecule-converge.txt"), &["cgroup-read-only"]),
            (include_str!("../intake/samples/docker-build.txt"), &["systemd-not-pid1"]),
            (include_str!("../intake/samples/json-file.txt"), &["cgroup-read-only"]),
            (include_str!("../intake/samples/cri.txt"), &["run-tmpfs-missing"]),
            (include_str!("../intake/samples/pod.yaml"), &["run-tmpfs-missing"]),
        ] {
            let told: Vec<String> = judged(sample)
                .into_iter()
                .map(|(found, _)| found.first().cloned().unwrap_or_default())
                .collect();
            assert_eq!(told, roots, "{sample}");
        }
    }

    /// The same log as the runners of the usual CI systems print it.
    #[test]
    fn the_wrapping_of_ci_systems_changes_nothing() {
        let log = include_str!("../intake/samples/podman-run-tty.txt");
        let alone = first(log);
        assert_eq!(alone, "run-tmpfs-missing");
        let each =
            |wrap: &dyn Fn(&str) -> String| log.lines().map(|line| wrap(line) + "\n").collect::<String>();
        let stamp = "2026-01-02T03:04:05.1234567Z";
        for wrapped in [
            format!(
                "{stamp} ##[group]Run tests\n{}{stamp} ##[endgroup]\n",
                each(&|line| format!("{stamp} {line}"))
            ),
            format!(
                "section_start:1767323045:step\r\x1b[0K{}section_end:1767323045:step\r\x1b[0K\n",
                each(&|line| format!("{stamp} 00O {line}"))
            ),
            format!("[Pipeline] sh\n{}", each(&|line| format!("[2026-01-02T03:04:05.123Z] {line}"))),
            format!(
                "travis_fold:start:test\r\x1b[0K\n{}travis_fold:end:test\r\x1b[0K\n",
                each(&str::to_owned)
            ),
            each(&|line| format!("::error::{line}")),
            each(&|line| format!("{stamp} stdout F {line}")),
            each(&|line| format!("Jan  2 03:04:05 host guest[123]: {line}")),
            each(&|line| format!("10%\r50%\r{line}\x1b]0;title\x07")),
            each(&|line| {
                serde_json::json!({"log": format!("{line}\n"), "stream": "stdout", "time": stamp}).to_string()
            }),
        ] {
            assert_eq!(first(&wrapped), alone, "{wrapped}");
        }
    }

    #[test]
    fn a_silent_container_is_judged_by_its_command_line() {
        let text = "$ docker run -d --name web debian:12 /sbin/init\n$ docker ps -a\n0123 \
            debian:12 \"/sbin/init\" 9 seconds ago   Exited (255) 8 seconds ago   web\n$ docker logs web\n";
        assert_eq!(judged(text)[0].0.first().map(String::as_str), Some("run-tmpfs-missing"));
    }

    #[test]
    fn unrelated_text_has_no_cause() {
        for text in [
            "hello\n",
            "2024-08-22 09:50:26.915 UTC [42] FATAL:  lock file \"postmaster.pid\" already exists\n",
            "Traceback (most recent call last):\n  File \"x.py\", line 1\nPermissionError: [Errno 13] \
                Permission denied: '/data'\n",
            "$ docker run -d nginx nginx -g 'daemon off;'\nnginx: [emerg] bind() to 0.0.0.0:80 failed (98: \
                Address already in use)\n",
            "error[E0308]: mismatched types\nerror: could not compile `x` (lib) due to 1 previous error\n",
        ] {
            assert_eq!(judged(text), [(Vec::new(), "not-systemd")], "{text}");
        }
    }

    #[test]
    fn healthy_consoles_have_no_cause() {
        for text in [
            include_str!("../intake/samples/healthy-docker28-v2.txt"),
            include_str!("../intake/samples/healthy-docker20-v1.txt"),
            include_str!("../intake/samples/healthy-podman4-v2.txt"),
        ] {
            assert_eq!(judged(text), [(Vec::new(), "systemd")]);
        }
    }
}
