//! The use cases, and the two ports they stand on: ledger and queue.

mod apply;
mod calls;
mod catalogue;
mod check;
mod engine;
mod error;
mod families;
pub mod figures;
mod inventory;
mod orders;
pub mod overlay;
mod pair;
pub mod ports;
mod preview;
mod record;
mod restore;
mod rows;
mod run;
pub mod seal;
mod status;
mod survey;
mod tick;
mod trace;
mod wake;
mod webhooks;
mod worker;

pub use calls::CALLS;
pub use check::{Check, Finding};
pub use engine::{Engine, Limits, Stop};
pub use error::Error;
pub use orders::{EffectStory, Notify, OrderStory, Settlement, WaitingOrder};
pub use preview::{Preview, PreviewLine};
pub use retail::settings::Fault;
pub use rows::{
    log::{Event, LogLine, LogQuery, STORY},
    orders::Told,
    pause::Pause,
    records::Put,
    runs::{Counts, Run, RunKind, Stage},
};
pub use status::{DepartmentStatus, RunStatus};
pub use tick::Tick;
pub use trace::Trace;
pub use wake::Wake;
pub use webhooks::{Delivery, Hint, webhook_url};
