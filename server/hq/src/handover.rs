//! Handing an order to the process that serves the store.
//!
//! Only one process can have a store open. While `kahriz serve` has it, other commands on the same folder find where
//! it listens, and a secret, in a file that only the owner can read (as the key beside it), and hand their order over
//! on the loopback address. So as long as it serves, that file opens the store as the key does, also if the key is
//! kept elsewhere; it goes when serving ends. One connection carries one order: a line of JSON there, lines of output back, and a last
//! line with the exit code.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cli::Order;
use crate::export_log::{self, Who};
use crate::failure::Failure;
use crate::keyfile;

/// What the file is called in the store's folder.
const FILE: &str = "kahriz.serving";
/// Orders are small; nothing longer is read.
const ORDER_BYTES_MAX: u64 = 1024 * 1024;
/// A caller on this machine says its order at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the serving process listens and what it wants to hear first.
#[derive(Serialize, Deserialize)]
struct Notice {
    port: u16,
    secret: String,
}

/// What is asked.
#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    secret: String,
    pub(crate) as_json: bool,
    pub(crate) order: Order,
    /// The caller, who could read the secret and so is the owner.
    pub(crate) who: Who,
}

/// What is answered, line by line.
#[derive(Serialize, Deserialize)]
enum Answer {
    Out(String),
    Aside(String),
    Done { code: u8, sentence: String },
}

/// The notice of a serving process. It is taken down when dropped.
pub(crate) struct Posted {
    path: PathBuf,
    secret: String,
}

/// Tells the owner's other processes where orders are taken.
pub(crate) fn post(folder: &Path, port: u16) -> io::Result<Posted> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = folder.join(FILE);
    // The store's lock is held, so an older notice is that of a process that died.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let text = serde_json::to_vec(&Notice { port, secret: secret.clone() })?;
    keyfile::private_file(&path)?.write_all(&text)?;
    Ok(Posted { path, secret })
}

impl Posted {
    /// The secret that a request must bring.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.path);
    }
}

/// Whether a process says that it serves this store.
pub(crate) fn is_served(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// Hands an order over, copies what comes back to `out` and `aside`, and ends as the order ended there.
pub(crate) fn hand_over(
    folder: &Path,
    order: &Order,
    as_json: bool,
    out: &mut dyn Write,
    aside: &mut dyn Write,
) -> Result<(), Failure> {
    let stream = ask(folder, order, as_json).map_err(Failure::Handover)?;
    for line in BufReader::new(stream).lines() {
        let answer = line.and_then(|line| Ok(serde_json::from_str(&line)?));
        match answer.map_err(Failure::Handover)? {
            Answer::Out(text) => out.write_all(text.as_bytes())?,
            Answer::Aside(text) => aside.write_all(text.as_bytes())?,
            Answer::Done { code: 0, .. } => return Ok(()),
            Answer::Done { code, sentence } => return Err(Failure::Handed { code, sentence }),
        }
    }
    Err(Failure::Handover(io::ErrorKind::UnexpectedEof.into()))
}

fn ask(folder: &Path, order: &Order, as_json: bool) -> io::Result<TcpStream> {
    let notice: Notice = serde_json::from_slice(&fs::read(folder.join(FILE))?)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, notice.port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    let request = Request {
        secret: notice.secret,
        as_json,
        order: order.clone(),
        who: export_log::system_user(),
    };
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    Ok(stream)
}

/// Takes one order from a connection; `carry_out` does it and says how it ended.
pub(crate) fn serve_one(
    stream: &TcpStream,
    secret: &str,
    carry_out: impl FnOnce(&Request, &mut dyn Write, &mut dyn Write) -> Result<(), Failure>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(ORDER_BYTES_MAX)).read_line(&mut line)?;
    let request: Request = serde_json::from_str(&line)?;
    if !is_same(request.secret.as_bytes(), secret.as_bytes()) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let (mut out, mut aside) = (Output(stream, Answer::Out), Output(stream, Answer::Aside));
    let ended = carry_out(&request, &mut out, &mut aside);
    let done = match ended {
        Ok(()) => Answer::Done { code: 0, sentence: String::new() },
        Err(failure) => Answer::Done { code: failure.code(), sentence: failure.to_string() },
    };
    answer(stream, &done)
}

fn answer(mut stream: &TcpStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// Compares in a time that does not depend on where they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

/// Output that goes back to the caller, whole characters at a time: everything here writes whole texts.
struct Output<'s>(&'s TcpStream, fn(String) -> Answer);

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let whole = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.valid_up_to() > 0 => {
                str::from_utf8(&bytes[..error.valid_up_to()]).map_err(io::Error::other)?
            }
            Err(error) => return Err(io::Error::other(error)),
        };
        answer(self.0, &(self.1)(whole.to_owned()))?;
        Ok(whole.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn serve(
        folder: &Path,
        listener: TcpListener,
    ) -> (Posted, std::thread::JoinHandle<io::Result<()>>) {
        let posted = post(folder, listener.local_addr().unwrap().port()).unwrap();
        let secret = posted.secret().to_owned();
        let serving = std::thread::spawn(move || {
            let (stream, _) = listener.accept()?;
            serve_one(&stream, &secret, |request, out, aside| {
                writeln!(out, "as json: {}", request.as_json)?;
                writeln!(aside, "mind the step")?;
                Err(Failure::NoRecord)
            })
        });
        (posted, serving)
    }

    #[test]
    fn an_order_ends_where_it_was_given_as_it_ended_where_it_was_done() {
        let folder = tempfile::tempdir().unwrap();
        let (posted, serving) = serve(folder.path(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (mut out, mut aside) = (Vec::new(), Vec::new());
        let ended = hand_over(folder.path(), &Order::Status, true, &mut out, &mut aside);
        assert!(matches!(ended, Err(Failure::Handed { code: 1, .. })));
        assert_eq!(out, b"as json: true\n");
        assert_eq!(aside, b"mind the step\n");
        serving.join().unwrap().unwrap();
        drop(posted);
        assert!(!is_served(folder.path()));
    }

    #[test]
    fn a_caller_that_cannot_read_the_secret_gets_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (_posted, serving) = serve(folder.path(), TcpListener::bind("127.0.0.1:0").unwrap());
        let notice: Notice =
            serde_json::from_slice(&fs::read(folder.path().join(FILE)).unwrap()).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let forged = Notice { secret: "0".repeat(64), ..notice };
        fs::write(elsewhere.path().join(FILE), serde_json::to_vec(&forged).unwrap()).unwrap();
        let mut out = Vec::new();
        assert!(matches!(
            hand_over(elsewhere.path(), &Order::Status, false, &mut out, &mut Vec::new()),
            Err(Failure::Handover(_))
        ));
        assert!(out.is_empty());
        assert!(serving.join().unwrap().is_err());
    }
}
