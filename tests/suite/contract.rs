//! The JSON of a report as the contract has it: keys, kinds and words of its schema, this order, and no other
//! bytes on replay.

use serde_json::Value;
use sysdock::rule::builtin;

use super::fixtures;
use super::own_schemas;
use super::program::sysdock;

fn paths() -> Vec<String> {
    fixtures::all().iter().map(|fixture| fixture.path.display().to_string()).collect()
}

fn diagnosed(paths: &[String]) -> String {
    let head = ["doctor", "--format", "json", "--from"].map(str::to_owned);
    sysdock(head.iter().chain(paths)).run().stdout
}

#[test]
fn reports_have_the_keys_and_kinds_of_the_contract() {
    let document: Value = serde_json::from_str(&diagnosed(&paths())).expect("the output is JSON");
    assert_eq!(own_schemas::document(&document), [""; 0]);
    let reports = document["reports"].as_array().map_or(0, Vec::len);
    assert_eq!(reports, paths().len());
}

#[test]
fn findings_come_roots_first_and_in_the_order_of_boot() {
    let rules = builtin().expect("the built-in rules can be loaded");
    let order = ["root-cause", "consequence", "risk", "note"];
    let document: Value = serde_json::from_str(&diagnosed(&paths())).expect("the output is JSON");
    for report in document["reports"].as_array().expect("a list of reports") {
        let name = &report["target"]["name"];
        let findings = report["findings"].as_array().expect("a list of findings");
        let places: Vec<_> = findings
            .iter()
            .map(|finding| {
                let role = order.iter().position(|role| finding["role"] == *role);
                let known = finding["id"].as_str().and_then(|id| rules.get(id)).expect("a known diagnosis");
                // A root cause that no flag cures precedes the others.
                let curable =
                    role != Some(0) || known.no_flag.is_none() || finding["confidence"] == "possible";
                (role.expect("a known role"), curable, known.stage)
            })
            .collect();
        assert!(places.is_sorted(), "{name}: {places:?}");
    }
}

#[test]
fn causes_and_consequences_agree() {
    let document: Value = serde_json::from_str(&diagnosed(&paths())).expect("the output is JSON");
    for report in document["reports"].as_array().expect("a list of reports") {
        let findings = report["findings"].as_array().expect("a list of findings");
        for finding in findings {
            let id = &finding["id"];
            let present = |other: &Value| findings.iter().find(|one| one["id"] == *other);
            for cause in finding["explained_by"].as_array().into_iter().flatten() {
                let cause = present(cause).unwrap_or_else(|| {
                    panic!("{id} is explained by {cause}, which is not there: {report:#}")
                });
                assert!(
                    cause["explains"].as_array().is_some_and(|list| list.contains(id)),
                    "{cause} does not explain {id}"
                );
            }
            for follower in finding["explains"].as_array().into_iter().flatten() {
                assert!(present(follower).is_some(), "{id} explains {follower}, which is not there");
            }
            assert!(
                finding["role"] != "root-cause" || finding["explained_by"] == serde_json::json!([]),
                "{id} is a root and explained"
            );
        }
    }
}

#[test]
fn the_same_snapshots_give_the_same_bytes() {
    let paths = paths();
    let first = diagnosed(&paths);
    assert!(first.len() > 1000);
    assert_eq!(first, diagnosed(&paths));
    // Reports are ordered worst first; among equals they keep the order of the arguments.
    for path in paths.iter().take(5) {
        let from_file = diagnosed(std::slice::from_ref(path));
        let text = std::fs::read(path).expect("the fixture can be read");
        let from_stdin = sysdock(["doctor", "--format", "json", "--from", "-"]).run_with(&text).stdout;
        assert_eq!(from_file, from_stdin, "{path}");
    }
}
