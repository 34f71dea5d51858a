//! Bad weather: what a server is told to do wrong, and the grammar by which a command line says so.
//!
//! It owns the kinds of faults, whom each befalls, and their text. When one strikes is `weather`'s to decide, what it
//! does to an answer `fault_answers`'s.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::counts::RequestKind;

/// The faults of a server; each request meets at most one of them, the first that strikes, beside any delays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(pub Vec<Fault>);

/// One fault: what goes wrong, for which requests, and when.
///
/// As text: `KIND` or `KIND:name=value,name=value`, as in `reset:rate=0.01,seed=7`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The operation that it befalls; none stands for those of [`FaultKind::befalls`].
    pub operation: Option<FaultyOperation>,
    /// A part of the request's path and query, so of a key as it is stored.
    pub key: Option<String>,
    pub when: FaultyWhen,
    /// How often it strikes at most.
    pub times: Option<u64>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 500 `InternalError`.
    Internal,
    /// 503 `SlowDown`.
    SlowDown,
    /// The answer waits so long.
    Delay(Duration),
    /// There is no answer, ever.
    StallHead,
    /// The body stops in its middle, and the connection stays open.
    StallBody,
    /// The body comes byte by byte.
    Drip,
    /// The connection is reset in the middle of the body.
    Reset,
    /// The connection is closed in the middle of the body, which so is shorter than announced.
    Cut,
    /// Bytes follow the body on the connection, which so is longer than announced.
    Surplus,
    /// Bytes come on the connection before the answer, as they do behind a surplus that was slow.
    Stray,
    /// The answer is well-formed and lacks the end of what was asked for.
    Short,
    /// The answer is well-formed and holds more than was asked for.
    Long,
    /// A bit of the body is not as it was stored.
    Flip,
    /// The object is gone from now on, though it was listed: 404 `NoSuchKey`.
    Gone,
    /// The object is another from now on: 412 to whoever asks for the listed one.
    Replaced,
    /// As `Replaced`, by a service that does not look at conditions: the other object's bytes.
    Swapped,
    /// 403 `ExpiredToken`.
    ExpiredToken,
    /// 301 `PermanentRedirect` to another region.
    Redirect,
    /// 403 `RequestTimeTooSkewed`.
    Skewed,
    /// A page of a listing holds names twice.
    ListRepeat,
    /// A page of a listing is in no order.
    ListReorder,
    /// A page of a listing says to go on at the listing's start.
    ListLoop,
    /// A page says that there are more, and not where.
    ListLost,
}

/// An operation that a fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultyOperation {
    Get,
    List,
    Head,
    Put,
    Delete,
    Any,
}

/// When a fault strikes, among the requests that it may befall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultyWhen {
    /// Each time.
    Always,
    /// The request of that number, from 1.
    Number(u64),
    /// The request of that number, from 1, and all after it.
    From(u64),
    /// A share of the requests, from 0 to 1. The seed, the request and how often it came before decide, so that a run
    /// meets the same faults again, in whatever order its requests come.
    Rate { share: f64, seed: u64 },
}

/// The names of the kinds, as a command line has them.
const KINDS: [(&str, FaultKind); 23] = [
    ("internal", FaultKind::Internal),
    ("slow-down", FaultKind::SlowDown),
    ("delay", FaultKind::Delay(Duration::from_millis(100))),
    ("stall-head", FaultKind::StallHead),
    ("stall-body", FaultKind::StallBody),
    ("drip", FaultKind::Drip),
    ("reset", FaultKind::Reset),
    ("cut", FaultKind::Cut),
    ("surplus", FaultKind::Surplus),
    ("stray", FaultKind::Stray),
    ("short", FaultKind::Short),
    ("long", FaultKind::Long),
    ("flip", FaultKind::Flip),
    ("gone", FaultKind::Gone),
    ("replaced", FaultKind::Replaced),
    ("swapped", FaultKind::Swapped),
    ("expired-token", FaultKind::ExpiredToken),
    ("redirect", FaultKind::Redirect),
    ("skewed", FaultKind::Skewed),
    ("list-repeat", FaultKind::ListRepeat),
    ("list-reorder", FaultKind::ListReorder),
    ("list-loop", FaultKind::ListLoop),
    ("list-lost", FaultKind::ListLost),
];

const OPERATIONS: [(&str, FaultyOperation); 6] = [
    ("GET", FaultyOperation::Get),
    ("LIST", FaultyOperation::List),
    ("HEAD", FaultyOperation::Head),
    ("PUT", FaultyOperation::Put),
    ("DELETE", FaultyOperation::Delete),
    ("any", FaultyOperation::Any),
];

impl FaultKind {
    /// Every kind, a delay with its default.
    pub fn all() -> impl Iterator<Item = FaultKind> {
        KINDS.iter().map(|(_, kind)| *kind)
    }

    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        let is_same = |kind: FaultKind| std::mem::discriminant(&kind) == std::mem::discriminant(&self);
        KINDS.iter().find(|(_, kind)| is_same(*kind)).map_or("", |(name, _)| name)
    }

    /// Whether it befalls requests of that kind where nothing else is said.
    pub(super) fn befalls(self, kind: RequestKind) -> bool {
        match self {
            Self::ListRepeat | Self::ListReorder | Self::ListLoop | Self::ListLost => kind == RequestKind::List,
            Self::Surplus
            | Self::Stray
            | Self::Short
            | Self::Long
            | Self::Flip
            | Self::Gone
            | Self::Replaced
            | Self::Swapped => kind == RequestKind::Get,
            _ => matches!(kind, RequestKind::Get | RequestKind::List),
        }
    }
}

impl FaultyOperation {
    pub(super) fn is(self, kind: RequestKind) -> bool {
        match self {
            Self::Get => kind == RequestKind::Get,
            Self::List => kind == RequestKind::List,
            Self::Head => kind == RequestKind::Head,
            Self::Put => kind == RequestKind::Put,
            Self::Delete => kind == RequestKind::Delete,
            Self::Any => true,
        }
    }
}

impl Fault {
    /// One that strikes each time.
    pub fn always(kind: FaultKind) -> Fault {
        Fault { kind, operation: None, key: None, when: FaultyWhen::Always, times: None }
    }

    /// One that strikes a share of the requests.
    pub fn at_rate(kind: FaultKind, share: f64, seed: u64) -> Fault {
        Fault { when: FaultyWhen::Rate { share, seed }, ..Fault::always(kind) }
    }

    /// The same for one operation alone.
    #[must_use]
    pub fn on(self, operation: FaultyOperation) -> Fault {
        Fault { operation: Some(operation), ..self }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        let (name, settings) = text.split_once(':').unwrap_or((text, ""));
        let known = || KINDS.map(|(name, _)| name).join(", ");
        let kind = KINDS.iter().find(|(known, _)| *known == name);
        let (_, kind) = kind.ok_or_else(|| format!("`{name}` is no fault; there are {}", known()))?;
        let mut fault = Fault::always(*kind);
        let (mut share, mut seed) = (None, None);
        for setting in settings.split(',').filter(|setting| !setting.is_empty()) {
            let (name, value) =
                setting.split_once('=').ok_or_else(|| format!("`{setting}` is not of the form `name=value`"))?;
            match name {
                "op" => fault.operation = Some(operation(value)?),
                "key" => fault.key = Some(value.to_owned()),
                "n" => fault.when = FaultyWhen::Number(number(value)?),
                "from" => fault.when = FaultyWhen::From(number(value)?),
                "times" => fault.times = Some(number(value)?),
                "rate" => share = Some(rate(value)?),
                "seed" => seed = Some(number(value)?),
                "ms" => match &mut fault.kind {
                    FaultKind::Delay(delay) => *delay = Duration::from_millis(number(value)?),
                    _ => return Err("`ms` is for `delay` alone".to_owned()),
                },
                _ => return Err(format!("`{name}` is no setting; there are op, key, n, from, rate, seed, times, ms")),
            }
        }
        match (share, seed, fault.when) {
            (Some(share), seed, FaultyWhen::Always) => {
                fault.when = FaultyWhen::Rate { share, seed: seed.unwrap_or_default() };
            }
            (Some(_), ..) => return Err("`rate` can not stand beside `n` or `from`".to_owned()),
            (None, Some(_), _) => return Err("`seed` needs `rate`".to_owned()),
            (None, None, _) => {}
        }
        Ok(fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut settings = Vec::new();
        if let FaultKind::Delay(delay) = self.kind {
            settings.push(format!("ms={}", delay.as_millis()));
        }
        if let Some((name, _)) = OPERATIONS.iter().find(|(_, operation)| Some(*operation) == self.operation) {
            settings.push(format!("op={name}"));
        }
        settings.extend(self.key.iter().map(|key| format!("key={key}")));
        match self.when {
            FaultyWhen::Always => {}
            FaultyWhen::Number(number) => settings.push(format!("n={number}")),
            FaultyWhen::From(number) => settings.push(format!("from={number}")),
            FaultyWhen::Rate { share, seed } => settings.push(format!("rate={share},seed={seed}")),
        }
        settings.extend(self.times.map(|times| format!("times={times}")));
        let colon = if settings.is_empty() { "" } else { ":" };
        write!(formatter, "{}{colon}{}", self.kind.name(), settings.join(","))
    }
}

fn operation(text: &str) -> Result<FaultyOperation, String> {
    let found = OPERATIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found
        .map(|(_, operation)| *operation)
        .ok_or_else(|| format!("`{text}` is no operation; there are {}", OPERATIONS.map(|(name, _)| name).join(", ")))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number"))
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(format!("`{text}` is not a share from 0 to 1")),
    }
}
