//! How a program may have left a text behind.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use kahriz_core::fold;

/// A text in one form.
pub(crate) struct Form {
    /// The text.
    pub(crate) of: String,
    /// The form.
    pub(crate) name: &'static str,
    /// What is looked for.
    pub(crate) bytes: Vec<u8>,
}

/// Fewer bytes than this would be found by chance.
const BYTES_MIN: usize = 6;
/// Of a long text the middle is looked for, so that a part of it is found too.
const BYTES_MAX: usize = 60;

/// All forms of a text: as it is, in capitals, in small letters and folded, each in every encoding.
pub(crate) fn of(text: &str) -> Vec<Form> {
    let telling = telling_part(text);
    let cases =
        [telling.clone(), telling.to_lowercase(), telling.to_uppercase(), fold::exact(&telling)];
    let encoded = cases.iter().flat_map(|case| encodings(case));
    let long_enough = encoded.filter(|(_, bytes)| bytes.len() >= BYTES_MIN);
    let form = |(name, bytes)| Form { of: telling.clone(), name, bytes };
    long_enough.map(form).collect()
}

/// Of a long text, its middle.
fn telling_part(text: &str) -> String {
    if text.len() <= BYTES_MAX {
        return text.to_owned();
    }
    let middle: Vec<char> = text.chars().skip(24).take(40).collect();
    middle.into_iter().collect()
}

fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16 =
        |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let utf32: Vec<u8> = text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let percent: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut forms = vec![
        ("text", text.as_bytes().to_vec()),
        ("UTF-16, low byte first", utf16(u16::to_le_bytes)),
        ("UTF-16, high byte first", utf16(u16::to_be_bytes)),
        ("UTF-32", utf32),
        ("hexadecimal", hex(text.as_bytes()).into_bytes()),
        ("hexadecimal in capitals", hex(text.as_bytes()).to_uppercase().into_bytes()),
        ("hexadecimal of UTF-16", hex(&utf16(u16::to_le_bytes)).into_bytes()),
        ("percent signs", percent.into_bytes()),
        ("JSON's escapes", escaped.into_bytes()),
        ("backwards", text.bytes().rev().collect()),
    ];
    // Base64 of a text depends on where in three bytes it begins, and on what stands before and after it.
    for bytes in [text.as_bytes().to_vec(), utf16(u16::to_le_bytes)] {
        for shift in 0..3 {
            let shifted = [&vec![b' '; shift][..], &bytes].concat();
            for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
                forms.push(("base64", encoded.as_bytes()[4..encoded.len() - 4].to_vec()));
            }
        }
    }
    forms
}
