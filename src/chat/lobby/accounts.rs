//! Accounts in the lobby: whose nickname is whose, who is logged in, and the rooms of accounts.
//!
//! Checking a password takes many turns and a secret, so it is left to `server`, which asks here
//! what may be done and says when it is.

use super::deciding::Decision;
use super::owning::changed;
use super::{Context, Lobby, LobbySettings};
use crate::chat::account::{Account, LogInWay};
use crate::chat::account_refusal::AccountRefusal;
use crate::chat::account_request::{AccountAnswer, AccountRequest};
use crate::chat::author::Author;
use crate::chat::command::Outcome;
use crate::chat::fact::Change;
use crate::chat::name::{NameKey, Nickname};
use crate::chat::outlet::Outlet;
use crate::chat::people::News;
use crate::chat::refusal::Refusal;
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::id::ClientId;
use crate::limits::ACCOUNTS_MAX;
use crate::scram::{SALT_BYTES, Verifier};
use crate::time::UnixTime;

impl Lobby {
    /// Decides on a request about accounts, which `server` carries out.
    pub(super) fn decide_on_account<'a>(
        &self,
        request: AccountRequest<'a>,
    ) -> Result<Decision<'a>, Refusal> {
        match request {
            AccountRequest::AbortScram | AccountRequest::LogOut => {}
            // A bot has its account from the settings, wherever others are stored.
            AccountRequest::LogIn { name, .. } if self.is_bot(&NameKey::of(name)) => {}
            _ if self.archive.is_none() => return Err(AccountRefusal::NotHere.into()),
            _ => {}
        }
        Ok(Decision::Beyond(Outcome::Account(request)))
    }

    /// The account of this name, if there is one.
    pub fn account(&self, key: &NameKey) -> Option<&Account> {
        self.accounts.get(key)
    }

    /// The account to which a client is logged in.
    pub fn account_of(&self, id: ClientId) -> Option<&Account> {
        self.accounts.of(id)
    }

    /// The number of accounts.
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// The name under which a client may register an account; `typed`: another than its nickname.
    ///
    /// # Errors
    /// It may not.
    pub fn check_registration(
        &self,
        id: ClientId,
        typed: Option<&str>,
    ) -> Result<Nickname, Refusal> {
        if let Some(account) = self.accounts.of(id) {
            return Err(AccountRefusal::LoggedInAlready(account.name.clone()).into());
        }
        let name = match (typed, self.nickname(id)) {
            (None, Some(nickname)) => nickname.clone(),
            (None, None) => return Err(Refusal::NicknameFirst),
            (Some(typed), _) => Nickname::parse(typed, self.settings.alphabet)?,
        };
        if self.accounts.get(&name.key()).is_some() {
            return Err(AccountRefusal::Exists(name).into());
        }
        match self.free_nickname(id, name.as_str()) {
            Err(Refusal::NicknameTaken(name)) => return Err(AccountRefusal::InUse(name).into()),
            found => drop(found?),
        }
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(AccountRefusal::Full.into());
        }
        Ok(name)
    }

    /// Draws a salt.
    pub fn draw_salt(&mut self) -> [u8; SALT_BYTES] {
        let (one, two) = (self.keys.draw(), self.keys.draw());
        (u128::from(one) << 64 | u128::from(two)).to_be_bytes()
    }

    /// Adds an account, which the next save stores.
    pub fn add_account(&mut self, account: Account) {
        // Of a bot that was called so.
        self.mailboxes.remove(&account.key());
        self.accounts.add(account);
    }

    /// Gives an account another password, which the next save stores. Returns what was known of
    /// the one so far.
    pub fn change_password_of(&mut self, key: &NameKey, verifier: Verifier) -> Option<Verifier> {
        self.accounts.change(key, verifier)
    }

    /// Removes an account that could not be stored.
    pub fn remove_account(&mut self, key: &NameKey) {
        self.accounts.remove(key);
        self.mailboxes.remove(key);
    }

    /// Whether all of an account that must outlive a loss of power is stored.
    pub fn is_account_stored(&self, key: &NameKey) -> bool {
        self.accounts.is_saved(key)
    }

    /// Logs a client in, which has proved to know the password. `way`: how it asked, if it did not
    /// register just now.
    pub fn log_in(
        &mut self,
        id: ClientId,
        key: &NameKey,
        way: Option<LogInWay>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let is_new = self.log_in_to(id, key, context, outlet);
        let Some(account) = self.accounts.get(key) else { return };
        let name = &account.name;
        let who = self.person(id, context);
        let answer = match way {
            Some(way) => AccountAnswer::LoggedIn { name, who, way },
            None => AccountAnswer::Registered { name, who },
        };
        outlet.reply(id, &Reply::Account(answer));
        if is_new {
            self.tell_news(id, News::Account, context, outlet);
        }
        self.claim_own_rooms(id, context, outlet);
    }

    /// Notes that a client is logged in. Whether it was not before.
    fn log_in_to(
        &mut self,
        id: ClientId,
        key: &NameKey,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> bool {
        let before = self.metadata_of(id).clone();
        let former = self.accounts.stored_key_of(id).filter(|former| *former != key).cloned();
        let is_new = self.accounts.log_in(id, key, context.now);
        self.note_account(id);
        if let Some(former) = former {
            self.release_belongings(&former);
        }
        if is_new {
            self.bring_belongings(id);
            self.tell_metadata_since(id, &before, outlet);
        }
        is_new
    }

    /// Logs a client out.
    ///
    /// # Errors
    /// It is not logged in.
    pub fn log_out(
        &mut self,
        id: ClientId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let before = self.metadata_of(id).clone();
        if !self.end_log_in(id) {
            return Err(AccountRefusal::NotLoggedIn.into());
        }
        self.note_account(id);
        self.tell_metadata_since(id, &before, outlet);
        let who = self.person(id, context);
        outlet.reply(id, &Reply::Account(AccountAnswer::LoggedOut { who }));
        self.tell_news(id, News::Account, context, outlet);
        Ok(())
    }

    /// Notes in the profile of a member to which account it is logged in, and that it is a bot if
    /// the account is one's.
    pub(super) fn note_account(&mut self, id: ClientId) {
        let account = self.accounts.of(id).map(|account| account.name.clone());
        if self.is_member(id) && (account.is_some() || self.profiles.get(id).is_some()) {
            let is_bot = account.as_ref().is_some_and(|name| self.accounts.is_bots(&name.key()));
            let profile = self.profiles.entry(id);
            profile.account = account;
            profile.is_bot |= is_bot;
        }
    }

    /// Gives each bot its account. What is known of its password is good for nothing: it has
    /// tokens.
    pub(super) fn give_bots_accounts(&mut self) {
        let bots = self.settings.bots.iter().map(|name| Account {
            name: name.clone(),
            verifier: Verifier::of_nobody([0; SALT_BYTES], 1, name.as_str().as_bytes()),
            email: None,
            made: UnixTime::default(),
            seen: UnixTime::default(),
        });
        self.accounts.set_bots(bots);
        self.forget_mailboxes_of_nobody();
    }

    /// Whether an account is a bot's, whose password is any of its tokens.
    pub fn is_account_of_bot(&self, key: &NameKey) -> bool {
        self.accounts.is_bots(key)
    }

    /// Who is logged in as a bot that is none any more once these settings are in force.
    pub fn bots_to_log_out(&self, settings: &LobbySettings) -> Vec<ClientId> {
        self.accounts.logged_in_to_bots_but(&settings.bot_keys())
    }

    /// Whether a room belongs to the account to which a client is logged in.
    pub(super) fn is_room_of_account(&self, id: ClientId, room: RoomId) -> bool {
        let Some(account) = self.accounts.of(id) else { return false };
        let owner = self.rooms.get(room).and_then(|open| open.settings.owner.as_ref());
        let owner = owner.and_then(|owner| owner.account.as_ref());
        owner.is_some_and(|owner| *owner == account.key())
    }

    /// Makes a member that has just logged in the owner of the rooms in which it is and which
    /// belong to its account.
    fn claim_own_rooms(&mut self, id: ClientId, context: &Context<'_>, outlet: &mut impl Outlet) {
        let Some(member) = self.members.get(id) else { return };
        let who = member.nickname.clone();
        let rooms: Vec<RoomId> = member.memberships.iter().map(|it| it.room).collect();
        for room in rooms {
            if self.is_room_of_account(id, room)
                && !self.is_owner(room, &who)
                && let Decision::Fact(room, fact) = changed(room, &who, Change::Claimed)
            {
                self.happen(room, Author::Here(id), fact, context, outlet);
            }
        }
    }
}

impl From<AccountRefusal> for Refusal {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Account(refusal)
    }
}
