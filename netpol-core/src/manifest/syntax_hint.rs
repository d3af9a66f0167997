//! What is usually behind a YAML error, told from the lines around it. The parser says what it
//! stumbled over; a person wants to know what was forgotten.

/// A hint for an error at byte `offset` of `text`, if the lines there look like a known mistake.
pub(super) fn hint(text: &str, offset: usize) -> Option<String> {
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let line = window(text.get(line_start..)?);
    let previous = text
        .get(..line_start)?
        .lines()
        .rev()
        .take(8)
        .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(window);

    if indentation(line).contains('\t') {
        return Some("indentation must be spaces, and this line begins with a tab".into());
    }
    for candidate in [Some(line), previous].into_iter().flatten() {
        if let Some(entry) = missing_space(candidate) {
            return Some(format!("`{entry}` has no space after the colon, so it is no field"));
        }
    }
    let previous = previous?;
    let deeper = indentation(line).len() > indentation(previous).len();
    let content = previous.trim();
    if deeper && (content.ends_with('}') || content.ends_with(']')) {
        return Some(format!(
            "`{content}` is complete on its line and cannot have fields below it; \
             remove the brackets or the indentation"
        ));
    }
    let same = indentation(line).len() == indentation(previous).len();
    if same && line.trim_start().starts_with("- ") && !content.starts_with("- ") {
        return Some(
            "a list element (`- `) stands among the fields of a mapping; a field name such as \
             `ingress:` may be missing before it"
                .into(),
        );
    }
    None
}

/// The beginning of a line; hostile lines may be megabytes long.
fn window(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(120).and_then(|(end, _)| line.get(..end)).unwrap_or(line)
}

fn indentation(line: &str) -> &str {
    let content = line.trim_start_matches([' ', '\t']);
    line.get(..line.len().saturating_sub(content.len())).unwrap_or_default()
}

/// The content of a line such as `podSelector:{}` or `port:80`.
fn missing_space(line: &str) -> Option<&str> {
    let content = line.trim().trim_start_matches("- ");
    let (name, rest) = content.split_once(':')?;
    let is_field = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_field && rest.starts_with(|next: char| !next.is_whitespace())).then_some(content)
}
