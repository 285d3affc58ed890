//! One printable page per share: A4, black on white, to be printed or copied by hand and locked away.
//!
//! Only the letters that every reader of PDF has are used, so no font travels in the program. They cover western
//! Europe; a workspace whose name needs others gets a line to write it on.

use kahriz_core::crypto::shares::Share;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};
use qrcode::{Color, EcLevel, QrCode};

use super::written;

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const LEFT: f32 = 50.0;
const RIGHT: f32 = WIDTH - LEFT;
/// The words stand in three columns, read downwards.
const ROWS: usize = 19;
const COLUMN: f32 = 112.0;
const ROW: f32 = 16.5;
const QR_SIZE: f32 = 138.0;
/// A reader finds the code only with this much white around it, in modules.
const QUIET: f32 = 4.0;

const WHAT_IT_IS: &[&str] = &[
    "If headquarters is lost (fire, theft, a broken disk), this sheet and {others} like it bring every record back.",
    "Fewer than {needed} sheets tell nothing at all. {needed} of them together open every record of the workspace.",
];
const WHAT_TO_DO: &[&str] = &[
    "Keep it in a sealed envelope, dry and locked away, in another place than the other sheets.",
    "To restore: install Kahriz on a new computer, run  kahriz recovery restore FOLDER  and type the words.",
    "Once a year: look whether it is still there and can still be read. When the keeper changes, hand it over in person.",
];
const WHAT_NOT: &[&str] = &[
    "Do not photograph, scan, e-mail or store it on a phone or computer. Do not keep two sheets in one place.",
    "Do not type it anywhere but in  kahriz recovery restore  or  kahriz admin.  Nobody needs it to help you.",
];

/// The sheet of a share, as the bytes of a PDF file. `workspace` is what the organisation calls the workspace.
#[must_use]
pub fn sheet(share: &Share, workspace: &str) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let [catalog, pages, page, content, plain, bold, fixed] = [1, 2, 3, 4, 5, 6, 7].map(Ref::new);
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut written = pdf.page(page);
    written.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(pages).contents(content);
    let mut resources = written.resources();
    let mut fonts = resources.fonts();
    for (font, id) in [(Font::Plain, plain), (Font::Bold, bold), (Font::Fixed, fixed)] {
        fonts.pair(font.name(), id);
    }
    fonts.finish();
    resources.finish();
    written.finish();
    for (font, id) in [(Font::Plain, plain), (Font::Bold, bold), (Font::Fixed, fixed)] {
        pdf.type1_font(id).base_font(font.base()).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    let mut ink = Ink { content: Content::new(), y: HEIGHT - 58.0 };
    draw(&mut ink, share, workspace);
    pdf.stream(content, &ink.content.finish());
    pdf.finish()
}

fn draw(ink: &mut Ink, share: &Share, workspace: &str) {
    head(ink, share, workspace);
    explain(ink, share);
    let top = ink.y;
    words(ink, share);
    code(ink, share, top);
    ink.y -= 6.0;
    letters(ink, share);
    ink.line(LEFT, RIGHT);
    ink.y -= 20.0;
    for blank in ["Kept by", "Where", "Since (date)", "Looked at (dates)"] {
        ink.text(LEFT, 9.5, Font::Plain, blank);
        ink.line(LEFT + 92.0, RIGHT);
        ink.y -= 19.0;
    }
}

fn head(ink: &mut Ink, share: &Share, workspace: &str) {
    let (number, quorum) = (share.number(), share.quorum());
    ink.text(LEFT, 21.0, Font::Bold, &format!("Kahriz recovery share {number} of {}", quorum.of()));
    ink.y -= 17.0;
    let any =
        format!("Any {} of the {} sheets restore headquarters.", quorum.needed(), quorum.of());
    ink.text(LEFT, 10.5, Font::Plain, &any);
    ink.y -= 22.0;
    ink.text(LEFT, 10.5, Font::Bold, "Workspace");
    if is_drawable(workspace) && !workspace.trim().is_empty() {
        ink.text(LEFT + 68.0, 10.5, Font::Plain, workspace);
    } else {
        ink.line(LEFT + 68.0, LEFT + 330.0);
    }
    let set = format!("Set  {}", share.belonging());
    ink.text(LEFT + 345.0, 10.5, Font::Fixed, &set);
    ink.y -= 20.0;
}

fn explain(ink: &mut Ink, share: &Share) {
    let needed = share.quorum().needed();
    let others =
        if needed == 2 { "one other".to_owned() } else { format!("{} others", needed - 1) };
    for (title, lines) in
        [("What this is", WHAT_IT_IS), ("What to do", WHAT_TO_DO), ("What not to do", WHAT_NOT)]
    {
        ink.text(LEFT, 10.5, Font::Bold, title);
        ink.y -= 13.0;
        for line in lines {
            let line = line.replace("{others}", &others).replace("{needed}", &needed.to_string());
            ink.text(LEFT, 9.0, Font::Plain, &line);
            ink.y -= 12.0;
        }
        ink.y -= 6.0;
    }
    ink.y -= 8.0;
}

/// The numbered grid, so that a hand can copy it and a voice can read it aloud.
fn words(ink: &mut Ink, share: &Share) {
    let top = ink.y;
    for (place, word) in written::words(share).into_iter().enumerate() {
        let (column, row) = (place / ROWS, place % ROWS);
        let x = LEFT + COLUMN * column as f32;
        ink.y = top - ROW * row as f32;
        ink.text(x, 8.5, Font::Plain, &format!("{:>2}", place + 1));
        ink.text(x + 17.0, 11.5, Font::Fixed, word);
    }
    ink.y = top - ROW * ROWS as f32;
}

/// The QR code beside the words, and the checksum below it.
fn code(ink: &mut Ink, share: &Share, top: f32) {
    let text = written::qr_text(share);
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::Q)
        .expect("138 letters and digits fit a QR code");
    let modules = code.width();
    let side = QR_SIZE / (modules as f32 + 2.0 * QUIET);
    let (left, upper) = (RIGHT - QR_SIZE + QUIET * side, top + 8.0 - QUIET * side);
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = ((place % modules) as f32, (place / modules) as f32);
            // A hair wider than it is, or some printers leave white lines between.
            ink.content.rect(left + x * side, upper - (y + 1.0) * side, side * 1.02, side * 1.02);
        }
    }
    ink.content.fill_nonzero();
    let below = std::mem::replace(&mut ink.y, top - QR_SIZE - 2.0);
    let checksum = share.checksum();
    let groups = [&checksum[..4], &checksum[4..8], &checksum[8..]].join(" ");
    let x = RIGHT - QR_SIZE + QUIET * side;
    ink.text(x, 9.0, Font::Plain, "Checksum (a copy has the same)");
    ink.y -= 14.0;
    ink.text(x, 11.5, Font::Fixed, &groups);
    ink.y = below;
}

/// The same once more in letters, ten groups a line.
fn letters(ink: &mut Ink, share: &Share) {
    ink.text(LEFT, 9.0, Font::Plain, "The same in letters and digits, instead of the words:");
    ink.y -= 14.0;
    for line in written::letters(share).chunks(10) {
        ink.text(LEFT, 9.5, Font::Fixed, &line.join("  "));
        ink.y -= 13.0;
    }
    ink.y -= 2.0;
}

#[derive(Clone, Copy)]
enum Font {
    Plain,
    Bold,
    Fixed,
}

impl Font {
    fn name(self) -> Name<'static> {
        match self {
            Self::Plain => Name(b"P"),
            Self::Bold => Name(b"B"),
            Self::Fixed => Name(b"F"),
        }
    }

    fn base(self) -> Name<'static> {
        match self {
            Self::Plain => Name(b"Helvetica"),
            Self::Bold => Name(b"Helvetica-Bold"),
            Self::Fixed => Name(b"Courier-Bold"),
        }
    }
}

/// The page, and how far down it is written.
struct Ink {
    content: Content,
    y: f32,
}

impl Ink {
    fn text(&mut self, x: f32, size: f32, font: Font, text: &str) {
        // What the encoding has beyond ASCII and Latin 1 is not used.
        let bytes: Vec<u8> =
            text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect();
        self.content.begin_text().set_text_rendering_mode(TextRenderingMode::Fill);
        self.content.set_font(font.name(), size).next_line(x, self.y).show(Str(&bytes)).end_text();
    }

    fn line(&mut self, from: f32, to: f32) {
        self.content.set_line_width(0.6).move_to(from, self.y - 2.0).line_to(to, self.y - 2.0);
        self.content.stroke();
    }
}

/// Whether the built-in fonts have all of these letters.
fn is_drawable(text: &str) -> bool {
    let has = |letter: char| matches!(u32::from(letter), 0x20..=0x7e | 0xa1..=0xff);
    text.chars().count() <= 48 && text.chars().all(has)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use kahriz_core::crypto::shares::{Quorum, RecoveryKeys, split};
    use kahriz_core::crypto::{SigningSecret, WrapSecret};
    use rand::SeedableRng;

    fn share() -> Share {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let keys = RecoveryKeys {
            root: SigningSecret::generate(&mut rng),
            recovery: WrapSecret::generate(&mut rng),
        };
        split(&keys, Quorum::new(2, 3).unwrap(), &mut rng).remove(0)
    }

    /// What is shown on the page, string by string.
    fn shown(pdf: &[u8]) -> Vec<String> {
        let text: String = pdf.iter().map(|byte| char::from(*byte)).collect();
        let strings = text.lines().filter_map(|line| line.strip_suffix(" Tj"));
        strings.map(written_out).collect()
    }

    /// A string of a page: as it is, or in hexadecimal if it is not plain ASCII.
    fn written_out(line: &str) -> String {
        let Some(hex) = line.strip_prefix('<').and_then(|line| line.strip_suffix('>')) else {
            return line.trim_matches(['(', ')']).to_owned();
        };
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(|at| char::from(byte(at))).collect()
    }

    #[test]
    fn a_sheet_can_be_typed_in_again() {
        let share = share();
        let shown = shown(&sheet(&share, "Return and tracing"));
        let list = bip39::Language::English.word_list();
        let words: Vec<&str> =
            shown.iter().map(String::as_str).filter(|word| list.contains(word)).collect();
        let read = written::read(&words.join(" ")).unwrap();
        assert!(read.to_bytes() == share.to_bytes());
        let several = shown.iter().filter(|line| line.contains("  "));
        let groups = several.filter(|line| line.split("  ").all(|group| group.len() == 5));
        let groups: Vec<&str> = groups.map(String::as_str).collect();
        assert!(written::read(&groups.join(" ")).unwrap().to_bytes() == share.to_bytes());
        assert!(shown.contains(&"Kahriz recovery share 1 of 3".to_owned()));
        assert!(shown.contains(&"Return and tracing".to_owned()));
    }

    #[test]
    fn a_name_in_letters_that_a_printer_may_lack_is_left_to_a_pen() {
        let share = share();
        for name in ["Axtarış", "Розыск", "بحث"] {
            let shown = shown(&sheet(&share, name));
            assert!(!shown.iter().any(|line| line.contains('?')), "{name}");
        }
        assert!(shown(&sheet(&share, "Zürich")).contains(&"Zürich".to_owned()));
    }
}
