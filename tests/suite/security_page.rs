//! The page of promises names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

use super::program::project;

fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources can be read").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("a source file can be read"));
        }
    }
}

/// The functions that are marked as tests.
fn tests(code: &str) -> BTreeSet<&str> {
    let after = code.split("#[test]").skip(1);
    after.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next()).collect()
}

#[test]
fn each_promise_names_tests_that_exist() {
    let page = std::fs::read_to_string(project("docs/security.md")).expect("the page can be read");
    let mut code = String::new();
    sources(&project("src"), &mut code);
    sources(&project("tests"), &mut code);
    let known = tests(&code);
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let last = cells.last().expect("a row has cells");
        let tests: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test holds this: {row}");
        for test in tests {
            assert!(known.contains(test), "no test is called {test}: {row}");
            named += 1;
        }
    }
    assert!(named > 60, "{named} tests are named");
}
