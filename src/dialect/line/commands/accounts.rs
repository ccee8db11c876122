//! Commands about accounts.

use super::{CommandEntry, Part, Takes, entry};
use crate::chat::Verb;
use crate::dialect::line::slash;

pub(super) static TABLE: [CommandEntry; 4] = [
    entry("register", "PASSWORD", Takes::Text, "keep your nickname for yourself", slash::register)
        .secret_behind(0)
        .usage(Verb::Register, "/register PASSWORD")
        .help(
            Part::Talking,
            12,
            "/register PASSWORD",
            "keep your name and private messages (/history @NAME)",
        ),
    entry("login", "NAME PASSWORD", Takes::Text, "have your nickname again", slash::log_in)
        .secret_behind(1)
        .usage(Verb::LogIn, "/login NAME PASSWORD")
        .help(
            Part::Talking,
            12,
            "/login NAME PASSWORD",
            "have it again (/logout; /password-change OLD NEW)",
        ),
    entry("logout", "", Takes::Text, "be logged in no more", slash::log_out),
    entry(
        "password-change",
        "OLD NEW",
        Takes::Text,
        "another password for your nickname",
        slash::change_password,
    )
    .secret_behind(0)
    .usage(Verb::ChangePassword, "/password-change OLD NEW"),
];
