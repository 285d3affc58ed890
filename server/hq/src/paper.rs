//! What people carry from screen to screen or to paper: the keepsakes as groups of letters, the invite as a line of
//! text and as a QR code.
//!
//! Keepsakes are written in Crockford's base 32 (no I, L, O or U), in groups of four, with 20 bits of checksum at the
//! end, so that a slip of the pen is noticed when they are typed in again. An invite is `kahriz:` and its CBOR in
//! base64url.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kahriz_proto::hash::hash_short;
use kahriz_proto::join::{Invite, Join};
use kahriz_proto::limits::JOIN_BYTES_MAX;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use zeroize::Zeroizing;

/// Light modules around a QR code, as its standard asks.
const QUIET: usize = 4;
/// Pixels of a module in the picture.
const PIXELS: usize = 8;
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 4;
const CHECKSUM_DOMAIN: &str = "kahriz/v1/keepsake";
/// Symbols of a seed of 32 bytes, and of its checksum.
const SEED_SYMBOLS: usize = 52;
const CHECK_SYMBOLS: usize = 4;
const INVITE_PREFIX: &str = "kahriz:";
const JOIN_PREFIX: &str = "kahriz-join:";
/// The longest relay address and some: an invite is far shorter.
const INVITE_LENGTH_MAX: usize = 4096;

/// Why typed letters are no seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASeed {
    /// Too few or too many, or a sign that is not used.
    #[error("a key has 56 letters and digits in groups of four")]
    Letters,
    /// The checksum differs.
    #[error("the checksum is wrong: a letter was mistyped")]
    Checksum,
}

/// A seed in groups of four letters, the last group its checksum.
#[must_use]
pub fn write_seed(seed: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(80));
    let check = checksum(seed);
    let symbols = symbols_of(seed, SEED_SYMBOLS).chain(symbols_of(&check, CHECK_SYMBOLS));
    for (place, symbol) in symbols.enumerate() {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        text.push(symbol);
    }
    text
}

/// The seed that was written so. Small letters, spaces and letters that look alike are understood.
///
/// # Errors
/// [`NotASeed`]
pub fn read_seed(typed: &str) -> Result<Zeroizing<[u8; 32]>, NotASeed> {
    let typed = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    let values: Option<Vec<u8>> = typed.map(value_of).collect();
    let values = values
        .filter(|values| values.len() == SEED_SYMBOLS + CHECK_SYMBOLS)
        .ok_or(NotASeed::Letters)?;
    let mut seed = Zeroizing::new([0_u8; 32]);
    for (place, value) in values[..SEED_SYMBOLS].iter().enumerate() {
        for bit in 0..5 {
            let at = place * 5 + bit;
            // The last symbol has four bits more than the seed; they are zero when written.
            if value >> (4 - bit) & 1 == 1 {
                *seed.get_mut(at / 8).ok_or(NotASeed::Checksum)? |= 0x80 >> (at % 8);
            }
        }
    }
    let check: Vec<char> = symbols_of(&checksum(&seed), CHECK_SYMBOLS).collect();
    let same = check
        .iter()
        .zip(&values[SEED_SYMBOLS..])
        .all(|(symbol, value)| value_of(*symbol) == Some(*value));
    if same { Ok(seed) } else { Err(NotASeed::Checksum) }
}

fn checksum(seed: &[u8; 32]) -> [u8; 3] {
    hash_short(CHECKSUM_DOMAIN, &[seed])
}

/// The first symbols of some bytes, five bits each; beyond the bytes the bits are zero.
fn symbols_of(bytes: &[u8], count: usize) -> impl Iterator<Item = char> + '_ {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (0..count).map(move |place| {
        let value = (0..5).fold(0, |value, offset| value << 1 | bit(place * 5 + offset));
        char::from(SYMBOLS[usize::from(value)])
    })
}

fn value_of(typed: char) -> Option<u8> {
    let symbol = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    SYMBOLS.iter().position(|known| char::from(*known) == symbol).map(|value| value as u8)
}

/// The text is not an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a whole invite: it begins with kahriz: and is one line, copy it again from headquarters"
)]
pub struct NotAnInvite;

/// An invite as a line of text.
#[must_use]
pub fn write_invite(invite: &Invite) -> String {
    let bytes = minicbor::to_vec(invite).expect("writing to a vector cannot fail");
    format!("{INVITE_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The invite in a line of text.
///
/// # Errors
/// [`NotAnInvite`]
pub fn read_invite(text: &str) -> Result<Invite, NotAnInvite> {
    let text = text.trim();
    let encoded = text
        .strip_prefix(INVITE_PREFIX)
        .filter(|text| text.len() <= INVITE_LENGTH_MAX)
        .ok_or(NotAnInvite)?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| NotAnInvite)?;
    minicbor::decode(&bytes).map_err(|_| NotAnInvite)
}

/// A request to join as it is shown on a screen, for a camera or the clipboard.
#[must_use]
pub fn write_join(join: &Join) -> String {
    let bytes = minicbor::to_vec(join).expect("writing to a vector cannot fail");
    format!("{JOIN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The request to join in a line of text; `None` if it is none.
#[must_use]
pub fn read_join(text: &str) -> Option<Join> {
    let encoded = text.trim().strip_prefix(JOIN_PREFIX)?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    minicbor::decode(&bytes).ok().filter(|_| bytes.len() <= JOIN_BYTES_MAX)
}

/// A text as a QR code of half blocks, dark on light whatever the terminal's colours; `None` if it is too long.
#[must_use]
pub fn qr(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), qrcode::EcLevel::L).ok()?;
    // Terminals are mostly light on dark, and readers want the code dark on light.
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// A text as a picture of its QR code, PNG; `None` if it is too long.
#[must_use]
pub fn qr_png(text: &str) -> Option<Vec<u8>> {
    png(&QrCode::with_error_correction_level(text.as_bytes(), qrcode::EcLevel::L).ok()?).ok()
}

/// A picture of one bit a pixel.
fn png(code: &QrCode) -> Result<Vec<u8>, png::EncodingError> {
    let side = (code.width() + 2 * QUIET) * PIXELS;
    let is_dark = |x: usize, y: usize| {
        let at = |pixel: usize| (pixel / PIXELS).checked_sub(QUIET).filter(|at| *at < code.width());
        at(x).zip(at(y)).is_some_and(|(x, y)| code[(x, y)] == qrcode::Color::Dark)
    };
    let byte = |y: usize, eight: usize| {
        (0..8).fold(0_u8, |byte, bit| byte << 1 | u8::from(!is_dark(eight * 8 + bit, y)))
    };
    let rows: Vec<u8> = (0..side)
        .flat_map(|y| (0..side / 8).map(move |eight| (y, eight)))
        .map(|(y, eight)| byte(y, eight))
        .collect();
    let mut bytes = Vec::new();
    let width = u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut bytes, width, width);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rows)?;
    writer.finish()?;
    Ok(bytes)
}

/// The pin of a relay's key, as text.
pub(crate) fn write_pin(pin: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(pin)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use kahriz_proto::ids::{RelayId, WorkspaceId};

    #[test]
    fn a_seed_written_on_paper_comes_back() {
        let seed: [u8; 32] = std::array::from_fn(|place| (place * 37 + 5) as u8);
        let written = write_seed(&seed);
        assert_eq!(written.len(), 56 + 13);
        assert_eq!(*read_seed(&written).unwrap(), seed);
        assert_eq!(*read_seed(&written.to_lowercase().replace('-', " ")).unwrap(), seed);
        assert_eq!(*read_seed(&write_seed(&[0xff; 32])).unwrap(), [0xff; 32]);
    }

    #[test]
    fn every_slip_of_the_pen_in_a_seed_is_noticed() {
        let written = write_seed(&[0x5a; 32]).replace('-', "");
        for place in 0..written.len() {
            let mut slip: Vec<u8> = written.bytes().collect();
            slip[place] = if slip[place] == b'7' { b'8' } else { b'7' };
            assert!(read_seed(&String::from_utf8(slip).unwrap()).is_err(), "{place}");
        }
        assert_eq!(read_seed("7777"), Err(NotASeed::Letters));
    }

    #[test]
    fn an_invite_survives_being_sent_as_a_message() {
        let invite = Invite {
            workspace: WorkspaceId::from_bytes([1; 16]),
            relay_url: "http://192.0.2.1:8470".to_owned(),
            relay: RelayId::from_bytes([2; 8]),
            secret: [3; 32],
            expires_at: 1_800_000_000,
            pin: Some([4; 32]),
        };
        let text = write_invite(&invite);
        let read = read_invite(&format!(" {text}\n")).unwrap();
        assert!(read == invite);
        assert!(read_invite(&text[..text.len() - 3]).is_err(), "cut short");
        assert!(read_invite("https://example.org").is_err());
        assert!(qr(&text).unwrap().lines().count() > 10);
    }

    #[test]
    fn the_picture_shows_every_module_of_the_code() {
        let code = QrCode::new("kahriz:an-invite").unwrap();
        let bytes = png(&code).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut image = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut image).unwrap();
        assert_eq!(frame.width as usize, (code.width() + 8) * PIXELS);
        for y in 0..code.width() {
            for x in 0..code.width() {
                let at = (y + QUIET) * PIXELS * frame.line_size + (x + QUIET);
                let expected = if code[(x, y)] == qrcode::Color::Dark { 0 } else { 0xff };
                assert_eq!(image[at], expected, "{x},{y}");
            }
        }
        assert_eq!(image[0], 0xff, "the quiet zone");
    }
}
