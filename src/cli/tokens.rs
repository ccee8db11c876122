//! The tokens of bots: the file that names them, and the command that changes it.
//!
//! ```text
//! # the build server
//! deploy-bot ops token sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b
//! ```
//!
//! A secret is shown once, when it is made; the file has its hash.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use data_encoding::HEXLOWER;
use mio_chat::chat::{Alphabet, NameKey, Nickname, RoomName};
use mio_chat::server::{Bot, BotKind, Operator, TokenHash};
use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use super::text_file::{self, TextError};

/// Bytes of a secret: 160 bits, which nobody can guess.
const SECRET_BYTES: usize = 20;
/// Who may read a new file.
const FILE_MODE: u32 = 0o600;

/// Flags of `token`: what to do with the tokens in a file.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat token add deploy-bot --room ops --tokens /etc/mio-chat/tokens
  mio-chat token add alerts --room ops --hook --tokens /etc/mio-chat/tokens
  mio-chat token list --tokens /etc/mio-chat/tokens

A running server learns of a change on SIGHUP.")]
pub(crate) struct TokenArgs {
    /// What to do
    #[arg(value_name = "ACTION", default_value = "list")]
    action: Action,
    /// Name under which the bot speaks; nobody else may take it
    #[arg(value_name = "NAME", value_parser = parse_bot)]
    name: Option<Nickname>,
    /// Room in which the bot may speak
    #[arg(long, value_name = "ROOM", value_parser = parse_room)]
    room: Option<RoomName>,
    /// Make a hook: a secret address, for programs that cannot send a token
    #[arg(long)]
    hook: bool,
    /// File of tokens, which need not be there yet
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_TOKENS")]
    tokens: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Make a token for a bot and print it, this once
    Add,
    /// List the bots, with their rooms
    List,
    /// Remove all tokens and hooks of a bot, or those for one room
    Remove,
}

/// Why tokens are not known, or not changed.
#[derive(Debug, Error)]
pub(crate) enum TokenError {
    /// The file cannot be read.
    #[error(
        "cannot read the tokens in {}: {source}; {}", file.display(), source.advice("--tokens")
    )]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: TextError,
    },
    /// A line of it makes no sense.
    #[error(
        "cannot understand line {line} of {}: {why}; it has to be a line as \
         `mio-chat token add` writes it",
        file.display()
    )]
    Line {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        why: String,
    },
    /// A bot and an operator would be taken for each other.
    #[error("the bot {bot} in {} has the name of the operator {operator}", file.display())]
    Operator {
        /// Which file.
        file: PathBuf,
        /// The bot.
        bot: String,
        /// The operator.
        operator: String,
    },
    /// The bot would be taken for another.
    #[error("the name {name} looks like {other}, another bot in {}", file.display())]
    LooksLike {
        /// Which file.
        file: PathBuf,
        /// The name of the new bot.
        name: String,
        /// The bot that is there.
        other: String,
    },
    /// There is nothing to be removed.
    #[error("{} has no such token of {name}", file.display())]
    Unknown {
        /// Which file.
        file: PathBuf,
        /// The bot.
        name: String,
    },
    /// The file cannot be written.
    #[error("cannot write the tokens to {}: {source}", file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system gives no random numbers.
    #[error("cannot get random bytes for a token: {0}")]
    Random(getrandom::Error),
}

impl TokenError {
    /// Whether what is in a file of settings makes no sense.
    pub(crate) fn is_configuration(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Line { .. } | Self::Operator { .. })
    }
}

/// Reads the tokens' file. Empty lines and lines that begin with `#` are skipped.
pub(crate) fn read_bots(file: &Path, operators: &[Operator]) -> Result<Vec<Bot>, TokenError> {
    let text = text_file::read(file)
        .map_err(|source| TokenError::Read { file: file.to_owned(), source })?;
    let bots = parse(file, &text)?;
    let known: HashMap<NameKey, &Operator> =
        operators.iter().map(|operator| (NameKey::of(&operator.name), operator)).collect();
    match bots.iter().find_map(|bot| Some((bot, known.get(&bot.name.key())?))) {
        Some((bot, operator)) => Err(TokenError::Operator {
            file: file.to_owned(),
            bot: bot.name.as_str().to_owned(),
            operator: operator.name.clone(),
        }),
        None => Ok(bots),
    }
}

fn parse(file: &Path, text: &str) -> Result<Vec<Bot>, TokenError> {
    let mut names: HashMap<NameKey, Nickname> = HashMap::new();
    let mut bots = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| says_something(line)) {
        let failed = |why: String| TokenError::Line { file: file.to_owned(), line: index + 1, why };
        let bot = parse_line(line).map_err(|why| failed(why.to_owned()))?;
        let first = names.entry(bot.name.key()).or_insert_with(|| bot.name.clone());
        if *first != bot.name {
            return Err(failed(format!("the name looks like {}, another bot", first.as_str())));
        }
        bots.push(bot);
    }
    Ok(bots)
}

fn says_something(line: &str) -> bool {
    !line.trim().is_empty() && !line.trim_start().starts_with('#')
}

fn parse_line(line: &str) -> Result<Bot, &'static str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[name, room, kind, hash] = words.as_slice() else {
        return Err("it is not a name, a room, \"token\" or \"hook\", and a hash");
    };
    Ok(Bot {
        name: Nickname::parse(name, Alphabet::Unicode)
            .map_err(|_| "the name is not a valid nickname")?,
        room: RoomName::parse(room, Alphabet::Unicode)
            .map_err(|_| "the room is not a valid name of a room")?,
        kind: match kind {
            "token" => BotKind::Token,
            "hook" => BotKind::Hook,
            _ => return Err("the third word is neither \"token\" nor \"hook\""),
        },
        hash: TokenHash::parse(hash).ok_or("the hash is not \"sha256:\" and 64 digits")?,
    })
}

fn written(bot: &Bot) -> String {
    format!("{} {} {} {}", bot.name.as_str(), bot.room.as_str(), word(bot.kind), bot.hash)
}

fn word(kind: BotKind) -> &'static str {
    match kind {
        BotKind::Token => "token",
        BotKind::Hook => "hook",
    }
}

fn parse_bot(text: &str) -> Result<Nickname, String> {
    Nickname::parse(text, Alphabet::Unicode).map_err(|error| error.to_string())
}

fn parse_room(text: &str) -> Result<RoomName, String> {
    RoomName::parse(text, Alphabet::Unicode).map_err(|error| error.to_string())
}

impl TokenArgs {
    /// Checks that involve several flags.
    pub(super) fn check_flags(&self) -> Result<(), String> {
        let Self { action, name, room, hook, tokens } = self;
        match action {
            _ if tokens.is_none() => Err("--tokens must name the file of tokens".to_owned()),
            Action::Add if name.is_none() => Err("add needs the NAME of the bot".to_owned()),
            Action::Add if room.is_none() => {
                Err("add needs --room, the room in which the bot may speak".to_owned())
            }
            Action::Remove if name.is_none() => Err("remove needs the NAME of the bot".to_owned()),
            Action::List if name.is_some() || room.is_some() => {
                Err("list takes neither a name nor a room".to_owned())
            }
            Action::List | Action::Remove if *hook => Err("only add takes --hook".to_owned()),
            _ => Ok(()),
        }
    }

    /// Does what is asked for. Returns what to print, and a remark about it.
    pub(crate) fn run(&self) -> Result<(String, &'static str), TokenError> {
        let file = self.tokens.as_deref().unwrap_or(Path::new(""));
        match (self.action, &self.name, &self.room) {
            (Action::Add, Some(name), Some(room)) => {
                let kind = if self.hook { BotKind::Hook } else { BotKind::Token };
                add(file, name, room, kind)
            }
            (Action::Remove, Some(name), room) => {
                remove(file, name, room.as_ref()).map(|removed| (removed, "SIGHUP makes it so"))
            }
            // `check_flags` has seen to it that there is what it takes.
            _ => list(file).map(|listed| (listed, "")),
        }
    }
}

fn add(
    file: &Path,
    name: &Nickname,
    room: &RoomName,
    kind: BotKind,
) -> Result<(String, &'static str), TokenError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(TokenError::Random)?;
    let secret = HEXLOWER.encode(&bytes);
    let bot = Bot { name: name.clone(), room: room.clone(), kind, hash: TokenHash::of(&secret) };
    rewrite(file, |text, bots| {
        let like = bots.iter().find(|other| other.name.key() == name.key());
        if let Some(other) = like.filter(|other| other.name != *name) {
            return Err(TokenError::LooksLike {
                file: file.to_owned(),
                name: name.as_str().to_owned(),
                other: other.name.as_str().to_owned(),
            });
        }
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        Ok(format!("{text}{end}{}\n", written(&bot)))
    })?;
    Ok(match kind {
        BotKind::Token => (secret, "this is the token, which is shown this once"),
        BotKind::Hook => (
            format!("/hooks/{secret}"),
            "this is the path of the hook, which is shown this once; who knows it may speak",
        ),
    })
}

fn remove(file: &Path, name: &Nickname, room: Option<&RoomName>) -> Result<String, TokenError> {
    let is_meant = |bot: &Bot| {
        bot.name.key() == name.key() && room.is_none_or(|room| room.key() == bot.room.key())
    };
    let mut count = 0;
    rewrite(file, |text, bots| {
        count = bots.iter().filter(|bot| is_meant(bot)).count();
        if count == 0 {
            let name = name.as_str().to_owned();
            return Err(TokenError::Unknown { file: file.to_owned(), name });
        }
        let stays = |line: &&str| {
            !says_something(line) || !parse_line(line).is_ok_and(|bot| is_meant(&bot))
        };
        Ok(text.lines().filter(stays).map(|line| format!("{line}\n")).collect())
    })?;
    Ok(format!("removed: {count}"))
}

fn list(file: &Path) -> Result<String, TokenError> {
    let bots = read_bots(file, &[])?;
    let line =
        |bot: &Bot| format!("{} {} {}", bot.name.as_str(), bot.room.as_str(), word(bot.kind));
    Ok(bots.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Changes a file as a whole: who reads it meanwhile reads it as it was or as it will be, and of
/// two who change it one waits. A file that is not there is an empty one.
fn rewrite(
    file: &Path,
    change: impl FnOnce(&str, &[Bot]) -> Result<String, TokenError>,
) -> Result<(), TokenError> {
    let failed = |source: io::Error| TokenError::Write { file: file.to_owned(), source };
    // A link stays one.
    let place = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let parent = place.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = File::open(parent.unwrap_or(Path::new("."))).map_err(failed)?;
    flock(&folder, FlockOperation::LockExclusive).map_err(|error| failed(error.into()))?;
    let text = match text_file::read(&place) {
        Err(TextError::Read(error)) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|source| TokenError::Read { file: file.to_owned(), source })?,
    };
    let changed = change(&text, &parse(file, &text)?)?;
    replace(&place, &changed).and_then(|()| folder.sync_all()).map_err(failed)
}

fn replace(place: &Path, text: &str) -> io::Result<()> {
    let mut name = place.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    let beside = place.with_file_name(name);
    let mut options = OpenOptions::new();
    let mut new = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(&beside)?;
    // Whoever may read the file may still do so.
    let mode = match fs::metadata(place) {
        Ok(old) => {
            let own = new.metadata()?;
            if (old.uid(), old.gid()) != (own.uid(), own.gid()) {
                fchown(&new, Some(old.uid()), Some(old.gid()))?;
            }
            old.mode() & 0o777
        }
        Err(_) => FILE_MODE,
    };
    new.set_permissions(fs::Permissions::from_mode(mode))?;
    new.write_all(text.as_bytes())?;
    new.sync_all()?;
    fs::rename(&beside, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Nickname {
        parse_bot(text).unwrap()
    }

    fn room(text: &str) -> RoomName {
        parse_room(text).unwrap()
    }

    #[test]
    fn a_file_names_bots_and_says_where_it_does_not() {
        let hash = TokenHash::of("secret");
        let file = Path::new("tokens");
        let text = format!("# us\n\ndeploy-bot ops token {hash}\n  alerts\tops hook  {hash} \n");
        let bots = parse(file, &text).unwrap();
        let told: Vec<String> = bots.iter().map(written).collect();
        let hook = format!("alerts ops hook {hash}");
        assert_eq!(told, [format!("deploy-bot ops token {hash}"), hook]);
        for (line, why) in [
            ("olga", "it is not a name, a room"),
            ("olga ops token", "it is not a name, a room"),
            ("olga ops token sha256:00", "the hash is not"),
            (&format!("olga ops cookie {hash}"), "neither \"token\" nor \"hook\""),
            (&format!("ol:ga ops token {hash}"), "the name is not"),
            (&format!("server ops token {hash}"), "the name is not"),
            (&format!("olga o:ps token {hash}"), "the room is not"),
            (&format!("Deploy-Bot ops token {hash}"), "looks like deploy-bot, another bot"),
        ] {
            let error = parse(file, &format!("deploy-bot ops hook {hash}\n# us\n{line}\n"));
            let error = error.unwrap_err().to_string();
            assert!(error.contains("line 3 of tokens") && error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_file_is_changed_as_a_whole_and_keeps_what_people_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        let (secret, _) = add(&file, &name("deploy-bot"), &room("ops"), BotKind::Token).unwrap();
        assert!(secret.len() >= 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        let first = fs::read_to_string(&file).unwrap();
        assert!(!first.contains(&secret) && first.contains(&TokenHash::of(&secret).to_string()));

        fs::write(&file, format!("# ours\n{first}# no newline")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let (path, _) = add(&file, &name("alerts"), &room("ops"), BotKind::Hook).unwrap();
        add(&file, &name("deploy-bot"), &room("dev"), BotKind::Token).unwrap();
        let hook = path.strip_prefix("/hooks/").unwrap();
        assert_eq!(
            list(&file).unwrap(),
            "deploy-bot ops token\nalerts ops hook\ndeploy-bot dev token"
        );
        let bots = read_bots(&file, &[]).unwrap();
        assert_eq!((bots[0].hash, bots[1].hash), (TokenHash::of(&secret), TokenHash::of(hook)));
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);

        let like = add(&file, &name("DEPLOY-BOT"), &room("ops"), BotKind::Hook).unwrap_err();
        assert!(like.to_string().contains("looks like deploy-bot"), "{like}");
        assert_eq!(remove(&file, &name("deploy-bot"), Some(&room("ops"))).unwrap(), "removed: 1");
        assert_eq!(remove(&file, &name("deploy-bot"), None).unwrap(), "removed: 1");
        let gone = remove(&file, &name("deploy-bot"), None).unwrap_err().to_string();
        assert!(gone.ends_with("has no such token of deploy-bot"), "{gone}");
        let left = fs::read_to_string(&file).unwrap();
        assert!(left.starts_with("# ours\n# no newline\nalerts ops hook sha256:"), "{left}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_damaged_file_is_left_as_it_is_and_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["tokens", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "what is this\n").unwrap();
        assert!(add(&file, &name("bot"), &room("ops"), BotKind::Token).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "what is this\n");
        fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink("tokens", &link).unwrap();
        add(&link, &name("bot"), &room("ops"), BotKind::Token).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(list(&file).unwrap(), "bot ops token");
    }

    #[test]
    fn no_bot_has_the_name_of_an_operator() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        add(&file, &name("olga"), &room("ops"), BotKind::Token).unwrap();
        let password = mio_chat::password::SlowHash::of("x", b"salt");
        let operators = [Operator { name: "0lga".to_owned(), password: Some(password) }];
        let error = read_bots(&file, &operators).unwrap_err().to_string();
        assert!(
            error.starts_with("the bot olga in") && error.ends_with("operator 0lga"),
            "{error}"
        );
    }
}
