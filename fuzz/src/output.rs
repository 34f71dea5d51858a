//! The names of formats out of pinq's `output`, without the encoders.

#[path = "../../src/output/format.rs"]
mod format;
#[path = "../../src/output/formulas.rs"]
mod formulas;

pub use format::Format;
pub use formulas::Formulas;
