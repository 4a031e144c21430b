//! `cargo xtask atlas …`: random launches of the lab's guests on its lanes, what came of each, and the smallest
//! change that makes it boot.
//!
//! `run` measures and appends rows to a file outside the checkout, `store` merges them into `data/`, `judge`
//! compares the doctor with the causes that the rows show, `repeat` boots stored rows again, `page` writes
//! docs/atlas.md.

mod allowance;
mod cause;
mod collect;
mod doctor;
mod judge;
mod lane;
mod page;
mod random;
mod repeat;
mod rows;
mod space;
mod surprise;
mod trial;

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with the atlas.
#[derive(Subcommand)]
pub enum Step {
    /// Draw launches, measure them, and find the smallest change that makes each of them boot; goes on where an
    /// earlier run ended
    Run(Run),
    /// Merge measured rows into data/atlas.jsonl.zst and, a fifth of them, data/atlas-held-out.jsonl.zst
    Store {
        /// Rows that `run` measured
        #[arg(required = true)]
        from: Vec<PathBuf>,
        /// Ask this sysdock about the snapshots first
        #[arg(long)]
        doctor: Option<PathBuf>,
    },
    /// Compare what the doctor said with the causes that the rows show; fails where they disagree
    Judge(Judge),
    /// Boot random stored rows again and compare their outcome
    Repeat(Repeat),
    /// Write docs/atlas.md from the stored rows
    Page,
}

/// What to measure.
#[derive(Args, Clone)]
pub struct Run {
    /// Lanes of the lab that answer
    #[arg(long, required = true)]
    pub lane: Vec<String>,
    /// Launches to draw per lane
    #[arg(long, default_value_t = 60)]
    pub rows: u64,
    /// Seed of the draw; the same seed draws the same launches
    #[arg(long)]
    pub seed: u64,
    /// Launches per lane that are measured at the same time
    #[arg(long, default_value_t = 1)]
    pub jobs: usize,
    /// Guests of all lanes that run at the same time
    #[arg(long, default_value_t = 6)]
    pub guests: usize,
    /// File that rows are appended to; snapshots go to a folder of the same name beside it
    #[arg(long)]
    pub out: PathBuf,
    /// Try the printed cure of every so manieth drawn launch that fails; 0 tries none
    #[arg(long, default_value_t = 0)]
    pub prove_every: u64,
    /// The sysdock that is asked about drawn launches; none is asked when absent
    #[arg(long)]
    pub doctor: Option<PathBuf>,
}

/// Which rows to judge.
#[derive(Args, Clone)]
pub struct Judge {
    /// Rows that `run` measured, instead of the stored ones
    #[arg(long)]
    pub from: Vec<PathBuf>,
    /// Only these lanes
    #[arg(long)]
    pub lane: Vec<String>,
    /// Ask this sysdock now, about the snapshots of the rows, instead of believing the rows
    #[arg(long)]
    pub doctor: Option<PathBuf>,
    /// Boot each row again and ask the doctor about it live
    #[arg(long, requires = "doctor")]
    pub ask: bool,
    /// Look at the stored rows that are held out, too
    #[arg(long)]
    pub held_out: bool,
}

/// What to boot again.
#[derive(Args, Clone)]
pub struct Repeat {
    /// How many rows
    #[arg(long, default_value_t = 20)]
    pub rows: usize,
    /// Seed of the choice
    #[arg(long)]
    pub seed: u64,
    /// Only rows of these lanes; those that answer when absent
    #[arg(long)]
    pub lane: Vec<String>,
}

/// Does one step.
pub fn go(step: &Step) -> anyhow::Result<()> {
    match step {
        Step::Run(run) => collect::run(run),
        Step::Store { from, doctor } => {
            let mut new = judge::measured(from)?;
            if let Some(doctor) = doctor {
                judge::ask_again(doctor, &mut new)?;
            }
            rows::merge(new)
        }
        Step::Judge(judge) => judge::all(judge),
        Step::Repeat(repeat) => repeat::all(repeat),
        Step::Page => page::write(),
    }
}
