//! How wide text and the columns of a drawn table are, and how text is cut to that.
//!
//! Owns the arithmetic in terminal columns, not bytes or characters: wide characters count two, and what belongs
//! together (a letter with its marks, an emoji of several characters) is never taken apart.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// No column shrinks below this, so that a cut cell still shows something.
const NARROWEST: usize = 4;

/// What a line of a drawn table of so many columns takes beside the text: each column has a blank on both sides and a
/// line on its right; the first has one more line.
pub(super) fn drawn_around(columns: usize) -> usize {
    columns.saturating_mul(3).saturating_add(1)
}

/// Narrows columns of these widths until a table of them is at most `terminal` columns wide. Columns on the right are
/// left out where the terminal is too narrow for all.
pub(super) fn fit(mut widths: Vec<usize>, terminal: Option<usize>) -> Vec<usize> {
    if let Some(terminal) = terminal {
        let available = |columns: usize| terminal.saturating_sub(drawn_around(columns));
        while widths.len() > 1
            && widths.iter().map(|width| (*width).min(NARROWEST)).sum::<usize>() > available(widths.len())
        {
            widths.pop();
        }
        let room = available(widths.len());
        shrink(&mut widths, room);
    }
    widths
}

/// Lowers the widest columns to one common height until the sum fits; narrow ones stay whole.
fn shrink(widths: &mut [usize], available: usize) {
    let mut ascending = widths.to_vec();
    ascending.sort_unstable();
    let (mut left, mut cap) = (available, usize::MAX);
    for (position, width) in ascending.iter().enumerate() {
        let share = left / (ascending.len() - position);
        if *width > share {
            cap = share.max(NARROWEST.min(*width));
            break;
        }
        left -= width;
    }
    for width in widths {
        *width = (*width).min(cap);
    }
}

/// How many columns of the terminal the text takes.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// The bytes of the longest beginning of the text that takes at most `width` columns; `None` if all of it does. Looks
/// no further than that, however long the text is.
pub(super) fn beginning(text: &str, width: usize) -> Option<usize> {
    if text.len() <= width && text.is_ascii() {
        return None;
    }
    let mut used = 0_usize;
    for (place, grapheme) in text.grapheme_indices(true) {
        used = used.saturating_add(grapheme.width());
        if used > width {
            return Some(place);
        }
    }
    None
}

/// The text in at most `width` columns; one that is longer ends in `…`.
pub(super) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if beginning(text, width).is_none() {
        return Cow::Borrowed(text);
    }
    let end = beginning(text, width.saturating_sub(1)).unwrap_or_default();
    Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_columns_not_characters() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("日本語日本語", 6), "日本…");
    }

    #[test]
    fn what_belongs_together_is_not_taken_apart() {
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!((columns(family), columns("❤\u{fe0f}"), columns("e\u{301}"), columns("🇵🇱")), (2, 2, 1, 2));
        assert_eq!(cut(&format!("{family}{family}{family}"), 5), format!("{family}{family}…"));
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}e\u{301}", 3), "e\u{301}e\u{301}…");
    }

    #[test]
    fn wide_columns_give_way_first() {
        let widths = fit(vec![7, 100, 60], Some(60));
        assert_eq!(widths, [7, 21, 21]);
        assert_eq!(fit(vec![7, 100, 60], None), [7, 100, 60]);
        assert!(widths.iter().sum::<usize>() + 10 <= 60);
    }

    #[test]
    fn columns_that_cannot_fit_are_left_out() {
        let widths = fit(vec![8; 30], Some(40));
        assert_eq!(widths.len(), 5);
        assert!(widths.iter().sum::<usize>() + 3 * widths.len() < 40);
        assert_eq!(fit(vec![8; 30], Some(3)).len(), 1);
    }
}
