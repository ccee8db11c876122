//! What people tell of themselves: that they are away, their real names and modes; and what those
//! who look after the server tell all.

use super::membership::Exit;
use super::owning::checked;
use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::command::Outcome;
use crate::chat::event::{ModerationAction, RoomEvent};
use crate::chat::outlet::Outlet;
use crate::chat::people::{News, PeopleCommand, PeopleReply, UserMode, UserModes};
use crate::chat::profile::real_name;
use crate::chat::record::{Done, Record};
use crate::chat::refusal::{Field, Rank, Refusal, Verb};
use crate::chat::reply::{Farewell, Reply};
use crate::chat::room::RoomId;
use crate::id::ClientId;
use crate::limits::{AWAY_BYTES_MAX, REASON_BYTES_MAX};
use crate::text::{clean, fitting, is_blank};

impl Lobby {
    /// Carries out a command about people.
    pub(super) fn look_after_people<'a>(
        &mut self,
        id: ClientId,
        command: PeopleCommand<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<Outcome<'a>, Refusal> {
        match command {
            PeopleCommand::Away(text) => self.go_away(id, Some(text), context, outlet),
            PeopleCommand::Back => self.go_away(id, None, context, outlet),
            PeopleCommand::SetRealName(text) => self.set_real_name(id, text, context, outlet),
            PeopleCommand::SetMode(name, _, _) | PeopleCommand::AskModes(name)
                if self.find_member(name)? != id =>
            {
                outlet.reply(id, &Reply::People(PeopleReply::NotYourModes));
            }
            PeopleCommand::SetMode(_, mode, on) => self.set_mode(id, mode, on, outlet),
            PeopleCommand::AskModes(_) => {
                outlet.reply(id, &Reply::People(PeopleReply::Modes(self.modes(id))));
            }
            PeopleCommand::WhoIs(name) => self.tell_who_is(id, name, context, outlet)?,
            PeopleCommand::WhoWas(name, most) => self.tell_who_was(id, name, most, outlet),
            PeopleCommand::Find(search) => {
                return Ok(self.find_people(id, search, context, outlet));
            }
            PeopleCommand::Locate(list) => self.locate(id, list, context, outlet),
            PeopleCommand::ArePresent(list) => self.tell_who_is_present(id, list, context, outlet),
            PeopleCommand::Watch(list) => self.watch(id, list, context, outlet),
            PeopleCommand::Unwatch(list) => self.unwatch(id, list),
            PeopleCommand::UnwatchAll => self.watches.remove_all(id),
            PeopleCommand::ListWatched => self.list_watched(id, outlet),
            PeopleCommand::AskWatched => self.tell_watched(id, context, outlet),
            PeopleCommand::Kill { whom, reason } => {
                self.kill(id, (whom, reason), context, outlet)?;
            }
            PeopleCommand::Redact { to, message, reason } => {
                self.redact_whisper(id, to, (message, reason), context, outlet)?;
            }
            PeopleCommand::TellAll(text) => self.tell_all(id, text, context, outlet)?,
            PeopleCommand::AskMotd => {
                outlet.reply(id, &Reply::People(PeopleReply::Motd(&self.settings.motd)));
            }
            PeopleCommand::AskTime => {
                outlet.reply(id, &Reply::People(PeopleReply::Time(context.now)));
            }
            PeopleCommand::CountPeople => return Ok(Outcome::CountsPeople),
        }
        Ok(Outcome::Stays)
    }

    fn go_away(
        &mut self,
        id: ClientId,
        text: Option<&str>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let text = text.map(|text| {
            let text = clean(text.trim());
            text[..fitting(&text, AWAY_BYTES_MAX)].to_owned()
        });
        let was_away = self.profiles.get(id).and_then(|profile| profile.away.clone());
        let is_new = was_away.as_deref() != text.as_deref();
        if is_new {
            self.profiles.entry(id).away = text.as_deref().map(Into::into);
        }
        outlet.reply(id, &Reply::People(PeopleReply::YouAreAway(text.is_some())));
        if is_new {
            self.tell_news(id, News::Away(text.as_deref()), context, outlet);
        }
    }

    fn set_real_name(
        &mut self,
        id: ClientId,
        text: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let real = real_name(text);
        if is_blank(&real) {
            return;
        }
        self.profiles.entry(id).real = real.clone();
        if let Some(who) = self.person(id, context) {
            outlet.reply(id, &Reply::People(PeopleReply::News(who, News::RealName(&real))));
        }
        self.tell_news(id, News::RealName(&real), context, outlet);
    }

    /// Tells those who share a room with somebody, or watch it, what is new about it.
    pub(super) fn tell_news(
        &self,
        id: ClientId,
        news: News<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(who) = self.person(id, context) else { return };
        let rooms = self.rooms_shown_in(id);
        outlet.tell_neighbours(&rooms, Some(id), &RoomEvent::News { who, news });
        self.tell_watchers(id, who, news, outlet);
    }

    fn modes(&self, id: ClientId) -> UserModes {
        let profile = self.profiles.get(id);
        UserModes {
            is_hidden: profile.is_some_and(|profile| profile.is_hidden),
            hears_operators: profile.is_some_and(|profile| profile.hears_operators),
            is_bot: profile.is_some_and(|profile| profile.is_bot),
            is_operator: self.is_server_operator(id),
        }
    }

    fn set_mode(&mut self, id: ClientId, mode: UserMode, on: bool, outlet: &mut impl Outlet) {
        let modes = self.modes(id);
        let was_on = match mode {
            UserMode::Hidden => modes.is_hidden,
            UserMode::HearsOperators => modes.hears_operators,
            UserMode::Bot => modes.is_bot,
            UserMode::Operator => modes.is_operator,
        };
        if was_on == on || (mode == UserMode::Operator && on) {
            return;
        }
        match mode {
            UserMode::Hidden => self.profiles.entry(id).is_hidden = on,
            UserMode::HearsOperators => self.profiles.entry(id).hears_operators = on,
            UserMode::Bot => self.profiles.entry(id).is_bot = on,
            UserMode::Operator => {
                if let Some(member) = self.members.get_mut(id) {
                    member.is_server_operator = false;
                }
            }
        }
        outlet.reply(id, &Reply::People(PeopleReply::ModeChanged(mode, on)));
    }

    /// Puts somebody out of the server.
    fn kill(
        &mut self,
        id: ClientId,
        (whom, reason): (&str, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_rank(id, RoomId::MAIN, Rank::ServerOperator)?;
        let reason = checked(reason, REASON_BYTES_MAX, Field::Reason)?;
        let target = self.find_member(whom)?;
        let (Some(by), Some(name)) = (self.nickname(id).cloned(), self.nickname(target).cloned())
        else {
            return Ok(());
        };
        if let Some(by) = self.person(id, context) {
            outlet.reply(target, &Reply::People(PeopleReply::Killed { by, reason: &reason }));
        }
        let author = Author::Here(id);
        let done = Done::Moderated(ModerationAction::Kicked);
        self.note_done(author, RoomId::MAIN, done, |record| {
            let record = record.to(&name);
            Record { reason: reason.clone(), ..record }
        });
        let told = if reason.is_empty() {
            format!("Killed by {}", by.as_str())
        } else {
            format!("Killed by {}: {reason}", by.as_str())
        };
        self.take_out(target, Exit::Quits(&told), context, outlet);
        self.expelled.push((target, Farewell::Kicked));
        Ok(())
    }

    /// Tells everybody who wants to hear it.
    fn tell_all(
        &self,
        id: ClientId,
        text: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_rank(id, RoomId::MAIN, Rank::ServerOperator)?;
        let text = clean(text);
        if is_blank(&text) {
            return Err(Refusal::Incomplete(Verb::Msg));
        }
        let Some(by) = self.person(id, context) else { return Ok(()) };
        let hears = self.profiles.iter().filter(|(_, profile)| profile.hears_operators);
        let mut hears: Vec<ClientId> = hears.map(|(id, _)| id).collect();
        // In the same order each time, so that a run can be repeated.
        hears.sort_unstable();
        for listener in hears {
            outlet.reply(listener, &Reply::People(PeopleReply::ToldAll(by, &text)));
        }
        Ok(())
    }
}
