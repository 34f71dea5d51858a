//! Numbers that look random and come again with their seed.

/// A source of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// The seed of a test: `given`, or `PINQ_SEED` for whoever looks for more than the tests hold by themselves.
    pub(crate) fn seed(given: u64) -> u64 {
        wished("PINQ_SEED").unwrap_or(given)
    }

    /// The steps of a test: `given`, or `PINQ_STEPS`.
    pub(crate) fn steps(given: usize) -> usize {
        wished("PINQ_STEPS").map_or(given, |steps| steps as usize)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 on, and below that one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Whether it happens that happens once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A number that whoever runs the tests asks for.
#[expect(clippy::disallowed_methods, reason = "the wish of whoever runs the tests; nothing sets it otherwise")]
pub(crate) fn wished(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|number| number.parse().ok())
}
