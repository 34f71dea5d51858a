//! What an element of a chart is: its class, which the style sheet gives a colour.
//!
//! Owns the classes, and the colours that stand for them on the way through plotters, which knows no classes. Nobody
//! sees these colours: `dress` puts the classes in their place.

use plotters::style::RGBColor;

/// Series that have a colour of their own; the next one begins again.
pub(super) const SERIES: usize = 8;
/// Steps of the colours of a heat map.
pub(super) const HEATS: usize = 7;

/// An element's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The line of an axis, and its ticks.
    Axis,
    /// A line behind the values.
    Grid,
    /// Labels and values.
    Text,
    /// What was left out, and NULL.
    Note,
    /// What the chart shows, above it.
    Name,
    /// A heading of several bars.
    Group,
    /// A bar, a point or a sample of the series of this number.
    Series(usize),
    /// A line of the series of this number.
    Line(usize),
    /// A place of a heat map of this step.
    Heat(usize),
    /// Text on such a place.
    OnHeat(usize),
    /// A place without a value.
    HeatEmpty,
    /// Not drawn: what the next element says under a pointer.
    Tip,
}

/// The red of every role's colour, so that a colour of plotters' own is noticed.
const MARK: u8 = 0x50;

impl Role {
    /// The colour that stands for it.
    pub(super) fn colour(self) -> RGBColor {
        let number = |number: usize, count: usize| u8::try_from(number % count.max(1)).unwrap_or(0);
        let (kind, number) = match self {
            Role::Axis => (0, 0),
            Role::Grid => (1, 0),
            Role::Text => (2, 0),
            Role::Note => (3, 0),
            Role::Name => (4, 0),
            Role::Group => (5, 0),
            Role::Series(series) => (6, number(series, SERIES)),
            Role::Line(series) => (7, number(series, SERIES)),
            Role::Heat(step) => (8, number(step, HEATS)),
            Role::OnHeat(step) => (9, number(step, HEATS)),
            Role::HeatEmpty => (10, 0),
            Role::Tip => (11, 0),
        };
        RGBColor(MARK, kind, number)
    }

    /// The role of a colour as SVG writes it: `#500601`.
    pub(super) fn of_colour(colour: &str) -> Option<Role> {
        let code = u32::from_str_radix(colour.strip_prefix('#')?, 16).ok()?;
        let [_, mark, kind, number] = code.to_be_bytes();
        let number = usize::from(number);
        let role = match kind {
            0 => Role::Axis,
            1 => Role::Grid,
            2 => Role::Text,
            3 => Role::Note,
            4 => Role::Name,
            5 => Role::Group,
            6 => Role::Series(number),
            7 => Role::Line(number),
            8 => Role::Heat(number),
            9 => Role::OnHeat(number),
            10 => Role::HeatEmpty,
            11 => Role::Tip,
            _ => return None,
        };
        (mark == MARK).then_some(role)
    }

    /// The class of the element.
    pub(super) fn class(self) -> String {
        match self {
            Role::Axis => "axis".to_owned(),
            Role::Grid => "grid".to_owned(),
            Role::Text | Role::Tip => "text".to_owned(),
            Role::Note => "note".to_owned(),
            Role::Name => "name".to_owned(),
            Role::Group => "group".to_owned(),
            Role::Series(series) => format!("series-{}", series + 1),
            Role::Line(series) => format!("line-{}", series + 1),
            Role::Heat(step) => format!("heat-{}", step + 1),
            Role::OnHeat(step) => format!("on-heat-{}", step + 1),
            Role::HeatEmpty => "heat-empty".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_stands_for_one_role() {
        for role in [Role::Axis, Role::Note, Role::Series(7), Role::Line(3), Role::Heat(6), Role::OnHeat(0), Role::Tip]
        {
            let RGBColor(red, green, blue) = role.colour();
            assert_eq!(Role::of_colour(&format!("#{red:02X}{green:02X}{blue:02X}")), Some(role));
        }
        assert_eq!(Role::Series(9).colour(), Role::Series(1).colour());
        assert_eq!([Role::of_colour("#000000"), Role::of_colour("none")], [None, None]);
    }
}
