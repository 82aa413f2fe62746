//! `ui`: what a job shows of itself to people.

use crate::wire::wire;

wire! {
    /// Description and links.
    UiInput => JobUi {
        description: String,
        links: Vec<LinkInput>,
    }

    /// One link.
    LinkInput => JobLink {
        label: String,
        url: String,
    }
}
