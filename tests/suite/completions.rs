//! Completion as a shell asks for it: the printed script sourced in bash, zsh and fish, with an engine that
//! has the container `web`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::json;

use super::fake::{Answer, Fake, recorded};
use super::program::{announce, sysdock};

/// Asks bash as readline does: the words parted at its breaks, the line and the place of the cursor.
const BASH: &str = r#"
source "$1"
set -f
COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=9 COMP_KEY=9 COMP_WORDS=() rest=$2
while [[ -n $rest ]]; do
    rest=${rest#"${rest%%[! ]*}"}
    [[ $rest =~ ^([:=]+|[^\ :=]+) ]] || break
    COMP_WORDS+=("${BASH_REMATCH[1]}") rest=${rest#"${BASH_REMATCH[1]}"}
done
[[ $2 == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_sysdock_complete sysdock "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;
/// Zsh's own machinery needs a line editor; here `_describe` and `compdef` only say what they are given.
const ZSH: &str = r#"
compdef() { [[ $2 == sysdock ]] && echo registered >&2 }
_describe() { local name=$argv[-1]; [[ $name == /* ]] && name=$argv[3]; print -rl -- "${(@P)name}" }
source $1
words=("${(@s: :)2}")
CURRENT=${#words}
_clap_dynamic_completer_sysdock
"#;
const FISH: &str = "source $argv[1]; complete --do-complete $argv[2]";

/// An engine with one container and one image.
fn engine() -> Fake {
    Fake::but(recorded(), |request| {
        request
            .is("/images/json")
            .then(|| Answer::Json(200, json!([{"RepoTags": ["debian-systemd:12"]}, {"RepoTags": null}])))
    })
}

/// The values that a shell offers for a line; nothing where there is no such shell.
fn offered(shell: &str, line: &str, engine: &str) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let script = folder.path().join("sysdock.completion");
    std::fs::write(&script, sysdock(["completions", shell]).run().ended(0).stdout)
        .expect("the script can be written");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_sysdock"));
    let path = format!("{}:{}", program.parent()?.display(), std::env::var("PATH").unwrap_or_default());
    let (code, before): (&str, &[&str]) = match shell {
        "bash" => (BASH, &["--norc", "--noprofile", "-c"]),
        "zsh" => (ZSH, &["-f", "-c"]),
        _ => (FISH, &["--no-config", "-c"]),
    };
    let mut command = Command::new(shell);
    command.args(before).arg(code);
    if shell != "fish" {
        command.arg(shell);
    }
    command
        .arg(&script)
        .arg(line)
        .env_clear()
        .env("PATH", path)
        .env("DOCKER_HOST", engine)
        .env("HOME", folder.path());
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).expect("names are text");
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("rror"),
        "{shell}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Fish and zsh show a word about each value behind it.
    let value = |line: &str| line.split('\t').next().unwrap_or_default().replace("\\:", "\u{1}");
    let values = text.lines().filter(|line| !line.is_empty()).map(value);
    let bare = |value: String| {
        if shell == "zsh" { value.split(':').next().unwrap_or_default().to_owned() } else { value }
    };
    Some(values.map(bare).map(|value| value.replace('\u{1}', ":")).collect())
}

#[test]
fn shells_offer_what_the_engine_has() {
    let fake = engine();
    let address = format!("unix://{}", fake.socket().display());
    for shell in ["bash", "zsh", "fish"] {
        for (line, expected) in [
            ("sysdock doctor ", "web"),
            ("sysdock doctor w", "web"),
            ("sysdock doctor db w", "web"),
            ("sysdock snapshot we", "web"),
            ("sysdock seccomp check w", "web"),
            ("sysdock prove w", "web"),
            ("sysdock explain cgroup-read-on", "cgroup-read-only"),
            ("sysdock doct", "doctor"),
            ("sysdock doctor --form", "--format"),
            ("sysdock doctor --format js", "json"),
        ] {
            let Some(offers) = offered(shell, line, &address) else {
                announce(&format!("completions: not tried in {shell}, which is not installed"));
                break;
            };
            assert!(offers.iter().any(|offer| offer == expected), "{shell}, `{line}`: {offers:?}");
        }
    }
}

/// A program that offers what no engine would, in a folder with files that a pattern would find.
const ODD_OFFERS: &str = r#"
source "$1"
sysdock() { printf '*\013?\013[a-z]\013a b\013$(id)\013web'; }
COMP_LINE="sysdock doctor " COMP_POINT=15 COMP_WORDS=(sysdock doctor "") COMP_CWORD=2
_sysdock_complete sysdock "" doctor
printf '%s\n' "${COMPREPLY[@]}"
"#;

#[test]
fn bash_takes_no_candidate_for_a_pattern() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for name in ["file", "a", "b"] {
        std::fs::write(folder.path().join(name), "").expect("a file can be written");
    }
    let script = folder.path().join("sysdock.completion");
    std::fs::write(&script, sysdock(["completions", "bash"]).run().ended(0).stdout)
        .expect("the script can be written");
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-c", ODD_OFFERS, "bash"])
        .arg(&script)
        .current_dir(folder.path())
        .stdin(Stdio::null());
    let output = bash.output().expect("bash can be started");
    let offers = String::from_utf8(output.stdout).expect("names are text");
    assert_eq!(
        offers.lines().collect::<Vec<_>>(),
        ["\\*", "\\?", "\\[a-z\\]", "a\\ b", "\\$\\(id\\)", "web"]
    );
}

#[test]
fn words_with_colons_stay_whole() {
    let fake = engine();
    let address = format!("unix://{}", fake.socket().display());
    let line = format!("sysdock -H {address} doctor w");
    for shell in ["bash", "zsh", "fish"] {
        let Some(offers) = offered(shell, &line, "unix:///no/such.sock") else { continue };
        assert_eq!(offers, ["web"], "{shell}");
        let whole = if shell == "bash" { "12" } else { "debian-systemd:12" };
        let offers = offered(shell, "sysdock prove debian-systemd:1", &address).unwrap_or_default();
        assert_eq!(offers, [whole], "{shell}: bash keeps what stands before its break");
    }
    assert_eq!(offered("bash", "sysdock doctor --format=mark", &address).unwrap_or_default(), ["markdown"]);
}

#[test]
fn an_engine_that_does_not_answer_is_not_waited_for() {
    let fake = Fake::answering(|_| Answer::Hang);
    let began = Instant::now();
    let call = fake
        .call("-- sysdock doctor w")
        .env("SYSDOCK_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "2")
        .run()
        .ended(0);
    assert!(call.stdout.is_empty() && call.stderr.is_empty(), "{call:?}");
    assert!(began.elapsed().as_secs() < 30, "{call:?}");
    let call = sysdock(["--", "sysdock", "doctor", "w"]).env("SYSDOCK_COMPLETE", "fish").run().ended(0);
    assert!(call.stdout.is_empty() && call.stderr.is_empty(), "{call:?}");
}
