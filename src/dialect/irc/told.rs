//! The answers of the language itself.

use super::accounts;
use super::addressee::Addressee;
use super::capability::{Capabilities, Capability, OFFERED};
use super::note::Told;
use super::numeric::Line;
use super::server;
use crate::limits::IRC_LINE_BYTES_MAX;

/// Appends an answer.
pub(super) fn write(to: &Addressee, told: &Told<'_>, out: &mut Vec<u8>) {
    match told {
        Told::Numeric { code, about, text } => {
            let line = to.numeric(*code, out);
            about.iter().fold(line, |line, word| line.word(word)).text(text);
        }
        Told::Fail { verb, code, about, text } => {
            let line = Line::begin(out, &to.server).word("FAIL").word(verb).word(code);
            about.iter().fold(line, |line, word| line.word(word)).text(text);
        }
        Told::Authenticate(chunk) => accounts::authenticate(to, chunk, out),
        Told::Service(text) => accounts::service(to, text, out),
        Told::Offered => offered(to, out),
        Told::Taken => {
            let taken = |bit| to.capabilities.has(bit);
            let names = OFFERED.iter().filter(|offered| taken(offered.bit));
            let names: Vec<&str> = names.map(|offered| offered.name).collect();
            capabilities(to, "LIST", &names, out);
        }
        Told::Requested { granted, request } => {
            let verb = if *granted { "ACK" } else { "NAK" };
            let line = Line::begin(out, &to.server).word("CAP").word(to.nickname());
            line.word(verb).text(request);
        }
        Told::Asked(question) => server::write(to, *question, out),
        Told::Pong(token) => {
            Line::begin(out, &to.server).word("PONG").word(&to.server).text(token);
        }
    }
}

fn offered(to: &Addressee, out: &mut Vec<u8>) {
    let has_values = to.capabilities.has(Capabilities::VERSION_302);
    let written = |offered: &Capability| {
        let own = accounts::value(to.accounts, offered.bit);
        match own.as_deref().unwrap_or(offered.value) {
            value if has_values && !value.is_empty() => format!("{}={value}", offered.name),
            _ => offered.name.to_owned(),
        }
    };
    let withheld = accounts::withheld(to.accounts);
    let offered = OFFERED.iter().filter(|offered| !withheld.has(offered.bit));
    let all: Vec<String> = offered.map(written).collect();
    capabilities(to, "LS", &all.iter().map(String::as_str).collect::<Vec<_>>(), out);
}

/// Lists capabilities, in several lines where they are many and the client knows of that.
fn capabilities(to: &Addressee, verb: &str, names: &[&str], out: &mut Vec<u8>) {
    let room = IRC_LINE_BYTES_MAX - 32 - to.server.len() - to.nickname().len();
    let mut lines = vec![String::new()];
    for name in names {
        let mut line = lines.pop().unwrap_or_default();
        if !line.is_empty() && line.len() + 1 + name.len() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(name);
        lines.push(line);
    }
    if !to.capabilities.has(Capabilities::VERSION_302) {
        lines.truncate(1);
    }
    for (place, text) in lines.iter().enumerate() {
        let line = Line::begin(out, &to.server).word("CAP").word(to.nickname()).word(verb);
        if place + 1 < lines.len() { line.word("*").text(text) } else { line.text(text) }
    }
}
