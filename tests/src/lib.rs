//! What the tests and benchmarks of Kahriz share: links that are slow or cut, figures of what a process costs, batches
//! without a store, and the measured day in the field.
//!
//! Nothing here is shipped. The programs beside it (`src/bin`) measure; they are no tests, because what they measure
//! depends on the machine.

pub mod batches;
pub mod dictionary;
pub mod export;
pub mod field_day;
pub mod measure;
pub mod proxy;
pub mod slow_lines;
pub mod soak;
pub mod targets;
pub mod world;
