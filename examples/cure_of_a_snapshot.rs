//! Prints the commands that cure the container of a snapshot: `cargo run --example cure_of_a_snapshot
//! web.json.zst`.

#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use std::error::Error;
use std::path::PathBuf;

use sysdock::{EngineKind, Reach, builtin_rules, diagnose, prescribe, read_snapshot};

fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(std::env::args().nth(1).ok_or("usage: cure_of_a_snapshot FILE")?);
    let snapshot = read_snapshot(&path)?;
    let report = diagnose(&snapshot, &builtin_rules()?);
    let Some(cure) = prescribe(&report, &snapshot, &Reach::by_itself(EngineKind::Docker)) else {
        println!("nothing is wrong that has a cause");
        return Ok(());
    };
    println!("{}", cure.summary);
    for step in cure.steps {
        println!("- {}", step.title);
    }
    Ok(())
}
