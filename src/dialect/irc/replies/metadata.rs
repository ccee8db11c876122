//! Metadata, as those are told of it who have taken `draft/metadata-3`.

use crate::chat::{
    MetadataAnswer, MetadataEntry, MetadataOwner, MetadataRefusal, MetadataValue, Refusal,
};
use crate::dialect::irc::addressee::Addressee;
use crate::dialect::irc::numeric::pack;
use crate::dialect::irc::source::channel;
use crate::dialect::line;
use crate::dialect::line::writing::sentence;
use crate::limits::{
    IRC_LIST_BYTES, METADATA_KEY_BYTES_MAX, METADATA_KEYS_MAX, METADATA_SUBSCRIPTIONS_MAX,
    METADATA_TOLD_MAX,
};
use crate::text::is_unsafe;

/// Seconds after which a client may ask for what was too much to be told at once.
const ASK_AFTER: u64 = 4;

/// The type of the batch in which an answer comes, and its parameter.
pub(in crate::dialect::irc) fn batch(
    reader: &Addressee,
    answer: &MetadataAnswer<'_>,
) -> Option<(&'static str, Option<String>)> {
    match answer {
        MetadataAnswer::Listed { of, .. } => Some(("metadata", Some(target(reader, of)))),
        MetadataAnswer::ListSubscribed(_) => Some(("metadata-subs", None)),
        _ => None,
    }
}

/// Appends an answer.
pub(in crate::dialect::irc) fn write(
    reader: &Addressee,
    answer: &MetadataAnswer<'_>,
    out: &mut Vec<u8>,
) {
    match answer {
        MetadataAnswer::Listed { of, entries, more } => {
            entries.iter().for_each(|entry| value(reader, entry, out));
            if *more {
                let about = ["SYNC", &target(reader, of), &METADATA_TOLD_MAX.to_string()];
                let line = reader.line(out).word("WARN").word("METADATA").word("LIMIT_REACHED");
                line.words(about).text("There is more than can be told");
            }
        }
        MetadataAnswer::Set(entry) | MetadataAnswer::News(entry) => value(reader, entry, out),
        MetadataAnswer::AskLater(of) => {
            let after = if *of == MetadataOwner::All { 0 } else { ASK_AFTER };
            let line = reader.numeric(774, out).word(&target(reader, of)).number(after);
            line.text("Ask for it by METADATA SYNC");
        }
        MetadataAnswer::Subscribed { keys, no_keys, refused } => {
            list(reader, 770, keys, out);
            no_keys.iter().for_each(|key| no_key(reader, key, out));
            if let Some(key) = refused {
                let most = METADATA_SUBSCRIPTIONS_MAX.to_string();
                let about = ["SUB", key, most.as_str()];
                reader.fail(("METADATA", "LIMIT_REACHED"), about, "Too many subscriptions", out);
            }
        }
        MetadataAnswer::Unsubscribed { keys, no_keys } => {
            list(reader, 771, keys, out);
            no_keys.iter().for_each(|key| no_key(reader, key, out));
        }
        MetadataAnswer::ListSubscribed(keys) => list(reader, 772, keys, out),
    }
}

/// Appends why something about metadata was not done.
pub(in crate::dialect::irc) fn refuse(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) {
    let about = reader.about();
    let most = METADATA_KEYS_MAX.to_string();
    let (code, about) = match refusal {
        Refusal::Metadata(MetadataRefusal::NobodyThere) => ("INVALID_TARGET", vec![about]),
        Refusal::Metadata(MetadataRefusal::NoKey(key)) => ("INVALID_KEY", vec![key.as_str()]),
        Refusal::Metadata(MetadataRefusal::TooLong(key)) => ("INVALID_VALUE", vec![key.as_str()]),
        Refusal::Metadata(MetadataRefusal::NotYours(key)) => {
            ("KEY_NO_PERMISSION", vec![about, key.as_deref().unwrap_or("*")])
        }
        Refusal::Metadata(MetadataRefusal::Full) => ("LIMIT_REACHED", vec!["SET", about, &most]),
        Refusal::NicknameFirst => ("INVALID_TARGET", vec![about]),
        _ => ("INTERNAL_ERROR", vec![about]),
    };
    let text = sentence(|out| line::refusals::write(refusal, out));
    reader.fail(("METADATA", code), about, &text, out);
}

/// Whose metadata that is, as it is named.
fn target(reader: &Addressee, of: &MetadataOwner<'_>) -> String {
    match of {
        MetadataOwner::You => reader.nickname().to_owned(),
        MetadataOwner::Person(person) => person.as_str().to_owned(),
        MetadataOwner::Room(room) => channel(room),
        MetadataOwner::All => "*ALL".to_owned(),
    }
}

fn value(reader: &Addressee, entry: &MetadataEntry<'_>, out: &mut Vec<u8>) {
    let target = target(reader, &entry.of);
    match entry.value {
        MetadataValue::Text(text) => {
            reader.numeric(761, out).word(&target).word(entry.key).word("*").text(text);
        }
        MetadataValue::Unset => {
            reader.numeric(766, out).word(&target).word(entry.key).text("Key not set");
        }
        MetadataValue::NoKey => no_key(reader, entry.key, out),
    }
}

/// Appends a list of keys in as many lines as it takes.
fn list(reader: &Addressee, code: u16, keys: &[&str], out: &mut Vec<u8>) {
    pack(keys.iter(), ' ', IRC_LIST_BYTES, |keys| {
        reader.numeric(code, out).words(keys.split(' ')).end();
    });
}

/// Appends that this can be no key.
fn no_key(reader: &Addressee, typed: &str, out: &mut Vec<u8>) {
    let shown = typed.trim_start_matches(':').chars().filter(|it| !is_unsafe(*it));
    let shown: String = shown.take(METADATA_KEY_BYTES_MAX).collect();
    let line = reader.line(out).word("WARN").word("METADATA").word("INVALID_KEY").word(&shown);
    line.text("That can be no key");
}
