//! Patterns of names, as psql's: `*` for any letters, `?` for one.
//!
//! Owns their meaning. Letters match whatever their case.

/// Whether the text is a pattern rather than a name.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether the whole of `name` is as `pattern` says.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut at, mut in_pattern) = (0, 0);
    // Where the last `*` stands, and how far its match reaches.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = name.get(at) {
        match pattern.get(in_pattern) {
            Some('*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                at += 1;
                in_pattern += 1;
            }
            _ => {
                let Some((place, reached)) = star else { return false };
                star = Some((place, reached + 1));
                (at, in_pattern) = (reached + 1, place + 1);
            }
        }
    }
    pattern.iter().skip(in_pattern).all(|left| *left == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name) in [("*", ""), ("p*", "pin"), ("*Date*", "to_date"), ("p?n", "PIN"), ("a*b*c", "axbxbc")] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("p", "pin"), ("p?", "pin"), ("*x", "pin"), ("a*b*c", "acb"), ("?", "")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        // Many stars cost no more than their product.
        assert!(!matches(&"a*".repeat(50), &"a".repeat(45)));
    }
}
