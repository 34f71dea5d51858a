//! Charts: the value of any heading is a chart or no chart, and what is a chart says the same when it is written again.

use crate::chart::ChartSpec;
use crate::error::Kind;
use crate::sql::Heading;

/// The bytes as a chart, and as the text of a file of SQL whose heading may have one.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    check_chart(text);
    let heading = Heading::of_text(text);
    for (key, value) in &heading.others {
        assert!(!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{text:?}");
        assert!(value.trim() == value && !value.contains('\n'), "{text:?}: {value:?}");
        assert!(heading.other(key).is_some());
    }
    if let Some(chart) = heading.other("chart") {
        check_chart(chart);
    }
    // A chart in a heading is the chart, as long as it stands on a line.
    let line = text.trim();
    if !line.contains(['\n', '\r']) && !line.starts_with("//") {
        let heading = Heading::of_text(&format!("-- chart: {line}\nselect 1"));
        assert_eq!(heading.other("chart"), Some(line), "{line:?}");
    }
}

fn check_chart(text: &str) {
    match ChartSpec::parse(text) {
        Ok(spec) => {
            assert!(spec.columns().all(|column| !column.is_empty()), "{text:?}");
            let again = ChartSpec::parse(&written(text, &spec)).expect("what is written out can be read");
            assert_eq!(again, spec, "{text:?}");
        }
        Err(error) => assert_eq!(error.kind(), Kind::Usage, "{text:?}: {}", error.render()),
    }
}

/// The chart as a text, every name in quotes.
fn written(text: &str, spec: &ChartSpec) -> String {
    // The kind has no text form of its own: it is the word that names no setting.
    let kind = ["auto", "bar", "line", "hist", "heatmap", "none"]
        .into_iter()
        .find(|kind| kind.parse().ok() == Some(spec.kind))
        .unwrap_or_else(|| panic!("{text:?} is of no kind"));
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let setting = |key: &str, names: Vec<String>| match names.as_slice() {
        [] => String::new(),
        names => format!(" {key}={}", names.join(",")),
    };
    let x = setting("x", spec.x.iter().map(quoted).collect());
    let y = setting("y", spec.y.iter().map(quoted).collect());
    let color = setting("color", spec.color.iter().map(quoted).collect());
    format!("{kind}{x}{y}{color}")
}
