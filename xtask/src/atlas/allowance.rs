//! How many guests run at the same time: they share the machine's processors and its inotify instances.

use std::fs;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Inotify instances that must be free before a guest starts; one takes about seven.
const FREE: usize = 16;
/// How long to wait for them.
const PATIENCE: Duration = Duration::from_mins(2);
/// How old a count may be.
const FRESH: Duration = Duration::from_secs(2);

/// A number of guests that is shared out.
pub struct Allowance {
    free: Mutex<usize>,
    changed: Condvar,
    counted: Mutex<Option<(Instant, usize)>>,
}

/// Leave to run a guest; given back when dropped.
pub struct Turn<'a>(&'a Allowance);

impl Allowance {
    /// So many guests.
    pub fn of(guests: usize) -> Self {
        Self { free: Mutex::new(guests.max(1)), changed: Condvar::new(), counted: Mutex::new(None) }
    }

    /// Waits until a guest may run.
    pub fn take(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.changed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        drop(free);
        self.await_inotify();
        Turn(self)
    }

    fn await_inotify(&self) {
        let limit = fs::read_to_string("/proc/sys/fs/inotify/max_user_instances").unwrap_or_default();
        let limit: usize = limit.trim().parse().unwrap_or(128);
        let began = Instant::now();
        while began.elapsed() < PATIENCE && self.used() + FREE > limit {
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// Inotify instances of all processes that can be looked at.
    fn used(&self) -> usize {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        match *counted {
            Some((when, used)) if when.elapsed() < FRESH => used,
            _ => {
                let used = instances();
                *counted = Some((Instant::now(), used));
                used
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.changed.notify_one();
    }
}

fn instances() -> usize {
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let descriptors = processes
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .flat_map(|entry| fs::read_dir(entry.path().join("fd")).into_iter().flatten())
        .filter_map(Result::ok);
    descriptors
        .filter(|entry| fs::read_link(entry.path()).is_ok_and(|to| to.as_os_str() == "anon_inode:inotify"))
        .count()
}
