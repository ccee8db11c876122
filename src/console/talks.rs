//! Conversations with players, who are reached directly and not through the chat.
//!
//! Invariants: at most [`TALKS_MAX`] at a time; an id is never used again.

use super::pane::{Entry, Kind, Pane};
use super::{Console, Effect};
use crate::limits::TALKS_MAX;
use crate::text::clean;

/// What happens in such a conversation. All text in it is cleaned here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// How the search goes on, in a few words.
    Step(String),
    /// Somebody is there: who, and which way leads to them.
    Met(String, String),
    /// Somebody said something.
    Said(String, String),
    /// Something else that is to be told, such as that somebody has left.
    Told(String),
    /// It is over.
    Over(String),
}

/// One of them.
#[derive(Debug)]
pub(super) struct Talk {
    id: u64,
    pub(super) pane: Pane,
    /// Somebody is or was there.
    pub(super) has_met: bool,
    /// It can be talked in.
    pub(super) is_open: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Talks {
    talks: Vec<Talk>,
    last_id: u64,
    shown: Option<u64>,
}

impl Talks {
    pub(super) fn shown(&self) -> Option<&Talk> {
        self.talks.iter().find(|talk| Some(talk.id) == self.shown)
    }

    pub(super) fn shown_mut(&mut self) -> Option<&mut Talk> {
        self.talks.iter_mut().find(|talk| Some(talk.id) == self.shown)
    }

    fn get(&mut self, id: u64) -> Option<&mut Talk> {
        self.talks.iter_mut().find(|talk| talk.id == id)
    }

    /// Those that have been opened, in the order in which they were.
    pub(super) fn open(&self) -> impl Iterator<Item = &Talk> {
        self.talks.iter().filter(|talk| talk.has_met)
    }

    /// The one that is being looked for.
    pub(super) fn wanted(&self) -> Option<&Talk> {
        self.talks.iter().find(|talk| talk.is_open && !talk.has_met)
    }

    /// Shows the room (0), or one of those that were opened.
    pub(super) fn show(&mut self, number: usize) {
        let chosen = number.checked_sub(1).and_then(|at| self.open().nth(at));
        if number == 0 || chosen.is_some() {
            self.shown = chosen.map(|talk| talk.id);
        }
    }

    /// Which is shown, as [`Self::show`] counts.
    pub(super) fn shown_number(&self) -> usize {
        self.open().position(|talk| Some(talk.id) == self.shown).map_or(0, |at| at + 1)
    }

    fn remove(&mut self, id: u64) {
        self.talks.retain(|talk| talk.id != id);
        self.shown = self.shown.filter(|shown| *shown != id);
    }
}

impl Console {
    /// The server has given out a token: looks for the players.
    pub(super) fn play(&mut self, queue: &str, token: u64, port: Option<u16>) -> Vec<Effect> {
        // There is one token at a time: who was looked for before is not found any more.
        let mut effects = self.stop_looking();
        if self.talks.talks.len() >= TALKS_MAX {
            self.tell(Kind::Alarm, "too many direct conversations; /close one first");
            return effects;
        }
        self.talks.last_id += 1;
        let id = self.talks.last_id;
        let pane = Pane::new(queue);
        self.talks.talks.push(Talk { id, pane, has_met: false, is_open: true });
        self.tell(Kind::Own, &format!("looking for players in {queue} (/match off gives up)"));
        effects.push(Effect::Play { talk: id, token, port });
        effects
    }

    pub(super) fn stop_looking(&mut self) -> Vec<Effect> {
        let Some(id) = self.talks.wanted().map(|talk| talk.id) else { return Vec::new() };
        self.talks.remove(id);
        vec![Effect::HangUp { talk: id }]
    }

    /// Ends the conversation that is in view.
    pub(super) fn close_talk(&mut self) -> Vec<Effect> {
        let Some(talk) = self.talks.shown() else {
            self.hint = "this is a room; /leave goes back to main, /quit leaves".into();
            return Vec::new();
        };
        let id = talk.id;
        self.talks.remove(id);
        vec![Effect::HangUp { talk: id }]
    }

    /// What was typed in a conversation.
    pub(super) fn say_in_talk(&mut self, text: String) -> Vec<Effect> {
        let (wall, nickname) = (self.now.wall, self.link.nickname().to_owned());
        let Some(talk) = self.talks.shown_mut() else { return Vec::new() };
        if !talk.is_open {
            self.hint = "nobody is there any more; /close closes this, Alt-1 is the room".into();
            self.composer.set(&text);
            return Vec::new();
        }
        let mut entry = Entry::told(Kind::Said, wall, text.clone());
        (entry.who, entry.is_own) = (nickname, true);
        talk.pane.push(entry, true);
        vec![Effect::Say { talk: talk.id, text }]
    }

    pub(super) fn hear_talk(&mut self, id: u64, news: News) -> Vec<Effect> {
        let (wall, has_focus) = (self.now.wall, self.has_focus);
        let is_idle = self.composer.text().is_empty();
        let is_shown = self.talks.shown == Some(id);
        let Some(talk) = self.talks.get(id) else { return Vec::new() };
        let mut told = |kind, text: &str| {
            let entry = Entry::told(kind, wall, clean(text));
            talk.pane.push(entry, has_focus && is_shown);
        };
        match news {
            News::Step(text) => self.hint = clean(&text).into_owned(),
            News::Met(name, way) => {
                self.hint.clear();
                told(Kind::Own, &format!("{name} is here, {way}: not said in the room"));
                if !std::mem::replace(&mut talk.has_met, true) {
                    talk.pane.title = clean(&name).into_owned();
                    // Nobody is to say to one what was meant for all.
                    if is_idle {
                        self.talks.shown = Some(id);
                    }
                }
            }
            News::Said(name, text) => {
                let mut entry = Entry::told(Kind::Said, wall, clean(&text));
                (entry.who, entry.mentions) = (clean(&name).into_owned(), true);
                talk.pane.push(entry, has_focus && is_shown);
            }
            News::Told(text) => told(Kind::Own, &text),
            News::Over(text) => {
                if talk.has_met {
                    told(Kind::Alarm, &text);
                    talk.is_open = false;
                } else {
                    self.talks.remove(id);
                    self.tell(Kind::Alarm, &clean(&text));
                }
            }
        }
        Vec::new()
    }
}
