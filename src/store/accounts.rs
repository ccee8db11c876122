//! Accounts on disk: one row each, keys and salts in hexadecimal digits.

use rusqlite::{Connection, Result, Row, params};
use smol_str::SmolStr;

use super::columns::{integer, number, text, text_or_null};
use super::mailboxes;
use crate::chat::{Account, Alphabet, Nickname};
use crate::hex;
use crate::limits::{EMAIL_BYTES_MAX, PASSWORD_ROUNDS_MAX};
use crate::scram::Verifier;
use crate::text::clean;
use crate::time::UnixTime;

/// Writes an account, new or changed.
pub(super) fn write(connection: &Connection, account: &Account) -> Result<()> {
    mailboxes::erase_orphans(connection, account.key().as_str())?;
    let sql = "INSERT OR REPLACE INTO accounts
               (key, name, salt, rounds, stored_key, server_key, email, made, seen)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Verifier { salt, rounds, stored_key, server_key } = &account.verifier;
    connection.prepare_cached(sql)?.execute(params![
        account.key().as_str(),
        account.name.as_str(),
        hex::written(salt),
        rounds,
        hex::written(stored_key),
        hex::written(server_key),
        account.email.as_deref(),
        integer(account.made.millis()),
        integer(account.seen.millis()),
    ])?;
    Ok(())
}

/// Reads all accounts. Returns how many rows say nothing to us.
pub(super) fn read(connection: &Connection, accounts: &mut Vec<Account>) -> Result<u64> {
    let sql = "SELECT key, name, salt, rounds, stored_key, server_key, email, made, seen
               FROM accounts";
    let mut statement = connection.prepare(sql)?;
    let (mut rows, mut skipped) = (statement.query(())?, 0);
    while let Some(row) = rows.next()? {
        match account(row) {
            Some(account) => accounts.push(account),
            None => skipped += 1,
        }
    }
    Ok(skipped)
}

/// An account. One whose key would be another today could not be found.
fn account(row: &Row<'_>) -> Option<Account> {
    let name = Nickname::parse(text(row, 1)?, Alphabet::Unicode).ok()?;
    if text(row, 0)? != name.key().as_str() {
        return None;
    }
    let rounds = u32::try_from(number(row, 3)?).ok()?;
    let verifier = Verifier {
        salt: bytes(row, 2)?,
        rounds: Some(rounds).filter(|rounds| (1..=PASSWORD_ROUNDS_MAX).contains(rounds))?,
        stored_key: bytes(row, 4)?,
        server_key: bytes(row, 5)?,
    };
    let email = text_or_null(row, 6)?.filter(|email| email.len() <= EMAIL_BYTES_MAX);
    let date = |column| Some(UnixTime::from_millis(number(row, column)?));
    Some(Account {
        name,
        verifier,
        email: email.map(|email| SmolStr::from(clean(email))),
        made: date(7)?,
        seen: date(8)?,
    })
}

fn bytes<const COUNT: usize>(row: &Row<'_>, column: usize) -> Option<[u8; COUNT]> {
    hex::parse(text(row, column)?)?.try_into().ok()
}
