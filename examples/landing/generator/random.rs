//! Random numbers: splitmix64, seeded by what they are for.
//!
//! Own code rather than a crate, since the bytes of `data-samples` depend on it and must not change with a version.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream for one purpose: the same parts give the same stream, and any other part gives another.
    pub fn new(parts: [u64; 3]) -> Self {
        let mut state = 0;
        for part in parts {
            state = mix(state ^ part).wrapping_add(GOLDEN);
        }
        Random { state }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        let product = u128::from(self.bits()) * u128::from(end);
        (product >> 64) as u64
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// A number below `end`, the small ones far more often: half of all fall in the first eighth.
    pub fn skewed(&mut self, end: u64) -> u64 {
        let unit = self.unit();
        // Products of doubles are rounded the same everywhere; `powf` is not.
        ((unit * unit * unit * end as f64) as u64).min(end.saturating_sub(1))
    }

    /// True in that share of all calls.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of the items.
    pub fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items.get(self.below(items.len() as u64) as usize).copied().unwrap_or_default()
    }

    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The 12 hex digits that name the topics of a seed.
pub fn topic_id(seed: u64) -> String {
    let bits = Random::new([seed, 0, u64::MAX]).bits();
    format!("{:012x}", bits >> 16)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
