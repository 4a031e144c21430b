//! How many guests of the lab run at the same time, whatever tests they belong to.

use std::sync::{Condvar, LazyLock, Mutex, PoisonError};

use super::program::clock;

/// Inotify instances that a guest takes.
const EACH: usize = 7;
/// Instances that are left to the machine itself.
const LEFT: usize = 16;

static GUESTS: LazyLock<Allowance> = LazyLock::new(|| Allowance::of(capacity()));

/// How many guests the machine can have: inotify instances are few, commonly 128 for all of a user's
/// processes, and each guest must come up in good time.
fn capacity() -> usize {
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_instances").unwrap_or_default();
    let limit: usize = limit.trim().parse().unwrap_or(128);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (limit.saturating_sub(LEFT) / EACH).min(8 * cores).max(2)
}

/// Leave to run some guests; given back when dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    allowance: &'a Allowance,
    guests: usize,
}

/// Waits until a guest and a second one beside it may run, as a trial and what it replaces do.
pub fn turn() -> Turn<'static> {
    turn_for(2)
}

/// Waits until so many guests may run.
pub fn turn_for(guests: usize) -> Turn<'static> {
    let turn = GUESTS.take(guests);
    clock();
    turn
}

/// A number of guests that is shared out, first come first served: who needs two does not wait for ever
/// beside many who need one.
#[derive(Debug)]
struct Allowance {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// The next ticket to be given out.
    next: u64,
    /// The ticket whose turn it is.
    called: u64,
}

impl Allowance {
    fn of(free: usize) -> Self {
        Self { state: Mutex::new(State { free, next: 0, called: 0 }), changed: Condvar::new() }
    }

    fn take(&self, guests: usize) -> Turn<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = state.next;
        state.next += 1;
        while state.called != ticket || state.free < guests {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.called += 1;
        state.free -= guests;
        self.changed.notify_all();
        Turn { allowance: self, guests }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.allowance.state.lock().unwrap_or_else(PoisonError::into_inner).free += self.guests;
        self.allowance.changed.notify_all();
    }
}

#[test]
fn nobody_waits_for_ever_and_the_allowance_is_kept() {
    let allowance = Allowance::of(3);
    let most = Mutex::new((0, 0));
    std::thread::scope(|scope| {
        for number in 0..40 {
            let (allowance, most) = (&allowance, &most);
            scope.spawn(move || {
                let guests = 1 + number % 3;
                let _turn = allowance.take(guests);
                let running = |change: &dyn Fn(usize) -> usize| {
                    let mut most = most.lock().unwrap();
                    most.0 = change(most.0);
                    most.1 = most.1.max(most.0);
                };
                running(&|now| now + guests);
                std::thread::yield_now();
                running(&|now| now - guests);
            });
        }
    });
    assert!(most.into_inner().unwrap().1 <= 3);
    assert_eq!(allowance.state.into_inner().unwrap().free, 3);
}

#[test]
fn who_comes_later_does_not_overtake() {
    let allowance = Allowance::of(2);
    let first = allowance.take(1);
    let order = Mutex::new(Vec::new());
    let queued = |number: u64| {
        while allowance.state.lock().unwrap().next < number {
            std::thread::yield_now();
        }
    };
    std::thread::scope(|scope| {
        // The second needs all; the third would fit beside the first.
        scope.spawn(|| {
            let _turn = allowance.take(2);
            order.lock().unwrap().push(2);
        });
        queued(2);
        scope.spawn(|| {
            let _turn = allowance.take(1);
            order.lock().unwrap().push(1);
        });
        queued(3);
        drop(first);
    });
    assert_eq!(order.into_inner().unwrap(), [2, 1]);
}
