//! `selftest` and `man` from outside: what is seen, what is not, and what is said about it.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::fake::{Fake, error, recorded};
use super::program::{Run, announce, sysdock};

/// Whether the thing of that id was seen.
pub fn seen(run: &Run, id: &str) -> Value {
    let all = run.json()["selftest"].as_array().cloned().unwrap_or_default();
    all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("no {id}: {run:?}"))["seen"].clone()
}

#[test]
fn an_engine_that_shows_all_is_seen_and_left_alone() {
    let fake = Fake::usual(recorded());
    let run = fake.call("selftest --format json").run().ended(0);
    for id in [
        "engine.found",
        "engine.answers",
        "engine.info",
        "engine.containers",
        "container.inspect",
        "container.log",
        "container.files",
    ] {
        assert_eq!(seen(&run, id), true, "{id}: {run:?}");
    }
    assert_eq!(seen(&run, "container.exec"), Value::Null);
    let odd: Vec<_> = fake
        .requests()
        .into_iter()
        .filter(|request| request.method != "GET" && request.method != "HEAD")
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
    let run = fake.call("selftest web --format json").run().ended(0);
    assert_eq!(seen(&run, "container.exec"), true, "{run:?}");
    assert_eq!(
        seen(&fake.call("selftest web --no-exec --format json").run().ended(0), "container.exec"),
        Value::Null
    );
}

#[test]
fn what_is_hidden_is_named_with_what_is_lost_and_what_to_do() {
    let run = sysdock(["selftest", "--host", "unix:///no/such.sock"]).run().ended(3);
    assert!(
        run.stdout.contains("so: no container can be examined")
            && run.stdout.contains("next: ")
            && run.stderr.is_empty(),
        "{run:?}"
    );
    let fake = Fake::but(recorded(), |request| {
        (request.is("/info") || request.bare().contains("/logs")).then(|| error(403, "not for you"))
    });
    let run = fake.call("selftest --format json").run().ended(3);
    assert_eq!(
        (seen(&run, "engine.info"), seen(&run, "container.log")),
        (false.into(), false.into()),
        "{run:?}"
    );
    let run = fake.call("selftest nobody --format json").run().ended(3);
    assert_eq!(seen(&run, "container.inspect"), false);
    let fake = Fake::but(recorded(), |request| request.is("/info").then(|| error(403, "not for you")));
    fake.call("selftest").run().ended(0);
}

#[test]
fn readers_of_manual_pages_have_no_complaint() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = folder.path().join("man1");
    sysdock(["man", "-q", "-o", &at.display().to_string()]).run().ended(0);
    let mut pages = 0;
    for entry in std::fs::read_dir(&at).expect("the pages were written").map_while(Result::ok) {
        let groff = Command::new("groff")
            .args(["-man", "-Kutf8", "-Tutf8", "-ww", "-rCHECKSTYLE=1"])
            .arg(entry.path())
            .stdin(Stdio::null())
            .output();
        let Ok(groff) = groff else {
            announce("man: pages not read by groff, which is not installed");
            return;
        };
        let said = String::from_utf8_lossy(&groff.stderr).into_owned();
        assert!(groff.status.success() && said.is_empty(), "{}: {said}", entry.path().display());
        assert!(!groff.stdout.is_empty());
        pages += 1;
    }
    assert!(pages > 15, "{pages}");
    assert!(sysdock(["man"]).run().ended(0).stdout.contains(".TH sysdock 1"));
}
