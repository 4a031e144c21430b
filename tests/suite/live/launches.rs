//! Containers with random options out of `launches.toml`: dealt so that each lane sees each option that it
//! takes, the same for the same seed.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::engine_info::Where;
use super::lab::Lane;
use super::program::project;

/// Programs and their words that a container of the test is started with.
const COMMANDS: [&[&str]; 5] = [
    &["/sbin/init"],
    &["/sbin/init", "--log-level=info"],
    &["/sbin/init", "two words", "it's", "\"quoted\"", "$HOME", "a;b", "", "*"],
    &["/sbin/init", "--", "-x", "--privileged"],
    &["/lib/systemd/systemd", "--show-status=true", "ünïcode", "back\\slash"],
];

/// One line of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    name: String,
    engine: Option<String>,
    #[serde(default)]
    at: Where,
    /// Whether each value is taken by chance, not one of them.
    #[serde(default)]
    some: bool,
    /// Whether each container has it.
    #[serde(default)]
    always: bool,
    /// Options of the same word never meet in a container.
    beside: Option<String>,
    values: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct Table {
    option: Vec<Choice>,
}

/// What one container is started with, placeholders not filled in.
#[derive(Debug, Clone, Default)]
pub struct Launch {
    /// Flags.
    pub flags: Vec<String>,
    /// Whether its image is one with settings of its own.
    pub own_image: bool,
    /// Words after the image.
    pub command: Vec<String>,
    taken: BTreeSet<String>,
}

/// A stream of numbers that look like chance.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number below a limit (splitmix64).
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from((mixed ^ (mixed >> 31)) % limit).unwrap_or(0)
    }
}

impl Choice {
    fn fits(&self, lane: &Lane) -> bool {
        self.engine.as_ref().is_none_or(|engine| *engine == lane.engine) && lane.meets(&self.at)
    }

    fn deal(&self, launches: &mut [Launch], dice: &mut Dice) {
        let (count, share) = (launches.len(), launches.len().div_ceil(3));
        let (first, wanted) = (dice.below(count), if self.always { count } else { share });
        // A step without a common factor with ten reaches each place once.
        let step = [1, 3, 7, 9][dice.below(4)];
        let places = (0..count).map(|turn| (first + turn * step) % count);
        let free: Vec<usize> = places
            .filter(|place| self.beside.as_ref().is_none_or(|word| !launches[*place].taken.contains(word)))
            .collect();
        let start = dice.below(self.values.len());
        for (turn, place) in free.into_iter().take(wanted).enumerate() {
            let launch = &mut launches[place];
            launch.taken.extend(self.beside.clone());
            launch.flags.extend(self.draw(start + turn, wanted, dice));
        }
    }

    /// Values in turn, so that each is drawn where there are turns enough; of those that may come together
    /// others too, by chance.
    fn draw(&self, turn: usize, turns: usize, dice: &mut Dice) -> Vec<String> {
        let count = self.values.len();
        let sure =
            |place: usize| if self.some { place % turns == turn % turns } else { place == turn % count };
        let taken = |place: usize, dice: &mut Dice| sure(place) || self.some && dice.below(4) == 0;
        self.values
            .iter()
            .enumerate()
            .filter(|(place, _)| taken(*place, dice))
            .flat_map(|(_, words)| words.clone())
            .collect()
    }
}

impl Launch {
    /// An image with an entrypoint of its own is started by it, with or without words, or past it.
    fn start_otherwise(&mut self, dice: &mut Dice) {
        match dice.below(4) {
            0 => self.command.clear(),
            1 => self.command = vec!["--show-status=yes".to_owned(), "a b".to_owned()],
            2 => self.flags.extend(["--entrypoint".to_owned(), self.command.remove(0)]),
            _ => self.flags.extend(["--entrypoint".to_owned(), String::new()]),
        }
    }
}

/// So many containers for a lane.
pub fn launches(lane: &Lane, count: usize, seed: u64) -> Vec<Launch> {
    let text = std::fs::read_to_string(project("tests/suite/live/launches.toml"))
        .expect("launches.toml can be read");
    let table: Table = toml::from_str(&text).expect("launches.toml has the shape of a list of options");
    let lane_seed =
        lane.name.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut dice = Dice(lane_seed);
    let mut launches = vec![Launch::default(); count];
    for (number, launch) in launches.iter_mut().enumerate() {
        launch.command = COMMANDS[dice.below(COMMANDS.len())].iter().map(|word| (*word).to_owned()).collect();
        launch.own_image = number % 3 == 2;
        if launch.own_image {
            launch.start_otherwise(&mut dice);
        }
    }
    let mut names = BTreeSet::new();
    for choice in &table.option {
        assert!(
            names.insert(&choice.name) && !choice.values.is_empty(),
            "{} is there twice or has no value",
            choice.name
        );
        if choice.fits(lane) {
            choice.deal(&mut launches, &mut dice);
        }
    }
    launches
}
