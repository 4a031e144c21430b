//! What trials under a filter came to: the calls that a boot needs, and those that it makes and can do
//! without.

use std::path::Path;

use serde_json::json;

use super::Context;
use super::page::Page;
use super::seccomp::document;
use super::style::Tone;
use super::words::counted;

/// How the calls were found that a boot makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The kernel logged them.
    KernelLog,
    /// Its log could not be read or had no record: all that the filter denies were tried.
    Trials,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Name of the container.
    pub name: String,
    /// How.
    pub way: Way,
    /// Whether it boots when all that the filter denies is let through.
    pub boots: bool,
    /// Its state then, in words.
    pub state: String,
    /// How many calls the filter denies.
    pub denied: usize,
    /// How many trials it took.
    pub trials: usize,
    /// Calls without any one of which the boot is another one.
    pub needed: Vec<String>,
    /// Denied calls that it makes and does without; known only from the kernel's log.
    pub harmless: Vec<String>,
    /// Those of the needed ones that the built-in table of needs does not know.
    pub unknown: Vec<String>,
}

/// The page.
#[must_use]
pub fn traced(traced: &Traced, file: Option<&Path>, context: &Context) -> String {
    let mut page = Page::new(context);
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
    if traced.way == Way::KernelLog {
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

fn summary(traced: &Traced) -> String {
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

fn way(traced: &Traced) -> String {
    let trials = counted(traced.trials, "trial", "trials");
    match traced.way {
        Way::KernelLog => format!("the kernel log of the calls used, and {trials}"),
        Way::Trials => format!("{trials}; the kernel log of the calls is unreadable here or incomplete"),
    }
}

/// The same for programs.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
pub fn traced_json(traced: &Traced) -> serde_json::Result<String> {
    let way = if traced.way == Way::KernelLog { "kernel-log" } else { "trials" };
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
