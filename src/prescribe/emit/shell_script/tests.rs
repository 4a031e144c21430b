//! Runs the script with a fake engine that records its arguments.

use std::collections::BTreeMap;

use crate::prescribe::emit::tests::HOSTILE;
use crate::prescribe::{CureFormat, Prescription, Step, StepKind, emit};

fn prescription(argv: Vec<String>, files: &[(&str, &str)]) -> Prescription {
    let mut step = Step::command(StepKind::RunContainer, "start it\nrm -rf /", argv);
    step.files =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect::<BTreeMap<_, _>>();
    let mut prescription = crate::render::sample::prescription();
    prescription.steps = vec![Step::advice("read\u{2028}me\r$(touch bad)", &[]), step];
    prescription
}

/// Runs a script with a fake `docker` that records its arguments, each ended by NUL, and copies its files.
fn run(script: &str) -> (i32, Vec<u8>, tempfile::TempDir) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let stub = format!(
        "#!/bin/sh\nprintf '%s\\0' \"$@\" > {0}/words\ncp -r . {0}/copy\nexit ${{STUB:-0}}\n",
        folder.path().display()
    );
    std::fs::write(path("docker"), stub).unwrap();
    std::fs::set_permissions(path("docker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(path("cure.sh"), script).unwrap();
    let search = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let sh = |words: &[&str]| {
        std::process::Command::new("sh")
            .args(words)
            .arg(path("cure.sh"))
            .current_dir(folder.path())
            .env("PATH", &search)
            .env("TMPDIR", folder.path())
            .status()
            .unwrap()
    };
    assert!(sh(&["-n"]).success(), "{script}");
    let code = sh(&[]).code().unwrap();
    let words = std::fs::read(path("words")).unwrap_or_default();
    (code, words, folder)
}

#[test]
fn the_script_runs_each_word_as_it_is() {
    let words: Vec<String> = std::iter::once("docker")
        .chain(["run"])
        .chain(HOSTILE)
        .chain(["", "*", "~", "a\\nb"])
        .map(str::to_owned)
        .collect();
    let hostile = "$HOME `id` \\ '\"\nEND\n  END_\nEND__\n";
    let files = [("image/Dockerfile", hostile), ("a b/no end", "last line\nEND"), ("-x.json", "{}\n")];
    let script = emit(&prescription(words.clone(), &files), CureFormat::Sh).unwrap().unwrap().page();
    assert!(script.starts_with("#!/bin/sh\n") && script.contains("\nset -eu\n"));
    let (code, written, folder) = run(&script);
    assert_eq!(code, 0, "{script}");
    let expected: Vec<u8> = words[1..].iter().flat_map(|word| word.bytes().chain([0])).collect();
    assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&expected));
    for (path, text) in files {
        assert_eq!(std::fs::read_to_string(folder.path().join("copy").join(path)).unwrap(), text, "{path}");
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_step_that_fails_ends_the_script() {
    let words = |code: &str| vec!["sh".to_owned(), "-c".to_owned(), format!("exit {code}")];
    let mut two = prescription(words("7"), &[]);
    two.steps.push(Step::command(
        StepKind::RunContainer,
        "never",
        vec!["docker".to_owned(), "run".to_owned()],
    ));
    let script = emit(&two, CureFormat::Sh).unwrap().unwrap().page();
    let (code, written, _folder) = run(&script);
    assert_eq!((code, written.len()), (7, 0));
    let advice = Prescription { steps: vec![Step::advice("read", &[])], ..two };
    assert_eq!(
        (emit(&advice, CureFormat::Sh).unwrap(), emit(&advice, CureFormat::Compose).unwrap()),
        (None, None)
    );
}
