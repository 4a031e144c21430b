//! The playbook: the committed book is what the rules say, tables are written once, and a message leads to
//! its page.

use std::collections::BTreeSet;

use clap::{CommandFactory, Parser};
use sysdock::cli::Cli;
use sysdock::exit_code::Exit;
use sysdock::rule::{BROKEN, IMAGE, builtin};

use super::program::{project, sysdock};

fn text(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_committed_book_is_what_the_rules_say() {
    let run = sysdock(["rules", "docs", "--check", &project("docs/book").display().to_string()]).run();
    assert_eq!(run.code, 0, "{}\nrun: cargo run -- rules docs -o docs/book", run.stdout);
}

#[test]
fn a_book_that_is_not_what_the_rules_say_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = folder.path().display().to_string();
    let check = || sysdock(["rules", "docs", "--check", &at]).run();
    assert!(check().ended(1).stdout.contains("src/SUMMARY.md: missing"));
    sysdock(["rules", "docs", "-o", &at]).run().ended(0);
    assert_eq!(check().ended(0).stdout, "");
    let own = folder.path().join("src/ids/mine.md");
    std::fs::write(&own, "# a page of my own\n").expect("it can be written");
    let gone = folder.path().join("src/ids/gone.md");
    std::fs::copy(folder.path().join("src/ids/unit-failed.md"), &gone).expect("it can be copied");
    std::fs::write(folder.path().join("src/messages.md"), "other").expect("it can be written");
    let run = check().ended(1);
    assert_eq!(run.stdout, "src/ids/gone.md: its rule no longer exists\nsrc/messages.md: differs\n");
    assert!(run.stderr.contains("next: sysdock rules docs -o"), "{}", run.stderr);
    sysdock(["rules", "docs", "-o", &at]).run().ended(0);
    check().ended(0);
    assert!(own.exists() && !gone.exists());
}

#[test]
fn a_rule_of_the_user_has_its_page() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let rule = "id = \"mine\"\ntitle = \"<b>mine</b> *is* [odd](x) \\u001b[31m\"\nseverity \
        = \"error\"\nstage = \"units\"\nexplanation = \"e\"\nconfirm = \"c\"\n\
                [[signature]]\nname = \"s\"\npattern = 'my `own` message'\n";
    std::fs::write(folder.path().join("mine.toml"), rule).expect("it can be written");
    let out = folder.path().join("out").display().to_string();
    sysdock(["rules", "docs", "-o", &out, "--rules", &folder.path().join("mine.toml").display().to_string()])
        .run()
        .ended(0);
    let page = std::fs::read_to_string(folder.path().join("out/src/ids/mine.md")).expect("it was written");
    assert!(
        page.contains(r"# &lt;b&gt;mine&lt;/b&gt; \*is\* \[odd\](x)") && !page.contains('\u{1b}'),
        "{page}"
    );
    let index = std::fs::read_to_string(folder.path().join("out/src/messages.md")).expect("it was written");
    assert!(index.contains("- ``my `own` message``: [mine](ids/mine.md)"), "{index}");
}

#[test]
fn help_does_not_depend_on_the_environment() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = folder.path().display().to_string();
    sysdock(["rules", "docs", "-o", &at]).env("SYSDOCK_TIMEOUT", "77").env("COLUMNS", "40").run().ended(0);
    sysdock(["rules", "docs", "--check", &at]).run().ended(0);
}

#[test]
fn exit_codes_are_documented_the_same_everywhere() {
    let help = sysdock(["--help"]).run().ended(0).stdout;
    let (readme, book) = (text("README.md"), text("docs/book/src/exit-codes.md"));
    for exit in Exit::DOCUMENTED {
        let row = format!("| {} | {} |", exit.code(), exit.meaning());
        assert!(readme.contains(&row), "README.md has no row {row}");
        assert!(book.contains(&row), "the book has no row {row}");
        let squeezed = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            squeezed.contains(&format!("{} {}", exit.code(), exit.meaning())),
            "--help does not say {row}"
        );
    }
}

/// The table of the README holds recipes, which no code has; that they are right and leave no command out is
/// checked.
#[test]
fn the_table_of_commands_holds_every_command() {
    let readme = text("README.md");
    let lines = || {
        readme.lines().filter_map(|line| {
            line.strip_prefix("| `sysdock ")?.split_once('`').map(|(command, _)| command.to_owned())
        })
    };
    for line in lines() {
        let words =
            shlex::split(&format!("sysdock {line}")).unwrap_or_else(|| panic!("{line}: not a command line"));
        assert!(Cli::try_parse_from(words).is_ok(), "README.md: `sysdock {line}` is no command");
    }
    for command in Cli::command().get_subcommands().map(clap::Command::get_name) {
        assert!(
            lines().any(|line| line.split(' ').next() == Some(command)),
            "README.md does not tell of `{command}`"
        );
    }
}

#[test]
fn the_terminal_and_the_book_have_the_same_page() {
    let words = |page: &str| -> BTreeSet<String> {
        let plain = page.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        plain.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
    };
    for rule in builtin().expect("the rules can be read").rules {
        let terminal = words(&sysdock(["explain", &rule.id]).run().ended(0).stdout);
        let book = words(&text(&format!("docs/book/src/ids/{}.md", rule.id)));
        let missing: Vec<_> = terminal.difference(&book).collect();
        assert!(missing.is_empty(), "{}: the book does not say {missing:?}", rule.id);
    }
}

#[test]
fn a_message_finds_its_page() {
    let explain = |words: &str| sysdock(["explain", words]).run();
    let run = explain(
        "Jan  2 03:04:05 host systemd[1]: Failed to create /init.scope control group: Read-only file system",
    )
    .ended(0);
    assert!(
        run.stdout.starts_with("cgroup-read-only matches signature init-scope-read-only:\n"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("[cgroup-read-only] critical"), "{}", run.stdout);
    let several = explain("Failed to mount tmpfs at /run: Operation not permitted").ended(0).stdout;
    assert!(
        several.starts_with("run-tmpfs-missing ") && several.contains("\nmount-eperm-needs-cap matches"),
        "{several}"
    );
    let unknown = explain("the printer is on fire").refused(1);
    assert!(unknown.stdout.is_empty(), "{unknown:?}");
    explain("cgroup-read-onyl").refused(2);
    assert!(explain("cgroup-read-onyl").stderr.contains("did you mean `cgroup-read-only`?"));
    explain("").ended(2);
}

#[test]
fn every_rule_shows_itself_or_says_why_not() {
    for rule in builtin().expect("the rules can be read").rules {
        assert!(
            rule.page.reproduce.is_empty() == rule.page.not_reproduced.is_some(),
            "{}: a [[reproduce]] or not_reproduced, one of both",
            rule.id
        );
        for one in &rule.page.reproduce {
            let words = shlex::split(&one.run).unwrap_or_default();
            let place = format!("{}: {}", rule.id, one.run);
            assert!(words.first().is_some_and(|word| *word == one.engine.name()), "{place}");
            assert!(words.iter().filter(|word| *word == IMAGE).count() == 1, "{place}");
            assert!(one.run.contains(&format!("--name {BROKEN} --network none")), "{place}");
            assert!(!one.run.contains("--privileged"), "{place}");
            assert_eq!(one.profile.is_some(), one.run.contains("profile.json"), "{place}");
        }
    }
}
