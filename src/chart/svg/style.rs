//! The colours of charts, for the page's style sheet.
//!
//! Owns the palette: eight colours after Okabe and Ito, which colour-blind people tell apart, darker or lighter so that
//! each keeps a contrast of 3 to 1 against a white and against a near-black page. Fonts are the page's.

/// Rules for everything below an element of class `pinq-chart`. They are light, dark where the reader's system or an
/// element above with `data-theme="dark"` says so (`data-theme="light"` keeps them light), and light in print.
pub const SVG_STYLE: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The custom properties of the rule behind `heading`.
    fn palette(heading: &str) -> HashMap<&'static str, [f64; 3]> {
        let rule = SVG_STYLE.split_once(heading).unwrap().1;
        let rule = rule.split_once('{').unwrap().1.split_once('}').unwrap().0;
        let declarations = rule.split(';').filter_map(|declaration| declaration.trim().split_once(": #"));
        let colour = |text: &str| {
            let number = u32::from_str_radix(text, 16).unwrap();
            let [_, red, green, blue] = number.to_be_bytes();
            [red, green, blue].map(|part| f64::from(part) / 255.0)
        };
        declarations.map(|(name, text)| (name, colour(text))).collect()
    }

    /// As WCAG 2 defines it.
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let luminance = |colour: [f64; 3]| {
            let [red, green, blue] =
                colour.map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn every_colour_stands_out() {
        let light = palette("/* light */");
        for (heading, page) in
            [("/* light */", [1.0; 3]), ("/* dark */", [0.11; 3]), ("/* dark by choice */", [0.11; 3])]
        {
            let colours = palette(heading);
            assert_eq!(colours.len(), light.len(), "{heading}");
            for series in 1..=8 {
                let found = contrast(colours[&*format!("--chart-{series}")], page);
                assert!(found >= 3.0, "{heading} series {series}: {found:.2}");
            }
            for name in ["--chart-text", "--chart-note"] {
                assert!(contrast(colours[name], page) >= 4.5, "{heading} {name}");
            }
            for step in 1..=7 {
                let (on, heat) =
                    (colours[&*format!("--chart-on-heat-{step}")], colours[&*format!("--chart-heat-{step}")]);
                assert!(contrast(on, heat) >= 4.5, "{heading} heat {step}: {:.2}", contrast(on, heat));
            }
        }
        assert_eq!(palette("/* dark */"), palette("/* dark by choice */"));
    }
}
