//! From the command line to whoever carries it out, and from how it ended to the exit code.

use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use kahriz_core::store::{OpenStoreError, Store};
use kahriz_core::vault::UnlockError;
use kahriz_core::workspace::{OpenError, Workspace};
use tracing_subscriber::EnvFilter;

use crate::bell::Bell;
use crate::cli::{AdmitOrder, Cli, Command, Device, DeviceCommand, Order, Serve};
use crate::failure::{Failure, USAGE};
use crate::headquarters::{Headquarters, Plan};
use crate::keyfile::{KeyError, Keys};
use crate::operate::{self, Desk, Joins};
use crate::shell::Terminal;
use crate::{demo, handover, locking, say, setup};

/// Runs the program on this process's arguments.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
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
        Command::Invite { dir, hours } => order(&dir, Order::Invite { hours }),
        Command::Admit { dir, order: admit } => admit_one(&dir, keys, json, admit),
        Command::Status { dir } => order(&dir, Order::Status),
        Command::Export { dir, order: export } => order(&dir, Order::Export(export)),
        Command::Device(device) => at_device(device, keys, json),
        Command::Demo(demo) => demo::run(&demo, json),
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
        DeviceCommand::Status => Order::Status,
        DeviceCommand::Export(export) => Order::Export(export),
    };
    at_store(&store, keys, json, order)
}

/// Carries out an order here, or hands it to the process that serves the store.
fn at_store(folder: &Path, keys: Keys<'_>, as_json: bool, order: Order) -> Result<(), Failure> {
    let mut out = io::stdout();
    // Whoever serves the store has its PIN already.
    if handover::is_served(folder) && Store::is_in_use(folder) {
        return handover::hand_over(folder, &order.with_whole_paths()?, as_json, &mut out);
    }
    match open(folder, keys) {
        Ok(workspace) => {
            let terminal = Terminal::new(Bell::default());
            let mut desk =
                Desk { workspace: &workspace, out: &mut out, terminal, as_json, serving: None };
            operate::carry_out(&order, &mut desk)
        }
        Err(failure) => Err(failure),
    }
}

/// Opens a store with its key, and asks for its PIN if it has one.
pub(crate) fn open(folder: &Path, keys: Keys<'_>) -> Result<Workspace, Failure> {
    let at_folder = |source| Failure::Open { folder: folder.to_owned(), source };
    let not_there = || at_folder(OpenError::Store(OpenStoreError::NotFound));
    let key = keys.unlock(folder).map_err(|error| match error {
        KeyError::Unlock(UnlockError::NoWorkspace) => not_there(),
        KeyError::Unlock(UnlockError::OtherSecret) => {
            at_folder(OpenError::Store(OpenStoreError::WrongKey))
        }
        error => error.into(),
    })?;
    Workspace::open(folder, &key).map_err(at_folder)
}

/// Admits the one whose code was given, or shows who asks and waits for the person to compare.
fn admit_one(
    folder: &Path,
    keys: Keys<'_>,
    json: bool,
    mut admit: AdmitOrder,
) -> Result<(), Failure> {
    if admit.code.is_none() {
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

fn run_headquarters(serve: &Serve, keys: Keys<'_>) -> Result<(), Failure> {
    if !serve.page.ip().is_loopback() {
        return Err(Failure::PageNotLoopback);
    }
    let workspace = open(&serve.dir, keys)?;
    let joins = if serve.auto_admit { Joins::AdmitAll } else { Joins::Announce };
    let plan = Plan { relay: bind(serve.listen)?, page: bind(serve.page)?, joins };
    let headquarters = Headquarters::start(&serve.dir, workspace, plan)?;
    say::result(&format!("Relay: {}", headquarters.serving.relay_url));
    say::result(&format!("Headquarters: http://{}/", headquarters.page));
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

/// Takes an address before anything else is done, so that a second server is noticed at once.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| Failure::Listen(address, error))
}
