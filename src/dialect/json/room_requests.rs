//! Requests about rooms that take some fields together.

use crate::chat::{Command, MessageRef, Refusal, RoomCommand};

/// A message is to be taken back.
pub(super) fn redact<'a>(
    room: Option<&'a str>,
    number: Option<u64>,
    reason: Option<&'a str>,
) -> Result<Command<'a>, Refusal> {
    let message = MessageRef::Number(number.ok_or(Refusal::RequestMalformed)?);
    let reason = reason.unwrap_or_default();
    Ok(Command::InRoom { room, command: RoomCommand::Redact { message, reason } })
}

/// The room is to have another name.
pub(super) fn rename<'a>(
    room: Option<&'a str>,
    name: Option<&'a str>,
    reason: Option<&'a str>,
) -> Result<Command<'a>, Refusal> {
    let (name, reason) = (name.ok_or(Refusal::RequestMalformed)?, reason.unwrap_or_default());
    Ok(Command::InRoom { room, command: RoomCommand::Rename { name, reason } })
}
