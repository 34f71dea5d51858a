//! What a chart is drawn on: rectangles, lines, dots and texts in the units of its view box.
//!
//! Owns the way through plotters, the sizes of text, and that no character reaches XML that it forbids. It must not
//! know what is drawn.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, IntoFont, ShapeStyle, TextStyle};
use unicode_width::UnicodeWidthStr;

use super::role::Role;
use crate::chart::cells::cut;
use crate::error::{Error, Result};
use crate::printable;

/// Units across. On a phone of 360 pixels one is about 0.7 pixels, so text stays readable there.
pub(super) const WIDTH: i32 = 480;
/// The height of text, and of a line of it.
pub(super) const FONT: i32 = 15;
pub(super) const LINE: i32 = 20;
/// The width of a character, about: nobody knows the reader's font. That of wide ones, because what is cut short can't
/// be read, while a gap is harmless.
const CHARACTER: f64 = 9.0;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A sheet that is drawn on.
pub(super) struct Sheet<'a> {
    pub(super) area: Area<'a>,
}

/// Units that a text takes across, about.
pub(super) fn width_of(text: &str) -> i32 {
    (text.width() as f64 * CHARACTER).ceil().min(1e6) as i32
}

/// The text cut to so many units.
pub(super) fn fit(text: &str, units: i32) -> String {
    cut(text, (f64::from(units.max(0)) / CHARACTER) as usize)
}

/// Characters that fit into so many units.
pub(super) fn characters(units: i32) -> usize {
    (f64::from(units.max(0)) / CHARACTER) as usize
}

/// The text without what XML forbids, or a browser would obey.
pub(super) fn plain(text: &str) -> String {
    let text = printable::one_line(text);
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// What plotters could not draw.
pub(super) fn failed(error: impl std::fmt::Display) -> Error {
    Error::bug(format!("a chart could not be drawn: {error}"))
}

/// The drawing of a sheet so high, as plotters writes it.
pub(super) fn drawn(height: i32, draw: impl FnOnce(&Sheet<'_>) -> Result<()>) -> Result<String> {
    let mut buffer = String::new();
    let size = (u32::try_from(WIDTH).unwrap_or(1), u32::try_from(height).unwrap_or(1));
    let sheet = Sheet { area: SVGBackend::with_string(&mut buffer, size).into_drawing_area() };
    draw(&sheet)?;
    sheet.area.present().map_err(failed)?;
    drop(sheet);
    Ok(buffer)
}

/// Text of a role, for plotters.
pub(super) fn text_style(role: Role, anchor: Anchor) -> TextStyle<'static> {
    let across = match anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    ("sans-serif", FONT).into_font().color(&role.colour()).pos(Pos::new(across, VPos::Center))
}

/// A line of a role, for plotters.
pub(super) fn stroke(role: Role) -> ShapeStyle {
    ShapeStyle { color: role.colour().into(), filled: false, stroke_width: 1 }
}

fn filled(role: Role) -> ShapeStyle {
    ShapeStyle { filled: true, ..stroke(role) }
}

impl Sheet<'_> {
    /// A rectangle from one corner to the other.
    pub(super) fn rectangle(&self, role: Role, corners: [(i32, i32); 2]) -> Result<()> {
        self.area.draw(&Rectangle::new(corners, filled(role))).map_err(failed)
    }

    /// A line through the points.
    pub(super) fn line(&self, role: Role, points: Vec<(i32, i32)>) -> Result<()> {
        self.area.draw(&PathElement::new(points, stroke(role))).map_err(failed)
    }

    pub(super) fn dot(&self, role: Role, centre: (i32, i32), radius: i32) -> Result<()> {
        self.area.draw(&Circle::new(centre, radius, filled(role))).map_err(failed)
    }

    /// A text whose middle line goes through the point.
    pub(super) fn text(&self, role: Role, anchor: Anchor, point: (i32, i32), text: &str) -> Result<()> {
        self.area.draw(&Text::new(plain(text), point, text_style(role, anchor))).map_err(failed)
    }

    /// A text that is read upwards and ends at the point.
    pub(super) fn text_upwards(&self, role: Role, point: (i32, i32), text: &str) -> Result<()> {
        let style = text_style(role, Anchor::End).transform(FontTransform::Rotate270);
        self.area.draw(&Text::new(plain(text), point, style)).map_err(failed)
    }

    /// What the next element says under a pointer.
    pub(super) fn tip(&self, text: &str) -> Result<()> {
        self.text(Role::Tip, Anchor::Start, (0, 0), &cut(text, 80))
    }
}
