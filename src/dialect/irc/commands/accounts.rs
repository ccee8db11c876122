//! Accounts: REGISTER, VERIFY (IRCv3 `account-registration`), and what old clients' scripts say to
//! NickServ.

use super::{incomplete, told};
use crate::chat::{AccountRequest, Command, LogInWay};
use crate::dialect::irc::message::Message;
use crate::dialect::irc::note::Told;
use crate::dialect::steps::Step;

/// The nickname to which scripts say how they log in. Nobody is called so.
const SERVICE: &str = "NickServ";

/// REGISTER: an account by its name, an address for letters and a password. `nickname` stands for
/// the name where that is `*`, before there is a member.
pub(in crate::dialect::irc) fn register<'a>(
    message: &Message<'a>,
    nickname: Option<&'a str>,
) -> Step<'a> {
    let (Some(name), Some(email), Some(password)) =
        (message.said(0), message.said(1), message.get(2))
    else {
        return Step::Told(Told::fail(
            "REGISTER",
            "NEED_MORE_PARAMS",
            &[],
            "An account needs a name, an address or *, and a password",
        ));
    };
    let name = if name == "*" { nickname } else { Some(name) };
    let email = Some(email).filter(|email| *email != "*");
    account(AccountRequest::Register { name, password, email })
}

/// VERIFY: no account waits for a code.
pub(in crate::dialect::irc) fn verify<'a>(message: &Message<'a>) -> Step<'a> {
    let about = message.said(0).unwrap_or("*");
    let reason = "No account is to be verified here";
    Step::Told(Told::fail("VERIFY", "INVALID_CODE", &[about], reason))
}

/// Whether a message is for the service, whoever else it is for: it may hold a password.
pub(super) fn is_service(targets: &str) -> bool {
    let is = |target: &str| {
        target.split('@').next().is_some_and(|name| name.eq_ignore_ascii_case(SERVICE))
    };
    targets.split(',').any(is)
}

/// NS, NICKSERV: the same as a message to it.
pub(super) fn service_verb<'a>(message: &Message<'a>) -> Step<'a> {
    let behind = message.words.get(message.verb.len()..).unwrap_or_default().trim_start();
    service(behind.strip_prefix(':').unwrap_or(behind))
}

/// What is said to the service.
pub(super) fn service<'a>(text: &'a str) -> Step<'a> {
    let (verb, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let rest = rest.trim();
    let way = LogInWay::Asked;
    match rest.split_once(' ') {
        _ if verb.eq_ignore_ascii_case("LOGOUT") => account(AccountRequest::LogOut),
        _ if rest.is_empty() => help(),
        first if verb.eq_ignore_ascii_case("REGISTER") => {
            let (password, email) = first.map_or((rest, None), |(word, email)| (word, Some(email)));
            account(AccountRequest::Register { name: None, password, email })
        }
        // The name of the account is that of the client, unless it is said.
        first if verb.eq_ignore_ascii_case("IDENTIFY") => {
            let (name, password) = first.unwrap_or(("", rest));
            account(AccountRequest::LogIn { name, password: password.trim(), way })
        }
        _ => help(),
    }
}

fn help() -> Step<'static> {
    let text = "I know REGISTER password [email], IDENTIFY [account] password, and LOGOUT";
    Step::Told(Told::service(text))
}

fn account(request: AccountRequest<'_>) -> Step<'_> {
    Step::Command(Command::Account(request))
}

/// PASS: `name:password` logs in; anything else is a password of the server, which needs none.
pub(in crate::dialect::irc) fn pass<'a>(message: &Message<'a>) -> Step<'a> {
    let Some(password) = message.said(0) else { return incomplete(message) };
    match password.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            account(AccountRequest::LogIn { name, password, way: LogInWay::Entrance })
        }
        _ => Step::Noise(0),
    }
}

/// That somebody who is a member cannot be what it was before.
pub(super) fn registered() -> Step<'static> {
    told(462, &[], "You may not reregister")
}
