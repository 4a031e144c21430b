//! Tests on real engines: each boots containers on the lab's lanes and mostly waits for them, so that many
//! run at once (`scripts/test`). A test that needs a lane has its place here; `--skip live::` leaves all of
//! them out.

use super::{engine_info, fixtures, lab, program};

mod atlas;
mod building;
mod compatibility;
mod emitters;
mod faults;
mod filters;
mod lanes;
mod launches;
mod packages;
mod recreation;
mod reproduction;
mod sameness;
mod selftest;
mod storm;
mod sweep;
pub mod tally;
mod treatment;
mod trials;
mod unseen;
mod watching;
