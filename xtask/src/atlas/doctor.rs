//! What the doctor says of a container: by a snapshot that is kept, so that it can be asked again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::lane::Place;
use super::rows::{Proof, Said};

/// The folder of the snapshots of a file of rows.
pub fn snapshots(rows: &Path) -> PathBuf {
    rows.with_extension("snapshots")
}

/// Takes a snapshot of a container.
pub fn look(doctor: &Path, place: &Place, name: &str, path: &Path) -> Result<()> {
    let output = Command::new("timeout")
        .arg("120")
        .arg(doctor)
        .args(["snapshot", name, "--output"])
        .arg(path)
        .env("DOCKER_HOST", &place.lane.address)
        .output()?;
    ensure!(output.status.success(), "no snapshot of {name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Asks about a snapshot.
pub fn judge(doctor: &Path, snapshot: &Path) -> Result<Said> {
    let output = Command::new("timeout")
        .arg("120")
        .arg(doctor)
        .args(["doctor", "--format", "json", "--from"])
        .arg(snapshot)
        .output()?;
    let reports: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        format!("nothing said of {}: {}", snapshot.display(), String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(said(&reports["reports"][0]))
}

fn said(report: &Value) -> Said {
    let with_role = |role: &str| {
        let findings = report["findings"].as_array().into_iter().flatten();
        let found = findings.filter(|finding| finding["role"] == role);
        found.filter_map(|finding| Some(finding["id"].as_str()?.to_owned())).collect::<Vec<_>>()
    };
    let steps = report["prescription"]["steps"].to_string();
    Said {
        verdict: report["verdict"].as_str().unwrap_or_default().to_owned(),
        roots: with_role("root-cause"),
        risks: with_role("risk"),
        curable: report["prescription"]["curable"] == true,
        privileged: steps.contains("\"--privileged\""),
    }
}

/// Tries the cure of a container beside it.
pub fn prove(doctor: &Path, place: &Place, name: &str) -> Result<Proof> {
    let output = Command::new("timeout")
        .arg("300")
        .arg(doctor)
        .args(["prove", name, "--format", "json"])
        .env("DOCKER_HOST", &place.lane.address)
        .output()?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let reports: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("nothing proved of {name}: {complaint}"))?;
    let trial = &reports["reports"][0]["trial"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let problem = text(&trial["problem"]);
    let units = trial["failed_units"].as_array().into_iter().flatten();
    Ok(Proof {
        works: trial["works"] == true,
        state: if trial.is_null() {
            complaint
        } else {
            [text(&trial["state"]), problem].join(" ").trim().into()
        },
        failed: units.map(|unit| unit.as_str().map_or_else(|| unit.to_string(), str::to_owned)).collect(),
    })
}
