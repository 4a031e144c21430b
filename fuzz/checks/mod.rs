//! What fuzzing asks of all that reads foreign bytes, one file for each reader.
#![allow(dead_code, reason = "each target asks for one of them")]

pub mod archive;
mod files;
pub mod intake;
mod judged;
pub mod rules;
pub mod snapshot;
