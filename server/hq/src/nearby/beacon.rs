//! How devices on one network find each other: multicast DNS, service `_kahriz._tcp`.
//!
//! What is announced says where somebody serves, the key that is shown there, and eight bytes of a hash by which the own
//! organisation is recognised. Nothing of it is signed, and nothing needs to be: whoever answers is held to what a relay
//! is held to. But it tells everybody on the network that somebody runs this program here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use kahriz_proto::hash::hash_short;
use kahriz_proto::ids::WorkspaceId;
use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};

use super::Address;
use crate::{paper, say};

const SERVICE: &str = "_kahriz._tcp.local.";
const SIGN_DOMAIN: &str = "kahriz/v1/nearby";
/// The property with the organisation's sign.
const SIGN: &str = "w";
/// The property with the key that is shown.
const PIN: &str = "p";
/// How long somebody is looked for.
const SEARCH_LONGEST: Duration = Duration::from_secs(10);
/// How long others are waited for once one was found.
const MORE: Duration = Duration::from_secs(2);
/// How long one of several addresses is tried, on a network where an answer takes milliseconds.
const CONNECT_LONGEST: Duration = Duration::from_millis(700);

/// An announcement. It is taken back when dropped.
pub(super) struct Beacon {
    daemon: ServiceDaemon,
    name: String,
}

/// Announces what listens there; `None` if this network or machine does not take announcements, which is said.
pub(super) fn announce(
    workspace: &WorkspaceId,
    listening: SocketAddr,
    pin: &[u8; 32],
) -> Option<Beacon> {
    if listening.ip().is_loopback() {
        return None;
    }
    match begin(workspace, listening, pin) {
        Ok(beacon) => Some(beacon),
        Err(error) => {
            say::aside(&format!("this device cannot be announced on the network: {error}"));
            None
        }
    }
}

fn begin(
    workspace: &WorkspaceId,
    listening: SocketAddr,
    pin: &[u8; 32],
) -> Result<Beacon, mdns_sd::Error> {
    // A name that says nothing: another one each time.
    let mut name = [0; 8];
    getrandom::fill(&mut name).map_err(|error| mdns_sd::Error::Msg(error.to_string()))?;
    let name = hex(&name);
    let host = format!("{name}.local.");
    let properties = [(SIGN, sign(workspace)), (PIN, paper::write_pin(pin))];
    let ip = Some(listening.ip()).filter(|ip| !ip.is_unspecified());
    let ip = ip.map_or_else(String::new, |ip| ip.to_string());
    let mut service =
        ServiceInfo::new(SERVICE, &name, &host, &ip[..], listening.port(), &properties[..])?;
    if ip.is_empty() {
        service = service.enable_addr_auto();
    }
    let daemon = ServiceDaemon::new()?;
    let name = service.get_fullname().to_owned();
    daemon.register(service)?;
    Ok(Beacon { daemon, name })
}

impl Drop for Beacon {
    fn drop(&mut self) {
        if let Ok(done) = self.daemon.unregister(&self.name) {
            _ = done.recv_timeout(Duration::from_secs(1));
        }
        _ = self.daemon.shutdown();
    }
}

/// Who serves for this workspace on this network, after a few seconds.
pub(crate) fn look_around(workspace: &WorkspaceId) -> Result<Vec<Address>, mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    let events = daemon.browse(SERVICE)?;
    let own = sign(workspace);
    let mut end = Instant::now() + SEARCH_LONGEST;
    let mut found = BTreeMap::new();
    while let Ok(event) = events.recv_deadline(end) {
        let ServiceEvent::ServiceResolved(service) = event else { continue };
        if service.get_property_val_str(SIGN) != Some(&own[..]) {
            continue;
        }
        if let Some(address) = address_of(&service) {
            found.insert(service.fullname.clone(), address);
            end = end.min(Instant::now() + MORE);
        }
    }
    _ = daemon.shutdown();
    Ok(found.into_values().collect())
}

/// A machine that is on several networks announces all its addresses: the first that answers. The loopback one is
/// everybody's own, and stands for the other device only if it has no other.
fn address_of(service: &ResolvedService) -> Option<Address> {
    let pin = service.get_property_val_str(PIN)?;
    let all: BTreeSet<Ipv4Addr> = service.get_addresses_v4().into_iter().collect();
    let outward: BTreeSet<Ipv4Addr> = all.iter().copied().filter(|ip| !ip.is_loopback()).collect();
    let all = if outward.is_empty() { all } else { outward };
    let place = |ip: &Ipv4Addr| SocketAddr::from((*ip, service.get_port()));
    let answers = |ip: &&Ipv4Addr| TcpStream::connect_timeout(&place(ip), CONNECT_LONGEST).is_ok();
    let ip = if all.len() > 1 { all.iter().find(answers) } else { None };
    let ip = ip.or_else(|| all.first())?;
    format!("{}#{pin}", place(ip)).parse().ok()
}

/// By which an organisation's devices recognise each other, and others only see that two are of the same one.
fn sign(workspace: &WorkspaceId) -> String {
    hex(&hash_short::<8>(SIGN_DOMAIN, &[workspace.as_bytes()]))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
