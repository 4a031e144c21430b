//! `cargo fuzz run -s none intake`, or `scripts/fuzz 60 intake`: whatever the text is, it is read within its
//! budget.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::intake::check(bytes));
