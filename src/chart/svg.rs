//! Charts as SVG, for pages.
//!
//! Owns the drawing and its words. Colours are classes that the page's style sheet decides about.

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Svg {
    /// The `<svg>` element; every text in it is escaped.
    pub element: String,
    /// What it shows, for those who can't see it.
    pub description: String,
}
