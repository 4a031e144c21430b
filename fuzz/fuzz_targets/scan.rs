//! `cargo fuzz run -s none scan`, or `scripts/fuzz`: whatever the bytes are, the prefilter loses no line.

#![no_main]

#[path = "../scan.rs"]
mod scan;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scan::check(bytes));
