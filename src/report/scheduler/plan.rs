//! What is due and when to look again, as a function of instants.
//!
//! Owns the rules: a report never runs beside itself, a time that comes while the one before runs waits for it, times
//! that were missed collapse into the latest, and so many reports run at once. It must not look at a clock, run
//! anything or wait: the instant is an argument.
//!
//! How far back a missed time is caught up with follows from the first rule of `latest`: the last scheduled time before
//! now, which is one period back at most.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::schedule::Schedule;

/// A time that was due for so long, and for which there was a place, shows that the scheduler does not do its work.
const OVERDUE: TimeDelta = TimeDelta::minutes(5);
/// The shortest wait before another host's claim is looked at again.
const SHORTEST_WAIT: TimeDelta = TimeDelta::seconds(1);
/// How long it is waited at most before another host is asked again whether it has ended.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(30);

/// The reports and where each of them stands.
#[derive(Debug)]
pub struct Plan {
    entries: BTreeMap<String, Entry>,
    at_once: usize,
}

/// A report whose time has come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The time.
    pub scheduled_for: DateTime<Utc>,
    /// The report's name.
    pub report: String,
}

/// How the carrying out of a time ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is published, here or by another host, or given up.
    Settled,
    /// Another host has the report, until then if nothing more is heard of it.
    Theirs {
        /// When its claim expires.
        until: DateTime<Utc>,
    },
    /// It was stopped; the time is still to be run.
    Stopped,
}

/// Where a report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is to be done before its next time.
    Resting,
    /// That time has come and waits for a place.
    Waiting(DateTime<Utc>),
    /// It runs for that time.
    Running(DateTime<Utc>),
    /// Another host has it; it is asked for again then.
    Elsewhere(DateTime<Utc>),
}

#[derive(Debug)]
struct Entry {
    schedule: Schedule,
    /// The first scheduled time that was in the future when the entry was last looked at.
    next: Option<DateTime<Utc>>,
    /// The latest time that has come, while it is not settled, and since when it is known.
    pending: Option<(DateTime<Utc>, DateTime<Utc>)>,
    settled: Option<DateTime<Utc>>,
    state: State,
    /// Whether the configuration still has it.
    is_wanted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Running(DateTime<Utc>),
    Elsewhere(DateTime<Utc>),
}

impl Plan {
    /// A plan of nothing, in which `at_once` reports may run at once, one at least.
    pub fn new(at_once: usize) -> Plan {
        Plan { entries: BTreeMap::new(), at_once: at_once.max(1) }
    }

    /// Goes by `reports` from now on. A report that is new, or has another schedule, catches up with the last time of
    /// that schedule, as after a start. One that is gone and runs is forgotten when it has ended.
    pub fn set(&mut self, reports: impl IntoIterator<Item = (String, Schedule)>, now: DateTime<Utc>) {
        for entry in self.entries.values_mut() {
            entry.is_wanted = false;
        }
        for (name, schedule) in reports {
            let entry = self.entries.entry(name).or_insert_with(|| Entry::new(schedule.clone()));
            let is_same = entry.schedule.text() == schedule.text() && entry.schedule.zone() == schedule.zone();
            entry.is_wanted = true;
            entry.schedule = schedule;
            if !is_same || entry.next.is_none() {
                entry.pending = None;
                entry.look(now);
            }
        }
        self.entries.retain(|_, entry| entry.is_wanted || matches!(entry.state, State::Running(_)));
    }

    /// What is to be started now, in the order in which it was due.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<Due> {
        let mut due = Vec::new();
        for (name, entry) in self.entries.iter_mut().filter(|(_, entry)| entry.is_wanted) {
            entry.observe(now);
            let is_free = match entry.state {
                State::Idle => true,
                State::Running(_) => false,
                State::Elsewhere(until) => until <= now,
            };
            if let (Some((scheduled_for, _)), true) = (entry.pending, is_free) {
                due.push(Due { scheduled_for, report: name.clone() });
            }
        }
        due.sort();
        due.truncate(self.free_places());
        due
    }

    /// Notes that a report runs.
    pub fn started(&mut self, due: &Due) {
        if let Some(entry) = self.entries.get_mut(&due.report) {
            entry.state = State::Running(due.scheduled_for);
        }
    }

    /// Notes how it ended.
    pub fn ended(&mut self, due: &Due, ended: Ended, now: DateTime<Utc>) {
        let Some(entry) = self.entries.get_mut(&due.report) else { return };
        entry.state = State::Idle;
        match ended {
            Ended::Settled => {
                entry.settled = entry.settled.max(Some(due.scheduled_for));
                entry.pending = entry.pending.filter(|(pending, _)| Some(*pending) > entry.settled);
            }
            Ended::Theirs { until } => {
                entry.state = State::Elsewhere(until.min(now + LONGEST_WAIT).max(now + SHORTEST_WAIT))
            }
            Ended::Stopped => {}
        }
        if !entry.is_wanted {
            self.entries.remove(&due.report);
        }
    }

    /// When [`Plan::due`] may say something else than now, if nothing starts or ends before; never where there is
    /// nothing to wait for.
    pub fn wake(&self) -> Option<DateTime<Utc>> {
        let wanted = self.entries.values().filter(|entry| entry.is_wanted);
        wanted.filter_map(Entry::wake).min()
    }

    /// Whether anything has been due for minutes and could have been started.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        let is_late = |entry: &Entry| {
            let since = entry.pending.map(|(_, since)| since).or(entry.next);
            entry.is_wanted && entry.state == State::Idle && since.is_some_and(|since| now - since > OVERDUE)
        };
        self.free_places() > 0 && self.entries.values().any(is_late)
    }

    /// Each report that the configuration has, by name.
    pub fn standings(&self) -> impl Iterator<Item = (&str, &Schedule, Standing)> {
        let wanted = self.entries.iter().filter(|(_, entry)| entry.is_wanted);
        wanted.map(|(name, entry)| (name.as_str(), &entry.schedule, entry.standing()))
    }

    fn free_places(&self) -> usize {
        let running = self.entries.values().filter(|entry| matches!(entry.state, State::Running(_))).count();
        self.at_once.saturating_sub(running)
    }
}

impl Entry {
    fn new(schedule: Schedule) -> Entry {
        Entry { schedule, next: None, pending: None, settled: None, state: State::Idle, is_wanted: true }
    }

    /// Notes the times that have come.
    fn observe(&mut self, now: DateTime<Utc>) {
        if self.next.is_some_and(|next| next <= now) {
            self.look(now);
        }
    }

    fn look(&mut self, now: DateTime<Utc>) {
        self.next = self.schedule.next(now);
        let running = match self.state {
            State::Running(scheduled_for) => Some(scheduled_for),
            State::Idle | State::Elsewhere(_) => None,
        };
        let known = self.settled.max(running).max(self.pending.map(|(pending, _)| pending));
        if let Some(latest) = self.schedule.latest(now).filter(|latest| Some(*latest) > known) {
            self.pending = Some((latest, now));
        }
    }

    fn wake(&self) -> Option<DateTime<Utc>> {
        let elsewhere = match self.state {
            State::Elsewhere(until) if self.pending.is_some() => Some(until),
            State::Elsewhere(_) | State::Idle | State::Running(_) => None,
        };
        [self.next, elsewhere].into_iter().flatten().min()
    }

    fn standing(&self) -> Standing {
        match (self.state, self.pending) {
            (State::Running(scheduled_for), _) => Standing::Running(scheduled_for),
            (_, None) => Standing::Resting,
            (State::Elsewhere(until), Some(_)) => Standing::Elsewhere(until),
            (State::Idle, Some((scheduled_for, _))) => Standing::Waiting(scheduled_for),
        }
    }
}
