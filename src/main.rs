//! The `mio-chat` command: parses the flags, runs the command, and prints one line if it fails.

mod cli;

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use mio_chat::client::Ended;
use mio_chat::client::chat::ChatError;
use mio_chat::load::{self, LoadError, Text};
use mio_chat::net::{self, Config, Exit, Predecessor, Reactor};
use mio_chat::peer;
use mio_chat::tls::{self, Acceptor};

use cli::{
    ChatArgs, CliCommand, ConfigError, GatewayError, HealthArgs, LoadArgs, ManualArgs, MatchArgs,
    OperatorError, PlaceError, ServeArgs, ServeConfig, TlsFileError, TokenArgs, TokenError,
    VariableError, check_places, hash_password, misspelt, read_bots, read_gateways, read_operators,
    read_tls, tls_file_warnings, tls_warnings,
};

/// Exit code where a file of settings makes no sense, as sysexits.h has it.
const BAD_CONFIGURATION: u8 = 78;

/// Ports around here that browsers open for nobody, as IRC or others have them.
const REFUSED_BY_BROWSERS: [u16; 8] = [6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697];

/// How long the last log lines may take to be written.
const LOG_PATIENCE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let command = CliCommand::parse_checked();
    // The server logs them instead.
    if !matches!(command, CliCommand::Serve(_) | CliCommand::LoadWorker) {
        warn_of_variables();
    }
    let done = match command {
        CliCommand::Serve(_) => serve(),
        CliCommand::Chat(args) => chat(&args),
        CliCommand::Load(args) => load_test(&args),
        CliCommand::Match(args) => find_players(&args),
        CliCommand::Health(args) => ask_health(&args),
        CliCommand::HashPassword => print_hash(),
        CliCommand::Token(args) => change_tokens(&args),
        CliCommand::Manual(args) => print_manual(&args),
        CliCommand::LoadWorker if load::work() => return ExitCode::SUCCESS,
        // The parent process reports the reason.
        CliCommand::LoadWorker => return ExitCode::FAILURE,
    };
    match done {
        Ok(Exit::Drained | Exit::HandedOver) => ExitCode::SUCCESS,
        // As a shell reports a process that a signal has ended.
        Ok(Exit::AtOnce(signal)) => ExitCode::from(128 + u8::try_from(signal).unwrap_or(0)),
        Err(error) => {
            eprintln!("mio-chat: {error}");
            ExitCode::from(code_of(&*error))
        }
    }
}

/// The exit code of an error.
fn code_of(error: &(dyn Error + 'static)) -> u8 {
    if let Some(of_variable) = error.downcast_ref::<VariableError>() {
        return code_of(&*of_variable.error);
    }
    let of_file = error.is::<OperatorError>() || error.is::<GatewayError>();
    if of_file
        || error.is::<TlsFileError>()
        || error.is::<ConfigError>()
        || error.is::<PlaceError>()
    {
        return BAD_CONFIGURATION;
    }
    if error.downcast_ref::<TokenError>().is_some_and(TokenError::is_configuration) {
        return BAD_CONFIGURATION;
    }
    if let Some(error) = error.downcast_ref::<LoadError>() {
        return error.code();
    }
    error.downcast_ref::<ChatError>().map_or(1, ChatError::code)
}

/// Warns people of unknown variables.
fn warn_of_variables() {
    for warning in misspelt() {
        eprintln!("mio-chat: warning: {warning}");
    }
}

fn serve() -> Result<Exit, Box<dyn Error>> {
    let mut serving = ServeConfig::read()?;
    let served = serve_with(&mut serving);
    served.map_err(|error| {
        // One of them may have been meant to say something else.
        warn_of_variables();
        serving.attribute(error)
    })
}

fn serve_with(serving: &mut ServeConfig) -> Result<Exit, Box<dyn Error>> {
    let descriptors = net::descriptor_limit();
    let config = settings_of(serving, descriptors)?;
    if serving.args.only_check() {
        check_places(&serving.args)?;
        warn_of_variables();
        for warning in tls_warnings(&serving.args, config.net.tls.as_ref()) {
            eprintln!("mio-chat: warning: {warning}");
        }
        writeln!(std::io::stdout().lock(), "ok")?;
        return Ok(Exit::Drained);
    }
    let log = net::start_log(&serving.args.log_settings())?;
    let clients_max = config.net.clients_max;
    let is_web_on = config.server.spoken.http;
    let mut reactor = match Predecessor::find()? {
        Some(predecessor) => Reactor::take_over_from(&config.net, config.server, log, predecessor)?,
        None => Reactor::new(&config.net, config.server, log)?,
    };
    if is_web_on {
        warn_of_ports(&reactor);
    }
    announce(&reactor, clients_max, descriptors);
    for warning in misspelt() {
        log::warn!("{warning}");
    }
    log_tls_warnings(&serving.args);
    let mut shown = config.net.tls;
    let exit = reactor.run(&mut || {
        reload(serving, &mut shown, descriptors)
            .inspect_err(|error| log::error!("not reloaded, all is as it was: {error}"))
            .ok()
    });
    reactor.finish_state();
    reactor.finish_log(LOG_PATIENCE);
    Ok(exit?)
}

/// The settings of all parts, with the contents of further files.
fn settings_of(serving: &ServeConfig, descriptors: u64) -> Result<Config, Box<dyn Error>> {
    let args = &serving.args;
    let operators = args.operators_file().map(read_operators).transpose()?.unwrap_or_default();
    let gateways = args.gateways_file().map(read_gateways).transpose()?.unwrap_or_default();
    let bots = args.tokens_file().map(|file| read_bots(file, &operators)).transpose()?;
    let tls = read_tls(args)?;
    Ok(Config {
        net: args.net_settings(net::clients_for(descriptors), tls),
        server: args.server_settings(operators, gateways, bots.unwrap_or_default()),
        log_level: args.log_settings().level,
    })
}

/// Reads the settings again, and logs the differences.
fn reload(
    serving: &mut ServeConfig,
    shown: &mut Option<Acceptor>,
    descriptors: u64,
) -> Result<Config, Box<dyn Error>> {
    let anew = ServeConfig::read()?;
    let settings = settings_of(&anew, descriptors).map_err(|error| anew.attribute(error))?;
    let (mut changed, kept) = serving.active.changes(&anew.active);
    if !tls::are_alike(shown.as_ref(), settings.net.tls.as_ref()) {
        changed.push("certificates".into());
    }
    shown.clone_from(&settings.net.tls);
    let changed = if changed.is_empty() { "nothing".to_owned() } else { changed.join(",") };
    let (operators, bots) = (settings.server.operators.len(), settings.server.bots.len());
    log::info!("reloaded: changed={changed} operators={operators} bots={bots}");
    if !kept.is_empty() {
        log::warn!("reloaded, but what was chosen anew needs a restart: {}", kept.join(","));
    }
    log_tls_warnings(&anew.args);
    serving.active.take_over(&anew.active);
    Ok(settings)
}

/// Logs what is wrong with files of certificates, and no reason to stop.
fn log_tls_warnings(args: &ServeArgs) {
    for warning in tls_file_warnings(args) {
        log::warn!("tls: {warning}");
    }
}

/// Asks a server how it is.
fn ask_health(args: &HealthArgs) -> Result<Exit, Box<dyn Error>> {
    args.check().ask()?;
    // The caller may only want the exit code.
    let _ = writeln!(std::io::stdout().lock(), "ok");
    Ok(Exit::Drained)
}

/// Hashes an operator's password.
fn print_hash() -> Result<Exit, Box<dyn Error>> {
    let hash = hash_password()?;
    writeln!(std::io::stdout().lock(), "{hash}")?;
    Ok(Exit::Drained)
}

/// Makes, lists or removes tokens of bots.
fn change_tokens(args: &TokenArgs) -> Result<Exit, Box<dyn Error>> {
    let (printed, remark) = args.run()?;
    if !printed.is_empty() {
        writeln!(std::io::stdout().lock(), "{printed}")?;
    }
    if !remark.is_empty() {
        eprintln!("mio-chat: {remark}");
    }
    Ok(Exit::Drained)
}

/// Loads a server and prints the report.
fn load_test(args: &LoadArgs) -> Result<Exit, Box<dyn Error>> {
    let report = match load::run(&args.settings(), net::descriptor_limit()) {
        Err(LoadError::AtOnce { signal }) => return Ok(Exit::AtOnce(signal)),
        done => done?,
    };
    let mut stdout = std::io::stdout().lock();
    let text = Text { report: &report, chart: stdout.is_terminal() };
    // The reader may close the pipe before the end.
    let _ = match args.json() {
        Some(file) if file.as_os_str() == "-" => stdout.write_all(report.json().as_bytes()),
        Some(file) => {
            std::fs::write(file, report.json())
                .map_err(|source| LoadError::Report { file: file.clone(), source })?;
            write!(stdout, "{text}")
        }
        None => write!(stdout, "{text}"),
    };
    report.check()?;
    Ok(Exit::Drained)
}

/// Prints the files that a package installs beside the program.
fn print_manual(args: &ManualArgs) -> Result<Exit, Box<dyn Error>> {
    let mut page = Vec::new();
    args.print(&mut page)?;
    // The reader may close the pipe before the end.
    let _ = std::io::stdout().lock().write_all(&page);
    Ok(Exit::Drained)
}

/// Chats in a terminal or a pipe.
fn chat(args: &ChatArgs) -> Result<Exit, Box<dyn Error>> {
    match args.with_password()?.run()? {
        Ended::Well => Ok(Exit::Drained),
        Ended::Signal(signal) => Ok(Exit::AtOnce(signal)),
    }
}

/// Finds other players and exchanges lines with them, or prints the kind of NAT.
fn find_players(args: &MatchArgs) -> Result<Exit, Box<dyn Error>> {
    if let Some(check) = args.check() {
        let mut stdout = std::io::stdout().lock();
        // The reader may close the pipe before the end.
        let _ = write!(stdout, "{}", peer::check(&check)?);
        return Ok(Exit::Drained);
    }
    match args.command().run()? {
        Ended::Well => Ok(Exit::Drained),
        Ended::Signal(signal) => Ok(Exit::AtOnce(signal)),
    }
}

/// Prints the server's addresses, one line each for scripts. A closed stdout is no error: not
/// everybody reads it. The log's first line says the same.
fn announce(reactor: &Reactor, clients_max: usize, descriptors: u64) {
    let mut stdout = std::io::stdout().lock();
    let mut places = String::new();
    for (protocol, address) in reactor.addresses() {
        let _ = writeln!(stdout, "listening {protocol} {address}");
        places.push_str(&format!("{protocol}={address} "));
    }
    for certificate in reactor.certificates().filter(|it| it.is_self_signed()) {
        let _ = writeln!(stdout, "certificate sha256 {}", certificate.fingerprint());
    }
    let _ = stdout.flush();
    if clients_max > net::clients_for(descriptors) {
        log::warn!("max_clients={clients_max} is more than {descriptors} descriptors allow");
    }
    log::info!("serving: {places}max_clients={clients_max} descriptors={descriptors}");
}

/// Warns where the chat page would be served at a port that no browser opens.
fn warn_of_ports(reactor: &Reactor) {
    let ports = reactor.addresses().filter(|(protocol, _)| *protocol == "tcp");
    let mut ports = ports.map(|(_, address)| address.port());
    if let Some(port) = ports.find(|port| REFUSED_BY_BROWSERS.contains(port)) {
        log::warn!("web: browsers refuse port {port}, so nobody can open the chat page there");
    }
}
