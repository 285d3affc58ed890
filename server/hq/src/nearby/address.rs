//! Where a device serves, and the key that it has to show: one text, to be typed, scanned or found.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kahriz_http::{AddressError, HttpOptions, HttpTransport};

use crate::paper;

/// `HOST:PORT#PIN`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) host: String,
    /// SHA-256 of the public key that is shown there.
    pub(crate) pin: [u8; 32],
}

/// The text is no such address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write the whole address as the other device shows it, HOST:PORT#KEY: without the key anybody could answer"
)]
pub(crate) struct NotAnAddress;

impl Address {
    /// A line to it, which believes that key alone.
    pub(crate) fn transport(&self) -> Result<HttpTransport, AddressError> {
        let options = HttpOptions { pin: Some(self.pin), ..HttpOptions::default() };
        HttpTransport::new(&format!("https://{}", self.host), &options)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.host, paper::write_pin(&self.pin))
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (host, pin) = text.trim().split_once('#').ok_or(NotAnAddress)?;
        let pin = URL_SAFE_NO_PAD.decode(pin).map_err(|_| NotAnAddress)?;
        let pin = pin.try_into().map_err(|_| NotAnAddress)?;
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if !has_port || host.contains('/') {
            return Err(NotAnAddress);
        }
        Ok(Self { host: host.to_owned(), pin })
    }
}

/// Every address of this machine at which what listens there can be reached by others; if there is none, by itself.
pub(super) fn of(listening: SocketAddr, pin: [u8; 32]) -> Vec<Address> {
    let address =
        |ip: IpAddr| Address { host: SocketAddr::new(ip, listening.port()).to_string(), pin };
    if !listening.ip().is_unspecified() {
        return vec![address(listening.ip())];
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let others = interfaces.iter().map(if_addrs::Interface::ip);
    // An address of a link alone cannot be typed without the name that this machine gives the link.
    let others = others.filter(|ip| ip.is_ipv4() == listening.is_ipv4() && !ip.is_loopback());
    let is_of_link = |ip: &IpAddr| matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    let mut all: Vec<Address> = others.filter(|ip| !is_of_link(ip)).map(address).collect();
    all.sort();
    if all.is_empty() {
        all.push(address(crate::headquarters::on_this_machine(listening).ip()));
    }
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_was_written_is_read_again_and_half_of_one_is_not() {
        for host in ["192.0.2.7:8472", "[2001:db8::1]:8472", "phone.local:1"] {
            let address = Address { host: host.to_owned(), pin: [0xa5; 32] };
            let written = address.to_string();
            assert_eq!(written.parse(), Ok(address));
            let short = &written[..written.len() - 2];
            for wrong in [host, short, "#", ""] {
                assert_eq!(wrong.parse::<Address>(), Err(NotAnAddress), "{wrong}");
            }
        }
        let pin = paper::write_pin(&[1; 32]);
        assert_eq!(format!("192.0.2.7#{pin}").parse::<Address>(), Err(NotAnAddress));
    }

    #[test]
    fn an_address_that_was_chosen_is_the_one_that_is_told() {
        let told = of("192.0.2.7:8472".parse().unwrap(), [1; 32]);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].host, "192.0.2.7:8472");
        assert!(
            of("0.0.0.0:8472".parse().unwrap(), [1; 32])
                .iter()
                .all(|address| !address.host.starts_with("0."))
        );
    }
}
