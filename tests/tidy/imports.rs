//! Imports, read from the text of sources: which file uses which.
//!
//! A path that begins with `crate::`, `super::` or `self::` leads to the file of the longest module
//! that it names; where that file only hands on a name of another one (`pub use`), to that one too.

use std::collections::{BTreeMap, BTreeSet};

/// A module's path from the root of the crate, `chat::room`.
pub(crate) type Module = String;

/// All files of the library, and what each uses.
pub(crate) struct Imports {
    uses: BTreeMap<Module, BTreeSet<Module>>,
}

impl Imports {
    /// Reads sources, each with its path below `src` and its code.
    pub(crate) fn read(sources: &[(String, String)]) -> Self {
        let modules: BTreeMap<Module, &String> =
            sources.iter().map(|(path, code)| (module_of(path), code)).collect();
        let resolved = |module: &Module, code| {
            let paths = paths(code).into_iter();
            paths.filter_map(|path| resolve(&modules, module, &path)).collect::<Vec<_>>()
        };
        let mut handed_on: BTreeMap<(Module, String), Module> = BTreeMap::new();
        for (module, code) in &modules {
            for path in public_uses(code) {
                if let Some((source, _)) = resolve(&modules, module, &path)
                    && source != *module
                {
                    let name = path.rsplit("::").next().unwrap_or_default().to_owned();
                    handed_on.insert((module.clone(), name), source);
                }
            }
        }
        let mut uses: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (module, code) in &modules {
            let used = uses.entry(module.clone()).or_default();
            for (found, name) in resolved(module, code) {
                used.extend(handed_on.get(&(found.clone(), name)).cloned());
                used.insert(found);
            }
            used.remove(module);
        }
        Self { uses }
    }

    /// Every arrow between two files.
    pub(crate) fn arrows(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.uses.iter();
        all.flat_map(|(from, used)| used.iter().map(|to| (from.as_str(), to.as_str())))
    }

    /// The circles of files: each is all files that can be reached from each other. A module and
    /// those inside it are one thing, and make no circle.
    pub(crate) fn circles(&self) -> BTreeSet<Vec<&str>> {
        let is_inside = |one: &str, other: &str| {
            one.strip_prefix(other).is_some_and(|rest| rest.starts_with("::"))
        };
        let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, to) in self.arrows() {
            if !is_inside(from, to) && !is_inside(to, from) {
                next.entry(from).or_default().insert(to);
            }
        }
        let reached = |from| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(at) = open.pop() {
                let fresh = next.get(at).into_iter().flatten().filter(|to| seen.insert(**to));
                open.extend(fresh.copied().collect::<Vec<_>>());
            }
            seen
        };
        let all: BTreeMap<&str, BTreeSet<&str>> =
            next.keys().map(|from| (*from, reached(*from))).collect();
        let mut circles = BTreeSet::new();
        for (from, to) in &all {
            let circle: Vec<&str> = to
                .iter()
                .filter(|to| all.get(*to).is_some_and(|back| back.contains(from)))
                .copied()
                .collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles
    }
}

/// `chat::room` for `src/chat/room.rs`, `chat` for `src/chat/mod.rs`.
fn module_of(path: &str) -> Module {
    let name = path.trim_start_matches("src/").trim_end_matches(".rs");
    name.trim_end_matches("/mod").replace('/', "::")
}

/// The module that a path leads to, and the name behind it: empty if there is none.
fn resolve(modules: &BTreeMap<Module, &String>, own: &str, path: &str) -> Option<(Module, String)> {
    let mut at: Vec<&str> = own.split("::").collect();
    let mut words = path.split("::").peekable();
    match words.peek()? {
        &"crate" => at.clear(),
        &"super" | &"self" => {}
        _ => return None,
    }
    while let Some(word) = words.next_if(|word| ["crate", "super", "self"].contains(word)) {
        if word == "super" {
            at.pop()?;
        }
    }
    loop {
        let word = words.next().unwrap_or_default();
        let inner = [at.as_slice(), &[word]].concat().join("::");
        if word.is_empty() || !modules.contains_key(&inner) {
            let module = at.join("::");
            return modules.contains_key(&module).then(|| (module, word.to_owned()));
        }
        at.push(word);
    }
}

/// All paths of a text that begin with `crate::`, `super::` or `self::`, those in braces apart.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|before| is_of_word(before) || before == ':') {
                spread("", &code[at..], &mut found);
            }
        }
    }
    found
}

/// What `pub use` and `pub(super) use` name, from `self::` where nothing else is said.
fn public_uses(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in code.split("\npub").skip(1) {
        let part = match part.split_once(')') {
            Some((_, rest)) if part.starts_with('(') => rest,
            _ => part,
        };
        let Some(path) = part.strip_prefix(" use ") else { continue };
        let is_from_root = ["crate::", "super::", "self::"].iter().any(|it| path.starts_with(it));
        spread(if is_from_root { "" } else { "self::" }, path, &mut found);
    }
    found
}

/// Takes apart the path at the beginning of a text; returns how many bytes it has.
fn spread(before: &str, text: &str, found: &mut Vec<String>) -> usize {
    let is_of_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let end = text.find(|character| !is_of_path(character)).unwrap_or(text.len());
    let path = format!("{before}{}", &text[..end]);
    if !text[end..].starts_with('{') {
        found.push(path.trim_end_matches(':').to_owned());
        return end;
    }
    let mut at = end + 1;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\n', ',']).len();
        if text[at..].is_empty() || text[at..].starts_with('}') {
            return at + 1;
        }
        let taken = spread(&path, &text[at..], found);
        // What was renamed, or is no path.
        let next = text[at + taken..].find([',', '}']).unwrap_or(text.len() - at - taken);
        at += taken + next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sources: &[(&str, &str)]) -> Imports {
        let owned = |(path, code): &(&str, &str)| ((*path).to_owned(), (*code).to_owned());
        Imports::read(&sources.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn paths_are_found_in_braces_and_in_code() {
        let code = "use crate::a::{b, c::{D, E as F},\n    g};\nfn f(x: &super::h::J) {}";
        let wanted =
            ["crate::a::b", "crate::a::c::D", "crate::a::c::E", "crate::a::g", "super::h::J"];
        assert_eq!(paths(code), wanted);
        assert_eq!(
            public_uses("\npub use a::B;\npub(super) use crate::c::{D, E};"),
            ["self::a::B", "crate::c::D", "crate::c::E"]
        );
    }

    #[test]
    fn circles_are_found_between_files_and_through_their_folder() {
        let sources = [
            ("src/a/mod.rs", "mod b;\nmod c;\nmod d;\npub use d::Dee;"),
            ("src/a/b.rs", "use super::c::Sea;\nuse super::{Dee, Other};"),
            ("src/a/c.rs", "fn f(_: crate::a::b::Bee) {}"),
            ("src/a/d.rs", "use super::b::Bee;"),
            ("src/e.rs", "use crate::a::Dee;"),
        ];
        let imports = read(&sources);
        let arrows: Vec<_> = imports.arrows().filter(|(from, _)| *from == "a::b").collect();
        assert_eq!(arrows, [("a::b", "a"), ("a::b", "a::c"), ("a::b", "a::d")]);
        assert_eq!(imports.circles(), [vec!["a::b", "a::c", "a::d"]].into());
        assert!(imports.arrows().any(|arrow| arrow == ("e", "a::d")));
    }
}
