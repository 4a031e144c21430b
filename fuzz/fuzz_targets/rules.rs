//! `cargo fuzz run -s none rules`, or `scripts/fuzz 60 rules`: whatever a rule file holds, it is refused or loaded.

#![no_main]

#[path = "../rules.rs"]
mod rules;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rules::check(bytes));
