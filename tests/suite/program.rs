//! The built program as a user runs it: arguments in, exit code and both outputs out.
//!
//! `SYSDOCK_TEST_TIMES` names a file that gets a line `SECONDS TEST` for each test that took a second or
//! more.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::own_schemas;

/// Longest that any single run may take; far more than it needs, so that a busy machine fails no test.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    /// Exit code; 256 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
    /// Most memory that it held, in KiB; 0 when it ended before anybody could look.
    pub peak_kib: u64,
}

impl Run {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The report at a place.
    pub fn report(&self, index: usize) -> Value {
        self.json()["reports"][index].clone()
    }

    /// Fails the test unless the program ended with this code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// A failure as the project wants it: nothing on stdout, one line that says what, one that says what to
    /// do next.
    #[track_caller]
    pub fn refused(self, code: i32) -> Self {
        let run = self.ended(code);
        let lines: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("  | ")).collect();
        assert!(lines.first().is_some_and(|line| line.starts_with("sysdock: ")), "{run:?}");
        assert!(lines.get(1).is_some_and(|line| line.starts_with("  next: ")) && lines.len() == 2, "{run:?}");
        run
    }
}

/// A program call before it is run: no engine, no colour, no home unless asked for.
#[derive(Debug)]
pub struct Call(Command);

/// The time that the test of a thread takes, told when the thread ends.
struct Clock {
    test: Option<String>,
    began: Instant,
}

thread_local! {
    static CLOCK: Clock = Clock {
        // Threads that a test starts have no name.
        test: std::thread::current().name().filter(|name| *name != "main").map(str::to_owned),
        began: Instant::now(),
    };
}

/// Starts the clock of this test, unless it runs; the harness of the stable toolchain has none. Calls of the
/// program start it too.
pub fn clock() {
    CLOCK.with(|_| ());
}

impl Drop for Clock {
    fn drop(&mut self) {
        let took = self.began.elapsed().as_secs();
        let (Some(test), Some(place)) = (&self.test, std::env::var_os("SYSDOCK_TEST_TIMES")) else { return };
        if took > 0 {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(place);
            let _ = file.and_then(|mut file| file.write_all(format!("{took} {test}\n").as_bytes()));
        }
    }
}

/// Calls the program with these arguments.
pub fn sysdock<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Call {
    clock();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysdock"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    Call(command)
}

impl Call {
    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> Run {
        self.run_with(b"")
    }

    /// Runs it with this on its standard input; what it writes as JSON has to fit its schema.
    pub fn run_with(mut self, input: &[u8]) -> Run {
        self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = self.0.spawn().expect("the program can be started");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let input = input.to_vec();
        // A program that does not read its input must not block the test.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let (status, peak_kib) = wait(&mut child, began);
        feeder.join().expect("feeding does not fail");
        let text = |reader: std::thread::JoinHandle<Vec<u8>>| {
            String::from_utf8_lossy(&reader.join().expect("reading works")).into_owned()
        };
        let (code, took) = (status.code().unwrap_or(256), began.elapsed());
        let run = Run { code, stdout: text(stdout), stderr: text(stderr), took, peak_kib };
        own_schemas::written(&self.0.get_args().collect::<Vec<_>>(), &run.stdout);
        run
    }

    /// The command itself, for those who want to handle its outputs.
    pub fn command(self) -> Command {
        self.0
    }
}

fn drain(pipe: Option<impl std::io::Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Waits for the end and notes the highest memory mark that the kernel shows meanwhile.
fn wait(child: &mut Child, began: Instant) -> (ExitStatus, u64) {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        peak = peak.max(high_water(&status_file));
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            return (status, peak);
        }
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the program was still running after {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn high_water(status_file: &str) -> u64 {
    let status = std::fs::read_to_string(status_file).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// A path of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Ids of a report's root causes, in order.
pub fn roots(report: &Value) -> Vec<String> {
    with_role(report, "root-cause")
}

/// Ids of the findings of one role, in order.
pub fn with_role(report: &Value, role: &str) -> Vec<String> {
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    findings
        .iter()
        .filter(|finding| finding["role"] == role)
        .map(|finding| finding["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Says something that cargo shows even when the test passes.
pub fn announce(message: &str) {
    let _ = std::io::stderr().write_all(format!("{message}\n").as_bytes());
}
