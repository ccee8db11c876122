//! Requests about accounts, and what comes of the passwords in them.

use super::{Fresh, LogInWay, PasswordMac, Purpose, Scram, Server, Storing};
use crate::chat::{
    Account, AccountAnswer, AccountRefusal, AccountRequest, NameKey, Nickname, Outlet, Refusal,
    Reply,
};
use crate::id::ClientId;
use crate::limits::EMAIL_BYTES_MAX;
use crate::password::Derivation;
use crate::scram::{ClientFirst, Exchange, SALT_BYTES, Verifier, mac, prepared};
use crate::server::accounts::queue::Hashed;
use crate::server::bots::BotKind;
use crate::server::session::Phase;
use crate::time::Time;

impl Server {
    /// Carries out a request about accounts, or begins to.
    pub(in crate::server) fn request_of_account(
        &mut self,
        now: Time,
        id: ClientId,
        request: AccountRequest<'_>,
    ) {
        let begun = match request {
            AccountRequest::Register { name, password, email } => {
                self.begin_registration(now, id, name, (password, email))
            }
            AccountRequest::LogIn { name, password, way } => {
                self.begin_log_in(now, id, name, password, way);
                Ok(())
            }
            AccountRequest::ChangePassword { old, new } => self.begin_change(now, id, old, new),
            AccountRequest::BeginScram(message) => self.begin_scram(id, message),
            AccountRequest::FinishScram(message) => self.finish_scram(now, id, message),
            AccountRequest::AbortScram => {
                self.log_ins.scrams.remove(&id);
                Err(AccountRefusal::Aborted.into())
            }
            AccountRequest::LogOut => {
                self.with_context(now, |lobby, fanout, context| lobby.log_out(id, context, fanout))
            }
        };
        if let Err(refusal) = begun {
            self.fanout.reply(id, &Reply::Refused(&refusal));
        }
    }

    fn begin_registration(
        &mut self,
        now: Time,
        id: ClientId,
        name: Option<&str>,
        (password, email): (&str, Option<&str>),
    ) -> Result<(), Refusal> {
        let offer = self.settings.spoken.accounts;
        let name = self.lobby.check_registration(id, name)?;
        if !offer.before_connect && !self.lobby.is_member(id) {
            return Err(AccountRefusal::ConnectFirst.into());
        }
        if offer.email_required && email.is_none() {
            return Err(AccountRefusal::EmailNeeded.into());
        }
        let password = prepared(password).map_err(|_| AccountRefusal::PasswordUnfit)?;
        if email.is_some_and(|email| !may_be_email(email)) {
            return Err(AccountRefusal::EmailUnfit.into());
        }
        let counted = self.log_ins.registrations.count(now, self.network_of(id));
        counted.map_err(AccountRefusal::TooManyRegistered)?;
        let (derivation, fresh) = self.hash_fresh(&name.key(), &password);
        let email = email.map(str::to_owned);
        self.wait_for(now, id, derivation, Purpose::Register { name, email, fresh });
        Ok(())
    }

    fn begin_log_in(&mut self, now: Time, id: ClientId, name: &str, password: &str, way: LogInWay) {
        // Scripts leave out their own name.
        let own = self.lobby.nickname(id).map(Nickname::as_str);
        let key = NameKey::of(if name.is_empty() { own.unwrap_or_default() } else { name });
        if self.is_token_of_bot(&key, password) {
            return self.admit(now, id, &key, Some(way), true);
        }
        // No account has an empty password, so one that cannot be any is wrong in the same time.
        let password = prepared(password).unwrap_or_default();
        let mac = PasswordMac::of(&self.secret, &key, &password);
        if self.log_ins.proved.is_right(&key, mac) && self.lobby.account(&key).is_some() {
            return self.admit(now, id, &key, Some(way), true);
        }
        let verifier = self.verifier_of(&key);
        let derivation = Derivation::begin(&password, &verifier.salt, verifier.rounds);
        self.wait_for(now, id, derivation, Purpose::LogIn { key, verifier, mac, way });
    }

    /// Whether this is a token of the bot whose account it is. Random and long as it is, one look
    /// is enough.
    fn is_token_of_bot(&mut self, key: &NameKey, password: &str) -> bool {
        let known = self.bots.find(BotKind::Token, password);
        known.is_some_and(|known| known.bot.name.key() == *key) && self.lobby.is_account_of_bot(key)
    }

    fn begin_change(
        &mut self,
        now: Time,
        id: ClientId,
        old: &str,
        new: &str,
    ) -> Result<(), Refusal> {
        let account = self.lobby.account_of(id).ok_or(AccountRefusal::NotLoggedIn)?;
        let (key, verifier) = (account.key(), account.verifier.clone());
        let new = prepared(new).map_err(|_| AccountRefusal::PasswordUnfit)?;
        let old = prepared(old).unwrap_or_default();
        let derivation = Derivation::begin(&old, &verifier.salt, verifier.rounds);
        let next = Box::new(self.hash_fresh(&key, &new));
        self.wait_for(now, id, derivation, Purpose::ChangeFrom { key, verifier, next });
        Ok(())
    }

    fn begin_scram(&mut self, id: ClientId, message: &[u8]) -> Result<(), Refusal> {
        let failed = |_| AccountRefusal::LogInFailed(LogInWay::Sasl);
        let first = ClientFirst::parse(message).map_err(failed)?;
        let key = NameKey::of(&first.name);
        if first.authorization.as_ref().is_some_and(|other| NameKey::of(other) != key) {
            return Err(AccountRefusal::LogInFailed(LogInWay::Sasl).into());
        }
        let (verifier, nonce) = (self.verifier_of(&key), self.lobby.draw_salt());
        let exchange = Exchange::begin(&first, verifier, &crate::hex::written(&nonce));
        let challenge = AccountAnswer::Challenge(exchange.challenge().as_bytes());
        self.fanout.reply(id, &Reply::Account(challenge));
        self.log_ins.scrams.insert(id, Box::new(Scram { key, exchange, is_proved: false }));
        Ok(())
    }

    fn finish_scram(&mut self, now: Time, id: ClientId, message: &[u8]) -> Result<(), Refusal> {
        let way = LogInWay::Sasl;
        let Some(mut scram) = self.log_ins.scrams.remove(&id) else {
            return Err(AccountRefusal::LogInFailed(way).into());
        };
        let is_known = self.lobby.account(&scram.key).is_some();
        if scram.is_proved && message.is_empty() && is_known {
            self.admit(now, id, &scram.key, Some(way), true);
            return Ok(());
        }
        match scram.exchange.finish(message) {
            Ok(proof) if is_known && !scram.is_proved => {
                let challenge = AccountAnswer::Challenge(proof.as_bytes());
                self.fanout.reply(id, &Reply::Account(challenge));
                scram.is_proved = true;
                self.log_ins.scrams.insert(id, scram);
            }
            _ => self.refuse_log_in(now, id, &scram.key, way),
        }
        Ok(())
    }

    /// Has a password hashed. The client is not heard meanwhile.
    pub(super) fn wait_for(
        &mut self,
        now: Time,
        id: ClientId,
        derivation: Derivation,
        purpose: Purpose,
    ) {
        let network = self.network_of(id);
        self.log_ins.queue.push(now, id, network, derivation, purpose);
        self.fanout.reply(id, &Reply::Checking);
        self.await_answer(now, id);
    }

    /// What is known of an account's password; of a name without an account, what is as good.
    fn verifier_of(&self, key: &NameKey) -> Verifier {
        if let Some(account) = self.lobby.account(key) {
            return account.verifier.clone();
        }
        let salt = mac(&self.secret, key.as_str().as_bytes());
        let salt = salt.first_chunk::<SALT_BYTES>().copied().unwrap_or_default();
        Verifier::of_nobody(salt, self.settings.account_rounds, &self.secret)
    }

    fn hash_fresh(&mut self, key: &NameKey, password: &str) -> (Derivation, Fresh) {
        let (salt, rounds) = (self.lobby.draw_salt(), self.settings.account_rounds);
        let mac = PasswordMac::of(&self.secret, key, password);
        (Derivation::begin(password, &salt, rounds), Fresh { salt, rounds, mac })
    }

    /// Whether [`Server::go_on_log_ins`] has something to do.
    pub(in crate::server) fn is_log_in_due(&self, now: Time) -> bool {
        self.log_ins.queue.due().is_some_and(|due| due <= now)
    }

    /// Does some rounds for whoever logs in, if they are due.
    pub(in crate::server) fn go_on_log_ins(&mut self, now: Time) {
        let Some(Hashed { id, network, salted, purpose }) = self.log_ins.queue.go_on(now) else {
            return;
        };
        match purpose {
            Purpose::LogIn { key, verifier, mac, way } => {
                // The password may have been changed meanwhile.
                let known = self.lobby.account(&key).map(|account| &account.verifier);
                let right = known == Some(&verifier) && verifier.is_of(&salted);
                self.begin_answer(id);
                if right {
                    self.log_ins.proved.note(key.clone(), mac);
                    self.admit(now, id, &key, Some(way), false);
                } else {
                    self.refuse_log_in(now, id, &key, way);
                }
                self.end_log_in(now, id);
            }
            Purpose::Register { name, email, fresh } => {
                let checked = self.lobby.check_registration(id, Some(name.as_str()));
                if let Err(refusal) = checked {
                    self.begin_answer(id);
                    self.fanout.reply(id, &Reply::Refused(&refusal));
                    return self.end_log_in(now, id);
                }
                let made = self.started + now.since(Time::ZERO);
                let (verifier, mac) = (fresh.verifier(&salted), fresh.mac);
                let email = email.map(Into::into);
                let key = name.key();
                self.lobby.add_account(Account { name, verifier, email, made, seen: made });
                self.log_ins.storing.push(Storing { id: Some(id), key, before: None, mac });
            }
            Purpose::ChangeFrom { key, verifier, next } => {
                if verifier.is_of(&salted) {
                    let (derivation, fresh) = *next;
                    let purpose = Purpose::ChangeTo { key, fresh };
                    self.log_ins.queue.push(now, id, network, derivation, purpose);
                } else {
                    self.begin_answer(id);
                    self.refuse_log_in(now, id, &key, LogInWay::Asked);
                    self.end_log_in(now, id);
                }
            }
            Purpose::Introduce(introduced) => {
                self.conclude_introduction(now, id, &salted, *introduced);
            }
            Purpose::ChangeTo { key, fresh } => {
                let before = self.lobby.change_password_of(&key, fresh.verifier(&salted));
                let mac = fresh.mac;
                self.log_ins.proved.forget(&key);
                self.log_ins.storing.push(Storing { id: Some(id), key, before, mac });
            }
        }
    }

    /// The last rounds have taken so long, until `ended`.
    pub(in crate::server) fn pause_log_ins(&mut self, ended: Time, took: std::time::Duration) {
        self.log_ins.queue.pause(ended, took);
    }

    /// A client was answered. Who waited has all of its time for a nickname.
    pub(super) fn end_log_in(&mut self, now: Time, id: ClientId) {
        self.go_on_after_answer(id);
        if let Some(session) = self.sessions.get_mut(id)
            && session.phase == Phase::Choosing
        {
            session.since = now;
        }
    }
}

/// Whether letters may find somebody there: it is not asked for, and never written to.
fn may_be_email(email: &str) -> bool {
    let Some((name, host)) = email.split_once('@') else { return false };
    let is_clean = email.chars().all(|sign| !sign.is_control() && !sign.is_whitespace());
    is_clean && !name.is_empty() && !host.is_empty() && email.len() <= EMAIL_BYTES_MAX
}
