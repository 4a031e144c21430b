//! The schema of `sysdock.toml` takes and refuses what the loader takes and refuses, and every sample fits.

use sysdock::config::Settings;

use super::own_schemas::{committed, configuration, of_toml};
use super::program::{project, sysdock};

/// Configurations with one thing or two in each.
const CONFIGURATIONS: &[&str] = &[
    "",
    "host = \"unix:///run/podman/podman.sock\"",
    "context = \"remote\"\ntimeout = 30",
    "timeout = \"30\"",
    "timeout = 3.5",
    "rules = [\"rules\"]",
    "rules = \"rules\"",
    "rules = [1]",
    "color = \"never\"\nquiet = true",
    "color = \"sometimes\"",
    "quiet = \"yes\"",
    "ascii = true\nverbose = false",
    "format = \"sarif\"",
    "format = \"github-summary\"",
    "format = \"github_summary\"",
    "format = \"xml\"",
    "format = [\"json\"]",
    "fail-on = \"warning\"",
    "fail-on = \"fatal\"",
    "fail_on = \"warning\"",
    "baseline = \"known.json\"",
    "safe-directories = [\"/srv/*\", \"*\"]",
    "[[suppress]]\nid = \"a\"\nreason = \"b\"",
    "[[suppress]]\nid = \"a\"\nreason = \"b\"\ntarget = \"x-*\"\nexpires = 2027-01-31",
    "[[suppress]]\nid = \"a\"",
    "[[suppress]]\nreason = \"b\"",
    "[[suppress]]\nid = \"a\"\nreason = \"b\"\nuntil = 2027-01-31",
    "[suppress]\nid = \"a\"\nreason = \"b\"",
    "#:schema ./sysdock.schema.json\ntimeout = 5",
    "surplus = 1",
];

#[test]
fn schema_and_loader_of_configurations_take_and_refuse_the_same() {
    let (mut taken, mut refused) = (0, 0);
    for text in CONFIGURATIONS {
        let (loaded, complaints) = (toml::from_str::<Settings>(text), configuration(text));
        assert_eq!(loaded.is_ok(), complaints.is_empty(), "{text}: {:?}, {complaints:#?}", loaded.err());
        *(if complaints.is_empty() { &mut taken } else { &mut refused }) += 1;
    }
    assert!(taken >= 12 && refused >= 10, "{taken} {refused}");
    // What the flag refuses is not to be written in a file either, nor a time in place of a day.
    for text in
        ["timeout = 0", "timeout = 86401", "[[suppress]]\nid = \"a\"\nreason = \"b\"\nexpires = 10:00:00"]
    {
        assert!(!configuration(text).is_empty(), "{text}");
    }
}

/// The sample in the help, and those of the documentation, have only what a configuration takes; the sample
/// of the help has all of it.
#[test]
fn samples_of_configurations_fit() {
    let help = sysdock(["config", "show", "--help"]).run().ended(0).stdout
        + &sysdock(["config", "--help"]).run().ended(0).stdout;
    let sample = help.split("#:schema ").nth(1).unwrap_or_else(|| panic!("{help}"));
    let sample: String = sample
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .flat_map(|line| [line.trim(), "\n"])
        .collect();
    assert_eq!(configuration(&sample), [""; 0], "{sample}");
    let said = of_toml(&sample);
    for key in committed("config")["properties"].as_object().expect("keys").keys() {
        let engine = ["host", "context"].contains(&key.as_str());
        assert!(engine || said.get(key).is_some(), "the sample does not show `{key}`");
    }
    let readme = std::fs::read_to_string(project("README.md")).expect("README.md can be read");
    let samples: Vec<&str> =
        readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!samples.is_empty());
    samples.iter().for_each(|sample| assert_eq!(configuration(sample), [""; 0], "{sample}"));
}
