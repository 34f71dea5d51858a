//! What is written of each function, for whoever looks one up.
//!
//! Owns the reading of DataFusion's documentation. It must not shorten: that is for whoever shows it.

use datafusion::logical_expr::Documentation;

use super::Engine;

/// A function and what is written of it; texts are empty where nobody wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionDocs {
    /// Its name.
    pub name: String,
    /// `scalar`, `aggregate`, `window` or `table`.
    pub kind: &'static str,
    /// How it is called: `date_trunc(precision, expression)`; several lines where there are several ways.
    pub syntax: String,
    /// What it does.
    pub about: String,
    /// Its arguments and what they are.
    pub arguments: Vec<(String, String)>,
    /// How it is used, with what comes of it.
    pub example: Option<String>,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Functions that are like it.
    pub related: Vec<String>,
}

impl Engine {
    /// Every function, ordered by name; one that has several names stands under each.
    pub fn function_docs(&self) -> Vec<FunctionDocs> {
        let state = self.context.state();
        let mut docs = Vec::new();
        for (name, function) in state.scalar_functions() {
            docs.push(read(name, "scalar", function.name(), function.aliases(), function.documentation()));
        }
        for (name, function) in state.aggregate_functions() {
            docs.push(read(name, "aggregate", function.name(), function.aliases(), function.documentation()));
        }
        for (name, function) in state.window_functions() {
            docs.push(read(name, "window", function.name(), function.aliases(), function.documentation()));
        }
        docs.extend(state.table_functions().keys().map(|name| read(name, "table", name, &[], None)));
        docs.sort_by(|one, other| (&one.name, one.kind).cmp(&(&other.name, other.kind)));
        docs
    }
}

/// `own` is the name that the documentation uses; `name` may be another for the same.
fn read(
    name: &str,
    kind: &'static str,
    own: &str,
    aliases: &[String],
    documentation: Option<&Documentation>,
) -> FunctionDocs {
    let names = aliases.iter().map(String::as_str).chain([own]).filter(|other| *other != name);
    let mut aliases: Vec<String> = names.map(str::to_owned).collect();
    aliases.sort();
    aliases.dedup();
    let bare = FunctionDocs { name: name.to_owned(), kind, aliases, ..FunctionDocs::default() };
    let Some(written) = documentation else { return FunctionDocs { syntax: format!("{name}(...)"), ..bare } };
    let others = written.alternative_syntax.iter().flatten().map(String::as_str);
    let syntax: Vec<&str> = std::iter::once(written.syntax_example.trim()).chain(others).collect();
    FunctionDocs {
        syntax: syntax.join("\n"),
        about: written.description.trim().to_owned(),
        arguments: written.arguments.clone().unwrap_or_default(),
        example: written.sql_example.as_deref().map(without_fences),
        related: written.related_udfs.clone().unwrap_or_default(),
        ..bare
    }
}

/// Markdown's fences around code say nothing on a terminal.
fn without_fences(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("```")).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_go() {
        assert_eq!(without_fences("```sql\n> select 1;\n+-+\n```"), "> select 1;\n+-+");
    }
}
