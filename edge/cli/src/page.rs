//! Lists in pages: `-filter`, `-per-page`, `-page-token`, and how to go on.

use crate::failure::Failure;
use crate::shell::{Shell, quoted};

/// Which page of a list, of what fits.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Page {
    /// Only those of which this expression is true
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// How many to show
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    per_page: u32,
    /// Where the page begins, as the page before said
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
}

impl Page {
    /// What the API is asked for, after `more`; what is empty is not asked for at all.
    pub(crate) fn query(&self, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        let per_page = if self.per_page == 0 { String::new() } else { self.per_page.to_string() };
        let own = [
            ("filter", self.filter.clone().unwrap_or_default()),
            ("per_page", per_page),
            ("next_token", self.page_token.clone().unwrap_or_default()),
        ];
        let more = more.iter().map(|(key, value)| (*key, (*value).to_owned()));
        more.chain(own).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Says how to get the next page, if there is one; `command` is everything before the flags of the page.
    pub(crate) fn more(&self, shell: &mut Shell, command: &str, next: Option<String>) -> Result<(), Failure> {
        let Some(token) = next else { return Ok(()) };
        let filter = self.filter.as_ref().map(|text| format!(" -filter={}", quoted(text)));
        let again = format!(
            "{} {command}{} -per-page={} -page-token={}",
            shell.program,
            filter.unwrap_or_default(),
            self.per_page,
            quoted(&token)
        );
        shell.line(&format!("\nResults have been paginated. To get the next page run:\n\n{again}"))
    }
}

/// The query as requests take it.
pub(crate) fn borrowed<'a>(query: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    query.iter().map(|(key, value)| (*key, value.as_str())).collect()
}

/// Flags that were given, as they are given again; each with a space before it.
pub(crate) fn flags(given: &[(&str, bool)]) -> String {
    given.iter().filter(|(_, given)| *given).map(|(name, _)| format!(" -{name}")).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::shell;

    #[test]
    fn the_next_page_is_of_the_same_list() {
        let (mut sh, captured) = shell();
        let page = Page { filter: Some("Status == \"x\"".into()), per_page: 2, page_token: Some("a".into()) };
        let query = page.query(&[("job", "web"), ("status", "")]);
        let expected =
            [("job", "web"), ("filter", "Status == \"x\""), ("per_page", "2"), ("next_token", "a")];
        assert_eq!(borrowed(&query), expected);
        page.more(&mut sh, "eval list", None).unwrap();
        assert_eq!(captured.out(), "", "the last page says nothing");
        page.more(
            &mut sh,
            &format!("eval list{}", flags(&[("verbose", true), ("os", false)])),
            Some("12.ab c".into()),
        )
        .unwrap();
        let (_, command) =
            captured.out().trim_end().rsplit_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let program = sh.program.clone();
        let expected = format!(
            "{program} eval list -verbose -filter='Status == \"x\"' -per-page=2 -page-token='12.ab c'"
        );
        assert_eq!(command, expected);
        assert_eq!(Page::default().query(&[]), []);
    }
}
