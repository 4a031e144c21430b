//! No file of `src/` depends on itself through others: imports between files point one way too, not only
//! those between folders.
//!
//! What is not yet so stands in `KNOWN`, which may only shrink.
//!
//! A `mod.rs` that hands on the items of its children is a door and depends on none of them: who imports
//! through it depends on the file behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Attribute, ItemMod, ItemUse, UseTree, Visibility};

use super::program::project;

/// Imports that close a circle: the file, and what it should not know. One that is gone must leave the list.
const KNOWN: &[(&str, &str)] = &[];

/// A module by the names on the way to it from the root of the crate.
type Module = Vec<String>;

/// Paths that a file names, and items that it hands on from its own children.
#[derive(Default)]
struct Names {
    /// Modules that stand inside the file, from the outermost.
    within: Vec<String>,
    /// Each with the number of inline modules around it.
    paths: Vec<(usize, Vec<String>)>,
    handed_on: Vec<(String, Vec<String>)>,
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| {
        one.path().is_ident("cfg") && one.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
    })
}

/// Every path of a use declaration, with the name that it gets here.
fn flattened(tree: &UseTree, before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
    match tree {
        UseTree::Path(path) => flattened(&path.tree, &with(path.ident.to_string()), found),
        UseTree::Name(name) => found.push((name.ident.to_string(), with(name.ident.to_string()))),
        UseTree::Rename(name) => found.push((name.rename.to_string(), with(name.ident.to_string()))),
        UseTree::Glob(_) => found.push(("*".to_owned(), before.to_vec())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flattened(tree, before, found)),
    }
}

impl<'a> Visit<'a> for Names {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !is_for_tests(&item.attrs) {
            self.within.push(item.ident.to_string());
            syn::visit::visit_item_mod(self, item);
            self.within.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if is_for_tests(&item.attrs) {
            return;
        }
        let mut found = Vec::new();
        flattened(&item.tree, &[], &mut found);
        for (name, path) in found {
            let own = !["crate", "super", "std"].contains(&path[0].as_str());
            if own && self.within.is_empty() && !matches!(item.vis, Visibility::Inherited) {
                self.handed_on.push((name, path));
            } else {
                self.paths.push((self.within.len(), path));
            }
        }
    }

    /// Who may see an item is no import.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.paths.push((
            self.within.len(),
            path.segments.iter().map(|segment| segment.ident.to_string()).collect(),
        ));
        syn::visit::visit_path(self, path);
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("src/ can be read").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module of a file; none for the roots of the crates, which only declare modules.
fn module(file: &Path) -> Option<Module> {
    let below = file.strip_prefix(project("src")).expect("the file lies in src/").with_extension("");
    let mut names: Module = below.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    (!["lib", "main", "tests"].contains(&names.last()?.as_str())).then_some(names)
}

struct House {
    names: BTreeMap<Module, Names>,
}

impl House {
    fn read() -> Self {
        let mut paths = Vec::new();
        files(&project("src"), &mut paths);
        let mut names = BTreeMap::new();
        for path in paths {
            let Some(module) = module(&path) else { continue };
            let text = std::fs::read_to_string(&path).expect("a source file can be read");
            let mut own = Names::default();
            own.visit_file(&syn::parse_file(&text).expect("it is Rust"));
            names.insert(module, own);
        }
        Self { names }
    }

    /// The file that holds what a path names; none where it is not of this crate.
    fn behind(&self, from: &Module, inside: usize, path: &[String]) -> Option<Module> {
        let mut rest = path;
        let mut at = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => from.clone(),
            child => {
                let mut own = from.clone();
                own.push(child.to_owned());
                self.names.contains_key(&own).then(|| from.clone())?
            }
        };
        let mut inside = inside;
        while let Some(word) = rest.first().filter(|word| ["crate", "self", "super"].contains(&word.as_str()))
        {
            match (word.as_str(), inside) {
                ("super", 0) => drop(at.pop()),
                ("super", _) => inside -= 1,
                _ => {}
            }
            rest = &rest[1..];
        }
        self.walked(at, rest, 0)
    }

    fn walked(&self, mut at: Module, mut rest: &[String], depth: usize) -> Option<Module> {
        while let Some(name) = rest.first() {
            let child: Module = at.iter().cloned().chain([name.clone()]).collect();
            if self.names.contains_key(&child) {
                (at, rest) = (child, &rest[1..]);
                continue;
            }
            let handed =
                self.names.get(&at).and_then(|names| names.handed_on.iter().find(|(known, _)| known == name));
            if let Some((_, path)) = handed.filter(|_| depth < 8) {
                return self.walked(at.clone(), path, depth + 1);
            }
            break;
        }
        self.names.contains_key(&at).then_some(at)
    }

    /// Who depends on whom.
    fn edges(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let of = |from: &Module, names: &Names| {
            let behind = names.paths.iter().filter_map(|(inside, path)| self.behind(from, *inside, path));
            behind.filter(|to| to != from).collect()
        };
        self.names.iter().map(|(from, names)| (from, of(from, names))).collect()
    }
}

/// The shortest way from a file back to itself.
fn circle(start: &Module, edges: &BTreeMap<&Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    let mut ways = std::collections::VecDeque::from([vec![start.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in edges.get(way.last()?).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push_back(way.iter().cloned().chain([next.clone()]).collect());
            }
        }
    }
    None
}

#[test]
fn files_import_one_another_one_way() {
    let house = House::read();
    let mut edges = house.edges();
    let known: usize = edges.values().map(BTreeSet::len).sum();
    assert!(
        house.names.len() > 150 && known > 500,
        "{} files, {known} imports: are they read?",
        house.names.len()
    );
    for (from, to) in KNOWN {
        let named = |name: &str| name.split("::").map(str::to_owned).collect::<Module>();
        let known = edges.get_mut(&named(from)).is_some_and(|all| all.remove(&named(to)));
        assert!(known, "{from} does not import {to} any more: take it out of the list");
    }
    let found: BTreeSet<String> = house
        .names
        .keys()
        .filter_map(|file| circle(file, &edges))
        .map(|mut way| {
            // Each circle is found once from each of its files.
            let first =
                way.iter().enumerate().min_by_key(|(_, file)| (*file).clone()).map_or(0, |(place, _)| place);
            way.rotate_left(first);
            way.iter().map(|file| file.join("::")).collect::<Vec<_>>().join(" -> ")
        })
        .collect();
    assert!(
        found.is_empty(),
        "files that depend on themselves:\n{}",
        found.into_iter().collect::<Vec<_>>().join("\n")
    );
}
