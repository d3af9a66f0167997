//! Runs netpol beside other engines. `netpol-peers --help` tells how.

mod arguments;
mod contest;

use std::error::Error;
use std::process::ExitCode;

use self::arguments::{Arguments, HELP, Output};
use self::contest::Contest;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("netpol-peers: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let Some(arguments) = Arguments::parse(lexopt::Parser::from_env())? else {
        print!("{HELP}");
        return Ok(());
    };
    let output = arguments.output;
    let contest = Contest::new(arguments)?;
    let mut shown = |world: &netpol_benches::peers::WorldReport| {
        if matches!(output, Output::Table) {
            println!("{world}");
        }
    };
    let report = contest.run(&mut shown)?;
    if matches!(output, Output::Json) {
        println!("{}", serde_json::to_string_pretty(&report)?);
    }
    Ok(())
}
