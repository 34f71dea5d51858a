//! Whether an element is XML that may stand in a page: no parser is among the dependencies, and little is needed.

/// Panics where `element` is not one well-formed element, or holds a script, a style or anything from elsewhere.
pub(in crate::chart::svg) fn check(element: &str) {
    let (mut rest, mut open, mut ids, mut roots) = (element.trim(), Vec::new(), Vec::new(), 0);
    assert!(element.chars().all(allowed), "a forbidden character: {element:?}");
    while !rest.is_empty() {
        let (text, next) = rest.split_once('<').unwrap_or((rest, ""));
        text_is_escaped(text);
        if next.is_empty() {
            assert!(text.trim().is_empty(), "text behind the element: {text}");
            break;
        }
        // Attributes hold no `>` either: plotters escapes it.
        let (tag, after) = next.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {tag}");
            continue;
        }
        let inside = tag.strip_suffix('/').unwrap_or(tag);
        let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        roots += usize::from(open.is_empty());
        const NAMES: [&str; 9] = ["svg", "title", "desc", "text", "rect", "line", "polyline", "circle", "polygon"];
        assert!(NAMES.contains(&name), "`{name}` has no place in a chart");
        check_attributes(attributes, &mut ids);
        if inside == tag {
            open.push(name);
        }
    }
    assert_eq!((open.len(), roots), (0, 1), "elements stay open, or there is not one root");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id comes twice");
}

fn check_attributes<'a>(attributes: &'a str, ids: &mut Vec<&'a str>) {
    let (mut rest, mut seen) = (attributes, Vec::new());
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").expect("an attribute has a value");
        let (value, next) = after.split_once('"').expect("a value ends");
        let key = key.trim();
        const KEYS: [&str; 26] = [
            "class",
            "viewBox",
            "width",
            "height",
            "role",
            "aria-labelledby",
            "id",
            "x",
            "y",
            "x1",
            "x2",
            "y1",
            "y2",
            "cx",
            "cy",
            "r",
            "dx",
            "dy",
            "points",
            "fill",
            "transform",
            "text-anchor",
            "font-style",
            "rx",
            "ry",
            "d",
        ];
        assert!(KEYS.contains(&key), "`{key}` has no place in a chart");
        assert!(!seen.contains(&key), "`{key}` comes twice");
        assert!(key != "fill" || value == "none", "a fixed colour: {value}");
        assert!(!value.contains("://") && !value.contains("url("), "from elsewhere: {value}");
        text_is_escaped(value);
        seen.push(key);
        if key == "id" {
            ids.push(value);
        }
        rest = next;
    }
}

fn text_is_escaped(text: &str) {
    assert!(!text.contains("]]>") && !text.contains('>'), "not escaped: {text}");
    for entity in text.split('&').skip(1) {
        let (name, _) = entity.split_once(';').expect("an entity ends");
        assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "an unknown entity: {name}");
    }
}

/// What XML 1.0 allows, and a reader is not misled by.
fn allowed(character: char) -> bool {
    match character {
        '\n' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => false,
        character => !character.is_control(),
    }
}

#[test]
fn what_is_wrong_is_found() {
    check("<svg class=\"a\">\n<text x=\"1\">a &lt;b</text>\n<rect/>\n</svg>\n");
    for wrong in [
        "<svg>",
        "<svg></svg><svg></svg>",
        "<svg><text>a & b</text></svg>",
        "<svg><script/></svg>",
        "<svg>\u{1}</svg>",
        "<svg><rect fill=\"#000\"/></svg>",
        "<svg><rect x=\"1\" x=\"2\"/></svg>",
        "<svg><rect onclick=\"x\"/></svg>",
        "<svg><text id=\"a\"></text><text id=\"a\"></text></svg>",
        "<svg><text></svg></text>",
        "<svg></svg>a",
    ] {
        assert!(std::panic::catch_unwind(|| check(wrong)).is_err(), "{wrong}");
    }
}
