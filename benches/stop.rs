#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]
//! How long `docker stop` takes for a container of an image that `sysdock build` made, beside the same guest
//! with the wrong signal.
//!
//! `DOCKER_HOST=unix:///… cargo bench --bench stop -- [BASE]` (default base: deb-systemd:bookworm). With
//! SIGTERM the engine waits the whole timeout, 3 s here, and kills.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 10;

fn main() {
    let base = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with('-'))
        .unwrap_or_else(|| "deb-systemd:bookworm".to_owned());
    let name = format!("sysdock-bench-{}", std::process::id());
    let image = format!("{name}:1");
    if !sysdock(&["build", &base, "-t", &image]) {
        eprintln!("bench: `sysdock build {base}` failed; is DOCKER_HOST set, and has the engine the image?");
        std::process::exit(1);
    }
    let right = median((0..ROUNDS).map(|_| stopped(&name, &image, &[])).collect());
    let wrong =
        median((0..2).map(|_| stopped(&name, &image, &["--with", "--stop-signal SIGTERM"])).collect());
    docker(&["rmi", "-f", &image]);
    println!("docker stop, image of sysdock build  {:6.2} s", right.as_secs_f64());
    println!("docker stop -t 3, SIGTERM            {:6.2} s", wrong.as_secs_f64());
}

/// Starts a container and times its stop.
fn stopped(name: &str, image: &str, more: &[&str]) -> Duration {
    if !sysdock(&[&["run", "--name", name, "--network", "none"][..], more, &[image]].concat()) {
        eprintln!("bench: `sysdock run {image}` failed");
    }
    let start = Instant::now();
    docker(&["stop", "-t", "3", name]);
    let time = start.elapsed();
    docker(&["rm", "-f", name]);
    time
}

fn sysdock(words: &[&str]) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysdock"));
    command.arg("-q").args(words).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn docker(words: &[&str]) -> bool {
    Command::new("docker")
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
