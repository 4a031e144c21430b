//! Arguments of the commands that make something: a trial, an image, a container.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::Format;
use crate::prescribe::Extent;

/// Arguments of `prove`.
#[derive(Debug, Clone, Args)]
pub struct ProveArgs {
    /// Name or id of a container, running or not, or reference of an image; a container comes first
    #[arg(
        value_name = "CONTAINER|IMAGE",
        required_unless_present = "sweep",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub subject: Option<String>,
    /// Do not cure: run the unchanged container once with a terminal, so that a silent one speaks
    #[arg(long, conflicts_with = "minimal")]
    pub listen: bool,
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

/// Who builds an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum BuilderChoice {
    /// The one that the engine recommends
    #[default]
    Auto,
    /// Docker's first builder; Podman's own
    Classic,
    /// BuildKit, of Docker 23.0 and later
    Buildkit,
}

/// Arguments of `build`.
#[derive(Debug, Clone, Args)]
pub struct BuildArgs {
    /// Reference of the base image, or name of a container whose image is taken; a container comes first
    #[arg(value_name = "IMAGE|CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub subject: String,
    /// Name of the new image [default: NAME-systemd, after the base]
    #[arg(short, long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub tag: Option<String>,
    /// Unit that is to run in it, such as nginx or nginx.service; may be given several times
    #[arg(long, value_name = "UNIT", num_args = 1.., action = ArgAction::Append)]
    pub enable: Vec<String>,
    /// How much boots
    #[arg(long, value_name = "EXTENT", default_value = "services")]
    pub target: Extent,
    /// Only print the Dockerfile and the files it copies
    #[arg(long, conflicts_with = "output")]
    pub print: bool,
    /// Only write the Dockerfile and the files it copies into this folder
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Who builds it
    #[arg(long, value_name = "BUILDER", default_value = "auto")]
    pub builder: BuilderChoice,
    /// Network for installing systemd, where the base has none; where nothing is installed the build has no
    /// network
    #[arg(
        long,
        value_name = "NETWORK",
        default_value = "default",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub network: String,
    /// Do not boot the finished image once
    #[arg(long)]
    pub no_proof: bool,
    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Reference of the image
    #[arg(value_name = "IMAGE", value_parser = NonEmptyStringValueParser::new())]
    pub image: String,
    /// Words for the image's entrypoint, in place of its own
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
    /// Name of the container [default: after the image]
    #[arg(short, long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub name: Option<String>,
    /// Port to publish, as the engine's `run` takes it
    #[arg(short, long, value_name = "PORT", action = ArgAction::Append)]
    pub publish: Vec<String>,
    /// Volume, as the engine's `run` takes it
    #[arg(short, long, value_name = "VOLUME", action = ArgAction::Append)]
    pub volume: Vec<String>,
    /// Variable of its environment, NAME=VALUE or NAME
    #[arg(short, long, value_name = "VARIABLE", action = ArgAction::Append)]
    pub env: Vec<String>,
    /// Network, as the engine's `run` takes it
    #[arg(long, value_name = "NETWORK", value_parser = NonEmptyStringValueParser::new())]
    pub network: Option<String>,
    /// More flags of the engine's `run`, as one text: --with '--memory 1g --hostname web'
    #[arg(long, value_name = "FLAGS", action = ArgAction::Append, allow_hyphen_values = true)]
    pub with: Vec<String>,
    /// Only print the command line
    #[arg(long)]
    pub print: bool,
}
