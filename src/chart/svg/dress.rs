//! From plotters' SVG to that of a page: classes for colours, tips inside of their elements, and no attribute that the
//! style sheet decides about.
//!
//! Owns the `<svg>` element and its names for screen readers. It must not draw.

use super::role::Role;
use super::sheet::{WIDTH, plain};

/// Bytes of tips in one chart; further elements have none.
const MOST_TIPS: usize = 100_000;
/// What the style sheet says, or a class says better.
const DROPPED: [&str; 7] = ["opacity", "fill", "stroke", "stroke-width", "font-family", "font-size", "font-weight"];

/// The names of a chart.
pub(super) struct Names<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
}

/// The `<svg>` element of what plotters drew.
pub(super) fn dressed(drawn: &str, height: i32, names: &Names<'_>) -> String {
    let id = identifier(names.id);
    let mut element = String::with_capacity(drawn.len() / 2 + 1000);
    element.push_str(&format!(
        "<svg class=\"pinq-chart\" viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\">\n<title id=\"{id}-title\">{}</title>\n\
         <desc id=\"{id}-desc\">{}</desc>\n",
        escaped(names.title),
        escaped(names.description),
    ));
    let (mut tip, mut room) = (None, MOST_TIPS);
    let mut lines = drawn.lines();
    while let Some(line) = lines.next() {
        let Some(tag) = Tag::of(line).filter(|tag| tag.name != "svg") else { continue };
        if tag.name == "text" {
            // Its text is one line, in which plotters escaped what is special to XML.
            let text = lines.next().unwrap_or_default();
            if tag.role == Some(Role::Tip) {
                tip = Some(text);
            } else if !text.is_empty() {
                tag.open(&mut element);
                element.push_str(text);
                element.push_str("</text>\n");
            }
            continue;
        }
        tag.open(&mut element);
        if let Some(tip) = tip.take().filter(|tip| tip.len() <= room) {
            room -= tip.len();
            element.push_str(&format!("<title>{tip}</title></{}>\n", tag.name));
        } else {
            // A tag that closes itself says so in place of its end.
            element.pop();
            element.push_str("/>\n");
        }
    }
    element.push_str("</svg>\n");
    element
}

/// One tag as plotters writes it: attributes in double quotes, whose texts hold neither quotes nor `<`.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    role: Option<Role>,
}

impl<'a> Tag<'a> {
    fn of(line: &'a str) -> Option<Tag<'a>> {
        let inside = line.strip_prefix('<')?.strip_suffix('>')?;
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        let (name, mut rest) = inside.split_once(' ')?;
        let mut attributes = Vec::new();
        while let Some((key, after)) = rest.split_once("=\"") {
            let (value, next) = after.split_once('"')?;
            attributes.push((key.trim(), value.trim_end()));
            rest = next;
        }
        let colours = attributes.iter().filter(|(key, _)| matches!(*key, "fill" | "stroke"));
        let role = colours.filter_map(|(_, value)| Role::of_colour(value)).next();
        Some(Tag { name, attributes, role })
    }

    fn open(&self, element: &mut String) {
        element.push_str(&format!("<{}", self.name));
        if let Some(role) = self.role {
            element.push_str(&format!(" class=\"{}\"", role.class()));
        }
        for (key, value) in &self.attributes {
            let is_default = *key == "text-anchor" && *value == "start";
            // What is not filled must not be, even where no style sheet is.
            let is_open = *key == "fill" && *value == "none";
            if is_open || (!DROPPED.contains(key) && !is_default) {
                element.push_str(&format!(" {key}=\"{value}\""));
            }
        }
        element.push('>');
    }
}

/// The text as XML has it.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in plain(text).chars() {
        match character {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&apos;"),
            character => shown.push(character),
        }
    }
    shown
}

/// A name of an element for another: different texts have different ones.
fn identifier(text: &str) -> String {
    let mut id = String::from("chart-");
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '-' {
            id.push(character);
        } else {
            id.push_str(&format!("_{:x}_", u32::from(character)));
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes_and_tips_move_inside() {
        let drawn = "<svg width=\"1\">\n<text x=\"0\" fill=\"#500B00\">\na &lt;b\n</text>\n\
                     <rect x=\"1\" opacity=\"1\" fill=\"#500602\" stroke=\"none\"/>\n<rect x=\"2\" fill=\"#500602\"/>\n</svg>\n";
        let names = Names { id: "q 1", title: "<t>", description: "\u{1}\u{ffff}" };
        let element = dressed(drawn, 10, &names);
        snapbox::assert_data_eq!(
            element,
            snapbox::str![[r##"
<svg class="pinq-chart" viewBox="0 0 480 10" width="100%" role="img" aria-labelledby="chart-q_20_1-title chart-q_20_1-desc">
<title id="chart-q_20_1-title">&lt;t&gt;</title>
<desc id="chart-q_20_1-desc">/u{1}�</desc>
<rect class="series-3" x="1"><title>a &lt;b</title></rect>
<rect class="series-3" x="2"/>
</svg>

"##]]
        );
        assert_ne!(identifier("a b"), identifier("a_20_b"));
    }
}
