//! `selftest` on each lane: a real engine shows all that there is to see.

use super::lab::{Container, lab};
use super::program::sysdock;
use super::tally;

#[test]
fn each_lane_is_seen_through_and_through() {
    // A container of its own: those of other tests come and go.
    for lane in &lab().lanes {
        if !lane.has("bookworm") {
            tally::left_out(lane, "it has not the guest bookworm");
            continue;
        }
        tally::ran(lane, 1);
        let own = Container::start(lane, "seen", &[], "bookworm", &["sleep", "300"]);
        let run = sysdock(["selftest", &own.name, "--format", "json", "-H", &lane.address]).run().ended(0);
        for id in [
            "engine.found",
            "engine.answers",
            "engine.info",
            "engine.containers",
            "container.inspect",
            "container.log",
        ] {
            assert_eq!(super::super::selftest::seen(&run, id), true, "{}: {run:?}", lane.name);
        }
    }
}
