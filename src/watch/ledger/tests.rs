//! Tests of the ledger: whatever the order and repetition of its input, each death is reported once.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::{Ledger, Settings};
use crate::docker::{Action, Event, Life};
use crate::watch::examination_job::{Job, Trigger};
use crate::watch::resume_point::ResumePoint;

const SECOND: i64 = 1_000_000_000;
const WINDOW: Duration = Duration::from_secs(30);

fn settings() -> Settings {
    Settings { window: WINDOW, settle: Duration::from_secs(1), names: Vec::new(), floor: 100 * SECOND }
}

fn event(id: &str, action: Action, time: i64) -> Event {
    Event { id: id.to_owned(), name: format!("name-{id}"), image: "image".to_owned(), action, time }
}

fn die(id: &str, second: i64) -> Event {
    event(id, Action::Die(Some(1)), second * SECOND)
}

fn start(id: &str, second: i64) -> Event {
    event(id, Action::Start, second * SECOND)
}

fn life(id: &str, started: i64, finished: i64, running: bool) -> Life {
    let (started, finished) = (started * SECOND, finished * SECOND);
    Life {
        id: id.to_owned(),
        name: format!("name-{id}"),
        image: String::new(),
        running,
        started,
        finished,
        exit_code: Some(1),
        unhealthy: false,
    }
}

fn at(second: u64) -> Duration {
    Duration::from_secs(second)
}

/// Returns all jobs that are due, done at once.
fn drained(ledger: &mut Ledger, now: Duration) -> Vec<Job> {
    let mut jobs = Vec::new();
    for starts in [false, true] {
        while let Some(job) = ledger.take(starts, now) {
            ledger.done(&job);
            jobs.push(job);
        }
    }
    jobs
}

fn told(jobs: &[Job]) -> Vec<(Trigger, u64)> {
    jobs.iter().map(|job| (job.trigger, job.deaths)).collect()
}

#[test]
fn a_restart_loop_has_one_report_a_window() {
    let mut ledger = Ledger::new(settings(), None);
    let mut jobs = Vec::new();
    for turn in 0..20_u64 {
        let second = 200 + i64::try_from(turn).unwrap() * 3;
        ledger.event(&start("a", second), at(turn * 3));
        ledger.event(&die("a", second + 1), at(turn * 3 + 1));
        jobs.extend(drained(&mut ledger, at(turn * 3 + 1)));
    }
    jobs.extend(drained(&mut ledger, at(100)));
    assert_eq!(told(&jobs), [(Trigger::Died, 1), (Trigger::Died, 10), (Trigger::Died, 9)]);
    assert_eq!(ledger.due(false), None);
}

#[test]
fn a_container_that_comes_up_again_is_examined_once_the_loop_is_over() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.event(&start("a", 200), at(0));
    assert_eq!(told(&drained(&mut ledger, at(0))), []);
    assert_eq!(told(&drained(&mut ledger, at(1))), [(Trigger::New, 0)]);
    ledger.event(&die("a", 210), at(10));
    ledger.event(&start("a", 211), at(11));
    assert_eq!(told(&drained(&mut ledger, at(20))), [(Trigger::Died, 1)]);
    assert_eq!(told(&drained(&mut ledger, at(49))), []);
    assert_eq!(told(&drained(&mut ledger, at(50))), [(Trigger::Restarted, 0)]);
}

#[test]
fn a_death_takes_the_place_of_the_start_before_it() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.event(&start("a", 200), at(0));
    ledger.event(&die("a", 201), at(1));
    assert_eq!(told(&drained(&mut ledger, at(60))), [(Trigger::Died, 1)]);
}

#[test]
fn what_a_list_and_an_event_show_is_reported_once() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.lives(&[life("old", 10, 20, false), life("up", 30, 0, true)], at(0));
    assert_eq!(told(&drained(&mut ledger, at(9))), [], "what was before the watch is known");
    ledger.lives(&[life("old", 10, 20, false), life("up", 30, 200, false)], at(10));
    ledger.event(&die("up", 201), at(10));
    ledger.event(&die("up", 201), at(11));
    ledger.lives(&[life("old", 10, 20, false), life("up", 30, 200, false)], at(12));
    assert_eq!(told(&drained(&mut ledger, at(60))), [(Trigger::Died, 1)]);
}

#[test]
fn a_death_after_a_lost_one_is_another_one() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.event(&start("a", 150), at(0));
    // The engine was killed; its list shows a death that had no event.
    ledger.lives(&[life("a", 150, 200, false)], at(50));
    ledger.event(&start("a", 210), at(60));
    ledger.event(&die("a", 211), at(61));
    assert_eq!(told(&drained(&mut ledger, at(200))), [(Trigger::Died, 2)]);
}

#[test]
fn a_short_run_may_end_before_its_start_is_reported() {
    let mut ledger = Ledger::new(settings(), None);
    let mut quick = life("a", 200, 200, false);
    quick.finished += 1_000_000;
    ledger.lives(&[quick], at(0));
    ledger.event(&event("a", Action::Start, 200 * SECOND + 5_000_000), at(0));
    ledger.event(&event("a", Action::Die(Some(1)), 200 * SECOND + 9_000_000), at(0));
    assert_eq!(told(&drained(&mut ledger, at(60))), [(Trigger::Died, 1)]);
}

#[test]
fn a_container_that_vanished_while_nobody_listened_has_died() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.event(&start("a", 200), at(0));
    ledger.event(&start("b", 200), at(0));
    ledger.event(&die("b", 201), at(0));
    assert_eq!(drained(&mut ledger, at(5)).len(), 2);
    ledger.listing();
    ledger.event(&start("c", 202), at(6));
    ledger.lives(&[], at(6));
    let jobs = drained(&mut ledger, at(6));
    assert_eq!(
        jobs.iter().map(|job| (job.id.as_str(), job.trigger, job.exit_code)).collect::<Vec<_>>(),
        [("a", Trigger::Died, None)]
    );
    ledger.lives(&[], at(7));
    assert_eq!(
        told(&drained(&mut ledger, at(60))),
        [(Trigger::New, 0)],
        "c was started after the list had been asked for"
    );
}

#[test]
fn a_removed_container_is_reported_at_once() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.event(&die("a", 200), at(0));
    drained(&mut ledger, at(0));
    ledger.event(&die("a", 203), at(3));
    assert_eq!(told(&drained(&mut ledger, at(3))), []);
    ledger.event(&event("a", Action::Remove, 204 * SECOND), at(4));
    assert_eq!(told(&drained(&mut ledger, at(4))), [(Trigger::Died, 1)]);
}

#[test]
fn a_change_of_health_is_reported() {
    let mut ledger = Ledger::new(settings(), None);
    let health = |well, second: i64| event("a", Action::Health(Some(well)), second * SECOND);
    for (well, second) in [(false, 200), (false, 201), (true, 202), (false, 203)] {
        ledger.event(&health(well, second), at(0));
        ledger.event(&health(well, second), at(0));
    }
    assert_eq!(told(&drained(&mut ledger, at(0))), [(Trigger::Unhealthy, 0)]);
    ledger.event(&health(true, 204), at(5));
    ledger.event(&health(false, 205), at(5));
    assert_eq!(told(&drained(&mut ledger, at(29))), []);
    assert_eq!(told(&drained(&mut ledger, at(30))), [(Trigger::Unhealthy, 0)]);
}

#[test]
fn only_the_named_ones_are_watched() {
    let names = vec!["name-a".to_owned(), "bbbbbb".to_owned()];
    let mut ledger = Ledger::new(Settings { names, ..settings() }, None);
    for id in ["a", "bbbbbbbbbb", "c"] {
        ledger.event(&die(id, 200), at(0));
    }
    assert_eq!(drained(&mut ledger, at(0)).len(), 2);
}

#[test]
fn a_job_that_failed_comes_again_with_what_happened_meanwhile() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.event(&die("a", 200), at(0));
    let job = ledger.take(false, at(0)).unwrap();
    ledger.event(&die("a", 201), at(1));
    assert_eq!((ledger.backlog(), ledger.due(false)), (1, None));
    ledger.again(job, at(2));
    assert_eq!(told(&drained(&mut ledger, at(1))), []);
    assert_eq!(told(&drained(&mut ledger, at(2))), [(Trigger::Died, 2)]);
    assert_eq!(ledger.backlog(), 0);
}

#[test]
fn what_was_reported_is_not_reported_by_a_later_run() {
    let mut ledger = Ledger::new(settings(), None);
    ledger.event(&start("a", 199), at(0));
    ledger.event(&die("a", 200), at(0));
    drained(&mut ledger, at(0));
    ledger.event(&die("b", 201), at(1));
    let memory = ResumePoint::read(&ledger.resume_point().to_json().unwrap()).unwrap();
    assert!(memory.since < 201 * SECOND, "b has had no report");
    let mut later = Ledger::new(Settings { floor: memory.since, ..settings() }, Some(&memory));
    for event in [start("a", 199), die("a", 200), die("b", 201), die("c", 202)] {
        later.event(&event, at(0));
    }
    later.lives(&[life("a", 199, 200, false), life("b", 150, 201, false)], at(0));
    let ids: Vec<String> = drained(&mut later, at(60)).into_iter().map(|job| job.id).collect();
    assert_eq!(ids, ["b", "c"]);
}

#[test]
fn memory_stays_bounded_while_containers_come_and_go() {
    let mut ledger = Ledger::new(settings(), None);
    for number in 0..20_000_i64 {
        let id = format!("{number:06}");
        ledger.event(&start(&id, 200 + number), at(0));
        ledger.event(&die(&id, 200 + number), at(0));
        drained(&mut ledger, at(0));
        ledger.event(&event(&id, Action::Remove, (200 + number) * SECOND + 1), at(0));
    }
    assert!(ledger.known() <= 1024 && ledger.backlog() == 0, "{} {}", ledger.known(), ledger.backlog());
}

/// What an engine may send about one run of a container.
#[derive(Debug, Clone)]
struct Run {
    gap: i64,
    length: i64,
    late: i64,
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let run = (1..2000_i64, 1..3000_i64, 0..60_i64).prop_map(|(gap, length, late)| Run { gap, length, late });
    prop::collection::vec(run, 1..12)
}

/// Returns the events of the runs in order, and the state of the container after each of them.
fn history(runs: &[Run]) -> Vec<(Event, Life)> {
    let (mut clock, mut history) = (200 * SECOND, Vec::new());
    let mut stand = life("a", 0, 0, false);
    for run in runs {
        clock += run.gap * 1_000_000;
        (stand.started, stand.running) = (clock, true);
        history.push((event("a", Action::Start, clock + 100_000), stand.clone()));
        clock += run.length * 1_000_000;
        (stand.finished, stand.running) = (clock, false);
        clock += run.late * 1_000_000;
        history.push((event("a", Action::Die(Some(1)), clock), stand.clone()));
        clock += 1_000_000;
    }
    history
}

proptest! {
    #[test]
    fn every_death_is_reported_once(
        runs in runs(),
        steps in prop::collection::vec((0..4_usize, 0..8_usize, 0..4_u64), 0..60),
    ) {
        let history = history(&runs);
        let mut ledger = Ledger::new(Settings { window: Duration::from_secs(2), ..settings() }, None);
        let (mut next, mut now, mut deaths) = (0, Duration::ZERO, 0);
        // Steps: events come, are repeated, a list comes that may be ahead of the events, jobs are done or
        // fail.
        for (step, amount, wait) in steps {
            now += Duration::from_secs(wait);
            match step {
                0 => for (event, _) in history.iter().skip(next).take(amount) {
                    ledger.event(event, now);
                    next += 1;
                },
                1 => for (event, _) in history.iter().take(next).skip(next.saturating_sub(amount)) {
                    ledger.event(event, now);
                },
                2 => {
                    let newest = (next + amount).min(history.len()).saturating_sub(1);
                    if let Some((_, life)) = history.get(newest) {
                        ledger.listing();
                        ledger.lives(std::slice::from_ref(life), now);
                    }
                }
                _ => if let Some(job) = ledger.take(false, now) {
                    if amount == 0 { ledger.again(job, now) } else { deaths += job.deaths; ledger.done(&job) }
                },
            }
        }
        for (event, _) in history.iter().skip(next) {
            ledger.event(event, now);
        }
        for turn in 0..4 {
            let jobs = drained(&mut ledger, now + Duration::from_secs(turn * 5));
            deaths += jobs.iter().map(|job| job.deaths).sum::<u64>();
        }
        prop_assert_eq!(deaths, runs.len() as u64);
        prop_assert_eq!(ledger.backlog(), 0);
    }

    #[test]
    fn containers_do_not_mix(order in prop::collection::vec((0..5_u8, any::<bool>()), 0..200)) {
        let mut ledger = Ledger::new(Settings { window: Duration::ZERO, ..settings() }, None);
        let (mut expected, mut found) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
        for (place, (container, dies)) in order.iter().enumerate() {
            let (id, second) = (container.to_string(), 200 + i64::try_from(place).unwrap());
            ledger.event(&if *dies { die(&id, second) } else { start(&id, second) }, Duration::ZERO);
            *expected.entry(id).or_default() += u64::from(*dies);
        }
        for job in drained(&mut ledger, at(60)) {
            *found.entry(job.id).or_default() += job.deaths;
        }
        expected.retain(|_, deaths| *deaths > 0);
        found.retain(|_, deaths| *deaths > 0);
        prop_assert_eq!(expected, found);
    }
}
