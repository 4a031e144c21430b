//! Arguments of `config`.

use clap::{Args, Subcommand};

use super::Format;

/// Arguments of `config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// What to do with the configuration.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What to do with the configuration.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigAction {
    /// Show every setting, its value and where that comes from
    Show {
        /// Output format on stdout
        #[arg(long, value_name = "FORMAT", default_value = "human")]
        format: Format,
    },
}
