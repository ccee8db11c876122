//! The answers of the language itself.

use super::accounts;
use super::addressee::Addressee;
use super::capability::{Capabilities, Capability, OFFERED, offered_without, value};
use super::note::Told;
use super::numeric::{Line, pack};
use super::server;
use crate::limits::IRC_LINE_BYTES_MAX;

/// Appends an answer.
pub(super) fn write(to: &Addressee, told: &Told<'_>, out: &mut Vec<u8>) {
    match told {
        Told::Numeric { code, about, text } => {
            to.numeric(*code, out).words(about.iter()).text(text);
        }
        Told::Fail { verb, code, about, text } => {
            to.fail((verb, code), about.iter(), text, out);
        }
        Told::Authenticate(chunk) => accounts::authenticate(to, chunk, out),
        Told::Error(why) => {
            let text = format!("Closing link: {why}");
            let start = out.len();
            out.extend_from_slice(b"ERROR");
            Line::behind(out, start).text(&text);
        }
        Told::Service(text) => accounts::service(to, text, out),
        Told::Offered { and_told } => offered(to, and_told.as_deref(), out),
        Told::Taken => {
            let taken = |bit| to.capabilities.has(bit);
            let names = OFFERED.iter().filter(|offered| taken(offered.bit));
            capabilities(to, "LIST", names.map(|offered| offered.name), out);
        }
        Told::Requested { granted, request } => {
            let verb = if *granted { "ACK" } else { "NAK" };
            to.line(out).word("CAP").word(to.nickname()).word(verb).text(request);
        }
        Told::Asked(question) => server::write(to, *question, out),
        Told::Pong(token) => {
            to.line(out).word("PONG").word(&to.server).text(token);
        }
    }
}

fn offered(to: &Addressee, and_told: Option<&str>, out: &mut Vec<u8>) {
    let has_values = to.capabilities.has(Capabilities::VERSION_302);
    let value_of = |bit| accounts::value(to.accounts, bit).or_else(|| value(bit));
    let written = |offered: &Capability| match value_of(offered.bit).filter(|_| has_values) {
        Some(value) => format!("{}={value}", offered.name),
        None => offered.name.to_owned(),
    };
    let offered = offered_without(accounts::withheld(to.accounts));
    let and_told = and_told.filter(|_| has_values).map(str::to_owned);
    capabilities(to, "LS", offered.map(written).chain(and_told), out);
}

/// Lists capabilities, in several lines where they are many and the client knows of that.
fn capabilities(
    to: &Addressee,
    verb: &str,
    names: impl Iterator<Item = impl AsRef<str>>,
    out: &mut Vec<u8>,
) {
    let room = IRC_LINE_BYTES_MAX - 32 - to.server.len() - to.nickname().len();
    let mut lines = Vec::new();
    pack(names, ' ', room, |text| lines.push(text.to_owned()));
    // That there are none is told, too.
    let is_in_parts = to.capabilities.has(Capabilities::VERSION_302);
    lines.resize(if is_in_parts { lines.len().max(1) } else { 1 }, String::new());
    for (place, text) in lines.iter().enumerate() {
        let line = to.line(out).word("CAP").word(to.nickname()).word(verb);
        if place + 1 < lines.len() { line.word("*").text(text) } else { line.text(text) }
    }
}
