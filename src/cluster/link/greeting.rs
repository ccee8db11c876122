//! What is said before questions are: who one is, and whether the engine is one to be used.
//!
//! `HELLO 3` with the password and a name; then, at once, `ROLE`, `INFO server` for the run of the
//! engine, and the functions, which another node may have loaded already. Two that load them at
//! once do no harm: the second is told that they are there.

use super::fault::{Fault, Gone, Unfit, classify};
use super::{LinkSettings, Value};
use crate::cluster::engine::{NODE_FUNCTIONS, ROOM_FUNCTIONS};
use crate::cluster::resp::Command;

/// The first Redis that has functions. Valkey says 7.2.4 of itself, for the sake of clients.
const REDIS_MAJOR_MIN: u32 = 7;

/// Commands after the first.
const AFTER_HELLO: usize = 4;

/// How far it has come.
#[derive(Debug)]
pub(super) struct Greeting {
    asked: usize,
    answered: usize,
    engine_run: String,
    may_load: bool,
}

impl Greeting {
    /// Writes the first command.
    pub(super) fn hello(settings: &LinkSettings, out: &mut Vec<u8>) -> Self {
        let auth = settings.password.as_deref();
        let hello = Command::new(out, if auth.is_some() { 7 } else { 4 });
        let mut hello = hello.bytes(b"HELLO").bytes(b"3");
        if let Some(password) = auth {
            let user = settings.user.as_deref().unwrap_or("default");
            hello = hello.bytes(b"AUTH").bytes(user.as_bytes()).bytes(password.as_bytes());
        }
        hello.bytes(b"SETNAME").bytes(settings.name.as_bytes());
        Self { asked: 1, answered: 0, engine_run: String::new(), may_load: true }
    }

    /// Commands so far.
    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// Whether nothing was answered yet.
    pub(super) fn is_first(&self) -> bool {
        self.answered == 0
    }

    /// The run of the engine, once all is answered.
    pub(super) fn finished(&self) -> Option<&String> {
        (self.answered == 1 + AFTER_HELLO).then_some(&self.engine_run)
    }

    /// One more answer has come.
    pub(super) fn answered(&mut self, value: &Value<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.answered += 1;
        match (self.answered, value) {
            (4 | 5, Value::Error(error)) => self.loaded(error)?,
            (_, Value::Error(error)) => return Err(classify(error)),
            (1, Value::Map(_)) => {
                Command::new(out, 1).bytes(b"ROLE");
                Command::new(out, 2).bytes(b"INFO").bytes(b"server");
                for library in [ROOM_FUNCTIONS, NODE_FUNCTIONS] {
                    let load = Command::new(out, 3).bytes(b"FUNCTION").bytes(b"LOAD");
                    load.bytes(library.as_bytes());
                }
                self.asked += AFTER_HELLO;
            }
            (2, Value::Array(role)) => match role.first().and_then(Value::bytes) {
                Some(b"master") => {}
                _ => return Err(Fault::Gone(Gone::Replica)),
            },
            (3, info) => self.informed(info.bytes().unwrap_or_default())?,
            (4 | 5, _) => {}
            _ => return Err(Fault::Unfit(Unfit::NotRedis)),
        }
        Ok(())
    }

    /// Functions that are there need not be loaded, nor may everybody.
    fn loaded(&mut self, error: &[u8]) -> Result<(), Fault> {
        if error.ends_with(b"already exists") {
            return Ok(());
        }
        match classify(error) {
            Fault::Unfit(Unfit::Permission(_)) => {
                self.may_load = false;
                Ok(())
            }
            fault => Err(fault),
        }
    }

    fn informed(&mut self, info: &[u8]) -> Result<(), Fault> {
        let info = std::str::from_utf8(info).unwrap_or_default();
        let field = |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name));
        let major =
            field("redis_version:").and_then(|it| it.split('.').next()?.parse::<u32>().ok());
        let (Some(run), Some(major)) = (field("run_id:"), major) else {
            return Err(Fault::Unfit(Unfit::NotRedis));
        };
        if major < REDIS_MAJOR_MIN {
            return Err(Fault::Unfit(Unfit::TooOld));
        }
        run.clone_into(&mut self.engine_run);
        Ok(())
    }

    /// What it means that a function is missing right after this.
    pub(super) fn without_functions(&self) -> Fault {
        match self.may_load {
            true => Fault::Gone(Gone::Busy("the functions are gone".into())),
            false => Fault::Unfit(Unfit::NoFunctions),
        }
    }
}
