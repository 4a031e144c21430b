//! The programs that are compared, and how each is called on a file with a list of patterns.

use std::path::Path;
use std::process::Command;

/// The word that makes this program count with [`each_on_each`].
pub const EACH: &str = "--each-on-each";
/// Bytes that are enough for what takes hundreds of times as long.
const LOOP_BYTES: u64 = 4 << 20;

/// A program with its arguments.
pub struct Other {
    /// What the table calls it.
    pub name: &'static str,
    /// Its file.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Part of the file that it is given; slow ones get less.
    pub part: f64,
    /// Whether it is held on one processor, whatever number of threads it starts.
    pub alone: bool,
    /// Why it did not run, in its own words.
    pub said: String,
}

impl Other {
    fn new(name: &'static str, program: &str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        Self { name, program: program.to_owned(), arguments, part: 1.0, alone: true, said: String::new() }
    }

    /// Why it did not run.
    pub fn missing(&self) -> &str {
        if self.said.is_empty() { "it is not installed" } else { &self.said }
    }
}

/// All programs; ours comes first.
pub fn all(path: &Path, list: &Path) -> Vec<Other> {
    let (log, list) = (path.display().to_string(), list.display().to_string());
    let ours = env!("CARGO_BIN_EXE_sysdock");
    let triage =
        |threads| Other::new("", ours, &["triage", "-q", "--format", "json", "--threads", threads, &log]);
    let mut programs = vec![
        Other { name: "sysdock triage", ..triage("1") },
        Other { name: "sysdock triage, on two processors", alone: false, ..triage("2") },
        Other::new(
            "ripgrep --no-unicode -c -f",
            "rg",
            &["--no-unicode", "-j1", "-a", "-c", "-f", &list, &log],
        ),
    ];
    let extended = Path::new(&list).with_extension("grep").display().to_string();
    programs.push(Other::new("grep -E -c -f", "grep", &["-a", "-E", "-c", "-f", &extended, &log]));
    if let Some(vectorscan) = vectorscan(list.as_ref()) {
        programs.push(Other::new("Vectorscan, blocks, without compiling", &vectorscan, &[&list, &log]));
    }
    let small = path.with_extension("small");
    cut(path, &small, LOOP_BYTES);
    let whole = std::fs::metadata(path).map_or(1, |file| file.len()).max(1);
    let part = std::fs::metadata(&small).map_or(0, |file| file.len()) as f64 / whole as f64;
    let this = std::env::current_exe().map(|file| file.display().to_string()).unwrap_or_default();
    programs.push(Other {
        part,
        ..Other::new("each pattern on each line", &this, &[EACH, &list, &small.display().to_string()])
    });
    programs
}

/// Counts the lines that match, pattern by pattern and line by line, and says how many: what triage would be
/// without a filter.
pub fn each_on_each(list: &str, log: &str) {
    let began = std::time::Instant::now();
    let patterns = std::fs::read_to_string(list).expect("the patterns can be read");
    let patterns: Vec<regex::Regex> =
        patterns.lines().map(|one| regex::Regex::new(one).expect("the patterns are regular")).collect();
    eprintln!("compiled {}", began.elapsed().as_secs_f64());
    let text = std::fs::read(log).expect("the log can be read");
    let text = String::from_utf8_lossy(&text);
    let found =
        text.lines().filter(|line| patterns.iter().filter(|pattern| pattern.is_match(line)).count() > 0);
    println!("{}", found.count());
}

/// The beginning of a file as a file of its own.
fn cut(from: &Path, to: &Path, bytes: u64) {
    use std::io::Read;
    let from = std::fs::File::open(from).expect("the log can be read");
    let mut to = std::fs::File::create(to).expect("a shorter log can be made");
    std::io::copy(&mut from.take(bytes), &mut to).expect("a shorter log can be written");
}

/// Compiles the small program around Vectorscan (or Hyperscan), where its library is installed.
fn vectorscan(list: &Path) -> Option<String> {
    let program = list.with_file_name("vectorscan");
    if !program.exists() {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/scan/vectorscan.c");
        let built =
            Command::new("cc").args(["-O2", "-o"]).arg(&program).args([source, "-lhs"]).output().ok()?;
        if !built.status.success() {
            eprintln!(
                "bench: Vectorscan is left out: {}",
                String::from_utf8_lossy(&built.stderr).lines().next().unwrap_or_default()
            );
            return None;
        }
    }
    Some(program.display().to_string())
}
