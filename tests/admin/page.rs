//! The live page in a real browser: headless Chromium, which must show the numbers, run into no
//! fault, and ask for nothing from anywhere else. And the pictures of the README, as it draws them.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::Client;
use crate::support::program::program;
use crate::watched;

/// What keeps the browser to itself; a network that is closed would make it wait.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];
/// Milliseconds that pass for the page, however long they take: some looks at the server.
const PAGE_TIME: &str = "--virtual-time-budget=6000";

/// What the browser makes of the page, and what it says meanwhile.
fn browse(chromium: &Path, address: &str, more: &[&str]) -> (String, String) {
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new(chromium);
    browser.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display()));
    let Output { status, stdout, stderr } =
        browser.args([PAGE_TIME]).args(more).arg(address).output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(status.success(), "{stderr}");
    (stdout, stderr)
}

/// Where the page is.
fn live(admin: SocketAddr) -> String {
    format!("http://{admin}/")
}

/// The text of the element with this id, as far as it has no elements in it.
fn text_of<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split_once('<').unwrap().0
}

#[test]
fn a_browser_shows_the_live_server() {
    let Some(chromium) = program("chromium") else { return };
    let (server, admin) = watched(&["--flood", "off"]);
    let mut people: Vec<Client> =
        ["alice", "bob", "carol"].map(|name| Client::join(server.tcp(), name)).into();
    people[0].say("/join den");
    people[0].hear_where("the room", |line| line.starts_with("* you are ") && line.contains("den"));
    let (page, said) = browse(&chromium, &live(admin), &["--dump-dom"]);
    assert_eq!(text_of(&page, "connections"), "3", "{page}");
    assert_eq!(text_of(&page, "members"), "3");
    assert_eq!(text_of(&page, "members-note"), "in 2 rooms");
    assert_eq!(text_of(&page, "state"), "● Live");
    // A release build has its commit behind the version.
    assert!(text_of(&page, "build").starts_with(env!("CARGO_PKG_VERSION")));
    let rooms = page.split_once("id=\"rooms\"").unwrap().1;
    let rooms = rooms.split_once("id=\"slow\"").unwrap().0;
    for words in [">den<", ">main<", "width: 100%"] {
        assert!(rooms.contains(words), "{words}: {rooms}");
    }
    // It has looked more than once, or there would be no speed to be told.
    let speed = text_of(&page, "messages");
    assert!(speed.parse::<f64>().is_ok(), "{speed:?}");
    assert!(page.contains("aria-label=\"Turn of the loop: now median "), "{page}");
    assert!(page.contains("<p id=\"trouble\" role=\"alert\" hidden=\"\"></p>"), "{page}");
    let complaints: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    server.stop();
}

#[test]
fn the_page_fits_a_narrow_window() {
    let Some(chromium) = program("chromium") else { return };
    let (server, admin) = watched(&[]);
    // The browser makes no narrower one; the page has one column there.
    let (page, _) = browse(&chromium, &live(admin), &["--dump-dom", "--window-size=500,800"]);
    let (_, charts) = page.split_once("id=\"charts\"").unwrap();
    let (_, picture) = charts.split_once("viewBox=\"0 0 ").expect("a chart was drawn");
    let width: f64 = picture.split_once(' ').unwrap().0.parse().unwrap();
    assert!((400.0..500.0).contains(&width), "a chart is {width} wide");
    server.stop();
}

/// Notes in a picture how much its letters are stretched or squeezed, 1 for not at all, and how
/// many of its texts are cut off. What is not ASCII may have no font on this machine.
const LOOK: &str = r#"<script><![CDATA[
const picture = document.documentElement;
const [, , width, height] = picture.getAttribute("viewBox").split(" ").map(Number);
let [stretched, cut] = [1, 0];
for (const text of document.querySelectorAll("text")) {
  if (/[^ -~]/.test(text.textContent)) continue;
  const box = text.getBBox();
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  cut += box.x >= 0 && box.y >= 0 && right <= width && bottom <= height ? 0 : 1;
  const meant = Number(text.getAttribute("textLength"));
  if (!meant) continue;
  text.removeAttribute("textLength");
  const natural = text.getComputedTextLength();
  stretched = Math.max(stretched, meant / natural, natural / meant);
}
picture.setAttribute("data-seen", `stretched ${stretched.toFixed(1)} cut ${cut}`);
//]]></script></svg>"#;
/// A font may be wider or narrower than the one that the picture was drawn for.
const STRETCHED_MAX: f64 = 1.3;

#[test]
fn a_browser_draws_the_pictures_of_the_readme_as_they_are_meant() {
    let Some(chromium) = program("chromium") else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["chat.svg", "benchmarks.svg"] {
        let drawn = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        let drawn = std::fs::read_to_string(drawn).unwrap().replace("</svg>", LOOK);
        let file = folder.path().join(name);
        std::fs::write(&file, drawn).unwrap();
        let (page, said) =
            browse(&chromium, &format!("file://{}", file.display()), &["--dump-dom"]);
        let (_, seen) = page.split_once("data-seen=\"stretched ").expect(&said);
        let (stretched, rest) = seen.split_once(" cut ").unwrap();
        assert!(stretched.parse::<f64>().unwrap() <= STRETCHED_MAX, "{name}: {stretched}");
        assert!(rest.starts_with("0\""), "{name}: texts are cut off: {rest:.9}");
    }
}
