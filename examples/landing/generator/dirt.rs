//! The dirt of real topics: how often each kind occurs, and how it is written.
//!
//! Shares are those seen in real landings; the factor multiplies them.

use super::random::Random;

/// How dirty the records are.
#[derive(Clone, Copy, Debug)]
pub struct Dirt {
    factor: f64,
}

/// An instant to the second, by its calendar parts.
#[derive(Clone, Copy, Debug)]
pub struct Instant {
    /// Years.
    pub year: u64,
    /// 1 to 12.
    pub month: u64,
    /// 1 to 28, so that every month has it.
    pub day: u64,
    /// 0 to 23.
    pub hour: u64,
    /// 0 to 59.
    pub minute: u64,
    /// 0 to 59.
    pub second: u64,
}

impl Dirt {
    /// Dirt by that factor: 1 is what real topics show, 0 is none.
    pub fn new(factor: f64) -> Self {
        Dirt { factor }
    }

    /// Restarts of a poster, each of which repeats three records on average.
    pub fn repeats(self) -> f64 {
        self.share(0.012)
    }

    /// Records of another topic.
    pub fn stray(self) -> f64 {
        self.share(0.000_5)
    }

    /// Geo and user records that never came.
    pub fn lost(self) -> f64 {
        self.share(0.002)
    }

    /// Posts in story format, which lack most of what others have.
    pub fn story(self) -> f64 {
        // Already common in real topics: no factor would make it a better test.
        if self.factor > 0.0 { 0.08 } else { 0.0 }
    }

    /// A sentinel in one field, whatever the others say.
    pub fn sentinel(self) -> f64 {
        self.share(0.01)
    }

    /// A value that is missing: null, or the empty text.
    pub fn missing(self) -> f64 {
        self.share(0.004)
    }

    /// A timestamp that no format reads.
    pub fn unreadable(self) -> f64 {
        self.share(0.000_5)
    }

    /// Appends a JSON string whose `content` is escaped already, now and then with blanks around it or empty.
    pub fn write_text(self, out: &mut Vec<u8>, random: &mut Random, content: &[u8]) {
        out.push(b'"');
        if !random.chance(self.missing()) {
            let blank = random.chance(self.share(0.02));
            let side = if blank { random.below(4) } else { 4 };
            match side {
                0 => out.push(b' '),
                1 => out.extend_from_slice(b"  "),
                _ => {}
            }
            out.extend_from_slice(content);
            match side {
                1 | 2 => out.push(b' '),
                3 => out.extend_from_slice(b" \\t"),
                _ => {}
            }
        }
        out.push(b'"');
    }

    /// Appends an instant as a JSON string in one of the four formats.
    ///
    /// A poster keeps to its format for a while: `position` says which one is at work.
    pub fn write_instant(self, out: &mut Vec<u8>, random: &mut Random, instant: Instant, position: u64) {
        out.push(b'"');
        if random.chance(self.unreadable()) {
            out.extend_from_slice(random.pick(&UNREADABLE).as_bytes());
        } else {
            let poster = Random::new([position / 40, 0x7155, 0]).below(8);
            let format = match (self.factor > 0.0, random.chance(0.85)) {
                (false, _) => 0,
                (true, true) => poster,
                (true, false) => random.below(8),
            };
            match format {
                0..=2 => instant.write(out, b"-", b" "),
                3 | 4 if random.chance(self.share(0.08)) => instant.write_with_zone(out, random),
                3 | 4 => instant.write(out, b"-", b"T"),
                5 => instant.write(out, b":", b" "),
                _ => instant.write_american(out),
            }
        }
        out.push(b'"');
    }

    fn share(self, share: f64) -> f64 {
        (share * self.factor).min(0.5)
    }
}

impl Instant {
    /// An instant in one of those years, both included.
    pub fn within(random: &mut Random, first_year: u64, last_year: u64) -> Self {
        Instant {
            year: random.between(first_year, last_year),
            month: random.between(1, 12),
            day: random.between(1, 28),
            hour: random.below(24),
            minute: random.below(60),
            second: random.below(60),
        }
    }

    fn write(self, out: &mut Vec<u8>, dash: &[u8], between: &[u8]) {
        write_number(out, self.year);
        out.extend_from_slice(dash);
        write_two_digits(out, self.month);
        out.extend_from_slice(dash);
        write_two_digits(out, self.day);
        out.extend_from_slice(between);
        self.write_time(out);
    }

    /// With a fraction or a zone; the clock is set to the zone, so that the instant stays the same.
    fn write_with_zone(self, out: &mut Vec<u8>, random: &mut Random) {
        let (hours_ahead, ending) = match random.below(6) {
            0 => (0, "Z"),
            1 => (0, ".000"),
            2 => (0, ".000000Z"),
            3 if self.hour < 22 => (2, "+02:00"),
            4 if self.hour < 19 => (5, ".000+05:00"),
            _ => (0, "+00:00"),
        };
        Instant { hour: self.hour + hours_ahead, ..self }.write(out, b"-", b"T");
        out.extend_from_slice(ending.as_bytes());
    }

    fn write_american(self, out: &mut Vec<u8>) {
        write_two_digits(out, self.month);
        out.push(b'/');
        write_two_digits(out, self.day);
        out.push(b'/');
        write_number(out, self.year);
        out.extend_from_slice(b", ");
        self.write_time(out);
    }

    fn write_time(self, out: &mut Vec<u8>) {
        write_two_digits(out, self.hour);
        out.push(b':');
        write_two_digits(out, self.minute);
        out.push(b':');
        write_two_digits(out, self.second);
    }
}

/// Appends a number in decimal.
pub fn write_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

/// Appends a number below 100 with a leading zero where it is below 10.
pub fn write_two_digits(out: &mut Vec<u8>, number: u64) {
    out.push(b'0' + (number / 10 % 10) as u8);
    out.push(b'0' + (number % 10) as u8);
}

const UNREADABLE: [&str; 4] = ["2020-13-41 25:61:00", "yesterday", "28.08.2020 03:52", "NaT"];
