//! Measures netpol on made-up clusters. `netpol-bench --help` tells how.

mod arguments;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;

use netpol_benches::{Subject, Suite, chart, decide, measure, memory};
use netpol_core::Packet;

use self::arguments::{HELP, Output, Task};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("netpol-bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    match Task::parse(lexopt::Parser::from_env())? {
        Task::Help => print!("{HELP}"),
        Task::Measure(plan, output) => print(&Suite::of(vec![measure(&plan)?]), output)?,
        Task::Suite(worlds, arguments, output) => {
            print(&Suite::measure(&worlds, &arguments)?, output)?;
        }
        Task::Count(world, trace, decisions) => {
            let subject = Subject::new(&world, &trace)?;
            let packets = subject.trace.packets.iter().copied().cycle();
            let packets = packets.take(decisions).collect::<Vec<Packet>>();
            let mut reader = subject.cluster.readers().reader();
            black_box(decide::singly(&mut reader, &packets));
            black_box(decide::in_batches(&mut reader, &packets, decide::BATCH));
            black_box(decide::attributed(&mut reader, &packets));
            black_box(decide::interpreted(&subject.interpreter, &packets));
        }
        Task::Chart { suite, directory } => {
            for (name, drawing) in chart::all(&read(&suite)?) {
                std::fs::write(directory.join(name), drawing)?;
            }
        }
        Task::Summary(suite) => print!("{}", read(&suite)?.summary()),
        Task::Settle => println!("{}", serde_json::to_string(&memory::settle()?)?),
    }
    Ok(())
}

fn read(file: &Path) -> Result<Suite, Box<dyn Error>> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

fn print(suite: &Suite, output: Output) -> Result<(), Box<dyn Error>> {
    match output {
        Output::Table => {
            let reports = suite.reports.iter().map(ToString::to_string).collect::<Vec<_>>();
            print!("{}", reports.join("\n\n"));
        }
        Output::Json => println!("{}", serde_json::to_string_pretty(suite)?),
    }
    Ok(())
}
