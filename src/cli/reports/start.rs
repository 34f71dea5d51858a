//! `pinq report start`: the scheduler in the foreground.
//!
//! Owns what it is started with, and what signals mean to it. When reports run is `report::scheduler`'s.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::no_reports;
use crate::cli::options::CommonArgs;
use crate::cli::signals::{Said, SchedulerSignals, Signals};
use crate::config::{Clock, Config, Environment, SystemClock, parse_age};
use crate::engine::Memory;
use crate::error::{Error, Kind, Result};
use crate::publication::Holder;
use crate::report::scheduled::{ScheduledRuns, Shared};
use crate::report::scheduler::{Order, Scheduler, SchedulerOptions, Work};
use crate::report::status::{self, Status};
use crate::ui::logs::{self, LogFormat};
use crate::ui::{ErrorStream, Ui, human};

/// Run every report at its hour, until stopped
///
/// It stays in the foreground, for systemd, a container or a terminal. A report's last time that was missed is caught
/// up with at the start, unless it was published, here or on another host. A run that fails is tried again, later each
/// time, until `retries` are used up or the next time comes.
///
/// SIGTERM and SIGINT begin nothing more, let what runs end within `--grace` and then cancel it: the exit code is 0. A
/// second one cancels at once, which is 130. What was cancelled is run at the next start. SIGHUP reads the
/// configuration again; one with errors changes nothing.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// How long what runs may go on after SIGTERM or SIGINT: `30s`, `5m`, `1h`
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    grace: Duration,
    /// Reports that may run at once, within one memory limit
    #[arg(long, value_name = "REPORTS", default_value = "4")]
    at_once: NonZeroUsize,
    /// Serve /health, /reports and /metrics over HTTP there, for instance at `127.0.0.1:9191`
    ///
    /// Port 0 is any that is free; the log says which. Whoever reaches the address can read it.
    #[arg(long, value_name = "ADDRESS:PORT")]
    status_listen: Option<SocketAddr>,
    /// How the log is written; by default as text on a terminal, else as JSON, an entry a line
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormatName>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatName {
    Text,
    Json,
}

/// Runs until a signal stops it.
pub async fn run(
    ui: &Ui,
    common: &CommonArgs,
    environment: &Environment,
    arguments: &StartArgs,
    signals: &Signals,
) -> Result<()> {
    if let Some(option) = common.way_of_writing() {
        return Err(Error::usage(format!("reports are written as their configuration says, not as `{option}` does"))
            .hint("set `formats`, `csv_formulas` and `destination` under `[reports.NAME]`"));
    }
    let config = common.config(environment)?;
    if !config.reports.iter().any(|report| report.schedule.is_some()) {
        return Err(no_schedule(&config));
    }
    // Questions compute on the runtime of this command; the scheduler has a thread of its own, whatever they do. This
    // thread has nothing else to do than to wait for it.
    let runs = Handle::current();
    let scheduling = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(schedule(ui, common, environment, arguments, signals, config, runs))
    };
    std::thread::scope(|scope| scope.spawn(scheduling).join())
        .unwrap_or_else(|_| Err(Error::bug("the scheduler stopped at a state that it should never reach")))
}

async fn schedule(
    ui: &Ui,
    common: &CommonArgs,
    environment: &Environment,
    arguments: &StartArgs,
    signals: &Signals,
    config: Config,
    runs: Handle,
) -> Result<()> {
    let status = match arguments.status_listen {
        Some(address) => Some(Status::listen(address).await?),
        None => None,
    };
    let (host, process) = (environment.get("HOSTNAME").unwrap_or("pinq"), std::process::id());
    let shared = Shared {
        memory: Memory::of(&config.session),
        holder: Holder::new(&format!("{host} (process {process})"))?,
        clock: Arc::new(SystemClock),
        runs,
    };
    let options = SchedulerOptions {
        at_once: arguments.at_once.get(),
        grace: TimeDelta::from_std(arguments.grace).unwrap_or(TimeDelta::MAX),
        // Two hosts that fail together should not try again together.
        seed: u64::from(process) ^ SystemClock.now().timestamp().unsigned_abs(),
    };
    begin_log(ui, arguments)?;
    let received = signals.leave_to_the_scheduler()?;
    let starting = Starting { common, environment, shared, was_terminal: std::io::stderr().is_terminal() };
    let (orders, obeyed) = mpsc::channel(16);
    let scheduler = Scheduler::new(Arc::clone(&starting.shared.clock), starting.work(config), options);
    let serving = status.map(|status| tokio::spawn(status.serve(status::asking(orders.clone()))));
    let stopped = tokio::select! {
        stopped = scheduler.run(obeyed) => stopped,
        never = starting.obey(received, orders) => match never {},
    };
    if let Some(serving) = serving {
        serving.abort();
    }
    if stopped.was_cut_short && stopped.cancelled > 0 {
        let runs = human::counted(stopped.cancelled as u64, "run was", "runs were");
        return Err(Error::new(Kind::Interrupted, format!("interrupted: {runs} cancelled")));
    }
    Ok(())
}

/// What is needed again when the configuration is read again.
struct Starting<'a> {
    common: &'a CommonArgs,
    environment: &'a Environment,
    shared: Shared,
    /// Whether the log began on a terminal.
    was_terminal: bool,
}

impl Starting<'_> {
    fn work(&self, config: Config) -> Work<ScheduledRuns> {
        let reports = config.reports.iter().cloned().map(Arc::new).collect();
        let runner = ScheduledRuns::new(Arc::new(config), self.environment.clone(), self.shared.clone());
        Work { reports, runner: Arc::new(runner) }
    }

    /// Turns signals into orders.
    async fn obey(
        &self,
        mut signals: SchedulerSignals,
        orders: mpsc::Sender<Order<ScheduledRuns>>,
    ) -> std::convert::Infallible {
        loop {
            let order = match signals.next().await {
                Said::Stop => Order::Stop,
                // The terminal itself was closed; nobody would see or stop what goes on.
                Said::Reload if self.was_terminal && !std::io::stderr().is_terminal() => Order::Stop,
                Said::Reload => match self.common.config(self.environment) {
                    Ok(config) => {
                        logs::tell("the configuration was read again");
                        Order::Reload(self.work(config))
                    }
                    Err(error) => {
                        logs::tell_error("the configuration could not be read again; the one before stays", &error);
                        continue;
                    }
                },
            };
            // It is gone only where it has ended.
            if orders.send(order).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

fn begin_log(ui: &Ui, arguments: &StartArgs) -> Result<()> {
    let (stderr, colour) = (ui.options().stderr, ui.options().colour);
    let format = match arguments.log_format {
        None => LogFormat::of(stderr, colour),
        Some(LogFormatName::Text) => LogFormat::of(ErrorStream::Terminal, colour),
        Some(LogFormatName::Json) => LogFormat::Json,
    };
    logs::begin(format, ui.options().loudness)
}

fn no_schedule(config: &Config) -> Error {
    let error = Error::usage("no report has a schedule");
    match config.reports.first() {
        Some(report) => error.hint(format!("set `schedule = \"0 6 * * *\"` of `[reports.{}]`", report.name)),
        None => no_reports(config, error),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    parse_age(text)
}
