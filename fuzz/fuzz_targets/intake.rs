//! `cargo fuzz run -s none intake`, or `scripts/fuzz 60 intake`: whatever the text is, it is read within its budget.

#![no_main]

#[path = "../intake.rs"]
mod intake;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| intake::check(bytes));
