//! The shape of the source: who may import whom, who may print, how long things may be. Reads `src/` as text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sysdock::snapshot::CATALOG;

use super::program::project;

/// Which module may import which. An import that is not here is either a mistake or a decision to be made
/// here.
const ALLOWED: &[(&str, &[&str])] = &[
    ("cli", &["prescribe", "render", "rule"]),
    ("collect", &["docker", "facts", "pattern", "scan", "seccomp", "snapshot"]),
    (
        "command",
        &[
            "cli",
            "collect",
            "completion",
            "config",
            "diagnose",
            "docker",
            "exit_code",
            "facts",
            "fleet",
            "intake",
            "options",
            "safe_path",
            "playbook",
            "prescribe",
            "quote",
            "render",
            "rule",
            "scan",
            "seccomp",
            "selftest",
            "sink",
            "snapshot",
            "treat",
            "triage",
            "trust",
            "visible",
            "watch",
        ],
    ),
    ("completion", &["cli", "collect", "docker", "exit_code", "prescribe", "rule", "seccomp", "visible"]),
    ("config", &["cli", "render", "rule", "schema", "trust"]),
    ("diagnose", &["rule", "scan", "snapshot"]),
    ("docker", &["json_limit", "quote", "snapshot"]),
    ("exit_code", &["diagnose", "rule", "snapshot"]),
    ("facts", &["pattern", "seccomp", "snapshot"]),
    ("fleet", &["collect", "diagnose", "docker", "facts", "prescribe", "rule", "scan", "snapshot", "treat"]),
    ("intake", &["facts", "pattern", "scan", "snapshot"]),
    ("lib", &[]),
    ("json_limit", &[]),
    ("main", &["command"]),
    (
        "options",
        &["cli", "collect", "config", "diagnose", "docker", "prescribe", "render", "rule", "sink", "trust"],
    ),
    ("pattern", &[]),
    ("safe_path", &[]),
    ("playbook", &["rule", "scan"]),
    ("prescribe", &["diagnose", "facts", "pattern", "quote", "rule", "seccomp", "snapshot", "visible"]),
    ("quote", &["visible"]),
    (
        "render",
        &[
            "diagnose",
            "exit_code",
            "playbook",
            "prescribe",
            "quote",
            "rule",
            "schema",
            "seccomp",
            "selftest",
            "snapshot",
            "treat",
            "visible",
        ],
    ),
    ("reorder_buffer", &[]),
    ("rule", &["pattern", "schema", "snapshot", "trust"]),
    ("scan", &["pattern", "reorder_buffer", "rule", "snapshot"]),
    ("schema", &[]),
    ("seccomp", &[]),
    ("selftest", &["collect", "docker", "snapshot"]),
    ("sink", &["diagnose", "render", "rule"]),
    ("snapshot", &["json_limit", "pattern", "schema"]),
    (
        "treat",
        &[
            "collect",
            "diagnose",
            "docker",
            "prescribe",
            "quote",
            "rule",
            "safe_path",
            "scan",
            "seccomp",
            "snapshot",
            "trust",
        ],
    ),
    ("triage", &["diagnose", "facts", "intake", "reorder_buffer", "rule", "scan", "snapshot"]),
    ("trust", &[]),
    ("visible", &[]),
    ("watch", &["collect", "diagnose", "docker", "prescribe", "render", "rule", "scan", "sink", "snapshot"]),
];

/// Files of tables, which may be longer.
const TABLES: &[&str] = &["src/snapshot/catalog.rs"];
const LINES: usize = 400;
const TABLE_LINES: usize = 600;
const FUNCTION_LINES: usize = 60;
/// Characters of a line, as in `rustfmt.toml`.
const COLUMNS: usize = 110;

/// Lines of a file of `src/command/`: arguments, stage, rendering, exit code.
const COMMAND_LINES: usize = 120;
/// How paths of the Engine API begin.
const API_PATHS: &[&str] = &[
    "/_ping",
    "/build?",
    "/containers/",
    "/events?",
    "/exec/",
    "/images/",
    "/info",
    "/libpod/",
    "/networks",
    "/v1.",
    "/v4.",
    "/version",
    "/volumes",
];

/// A source file.
struct File {
    /// Path below the project.
    path: String,
    /// Its top module.
    module: String,
    /// The whole text.
    text: String,
    /// The text without its tests.
    code: String,
}

fn sources() -> Vec<File> {
    let mut paths = Vec::new();
    walk(&project("src"), &mut paths);
    paths.sort();
    let files: Vec<File> = paths.iter().map(|path| read(path)).collect();
    // A module that is declared for tests only holds no code of the program.
    let tested: Vec<String> = files.iter().flat_map(test_modules).collect();
    files
        .into_iter()
        .map(|file| if tested.contains(&file.path) { File { code: String::new(), ..file } } else { file })
        .collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("src/ can be read").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn read(path: &Path) -> File {
    let text = std::fs::read_to_string(path).expect("a source file can be read");
    let below = path.strip_prefix(project("src")).expect("the file lies in src/");
    let module = below
        .iter()
        .next()
        .and_then(|part| Path::new(part).file_stem())
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let code = without_tests(&text);
    File { path: format!("src/{}", below.display()), module, text, code }
}

/// The text up to its tests, which stand last; a module that is only declared for tests is left out.
fn without_tests(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let next = if line == "#[cfg(test)]" { lines.next() } else { None };
        if next.is_some_and(|next| next.contains("mod ") && next.ends_with('{')) {
            break;
        }
        match next {
            None => code.extend([line, "\n"]),
            // An item for tests among others ends with the brace that its first line opens.
            Some(next) if next.ends_with('{') => drop(lines.find(|line| *line == "}")),
            Some(_) => {}
        }
    }
    code
}

fn test_modules(file: &File) -> Vec<String> {
    // Modules of `x.rs` stand in `x/`, those of a root beside it.
    let own = file.path.trim_end_matches(".rs");
    let root = own.rsplit_once('/').filter(|(_, name)| ["mod", "lib", "main"].contains(name));
    let folder = root.map_or(own, |(folder, _)| folder);
    let declared = file
        .text
        .split("#[cfg(test)]")
        .skip(1)
        .filter_map(|rest| rest.trim_start().lines().next()?.split("mod ").nth(1)?.strip_suffix(';'));
    let own = file.path.trim_end_matches(".rs");
    declared.flat_map(|name| [format!("{folder}/{name}.rs"), format!("{own}/{name}.rs")]).collect()
}

/// Top modules that a text names after `crate::` or `sysdock::`, also within braces.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let joined = lines.join("\n");
    for prefix in ["crate::", "sysdock::"] {
        for rest in joined.split(prefix).skip(1) {
            let inside = rest.strip_prefix('{').and_then(|group| group.split('}').next());
            let names: Vec<&str> = inside.map_or_else(|| vec![rest], |group| group.split(',').collect());
            found.extend(names.iter().map(|name| first_word(name)).filter(|name| !name.is_empty()));
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
}

#[test]
fn imports_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for file in sources() {
        let edges = allowed
            .get(file.module.as_str())
            .unwrap_or_else(|| panic!("{} is a module that the table does not know", file.module));
        for import in imports(&file.code).into_iter().filter(|import| *import != file.module) {
            assert!(
                edges.contains(&import.as_str()),
                "{} imports {import}, which {} may not",
                file.path,
                file.module
            );
        }
    }
}

#[test]
fn imports_make_no_circle() {
    let edges: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for (from, _) in ALLOWED {
        let mut open: Vec<&str> = edges[from].to_vec();
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop() {
            assert_ne!(next, *from, "{from} imports itself through others");
            if seen.insert(next) {
                open.extend(edges.get(next).copied().unwrap_or_default());
            }
        }
    }
}

fn using(word: &str) -> Vec<String> {
    let code = |file: &File| {
        file.code.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| line.contains(word))
    };
    sources().iter().filter(|file| code(file)).map(|file| file.path.clone()).collect()
}

#[test]
fn only_the_engine_module_knows_bollard() {
    let users = using("bollard");
    assert!(!users.is_empty() && users.iter().all(|path| path.starts_with("src/docker/")), "{users:?}");
}

/// Whether a text of the program begins like a path of the Engine API. JSON pointers into documents are none:
/// what follows in them is a part of its own, or begins with a capital letter.
fn is_api_path(literal: &str) -> bool {
    API_PATHS.iter().any(|path| {
        literal
            .strip_prefix(path)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '/'))
    })
}

/// Texts of the program in a file, read as Rust, those of its tests left out.
fn literals(text: &str) -> Vec<String> {
    struct Literals(Vec<String>);
    impl<'a> syn::visit::Visit<'a> for Literals {
        fn visit_lit_str(&mut self, literal: &'a syn::LitStr) {
            self.0.push(literal.value());
        }

        fn visit_macro(&mut self, call: &'a syn::Macro) {
            let within = call.tokens.to_string();
            self.0.extend(within.split('"').skip(1).step_by(2).map(str::to_owned));
        }

        fn visit_attribute(&mut self, _: &'a syn::Attribute) {}

        fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
            if module.ident != "tests" {
                syn::visit::visit_item_mod(self, module);
            }
        }
    }
    let mut found = Literals(Vec::new());
    syn::visit::Visit::visit_file(&mut found, &syn::parse_file(text).expect("it is Rust"));
    found.0
}

#[test]
fn only_the_engine_module_knows_paths_of_the_api() {
    let mut inside = 0;
    for file in sources() {
        let paths: Vec<String> = literals(&file.text).into_iter().filter(|text| is_api_path(text)).collect();
        if file.module == "docker" {
            inside += paths.len();
        } else {
            assert!(paths.is_empty(), "{} asks the engine for {paths:?}: give src/docker a call", file.path);
        }
    }
    assert!(inside > 10, "{inside} paths in src/docker: are they read?");
    for path in
        ["/containers/{}/json", "/containers/json?all=1", "/v4.0.0/libpod/info", "/images/x/json", "/info"]
    {
        assert!(is_api_path(path), "{path}");
    }
}

#[test]
fn commands_are_short() {
    for file in sources().iter().filter(|file| file.path.starts_with("src/command/")) {
        let lines = file.text.lines().count();
        assert!(lines <= COMMAND_LINES, "{} has {lines} lines", file.path);
    }
}

#[test]
fn one_file_colours() {
    assert_eq!(using("colored::").len(), 1, "{:?}", using("colored::"));
}

#[test]
fn printing_is_for_render_and_command() {
    for word in ["println!", "print!(", "eprintln!", "eprint!(", "io::stdout()", "io::stderr()"] {
        let odd: Vec<_> = using(word)
            .into_iter()
            .filter(|path| !path.starts_with("src/render/") && !path.starts_with("src/command/"))
            .collect();
        assert!(odd.is_empty(), "{word} in {odd:?}");
    }
    assert!(
        using("println!").is_empty() && using("print!(").is_empty(),
        "output goes through src/render/output.rs"
    );
}

#[test]
fn the_judging_middle_touches_nothing() {
    for word in [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "tokio",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
    ] {
        let odd: Vec<_> = using(word)
            .into_iter()
            .filter(|path| {
                [
                    "src/diagnose/",
                    "src/facts/",
                    "src/playbook/",
                    "src/prescribe/",
                    "src/scan/",
                    "src/seccomp/",
                ]
                .iter()
                .any(|folder| path.starts_with(folder))
            })
            .collect();
        assert!(odd.is_empty(), "{word} in {odd:?}");
    }
}

#[test]
fn files_and_names_are_short() {
    for file in sources() {
        let (lines, limit) = (
            file.text.lines().count(),
            if TABLES.contains(&file.path.as_str()) { TABLE_LINES } else { LINES },
        );
        assert!(lines <= limit, "{} has {lines} lines", file.path);
        let name = Path::new(&file.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "misc", "helpers", "helper", "common"].contains(&name.as_str()),
            "{}",
            file.path
        );
        assert!(
            file.path == "src/main.rs" || file.text.starts_with("//!"),
            "{} does not say what it is for",
            file.path
        );
    }
}

/// Only a line with a literal, which may have no place to break it, is longer. What `rustfmt` cannot lay out
/// (long literals keep it from the whole statement) is found by this.
#[test]
fn lines_fit_beside_another_file() {
    for file in sources() {
        let long: Vec<&str> =
            file.code.lines().filter(|line| line.chars().count() > COLUMNS && !line.contains('"')).collect();
        assert!(long.is_empty(), "{}: {long:#?}", file.path);
    }
}

/// Facts are named by the typed keys of the catalog.
#[test]
fn no_fact_is_named_by_a_literal() {
    let keys: Vec<String> = CATALOG.iter().map(|fact| format!("\"{}\"", fact.key)).collect();
    let found: Vec<(String, &String)> = sources()
        .iter()
        .filter(|file| file.path != "src/snapshot/catalog.rs" && !file.path.ends_with("tests.rs"))
        .flat_map(|file| {
            keys.iter().filter(|key| file.code.contains(*key)).map(|key| (file.path.clone(), key))
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_panics_on_purpose() {
    for word in [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!("] {
        assert!(using(word).is_empty(), "{word} in {:?}", using(word));
    }
}

#[test]
fn one_file_is_unsafe() {
    assert_eq!(using("unsafe"), ["src/scan/fast/avx2.rs"]);
}

#[test]
fn functions_fit_on_a_screen() {
    for file in sources() {
        let long: Vec<_> =
            functions(&file.code).into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES).collect();
        assert!(long.is_empty(), "{}: {long:?}", file.path);
    }
}

/// Names and lengths of functions: from the line with `fn` to the line on which its indentation closes a
/// brace.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(String, usize, usize)> = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let indentation = line.len() - line.trim_start().len();
        if line.trim() == "}" && open.last().is_some_and(|(_, depth, _)| *depth == indentation) {
            let (name, _, start) = open.pop().expect("one is open");
            found.push((name, number - start + 1));
        }
        let signature = line
            .trim_start()
            .trim_start_matches("pub ")
            .trim_start_matches("pub(super) ")
            .trim_start_matches("pub(crate) ");
        let signature = signature.trim_start_matches("const ").trim_start_matches("async ");
        if let Some(rest) = signature.strip_prefix("fn ")
            && !line.trim_end().ends_with('}')
            && !line.trim_end().ends_with(';')
        {
            let name = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            open.push((name, indentation, number));
        }
    }
    found
}
