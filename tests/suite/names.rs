//! Foreign words as names: of containers, rules and files. None leads out of a folder, into a shell or to
//! another place of a page.

use serde_json::json;

use super::fake::{Answer, Fake, NAME, recorded};
use super::program::sysdock;

const HOSTILE: [&str; 6] = ["/../../x", "/x; touch pwned; #", "/a b", "/\u{1b}]0;x\u{7}", "/x\ny", "/-rf"];

#[test]
fn a_container_with_an_invalid_name_is_called_by_its_id() {
    for name in HOSTILE {
        let mut documents = recorded().exited(255);
        documents.log = Vec::new();
        documents.container["Name"] = name.into();
        let id = documents.container["Id"].as_str().unwrap().to_owned();
        let fake = Fake::usual(documents);
        let run = fake.call("doctor web --format json --no-exec").run();
        let report = run.report(0);
        assert_eq!(report["target"]["name"], json!(id), "{name:?}");
        assert!(report["gaps"].to_string().contains("is not a container name"), "{name:?}: {report:#}");
        assert!(!report["prescription"].to_string().contains(name), "{name:?}: {report:#}");
        let snapshot = fake.call("snapshot web --no-exec").run().ended(0);
        assert_eq!(snapshot.json()["target"]["name"], json!(id), "{name:?}");
    }
}

#[test]
fn a_list_of_containers_is_read_by_valid_names() {
    let (documents, other) = (recorded(), recorded());
    let id = documents.container["Id"].as_str().unwrap().to_owned();
    let fake = Fake::but(documents, move |request| {
        let list = |names: &[&str]| json!([{"Id": id, "Names": names}]);
        request.is("/containers/json").then(|| Answer::Json(200, list(&["/other/alias", "/../../x", "/web"])))
    });
    let run = fake.call("doctor --all --format json --no-exec").run();
    assert_eq!(run.report(0)["target"]["name"], NAME, "{run:?}");
    let id = other.container["Id"].as_str().unwrap().to_owned();
    let fake = Fake::but(other, move |request| {
        request
            .is("/containers/json")
            .then(|| Answer::Json(200, json!([{"Id": id, "Names": HOSTILE}, {"Id": "../x", "Names": [3]}])))
    });
    let run = fake.call("doctor --all --format json --no-exec").run();
    assert_eq!(run.json()["reports"].as_array().map(Vec::len), Some(1), "{run:?}");
}

#[test]
fn the_playbook_stays_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, book) = (folder.path().join("rules"), folder.path().join("a/b/book"));
    std::fs::create_dir_all(&rules).unwrap();
    let page =
        "title = \"t\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation = \"e\"\nconfirm = \"c\"\n";
    for id in ["../../x", "../../../../x", "/tmp/x", "..", "a/../../b", "A", "x y", "x\\u001b[2J", "x\\n# y"]
    {
        std::fs::write(rules.join("x.toml"), format!("id = \"{id}\"\n{page}")).unwrap();
        let run = sysdock([
            "rules",
            "docs",
            "-o",
            &book.display().to_string(),
            "--rules",
            &rules.display().to_string(),
        ])
        .run();
        assert!(
            run.code != 0 && run.stderr.contains("is not an ID") && !run.stderr.contains('\u{1b}'),
            "{id}: {run:?}"
        );
        assert!(!book.exists() && !folder.path().join("a").exists(), "{id}");
    }
}

#[test]
fn a_page_of_a_users_rule_is_text() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, book) = (folder.path().join("rules"), folder.path().join("book"));
    std::fs::create_dir_all(&rules).unwrap();
    let evil = "<script>x</script> [a](javascript:b) ![i](https://e/x.png) {{#include /etc/passwd}} \
        `{{#include /etc/passwd}}` \u{1b}[2J \u{202e}";
    let rule = format!(
        "id = \"mine\"\ntitle = '''{evil}'''\nseverity = \"error\"\nstage = \"mount\"\nexplanation = \
            '''\n{evil}\n\n    {evil}\n'''\nconfirm = '''{evil}'''\n\
         references = [\"https://example.org/x\"]\nnot_reproduced = '''{evil}'''\n[[signature]]\nname \
            = \"s\"\npattern = 'abcdef <b>'\n"
    );
    std::fs::write(rules.join("mine.toml"), rule.replace('\u{1b}', "")).unwrap();
    sysdock(["rules", "docs", "-o", &book.display().to_string(), "--rules", &rules.display().to_string()])
        .run()
        .ended(0);
    for page in ["src/ids/mine.md", "src/SUMMARY.md", "src/introduction.md", "src/messages.md"] {
        let text = std::fs::read_to_string(book.join(page)).unwrap();
        let close: String = text.split_whitespace().collect();
        assert!(!close.contains("{{#") && !text.contains(['\u{1b}', '\u{202e}']), "{page}: {text}");
        // Markup may stand in code only.
        let mut fenced = false;
        for line in text.lines() {
            fenced ^= line.starts_with("```");
            let bare: String = line.split('`').step_by(2).collect();
            assert!(
                fenced || !bare.contains("<script") && !bare.contains("[a](") && !bare.contains("![i]("),
                "{page}: {line}"
            );
        }
    }
}

#[test]
fn evidence_is_no_link_in_sarif() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.log");
    for evil in ["[click](https://evil.example/)", "[a](b) [c](d)", "]( [x](1)"] {
        std::fs::write(
            &log,
            format!(
                "systemd 252 running in system mode\nFailed to mount tmpfs at /run: Operation not \
                permitted {evil}\n"
            ),
        )
        .unwrap();
        let run = sysdock(["triage", "--format", "sarif", &log.display().to_string()]).run();
        let sarif = run.json();
        let results = sarif["runs"][0]["results"].as_array().cloned().unwrap_or_default();
        let told: Vec<String> = results
            .iter()
            .flat_map(|result| {
                std::iter::once(&result["message"]).chain(
                    result["relatedLocations"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|place| &place["message"]),
                )
            })
            .filter_map(|message| message["text"].as_str().map(str::to_owned))
            .collect();
        assert!(!told.is_empty() && told.iter().all(|text| !text.contains("](")), "{told:?}");
    }
}
