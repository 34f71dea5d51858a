//! What pinq brings along: the cleaning views, the questions, and the columns of the three topics.
//!
//! Owns nothing but the texts under `queries/`, compiled in for use outside a project that has them.

/// A file that is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct ShippedFile {
    /// Its name without folder and extension.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The columns that a topic of the pipeline has, for where the configuration does not say.
#[derive(Clone, Copy, Debug)]
pub struct ShippedTable {
    /// The table's name.
    pub name: &'static str,
    /// The key that every record of it has.
    pub key: &'static str,
    /// Names and SQL types, in wire order.
    pub columns: &'static [(&'static str, &'static str)],
}

macro_rules! shipped {
    ($($name:literal = $path:literal,)*) => {
        &[$(ShippedFile { name: $name, text: include_str!(concat!("../queries/", $path)) },)*]
    };
}

/// The cleaning views.
pub const VIEWS: &[ShippedFile] = shipped! {
    "geo" = "views/geo.sql",
    "pin" = "views/pin.sql",
    "user" = "views/user.sql",
};

/// The eleven questions.
pub const QUESTIONS: &[ShippedFile] = shipped! {
    "01_most_popular_category_by_country" = "01_most_popular_category_by_country.sql",
    "02_most_popular_category_by_year" = "02_most_popular_category_by_year.sql",
    "03_most_followed_poster_by_country" = "03_most_followed_poster_by_country.sql",
    "04_country_of_most_followed_user" = "04_country_of_most_followed_user.sql",
    "05_most_popular_category_by_age_group" = "05_most_popular_category_by_age_group.sql",
    "06_median_followers_by_age_group" = "06_median_followers_by_age_group.sql",
    "07_users_joined_by_year" = "07_users_joined_by_year.sql",
    "08_median_followers_by_joining_year" = "08_median_followers_by_joining_year.sql",
    "09_median_followers_by_joining_year_and_age_group" = "09_median_followers_by_joining_year_and_age_group.sql",
    "10_posts_by_category_and_year" = "10_posts_by_category_and_year.sql",
    "11_median_followers_by_posting_year_and_age_group" = "11_median_followers_by_posting_year_and_age_group.sql",
};

/// The three topics.
pub const TABLES: &[ShippedTable] = &[
    ShippedTable {
        name: "pin",
        key: "index",
        columns: &[
            ("index", "bigint"),
            ("unique_id", "varchar"),
            ("title", "varchar"),
            ("description", "varchar"),
            ("poster_name", "varchar"),
            ("follower_count", "varchar"),
            ("tag_list", "varchar"),
            ("is_image_or_video", "varchar"),
            ("image_src", "varchar"),
            ("downloaded", "bigint"),
            ("save_location", "varchar"),
            ("category", "varchar"),
        ],
    },
    ShippedTable {
        name: "geo",
        key: "ind",
        columns: &[
            ("ind", "bigint"),
            ("timestamp", "varchar"),
            ("latitude", "double"),
            ("longitude", "double"),
            ("country", "varchar"),
        ],
    },
    ShippedTable {
        name: "user",
        key: "ind",
        columns: &[
            ("ind", "bigint"),
            ("first_name", "varchar"),
            ("last_name", "varchar"),
            ("age", "bigint"),
            ("date_joined", "varchar"),
        ],
    },
];
