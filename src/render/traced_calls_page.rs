//! Renders the result of a trace: the calls that a boot needs, and those that it makes but does not need.

use std::path::Path;

use serde_json::json;

use super::Context;
use super::layout::TextPage;
use super::seccomp_tables::document;
use super::style::Tone;
use super::words::counted;
use crate::treat::{TraceMethod, TracedCalls};

/// Returns the page.
#[must_use]
pub fn traced(traced: &TracedCalls, file: Option<&Path>, context: &Context) -> String {
    let mut page = TextPage::new(context);
    page.flow(
        0,
        &[
            (&traced.name, Tone::Strong),
            (&summary(traced), if traced.boots { Tone::Plain } else { Tone::Bad }),
        ],
    );
    page.gap();
    if !traced.boots {
        page.flow(0, &[("next: sysdock doctor", Tone::Plain), (&traced.name, Tone::Plain)]);
        return page.finish();
    }
    let list = |calls: &[String]| if calls.is_empty() { "none".to_owned() } else { calls.join(", ") };
    page.wrapped(
        2,
        "needed: ",
        &list(&traced.needed),
        if traced.needed.is_empty() { Tone::Good } else { Tone::Bad },
    );
    if !traced.unknown.is_empty() {
        page.wrapped(2, "not in sysdock's table: ", &list(&traced.unknown), Tone::Plain);
    }
    if traced.method == TraceMethod::KernelLog {
        page.wrapped(2, "used, but not needed: ", &list(&traced.harmless), Tone::Plain);
    }
    page.wrapped(2, "found by ", &way(traced), Tone::Dim);
    if let Some(file) = file.filter(|_| !traced.needed.is_empty()) {
        page.gap();
        page.flow(
            0,
            &[
                ("next:", Tone::Plain),
                (&format!("docker run --security-opt seccomp={} …", file.display()), Tone::Plain),
            ],
        );
    } else if !traced.needed.is_empty() {
        page.gap();
        page.flow(
            0,
            &[("next: the same with -o FILE writes a profile that allows exactly these calls", Tone::Plain)],
        );
    }
    page.finish()
}

fn summary(traced: &TracedCalls) -> String {
    let denied = counted(traced.denied, "call", "calls");
    if traced.boots {
        format!("boots when the {denied} that its filter denies are allowed ({})", traced.state)
    } else {
        format!(
            "does not boot even when the {denied} that its filter denies are allowed; the cause is something \
                else ({})",
            traced.state
        )
    }
}

fn way(traced: &TracedCalls) -> String {
    let trials = counted(traced.trials, "trial", "trials");
    match traced.method {
        TraceMethod::KernelLog => format!("the kernel log of the calls used, and {trials}"),
        TraceMethod::Trials => {
            format!("{trials}; the kernel log of the calls is unreadable here or incomplete")
        }
    }
}

/// Returns the same as JSON.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn traced_json(traced: &TracedCalls) -> serde_json::Result<String> {
    let way = if traced.method == TraceMethod::KernelLog { "kernel-log" } else { "trials" };
    document(&json!({
        "container": traced.name,
        "way": way,
        "boots": traced.boots,
        "state": traced.state,
        "denied": traced.denied,
        "trials": traced.trials,
        "needed": traced.needed,
        "not_needed": traced.harmless,
        "unknown_to_table": traced.unknown,
    }))
}
