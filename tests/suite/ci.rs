//! What CI systems are given, run as they would run it: the action, the template, the hook and the examples
//! of the README.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::cli::fixture;
use super::program::{project, sysdock};
use super::schemas::complaints;

fn yaml(text: &str) -> Value {
    yaml_serde::from_str(text).unwrap_or_else(|error| panic!("no YAML ({error}): {text}"))
}

fn file(path: &str) -> Value {
    yaml(&std::fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// A shell with the program on its path, and no engine.
fn bash(script: &str, folder: &Path, variables: &BTreeMap<String, String>) -> Output {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_sysdock"));
    let own = program.parent().expect("the program lies in a folder").display().to_string();
    let path = format!("{own}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(folder).env_clear();
    command
        .env("PATH", path)
        .env("DOCKER_HOST", "unix:///no/such/engine.sock")
        .envs(variables)
        .output()
        .expect("bash runs")
}

/// A log of a container that lacks what it needs, in a folder.
fn logs(folder: &Path) -> PathBuf {
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs).expect("a folder can be made");
    std::fs::write(logs.join("web.log"), "Failed to mount tmpfs at /run: Operation not permitted\n")
        .expect("a file can be written");
    logs
}

/// Runs the steps of the action with these inputs, as a runner does.
fn action(folder: &Path, inputs: &[(&str, &str)]) -> Output {
    let action = file("action.yml");
    let given: BTreeMap<&str, &str> = inputs.iter().copied().collect();
    let value = |expression: &str| {
        let inner = expression.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}"));
        let Some(inner) = inner else { return expression.to_owned() };
        match inner.strip_prefix("inputs.") {
            Some(name) => {
                let default =
                    action["inputs"][name]["default"].as_str().unwrap_or_else(|| panic!("no input {name}"));
                given.get(name).copied().unwrap_or(default).to_owned()
            }
            None => "from-the-runner".to_owned(),
        }
    };
    let mut last = None;
    for step in action["runs"]["steps"].as_array().expect("it has steps") {
        let env = step["env"].as_object().expect("a step has variables");
        let mut variables: BTreeMap<String, String> =
            env.iter().map(|(name, text)| (name.clone(), value(text.as_str().unwrap_or_default()))).collect();
        variables.insert("GITHUB_STEP_SUMMARY".to_owned(), folder.join("summary.md").display().to_string());
        let output = bash(step["run"].as_str().expect("a step runs something"), folder, &variables);
        let ended = output.status.success();
        last = Some(output);
        if !ended {
            break;
        }
    }
    last.expect("it has a step")
}

#[test]
fn the_action_fails_on_findings_and_keeps_its_reports() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    logs(folder.path());
    let output = action(folder.path(), &[("logs", "logs\n")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.contains("::error ") && complaints("github", &stdout).is_empty(), "{stdout}");
    let read = |name: &str| {
        std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    assert_eq!(complaints("sarif", &read("sysdock.sarif")), [""; 0]);
    assert!(read("summary.md").contains("run-tmpfs-missing"));
}

#[test]
fn the_action_heeds_its_inputs() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    logs(folder.path());
    let known = sysdock(["triage", "--format", "json", "logs"])
        .command()
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    std::fs::write(folder.path().join("known.json"), known.stdout).expect("a file can be written");
    let output =
        action(folder.path(), &[("logs", "logs"), ("baseline", "known.json"), ("sarif", "other.sarif")]);
    assert!(output.status.success() && folder.path().join("other.sarif").is_file(), "{output:?}");
    // Without logs it asks the engine, which is not there.
    for inputs in [&[][..], &[("containers", "web")]] {
        assert_eq!(action(folder.path(), inputs).status.code(), Some(3), "{inputs:?}");
    }
}

#[test]
fn the_template_leaves_the_reports_that_gitlab_is_told_of() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    logs(folder.path());
    let job = file("templates/gitlab.yml")["sysdock"].clone();
    let variables = job["variables"].as_object().expect("it has variables");
    let variables = variables
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let script: Vec<&str> =
        job["script"].as_array().expect("it has a script").iter().filter_map(Value::as_str).collect();
    let output = bash(&script.join("\n"), folder.path(), &variables);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for (report, format) in [("codequality", "gitlab"), ("junit", "junit")] {
        let path = folder.path().join(job["artifacts"]["reports"][report].as_str().expect("it names a file"));
        let text = std::fs::read_to_string(path).expect("the file is there");
        assert!(text.contains("run-tmpfs-missing") && complaints(format, &text).is_empty(), "{text}");
    }
}

#[test]
fn the_hook_judges_just_the_files_that_it_is_for() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let hook = file(".pre-commit-hooks.yaml")[0].clone();
    let wanted = regex::Regex::new(hook["files"].as_str().expect("it says which files")).expect("a pattern");
    for (name, judged) in [
        ("compose.yml", true),
        ("a/docker-compose.dev.yaml", true),
        ("Dockerfile", true),
        ("README.md", false),
    ] {
        assert_eq!(wanted.is_match(name), judged, "{name}");
    }
    std::fs::write(
        folder.path().join("compose.yml"),
        "services:\n  web:\n    image: x\n    command: /sbin/init\n",
    )
    .expect("a file");
    std::fs::write(folder.path().join("Dockerfile"), "FROM nginx\n").expect("a file can be written");
    let entry = hook["entry"].as_str().expect("it has an entry");
    let run = |name: &str| bash(&format!("{entry} {name}"), folder.path(), &BTreeMap::new());
    assert_eq!(run("compose.yml").status.code(), Some(1));
    assert_eq!(run("Dockerfile").status.code(), Some(0));
}

/// The fenced blocks of the README in this language.
fn blocks(language: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(project("README.md")).expect("the README can be read");
    readme
        .split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_examples_of_the_readme_fit_what_is_here() {
    let examples: Vec<Value> = blocks("yaml").iter().map(|text| yaml(text)).collect();
    let (action, hooks) = (file("action.yml"), file(".pre-commit-hooks.yaml"));
    let steps =
        examples.iter().find_map(|example| example["jobs"]["test"]["steps"].as_array()).expect("a workflow");
    let with = steps.iter().find_map(|step| step["with"].as_object()).expect("a step with inputs");
    assert!(with.keys().all(|name| action["inputs"].get(name).is_some()), "{with:?}");
    let included =
        examples.iter().find_map(|example| example["include"][0]["local"].as_str()).expect("an include");
    assert!(project(included).is_file(), "{included}");
    let hook =
        examples.iter().find_map(|example| example["repos"][0]["hooks"][0].as_object()).expect("a hook");
    assert_eq!(hook["id"], hooks[0]["id"]);
    let words: Vec<&str> =
        hook["args"].as_array().expect("it has arguments").iter().filter_map(Value::as_str).collect();
    let mut line = vec!["triage"];
    line.extend(&words);
    let healthy = fixture("healthy");
    line.push(&healthy);
    sysdock(line).run().ended(0);
}

#[test]
fn the_configuration_of_the_readme_is_one() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = folder.path().join("sysdock.toml");
    for text in blocks("toml") {
        std::fs::write(&config, &text).expect("a file can be written");
        let file = fixture("healthy");
        sysdock(["doctor", "--config", &config.display().to_string(), "--from", &file]).run().ended(0);
    }
}
