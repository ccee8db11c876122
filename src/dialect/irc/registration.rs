//! CAP, PASS, NICK and USER, until the client is a member; and CAP afterwards.
//!
//! A client is a member when it has said NICK and USER and has ended what it had to say of
//! capabilities, in any order.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::accounts::withheld;
use super::capability::{Capabilities, requested};
use super::commands::{self, accounts, incomplete, told, verb};
use super::gateway::Introduction;
use super::message::Message;
use super::multiline::{self, Draft, Place};
use super::note::{Note, Told};
use super::password::ServerPassword;
use super::sasl::Sasl;
use super::strict_transport::TransportPolicy;
use crate::chat::{About, Command, Landing, MetadataCommand, MetadataSubject, PeopleCommand};
use crate::dialect::AccountOffer;
use crate::dialect::Spoken;
use crate::dialect::encoding::Encoding;
use crate::dialect::encryption::Security;
use crate::dialect::steps::{Speaker, Step};
use crate::time::Time;

/// What is known of one client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) capabilities: Capabilities,
    /// What is offered of accounts.
    #[serde(default)]
    pub(super) accounts: AccountOffer,
    /// How it is told to come encrypted, if it is.
    #[serde(default)]
    pub(super) transport_policy: Option<Box<TransportPolicy>>,
    /// The exchange by which it logs in, if it has begun one.
    #[serde(default)]
    sasl: Option<Box<Sasl>>,
    /// The message of several lines that it has begun.
    #[serde(default)]
    draft: Option<Box<Draft>>,
    /// Until it is a member.
    registration: Option<Box<Registration>>,
}

/// What a client has said of itself before it is a member.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Registration {
    nickname: Option<SmolStr>,
    user: Option<SmolStr>,
    real: SmolStr,
    /// It has asked for capabilities, and has not said that this is all.
    is_negotiating: bool,
    lines: u8,
    /// The password of the server, until the client has given it.
    #[serde(default)]
    password: Option<ServerPassword>,
    /// It has said all, and not that.
    #[serde(default)]
    is_locked_out: bool,
}

impl Client {
    /// A client that has said nothing.
    pub(super) fn new(spoken: &Spoken, security: Security) -> Self {
        let strict_transport = spoken.strict_transport;
        let password = spoken.irc_password;
        let registration = Some(Box::new(Registration { password, ..Registration::default() }));
        Self {
            capabilities: Capabilities::NONE,
            accounts: spoken.accounts,
            transport_policy: strict_transport
                .and_then(|chosen| chosen.told_to(security))
                .map(Box::new),
            sasl: None,
            draft: None,
            registration,
        }
    }

    /// Counts one more line before the client is a member. How many it has said.
    pub(super) fn count_line(&mut self) -> u8 {
        self.registration.as_mut().map_or(0, |registration| {
            registration.lines = registration.lines.saturating_add(1);
            registration.lines
        })
    }

    /// What a line is to the message of several lines that the client has begun. `own` are its
    /// label and its tags for others.
    pub(super) fn place(&mut self, now: Time, message: &Message<'_>, own: (&str, &str)) -> Place {
        if self.registration.is_some() || !self.capabilities.has(Capabilities::MULTILINE) {
            return Place::Elsewhere;
        }
        multiline::place(&mut self.draft, now, message, own)
    }

    /// A line could not be understood that may have been a part of such a message.
    pub(super) fn spoil_draft(&mut self) {
        if let Some(draft) = &mut self.draft {
            draft.spoil();
        }
    }

    /// What a stage of a line asks for and what about, as answers need to know it.
    pub(super) fn asks<'a>(&'a self, message: &Message<'a>, stage: usize) -> (&'a str, &'a str) {
        match self.draft.as_ref().and_then(|draft| draft.addressed()) {
            Some(target) => ("PRIVMSG", target),
            None => (message.verb, commands::about(message, stage)),
        }
    }

    /// What a line asks for at one of its stages. `None`: nothing more.
    pub(super) fn step<'a>(
        &'a mut self,
        message: &Message<'a>,
        stage: usize,
        speaker: Speaker<'_>,
    ) -> Option<Step<'a>> {
        if self.draft.as_ref().is_some_and(|draft| draft.is_over()) {
            let is_settled = self.draft.as_ref().is_some_and(|draft| draft.step(stage).is_none());
            if is_settled {
                multiline::settle(&mut self.draft);
                return None;
            }
            return self.draft.as_ref().and_then(|draft| draft.step(stage));
        }
        let is_member = speaker.is_member();
        let verb = verb(message.verb);
        if verb.as_str() == "CAP" {
            return self.negotiate(message, stage, is_member);
        }
        if verb.as_str() == "AUTHENTICATE" {
            return self.sasl.get_or_insert_default().step(message, stage);
        }
        if let (Speaker::Member { source_bytes }, None) = (speaker, &self.registration) {
            if self.has_not_taken(verb.as_str()) {
                return (stage == 0).then(|| told(421, &[message.verb], "Unknown command"));
            }
            let with_events = self.capabilities.has(Capabilities::EVENT_PLAYBACK);
            return commands::step(message, stage, with_events, source_bytes);
        }
        match (verb.as_str(), stage) {
            ("NICK", 0) => self.note_nickname(message),
            ("USER", 0) => self.note_user(message),
            ("NICK" | "USER", _) => self.register(stage, is_member),
            (_, 1..) => None,
            // Whoever needs one is told so later.
            ("PASS", _) if self.takes_password(message) => Some(Step::Noise(0)),
            ("PASS", _) => Some(accounts::pass(message)),
            ("REGISTER", _) => {
                let known = self.registration.as_ref();
                let nickname = known.and_then(|known| known.nickname.as_deref());
                Some(accounts::register(message, nickname))
            }
            ("METADATA", _) if self.capabilities.has(Capabilities::METADATA) => {
                Some(commands::metadata::step(message))
            }
            ("WEBIRC", _) => {
                let registration = self.registration.as_ref();
                let is_first = registration.is_some_and(|registration| registration.lines == 1);
                // How somebody comes to a gateway is for the gateway to say.
                self.transport_policy = None;
                Some(Step::Introduce(Introduction::read(message, is_first)))
            }
            ("VERIFY", _) => Some(accounts::verify(message)),
            ("PONG", _) => Some(Step::Noise(0)),
            ("PING", _) => Some(commands::ping(message)),
            ("QUIT", _) => Some(commands::quit(message)),
            _ => Some(told(451, &[], "You have not registered")),
        }
    }

    /// Whether this is the verb of a capability that the client has not taken.
    fn has_not_taken(&self, verb: &str) -> bool {
        let needs = match verb {
            "MARKREAD" => Capabilities::READ_MARKER,
            "METADATA" => Capabilities::METADATA,
            _ => Capabilities::NONE,
        };
        !self.capabilities.has(needs)
    }

    /// Whether the client was not let in for want of the server's password.
    pub(super) fn is_locked_out(&self) -> bool {
        self.registration.as_ref().is_some_and(|registration| registration.is_locked_out)
    }

    /// Whether this is the server's password, which is not asked for again then.
    fn takes_password(&mut self, message: &Message<'_>) -> bool {
        let Some(registration) = &mut self.registration else { return false };
        let given = message.said(0).map(ServerPassword::of);
        let is_right = registration.password.is_some() && given == registration.password;
        if is_right {
            registration.password = None;
        }
        is_right
    }

    fn note_nickname<'a>(&mut self, message: &Message<'a>) -> Option<Step<'a>> {
        let Some(nickname) = message.said(0) else {
            return Some(told(431, &[], "No nickname given"));
        };
        if let Some(registration) = &mut self.registration {
            registration.nickname = Some(nickname.into());
        }
        Some(Step::Noise(0))
    }

    fn note_user<'a>(&mut self, message: &Message<'a>) -> Option<Step<'a>> {
        let (Some(user), Some(real)) = (message.said(0), message.said(3)) else {
            return Some(incomplete(message));
        };
        if let Some(registration) = &mut self.registration {
            registration.user = Some(user.into());
            registration.real = real.into();
        }
        Some(Step::Noise(0))
    }

    /// What follows a line with which the client may have said all that makes it a member.
    fn register<'a>(&'a mut self, stage: usize, is_member: bool) -> Option<Step<'a>> {
        let reads_metadata = self.capabilities.has(Capabilities::METADATA);
        if stage == 1 {
            let registration = self.registration.as_mut()?;
            if registration.is_negotiating || registration.user.is_none() {
                return None;
            }
            if registration.password.is_some() && registration.nickname.is_some() {
                registration.is_locked_out = true;
                return Some(told(464, &[], "Password incorrect"));
            }
            let nickname = registration.nickname.as_ref()?;
            let user = registration.user.as_deref().unwrap_or_default();
            let about = Some(About { user, real: &registration.real });
            let landing = Landing::Nowhere;
            return Some(Step::Command(Command::Register { nickname, landing, about }));
        }
        if is_member {
            // What is not asked for has no stage.
            let stage = stage + usize::from(stage > 2 && !reads_metadata);
            return Some(Step::Also(match stage {
                2 => Command::People(PeopleCommand::CountPeople),
                3 => Command::Metadata { of: MetadataSubject::Own, command: MetadataCommand::List },
                4 => Command::People(PeopleCommand::AskMotd),
                _ => {
                    self.registration = None;
                    return None;
                }
            }));
        }
        if let Some(registration) = &mut self.registration {
            // It was refused, and another one is awaited.
            registration.nickname = None;
        }
        None
    }

    /// CAP.
    fn negotiate<'a>(
        &'a mut self,
        message: &Message<'a>,
        stage: usize,
        is_member: bool,
    ) -> Option<Step<'a>> {
        let Some(asked) = message.said(0) else {
            return (stage == 0).then(|| incomplete(message));
        };
        let subcommand = verb(asked);
        if let ("LS" | "REQ", Some(registration)) = (subcommand.as_str(), &mut self.registration) {
            registration.is_negotiating = true;
        }
        let request = message.get(1).unwrap_or_default();
        match (subcommand.as_str(), stage) {
            ("END", _) => self.end_negotiation(stage, is_member),
            ("LS", 0) => {
                if request.parse::<u32>().is_ok_and(|version| version >= 302) {
                    // Whoever knows of values is told of what changes, too.
                    let taken = self.capabilities.with(Capabilities::VERSION_302, true);
                    self.capabilities = taken.with(Capabilities::CAP_NOTIFY, true);
                }
                Some(Step::Note(Note::Takes(self.capabilities)))
            }
            ("LS", 1) => {
                let and_told = self.transport_policy.as_ref().map(|policy| policy.to_string());
                Some(Step::Told(Note::Tell(Told::Offered { and_told })))
            }
            ("LIST", 0) => Some(Step::Told(Note::Tell(Told::Taken))),
            ("REQ", 0) => {
                let granted = requested(self.capabilities, withheld(self.accounts), request);
                if let Some(taken) = granted {
                    self.capabilities = taken;
                }
                let granted = granted.is_some();
                Some(Step::Told(Note::Tell(Told::Requested { granted, request })))
            }
            ("REQ", 1) => Some(Step::Note(Note::Takes(self.capabilities))),
            ("REQ", 2) => Some(Step::Speak(Encoding::Irc(self.capabilities.form()))),
            // Who does not read of keys any more hears of none.
            ("REQ", 3) if request.split(' ').any(is_metadata_given_up) => {
                let command = MetadataCommand::UnsubscribeAll;
                Some(Step::Also(Command::Metadata { of: MetadataSubject::Own, command }))
            }
            ("LS" | "LIST" | "REQ", _) | (_, 1..) => None,
            _ => Some(told(410, &[asked], "Invalid CAP command")),
        }
    }

    fn end_negotiation<'a>(&'a mut self, stage: usize, is_member: bool) -> Option<Step<'a>> {
        match &mut self.registration {
            Some(registration) if stage == 0 => {
                registration.is_negotiating = false;
                Some(Step::Noise(0))
            }
            Some(_) => self.register(stage, is_member),
            None => (stage == 0).then_some(Step::Blank),
        }
    }
}

/// Whether this word of a request gives up what metadata needs.
fn is_metadata_given_up(word: &str) -> bool {
    matches!(word, "-batch" | "-draft/metadata-3")
}
