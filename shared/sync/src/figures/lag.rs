//! How far behind a department is, measured whenever its turn comes: a department that never gets one is missed by *Runs*.

use jiff::Timestamp;

use super::{About, Metric};
use crate::Engine;

impl Engine {
    /// Notes how long ago it became due, or was last read, of a department whose turn it is now.
    pub(crate) fn lags(&self, department: &str, since: Option<Timestamp>) {
        let Some(since) = since else { return };
        let behind = u64::try_from(self.now().duration_since(since).as_secs()).unwrap_or_default();
        self.figures.add(About::Department(department.to_owned()), Metric::Lag, behind);
    }
}
