//! How wide each column of a drawn table is, and how text is cut to it.
//!
//! Owns the arithmetic in terminal columns, not bytes or characters: wide characters count two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// No column shrinks below this, so that a cut cell still shows something.
const NARROWEST: usize = 4;

/// The widths of the columns that are shown, from the left; fewer than the answer has where the
/// terminal is too narrow for all.
pub(super) struct Fit {
    pub(super) widths: Vec<usize>,
}

/// Finds the widths with which a table of `header` and `rows` is at most `terminal` columns wide.
pub(super) fn fit(header: &[String], rows: &[Vec<String>], terminal: Option<usize>) -> Fit {
    let mut widths: Vec<usize> = header.iter().map(|name| name.width().max(1)).collect();
    for row in rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.width());
        }
    }
    if let Some(terminal) = terminal {
        // Each column has a blank on both sides and a line on its right; the first has one more line.
        let available = |columns: usize| terminal.saturating_sub(columns.saturating_mul(3).saturating_add(1));
        while widths.len() > 1
            && widths.iter().map(|width| (*width).min(NARROWEST)).sum::<usize>() > available(widths.len())
        {
            widths.pop();
        }
        let room = available(widths.len());
        shrink(&mut widths, room);
    }
    Fit { widths }
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

/// The text in at most `width` columns; one that is longer ends in `…`.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let room = width.saturating_sub(1);
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= room
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
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
    fn wide_columns_give_way_first() {
        let header = vec!["id".to_owned(), "text".to_owned(), "more".to_owned()];
        let rows = vec![vec!["1234567".to_owned(), "x".repeat(100), "y".repeat(60)]];
        let widths = fit(&header, &rows, Some(60)).widths;
        assert_eq!(widths, [7, 21, 21]);
        assert_eq!(fit(&header, &rows, None).widths, [7, 100, 60]);
        assert!(widths.iter().sum::<usize>() + 10 <= 60);
    }

    #[test]
    fn columns_that_cannot_fit_are_left_out() {
        let header: Vec<String> = (0..30).map(|number| format!("column{number}")).collect();
        let widths = fit(&header, &[], Some(40)).widths;
        assert_eq!(widths.len(), 5);
        assert!(widths.iter().sum::<usize>() + 3 * widths.len() < 40);
        assert_eq!(fit(&header, &[], Some(3)).widths.len(), 1);
    }
}
