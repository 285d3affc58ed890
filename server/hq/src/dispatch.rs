//! From the command line to whoever carries it out, and from how it ended to the exit code.

use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use kahriz_core::store::{OpenStoreError, Store};
use kahriz_core::vault::UnlockError;
use kahriz_core::workspace::{OpenError, Workspace};
use kahriz_relay::Tls;
use kahriz_relay::backup::Schedule;
use tracing_subscriber::EnvFilter;

use crate::bell::Bell;
use crate::cli::{
    AdmitOrder, AlarmOrder, Cli, Command, Device, DeviceCommand, Order, Revoke, Ruling, Scheduled,
    Serve,
};
use crate::failure::{Failure, USAGE};
use crate::headquarters::{Headquarters, Plan, tls};
use crate::keyfile::{KeyError, Keys};
use crate::operate::{self, Desk, Joins};
use crate::shell::{self, Terminal};
use crate::{
    accounts, backup, deliver, demo, engine, export_log, handover, locking, moment, nearby, paper,
    recovery, say, setup,
};

/// Runs the program on this process's arguments.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    if matches!(cli.command, Command::Engine) {
        return engine::answer_all();
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say::aside(&format!("kahriz: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let Cli { command, json, key_file, pin_file } = cli;
    let keys = Keys { key_file: key_file.as_deref(), pin_file: pin_file.as_deref() };
    let order = |folder: &Path, order: Order| at_store(folder, keys, json, order);
    match command {
        Command::Init(init) => setup::init(&init, keys, json),
        Command::Serve(serve) => run_headquarters(&serve, keys),
        Command::Invite { dir, order: invite } => order(&dir, Order::Invite(invite)),
        Command::People { dir } => order(&dir, Order::People),
        Command::Revoke { dir, order: revoke } => {
            confirm_revocation(&revoke)?;
            order(&dir, Order::Revoke(revoke))
        }
        Command::Rotate { dir, scope } => order(&dir, Order::Rotate { scope }),
        Command::Policy { dir, order: policy } => order(&dir, Order::Policy(policy)),
        Command::Quarantine { dir, order: ruling } => {
            order(&dir, Order::Quarantine(ruling.unwrap_or(Ruling::List)))
        }
        Command::Alarms { dir, order: alarms } => {
            order(&dir, Order::Alarms(alarms.unwrap_or(AlarmOrder::List { all: false })))
        }
        Command::Admit { dir, order: admit } => admit_one(&dir, keys, json, admit),
        Command::Status { dir } => order(&dir, Order::Status),
        Command::Export { dir, order: export } => order(&dir, Order::Export(export)),
        Command::Exports { dir } => order(&dir, Order::Exports),
        Command::Backup { dir, order: backup } => {
            order(&dir, Order::Backup { dir: dir.clone(), order: backup })
        }
        Command::ExportBundle { dir, order: bundle, undelivered } => {
            order(&dir, Order::ExportBundle { order: bundle, only_undelivered: undelivered })
        }
        Command::ImportBundle { dir, file } => order(&dir, Order::ImportBundle { file }),
        Command::Repair { dir } => order(&dir, Order::Repair { relay: None }),
        Command::Restore(restore) => backup::restore(&restore, keys, json),
        Command::Resume(resume) => backup::resume(&resume, keys, json),
        Command::Account { command } => {
            let (dir, account) = accounts::order(command)?;
            order(&dir, Order::Account(account))
        }
        Command::Letters { dir, order: letters } => order(&dir, Order::Letters(letters)),
        Command::Device(device) => at_device(device, keys, json),
        Command::Recovery { command } => recovery::run(&command, keys, json),
        Command::Admin { command } => recovery::run_admin(&command, keys, json),
        Command::Demo(demo) => demo::run(&demo, json),
        // It was answered before anything else was set up.
        Command::Engine => Ok(()),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "kahriz", &mut io::stdout());
            Ok(())
        }
    }
}

fn at_device(device: Device, keys: Keys<'_>, json: bool) -> Result<(), Failure> {
    let Device { store, command } = device;
    let order = match command {
        DeviceCommand::Join(join) => return setup::join(&store, keys, &join, json),
        DeviceCommand::Pin(pin) => return locking::pin(&store, keys, &pin),
        DeviceCommand::Wipe(wipe) => return locking::wipe(&store, keys, &wipe),
        DeviceCommand::Import(import) => Order::Import(import),
        DeviceCommand::New(new) => Order::New(new),
        DeviceCommand::Edit(edit) => Order::Edit(edit),
        DeviceCommand::List(list) => Order::List(list),
        DeviceCommand::Show(show) => Order::Show(show),
        DeviceCommand::Search { words } => Order::Search { words: words.join(" ") },
        DeviceCommand::Near { place, metres } => Order::Near { place, metres },
        DeviceCommand::Decide(decide) => Order::Decide(decide),
        DeviceCommand::Sync { relay } => Order::Sync { relay },
        DeviceCommand::ServeNearby(serve) => return nearby::serve(&store, keys, &serve, json),
        DeviceCommand::Meet { address } => Order::Meet { address },
        DeviceCommand::Repair { relay } => Order::Repair { relay },
        DeviceCommand::ExportBundle { order, everything } => {
            Order::ExportBundle { order, only_undelivered: !everything }
        }
        DeviceCommand::ImportBundle { file } => Order::ImportBundle { file },
        DeviceCommand::Deliver { relay } => {
            return deliver::run(&store, keys, relay.as_deref(), json);
        }
        DeviceCommand::Roster { out } => Order::Roster { out },
        DeviceCommand::Relay { url, register, registration_file } => {
            Order::Relay { url, register, registration_file }
        }
        DeviceCommand::Status => Order::Status,
        DeviceCommand::Export(export) => Order::Export(export),
    };
    at_store(&store, keys, json, order)
}

/// Carries out an order here, or hands it to the process that serves the store.
fn at_store(folder: &Path, keys: Keys<'_>, as_json: bool, order: Order) -> Result<(), Failure> {
    let (mut out, mut aside) = (io::stdout(), io::stderr());
    // Whoever serves the store has its PIN already.
    if handover::is_served(folder) && Store::is_in_use(folder) {
        let order = order.with_whole_paths()?;
        return handover::hand_over(folder, &order, as_json, &mut out, &mut aside);
    }
    let workspace = open(folder, keys)?;
    keep_lease(&workspace)?;
    let mut desk = Desk {
        workspace: &workspace,
        out: &mut out,
        aside: &mut aside,
        terminal: Terminal::new(Bell::default()),
        as_json,
        who: export_log::system_user(),
        serving: None,
    };
    operate::carry_out(&order, &mut desk)
}

/// A device that had no contact for too long lets go, and says so.
pub(crate) fn keep_lease(workspace: &Workspace) -> Result<(), Failure> {
    if workspace.keep_lease(shell::claimed(), &mut shell::system_rng())? {
        say::aside(
            "This device had no contact for longer than its lease: it has let go of what it could read. \
             Work that was not delivered is kept; everything comes back with the next sync.",
        );
    }
    Ok(())
}

/// Opens a store with its key, and asks for its PIN if it has one.
pub(crate) fn open(folder: &Path, keys: Keys<'_>) -> Result<Workspace, Failure> {
    let at_folder = |source| Failure::Open { folder: folder.to_owned(), source };
    let key = keys.unlock(folder).map_err(|error| {
        if matches!(error, KeyError::Unlock(UnlockError::NoWorkspace)) {
            return Failure::no_store(folder);
        }
        match matches!(error, KeyError::Unlock(UnlockError::OtherSecret)) {
            true => at_folder(OpenError::Store(OpenStoreError::WrongKey)),
            false => error.into(),
        }
    })?;
    Workspace::open(folder, &key).map(engine::beside).map_err(at_folder)
}

/// Admits the one whose code was given, or shows who asks and waits for the person to compare.
fn admit_one(
    folder: &Path,
    keys: Keys<'_>,
    json: bool,
    mut admit: AdmitOrder,
) -> Result<(), Failure> {
    if admit.join.as_deref() == Some("-") {
        admit.join = Some(say::ask("What the device shows:"));
    }
    if admit.code.is_none() && admit.join.is_none() {
        at_store(folder, keys, json, Order::Joins)?;
        if json || !io::stdin().is_terminal() {
            return Ok(());
        }
        let code = say::ask("The code that the device shows (nothing to admit nobody):");
        admit.code = Some(code).filter(|code| !code.is_empty());
        if admit.code.is_none() {
            return Err(Failure::NotConfirmed);
        }
    }
    at_store(folder, keys, json, Order::Admit(admit))
}

/// A person at a terminal is asked once more.
fn confirm_revocation(revoke: &Revoke) -> Result<(), Failure> {
    if revoke.yes || !io::stdin().is_terminal() {
        return Ok(());
    }
    let who = say::printable(&revoke.who);
    let answer =
        say::ask(&format!("Revoke {who}? It cannot be undone, only joined anew. Type yes:"));
    if answer.trim().eq_ignore_ascii_case("yes") { Ok(()) } else { Err(Failure::NotRevoked) }
}

fn run_headquarters(serve: &Serve, keys: Keys<'_>) -> Result<(), Failure> {
    if !serve.page.ip().is_loopback() {
        return Err(Failure::PageNotLoopback);
    }
    let workspace = open(&serve.dir, keys)?;
    let joins = if serve.auto_admit { Joins::AdmitAll } else { Joins::Announce };
    let (relay, page) = (bind(serve.listen)?, bind(serve.page)?);
    let tls = tls::choose(serve, &workspace.relay_url())?;
    say_how_devices_speak(serve, &workspace, tls.as_ref());
    if let Some(taken) = workspace.copied() {
        say::aside(&format!(
            "This store was brought back from a backup of {}: it shows and exports, and neither writes nor syncs. Its relay serves. If the original is gone, `kahriz resume` lets it go on.",
            moment::written(taken.ms)
        ));
    }
    let plan = Plan { relay, tls, page, joins, backups: schedule(&serve.backups) };
    let headquarters = Headquarters::start(&serve.dir, workspace, plan)?;
    say::result(&format!("Relay: {}", headquarters.serving.relay_url));
    say::result(&format!("Headquarters: http://{}/", headquarters.page));
    if let Some(secret) = headquarters.accounts.setup_secret()? {
        say::result(&format!("First account: http://{}/setup?secret={secret}", headquarters.page));
        say::aside(
            "Nobody can sign in yet. That link makes the first account; whoever has it can, so open it now.",
        );
    }
    say::aside(&format!("Invites name the relay as {}", headquarters.workspace.relay_url()));
    if serve.auto_admit {
        say::aside(
            "Every device with a valid invite is admitted without comparing codes (--auto-admit).",
        );
    }
    say::aside("Ctrl-C ends it.");
    headquarters.wait_for_the_end();
    say::aside("Ending.");
    headquarters.end();
    Ok(())
}

fn schedule(asked: &Scheduled) -> Option<Schedule> {
    let every = Duration::from_secs(u64::from(asked.backup_every) * 3_600);
    let keep = asked.backup_keep;
    asked.backup_to.clone().map(|to| Schedule { to, every, keep })
}

/// What a person who serves devices should know of their lines.
fn say_how_devices_speak(serve: &Serve, workspace: &Workspace, tls: Option<&Tls>) {
    let Some(tls) = tls else {
        if !serve.listen.ip().is_loopback() {
            say::aside(
                "Devices speak plain HTTP: records stay sealed, but whoever listens learns who syncs when and how much. --tls self-signed ends that.",
            );
        }
        return;
    };
    say::aside(&format!(
        "Devices speak TLS; invites carry the relay's key: pin {}",
        paper::write_pin(&tls.pin())
    ));
    if workspace.relay_pin().is_some_and(|before| before != tls.pin()) {
        say::aside(
            "This is another key than before: devices that joined with the earlier one will stay away.",
        );
    }
    if !tls::is_https(&workspace.relay_url()) {
        say::aside(
            "The invites' address does not begin with https: devices will not find the relay there.",
        );
    }
}

/// Takes an address before anything else is done, so that a second server is noticed at once.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| Failure::Listen(address, error))
}
