//! Questions written as lines of text, for tests whose subject is what a cluster answers.

use std::net::IpAddr;

use netpol_core::net::Protocol;
use netpol_core::packet::Transport;
use netpol_core::{Engine, Packet, Party, Question, Verdict, render};

/// Every line of `lines` that the engine answers otherwise, with the answer it gives.
///
/// A line reads `<end> -> <end> <protocol> [<port>] <verdict>`, where an end is an address or the
/// name of an endpoint. It is put as a question and, when both ends have addresses, as a packet.
pub(crate) fn wrong_answers(engine: &Engine, lines: &str) -> Vec<String> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter_map(|line| Row::read(engine, line).wrong(engine)).collect()
}

/// Panics with every line of `lines` that the engine answers otherwise.
#[track_caller]
pub(crate) fn assert_answers(engine: &Engine, lines: &str) {
    let wrong = wrong_answers(engine, lines);
    assert!(wrong.is_empty(), "wrong answers:\n{}", wrong.join("\n"));
}

/// Everything an engine has to say between any two of its endpoints and the outside: equal for
/// clusters that hold the same.
pub(crate) fn portrait(engine: &Engine) -> Vec<String> {
    let outside = ["192.0.2.1", "2001:db8::1"].map(|text| Party::from(address(text)));
    let parties = || engine.endpoints().map(Party::from).chain(outside);
    let mut answers = Vec::new();
    for (source, destination) in parties().flat_map(|a| parties().map(move |b| (a, b))) {
        for (protocol, transport) in [
            (Protocol::TCP, Transport::Ports { source: 0, destination: 80 }),
            (Protocol::UDP, Transport::Ports { source: 0, destination: 53 }),
            (Protocol::ICMP, Transport::Icmp { kind: 8, code: 0 }),
        ] {
            let question = Question::new(source, destination, protocol, transport);
            answers.push(match engine.explain_question(&question) {
                Ok(mut explanation) => {
                    explanation.generation = 0;
                    render::explanation_json(&explanation)
                }
                Err(error) => error.to_string(),
            });
        }
    }
    answers
}

/// The address that `text` spells.
pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

struct Row<'line> {
    line: &'line str,
    question: Question,
    packet: Option<Packet>,
    expected: Verdict,
}

impl<'line> Row<'line> {
    fn read(engine: &Engine, line: &'line str) -> Row<'line> {
        let (source, destination, traffic, expected) =
            match *line.split_whitespace().collect::<Vec<_>>() {
                [source, "->", destination, protocol, port, expected] => {
                    (source, destination, ports(protocol, port), expected)
                }
                [source, "->", destination, "ICMP", expected] => {
                    let transport = Transport::Icmp { kind: 8, code: 0 };
                    (source, destination, (Protocol::ICMP, transport), expected)
                }
                _ => panic!("not a question: {line}"),
            };
        let (protocol, transport) = traffic;
        let (source, destination) = (party(engine, source), party(engine, destination));
        let question = Question::new(source, destination, protocol, transport);
        let ends = engine.explain_question(&question).ok().and_then(|explanation| {
            explanation.source.address.zip(explanation.destination.address)
        });
        let packet =
            ends.map(|(source, destination)| Packet::new(source, destination, protocol, transport));
        let expected = match expected {
            "allow" => Verdict::Allow,
            "deny" => Verdict::Deny,
            _ => panic!("not a verdict: {line}"),
        };
        Row { line, question, packet, expected }
    }

    fn wrong(&self, engine: &Engine) -> Option<String> {
        let mut answers = vec![("question", engine.decide_question(&self.question))];
        if let Some(packet) = &self.packet {
            let mut batch = [Verdict::from_allowed(!self.expected.is_allow())];
            engine.decide_batch(&[*packet], &mut batch).expect("one verdict for one packet");
            answers.push(("decide", Ok(engine.decide(packet))));
            answers.push(("decide_batch", Ok(batch[0])));
            answers.push(("attribute", Ok(engine.attribute(packet).verdict)));
        }
        answers.retain(|(_, answer)| *answer != Ok(self.expected));
        let explanation = match engine.explain_question(&self.question) {
            Ok(explanation) => explanation.to_string(),
            Err(error) => error.to_string(),
        };
        (!answers.is_empty()).then(|| format!("{}: {answers:?}\n{explanation}", self.line))
    }
}

fn ports(protocol: &str, port: &str) -> (Protocol, Transport) {
    let protocol = Protocol::from_api(protocol).expect("a protocol with ports");
    let destination = port.parse().expect("a port number");
    (protocol, Transport::Ports { source: 0, destination })
}

fn party(engine: &Engine, text: &str) -> Party {
    match text.parse::<IpAddr>() {
        Ok(address) => Party::from(address),
        Err(_) => Party::from(engine.endpoint(text).unwrap_or_else(|error| panic!("{error}"))),
    }
}
