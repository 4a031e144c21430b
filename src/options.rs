//! Raw arguments and the environment in, validated options out. Must not touch files, engines or the terminal.

mod time;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use clap::ColorChoice;
use jiff::Timestamp;

use crate::cli::{DoctorArgs, DoctorFormat, FailOn, Format, GlobalArgs, PrescriptionForm, SnapshotArgs, TriageArgs};
use crate::collect::CollectOptions;
use crate::docker::{EngineChoice, Environment, LogQuery};
use crate::render::Context;
use crate::rule::Severity;
use time::since;
pub use watch::{Hook, HookAt, WatchOptions};

/// Longest wait for one answer of the engine.
const ANSWER: Duration = Duration::from_secs(10);
/// Longest watch of `--follow`.
const WATCH: Duration = Duration::from_mins(2);
/// Longest wait for a container that is still starting.
const PATIENCE: Duration = Duration::from_secs(15);
/// Width of text that no terminal limits, in columns.
const PLAIN_WIDTH: usize = 100;

/// A command line that clap accepts but that makes no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OptionError {
    /// `doctor` without any target.
    #[error(
        "nothing to examine\n  next: name a container (`sysdock doctor web`; `docker ps -a` lists them), or use `sysdock doctor --all` or `sysdock doctor --from FILE`"
    )]
    NoTarget,
    /// `triage` without any text.
    #[error(
        "nothing to read\n  next: name files or folders, pipe text into `sysdock triage -`, or give `--run 'docker run …'`, --inspect or --info"
    )]
    NoText,
    /// `--jsonl` with another form.
    #[error("--jsonl goes with --format json only\n  next: add --format json")]
    JsonLines,
    /// `--prescription` or `--format sh` for several containers.
    #[error("a prescription is for one container, and {0} are named\n  next: ask for one after the other")]
    OnePrescription(usize),
    /// `--format sh` for all containers.
    #[error("a prescription is for one container, not for --all\n  next: `sysdock doctor --all` names those that need one")]
    AllPrescriptions,
    /// `--prescription` with a form of the report.
    #[error("--prescription prints the cure alone and does not go with another --format\n  next: leave one of them out")]
    TwoForms,
    /// `--since` that is no time.
    #[error("--since `{0}` is no time\n  next: give RFC 3339 such as 2026-01-31T08:00:00Z, or a span before now such as 10m or 2h")]
    Since(String),
    /// `--for` that is no span.
    #[error("--for `{0}` is no span of time\n  next: give seconds, or a span such as 30s, 10m or 2h")]
    Span(String),
    /// `--metrics` that is no address.
    #[error("--metrics={0} is no address\n  next: give IP:PORT such as 127.0.0.1:9273")]
    Metrics(String),
    /// `--metrics` that other machines would reach.
    #[error("--metrics={0} could be reached from other machines\n  next: use 127.0.0.1, or add --metrics-anywhere when that is meant")]
    MetricsOpen(String),
    /// `--webhook` that cannot be posted to; the address is not shown, it may hold a secret.
    #[error(
        "--webhook is no address to post to\n  next: give http://host:port/path or unix:///path/to/socket:/path; for https put a proxy on this machine before it"
    )]
    Webhook,
}

/// What is known about the terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Whether stdout is a terminal.
    pub stdout: bool,
    /// Whether stderr is a terminal.
    pub stderr: bool,
    /// Columns of the terminal.
    pub columns: Option<usize>,
}

/// What every command needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engine that was chosen.
    pub engine: EngineChoice,
    /// Variables that lead to an engine.
    pub environment: Environment,
    /// Longest wait for one answer.
    pub deadline: Duration,
    /// Longest watch.
    pub watch: Duration,
    /// Folders of more rules.
    pub rules: Vec<PathBuf>,
    /// Whether remarks on stderr are wanted.
    pub remarks: bool,
    /// Whether progress may be shown.
    pub progress: bool,
    /// How text is laid out.
    pub context: Context,
}

/// What `doctor` looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// These containers.
    Named(Vec<String>),
    /// All containers of the engine.
    All,
    /// These snapshot files.
    Saved(Vec<PathBuf>),
}

/// What `doctor` does.
#[derive(Debug, Clone)]
pub struct DoctorOptions {
    /// What is looked at.
    pub targets: Targets,
    /// How it is looked at.
    pub collect: CollectOptions,
    /// Whether the boot is watched.
    pub follow: bool,
    /// Severity from which on the exit code is 1.
    pub fail_on: Severity,
    /// Form of the report.
    pub format: Format,
    /// Form of the cure, where that alone is wanted.
    pub prescription: Option<PrescriptionForm>,
}

impl Options {
    /// Combines arguments, environment and terminal.
    #[must_use]
    pub fn new(args: GlobalArgs, environment: Environment, terminal: Terminal) -> Self {
        let wait = args.timeout.map(Duration::from_secs);
        let context = Context {
            width: terminal.columns.unwrap_or(PLAIN_WIDTH).clamp(80, 120),
            color: wants_color(args.color, &environment, terminal.stdout),
            unicode: speaks_unicode(&environment),
        };
        Self {
            engine: EngineChoice { host: args.host, context: args.context },
            environment,
            deadline: wait.unwrap_or(ANSWER),
            watch: wait.unwrap_or(WATCH),
            rules: args.rules,
            remarks: !args.quiet,
            progress: terminal.stderr && !args.quiet,
            context,
        }
    }
}

/// `NO_COLOR` beats `CLICOLOR_FORCE` beats the terminal (no-color.org, bixense.com/clicolors).
fn wants_color(choice: ColorChoice, environment: &Environment, terminal: bool) -> bool {
    let forced = environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let refused = environment.get("CLICOLOR") == Some("0") || environment.get("TERM") == Some("dumb");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.get("NO_COLOR").is_some() => false,
        ColorChoice::Auto => forced || (terminal && !refused),
    }
}

/// Whether the locale is UTF-8; an unset one is taken for a modern system's.
fn speaks_unicode(environment: &Environment) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| environment.get(name));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

impl DoctorOptions {
    /// Checks the arguments of `doctor`.
    ///
    /// # Errors
    /// [`OptionError`] naming the argument.
    pub fn new(args: DoctorArgs, now: Timestamp) -> Result<Self, OptionError> {
        let since = args.since.as_deref().map(|text| since(text, now)).transpose()?;
        let log = LogQuery { follow: args.follow, since, tail: args.tail };
        let (format, prescription) = forms(args.format, args.prescription)?;
        let targets = targets(args.containers, args.all, args.from)?;
        if prescription.is_some() {
            targets.only_one()?;
        }
        Ok(Self {
            targets,
            collect: CollectOptions { exec: !args.no_exec, log, patience: PATIENCE },
            follow: args.follow,
            fail_on: severity(args.fail_on),
            format,
            prescription,
        })
    }
}

impl Targets {
    /// Refuses several; `--all` may find any number.
    fn only_one(&self) -> Result<(), OptionError> {
        let named = match self {
            Self::Named(names) => names.len(),
            Self::Saved(files) => files.len(),
            Self::All => return Err(OptionError::AllPrescriptions),
        };
        if named > 1 { Err(OptionError::OnePrescription(named)) } else { Ok(()) }
    }
}

/// Form of the report, and of the cure where that alone is wanted.
fn forms(format: DoctorFormat, wanted: Option<PrescriptionForm>) -> Result<(Format, Option<PrescriptionForm>), OptionError> {
    match (format, wanted) {
        (DoctorFormat::Human, wanted) => Ok((Format::Human, wanted)),
        (DoctorFormat::Json, None) => Ok((Format::Json, None)),
        (DoctorFormat::Sh, None | Some(PrescriptionForm::Sh)) => Ok((Format::Human, Some(PrescriptionForm::Sh))),
        (DoctorFormat::Json | DoctorFormat::Sh, Some(_)) => Err(OptionError::TwoForms),
    }
}

/// What `triage` does.
#[derive(Debug, Clone)]
pub struct TriageOptions {
    /// Files and folders; `-` is stdin.
    pub inputs: Vec<PathBuf>,
    /// Command line that was given beside the text.
    pub run: Option<String>,
    /// File with the output of inspect.
    pub inspect: Option<PathBuf>,
    /// File with the output of info.
    pub info: Option<PathBuf>,
    /// Severity from which on the exit code is 1.
    pub fail_on: Severity,
    /// Form of the report.
    pub format: Format,
    /// One report a line.
    pub lines: bool,
    /// Files that are read at the same time.
    pub threads: usize,
}

impl TriageOptions {
    /// Checks the arguments of `triage`.
    ///
    /// # Errors
    /// [`OptionError`] naming what is missing.
    pub fn new(args: TriageArgs, processors: usize) -> Result<Self, OptionError> {
        if args.inputs.is_empty() && args.run.is_none() && args.inspect.is_none() && args.info.is_none() {
            return Err(OptionError::NoText);
        }
        if args.jsonl && args.format != Format::Json {
            return Err(OptionError::JsonLines);
        }
        Ok(Self {
            inputs: args.inputs,
            run: args.run,
            inspect: args.inspect,
            info: args.info,
            fail_on: severity(args.fail_on),
            format: args.format,
            lines: args.jsonl,
            threads: args.threads.map_or(processors, usize::from).max(1),
        })
    }
}

/// How `snapshot` looks at its container.
#[must_use]
pub fn snapshot_options(args: &SnapshotArgs) -> CollectOptions {
    CollectOptions { exec: !args.no_exec, log: LogQuery::default(), patience: PATIENCE }
}

fn targets(containers: Vec<String>, all: bool, from: Vec<PathBuf>) -> Result<Targets, OptionError> {
    if all {
        return Ok(Targets::All);
    }
    if !from.is_empty() {
        let stdin = |path: PathBuf| if path.as_os_str() == "-" { PathBuf::from("/dev/stdin") } else { path };
        return Ok(Targets::Saved(from.into_iter().map(stdin).collect()));
    }
    if containers.is_empty() {
        return Err(OptionError::NoTarget);
    }
    Ok(Targets::Named(containers))
}

const fn severity(fail_on: FailOn) -> Severity {
    match fail_on {
        FailOn::Critical => Severity::Critical,
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn doctor(line: &str) -> Result<DoctorOptions, OptionError> {
        let cli = Cli::try_parse_from(std::iter::once("sysdock").chain(line.split(' '))).unwrap();
        let Command::Doctor(args) = cli.command else { panic!("not doctor") };
        DoctorOptions::new(args, Timestamp::from_second(1_000_000).unwrap())
    }

    fn options(line: &str, pairs: &[(&str, &str)], terminal: Terminal) -> Options {
        let cli = Cli::try_parse_from(std::iter::once("sysdock").chain(line.split(' '))).unwrap();
        Options::new(cli.global, Environment::from_pairs(pairs, &[]), terminal)
    }

    #[test]
    fn since_takes_times_and_spans() {
        let read = |text: &str| doctor(&format!("doctor web --since {text}")).map(|options| options.collect.log.since);
        assert_eq!(read("10m"), Ok(Some(1_000_000 - 600)));
        assert_eq!(read("1h30m"), Ok(Some(1_000_000 - 5400)));
        assert_eq!(read("1970-01-02T00:00:00Z"), Ok(Some(86_400)));
        assert_eq!(read("1970-01-02T02:00:00+02:00"), Ok(Some(86_400)));
        assert_eq!(read("86400"), Ok(Some(86_400)));
        for bad in ["yesterday", "-5", "1y", ""] {
            assert_eq!(read(bad), Err(OptionError::Since(bad.to_owned())), "{bad}");
        }
    }

    #[test]
    fn a_target_is_needed_and_the_message_says_what_to_type() {
        let said = doctor("doctor").unwrap_err().to_string();
        assert!(said.contains("sysdock doctor web") && said.contains("--all") && said.contains("--from"), "{said}");
        assert_eq!(doctor("doctor --all").unwrap().targets, Targets::All);
        assert_eq!(doctor("doctor --from -").unwrap().targets, Targets::Saved(vec!["/dev/stdin".into()]));
    }

    #[test]
    fn a_prescription_stands_alone() {
        let read = |line: &str| doctor(line).map(|options| options.prescription);
        assert_eq!(read("doctor web"), Ok(None));
        assert_eq!(read("doctor web --format sh"), Ok(Some(PrescriptionForm::Sh)));
        assert_eq!(read("doctor web --format sh --prescription sh"), Ok(Some(PrescriptionForm::Sh)));
        assert_eq!(read("doctor --from a.json --prescription compose"), Ok(Some(PrescriptionForm::Compose)));
        assert_eq!(read("doctor web db --format sh"), Err(OptionError::OnePrescription(2)));
        assert_eq!(read("doctor --all --format sh"), Err(OptionError::AllPrescriptions));
        assert_eq!(read("doctor web --format json --prescription sh"), Err(OptionError::TwoForms));
        assert_eq!(read("doctor web --format sh --prescription compose"), Err(OptionError::TwoForms));
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let read = doctor("doctor web").unwrap();
        assert_eq!((read.fail_on, read.format, read.follow), (Severity::Error, Format::Human, false));
        assert!(read.collect.exec && !doctor("doctor web --no-exec").unwrap().collect.exec);
        let global = options("doctor web", &[], Terminal::default());
        assert_eq!((global.deadline, global.watch), (Duration::from_secs(10), Duration::from_mins(2)));
        let global = options("doctor web --timeout 7", &[], Terminal::default());
        assert_eq!((global.deadline, global.watch), (Duration::from_secs(7), Duration::from_secs(7)));
    }

    #[test]
    fn colour_obeys_flag_then_environment_then_terminal() {
        let terminal = Terminal { stdout: true, ..Terminal::default() };
        let color = |line: &str, pairs: &[(&str, &str)], terminal| options(line, pairs, terminal).context.color;
        assert!(color("doctor web", &[], terminal));
        assert!(!color("doctor web", &[], Terminal::default()));
        assert!(!color("doctor web", &[("NO_COLOR", "1")], terminal));
        assert!(color("doctor web", &[("CLICOLOR_FORCE", "1")], Terminal::default()));
        assert!(!color("doctor web", &[("CLICOLOR_FORCE", "0")], Terminal::default()));
        assert!(!color("doctor web", &[("TERM", "dumb")], terminal));
        assert!(color("doctor web --color always", &[("NO_COLOR", "1")], Terminal::default()));
        assert!(!color("doctor web --color never", &[("CLICOLOR_FORCE", "1")], terminal));
    }

    #[test]
    fn width_and_locale_come_from_outside() {
        let width = |columns| options("doctor web", &[], Terminal { columns, ..Terminal::default() }).context.width;
        assert_eq!((width(None), width(Some(20)), width(Some(100)), width(Some(400))), (100, 80, 100, 120));
        let unicode = |pairs| options("doctor web", pairs, Terminal::default()).context.unicode;
        assert!(unicode(&[]) && unicode(&[("LANG", "de_AT.UTF-8")]) && !unicode(&[("LC_ALL", "C"), ("LANG", "de_AT.UTF-8")]));
    }

    #[test]
    fn quiet_means_no_progress_and_no_remarks() {
        let terminal = Terminal { stderr: true, ..Terminal::default() };
        assert!(options("doctor web", &[], terminal).progress);
        let quiet = options("doctor web -q", &[], terminal);
        assert!(!quiet.progress && !quiet.remarks);
    }
}
