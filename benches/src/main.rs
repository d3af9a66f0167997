//! Measures netpol on made-up clusters. `netpol-bench --help` tells how.

mod arguments;

use std::error::Error;
use std::hint::black_box;
use std::process::ExitCode;

use netpol_benches::{Subject, decide, measure};
use netpol_core::Packet;

use self::arguments::{Arguments, HELP, Output, Work};

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
    let Some(arguments) = Arguments::parse(lexopt::Parser::from_env())? else {
        print!("{HELP}");
        return Ok(());
    };
    let mut subject = Subject::new(&arguments.world, &arguments.trace)?;
    match arguments.work {
        Work::Measure { repetitions } => {
            let report = measure(&mut subject, repetitions)?;
            match arguments.output {
                Output::Table => print!("{report}"),
                Output::Json => println!("{}", serde_json::to_string_pretty(&report)?),
            }
        }
        Work::Count { decisions } => {
            let packets = subject.trace.packets.iter().copied().cycle();
            let packets = packets.take(decisions).collect::<Vec<Packet>>();
            black_box(decide::singly(&subject.engine, &packets));
            black_box(decide::in_batches(&subject.engine, &packets));
            black_box(decide::interpreted(&subject.interpreter, &packets));
        }
    }
    Ok(())
}
