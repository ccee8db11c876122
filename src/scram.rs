//! SCRAM-SHA-256 (RFC 5802, 7677): what is stored of an account's password, and the server's end of
//! the exchange by which a client proves that it knows it.
//!
//! The verifier serves both ways in. A client that speaks SCRAM does the rounds itself, and the
//! server computes three hashes; of one that sends its password, the server derives the salted
//! password by PBKDF2 ([`Derivation`](crate::password::Derivation)) and holds it against the same
//! verifier. Who steals the verifiers can log in as nobody: they hold no key of a client.
//!
//! Channel binding is not offered. Encryption may end in front of the server, and a client that
//! wanted to bind has said so by `p=`, which is refused, or by `y`, which then says the truth.

use std::borrow::Cow;

use data_encoding::BASE64;
use hmac::Mac as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::limits::{ACCOUNT_PASSWORD_BYTES_MAX, SCRAM_MESSAGE_BYTES_MAX};
use crate::password::{is_same, keyed};

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// Why an exchange fails, or a password cannot be one.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ScramError {
    /// A message that is none of this mechanism.
    #[error("the message is malformed")]
    Malformed,
    /// The client insists on something that is not offered: channel binding or an extension.
    #[error("the message asks for what is not offered")]
    NotOffered,
    /// The proof is not that of the password.
    #[error("the proof is wrong")]
    WrongProof,
    /// A password that is empty, too long, or holds characters that no password may hold.
    #[error("that can be no password")]
    Password,
}

/// What is stored of a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    /// The salt.
    pub salt: [u8; SALT_BYTES],
    /// The rounds of PBKDF2.
    pub rounds: u32,
    /// The hash of the client's key.
    pub stored_key: [u8; 32],
    /// The server's key.
    pub server_key: [u8; 32],
}

impl Verifier {
    /// The verifier of a password that was salted in so many rounds.
    pub fn of(salted: &[u8; 32], salt: [u8; SALT_BYTES], rounds: u32) -> Self {
        let stored_key = hash(&mac(salted, b"Client Key"));
        Self { salt, rounds, stored_key, server_key: mac(salted, b"Server Key") }
    }

    /// The verifier of a password that nobody knows, for names of which there is no account.
    pub fn of_nobody(salt: [u8; SALT_BYTES], rounds: u32, secret: &[u8]) -> Self {
        Self { salt, rounds, stored_key: mac(secret, &salt), server_key: mac(secret, b"Server") }
    }

    /// Whether this is its password, salted by its salt in its rounds.
    pub fn is_of(&self, salted: &[u8; 32]) -> bool {
        is_same(&hash(&mac(salted, b"Client Key")), &self.stored_key)
    }
}

/// A password as it is hashed (SASLprep, RFC 4013), so that it is the same whichever keyboard it
/// was typed on.
///
/// # Errors
/// It is empty, too long, or holds what it may not hold.
pub fn prepared(password: &str) -> Result<Cow<'_, str>, ScramError> {
    if password.len() > ACCOUNT_PASSWORD_BYTES_MAX {
        return Err(ScramError::Password);
    }
    let prepared = stringprep::saslprep(password).map_err(|_| ScramError::Password)?;
    if prepared.is_empty() { Err(ScramError::Password) } else { Ok(prepared) }
}

/// The first message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFirst<'a> {
    /// What stands before it, which the last message repeats.
    header: &'a str,
    /// All but that.
    bare: &'a str,
    nonce: &'a str,
    /// The name of the account.
    pub name: String,
    /// The account to act for, if another.
    pub authorization: Option<String>,
}

impl<'a> ClientFirst<'a> {
    /// Parses it.
    ///
    /// # Errors
    /// It is malformed, or asks for what is not offered.
    pub fn parse(message: &'a [u8]) -> Result<Self, ScramError> {
        let text = checked(message)?;
        let (flag, rest) = text.split_once(',').ok_or(ScramError::Malformed)?;
        if flag.starts_with("p=") {
            return Err(ScramError::NotOffered);
        }
        let (authorization, bare) = rest.split_once(',').ok_or(ScramError::Malformed)?;
        let authorization = match authorization {
            "" => None,
            name => Some(unescaped(name.strip_prefix("a=").ok_or(ScramError::Malformed)?)?),
        };
        if !matches!(flag, "n" | "y") {
            return Err(ScramError::Malformed);
        }
        if bare.starts_with("m=") {
            return Err(ScramError::NotOffered);
        }
        let mut parts = bare.split(',');
        let name = unescaped(attribute(parts.next(), "n=")?)?;
        let nonce = attribute(parts.next(), "r=")?;
        if name.is_empty() || nonce.is_empty() {
            return Err(ScramError::Malformed);
        }
        let header = &text[..text.len() - bare.len()];
        Ok(Self { header, bare, nonce, name, authorization })
    }
}

/// An exchange that was begun: all that is needed when the client's last message comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    header: String,
    client_first: String,
    nonce: String,
    server_first: String,
    verifier: Verifier,
}

impl Exchange {
    /// Answers the client's first message. `nonce` is drawn at random, printable and without a
    /// comma.
    pub fn begin(first: &ClientFirst<'_>, verifier: Verifier, nonce: &str) -> Self {
        let nonce = format!("{}{nonce}", first.nonce);
        let (salt, rounds) = (BASE64.encode(&verifier.salt), verifier.rounds);
        Self {
            server_first: format!("r={nonce},s={salt},i={rounds}"),
            header: first.header.to_owned(),
            client_first: first.bare.to_owned(),
            nonce,
            verifier,
        }
    }

    /// The server's first message.
    pub fn challenge(&self) -> &str {
        &self.server_first
    }

    /// Takes the client's last message. Returns the server's last one, by which it proves that it
    /// knows the account.
    ///
    /// # Errors
    /// The message is malformed, or the proof is wrong.
    pub fn finish(&self, message: &[u8]) -> Result<String, ScramError> {
        let text = checked(message)?;
        let (unproved, proof) = text.rsplit_once(",p=").ok_or(ScramError::Malformed)?;
        let mut parts = unproved.split(',');
        let header = decoded(attribute(parts.next(), "c=")?)?;
        if header != self.header.as_bytes() || attribute(parts.next(), "r=")? != self.nonce {
            return Err(ScramError::Malformed);
        }
        let proof: [u8; 32] = decoded(proof)?.try_into().map_err(|_| ScramError::Malformed)?;
        let signed = format!("{},{},{unproved}", self.client_first, self.server_first);
        let signature = mac(&self.verifier.stored_key, signed.as_bytes());
        let mut key = proof;
        key.iter_mut().zip(signature).for_each(|(key, signature)| *key ^= signature);
        if !is_same(&hash(&key), &self.verifier.stored_key) {
            return Err(ScramError::WrongProof);
        }
        let signature = mac(&self.verifier.server_key, signed.as_bytes());
        Ok(format!("v={}", BASE64.encode(&signature)))
    }
}

fn checked(message: &[u8]) -> Result<&str, ScramError> {
    if message.len() > SCRAM_MESSAGE_BYTES_MAX {
        return Err(ScramError::Malformed);
    }
    std::str::from_utf8(message).map_err(|_| ScramError::Malformed)
}

fn attribute<'a>(part: Option<&'a str>, name: &str) -> Result<&'a str, ScramError> {
    part.and_then(|part| part.strip_prefix(name)).ok_or(ScramError::Malformed)
}

fn decoded(text: &str) -> Result<Vec<u8>, ScramError> {
    BASE64.decode(text.as_bytes()).map_err(|_| ScramError::Malformed)
}

/// A name, in which a comma is written `=2C` and an equals sign `=3D`.
fn unescaped(name: &str) -> Result<String, ScramError> {
    let mut parts = name.split('=');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(ScramError::Malformed),
        };
        text.push(sign);
        text.push_str(rest);
    }
    Ok(text)
}

/// The HMAC-SHA-256 of some bytes.
pub fn mac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut keyed = keyed(key);
    keyed.update(bytes);
    keyed.finalize().into_bytes().into()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::Derivation;

    fn verifier(password: &str, salt: [u8; SALT_BYTES]) -> Verifier {
        let salted = Derivation::begin(password, &salt, 4_096).go_on(u32::MAX).unwrap();
        Verifier::of(&salted, salt, 4_096)
    }

    /// The exchange that RFC 7677 shows in its third section.
    const FIRST: &[u8] = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    fn exchange() -> Exchange {
        let salt = decoded("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
        let first = ClientFirst::parse(FIRST).unwrap();
        assert_eq!((first.name.as_str(), &first.authorization), ("user", &None));
        Exchange::begin(&first, verifier("pencil", salt), NONCE)
    }

    #[test]
    fn the_exchange_of_the_standard_comes_out_as_printed() {
        let exchange = exchange();
        let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                         s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        assert_eq!(exchange.challenge(), challenge);
        let last = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(exchange.finish(LAST.as_bytes()).as_deref(), Ok(last));
    }

    #[test]
    fn a_last_message_that_differs_anywhere_is_refused() {
        let exchange = exchange();
        for place in 0..LAST.len() {
            let mut changed = LAST.as_bytes().to_vec();
            changed[place] ^= 1;
            assert!(exchange.finish(&changed).is_err(), "changed at {place}");
            assert!(exchange.finish(&LAST.as_bytes()[..place]).is_err(), "cut at {place}");
        }
        let wrong = LAST.replace("dHzb", "dHzc");
        assert_eq!(exchange.finish(wrong.as_bytes()), Err(ScramError::WrongProof));
        assert_eq!(exchange.finish(&[b'a'; 4_096]), Err(ScramError::Malformed));
    }

    #[test]
    fn first_messages_are_understood_or_refused() {
        let first = ClientFirst::parse(b"y,a=bo=2Cb,n=a=3Dl,r=x,e=1").unwrap();
        assert_eq!((first.name.as_str(), first.authorization.as_deref()), ("a=l", Some("bo,b")));
        for (message, why) in [
            (&b""[..], ScramError::Malformed),
            (b"n,", ScramError::Malformed),
            (b"n,,n=user", ScramError::Malformed),
            (b"n,,n=,r=x", ScramError::Malformed),
            (b"n,,n=user,r=", ScramError::Malformed),
            (b"n,,r=x,n=user", ScramError::Malformed),
            (b"n,b=x,n=user,r=x", ScramError::Malformed),
            (b"x,,n=user,r=x", ScramError::Malformed),
            (b"n,,n=us=er,r=x", ScramError::Malformed),
            (b"n,,n=\xff,r=x", ScramError::Malformed),
            (b"p=tls-unique,,n=user,r=x", ScramError::NotOffered),
            (b"n,,m=x,n=user,r=x", ScramError::NotOffered),
        ] {
            assert_eq!(ClientFirst::parse(message), Err(why), "{}", message.escape_ascii());
        }
    }

    #[test]
    fn a_password_is_the_same_however_it_is_typed() {
        // The examples of RFC 4013.
        for (typed, password) in [
            ("I\u{AD}X", Ok("IX")),
            ("user", Ok("user")),
            ("USER", Ok("USER")),
            ("\u{AA}", Ok("a")),
            ("\u{2168}", Ok("IX")),
            ("\u{7}", Err(ScramError::Password)),
            ("\u{627}1", Err(ScramError::Password)),
            ("caf\u{65}\u{301}", Ok("caf\u{e9}")),
            ("", Err(ScramError::Password)),
            ("\u{AD}", Err(ScramError::Password)),
        ] {
            assert_eq!(prepared(typed).as_deref(), password.as_ref().map(|it| &**it), "{typed:?}");
        }
        assert_eq!(prepared(&"x".repeat(10_000)), Err(ScramError::Password));
    }

    #[test]
    fn a_verifier_knows_its_password_and_that_of_nobody_none() {
        let (salt, rounds) = ([7; SALT_BYTES], 4_096);
        let salted = Derivation::begin("sesame", &salt, rounds).go_on(u32::MAX).unwrap();
        let other = Derivation::begin("Sesame", &salt, rounds).go_on(u32::MAX).unwrap();
        let verifier = Verifier::of(&salted, salt, rounds);
        assert!(verifier.is_of(&salted) && !verifier.is_of(&other));
        assert!(!Verifier::of_nobody(salt, rounds, b"secret").is_of(&salted));
    }
}
