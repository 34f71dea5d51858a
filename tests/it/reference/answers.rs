//! The eleven answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Datelike;
use serde_json::Value;

use super::Answer;
use super::records::{Landing, Place, Post, User};

/// Answers the question whose file begins with `number`, such as `01`.
pub fn answer(landing: &Landing, number: &str) -> Answer {
    let age_group_median = vec!["age_group", "median_follower_count"];
    let group_and_year_median = vec!["age_group", "post_year", "median_follower_count"];
    let (columns, rows) = match number {
        "01" => (vec!["country", "category", "category_count"], first_places(&with_places(landing, country_of))),
        "02" => (vec!["post_year", "category", "category_count"], first_places(&with_places(landing, recent_year))),
        "03" => (vec!["country", "poster_name", "follower_count"], best_posters(landing)),
        "04" => (vec!["country", "follower_count"], best_countries(landing)),
        "05" => (vec!["age_group", "category", "category_count"], first_places(&with_users(landing, age_group_key))),
        "06" => (age_group_median, medians(&with_users(landing, |user| Some(vec![age_group(user)?.into()])))),
        "07" => (vec!["post_year", "number_users_joined"], persons(landing)),
        "08" => (
            vec!["post_year", "median_follower_count"],
            medians(&with_users(landing, |user| {
                Some(vec![joining_year(user).filter(|year| (2015..=2020).contains(year))?.into()])
            })),
        ),
        "09" => (
            group_and_year_median,
            medians(&with_users(landing, |user| Some(vec![age_group(user)?.into(), joining_year(user)?.into()]))),
        ),
        "10" => (vec!["post_year", "category", "category_count"], all_counts(&with_places(landing, recent_year))),
        "11" => (group_and_year_median, medians(&posting_years(landing))),
        _ => panic!("no question `{number}`"),
    };
    Answer { columns, rows }
}

/// A post and the group that a question puts it in.
type Grouped<'a> = Vec<(Vec<Key>, &'a Post)>;

/// One column of a group, in an order that is also the order of the rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Number(i64),
    Text(String),
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => number.into(),
            Key::Text(text) => text.into(),
        }
    }
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        Key::Number(number)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Key::Text(text.to_owned())
    }
}

fn country_of(place: &Place) -> Option<Vec<Key>> {
    Some(vec![place.country.as_deref()?.into()])
}

fn posting_year(place: &Place) -> Option<i64> {
    place.timestamp.map(|instant| i64::from(instant.year()))
}

fn recent_year(place: &Place) -> Option<Vec<Key>> {
    posting_year(place).filter(|year| (2018..=2022).contains(year)).map(|year| vec![year.into()])
}

fn joining_year(user: &User) -> Option<i64> {
    user.date_joined.map(|instant| i64::from(instant.year()))
}

fn age_group(user: &User) -> Option<&'static str> {
    match user.age? {
        18..=24 => Some("18-24"),
        25..=35 => Some("25-35"),
        36..=50 => Some("36-50"),
        51.. => Some("50+"),
        _ => None,
    }
}

fn age_group_key(user: &User) -> Option<Vec<Key>> {
    Some(vec![age_group(user)?.into()])
}

fn with_places(landing: &Landing, group: impl Fn(&Place) -> Option<Vec<Key>>) -> Grouped<'_> {
    let mut places: HashMap<i64, Vec<&Place>> = HashMap::new();
    for place in &landing.places {
        places.entry(place.ind).or_default().push(place);
    }
    let mut grouped = Vec::new();
    for post in &landing.posts {
        for place in places.get(&post.ind).into_iter().flatten() {
            grouped.extend(group(place).map(|key| (key, post)));
        }
    }
    grouped
}

fn with_users(landing: &Landing, group: impl Fn(&User) -> Option<Vec<Key>>) -> Grouped<'_> {
    let mut users: HashMap<i64, Vec<&User>> = HashMap::new();
    for user in &landing.users {
        users.entry(user.ind).or_default().push(user);
    }
    let mut grouped = Vec::new();
    for post in &landing.posts {
        for user in users.get(&post.ind).into_iter().flatten() {
            grouped.extend(group(user).map(|key| (key, post)));
        }
    }
    grouped
}

fn posting_years(landing: &Landing) -> Grouped<'_> {
    let mut years: HashMap<i64, Vec<Option<i64>>> = HashMap::new();
    for place in &landing.places {
        years.entry(place.ind).or_default().push(posting_year(place));
    }
    let mut grouped = Vec::new();
    for (group, post) in with_users(landing, age_group_key) {
        for year in years.get(&post.ind).into_iter().flatten().flatten() {
            grouped.push(([group.clone(), vec![Key::Number(*year)]].concat(), post));
        }
    }
    grouped
}

fn count_categories(grouped: &Grouped<'_>) -> BTreeMap<Vec<Key>, BTreeMap<String, i64>> {
    let mut counts: BTreeMap<Vec<Key>, BTreeMap<String, i64>> = BTreeMap::new();
    for (group, post) in grouped {
        if let Some(category) = &post.category {
            *counts.entry(group.clone()).or_default().entry(category.clone()).or_default() += 1;
        }
    }
    counts
}

fn all_counts(grouped: &Grouped<'_>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for (group, categories) in count_categories(grouped) {
        for (category, count) in categories {
            rows.push(row(&group, [category.into(), count.into()]));
        }
    }
    rows
}

fn first_places(grouped: &Grouped<'_>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for (group, categories) in count_categories(grouped) {
        let most = categories.values().copied().max();
        for (category, count) in categories {
            if Some(count) == most {
                rows.push(row(&group, [category.into(), count.into()]));
            }
        }
    }
    rows
}

/// For each country its posters, each with the most followers that a post of it says.
fn posters(landing: &Landing) -> BTreeMap<Vec<Key>, BTreeMap<String, i64>> {
    let mut countries: BTreeMap<Vec<Key>, BTreeMap<String, i64>> = BTreeMap::new();
    for (country, post) in with_places(landing, country_of) {
        if let (Some(poster), Some(followers)) = (&post.poster_name, post.follower_count) {
            let most = countries.entry(country).or_default().entry(poster.clone()).or_insert(followers);
            *most = followers.max(*most);
        }
    }
    countries
}

fn best_posters(landing: &Landing) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for (country, posters) in posters(landing) {
        let most = posters.values().copied().max();
        for (poster, followers) in posters {
            if Some(followers) == most {
                rows.push(row(&country, [poster.into(), followers.into()]));
            }
        }
    }
    rows
}

fn best_countries(landing: &Landing) -> Vec<Vec<Value>> {
    let countries = posters(landing);
    let most = countries.values().flat_map(BTreeMap::values).copied().max();
    let best = countries.iter().filter(|(_, posters)| posters.values().any(|followers| Some(*followers) == most));
    best.map(|(country, _)| row(country, [most.into()])).collect()
}

fn persons(landing: &Landing) -> Vec<Vec<Value>> {
    let mut years: BTreeMap<i64, BTreeSet<_>> = BTreeMap::new();
    for user in &landing.users {
        if let Some(year @ 2015..=2020) = joining_year(user) {
            years.entry(year).or_default().insert((&user.user_name, user.age, user.date_joined));
        }
    }
    years.into_iter().map(|(year, persons)| vec![year.into(), persons.len().into()]).collect()
}

fn medians(grouped: &Grouped<'_>) -> Vec<Vec<Value>> {
    let mut groups: BTreeMap<&[Key], Vec<i64>> = BTreeMap::new();
    for (group, post) in grouped {
        if let Some(followers) = post.follower_count {
            groups.entry(group).or_default().push(followers);
        }
    }
    groups.into_iter().map(|(group, followers)| row(group, [median(followers).into()])).collect()
}

fn median(mut counts: Vec<i64>) -> f64 {
    counts.sort_unstable();
    let (lower, upper) = (counts[(counts.len() - 1) / 2], counts[counts.len() / 2]);
    (lower as f64 + upper as f64) / 2.0
}

fn row<const N: usize>(group: &[Key], values: [Value; N]) -> Vec<Value> {
    group.iter().cloned().map(Value::from).chain(values).collect()
}
