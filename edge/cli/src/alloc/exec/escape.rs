//! The way out of a connection whose command no longer listens: at the beginning of a line, the escape character and
//! a dot.

use crate::failure::Failure;

/// Follows what is typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Escape {
    character: u8,
    at_line_start: bool,
    /// The escape character was typed and not passed on yet.
    held: bool,
}

/// What is to be passed on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub keys: Vec<u8>,
    /// Whatever was typed after it is lost with the connection.
    pub leave: bool,
}

impl Escape {
    /// `None` for `none`.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Failure> {
        match text.as_bytes() {
            b"none" => Ok(None),
            [character] if character.is_ascii() => {
                Ok(Some(Self { character: *character, at_line_start: true, held: false }))
            }
            _ => Err(Failure::new(format!("-e must be a single character or `none`, not `{text}`"))),
        }
    }

    pub(super) fn typed(&mut self, data: &[u8]) -> Typed {
        let mut keys = Vec::with_capacity(data.len() + 1);
        for key in data {
            if std::mem::take(&mut self.held) {
                match key {
                    b'.' => return Typed { keys, leave: true },
                    // Twice means itself.
                    key if *key == self.character => {}
                    _ => keys.push(self.character),
                }
            } else if self.at_line_start && *key == self.character {
                self.held = true;
                self.at_line_start = false;
                continue;
            }
            keys.push(*key);
            self.at_line_start = matches!(key, b'\r' | b'\n');
        }
        Typed { keys, leave: false }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// What is passed on, typed in one go and key by key.
    fn typed(text: &str) -> (String, bool) {
        let mut escape = Escape::parse("~").unwrap().unwrap();
        let whole = escape.typed(text.as_bytes());
        let mut escape = Escape::parse("~").unwrap().unwrap();
        let mut single = Typed::default();
        for key in text.as_bytes() {
            let typed = escape.typed(&[*key]);
            single.keys.extend(typed.keys);
            single.leave = typed.leave;
            if single.leave {
                break;
            }
        }
        assert_eq!(whole, single);
        (String::from_utf8(whole.keys).unwrap(), whole.leave)
    }

    #[test]
    fn only_the_beginning_of_a_line_is_a_way_out() {
        assert_eq!(typed("~.lost"), (String::new(), true));
        assert_eq!(typed("ls\r~."), ("ls\r".into(), true));
        assert_eq!(typed("ls\n~."), ("ls\n".into(), true));
        assert_eq!(typed("cd ~.\r"), ("cd ~.\r".into(), false));
        assert_eq!(typed("~~."), ("~.".into(), false));
        assert_eq!(typed("~/bin"), ("~/bin".into(), false));
        assert_eq!(typed("~\r~."), ("~\r".into(), true));
    }

    #[test]
    fn it_is_one_character_or_none() {
        assert_eq!(Escape::parse("none").unwrap(), None);
        for text in ["", "~~", "ä"] {
            let error = Escape::parse(text).unwrap_err().to_string();
            assert_eq!(error, format!("-e must be a single character or `none`, not `{text}`"));
        }
    }
}
