//! The command line as clap sees it: words in, raw arguments out. Must not read the environment or check meanings.
#![allow(clippy::doc_markdown, reason = "the doc comments are the text of --help")]

mod words;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand, ValueHint};

pub use words::{DoctorFormat, FailOn, Format, PrescriptionForm};

const EXAMPLES: &str = "\
Examples:
  sysdock doctor web                          what is wrong with the container `web`, running or dead
  sysdock doctor --all --fail-on warning      every container of the engine; exit 1 on a warning or worse
  sysdock doctor --format json web | jq .     the same for programs
  sysdock snapshot web -o web.json.zst        save what was observed, without secrets
  sysdock doctor --from web.json.zst          judge a saved snapshot, no engine needed
  sysdock prove web && sysdock fix web        try the cure beside `web`, then carry it out
  sysdock explain cgroup-read-only            one diagnosis at length

Exit codes:
  0  no root cause or consequence at or above --fail-on
  1  findings, rules that fail their check, a cure or trial that did not work
  2  wrong usage
  3  could not look: no engine, no such container, unreadable input
  4  looked, but too much was hidden to judge

The engine is found as the docker CLI finds it: --host, --context, DOCKER_HOST, DOCKER_CONTEXT, the current docker
context, CONTAINER_HOST, then the default sockets of Docker and Podman.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  sysdock doctor web db                       two containers, the worst first
  sysdock doctor --follow web                 watch a boot until it has come up or failed
  sysdock doctor --since 10m --tail 500 web   read only the recent part of a long log
  sysdock doctor --from before.json after.json
  sysdock --host ssh://me@box doctor --all    the engine of another machine
  sysdock doctor web --prescription sh        all steps of the cure as one script, to be read and run
  sysdock doctor web --prescription compose   the cured container as a compose file
  sysdock doctor --from web.json --prescription quadlet

With --prescription stdout carries the cure alone. What a form cannot say, and what it needs, stands in comments at its
top; values of the old container's environment are never printed. Where there is nothing to prescribe, stdout stays
empty and stderr says why. The exit code is that of the report.

Nothing is changed: files are read through the engine's archive call. In a running container a few read-only
commands are run, such as `systemctl is-system-running`; --no-exec leaves them out.";

const TRIAGE_EXAMPLES: &str = "\
Examples:
  docker logs web 2>&1 | sysdock triage -     what a log says
  sysdock triage ci.log.gz report.md          files, compressed or not, pasted reports with command lines and output
  sysdock triage ./logs                       a folder of logs, with a table of causes at the end
  sysdock triage --run 'docker run -d img /sbin/init'
  sysdock triage --inspect inspect.json --info info.txt boot.log

Command lines, compose files, Dockerfiles, inspect and info output in the text become facts. What the text does not say
stays unknown; the report names the commands that would tell.";

const SNAPSHOT_EXAMPLES: &str = "\
Examples:
  sysdock snapshot web -o web.json            readable JSON
  sysdock snapshot web -o web.json.zst        compressed
  sysdock snapshot web | sysdock doctor --from -

A snapshot holds facts, gaps, part of the log and the engine's answers. Values that look like secrets are replaced
before anything is written; read the file before you hand it on.";

const PROVE_EXAMPLES: &str = "\
Examples:
  sysdock prove web                           does the cure of `web` work? `web` itself is left alone
  sysdock prove web --format json | jq .reports[0].trial
  sysdock prove web --minimal                 which parts of the cure are needed here
  sysdock prove --sweep                       remove what trials that were cut off left behind

A trial makes one container (and an image, where the cure needs one) named NAME-trial-…, labelled sysdock.trial, with no
network and no ports, its volumes read-only, with a terminal so that systemd speaks. It boots, is examined, is stopped,
and is removed. Exit code 0: the cure works; 1: it does not, or none is known.";

const FIX_EXAMPLES: &str = "\
Examples:
  sysdock fix web                             shows the steps and asks
  sysdock fix web --dry-run                   only shows them
  sysdock fix web --yes                       for scripts

The steps are those of `sysdock doctor web`. The old container is stopped and kept as NAME-before-TIME; when the new one
does not come up it is removed and the old one is put back. `sysdock prove web` tries the cure first.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  sysdock explain run-tmpfs-missing
  sysdock rules list                          all ids";

const RULES_EXAMPLES: &str = "\
Examples:
  sysdock rules list
  sysdock rules check --rules ./my-rules      syntax, facts, ids, references
  sysdock rules test --rules ./my-rules       run the worked examples of every rule";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  sysdock completions bash > ~/.local/share/bash-completion/completions/sysdock
  sysdock completions zsh > ~/.zfunc/_sysdock
  sysdock completions fish > ~/.config/fish/completions/sysdock.fish";

/// The doctor for systemd in Docker and Podman containers.
///
/// Says why systemd does not boot in a container, with evidence, and what cures it with the least privilege.
#[derive(Debug, Parser)]
#[command(name = "sysdock", version, after_help = EXAMPLES, max_term_width = 120, arg_required_else_help = true)]
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
pub struct GlobalArgs {
    /// Engine to ask: unix:///path, tcp://host:port, http://host:port or ssh://user@host
    #[arg(short = 'H', long, global = true, value_name = "ADDRESS", value_parser = NonEmptyStringValueParser::new())]
    pub host: Option<String>,
    /// Docker CLI context that names the engine
    #[arg(short, long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub context: Option<String>,
    /// Longest wait for one answer of the engine [default: 10]; with --follow also for the whole watch [default: 120]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
    /// Folder (or file) of more rules; the same id overrides a built-in rule; may be given several times
    #[arg(long, global = true, value_name = "DIR", action = ArgAction::Append, value_hint = ValueHint::DirPath)]
    pub rules: Vec<PathBuf>,
    /// When to use colour; auto obeys NO_COLOR, CLICOLOR_FORCE and whether stdout is a terminal
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// No progress and no remarks on stderr, only errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with a container, and what cures it
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Say what is wrong from text alone: logs, pasted reports, command lines, folders and archives of them
    #[command(after_help = TRIAGE_EXAMPLES)]
    Triage(TriageArgs),
    /// Save what can be observed of a container, without secrets
    #[command(after_help = SNAPSHOT_EXAMPLES)]
    Snapshot(SnapshotArgs),
    /// Try the cure of a container in a throw-away container beside it
    #[command(after_help = PROVE_EXAMPLES)]
    Prove(ProveArgs),
    /// Replace a container by a cured one; the old one is kept, and put back when the cure fails
    #[command(after_help = FIX_EXAMPLES)]
    Fix(FixArgs),
    /// Show one diagnosis at length
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// List, check or test the rules
    #[command(after_help = RULES_EXAMPLES)]
    Rules(RulesArgs),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
}

/// Arguments of `doctor`.
#[derive(Debug, Clone, Default, Args)]
pub struct DoctorArgs {
    /// Names or ids of containers, running or not
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub containers: Vec<String>,
    /// Examine every container of the engine, running or not
    #[arg(long, conflicts_with = "containers")]
    pub all: bool,
    /// Judge saved snapshots instead of containers; `-` is stdin
    #[arg(long, value_name = "FILE", num_args = 1.., action = ArgAction::Append, value_hint = ValueHint::FilePath, conflicts_with_all = ["containers", "all"])]
    pub from: Vec<PathBuf>,
    /// Run no command inside a running container
    #[arg(long)]
    pub no_exec: bool,
    /// Watch until the boot has come up or failed, or --timeout is over
    #[arg(long, conflicts_with = "from")]
    pub follow: bool,
    /// Read the log only from this time on: RFC 3339 (2026-01-31T08:00:00Z) or a span before now (10m, 2h)
    #[arg(long, value_name = "TIME", conflicts_with = "from", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Read only the last N lines of the log
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub tail: Option<u64>,
    /// Exit 1 when a root cause or consequence is at least this bad
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: DoctorFormat,
    /// Print only the cure, in this form: the whole container as it is to be, not a patch
    #[arg(long, value_name = "FORMAT", conflicts_with = "all")]
    pub prescription: Option<PrescriptionForm>,
}

/// Arguments of `triage`.
#[derive(Debug, Clone, Default, Args)]
pub struct TriageArgs {
    /// Files, folders or archives (.gz, .zst, .tar, .zip) of text; `-` is stdin
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Output of `docker inspect` that belongs to the text
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub inspect: Option<PathBuf>,
    /// Output of `docker info` or `docker version` that belongs to the text
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub info: Option<PathBuf>,
    /// Command line of the container, such as 'docker run -d image /sbin/init'
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    pub run: Option<String>,
    /// Exit 1 when a root cause or consequence is at least this bad
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// With --format json: one report a line, in the order of the input, as soon as it is there
    #[arg(long)]
    pub jsonl: bool,
    /// Files that are read at the same time [default: number of processors]; the output is the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// Arguments of `prove`.
#[derive(Debug, Clone, Args)]
pub struct ProveArgs {
    /// Name or id of a container, running or not
    #[arg(value_name = "CONTAINER", required_unless_present = "sweep", value_parser = NonEmptyStringValueParser::new())]
    pub container: Option<String>,
    /// Leave out each part of the cure in turn, to see which are needed; takes a trial for each
    #[arg(long)]
    pub minimal: bool,
    /// Remove whatever earlier trials left behind, even if their time is not over
    #[arg(long)]
    pub sweep: bool,
    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `fix`.
#[derive(Debug, Clone, Args)]
pub struct FixArgs {
    /// Name or id of a container, running or not
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Only show the steps
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}

/// Arguments of `snapshot`.
#[derive(Debug, Clone, Args)]
pub struct SnapshotArgs {
    /// Name or id of a container, running or not
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: String,
    /// File to write; compressed when the name ends in .zst; stdout when absent
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Run no command inside a running container
    #[arg(long)]
    pub no_exec: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// Id of a diagnosis, such as cgroup-read-only
    #[arg(value_name = "ID")]
    pub id: String,
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
    /// List all diagnoses in the order of boot
    List {
        /// Form of the list on stdout
        #[arg(long, value_name = "FORMAT", default_value = "human")]
        format: Format,
    },
    /// Check syntax, facts, ids, remedies and references
    Check,
    /// Run the worked examples that the rules carry
    Test,
}

/// Arguments of `completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in [["sysdock", "-H", "unix:///x", "doctor", "web"], ["sysdock", "doctor", "web", "-H", "unix:///x"]] {
            assert_eq!(Cli::try_parse_from(line).unwrap().global.host.as_deref(), Some("unix:///x"));
        }
    }

    #[test]
    fn targets_of_two_kinds_do_not_mix() {
        for line in
            ["doctor web --all", "doctor --all --from a.json", "doctor --from a.json --follow", "doctor --timeout 0 web", "doctor ''"]
        {
            let words = std::iter::once("sysdock").chain(line.split(' ')).map(|word| word.trim_matches('\''));
            assert_eq!(Cli::try_parse_from(words).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn a_prescription_has_a_form_and_one_container() {
        let args = |line: &str| Cli::try_parse_from(std::iter::once("sysdock").chain(line.split(' ')));
        let Command::Doctor(read) = args("doctor web --prescription quadlet").unwrap().command else { panic!("not doctor") };
        assert_eq!((read.prescription, read.format), (Some(PrescriptionForm::Quadlet), DoctorFormat::Human));
        for line in ["doctor --all --prescription sh", "doctor web --prescription yaml", "triage --format sh x"] {
            assert_eq!(args(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn from_takes_what_a_shell_pattern_gives() {
        let cli = Cli::try_parse_from(["sysdock", "doctor", "--from", "a.json", "b.json", "--from", "c.json", "--format", "json"]).unwrap();
        let Command::Doctor(args) = cli.command else { panic!("not doctor") };
        assert_eq!(args.from.len(), 3);
    }
}
