//! Changes that an operator makes while a crowd listens: nobody may lose a word by them.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::herd::{COUNTER, Herd};
use crate::support::turns::Turns;
use crate::support::{Client, Launch, report, sized, timed};

/// What is said, one word at a time.
const WORDS: u64 = 200;
/// Words between two changes.
const APART: u64 = 20;
/// Time from one word to the next.
const PAUSE: Duration = Duration::from_millis(10);

/// Other settings each time: limits, times, what is remembered, what is logged.
fn write_settings(file: &Path, number: u64) {
    let text = format!(
        "history = {}\nmotd = \"day {number}\"\noutbox-soft = \"{}KiB\"\nline-timeout = \"{}s\"\n\
         max-delay = \"{}ms\"\nmax-per-address = {}\nban = [\"203.0.113.{number}\"]\n",
        number % 3 * 50,
        32 + number,
        60 + number,
        number % 6,
        32 + number
    );
    std::fs::write(file, text).unwrap();
}

#[test]
fn reloads_and_the_end_cost_a_crowd_not_one_word() {
    let crowd = sized(300, 5_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mio-chat.toml");
    write_settings(&file, 0);
    let flags =
        ["-c", file.to_str().unwrap(), "--digest-above", "1", "--drain", "1m", "--flood", "off"];
    let server = Launch::new(&flags).start();
    let mut herd = Herd::new();
    herd.join(server.tcp(), crowd, "c");
    let mut counter = Client::join(server.tcp(), COUNTER);
    for number in 1..=WORDS {
        counter.say(&number.to_string());
        if number % APART == 0 {
            write_settings(&file, number / APART);
            server.signal(Signal::HUP);
            server.wait_for_log_times("reloaded: changed=", (number / APART) as usize);
        }
        herd.listen_for(PAUSE);
    }
    // The end may come before the last words are sent: they are sent all the same.
    counter.say(&(WORDS + 1).to_string());
    counter.hear(&format!("{COUNTER}: {}", WORDS + 1));
    server.ask_to_stop();
    let ((), took) = timed(|| herd.listen_until("its end", |member| member.ended.is_some()));
    let log = server.expect_good_end();
    let goodbye = "* the server is shutting down; come back in ";
    for member in &herd.members {
        let last = String::from_utf8_lossy(&member.last);
        assert_eq!(member.count.last, WORDS + 1, "{last}");
        assert!(last.contains(goodbye), "{last}");
    }
    report(&format!(
        "changes: {crowd} listeners, {} reloads, {} words each, all sent away in {took:?}; {}",
        WORDS / APART,
        WORDS + 1,
        Turns::worst_in(&log)
    ));
}
