//! That the terminal of these tests is one, and that it finds what a program leaves behind or
//! tries: shown with programs that are on every machine, so that a client that passes has passed
//! something.

use rustix::process::{Signal, getsid};

use crate::fake_server::{FakeServer, SAID_AT};
use crate::hostile::Hostile;
use crate::sequences::{Piece, misdeeds, pieces};
use crate::support::{Client, process};
use crate::terminal::Terminal;
use crate::told;

fn shell(script: &str) -> Terminal {
    Terminal::run(80, 24, "bash", &["--norc", "-c", script], &[])
}

/// What a script leaves behind.
fn left_behind(script: &str) -> Vec<String> {
    let mut terminal = shell(script);
    assert!(terminal.wait().success());
    terminal.left_behind()
}

#[test]
fn what_is_typed_is_echoed_and_read() {
    let mut cat = Terminal::run(40, 5, "cat", &[], &[]);
    cat.type_line("hello");
    let screen = cat.wait_for("both", |screen| screen.matches("hello").count() == 2);
    assert_eq!(screen, "hello\nhello\n\n\n");
    assert_eq!(cat.state().cursor_position(), (2, 0));
    cat.press("\x04");
    cat.expect_good_end(0);
}

#[test]
fn more_than_the_kernel_holds_is_typed_while_it_is_echoed() {
    let mut cat = shell("stty raw -echo; echo ready; head -c 300000; stty sane");
    cat.see("ready");
    cat.press(&"0123456789".repeat(30_000));
    assert!(cat.wait().success());
    assert!(cat.output().len() >= 300_000, "{}", cat.output().len());
}

#[test]
fn the_program_leads_a_session_and_gets_signals_keys_and_its_exit_code() {
    let script = "trap 'echo stopped; exit 7' INT; echo ready; while read -r; do :; done";
    let mut terminal = shell(script);
    terminal.see("ready");
    assert_eq!(getsid(Some(terminal.pid())).unwrap(), terminal.pid());
    assert!(process::status_field(terminal.pid(), "Name").contains("bash"));
    // bash looks at a signal that comes just before a read when that is over: Enter ends it.
    terminal.press("\x03");
    terminal.press("\r");
    terminal.see("stopped");
    terminal.expect_good_end(7);

    let mut terminal = Terminal::run(80, 24, "cat", &[], &[]);
    terminal.type_line("ready");
    terminal.wait_for("an echo", |screen| screen.matches("ready").count() == 2);
    terminal.signal(Signal::TERM);
    let status = terminal.wait();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
}

#[test]
fn our_own_program_runs_in_it() {
    let mut terminal = Terminal::start(80, 24, &["--version"], &[]);
    terminal.see("mio-chat ");
    terminal.expect_good_end(0);
    assert_eq!(misdeeds(terminal.output()), [""; 0]);
}

#[test]
fn a_paste_comes_in_its_brackets_and_what_is_wiped_off_is_gone() {
    let mut cat =
        shell("stty -icanon -echo; head -c 15 | cat -v; read -r; printf '\\e[2J'; read -r");
    cat.paste("two");
    cat.see("^[[200~two^[[201~");
    cat.press("\r");
    cat.see_no_more("two");
}

#[test]
fn a_resize_is_told() {
    // Not in the trap: bash forgets a signal that comes while it obeys one of the same kind.
    let script = "trap resized=1 WINCH; stty size; while read -r; do \
                  if [ $resized ]; then resized=; stty size; fi; done";
    let mut terminal = shell(script);
    terminal.see("24 80");
    for (columns, rows, told) in [(40, 12, "12 40"), (20, 5, "5 20")] {
        terminal.resize(columns, rows);
        // Enter ends the read that the signal may have come before.
        terminal.press("\r");
        terminal.see(told);
    }
}

#[test]
fn an_interactive_shell_works_as_by_hand() {
    let mut bash = Terminal::run(60, 10, "bash", &["--norc", "-i"], &[("PS1", "$ ")]);
    bash.see("$");
    bash.type_line("tty -s && echo term=$TERM colour=$NO_COLOR.");
    bash.see("term=xterm-256color colour=.");
    // Ctrl-C is for the program in the foreground, which is there when it speaks.
    bash.type_line("bash -c 'echo $((6 * 7)); read -r'");
    bash.see("\n42\n");
    bash.press("\x03");
    bash.wait_for("a prompt", |screen| screen.trim_end().ends_with("^C\n$"));
    bash.type_line("echo code=$?");
    bash.see("code=130");
    bash.type_line("exit 3");
    // Readline asks for bracketed paste and gives it back.
    bash.expect_good_end(3);
}

#[test]
fn a_program_that_cleans_up_after_itself_is_clean() {
    let tidy = "saved=$(stty -g); stty raw -echo; \
                printf '\\e[?1049h\\e[?25l\\e[?2004h\\e[?1004h\\e[?1000h\\e[1;31mX'; \
                printf '\\e[0m\\e[?1000l\\e[?1004l\\e[?2004l\\e[?25h\\e[?1049l'; \
                stty $saved";
    let mut terminal = shell(tidy);
    assert!(terminal.wait().success());
    terminal.assert_clean();
}

#[test]
fn the_alternate_screen_is_seen_and_hides_what_was_there() {
    let mut terminal =
        shell("echo before; read; printf '\\e[?1049h\\e[Hinside'; read; printf '\\e[?1049l'; read");
    terminal.see("before");
    assert!(!terminal.state().alternate_screen());
    terminal.press("\r");
    let screen = terminal.see("inside");
    assert!(terminal.state().alternate_screen() && !screen.contains("before"));
    terminal.press("\r");
    terminal.see("before");
    terminal.press("\r");
    terminal.expect_good_end(0);
}

#[test]
fn each_thing_that_is_left_behind_is_found() {
    for (written, found) in [
        ("\\e[?1049h", vec!["the alternate screen", "mode 1049 on"]),
        ("\\e[?25l", vec!["a hidden cursor", "mode 25 off"]),
        ("\\e[?2004h", vec!["bracketed paste", "mode 2004 on"]),
        ("\\e[?1000h", vec!["mouse reports", "mode 1000 on"]),
        ("\\e[?1004h", vec!["mode 1004 on"]),
        ("\\e[?2026h", vec!["mode 2026 on"]),
        ("\\e[?7l", vec!["mode 7 off"]),
        ("\\e[1m", vec!["colours or styles"]),
        ("\\e[48;5;3m", vec!["colours or styles"]),
        ("\\e[2;9r", vec!["scroll region \"2;9\""]),
        ("\\e[5 q", vec!["shape of the cursor \"5\""]),
        ("\\e(0", vec!["character set \"(0\""]),
        ("\\e[>1u", vec!["1 keyboard modes"]),
        ("\\e=", vec!["application keys"]),
        ("\\e[?1049;2004h\\e[?2004l\\e[?1049l", vec![]),
        ("\\e[>1u\\e[<1u\\e[2;9r\\e[r\\e[5 q\\e[0 q\\e(0\\e(B\\e[1m\\e[m", vec![]),
    ] {
        assert_eq!(left_behind(&format!("printf '{written}'")), found, "{written}");
    }
}

#[test]
fn raw_mode_that_is_left_on_is_found() {
    let left = left_behind("stty raw -echo");
    for name in ["input modes: ", "output modes: ", "local modes: "] {
        assert!(left.iter().any(|left| left.starts_with(name)), "{name}{left:?}");
    }
    assert!(left_behind("stty -echo")[0].starts_with("local modes: "));
    assert!(
        left_behind("stty min 7 -icanon; stty icanon").iter().any(|left| left.contains("codes"))
    );
}

#[test]
#[should_panic(expected = "left behind: [\"a hidden cursor\", \"mode 25 off\"]")]
fn what_is_left_behind_fails_the_test() {
    let mut terminal = shell("printf '\\e[?25l'");
    terminal.expect_good_end(0);
}

#[test]
#[should_panic(expected = "never \"good\": the program has ended\n┌────────┐\n│bad\n│\n└────────┘")]
fn what_is_never_seen_fails_the_test_with_the_screen() {
    Terminal::run(8, 2, "echo", &["bad"], &[]).see("good");
}

#[test]
fn output_is_taken_apart() {
    let output = b"a\xc3\xa9\x1b[?25l\x1b]0;t\x07\x1bP1\x1b\\\x1b(0\x1b7\r\xff\x1b[\x01\xc3";
    let found: Vec<_> = pieces(output).collect();
    let expected = [
        Piece::Text("a\u{e9}"),
        Piece::Csi("?25", 'l'),
        Piece::Command(']', b"0;t"),
        Piece::Command('P', b"1"),
        Piece::Escape("(0"),
        Piece::Escape("7"),
        Piece::Control(b'\r'),
        Piece::Broken(b"\xff"),
        Piece::Broken(b"\x1b["),
        Piece::Control(1),
        Piece::Broken(b"\xc3"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_a_chat_client_writes_is_tame_and_the_rest_is_not() {
    let tame = "\x1b[?1049h\x1b[?1004;2004h\x1b[2J\x1b[3;1H\x1b[38;5;2;1mal\x1b[m 日本語 \
                e\u{301}\r\n\x1b[K";
    assert_eq!(misdeeds(tame.as_bytes()), [""; 0]);
    let hostile = [
        "\x07",
        "\x1b]0;t\x07",
        "\x1b]52;c;eA==\x07",
        "\x1bP1\x1b\\",
        "\x1b_x\x1b\\",
        "\x1bc",
        "\x1b[6n",
        "\x1b[?1000h",
        "\x1b[4h",
        "\x1b[5m",
        "\x1b[3;5r",
        "\x1b[21t",
        "\x1b(0",
        "\x0e",
        "\u{9b}31m",
        "\u{202e}",
        "\u{2028}",
        "\u{feff}",
        "\x7f",
    ];
    for text in hostile {
        assert_eq!(misdeeds(format!("fine{text}").as_bytes()).len(), 1, "{text:?}");
    }
    assert_eq!(misdeeds(format!("z{}", "\u{301}".repeat(9)).as_bytes()).len(), 1);
    assert_eq!(misdeeds(b"a\xff"), ["Broken([255])"]);
}

#[test]
fn hostile_lines_repeat_and_are_what_they_say() {
    let lines: Vec<Vec<u8>> = Hostile::new(3).take(5_000).collect();
    assert!(Hostile::new(3).take(5_000).eq(lines.iter().cloned()));
    let ends = |line: &Vec<u8>| line.iter().filter(|byte| **byte == b'\n').count() == 1;
    assert!(lines.iter().all(|line| ends(line) && line.ends_with(b"\n")));
    assert!(lines.iter().any(|line| line.len() > 15_000));
    assert!(lines.iter().filter(|line| std::str::from_utf8(line).is_err()).count() > 500);
    let all = lines.concat();
    let kinds: [fn(&Piece<'_>) -> bool; 4] = [
        |piece| matches!(piece, Piece::Control(0x07)),
        |piece| matches!(piece, Piece::Command(..)),
        |piece| matches!(piece, Piece::Csi("?1049", 'l')),
        |piece| matches!(piece, Piece::Broken(_)),
    ];
    for (number, is_kind) in kinds.into_iter().enumerate() {
        assert!(pieces(&all).filter(is_kind).count() > 20, "{number}");
    }
}

/// What a program shows that hands every byte to the terminal: the reason for all this.
#[test]
fn a_program_that_hands_hostile_lines_to_the_terminal_is_found_out() {
    let server = FakeServer::start(|door| {
        let mut guest = door.next();
        for line in Hostile::new(1).take(500) {
            guest.lines.send(&line);
        }
    });
    let address = server.address;
    let copy = format!("exec 3<>/dev/tcp/{}/{}; cat <&3", address.ip(), address.port());
    let mut terminal = shell(&copy);
    terminal.wait();
    server.finish();
    assert!(misdeeds(terminal.output()).len() == 5 && !terminal.left_behind().is_empty());
}

#[test]
fn the_fake_server_follows_its_script() {
    let server = FakeServer::start(|door| {
        let mut guest = door.next();
        assert_eq!(guest.greet(7), "alice");
        guest.pass_on("bob", "hi");
        door.wait_for_cue();
        guest.forget_what_it_said();
        guest.lines.reset();
        let mut again = door.next();
        again.lines.expect("back");
    });
    let mut client = Client::connect(server.address);
    client.say("/format json\n/history off\nalice");
    client.hear_part("NICK");
    client.hear(&told::room("main", 1));
    client.say("/history 20");
    client.hear(&told::end("main", 7));
    client.expect(&told::said(8, SAID_AT, "bob", "hi"));
    client.say("this is not read");
    server.cue();
    let (rest, _) = client.rest_or_reset();
    assert_eq!(rest, "");
    Client::connect(server.address).say("back");
    server.finish();
}
