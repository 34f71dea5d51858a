//! The page of a run: one HTML file that needs no network.
//!
//! Owns what it looks like. It must not run a question, nor read or write a destination: it is given values and
//! returns text. Every value is escaped by the template engine but the `<svg>` of a chart; a policy in the page's head
//! lets no script run but the page's own, should one ever come in.

mod addresses;
mod model;
mod question;
mod rows;
mod view;

#[cfg(test)]
mod sha256;
#[cfg(test)]
mod tests;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

pub use model::{Change, Changes, Page, QuestionPage};
pub use rows::{MOST_ROWS, TableOfRows};

use crate::chart::SVG_STYLE;
use crate::error::{Error, Result};
use view::PageView;

const TEMPLATES: [(&str, &str); 4] = [
    ("page.html", include_str!("template/page.html")),
    ("summary.html", include_str!("template/summary.html")),
    ("question.html", include_str!("template/question.html")),
    ("changes.html", include_str!("template/changes.html")),
];

const STYLE: &str = concat!(include_str!("template/style.css"), include_str!("template/print.css"));

const SCRIPT: &str = include_str!("template/script.js");

/// The SHA-256 of [`SCRIPT`] in Base64, by which browsers know it; a test says what it must be.
const SCRIPT_HASH: &str = include_str!("template/script.sha256").trim_ascii_end();

/// The page as one HTML document, of some megabytes at most for each question. It takes several times that memory.
///
/// # Errors
/// The template fails, which is a bug.
pub fn render(page: &Page<'_>) -> Result<String> {
    let failed = |error: minijinja::Error| Error::bug("the template of the page failed").because(error);
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // A line that holds nothing but tags leaves nothing behind.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(failed)?;
    environment.set_syntax(syntax);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).map_err(failed)?;
    }
    let styles = [STYLE, SVG_STYLE].concat();
    let values = context! { page => Value::from(Serde(PageView::new(page))), style => styles, script => SCRIPT, script_hash => SCRIPT_HASH };
    environment.get_template("page.html").and_then(|template| template.render(values)).map_err(failed)
}
