//! Turns raw arguments and the environment into validated options. Must not touch files, engines or the
//! terminal.

mod color;
mod config_notices;
mod doctor_options;
mod error;
mod reporting;
mod since;
mod triage_options;
mod watch_options;

use std::path::Path;
use std::time::Duration;

use clap::ColorChoice;

use self::color::{is_utf8_locale, wants_color};
use crate::config::{Config, Origin};
use crate::docker::{EngineChoice, Environment};
use crate::render::Context;
use crate::rule::RuleSource;

pub use config_notices::of_rules as notices_of_rules;
pub use doctor_options::{DoctorOptions, Targets, snapshot_options};
pub use error::OptionError;
pub use reporting::{Baseline, Reporting};
pub use triage_options::TriageOptions;
pub use watch_options::WatchOptions;

/// Default timeout for one answer of the engine.
const ANSWER: Duration = Duration::from_secs(10);
/// Default time limit of `--follow`.
const WATCH: Duration = Duration::from_mins(2);
/// Width of text in columns if stdout is not a terminal.
const PLAIN_WIDTH: usize = 100;

/// The properties of the terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Whether stdout is a terminal.
    pub stdout: bool,
    /// Whether stderr is a terminal.
    pub stderr: bool,
    /// Whether stdout is a terminal that supports hyperlinks.
    pub hyperlinks: bool,
    /// Columns of the terminal.
    pub columns: Option<usize>,
}

/// Options that every command needs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engine that was chosen.
    pub engine: EngineChoice,
    /// Environment variables that select an engine.
    pub environment: Environment,
    /// Timeout for one answer of the engine.
    pub deadline: Duration,
    /// Time limit of `--follow`.
    pub watch: Duration,
    /// Sources of additional rules.
    pub rules: Vec<RuleSource>,
    /// Whether to print remarks on stderr.
    pub remarks: bool,
    /// Whether to log each engine request.
    pub verbose: bool,
    /// Whether to show progress.
    pub progress: bool,
    /// How text is laid out.
    pub context: Context,
    /// The configuration that the options come from.
    pub config: Config,
}

impl Options {
    /// Combines arguments, environment and terminal.
    #[must_use]
    pub fn new(config: Config, environment: Environment, terminal: Terminal) -> Self {
        let wait = config.value(|s| s.timeout).map(Duration::from_secs);
        let quiet = config.value(|s| s.quiet).unwrap_or_default();
        let verbose = config.value(|s| s.verbose).unwrap_or_default();
        let color = config.value(|s| s.color).unwrap_or(ColorChoice::Auto);
        let context = Context {
            width: terminal.columns.unwrap_or(PLAIN_WIDTH).clamp(80, 120),
            color: wants_color(color, &environment, terminal.stdout),
            unicode: !config.value(|s| s.ascii).unwrap_or_default() && is_utf8_locale(&environment),
            hyperlinks: terminal.hyperlinks && color != ColorChoice::Never,
        };
        Self {
            engine: engine(&config, &environment),
            environment,
            deadline: wait.unwrap_or(ANSWER),
            watch: wait.unwrap_or(WATCH),
            rules: config
                .every(|s| s.rules.as_slice())
                .into_iter()
                .map(|(folder, origin)| source(folder, origin, &config))
                .collect(),
            remarks: !quiet,
            verbose,
            progress: terminal.stderr && !quiet && !verbose,
            context,
            config,
        }
    }
}

/// Returns a source of rules with the trust of the layer that named it.
fn source(path: &Path, origin: &Origin, config: &Config) -> RuleSource {
    let project = match origin {
        Origin::Project(file) if !config.trusts_project => Some(file.clone()),
        _ => None,
    };
    RuleSource {
        path: path.to_owned(),
        trust: config.trust(path, origin),
        project,
        named_by: origin.file().map(Path::to_owned),
    }
}

/// Returns the engine that flags, `SYSDOCK_HOST` or a file selects. A file has lower priority than the
/// variables that the engine's own CLI reads.
fn engine(config: &Config, environment: &Environment) -> EngineChoice {
    let named = ["DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST"]
        .iter()
        .any(|name| environment.get(name).is_some());
    let heeded = |origin: &Origin| !named || matches!(origin, Origin::Flags | Origin::Environment);
    let host = config.found(|s| s.host.clone()).filter(|(_, origin)| heeded(origin));
    let context = config.found(|s| s.context.clone()).filter(|(_, origin)| heeded(origin));
    // A flag for one overrides a file's value for the other.
    let (host, context) = match (host, context) {
        (Some((host, Origin::Flags)), Some((context, Origin::Flags))) => (Some(host), Some(context)),
        (Some((host, Origin::Flags | Origin::Environment)), _) => (Some(host), None),
        (_, Some((context, Origin::Flags | Origin::Environment))) => (None, Some(context)),
        (host, context) => (host.map(|(host, _)| host), context.map(|(context, _)| context)),
    };
    EngineChoice { host, context }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use jiff::Timestamp;

    use super::*;
    use crate::cli::{Cli, Command, DeferredArgs};
    use crate::config;
    use crate::prescribe::CureFormat;
    use crate::render::format::ReportFormat;
    use crate::rule::Severity;

    fn doctor(line: &str) -> Result<DoctorOptions, OptionError> {
        let cli = Cli::try_parse_from(std::iter::once("sysdock").chain(line.split(' '))).unwrap();
        let Command::Doctor(DeferredArgs(args)) = cli.command else { panic!("not doctor") };
        DoctorOptions::new(args, &Config::default(), Timestamp::from_second(1_000_000).unwrap())
    }

    fn options(line: &str, pairs: &[(&str, &str)], terminal: Terminal) -> Options {
        let cli = Cli::try_parse_from(std::iter::once("sysdock").chain(line.split(' '))).unwrap();
        let environment = Environment::from_pairs(pairs, &[]);
        let folder = tempfile::tempdir().unwrap();
        let config = config::load(&cli.global, folder.path(), |name| environment.get(name)).unwrap();
        Options::new(config, environment, terminal)
    }

    #[test]
    fn since_takes_times_and_spans() {
        let read = |text: &str| {
            doctor(&format!("doctor web --since {text}")).map(|options| options.collect.log.since)
        };
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
        assert!(
            said.contains("sysdock doctor web") && said.contains("--all") && said.contains("--from"),
            "{said}"
        );
        assert_eq!(doctor("doctor --all").unwrap().targets, Targets::All);
        assert_eq!(doctor("doctor --from -").unwrap().targets, Targets::Saved(vec!["/dev/stdin".into()]));
    }

    #[test]
    fn a_prescription_stands_alone() {
        let read = |line: &str| doctor(line).map(|options| options.prescription);
        assert_eq!(read("doctor web"), Ok(None));
        assert_eq!(read("doctor web --format sh"), Ok(Some(CureFormat::Sh)));
        assert_eq!(read("doctor web --format sh --prescription sh"), Ok(Some(CureFormat::Sh)));
        assert_eq!(read("doctor --from a.json --prescription compose"), Ok(Some(CureFormat::Compose)));
        assert_eq!(read("doctor web db --format sh"), Err(OptionError::OnePrescription(2)));
        assert_eq!(read("doctor --all --format sh"), Err(OptionError::AllPrescriptions));
        assert_eq!(read("doctor web db --output sh=x"), Err(OptionError::OnePrescription(2)));
        assert_eq!(read("doctor web --format json --prescription sh"), Err(OptionError::TwoForms));
        assert_eq!(read("doctor web --format sh --prescription compose"), Err(OptionError::TwoForms));
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let read = doctor("doctor web").unwrap();
        assert_eq!(
            (read.report.fail_on, read.report.format, read.follow),
            (Severity::Error, ReportFormat::Human, false)
        );
        assert!(read.collect.exec && !doctor("doctor web --no-exec").unwrap().collect.exec);
        let global = options("doctor web", &[], Terminal::default());
        assert_eq!((global.deadline, global.watch), (Duration::from_secs(10), Duration::from_mins(2)));
        let global = options("doctor web --timeout 7", &[], Terminal::default());
        assert_eq!((global.deadline, global.watch), (Duration::from_secs(7), Duration::from_secs(7)));
    }

    #[test]
    fn colour_obeys_flag_then_environment_then_terminal() {
        let terminal = Terminal { stdout: true, ..Terminal::default() };
        let color =
            |line: &str, pairs: &[(&str, &str)], terminal| options(line, pairs, terminal).context.color;
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
        let width =
            |columns| options("doctor web", &[], Terminal { columns, ..Terminal::default() }).context.width;
        assert_eq!((width(None), width(Some(20)), width(Some(100)), width(Some(400))), (100, 80, 100, 120));
        let unicode = |pairs| options("doctor web", pairs, Terminal::default()).context.unicode;
        assert!(
            unicode(&[])
                && unicode(&[("LANG", "de_AT.UTF-8")])
                && !unicode(&[("LC_ALL", "C"), ("LANG", "de_AT.UTF-8")])
        );
    }

    #[test]
    fn ascii_and_links_are_for_the_terminal_that_has_them() {
        let terminal = Terminal { stdout: true, hyperlinks: true, ..Terminal::default() };
        assert!(!options("doctor web --ascii", &[], terminal).context.unicode);
        assert!(options("doctor web", &[], terminal).context.hyperlinks);
        assert!(!options("doctor web --color never", &[], terminal).context.hyperlinks);
        assert!(!options("doctor web", &[], Terminal::default()).context.hyperlinks);
    }

    #[test]
    fn quiet_means_no_progress_and_no_remarks() {
        let terminal = Terminal { stderr: true, ..Terminal::default() };
        assert!(options("doctor web", &[], terminal).progress);
        let quiet = options("doctor web -q", &[], terminal);
        assert!(!quiet.progress && !quiet.remarks);
    }
}
