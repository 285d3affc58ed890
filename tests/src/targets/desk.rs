//! Files and texts that are carried to headquarters: what `kahriz-hq` reads.

use kahriz_core::forms::Forms;
use kahriz_hq::mapping::Mapping;
use kahriz_hq::paper;
use std::sync::OnceLock;

pub(super) fn invite(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = paper::read_seed(text);
    let Ok(invite) = paper::read_invite(text) else { return };
    let written = paper::write_invite(&invite);
    assert!(paper::read_invite(&written).is_ok(), "an invite that was read can be handed on");
    let _ = paper::qr(&written);
}

/// One line: as a mapping understands it, and as a record of ours.
pub(super) fn import(bytes: &[u8]) {
    static BUILTIN: OnceLock<Vec<Mapping>> = OnceLock::new();
    let forms = Forms::builtin();
    let mappings = BUILTIN.get_or_init(|| {
        let all = Mapping::builtin_names().filter_map(|name| Mapping::builtin(name, forms));
        all.map(|mapping| mapping.expect("it comes with the program")).collect()
    });
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    for mapping in mappings {
        let Ok(imported) = mapping.import(&json) else { continue };
        let kind = forms.kind(&imported.kind).expect("a mapping names kinds that there are");
        assert!(imported.entries.iter().all(|(key, _)| kind.resolve(key).is_some()), "and fields");
    }
    let object = json.as_object();
    let named =
        object.and_then(|object| Some((object, forms.kind(object.get("kind")?.as_str()?)?)));
    if let Some((object, kind)) = named {
        let mut fields = object.clone();
        fields.remove("kind");
        let _ = kind.read_json(&fields);
    }
}

pub(super) fn mapping(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(mapping) = Mapping::parse(text, Forms::builtin()) else { return };
    let _ = mapping.import(&serde_json::json!({"kind": "missing_person", "id": "1"}));
    for kind in Forms::builtin().kinds() {
        let _ = mapping.id_field(&kind.name);
    }
}
