//! The tree of what a query cost, drawn as text.
//!
//! Owns the drawing: rows, time and share beside each step where the screen is wide, below it where it is narrow.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::wrapping::{Look, Screen, wrap};
use crate::engine::PlanNode;
use crate::ui::human;

/// From this width on numbers stand beside the steps.
const WIDE: usize = 70;
/// Columns of the numbers: rows, time, bar, share, mark.
const NUMBERS: usize = 11 + 1 + 9 + 2 + BAR + 5 + 2;
/// Columns of the bar.
const BAR: usize = 8;
/// No step is wider, so that its numbers stay near.
const WIDEST_STEP: usize = 96;
/// Lines of one detail.
const DETAIL_LINES: usize = 3;

/// The tree of `root` in lines that fit the screen.
pub fn draw(root: &PlanNode, screen: Screen) -> Vec<String> {
    let total = root.total();
    let beside = screen.width >= WIDE;
    let room = if beside { (screen.width - NUMBERS - 1).min(WIDEST_STEP) } else { screen.width };
    let step = if beside { (longest(root, 0) + 2).clamp(24, room) } else { room };
    let mut drawing = Drawing { screen, beside, step, total, costliest: costliest(root), lines: Vec::new() };
    if beside {
        let blank = " ".repeat(step);
        let header = format!("{blank} {:>11} {:>9}  {:BAR$} {:>4}", "rows", "time", "share", "");
        drawing.lines.push(screen.paint(Look::Dim, header.trim_end()));
    }
    drawing.node(root, "", "");
    drawing.lines
}

/// The most that one step cost.
fn costliest(node: &PlanNode) -> Duration {
    node.children.iter().map(costliest).fold(node.cost(), Duration::max)
}

fn longest(node: &PlanNode, depth: usize) -> usize {
    let below = node.children.iter().map(|child| longest(child, depth + 1));
    below.fold(node.what.width() + 2 * depth, usize::max)
}

/// A time as `human` tells it; steps are often shorter than what it calls short.
fn told(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        return format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    }
    human::duration(time)
}

struct Drawing {
    screen: Screen,
    beside: bool,
    step: usize,
    total: Duration,
    costliest: Duration,
    lines: Vec<String>,
}

impl Drawing {
    /// A step and those below it; `first` stands before its first line, `others` before all others.
    fn node(&mut self, node: &PlanNode, first: &str, others: &str) {
        let is_costliest = node.cost() == self.costliest && !self.costliest.is_zero();
        let look = if is_costliest { Look::Striking } else { Look::Bold };
        let inner = if node.children.is_empty() { "  " } else { "│ " };
        // What is left of a narrow screen is never nothing, however deep the tree is.
        let room = self.step.saturating_sub(first.width()).max(12);
        let what = wrap(&node.what, room.saturating_sub(2).max(12));
        for (number, line) in what.iter().enumerate() {
            let before = if number == 0 { first.to_owned() } else { format!("{others}{inner}") };
            let mut text = format!("{}{}", self.screen.paint(Look::Dim, &before), self.screen.paint(look, line));
            if number == 0 && self.beside {
                let blank = self.step.saturating_sub(before.width() + line.width());
                text.push_str(&" ".repeat(blank));
                text.push_str(&self.numbers(node, is_costliest, look));
            }
            self.lines.push(text.trim_end().to_owned());
        }
        let before = format!("{others}{inner}");
        let mut details = Vec::new();
        if !self.beside {
            let numbers = self.numbers_below(node, is_costliest, self.step.saturating_sub(before.width()));
            self.lines.push(format!("{}{}", self.screen.paint(Look::Dim, &before), self.screen.paint(look, &numbers)));
        }
        if node.waiting > Duration::from_millis(1) {
            let (work, waiting) = (told(node.elapsed), told(node.waiting));
            details.push(format!("{work} of work, {waiting} of waiting for bytes"));
        }
        if node.spilled > 0 {
            details.push(format!("{} moved to disk, because memory was short", human::bytes(node.spilled)));
        }
        if node.memory >= 1_000_000 {
            details.push(format!("{} of memory", human::bytes(node.memory)));
        }
        details.extend(node.details.iter().cloned());
        for detail in details {
            let room = self.screen.width.saturating_sub(before.width() + 1).clamp(12, 120);
            for line in wrap(&detail, room).into_iter().take(DETAIL_LINES) {
                self.lines.push(self.screen.paint(Look::Dim, &format!("{before}{line}")));
            }
        }
        let last = node.children.len().saturating_sub(1);
        for (place, child) in node.children.iter().enumerate() {
            let (branch, below) = if place == last { ("└ ", "  ") } else { ("├ ", "│ ") };
            self.node(child, &format!("{others}{branch}"), &format!("{others}{below}"));
        }
    }

    fn numbers(&self, node: &PlanNode, is_costliest: bool, look: Look) -> String {
        let rows = node.rows.map(human::count).unwrap_or_default();
        let time = told(node.cost());
        let (bar, percent) = self.share(node);
        let mark = if is_costliest { " ◀" } else { "" };
        let share = format!("{bar:BAR$} {percent:>3}%{mark}");
        let share = if is_costliest { self.screen.paint(look, &share) } else { share };
        format!(" {rows:>11} {time:>9}  {share}")
    }

    /// The same in `room` columns; the bar goes first where they are few.
    fn numbers_below(&self, node: &PlanNode, is_costliest: bool, room: usize) -> String {
        let rows = node.rows.map(|rows| format!("{}, ", human::counted(rows, "row", "rows"))).unwrap_or_default();
        let (bar, percent) = self.share(node);
        let mark = if is_costliest { " ◀" } else { "" };
        let numbers = format!("{rows}{}, {percent}%{mark}", told(node.cost()));
        let with_bar = format!("{numbers} {bar}");
        if with_bar.width() < room { with_bar.trim_end().to_owned() } else { numbers }
    }

    /// Its share of the whole: a bar, and hundredths.
    fn share(&self, node: &PlanNode) -> (String, u64) {
        let share = match self.total.is_zero() {
            true => 0.0,
            false => node.cost().as_secs_f64() / self.total.as_secs_f64(),
        };
        // Eighths of a column; shares are between 0 and 1.
        let eighths = (share * (BAR * 8) as f64).round() as usize;
        let mut bar = "█".repeat(eighths / 8);
        bar.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(eighths % 8).copied().unwrap_or_default());
        (bar, (share * 100.0).round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Colour;

    fn plan() -> PlanNode {
        let scan = PlanNode {
            what: "read pin".to_owned(),
            details: vec!["322 objects fetched, 185 KB".to_owned(), "2 columns: country, age".to_owned()],
            rows: Some(12_345),
            elapsed: Duration::from_millis(60),
            waiting: Duration::from_millis(20),
            ..PlanNode::default()
        };
        let other = PlanNode { what: "read user".to_owned(), rows: Some(7), ..PlanNode::default() };
        let join = PlanNode {
            what: "join on pin.ind = user.ind".to_owned(),
            rows: Some(12),
            elapsed: Duration::from_millis(15),
            memory: 4_000_000,
            children: vec![scan, other],
            ..PlanNode::default()
        };
        PlanNode {
            what: "sort by a desc, the first 10".to_owned(),
            rows: Some(10),
            elapsed: Duration::from_millis(5),
            spilled: 3_000_000,
            children: vec![join],
            ..PlanNode::default()
        }
    }

    fn drawn(width: usize) -> String {
        draw(&plan(), Screen { width, colour: Colour::Never }).join("\n")
    }

    #[test]
    fn numbers_stand_beside_the_steps() {
        let expected = "
                                      rows      time  share
sort by a desc, the first 10            10    5.0 ms  ▍          5%
│ 3.0 MB moved to disk, because memory was short
└ join on pin.ind = user.ind            12     15 ms  █▎        15%
  │ 4.0 MB of memory
  ├ read pin                        12,345     80 ms  ██████▍   80% ◀
  │   60 ms of work, 20 ms of waiting for bytes
  │   322 objects fetched, 185 KB
  │   2 columns: country, age
  └ read user                            7    0.0 ms             0%";
        assert_eq!(drawn(80), expected.trim_start_matches('\n'), "\n{}", drawn(80));
    }

    #[test]
    fn a_narrow_screen_has_them_below() {
        let narrow = drawn(40);
        assert!(narrow.contains("\n  ├ read pin\n  │   12,345 rows, 80 ms, 80% ◀ ██████▍\n"), "{narrow}");
        for width in [20, 40, 69, 70, 80, 200] {
            for line in draw(&plan(), Screen { width, colour: Colour::Never }) {
                assert!(line.width() <= width.max(40), "{width}: {line}");
            }
        }
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let coloured = draw(&plan(), Screen { width: 80, colour: Colour::Always }).join("\n");
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, after)| after);
        }
        plain.push_str(rest);
        assert!(coloured.contains("\u{1b}[1;33m"));
        let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(trimmed(&plain), trimmed(&drawn(80)));
    }
}
