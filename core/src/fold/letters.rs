//! The tables of folding: what each letter becomes, which letters count as one, and which are consonants.
//!
//! Transliteration is by letter and knows no language: Cyrillic г is `g` although Ukrainian says h, и is `i` although
//! Ukrainian says y. The loose key puts these back together.

use unicode_normalization::char::decompose_compatible;

/// Whether a letter outside ASCII ends a word. Marks, apostrophes and joiners do not.
pub(crate) fn parts_words(letter: char) -> bool {
    !letter.is_alphanumeric() && !is_passed_over(letter)
}

/// Whether a letter is of the Arabic script, in its plain or its presentation forms.
pub(crate) fn is_arabic(letter: char) -> bool {
    matches!(letter, '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Marks, apostrophes, the stretching sign of Arabic, joiners and signs of direction.
fn is_passed_over(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '\u{b4}' | '\u{2bb}'..='\u{2bf}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}'
        | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}'
        | '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Writes what a letter becomes in the exact key.
pub(crate) fn letters_of(letter: char, out: &mut String) {
    if letter.is_ascii_alphanumeric() {
        out.push(letter.to_ascii_lowercase());
    } else if let Some(latin) = known(letter) {
        out.push_str(latin);
    } else if !is_passed_over(letter) {
        decompose_compatible(letter, |part| plain_letter(part, out));
    }
}

/// One part of a letter that was taken apart; the parts of ﷲ are letters, those of é a letter and a mark.
fn plain_letter(part: char, out: &mut String) {
    if part.is_ascii_alphanumeric() {
        out.push(part.to_ascii_lowercase());
    } else if let Some(latin) = known(part) {
        out.push_str(latin);
    } else if part.is_alphanumeric() && !is_passed_over(part) {
        for small in part.to_lowercase() {
            match known(small) {
                Some(latin) => out.push_str(latin),
                None if is_passed_over(small) => {}
                None => out.push(small),
            }
        }
    }
}

/// Letters with a meaning of their own. Those that are a Latin letter with marks are taken apart instead.
fn known(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ə' | 'Ə' | 'ǝ' | 'Ǝ' => "e",
        'ı' | 'İ' => "i",
        'ş' | 'Ş' => "s",
        'ç' | 'Ç' => "c",
        'ğ' | 'Ğ' => "g",
        'ö' | 'Ö' | 'ø' | 'Ø' => "o",
        'ü' | 'Ü' => "u",
        'ß' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' => "d",
        '\u{400}'..='\u{52f}' => cyrillic(letter)?,
        '\u{620}'..='\u{6d5}' | '\u{6f0}'..='\u{6f9}' => arabic(letter)?,
        _ => return None,
    })
}

/// Russian, Ukrainian and Azerbaijani Cyrillic.
fn cyrillic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' | 'А' => "a",
        'б' | 'Б' => "b",
        'в' | 'В' => "v",
        'г' | 'Г' | 'ґ' | 'Ґ' | 'ғ' | 'Ғ' | 'ҝ' | 'Ҝ' => "g",
        'д' | 'Д' => "d",
        'е' | 'Е' | 'ё' | 'Ё' | 'э' | 'Э' | 'є' | 'Є' | 'ә' | 'Ә' | 'Ӛ' | 'ӛ' | 'ѐ' | 'Ѐ' => {
            "e"
        }
        'ж' | 'Ж' => "zh",
        'з' | 'З' => "z",
        'и' | 'И' | 'і' | 'І' | 'ї' | 'Ї' | 'ѝ' | 'Ѝ' => "i",
        'й' | 'Й' | 'ј' | 'Ј' | 'ы' | 'Ы' => "y",
        'к' | 'К' | 'қ' | 'Қ' => "k",
        'л' | 'Л' => "l",
        'м' | 'М' => "m",
        'н' | 'Н' => "n",
        'о' | 'О' | 'ө' | 'Ө' => "o",
        'п' | 'П' => "p",
        'р' | 'Р' => "r",
        'с' | 'С' => "s",
        'т' | 'Т' => "t",
        'у' | 'У' | 'ү' | 'Ү' | 'ў' | 'Ў' => "u",
        'ф' | 'Ф' => "f",
        'х' | 'Х' => "kh",
        'һ' | 'Һ' => "h",
        'ц' | 'Ц' => "ts",
        'ч' | 'Ч' => "ch",
        'ҹ' | 'Ҹ' => "c",
        'ш' | 'Ш' => "sh",
        'щ' | 'Щ' => "shch",
        'ъ' | 'Ъ' | 'ь' | 'Ь' => "",
        'ю' | 'Ю' => "yu",
        'я' | 'Я' => "ya",
        _ => return None,
    })
}

/// Arabic, and the letters that Persian and Azerbaijani add.
fn arabic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ا' | 'أ' | 'إ' | 'آ' | 'ٱ' | 'ع' | 'ە' => "a",
        'ء' => "",
        'ئ' | 'ي' | 'ی' | 'ى' | 'ې' => "y",
        'ؤ' | 'و' | 'ۆ' | 'ۇ' => "u",
        'ب' => "b",
        'پ' => "p",
        'ت' | 'ط' => "t",
        'ث' | 'س' | 'ص' => "s",
        'ج' => "j",
        'چ' => "ch",
        'ح' | 'ة' | 'ه' | 'ھ' | 'ہ' => "h",
        'خ' => "kh",
        'د' => "d",
        'ذ' | 'ز' | 'ض' | 'ظ' => "z",
        'ر' => "r",
        'ژ' => "zh",
        'ش' => "sh",
        'غ' => "gh",
        'ف' => "f",
        'ڤ' => "v",
        'ق' => "q",
        'ك' | 'ک' => "k",
        'گ' | 'ݢ' => "g",
        'ل' => "l",
        'م' => "m",
        'ن' => "n",
        '٠' | '۰' => "0",
        '١' | '۱' => "1",
        '٢' | '۲' => "2",
        '٣' | '۳' => "3",
        '٤' | '۴' => "4",
        '٥' | '۵' => "5",
        '٦' | '۶' => "6",
        '٧' | '۷' => "7",
        '٨' | '۸' => "8",
        '٩' | '۹' => "9",
        _ => return None,
    })
}

/// The loose key of an exact one. Groups of letters that stand for one sound count as that sound's class, and equal
/// neighbours count once. Letters outside a-z stay as they are.
pub(crate) fn loose_key(exact: &str) -> String {
    let mut key = String::with_capacity(exact.len());
    let mut rest = spoken_part(exact);
    let mut before = None;
    while let Some(letter) = rest.chars().next() {
        let (class, length) = class_of(rest, letter, before);
        if let Some(class) = class.filter(|class| !key.ends_with(*class)) {
            key.push(class);
        }
        before = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
    key
}

/// The class of the sound that a word goes on with (`None` when it counts for nothing), and the bytes it takes.
fn class_of(rest: &str, letter: char, before: Option<char>) -> (Option<char>, usize) {
    let bytes = rest.as_bytes();
    let (next, third) = (bytes.get(1).copied().unwrap_or(0), bytes.get(2).copied().unwrap_or(0));
    let group = match (letter, next, third) {
        ('d', b'z', b'h') => Some(('c', 3)),
        ('t', b'c', b'h') => Some(('c', 3)),
        ('d', b'j', _) | ('c', b'h', _) => Some(('c', 2)),
        ('s', b'h', _) => Some(('s', 2)),
        ('z', b'h', _) => Some(('z', 2)),
        ('g' | 'k', b'h', _) => Some(('k', 2)),
        ('p', b'h', _) => Some(('f', 2)),
        ('o', b'u', _) => Some(('u', 2)),
        // The j of Alijev is the y of Aliyev.
        ('i', b'j', b'a' | b'e' | b'o' | b'u') => Some(('i', 2)),
        (_, _, _) => None,
    };
    if let Some((class, length)) = group {
        return (Some(class), length);
    }
    let class = match letter {
        'y' if is_silent(before, next) => None,
        'a' | 'e' => Some('a'),
        'i' | 'y' => Some('i'),
        'c' | 'j' => Some('c'),
        'v' | 'w' => Some('v'),
        'g' | 'q' | 'k' | 'x' | 'h' => Some('k'),
        other => Some(other),
    };
    (class, letter.len_utf8())
}

/// The y before e (Yelena and Елена, Aliyev and Алиев), and between a consonant and a vowel (Марьям and Maryam: the
/// soft sign and я; Azerbaijani ə after a consonant is often written я).
fn is_silent(before: Option<char>, next: u8) -> bool {
    let after_consonant =
        before.is_some_and(|letter| letter.is_ascii_lowercase() && !is_vowel(letter));
    next == b'e' || (after_consonant && matches!(next, b'a' | b'o' | b'u'))
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// A word without the h at its end that half of the spellings leave out: Fatimah, and Abdullah, in Russian Абдуллах.
fn spoken_part(exact: &str) -> &str {
    match exact.strip_suffix('h') {
        Some(word) if word.ends_with("lak") => word.trim_end_matches('k'),
        Some(word) if word.len() > 1 && word.ends_with(is_vowel) => word,
        Some(_) | None => exact,
    }
}

/// The consonants of an exact key in their loose classes, after the digit of its side; `None` for fewer than two.
///
/// v counts as f, because Arabic writes -ov as وف. A w inside the word counts for nothing, because Arabic
/// writes it with a letter that is a vowel too.
pub(crate) fn skeleton_key(exact: &str, side: char) -> Option<String> {
    let spoken = match spoken_part(exact).strip_suffix('h') {
        // The last h of فاطمه stands after a vowel that is not written.
        Some(word) if !word.ends_with(['s', 'c', 'z', 'k', 'g', 'p']) => word,
        Some(_) | None => spoken_part(exact),
    };
    let mut key = String::with_capacity(spoken.len() + 1);
    key.push(side);
    let mut rest = spoken;
    while let Some(letter) = rest.chars().next() {
        let (class, length) = class_of(rest, letter, None);
        let consonant = match class {
            Some('v') if letter == 'w' && rest.len() > length => None,
            Some('v') => Some('f'),
            Some(class) => Some(class).filter(|class| !is_vowel(*class)),
            None => None,
        };
        if let Some(consonant) = consonant.filter(|consonant| !key.ends_with(*consonant)) {
            key.push(consonant);
        }
        rest = &rest[length..];
    }
    (key.len() > 2).then_some(key)
}
