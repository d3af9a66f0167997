use std::fmt;

use crate::engine::{Explanation, ServiceExplanation};
use crate::packet::Transport;

/// How many backends with the same answer are named.
const MOST_NAMES: usize = 5;

/// The explanation as JSON, indented: the fields of [`ServiceExplanation`] in camelCase.
#[must_use]
pub fn service_explanation_json(explanation: &ServiceExplanation) -> String {
    // Serialising plain data into a string has nothing to fail on.
    serde_json::to_string_pretty(explanation).unwrap_or_default()
}

/// For people; the first line is the verdict. Backends with the same answer are told together.
impl fmt::Display for ServiceExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (service, all) = (&self.service, self.backends.len());
        writeln!(f, "{}", self.verdict)?;
        write!(
            f,
            "{} {} -> svc/{}/{} port {}",
            self.protocol, self.source, service.namespace, service.name, self.port
        )?;
        if let Some(name) = &self.port_name {
            write!(f, " ({name})")?;
        }
        let reached = self.backends.iter().filter(|backend| backend.verdict.is_allow()).count();
        if all > 1 {
            write!(f, ": {reached} of {all} backends may be reached")?;
        }
        let mut groups: Vec<Vec<&Explanation>> = Vec::new();
        for backend in &self.backends {
            let same = |group: &&mut Vec<&Explanation>| {
                group.first().is_some_and(|first| has_same_answer(first, backend))
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.push(backend),
                None => groups.push(vec![backend]),
            }
        }
        for group in &groups {
            write_group(group, f)?;
        }
        for note in &self.notes {
            write!(f, "\nnote: {note}")?;
        }
        Ok(())
    }
}

fn has_same_answer(a: &Explanation, b: &Explanation) -> bool {
    (&a.transport, &a.egress, &a.ingress, &a.notes)
        == (&b.transport, &b.egress, &b.ingress, &b.notes)
}

/// `backend shop/db-0 (10.0.0.1) port 15432: allow`, and on further lines what it rests on.
fn write_group(group: &[&Explanation], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(first) = group.first() else { return Ok(()) };
    let names = group.iter().take(MOST_NAMES).map(|backend| backend.destination.to_string());
    let names = names.collect::<Vec<_>>().join(", ");
    let backends = if group.len() == 1 { "backend" } else { "backends" };
    write!(f, "\n{backends} {names}")?;
    match group.len().saturating_sub(MOST_NAMES) {
        0 => {}
        others => write!(f, " and {others} more")?,
    }
    if let Transport::Ports { destination, .. } = first.transport {
        write!(f, " port {destination}")?;
    }
    write!(f, ": {}", first.verdict)?;
    for (direction, account) in [("egress", &first.egress), ("ingress", &first.ingress)] {
        let account = account.to_string().replace('\n', "\n  ");
        write!(f, "\n  {direction}: {account}")?;
    }
    for note in &first.notes {
        write!(f, "\n  note: {note}")?;
    }
    Ok(())
}
