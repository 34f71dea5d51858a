//! The words that records are made of. All are the project's own; none is from a real post.
//!
//! They stand here as they do between the quotes of a JSON string: quotes, backslashes and line ends are escaped.

/// The categories of posts.
#[rustfmt::skip]
pub const CATEGORIES: [&str; 13] = [
    "art", "beauty", "christmas", "diy-and-crafts", "education", "event-planning", "finance", "home-decor",
    "mens-fashion", "quotes", "tattoos", "travel", "vehicles",
];

/// Nouns.
#[rustfmt::skip]
pub const THINGS: [&str; 78] = [
    "porch", "candle", "ladder", "garden", "scarf", "kettle", "mirror", "basket", "pillow", "lantern", "teapot",
    "bicycle", "harbour", "meadow", "cottage", "ribbon", "feather", "wreath", "notebook", "window", "staircase",
    "orchard", "blanket", "drawer", "curtain", "bonfire", "saddle", "compass", "mountain", "terrace", "bakery",
    "workshop", "headboard", "bookshelf", "jacket", "sandals", "raincoat", "necklace", "bracelet", "tattoo",
    "sketch", "canvas", "mural", "quilt", "pattern", "template", "budget", "savings", "invoice", "ledger",
    "classroom", "worksheet", "puzzle", "alphabet", "pumpkin", "stocking", "ornament", "sleigh", "chimney",
    "banquet", "invitation", "centrepiece", "balloon", "confetti", "engine", "roadster", "camper", "van", "sidecar",
    "windscreen", "island", "lagoon", "railway", "passport", "suitcase", "lighthouse", "glacier", "canyon",
];

/// What things are like.
#[rustfmt::skip]
pub const QUALITIES: [&str; 40] = [
    "quiet", "rustic", "golden", "tiny", "bold", "vintage", "wooden", "woven", "painted", "bright", "gentle",
    "crooked", "modern", "Nordic", "handmade", "folded", "layered", "striped", "floral", "velvet", "cosy",
    "minimal", "forgotten", "hidden", "silver", "cheap", "clever", "simple", "easy", "lovely", "winter", "summer",
    "autumn", "spring", "morning", "evening", "weekend", "seaside", "copper", "marble",
];

/// What is done with things.
#[rustfmt::skip]
pub const DEEDS: [&str; 20] = [
    "make", "paint", "fold", "plan", "build", "sew", "bake", "draw", "choose", "repair", "visit", "save", "hang",
    "wrap", "arrange", "colour", "polish", "knit", "plant", "pack",
];

/// What stands between.
#[rustfmt::skip]
pub const JOINTS: [&str; 16] = [
    "for", "with", "and", "in", "on", "under", "beside", "without", "around", "your", "every", "from", "a", "the",
    "this", "one",
];

/// What breaks readers: quotes, escapes, emoji, other scripts, letters outside the basic plane.
#[rustfmt::skip]
pub const ODDITIES: [&str; 34] = [
    r#"\"best\""#, r#"\"before\" and \"after\""#, "❤️", "✈️", "😀", "🎄✨", "👩‍🎨", "καλημέρα", "θάλασσα",
    "Доброе утро", "уют", "かわいい", "手作り", "旅行の計画", "𝓛𝓸𝓿𝓮", "𝗕𝗼𝗹𝗱 𝗶𝗱𝗲𝗮𝘀", "𝕊𝕥𝕪𝕝𝕖", "déjà vu", "naïve", "crème brûlée",
    "½ price", "48ｘ18cm", r#"C:\\garden"#, r#"line one\nline two"#, r#"tab\there"#, "it's", "50% off", "[new]",
    "{free}", "#diyhome", "@porchlife", "a/b", "&", "<b>",
];

/// The last part of a poster's name.
#[rustfmt::skip]
pub const POSTER_KINDS: [&str; 18] = [
    "Studio", "Workshop", "Diary", "Journal", "Club", "& Co.", "| Travel Blog", "| Home and Garden", "Kitchen",
    "Market", "Atelier", "for Teachers", "Магазин", "のへや", "✨", r#"\"Official\""#, "Goods, Ltd.", "Travels ✈️",
];

/// First names.
#[rustfmt::skip]
pub const FIRST_NAMES: [&str; 66] = [
    "Ada", "Amir", "Ana", "Anton", "Beatriz", "Bjorn", "Carla", "Chen", "Chloe", "Dario", "Dmitri", "Elena", "Elif",
    "Emeka", "Eva", "Farid", "Fatima", "Felix", "Freya", "Gita", "Goran", "Hana", "Hugo", "Ida", "Ilya", "Ines",
    "Ivan", "Jana", "Jonas", "Joseph", "Kaito", "Karin", "Kofi", "Lars", "Leila", "Lucas", "Maja", "Marco", "Mei",
    "Mila", "Nadia", "Nils", "Nora", "Olga", "Omar", "Paula", "Pedro", "Priya", "Rafael", "Rosa", "Samir", "Sara",
    "Sofia", "Tariq", "Tomas", "Ulla", "Vera", "Viktor", "Yara", "Zoe", "Zoë", "José", "Jean-Luc", "Мария", "Ελένη",
    "Mary Ann",
];

/// Last names.
#[rustfmt::skip]
pub const LAST_NAMES: [&str; 65] = [
    "Abe", "Adeyemi", "Almeida", "Andersen", "Baker", "Banerjee", "Becker", "Castro", "Chen", "Costa", "Dahl",
    "Demir", "Diaz", "Dubois", "Eriksen", "Farouk", "Fischer", "Garcia", "Gomez", "Haddad", "Hansen", "Horvat",
    "Ibrahim", "Ito", "Jansen", "Kaya", "Keller", "Khan", "Kim", "Kovac", "Larsen", "Lee", "Lopez", "Martin",
    "Mensah", "Meyer", "Molina", "Moreau", "Nakamura", "Nguyen", "Novak", "Okafor", "Olsen", "Park", "Patel",
    "Petrov", "Quinn", "Ramos", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Suzuki", "Tanaka", "Torres",
    "Vargas", "Weber", "Yilmaz", "Zhang", "O'Neill", "van der Berg", "Núñez", "Иванова", "Smith-Jones",
];
