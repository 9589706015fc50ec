//! The program's own log, to stderr: sentences with fields.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    options::{Command, Options},
    progress,
};

/// `RUST_LOG` says what is told; without it `-v` does.
pub(crate) fn set_up(options: &Options) {
    let by_itself = matches!(&options.command, Command::Run(_));
    let level = match (options.verbose, by_itself) {
        (0, false) => "warn",
        (0, true) | (1, false) => "info",
        (1, true) | (2, _) => "debug",
        _ => "trace",
    };
    // The house's own crates; what lies below speaks when something is wrong, or with -vvv.
    let below = if options.verbose > 2 { "debug" } else { "warn" };
    let own =
        ["loomis_woo", "sync", "loomis", "woocommerce", "retail", "local", "aws", "outside", "simulators"]
            .map(|name| format!("{name}={level}"))
            .join(",");
    // `run` passes the departments' logs on by itself, other processes' lines too.
    let story = if by_itself { "off" } else { level };
    // Each call to a side is for whoever looks closely.
    let calls = if options.verbose > 0 { level } else { "warn" };
    let apart = format!("{}={story},{}={calls}", sync::STORY, sync::CALLS);
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{below},{own},{apart}")));
    let colours =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let told = tracing_subscriber::fmt().with_env_filter(filter).with_writer(AroundTheBar).with_target(false);
    if options.json {
        told.json().init();
    } else {
        told.with_ansi(colours).compact().init();
    }
}

/// Stderr, with the progress bar out of the way.
struct AroundTheBar;

impl<'a> MakeWriter<'a> for AroundTheBar {
    type Writer = AroundTheBar;

    fn make_writer(&'a self) -> AroundTheBar {
        AroundTheBar
    }
}

impl Write for AroundTheBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        progress::around(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
