//! Chores that need the test lab: `cargo xtask sweep …` measures what systemd needs of a seccomp filter.
//!
//! `trace` lists the calls of a boot, `run` denies them one at a time, `judge` asks the doctor about every
//! boot, `write` turns the records into the table that the doctor uses. Everything measured lies outside the
//! checkout and is kept. `cargo xtask atlas …` collects what becomes of random launches.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to whoever started it")]

mod atlas;
mod boot;
mod cells;
mod effects;
mod engine;
mod judge;
mod page;
mod sweep;
mod table;
mod trace;
mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Chores of the project that need the test lab.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure which calls systemd needs
    #[command(subcommand)]
    Sweep(Step),
    /// Collect what becomes of random launches
    #[command(subcommand)]
    Atlas(atlas::Step),
}

#[derive(Subcommand)]
enum Step {
    /// List the calls that a boot of each guest makes, with strace
    Trace(Place),
    /// Boot each guest with one call denied, for every call of its trace; goes on where an earlier run ended
    Run(Run),
    /// Ask the doctor about every recorded boot and write docs/seccomp-sweep.md
    Judge(Place),
    /// Write `src/seccomp/systemd_needs.toml` from what was recorded
    Write(Place),
}

/// Where to measure and where the records are.
#[derive(Args, Clone)]
pub struct Place {
    /// Lane of the lab
    #[arg(long, default_value = "docker28-v2")]
    pub lane: String,
    /// Folder of the records
    #[arg(long, env = "SYSDOCK_SWEEP", default_value_os_t = records())]
    pub state: PathBuf,
    /// Only these guests, such as bookworm
    #[arg(long)]
    pub guest: Vec<String>,
}

/// What to boot.
#[derive(Args, Clone)]
pub struct Run {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Guests that boot at the same time
    #[arg(long, default_value_t = 5)]
    pub jobs: usize,
    /// Only these calls
    #[arg(long)]
    pub call: Vec<String>,
    /// Only these errnos: 1 is EPERM, 38 is ENOSYS
    #[arg(long, default_values_t = [1, 38])]
    pub errno: Vec<i32>,
    /// Boot again what is recorded already
    #[arg(long)]
    pub again: bool,
    /// Boot again only what came out stuck, one at a time unless --jobs says otherwise
    #[arg(long)]
    pub stuck: bool,
    /// The sysdock that takes a snapshot of every boot
    #[arg(long)]
    pub sysdock: Option<PathBuf>,
}

fn records() -> PathBuf {
    let home =
        std::env::var_os("HOME").map_or_else(std::env::temp_dir, |home| PathBuf::from(home).join(".cache"));
    std::env::var_os("XDG_CACHE_HOME").map_or(home, PathBuf::from).join("sysdock-sweep")
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Atlas(step) => atlas::go(&step),
        Chore::Sweep(Step::Trace(place)) => trace::all(&place),
        Chore::Sweep(Step::Run(run)) => sweep::run(&run),
        Chore::Sweep(Step::Judge(place)) => judge::all(&place),
        Chore::Sweep(Step::Write(place)) => table::write(&place),
    }
}
