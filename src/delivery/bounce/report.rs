//! The machine-readable part of a notice: groups of fields, the first about the message and one for
//! each recipient.

/// One group of fields, in order; each field's name in lower case and its value unfolded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NoticeFields(Vec<(String, String)>);

impl NoticeFields {
    /// The value of the first field of that name that says anything.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        let found = fields.find(|(of, value)| of == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// The value behind its type: `rfc822; a@example.mx` says `a@example.mx`.
    pub(super) fn typed(&self, name: &str) -> Option<&str> {
        let value = self.get(name)?;
        let value = value.split_once(';').map_or(value, |(_, rest)| rest);
        Some(value.trim()).filter(|value| !value.is_empty())
    }
}

/// The groups of a report, which empty lines part.
pub(super) fn groups(report: &[u8]) -> Vec<NoticeFields> {
    let text = String::from_utf8_lossy(report);
    let mut groups = vec![NoticeFields::default()];
    for line in text.lines().map(str::trim_end) {
        let Some(group) = groups.last_mut() else {
            break;
        };
        if line.is_empty() {
            if !group.0.is_empty() {
                groups.push(NoticeFields::default());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let name = name.trim().to_lowercase();
            group.0.push((name, value.trim().to_owned()));
        }
    }
    groups.retain(|group| !group.0.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_parted_by_empty_lines_however_they_end() {
        let report = "Reporting-MTA: dns; mx\nX: \n\n\nFinal-Recipient: rfc822;\n\ta@x.mx\nACTION : failed\n  \nFinal-Recipient: RFC822 ; b@x.mx\nno field\n";
        for report in [
            report.to_owned(),
            report.replace('\n', "\r\n"),
            format!("\n{report}"),
        ] {
            let groups = groups(report.as_bytes());
            let recipients: Vec<_> = groups.iter().map(|g| g.typed("final-recipient")).collect();
            assert_eq!(recipients, [None, Some("a@x.mx"), Some("b@x.mx")]);
            assert_eq!(groups[1].get("action"), Some("failed"));
            assert_eq!(groups[0].get("x"), None);
        }
        assert!(groups(b"").is_empty() && groups(b" \n\n folded\n").is_empty());
    }
}
