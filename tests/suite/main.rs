//! The tests of the whole program, from its command line to real containers; one binary, one folder.
//!
//! `cargo test --test suite` runs them all. Live tests need engines (`tests/lab/lab help`); those that cannot
//! run are named and counted. What each variable of the environment does stands at the head of the module
//! that reads it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on ends by panicking"
)]

mod architecture;
mod bounded;
mod bounds;
mod browser;
mod canary;
mod ci;
mod cli;
mod completions;
mod config_schema;
mod contract;
mod dense_texts;
mod engine;
mod engine_info;
mod facts_read;
mod facts_rederived;
mod fake;
mod file_circles;
mod filters;
mod fixtures;
mod fixtures_derived;
mod formats;
mod fuzzing;
mod hostile;
mod invariants;
mod knowledge;
mod lab;
mod lab_script;
mod lane_table;
mod live;
mod mutants;
mod mutation;
mod names;
mod own_schemas;
mod playbook;
mod playbook_cures;
mod playbook_pages;
mod program;
mod progress;
mod properties;
mod refusing;
mod report_schema;
mod rule_schema;
mod schemas;
mod security_page;
mod selftest;
mod trusting;
mod turns;
mod undoing;
mod watching;
