//! `snapshot`: saves what can be observed of a container, to a file or stdout.

use std::path::Path;

use super::{CommandError, connect};
use crate::cli::SnapshotArgs;
use crate::exit_code::Exit;
use crate::options::{Options, snapshot_options};
use crate::render::{counted, json, output};
use crate::rule;
use crate::scan::Matcher;
use crate::snapshot::{Snapshot, hidden_counts, saved_file};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the container cannot be examined or the snapshot cannot be written.
pub fn run(args: &SnapshotArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    let snapshot = connect::snapshot(&args.container, &snapshot_options(args), &matcher, options)?;
    let Some(path) = &args.output else {
        let text = saved_file::to_json(&snapshot)?;
        output::print(json::harmless(&String::from_utf8_lossy(&text)).as_bytes())?;
        if options.remarks {
            output::tell(&hidden_values(&snapshot));
        }
        return Ok(Exit::Success);
    };
    saved_file::write(&snapshot, path)?;
    if options.remarks {
        output::tell(&format!("{}\n{}", hidden_values(&snapshot), written(&snapshot, path)));
    }
    Ok(Exit::Success)
}

fn hidden_values(snapshot: &Snapshot) -> String {
    let counts = hidden_counts::counts(snapshot);
    let all: usize = counts.values().sum();
    let kinds: Vec<String> =
        counts.iter().map(|(kind, count)| format!("{count} of {}", kind.name())).collect();
    match all {
        0 => "no values were hidden".to_owned(),
        _ => format!("{} hidden: {}", counted(all, "value", "values"), kinds.join(", ")),
    }
}

fn written(snapshot: &Snapshot, path: &Path) -> String {
    let size = std::fs::metadata(path).map(|data| data.len()).unwrap_or_default();
    let (facts, gaps) = (snapshot.facts.iter().count(), counted(snapshot.gaps.len(), "gap", "gaps"));
    let (kept, read) = (snapshot.log.lines.len(), snapshot.log.lines_read);
    format!(
        "wrote {} ({} KiB): {facts} facts, {gaps}, {kept} log lines kept of {read} read\n  next: sysdock \
            doctor --from {}",
        path.display(),
        size.div_ceil(1024),
        path.display()
    )
}
