//! Everything below a prefix, page by page, each object as it is listed.

use std::sync::Arc;

use cap_std::fs::{Dir, File, OpenOptions};
use rusty_s3::actions::{ListObjectsV2, S3Action};

use super::{Remote, S3Error, SIGNED_FOR};
use crate::receive::receive;
use crate::staging::{Staging, blocking};
use crate::{Reason, archive, walk};

/// The most objects of one artifact.
const MAX_OBJECTS: u64 = 1_000_000;

impl Remote<'_> {
    pub async fn below_prefix(&self, staging: &Arc<Staging>) -> Result<(), Reason> {
        let in_tree = Arc::clone(staging);
        let tree = blocking(move || in_tree.new_tree())
            .await
            .and_then(|tree| tree)
            .map_err(Reason::write("tree"))?;
        let tree = Arc::new(tree);
        let prefix = self.request.prefix();
        let (mut token, mut objects, mut left) = (None, 0_u64, self.limits.max_bytes);
        loop {
            let page = self.page(&prefix, token.as_deref()).await?;
            for object in page.contents {
                let Some(name) = object.key.strip_prefix(&prefix).filter(|name| !name.is_empty()) else {
                    continue;
                };
                objects += 1;
                if objects > MAX_OBJECTS {
                    return Err(Reason::TooLarge(self.limits.max_bytes));
                }
                // What stands for a directory in consoles.
                if !name.ends_with('/') {
                    left = self.one(&tree, &object.key, name, left).await?;
                }
            }
            token = page.next_continuation_token;
            if token.is_none() {
                break;
            }
        }
        if objects == 0 {
            let (bucket, key) = (self.bucket.name().to_owned(), self.request.key.clone());
            return Err(S3Error::Nothing { bucket, key }.into());
        }
        Ok(())
    }

    async fn page(
        &self,
        prefix: &str,
        token: Option<&str>,
    ) -> Result<rusty_s3::actions::ListObjectsV2Response, Reason> {
        let mut action = ListObjectsV2::new(&self.bucket, self.credentials.as_ref());
        action.with_prefix(prefix.to_owned());
        if let Some(token) = token {
            action.with_continuation_token(token.to_owned());
        }
        let response = self.ask(action.sign(SIGNED_FOR)).await?;
        let text = self.text(response).await?;
        let bucket = || self.bucket.name().to_owned();
        ListObjectsV2::parse_response(&text)
            .map_err(|error| S3Error::List { bucket: bucket(), problem: error.to_string() }.into())
    }

    /// Fetches one object; gives how many bytes may still come.
    async fn one(&self, tree: &Arc<Dir>, key: &str, name: &str, left: u64) -> Result<u64, Reason> {
        let bad = |problem: String| S3Error::Key { key: key.to_owned(), problem };
        let parts = archive::plain_parts(name).map_err(|error| bad(error.to_string()))?;
        let response = self.get(key).await?;
        let tree = Arc::clone(tree);
        let made = blocking(move || make_file(&tree, &parts)).await.and_then(|file| file);
        let file = made.map_err(|error| bad(error.to_string()))?;
        let received = receive(response, left, file, None, name).await?;
        Ok(left.saturating_sub(received.bytes))
    }
}

fn make_file(tree: &Dir, parts: &[String]) -> std::io::Result<File> {
    let (name, above) = parts.split_last().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut dir = tree.try_clone()?;
    for part in above {
        dir = walk::enter_or_make(&dir, part)?.0;
    }
    dir.open_with(name, OpenOptions::new().write(true).create_new(true))
}
