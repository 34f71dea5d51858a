//! What was probably meant by a name that does not exist.
//!
//! Owns the one measure of how far two names are apart. It must not know what the names stand for.

/// How alike two names must be, from 0 to 1, where more than a few letters are wrong.
const ALIKE: f64 = 0.85;

/// Of `names`, the one that `wrong` was probably meant to be, whatever the case of its letters; none where all are far
/// from it.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).max(1);
    let scored = names.into_iter().map(|name| {
        let lower = name.to_lowercase();
        (strsim::damerau_levenshtein(&wrong, &lower), strsim::jaro_winkler(&wrong, &lower), name)
    });
    scored
        .filter(|(distance, likeness, _)| *distance <= allowed || *likeness >= ALIKE)
        .min_by(|one, other| one.0.cmp(&other.0).then(other.1.total_cmp(&one.1)))
        .map(|(_, _, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_is_near_and_what_is_not() {
        let names = ["location", "topic", "pin", "geo", "user", "date_joined", "age"];
        let cases = [
            ("locaton", Some("location")),
            ("Topics", Some("topic")),
            ("pni", Some("pin")),
            ("GEO", Some("geo")),
            ("usr", Some("user")),
            ("date_join", Some("date_joined")),
            ("name", None),
            ("zzz", None),
            ("", None),
        ];
        for (wrong, meant) in cases {
            assert_eq!(nearest(wrong, names), meant, "{wrong}");
        }
    }
}
