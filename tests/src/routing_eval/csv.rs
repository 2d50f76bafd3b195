//! Comma-separated values with quoted fields, as in RFC 4180.

/// The records of `text`, the heading first. A field may hold commas, quotes, and lines.
///
/// # Errors
/// Where a quoted field is not closed.
pub(super) fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (field, after) = field(rest)?;
        record.push(field);
        rest = match after.strip_prefix(',') {
            // The last field of the last line may be empty.
            Some("") => "\n",
            Some(next) => next,
            None => {
                records.push(std::mem::take(&mut record));
                after
                    .trim_start_matches('\r')
                    .strip_prefix('\n')
                    .unwrap_or_default()
            }
        };
    }
    Ok(records)
}

/// The first field of `text`, and what follows it.
fn field(text: &str) -> Result<(String, &str), String> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        return Ok((text[..end].trim_end_matches('\r').to_owned(), &text[end..]));
    };
    let mut field = String::new();
    loop {
        let Some((part, after)) = rest.split_once('"') else {
            let start: String = text.chars().take(40).collect();
            return Err(format!("a quoted field is not closed: {start}"));
        };
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn fields_hold_commas_quotes_and_lines() {
        let text = "a,b,c\r\n1,\"x, \"\"y\"\"\nz\",\n,,3";
        let table = [["a", "b", "c"], ["1", "x, \"y\"\nz", ""], ["", "", "3"]];
        assert_eq!(records(text).unwrap(), table);
        assert_eq!(records("a,\n").unwrap(), [["a", ""]]);
        assert_eq!(records("a,").unwrap(), [["a", ""]]);
        assert!(records("\"a").is_err());
    }
}
