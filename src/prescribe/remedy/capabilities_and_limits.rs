//! Remedies that restore what was removed or limited: dropped capabilities, processes and memory.
//!
//! Must not give more than a boot needs.

use crate::facts::capability::NEEDED;
use crate::prescribe::recipe::Plan;
use crate::snapshot::key;

/// Restores the dropped capabilities that systemd needs.
pub fn capabilities(plan: &mut Plan<'_>) {
    if !plan.asks(&["restore-capabilities"]) {
        return;
    }
    let missing = plan.facts.list(key::CONTAINER_CAPABILITIES_MISSING);
    let wanted: Vec<&str> = NEEDED
        .into_iter()
        .filter(|cap| missing.iter().any(|m| m.trim_start_matches("CAP_") == *cap))
        .collect();
    if wanted.is_empty() {
        return;
    }
    for cap in &wanted {
        let same = |value: &str| value.trim_start_matches("CAP_").eq_ignore_ascii_case(cap);
        if plan.recipe.values("--cap-drop").iter().any(|value| same(value)) {
            plan.recipe.drop_values("--cap-drop", same);
        } else {
            plan.recipe.push("--cap-add", Some((*cap).to_owned()));
        }
    }
    let list = wanted.join(", ");
    let privilege = format!("adds {list}, which the engine grants by default");
    let noun = if wanted.len() == 1 { "capability" } else { "capabilities" };
    plan.record_with_privilege(&["restore-capabilities"], format!("the {noun} {list}"), Some(privilege));
}

/// Raises the process limit to one that a boot fits in.
pub fn processes(plan: &mut Plan<'_>) {
    if !plan.asks(&["raise-pids"]) {
        return;
    }
    if plan.facts.get(key::CONTAINER_PIDS_LIMIT).is_some() {
        plan.recipe.set("--pids-limit", "512");
    }
    plan.recipe.drop_values("--ulimit", |value| value.starts_with("nproc="));
    plan.record(&["raise-pids"], "a limit of 512 processes");
}

/// Raises the memory limit to one that a boot fits in.
pub fn memory(plan: &mut Plan<'_>) {
    if !plan.asks(&["raise-memory"]) {
        return;
    }
    plan.recipe.set("--memory", "256m");
    plan.recipe.drop_values("--memory-swap", |value| value != "-1");
    plan.recipe.drop_values("--memory-reservation", |value| {
        value.parse::<i64>().is_ok_and(|bytes| bytes > 256 << 20)
    });
    plan.record(&["raise-memory"], "256 MiB of memory");
}
