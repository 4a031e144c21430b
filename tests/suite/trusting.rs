//! What a checkout may tell the program to do: configurations and rules of others, pipes and links in them,
//! and what they take away.

use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use serde_json::{Value, json};

use super::fixtures;
use super::own_schemas;
use super::program::{Run, sysdock};
use super::schemas::FORMATS;

/// Somebody else.
const OTHER: u32 = 4321;
/// A rule that is like no other.
const RULE: &str = "id = \"house-rule\"\ntitle = \"ours\"\nseverity = \"error\"\nstage \
    = \"mount\"\nexplanation = \"e\"\nconfirm = \"c\"\n";

/// A folder with a configuration.
fn project(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("sysdock.toml"), config).expect("a file can be written");
    folder
}

fn sick() -> String {
    let all = fixtures::all();
    let fixture = all.iter().find(|fixture| fixture.folder == "cgroup-read-only").expect("there is one");
    fixture.path.display().to_string()
}

/// Runs a command within a folder, bounded so that what waits for ever fails the test.
fn within(folder: &Path, line: &str, more: &[(&str, &str)]) -> Run {
    let from = sick();
    let words: Vec<&str> =
        line.split_whitespace().map(|word| if word == "@SICK" { from.as_str() } else { word }).collect();
    let mut command = std::process::Command::new("timeout");
    command.args(["-k", "5", "60", env!("CARGO_BIN_EXE_sysdock")]).args(&words).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(more.iter().copied());
    let output = command.current_dir(folder).stdin(std::process::Stdio::null()).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let run = Run {
        code: output.status.code().unwrap_or(256),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        took: std::time::Duration::ZERO,
        peak_kib: 0,
    };
    own_schemas::written(&words, &run.stdout);
    let config = folder.join("sysdock.toml");
    if config.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) && run.code < 2 {
        let text = std::fs::read_to_string(&config).expect("the configuration can be read");
        assert_eq!(own_schemas::configuration(&text), [""; 0], "{text}");
    }
    run
}

/// A configuration, and what else is put into its folder.
type Case<'c> = (&'c str, &'c dyn Fn(&Path));

const DOCTOR: &str = "doctor --format json --from @SICK";

#[test]
fn a_checkout_of_another_user_is_not_obeyed() {
    let folder = project("fail-on = \"critical\"\nrules = [\"rules\"]\n");
    std::fs::create_dir(folder.path().join("rules")).expect("a folder can be made");
    std::fs::write(folder.path().join("rules/x.toml"), RULE).expect("a file can be written");
    within(folder.path(), "rules list", &[]).ended(0);
    for given in ["sysdock.toml", "", "rules", "rules/x.toml"] {
        let place = folder.path().join(given);
        // Only root can give files away.
        if chown(&place, Some(OTHER), None).is_err() {
            return;
        }
        let run = within(folder.path(), "rules list", &[]);
        assert!(
            run.code != 0 && run.stderr.contains("belongs to user 4321") && run.stderr.contains("--trust"),
            "{given}: {run:?}"
        );
        assert!(run.stdout.is_empty(), "{given}: {run:?}");
        let trusted = within(folder.path(), "--trust rules list", &[]).ended(0);
        assert!(trusted.stdout.contains("house-rule"), "{given}: {trusted:?}");
        within(folder.path(), "rules list", &[("SYSDOCK_TRUST", "1")]).ended(0);
        let home = project("");
        std::fs::create_dir(home.path().join("sysdock")).expect("a folder can be made");
        let line = format!("safe-directories = [\"{}\"]", folder.path().display());
        std::fs::write(home.path().join("sysdock/sysdock.toml"), line).expect("a file can be written");
        within(folder.path(), "rules list", &[("XDG_CONFIG_HOME", &home.path().display().to_string())])
            .ended(0);
        chown(&place, Some(0), None).expect("it can be taken back");
    }
}

#[test]
fn rules_of_a_project_add_and_replace_only_what_the_user_allows() {
    let remedy = "[[remedy]]\nid = \"writable-cgroups\"\ntitle = \"t\"\nwords = \"w\"\n";
    for (file, text, fits) in [
        ("a.toml", RULE.to_owned(), true),
        ("a.toml", RULE.replace("house-rule", "cgroup-read-only"), false),
        ("a.toml", RULE.replace("house-rule", "boot-stopped"), false),
        ("deep/b.toml", RULE.replace("house-rule", "run-tmpfs-missing"), false),
        ("remedies.toml", remedy.replace("writable-cgroups", "ours"), true),
        ("remedies.toml", remedy.to_owned(), false),
    ] {
        let folder = project("rules = [\"rules\"]\n");
        std::fs::create_dir_all(folder.path().join("rules/deep")).expect("a folder can be made");
        std::fs::write(folder.path().join("rules").join(file), &text).expect("a file can be written");
        let known = sysdock(["rules", "list", "--format", "json"]).run().json();
        if !fits && file == "remedies.toml" {
            assert!(known.to_string().contains("writable-cgroups"), "the remedy has that id");
        }
        let run = within(folder.path(), "rules list", &[]);
        assert_eq!(run.code == 0, fits, "{text}: {run:?}");
        assert!(fits || (run.stderr.contains("would replace") && run.stderr.contains("--trust")), "{run:?}");
        within(folder.path(), "rules list --trust", &[]).ended(0);
        // The same folder, named by the user.
        sysdock(["rules", "list", "--rules", &folder.path().join("rules").display().to_string()])
            .run()
            .ended(0);
    }
}

#[test]
fn pipes_devices_and_escaping_links_are_refused_at_once() {
    let other = project("timeout = 3\n");
    std::fs::write(other.path().join("x.toml"), RULE).expect("a file can be written");
    let pipe = |path: &Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo is there");
        assert!(made.success(), "{}", path.display());
    };
    let cases: [Case<'_>; 9] = [
        ("", &|folder| {
            std::fs::remove_file(folder.join("sysdock.toml")).expect("it is there");
            pipe(&folder.join("sysdock.toml"));
        }),
        ("", &|folder| {
            std::fs::remove_file(folder.join("sysdock.toml")).expect("it is there");
            symlink(other.path().join("sysdock.toml"), folder.join("sysdock.toml"))
                .expect("a link can be made");
        }),
        ("", &|folder| {
            std::fs::remove_file(folder.join("sysdock.toml")).expect("it is there");
            symlink("/dev/zero", folder.join("sysdock.toml")).expect("a link can be made");
        }),
        ("rules = [\"rules\"]", &|folder| pipe(&folder.join("rules/x.toml"))),
        ("rules = [\"rules\"]", &|folder| {
            symlink("/dev/zero", folder.join("rules/x.toml")).expect("a link can be made");
        }),
        ("rules = [\"rules\"]", &|folder| {
            symlink(other.path().join("x.toml"), folder.join("rules/x.toml")).expect("a link can be made");
        }),
        ("rules = [\"link\"]", &|folder| {
            symlink(other.path(), folder.join("link")).expect("a link can be made");
        }),
        ("rules = [\"rules/x.toml\"]", &|folder| pipe(&folder.join("rules/x.toml"))),
        ("baseline = \"known.json\"", &|folder| pipe(&folder.join("known.json"))),
    ];
    for (number, (config, prepare)) in cases.into_iter().enumerate() {
        let folder = project(config);
        std::fs::create_dir(folder.path().join("rules")).expect("a folder can be made");
        prepare(folder.path());
        let run = within(folder.path(), DOCTOR, &[]);
        assert!(run.code == 2 || run.code == 3, "case {number}: {run:?}");
        assert!(run.stdout.is_empty() && run.stderr.contains("  next: "), "case {number}: {run:?}");
    }
}

/// What is no rule and no configuration is named with the place of the mistake, and none of its text.
#[test]
fn no_error_quotes_a_file_that_is_something_else() {
    let secret = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in [
        ("shadow", "root:$6$CANARY$x:19000:0:99999:7:::\n"),
        ("id.toml", "-----BEGIN CANARY KEY-----\nCANARY\n"),
        ("environment", "TOKEN=\"CANARY\"\n"),
        ("key.toml", "x = 1\nCANARY CANARY\n"),
    ] {
        let path = secret.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        let path = path.display().to_string();
        let folder = project(&format!("rules = [\"{path}\"]\n"));
        let linked = project("rules = [\"x.toml\"]\n");
        symlink(&path, linked.path().join("x.toml")).expect("a link can be made");
        let runs = [
            within(folder.path(), DOCTOR, &[]),
            within(folder.path(), &format!("{DOCTOR} --trust"), &[]),
            within(linked.path(), DOCTOR, &[]),
            within(linked.path(), &format!("{DOCTOR} --trust"), &[]),
            within(secret.path(), &format!("{DOCTOR} --config {path}"), &[]),
            within(secret.path(), &format!("{DOCTOR} --rules {path}"), &[]),
            within(secret.path(), &format!("{DOCTOR} --baseline {path}"), &[]),
        ];
        for (number, run) in runs.iter().enumerate() {
            assert!(
                run.code != 0 && !run.stderr.contains("CANARY") && !run.stdout.contains("CANARY"),
                "{name} {number}: {run:?}"
            );
        }
    }
}

fn told(call: impl Fn(&str) -> Run, words: &str) {
    for format in FORMATS.iter() {
        let run = call(format);
        let plain: String = run.stdout.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain.contains(words) && plain.contains("sysdock.toml"), "{format}: {run:?}");
    }
}

#[test]
fn what_a_configuration_removes_is_reported_in_every_format() {
    let roots = sysdock(["doctor", "--format", "json", "--from", &sick()]).run().report(0);
    let root = roots["findings"][0]["id"].as_str().expect("it has a root cause").to_owned();
    let suppressing = project(&format!("[[suppress]]\nid = \"{root}\"\nreason = \"r\"\n"));
    let lines = |folder: &Path, format: &str, more: &str| {
        within(folder, &format!("doctor --format {format} {more} --from @SICK"), &[])
    };
    told(|format| lines(suppressing.path(), format, ""), "suppressed and not counted");
    let named = suppressing.path().join("sysdock.toml").display().to_string();
    for format in ["github", "gitlab"] {
        let run = lines(Path::new("/"), format, &format!("--config {named}")).stdout;
        assert!(run.contains("suppressed and not counted"), "{format}: {run}");
    }

    let known = project("baseline = \"known.json\"\n");
    let file = known.path().join("known.json").display().to_string();
    sysdock(["doctor", "--from", &sick(), "--output", &format!("json={file}")]).run().ended(1);
    for format in ["github", "gitlab", "human"] {
        let run = lines(known.path(), format, "").stdout;
        assert!(run.contains("and not counted") && run.contains("sysdock.toml"), "{format}: {run}");
    }

    let replacing = project("rules = [\"rules\"]\n");
    std::fs::create_dir(replacing.path().join("rules")).expect("a folder can be made");
    std::fs::write(replacing.path().join("rules/x.toml"), RULE.replace("house-rule", "boot-stopped"))
        .expect("a file can be written");
    told(
        |format| lines(replacing.path(), format, "--trust"),
        "1 diagnosis or remedy is replaced: boot-stopped",
    );

    let nothing = project("timeout = 3\n");
    for format in ["github", "gitlab", "json"] {
        assert!(!lines(nothing.path(), format, "").stdout.contains("sysdock.toml"), "{format}");
    }
}

#[test]
fn forms_for_programs_have_a_place_for_it() {
    let folder = project("fail-on = \"critical\"\n");
    let run = |format: &str| within(folder.path(), &format!("doctor --format {format} --from @SICK"), &[]);
    let json: Value = run("json").json();
    let file = folder.path().join("sysdock.toml").canonicalize().expect("it is there").display().to_string();
    assert_eq!(
        json["configuration"],
        json!([{"file": file, "words": "only critical findings fail the run"}])
    );
    let issues = run("gitlab").json();
    let issue = issues
        .as_array()
        .and_then(|all| all.iter().find(|issue| issue["check_name"] == "configuration"))
        .cloned();
    assert!(
        issue
            .is_some_and(|issue| issue["severity"] == "info"
                && issue["location"]["path"] == file.trim_start_matches('/')),
        "{issues}"
    );
    let github = run("github").stdout;
    assert!(
        github.lines().any(|line| line.starts_with("::notice title=sysdock configuration,file=")),
        "{github}"
    );
    let sarif = run("sarif").json();
    assert_eq!(
        sarif["runs"][0]["invocations"][0]["toolConfigurationNotifications"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn the_settings_name_safe_directories() {
    let home = project("");
    std::fs::create_dir(home.path().join("sysdock")).expect("a folder can be made");
    std::fs::write(home.path().join("sysdock/sysdock.toml"), "safe-directories = [\"/srv/checkout\"]\n")
        .expect("a file can be written");
    let shown =
        within(home.path(), "config show", &[("XDG_CONFIG_HOME", &home.path().display().to_string())])
            .ended(0);
    assert!(shown.stdout.contains("safe-directories = /srv/checkout"), "{shown:?}");
    let project = project("safe-directories = [\"*\"]\n");
    within(project.path(), "config show", &[]).refused(2);
}
