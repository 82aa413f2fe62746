//! Escapes in the texts of templates.

/// Undoes `$${` and `%%{`, the only escapes of a heredoc.
pub(crate) fn markers(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

/// Undoes the escapes of a quoted string. What is no escape stays as it is: the parser has judged it already.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(&markers(before));
        rest = match escape(after) {
            Some((ch, after)) => {
                out.push(ch);
                after
            }
            None => {
                out.push('\\');
                after
            }
        };
    }
    out.push_str(&markers(rest));
    out
}

/// The character an escape stands for, and the text after it; `text` begins after the backslash.
fn escape(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    let ch = match chars.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' => '"',
        '\\' => '\\',
        'u' => return code_point(chars.as_str(), 4),
        'U' => return code_point(chars.as_str(), 8),
        _ => return None,
    };
    Some((ch, chars.as_str()))
}

fn code_point(text: &str, digits: usize) -> Option<(char, &str)> {
    let (hex, rest) = text.split_at_checked(digits)?;
    let code = u32::from_str_radix(hex, 16).ok()?;
    Some((char::from_u32(code)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_is_undone_once() {
        assert_eq!(quoted(r#"a\n\t\"\\n \u00e4\U0001F600 $${x}%%{y}"#), "a\n\t\"\\n ä😀 ${x}%{y}");
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(quoted(r"\q \u12 \"), r"\q \u12 \");
    }
}
