//! The command line as clap sees it: words in, raw arguments out. Must not read the environment or check
//! meanings.
#![allow(clippy::doc_markdown, reason = "the doc comments are the text of --help")]

mod about;
mod config_args;
mod deferred_args;
mod help_examples;
mod help_texts;
mod man_page;
mod output_format;
mod playbook_args;
mod report_args;
mod schema_args;
mod seccomp_args;
mod treatment_args;
mod watch_args;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, ColorChoice, CommandFactory, Parser, Subcommand, ValueHint};

use crate::prescribe::CureFormat;
pub use about::{ManArgs, SelftestArgs};
pub use config_args::{ConfigAction, ConfigArgs};
pub use deferred_args::DeferredArgs;
use help_examples::{
    BUILD_EXAMPLES, COMPLETIONS_EXAMPLES, CONFIG_EXAMPLES, DOCS_EXAMPLES, DOCTOR_EXAMPLES, EXAMPLES,
    EXPLAIN_EXAMPLES, FIX_EXAMPLES, MAN_EXAMPLES, PROVE_EXAMPLES, RULES_EXAMPLES, RUN_EXAMPLES,
    SCHEMA_EXAMPLES, SECCOMP_EXAMPLES, SELFTEST_EXAMPLES, SNAPSHOT_EXAMPLES, TRIAGE_EXAMPLES, WATCH_EXAMPLES,
};
pub use help_texts::help_of_all;
pub use man_page::ManPages;
pub use output_format::Format;
pub use playbook_args::{DocsArgs, ExplainArgs};
pub use report_args::{OutputTo, ReportArgs};
pub use schema_args::{SchemaArgs, SchemaName};
pub use seccomp_args::{
    FilterArgs, SeccompAction, SeccompArgs, SeccompCheckArgs, SeccompExplainArgs, SeccompMakeArgs,
    SeccompTraceArgs,
};
pub use treatment_args::{BuildArgs, BuilderChoice, FixArgs, ProveArgs, RunArgs};
pub use watch_args::WatchArgs;

/// The doctor for systemd in Docker and Podman containers.
///
/// Explains why systemd does not boot in a container, shows the evidence, and gives the cure that needs the
/// fewest privileges.
#[derive(Debug, Parser)]
#[command(
    name = "sysdock",
    version,
    after_help = EXAMPLES,
    max_term_width = 120,
    arg_required_else_help = true,
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct GlobalArgs {
    /// Engine address: unix:///path, tcp://host:port, http://host:port or ssh://user@host
    #[arg(
        short = 'H',
        long,
        global = true,
        value_name = "ADDRESS",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub host: Option<String>,
    /// Docker CLI context of the engine
    #[arg(short, long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub context: Option<String>,
    /// Timeout per engine request; also SYSDOCK_TIMEOUT [default: 10]. With --follow, also the time limit of
    /// the whole run [default: 120]
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=86_400),
    )]
    pub timeout: Option<u64>,
    /// Folder or file with additional rules; a rule with the same ID overrides a built-in one; repeatable
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        action = ArgAction::Append,
        value_hint = ValueHint::DirPath,
    )]
    pub rules: Vec<PathBuf>,
    /// When to use colour; auto respects NO_COLOR, CLICOLOR_FORCE and whether stdout is a terminal [default:
    /// auto]
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<ColorChoice>,
    /// Use this configuration file instead of the system, user and project files; also SYSDOCK_CONFIG
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Trust the project's sysdock.toml and rules regardless of owner, and let its rules replace built-in
    /// ones; also SYSDOCK_TRUST
    #[arg(long, global = true)]
    pub trust: bool,
    /// Plain ASCII in human output; also SYSDOCK_ASCII
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Log engine requests and timings to stderr
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Print only errors to stderr, no progress or remarks
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Diagnose a container and show the cure
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DeferredArgs<DoctorArgs>),
    /// Follow the engine's events and report on each container that dies, restarts or turns unhealthy
    #[command(after_help = WATCH_EXAMPLES)]
    Watch(DeferredArgs<WatchArgs>),
    /// Say what is wrong from text alone: logs, pasted reports, command lines, folders and archives of them
    #[command(after_help = TRIAGE_EXAMPLES)]
    Triage(DeferredArgs<TriageArgs>),
    /// Save what can be observed of a container, without secrets
    #[command(after_help = SNAPSHOT_EXAMPLES)]
    Snapshot(DeferredArgs<SnapshotArgs>),
    /// Try the cure of a container, or an image, in a throw-away container
    #[command(after_help = PROVE_EXAMPLES)]
    Prove(DeferredArgs<ProveArgs>),
    /// Make an image that boots systemd, from any base image or a container's
    #[command(after_help = BUILD_EXAMPLES)]
    Build(DeferredArgs<BuildArgs>),
    /// Start a container of an image with what systemd needs on this engine
    #[command(after_help = RUN_EXAMPLES)]
    Run(DeferredArgs<RunArgs>),
    /// Replace a container by a cured one; the old one is kept, and put back when the cure fails
    #[command(after_help = FIX_EXAMPLES)]
    Fix(DeferredArgs<FixArgs>),
    /// Say which system calls a filter denies to systemd, and make a profile that does not
    #[command(after_help = SECCOMP_EXAMPLES)]
    Seccomp(DeferredArgs<SeccompArgs>),
    /// Show one diagnosis at length, by its id or by a message
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(DeferredArgs<ExplainArgs>),
    /// List, check or test the rules, or make a book of them
    #[command(after_help = RULES_EXAMPLES)]
    Rules(DeferredArgs<RulesArgs>),
    /// Show the settings that are in force, and where each comes from
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(DeferredArgs<ConfigArgs>),
    /// Print a JSON Schema: of reports, snapshots, rule files or sysdock.toml
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(DeferredArgs<SchemaArgs>),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(DeferredArgs<CompletionsArgs>),
    /// Print the manual page, or write those of all commands
    #[command(after_help = MAN_EXAMPLES)]
    Man(DeferredArgs<ManArgs>),
    /// Say what this host and user allow sysdock to see
    #[command(after_help = SELFTEST_EXAMPLES)]
    Selftest(DeferredArgs<SelftestArgs>),
}

impl Cli {
    /// The command line with the arguments of all commands, where [`CommandFactory::command`] leaves them
    /// until they are asked for.
    #[must_use]
    pub fn whole() -> clap::Command {
        deferred_args::at_once(Self::command)
    }
}

/// Arguments of `doctor`.
#[derive(Debug, Clone, Default, Args)]
pub struct DoctorArgs {
    /// Container names or IDs, running or not
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub containers: Vec<String>,
    /// Examine all containers of the engine, running or not
    #[arg(long, conflicts_with = "containers")]
    pub all: bool,
    /// Diagnose saved snapshots instead of containers; `-` is stdin
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        action = ArgAction::Append,
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["containers", "all"],
    )]
    pub from: Vec<PathBuf>,
    /// Do not run commands inside the container
    #[arg(long)]
    pub no_exec: bool,
    /// Wait until the boot has finished or failed, or until --timeout
    #[arg(long, conflicts_with = "from")]
    pub follow: bool,
    /// Read the log only from this time on: RFC 3339 (2026-01-31T08:00:00Z) or how long ago (10m, 2h)
    #[arg(long, value_name = "TIME", conflicts_with = "from", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Read only the last N lines of the log
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub tail: Option<u64>,
    /// Format, files, what counts.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Print only the cure, in this format: the complete container definition, not a patch
    #[arg(long, value_name = "FORMAT", conflicts_with = "all")]
    pub prescription: Option<CureFormat>,
}

/// Arguments of `triage`.
#[derive(Debug, Clone, Default, Args)]
pub struct TriageArgs {
    /// Text files, or folders or archives (.gz, .zst, .tar, .zip) of them; `-` is stdin
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Output of `docker inspect` for the same container
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub inspect: Option<PathBuf>,
    /// Output of `docker info` or `docker version` of the same engine
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub info: Option<PathBuf>,
    /// Command line of the container, such as 'docker run -d image /sbin/init'
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    pub run: Option<String>,
    /// Format, files, what counts.
    #[command(flatten)]
    pub report: ReportArgs,
    /// With --format json: one report per line, in input order, as soon as it is ready
    #[arg(long)]
    pub jsonl: bool,
    /// Number of files to read in parallel [default: number of CPUs]; does not change the output
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// Arguments of `snapshot`.
#[derive(Debug, Clone, Args)]
pub struct SnapshotArgs {
    /// Container name or ID, running or not
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: String,
    /// Output file, compressed if the name ends in .zst [default: stdout]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Do not run commands inside the container
    #[arg(long)]
    pub no_exec: bool,
}

/// Arguments of `rules`.
#[derive(Debug, Clone, Args)]
pub struct RulesArgs {
    /// What to do with the rules.
    #[command(subcommand)]
    pub action: RulesAction,
}

/// What to do with the rules.
#[derive(Debug, Clone, Subcommand)]
pub enum RulesAction {
    /// List all diagnoses in boot order
    List {
        /// Output format on stdout
        #[arg(long, value_name = "FORMAT", default_value = "human")]
        format: Format,
    },
    /// Check syntax, facts, IDs, remedies and references
    Check,
    /// Run the examples in the rule files
    Test,
    /// Generate the playbook from the rules, as mdBook sources
    #[command(after_help = DOCS_EXAMPLES)]
    Docs(DocsArgs),
}

/// Arguments of `completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// Shell to complete for
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::whole().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in
            [["sysdock", "-H", "unix:///x", "doctor", "web"], ["sysdock", "doctor", "web", "-H", "unix:///x"]]
        {
            assert_eq!(Cli::try_parse_from(line).unwrap().global.host.as_deref(), Some("unix:///x"));
        }
    }

    #[test]
    fn targets_of_two_kinds_do_not_mix() {
        for line in [
            "doctor web --all",
            "doctor --all --from a.json",
            "doctor --from a.json --follow",
            "doctor --timeout 0 web",
            "doctor ''",
        ] {
            let words = std::iter::once("sysdock").chain(line.split(' ')).map(|word| word.trim_matches('\''));
            assert_eq!(Cli::try_parse_from(words).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn a_prescription_has_a_form_and_one_container() {
        let args = |line: &str| Cli::try_parse_from(std::iter::once("sysdock").chain(line.split(' ')));
        let Command::Doctor(DeferredArgs(read)) = args("doctor web --prescription quadlet").unwrap().command
        else {
            panic!("not doctor")
        };
        assert_eq!((read.prescription, read.report.format), (Some(CureFormat::Quadlet), None));
        for line in
            ["doctor --all --prescription sh", "doctor web --prescription yaml", "triage --output none x"]
        {
            assert_eq!(args(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn from_takes_what_a_shell_pattern_gives() {
        let cli = Cli::try_parse_from([
            "sysdock", "doctor", "--from", "a.json", "b.json", "--from", "c.json", "--format", "json",
        ])
        .unwrap();
        let Command::Doctor(DeferredArgs(args)) = cli.command else { panic!("not doctor") };
        assert_eq!(args.from.len(), 3);
    }
}
