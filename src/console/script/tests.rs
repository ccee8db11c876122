//! Stories of scripts: what goes in and is heard, and what comes out.

use super::*;
use crate::console::samples::{
    acted, again, end, error, held, history, left, moderated, room, said, welcome, whispered,
};

fn hear(script: &mut Script, lines: &[String]) -> Vec<ScriptStep> {
    lines.iter().flat_map(|line| script.hear(line.as_bytes())).collect()
}

fn begun(script: &mut Script, nick: &str) -> Vec<ScriptStep> {
    hear(script, &[welcome(nick), room("main", 1)])
}

#[test]
fn a_line_counts_when_it_has_come_back() {
    let mut script = Script::new("bot", None, ScriptFormat::Text, false);
    assert_eq!(script.greeting(), "/format json\n/history off\nbot\n");
    assert!(hear(&mut script, &[format!("NICK{}", welcome("bot"))]).is_empty());
    assert!(begun(&mut script, "bot").is_empty());
    assert!(script.is_ready());
    assert_eq!(script.say(b"deploy done\r"), [ScriptStep::Send("deploy done\n".into())]);
    assert_eq!(script.say(b"  "), []);
    assert_eq!(script.finish(), [ScriptStep::Finish]);
    assert_eq!(script.end(""), Ending::Undelivered(1, 1));
    assert_eq!(hear(&mut script, &[said(5, 7, "bot", "deploy done")]), []);
    assert_eq!(script.end(""), Ending::Delivered);
    assert_eq!(script.end("the connection broke"), Ending::Lost("the connection broke".into()));
}

#[test]
fn what_others_say_is_printed_and_the_rest_told_beside_it() {
    let mut script = Script::new("bot", Some("#tea"), ScriptFormat::Text, true);
    let joins = begun(&mut script, "bot");
    assert_eq!(joins, [ScriptStep::Send("/join tea\n".into())]);
    assert!(!script.is_ready());
    hear(&mut script, &[room("Tea", 2)]);
    assert!(script.is_ready());
    let lines = [
        said(5, 7, "al", "hi"),
        acted(6, 7, "al", "waves"),
        whispered("al", "psst"),
        left("al"),
        held("too fast: wait"),
    ];
    let print = |text: &str| ScriptStep::Print(text.into());
    let heard = [print("al: hi"), print("* al waves"), print("[al] psst")];
    let steps = hear(&mut script, &lines);
    assert_eq!(steps[..3], heard);
    assert_eq!(steps[3..], [ScriptStep::Note("too fast: wait".into())]);
    assert_eq!(script.say(b"/etc is full"), [ScriptStep::Send("//etc is full\n".into())]);
}

#[test]
fn a_refused_name_ends_it() {
    let mut script = Script::new("admin", None, ScriptFormat::Json, false);
    let steps = hear(&mut script, &[error("nick-reserved", "the nickname admin is kept")]);
    assert_eq!(steps[0], ScriptStep::Finish);
    assert!(matches!(script.end(""), Ending::Refused(why) if why.contains("is kept")));
}

#[test]
fn a_room_that_is_closed_ends_it_and_another_name_of_main_does_not() {
    let mut script = Script::new("bot", Some("tea"), ScriptFormat::Text, false);
    let refusal = error("room-password", "the room tea needs a password");
    begun(&mut script, "bot");
    hear(&mut script, &[moderated("muted", "bob", "the room main: bob was muted by al")]);
    assert!(!script.is_ready() && script.refusal.is_none());
    assert_eq!(hear(&mut script, &[refusal]), [ScriptStep::Finish]);
    assert!(matches!(script.end(""), Ending::Refused(why) if why.contains("password")));
    let mut script = Script::new("bot", Some("ma1n"), ScriptFormat::Text, false);
    begun(&mut script, "Bot");
    hear(&mut script, &[error("room-same", "you are in main already")]);
    assert!(script.is_ready());
    script.say(b"hi");
    script.finish();
    hear(&mut script, &[said(5, 7, "Bot", "hi")]);
    assert_eq!(script.end(""), Ending::Delivered);
}

#[test]
fn nothing_is_said_in_another_room_than_was_meant() {
    let mut script = Script::new("bot", None, ScriptFormat::Text, false);
    begun(&mut script, "bot");
    script.say(b"/join secret");
    assert!(!script.is_ready());
    assert_eq!(hear(&mut script, &[error("password-wrong", "not that one")]), [ScriptStep::Finish]);
    assert!(matches!(script.end(""), Ending::Refused(_)));
}

#[test]
fn what_was_said_before_is_no_echo() {
    let mut script = Script::new("bot", None, ScriptFormat::Text, false);
    begun(&mut script, "bot");
    script.say(b"hi");
    script.finish();
    let past = [history(1), again(3, 5, "bot", "hi"), end("main", 3)];
    hear(&mut script, &past);
    assert_eq!(script.end(""), Ending::Undelivered(1, 1));
}

#[test]
fn a_server_that_knows_no_json_is_too_old() {
    let mut script = Script::new("bot", None, ScriptFormat::Text, false);
    let old = ["NICK* type a nickname first: /nick NAME (/quit leaves)", "* you will not be"];
    assert_eq!(hear(&mut script, &old.map(str::to_owned)), [ScriptStep::Finish]);
    assert!(matches!(script.end(""), Ending::Foreign(why) if why.contains("too old")));
    // One line and the end is a refusal at the door.
    let mut script = Script::new("bot", None, ScriptFormat::Text, false);
    hear(&mut script, &["* the server is full; try again in a minute".to_owned()]);
    assert!(matches!(script.end(""), Ending::Refused(why) if why.contains("is full")));
}

#[test]
fn the_form_is_not_the_user_s_to_change() {
    let mut script = Script::new("bot", None, ScriptFormat::Text, false);
    begun(&mut script, "bot");
    assert!(matches!(&script.say(b"/format text")[..], [ScriptStep::Note(_)]));
}

#[test]
fn json_tells_everything() {
    let mut script = Script::new("bot", None, ScriptFormat::Json, false);
    let mut steps = begun(&mut script, "bot");
    let lines = [said(5, 7, "al", "say \"hi\""), said(6, 8, "bot", "hi"), left("al")];
    steps.extend(hear(&mut script, &lines));
    let printed = steps.into_iter().map(|step| match step {
        ScriptStep::Print(line) => line,
        other => panic!("{other:?}"),
    });
    let said = |rest| format!(r#"{{"kind":"message","number":{rest}}}"#);
    let expected = [
        r#"{"kind":"entered","room":"main"}"#.to_owned(),
        said(r#"5,"time":7,"room":"main","from":"al","text":"say \"hi\"""#),
        said(r#"6,"time":8,"room":"main","from":"bot","text":"hi","own":true"#),
        r#"{"kind":"left","room":"main","from":"al"}"#.to_owned(),
    ];
    assert_eq!(printed.collect::<Vec<_>>(), expected);
}

#[test]
fn where_only_encrypted_connections_are_taken_nobody_is_refused_a_name() {
    let mut script = Script::new("bot", None, ScriptFormat::Text, false);
    let told = "* the server takes encrypted connections only: use \"openssl s_client\"";
    assert_eq!(script.hear(told.as_bytes()), [ScriptStep::Finish]);
    assert!(matches!(script.end(""), Ending::Foreign(why) if why.contains("write tls:// before")));
}
