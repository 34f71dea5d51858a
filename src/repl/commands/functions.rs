//! `\df`: the functions, and what is written of one.

use std::io::Write;

use super::call::Call;
use crate::engine::FunctionDocs;
use crate::error::{Error, Result};
use crate::output::{ReportColumn, report};
use crate::printable;
use crate::repl::pattern;
use crate::repl::running;
use crate::repl::session::Session;
use crate::repl::wrapping::{Look, Screen, wrap};
use crate::spelling::nearest;

/// Text is read in lines of at most so many columns, however wide the screen is.
const READABLE: usize = 100;

/// `\df`, `\df PATTERN`, `\df NAME`.
pub fn run(session: &Session<'_>, call: &Call) -> Result<()> {
    let docs = session.engine().function_docs();
    let Some(asked) = call.argument(0) else { return list(session, &docs, None) };
    // What is copied out of a statement may have its bracket with it.
    let asked = asked.split('(').next().unwrap_or(asked);
    if pattern::is_pattern(asked) {
        return list(session, &docs, Some(asked));
    }
    let found: Vec<&FunctionDocs> = docs.iter().filter(|one| one.name.eq_ignore_ascii_case(asked)).collect();
    if found.is_empty() {
        return Err(missing(&docs, asked));
    }
    let mut stdout = session.ui().stdout();
    for one in found {
        for line in page(one, Screen::of(session.ui())) {
            writeln!(stdout, "{line}")?;
        }
    }
    stdout.flush()?;
    Ok(())
}

fn missing(docs: &[FunctionDocs], asked: &str) -> Error {
    let names: Vec<&str> = docs.iter().map(|one| one.name.as_str()).collect();
    let error = Error::usage(format!("`\\df`: there is no function `{asked}`"));
    let error = match nearest(asked, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    };
    error.hint(format!("`\\df *{asked}*` lists those whose name holds it"))
}

fn list(session: &Session<'_>, docs: &[FunctionDocs], pattern: Option<&str>) -> Result<()> {
    let meant: Vec<&FunctionDocs> =
        docs.iter().filter(|one| pattern.is_none_or(|it| pattern::matches(it, &one.name))).collect();
    if let (Some(pattern), true) = (pattern, meant.is_empty()) {
        return Err(Error::usage(format!("`\\df`: no function is like `{pattern}`")).hint("`\\df` lists all of them"));
    }
    let text = |value: fn(&FunctionDocs) -> String| meant.iter().map(|one| Some(value(one))).collect();
    let batch = report(vec![
        ReportColumn::Text("function", text(signature)),
        ReportColumn::Text("kind", text(|one| one.kind.to_owned())),
        ReportColumn::Text("what it does", text(|one| sentence(&one.about))),
    ])?;
    running::show_batch(session, &batch)?;
    session.ui().hint("`\\df NAME` shows all that is written of one");
    Ok(())
}

/// How it is called, in a line and under the name that was asked for.
fn signature(docs: &FunctionDocs) -> String {
    let line = docs.syntax.lines().next().unwrap_or_default().trim();
    let arguments = line.find('(').and_then(|open| line.get(open..));
    match arguments {
        // An operator or a keyword is written as it is.
        Some(arguments) if line.split('(').next().is_some_and(|name| !name.contains(' ')) => {
            format!("{}{arguments}", docs.name)
        }
        _ if line.is_empty() => docs.name.clone(),
        _ => line.to_owned(),
    }
}

/// The first sentence, without marks.
fn sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['`', '*'], "");
    let end = line.find(". ").unwrap_or(line.len());
    line.get(..end).unwrap_or(&line).trim_end_matches('.').to_owned()
}

/// All that is written of a function.
fn page(docs: &FunctionDocs, screen: Screen) -> Vec<String> {
    let width = screen.width.min(READABLE);
    let mut lines = Vec::new();
    for (number, syntax) in docs.syntax.lines().enumerate() {
        let call = if number == 0 { signature(docs) } else { syntax.to_owned() };
        lines.extend(wrap(&call, width).iter().map(|line| screen.paint(Look::Bold, line)));
    }
    let other = match docs.aliases.as_slice() {
        [] => String::new(),
        names => format!(", also called {}", names.join(", ")),
    };
    lines.extend(wrap(&format!("{} function{other}", docs.kind), width).iter().map(|it| screen.paint(Look::Dim, it)));
    for paragraph in docs.about.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        lines.push(String::new());
        lines.extend(paragraph.lines().flat_map(|line| wrap(line, width)));
    }
    if !docs.arguments.is_empty() {
        lines.push(String::new());
        for (name, about) in &docs.arguments {
            let mut about = about.lines().flat_map(|line| wrap(line, width.saturating_sub(4)));
            let first = about.next().unwrap_or_default();
            let name = printable::one_line(name);
            let beside = format!("  {}: {first}", screen.paint(Look::Bold, &name));
            if name.len() + first.len() + 4 <= width {
                lines.push(beside);
            } else {
                lines.push(format!("  {}:", screen.paint(Look::Bold, &name)));
                lines.push(format!("    {first}"));
            }
            lines.extend(about.map(|line| format!("    {line}")));
        }
    }
    if let Some(example) = docs.example.as_deref().filter(|example| !example.is_empty()) {
        lines.push(String::new());
        // A drawn table would fall apart if it were wrapped.
        lines.extend(printable::lines(example).lines().map(|line| screen.paint(Look::Dim, line)));
    }
    if !docs.related.is_empty() {
        lines.push(String::new());
        lines.extend(wrap(&format!("see also {}", docs.related.join(", ")), width));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Colour;

    fn docs() -> FunctionDocs {
        FunctionDocs {
            name: "datetrunc".to_owned(),
            kind: "scalar",
            syntax: "date_trunc(precision, expression)".to_owned(),
            about: "Truncates a timestamp value to a `precision`. And more.\n\nA second paragraph.".to_owned(),
            arguments: vec![("precision".to_owned(), "What is kept: year, quarter, month, week, day".to_owned())],
            example: Some("> select date_trunc('month', now());".to_owned()),
            aliases: vec!["date_trunc".to_owned()],
            related: Vec::new(),
        }
    }

    #[test]
    fn a_line_of_the_list() {
        assert_eq!(signature(&docs()), "datetrunc(precision, expression)");
        assert_eq!(sentence(&docs().about), "Truncates a timestamp value to a precision");
        let keyword = FunctionDocs { syntax: "CASE WHEN (a) THEN b END".to_owned(), ..docs() };
        assert_eq!(signature(&keyword), "CASE WHEN (a) THEN b END");
    }

    #[test]
    fn a_page_keeps_to_a_narrow_screen() {
        let lines = page(&docs(), Screen { width: 40, colour: Colour::Never });
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{lines:#?}");
        let expected = ["datetrunc(precision, expression)", "scalar function, also called date_trunc", ""];
        assert_eq!(lines.get(..3).unwrap(), expected);
        assert!(lines.contains(&"  precision:".to_owned()) && lines.contains(&"A second paragraph.".to_owned()));
    }

    #[test]
    fn a_misspelt_name() {
        let error = missing(&[docs()], "datetrnc").render();
        assert!(error.contains("did you mean `datetrunc`?") && error.contains("`\\df *datetrnc*`"), "{error}");
    }
}
