//! Judges a log on standard input: `cargo run --example judge_text <build.log`.

#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use std::error::Error;

use sysdock::{Matcher, Supplied, builtin_rules, diagnose, read_text};

fn main() -> Result<(), Box<dyn Error>> {
    let rules = builtin_rules()?;
    let matcher = Matcher::new(&rules);
    let log = std::io::read_to_string(std::io::stdin())?;
    for snapshot in read_text("standard input", log.as_bytes(), &Supplied::default(), &matcher)? {
        let report = diagnose(&snapshot, &rules);
        let cause = report.root().map_or("no root cause was found", |finding| finding.title.as_str());
        println!("{}: {cause}", report.target.name);
    }
    Ok(())
}
