//! The canaries: names, places and notes in many scripts, short and long, each with a number that is nowhere else.

/// Names that people and places have. None is a word of the program.
const STEMS: [&str; 16] = [
    "Qaranquş",
    "Ördəkli",
    "Çinarlıbağ",
    "Şəfəqzadə",
    "Ласточкин",
    "Журавлёвка",
    "Ґалаґаненко",
    "Χελιδόνης",
    "ჩიტაძე",
    "Ծիծեռնակ",
    "السنونوي",
    "پرستوزاده",
    "燕子街坊",
    "अबाबीलपुर",
    "Zwölfhügelau",
    "Ñandúzalte",
];

/// All 64: each stem as a name, as a place, as a long note and short.
pub(crate) fn all() -> Vec<String> {
    let numbered = (7_019_u32..).step_by(37);
    STEMS.iter().zip(numbered).flat_map(|(stem, number)| of(stem, number)).collect()
}

fn of(stem: &str, number: u32) -> [String; 4] {
    let short: String = stem.chars().take(4).collect();
    let note = format!(
        "On the evening of the third {stem} was seen by the mill beyond the bridge, {number}, with two others whom \
         nobody here knew; the shopkeeper remembers the coat and says that they asked for the road to the east. "
    );
    [
        format!("{stem}-{number}"),
        format!("{stem} kəndi {}", number + 1),
        note.repeat(3),
        format!("{short}{}", number + 3),
    ]
}
