#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]
//! How long a diagnosis of a stopped container takes, beside the docker CLI's `inspect`, `logs` and `info`
//! one after the other.
//!
//! `DOCKER_HOST=unix:///… cargo bench --bench doctor -- [IMAGE]` (default image: deb-systemd:bookworm). The
//! two are run in turns, so that whatever else the machine does hits both; what counts is the ratio of the
//! medians.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;

fn main() {
    let image = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with('-'))
        .unwrap_or_else(|| "deb-systemd:bookworm".to_owned());
    let name = format!("sysdock-bench-{}", std::process::id());
    let start = ["run", "-d", "-t", "--network", "none", "--name", &name, &image, "/sbin/init"];
    if !docker(&start) {
        eprintln!(
            "bench: `docker {}` failed; is DOCKER_HOST set, and has the engine the image?",
            start.join(" ")
        );
        std::process::exit(1);
    }
    std::thread::sleep(Duration::from_secs(2));
    let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        ours.push(timed(|| peak = peak.max(doctor(&name))));
        theirs.push(timed(|| {
            docker(&["inspect", &name]);
            docker(&["logs", &name]);
            docker(&["info"]);
        }));
    }
    docker(&["rm", "-f", &name]);
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "sysdock doctor            {:7.1} ms, peak memory {:.1} MiB",
        ms(ours),
        f64::from(peak) / 1024.0
    );
    println!("docker inspect+logs+info  {:7.1} ms", ms(theirs));
    println!("ratio                     {:7.2}", ms(ours) / ms(theirs));
}

fn docker(words: &[&str]) -> bool {
    Command::new("docker")
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs the doctor; returns its peak memory in KiB, as /usr/bin/time measures it (0 where that is missing).
fn doctor(name: &str) -> u32 {
    let program = env!("CARGO_BIN_EXE_sysdock");
    let timed = Command::new("/usr/bin/time")
        .args(["-f", "%M", program, "-q", "doctor", name])
        .stdout(Stdio::null())
        .output();
    if let Ok(output) = timed {
        String::from_utf8_lossy(&output.stderr)
            .lines()
            .last()
            .and_then(|line| line.trim().parse().ok())
            .unwrap_or(0)
    } else {
        let _ = Command::new(program).args(["-q", "doctor", name]).stdout(Stdio::null()).status();
        0
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
