//! Arguments of the commands that create something: a trial, an image, a container.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::Format;
use crate::prescribe::Extent;

/// Arguments of `prove`.
#[derive(Debug, Clone, Args)]
pub struct ProveArgs {
    /// Container name or ID (running or not), or image reference; if both exist, the container is used
    #[arg(
        value_name = "CONTAINER|IMAGE",
        required_unless_present = "sweep",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub subject: Option<String>,
    /// Do not apply the cure; run the container once, unchanged, with a terminal to see its output
    #[arg(long, conflicts_with = "minimal")]
    pub listen: bool,
    /// Find the parts of the cure that are needed, by leaving out each in turn (one trial per part)
    #[arg(long)]
    pub minimal: bool,
    /// Remove everything that earlier trials left behind, including recent ones
    #[arg(long)]
    pub sweep: bool,
    /// Output format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `fix`.
#[derive(Debug, Clone, Args)]
pub struct FixArgs {
    /// Container name or ID, running or not
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: String,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Show the steps without running them
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}

/// Who builds an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum BuilderChoice {
    /// The engine's recommended builder
    #[default]
    Auto,
    /// Docker's classic builder; Podman's own
    Classic,
    /// BuildKit (Docker 23.0 and later)
    Buildkit,
}

/// Arguments of `build`.
#[derive(Debug, Clone, Args)]
pub struct BuildArgs {
    /// Base image, or a container whose image to use; if both exist, the container is used
    #[arg(value_name = "IMAGE|CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub subject: String,
    /// Name of the new image [default: BASE-systemd]
    #[arg(short, long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub tag: Option<String>,
    /// Unit to enable, such as nginx or nginx.service; repeatable
    #[arg(long, value_name = "UNIT", num_args = 1.., action = ArgAction::Append)]
    pub enable: Vec<String>,
    /// What the image boots
    #[arg(long, value_name = "EXTENT", default_value = "services")]
    pub target: Extent,
    /// Print the Dockerfile and the files it copies; do not build
    #[arg(long, conflicts_with = "output")]
    pub print: bool,
    /// Write the Dockerfile and the files it copies to this folder; do not build
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Builder to use
    #[arg(long, value_name = "BUILDER", default_value = "auto")]
    pub builder: BuilderChoice,
    /// Network for installing systemd; unused if the base already has it
    #[arg(
        long,
        value_name = "NETWORK",
        default_value = "default",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub network: String,
    /// Do not test-boot the new image
    #[arg(long)]
    pub no_proof: bool,
    /// Output format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Image reference
    #[arg(value_name = "IMAGE", value_parser = NonEmptyStringValueParser::new())]
    pub image: String,
    /// Arguments for the image's entrypoint, instead of the image's CMD
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
    /// Container name [default: derived from the image]
    #[arg(short, long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub name: Option<String>,
    /// Port to publish, as for the engine's `run`
    #[arg(short, long, value_name = "PORT", action = ArgAction::Append)]
    pub publish: Vec<String>,
    /// Volume to mount, as for the engine's `run`
    #[arg(short, long, value_name = "VOLUME", action = ArgAction::Append)]
    pub volume: Vec<String>,
    /// Environment variable, NAME=VALUE or NAME
    #[arg(short, long, value_name = "VARIABLE", action = ArgAction::Append)]
    pub env: Vec<String>,
    /// Network to join, as for the engine's `run`
    #[arg(long, value_name = "NETWORK", value_parser = NonEmptyStringValueParser::new())]
    pub network: Option<String>,
    /// Additional flags for the engine's `run`, as one string: --with '--memory 1g --hostname web'
    #[arg(long, value_name = "FLAGS", action = ArgAction::Append, allow_hyphen_values = true)]
    pub with: Vec<String>,
    /// Print the command line without running it
    #[arg(long)]
    pub print: bool,
}
