//! What goes wrong between a node and the engine, by what helps: waiting, asking again, or nothing.

use thiserror::Error;

/// Characters of the engine's own words that are passed on.
const WORDS_MAX: usize = 200;

/// What no waiting cures: somebody has to change something.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unfit {
    /// Something else listens there.
    #[error("what listens there is not Redis or Valkey")]
    NotRedis,
    /// It lacks what is needed.
    #[error("the engine is too old: it must be Redis 7.0 or later, or Valkey")]
    TooOld,
    /// It wants another password, or one at all.
    #[error("the engine refuses the password: {0}")]
    Password(String),
    /// The user may not do what is needed.
    #[error("the engine does not permit what a node has to do: {0}")]
    Permission(String),
    /// Redis Cluster, of which this speaks nothing.
    #[error("the engine is a Redis Cluster, which is not supported: {0}")]
    Clustered(String),
    /// The functions are not there, and the user may not load them.
    #[error("the engine lacks the functions, and does not permit to load them")]
    NoFunctions,
}

/// Why a connection is over. Waiting may cure it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Gone {
    /// Closed, or never connected.
    #[error("the connection is closed")]
    Closed,
    /// Nothing was heard for too long.
    #[error("the engine is silent")]
    Silent,
    /// Connecting and greeting took too long.
    #[error("the engine does not answer the greeting")]
    Slow,
    /// It follows another engine, which is the one to be talked to.
    #[error("the engine is a replica")]
    Replica,
    /// It does not work yet, or no longer.
    #[error("the engine is not ready: {0}")]
    Busy(String),
    /// It refuses the greeting.
    #[error("the engine refuses: {0}")]
    Refused(String),
    /// It sends what makes no sense.
    #[error("the engine has sent nonsense: {0}")]
    Nonsense(String),
}

/// Why one question has no answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Failure {
    /// The connection is gone. The engine may have done it, may do it later, or never.
    #[error("the engine is gone")]
    Gone,
    /// The engine refuses, and has done nothing: it is out of memory, say.
    #[error("the engine refuses: {0}")]
    Refused(String),
}

/// What an error means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection is of no use any more.
    Gone(Gone),
    /// Nor will the next one be.
    Unfit(Unfit),
    /// The question is refused, and the connection goes on.
    Refused(String),
}

impl Fault {
    /// An answer that nobody has asked for.
    pub(super) fn unasked() -> Self {
        Self::Gone(Gone::Nonsense("an answer that was not asked for".into()))
    }
}

/// What an error of the engine means, by its code.
pub(super) fn classify(error: &[u8]) -> Fault {
    let words = String::from_utf8_lossy(error);
    let words: String = words.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
    match words.split(' ').next().unwrap_or_default() {
        "LOADING" | "READONLY" | "MASTERDOWN" | "BUSY" => Fault::Gone(Gone::Busy(words)),
        "NOAUTH" | "WRONGPASS" => Fault::Unfit(Unfit::Password(words)),
        "NOPERM" | "DENIED" => Fault::Unfit(Unfit::Permission(words)),
        "MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN" => Fault::Unfit(Unfit::Clustered(words)),
        "NOPROTO" => Fault::Unfit(Unfit::TooOld),
        _ if words.starts_with("ERR unknown command") => Fault::Unfit(Unfit::TooOld),
        _ if words.starts_with("ERR Function not found") => Fault::Gone(Gone::Busy(words)),
        _ => Fault::Refused(words),
    }
}
