//! Git repositories over http: `git http-backend`, spoken to as web servers do.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Bare repositories below one directory.
#[derive(Clone, Debug)]
pub struct Repositories {
    root: PathBuf,
}

impl Repositories {
    #[must_use]
    pub fn new(root: &Path) -> Self {
        std::fs::create_dir_all(root).unwrap();
        Self { root: root.to_owned() }
    }

    /// Runs git here, as nobody in particular; gives what it says.
    pub fn git(dir: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=test", "-c", "user.email=test@test", "-c", "init.defaultBranch=main"])
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(dir)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Makes `NAME.git` with one commit of these files for each tag.
    pub fn make(&self, name: &str, commits: &[(&str, &[(&str, &str)])]) {
        let work = self.root.join(format!("{name}-work"));
        std::fs::create_dir_all(&work).unwrap();
        Self::git(&work, &["init", "--quiet"]);
        for (tag, files) in commits {
            for (path, content) in *files {
                let path = work.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                match content.strip_prefix("link:") {
                    Some(target) => std::os::unix::fs::symlink(target, path).unwrap(),
                    None => std::fs::write(path, content).unwrap(),
                }
            }
            Self::git(&work, &["add", "--all"]);
            Self::git(&work, &["commit", "--quiet", "-m", tag]);
            Self::git(&work, &["tag", tag]);
        }
        let bare = format!("{name}.git");
        Self::git(&self.root, &["clone", "--quiet", "--bare", &work.to_string_lossy(), &bare]);
    }

    /// Makes `NAME.git` whose directories `lib…` are submodules at these addresses, with the commit that each is at.
    pub fn make_with_submodules(&self, name: &str, submodules: &[(&str, &str)]) {
        let work = self.root.join(format!("{name}-work"));
        std::fs::create_dir_all(&work).unwrap();
        Self::git(&work, &["init", "--quiet"]);
        let mut modules = String::new();
        for (at, (url, commit)) in submodules.iter().enumerate() {
            modules.push_str(&format!("[submodule \"lib{at}\"]\n\tpath = lib{at}\n\turl = {url}\n"));
            Self::git(&work, &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},lib{at}")]);
        }
        std::fs::write(work.join(".gitmodules"), modules).unwrap();
        Self::git(&work, &["add", ".gitmodules"]);
        Self::git(&work, &["commit", "--quiet", "-m", "with submodules"]);
        let bare = format!("{name}.git");
        Self::git(&self.root, &["clone", "--quiet", "--bare", &work.to_string_lossy(), &bare]);
    }

    /// Where `NAME.git` lies.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.git"))
    }

    /// The commit that a name stands for.
    #[must_use]
    pub fn commit(&self, name: &str, reference: &str) -> String {
        Self::git(&self.root.join(format!("{name}.git")), &["rev-parse", reference])
    }

    /// Answers one request: status line and headers, then the body.
    #[must_use]
    pub fn answer(&self, method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header =
            |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let mut child = Command::new("git")
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("REQUEST_METHOD", method)
            .env("PATH_INFO", path)
            .env("QUERY_STRING", query)
            .env("CONTENT_TYPE", header("content-type").unwrap_or_default())
            .env("CONTENT_LENGTH", body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", header("content-encoding").unwrap_or_default())
            .env("GIT_PROTOCOL", header("git-protocol").unwrap_or_default())
            .env("REMOTE_ADDR", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // A backend that has heard enough closes its end.
        let _early = child.stdin.take().unwrap().write_all(body);
        let output = child.wait_with_output().unwrap().stdout;
        let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(output.len());
        let head = String::from_utf8_lossy(&output[..end]).into_owned();
        let body = output.get(end + 4..).unwrap_or_default();
        let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
        let mut answer = format!("HTTP/1.1 {status}\r\n");
        for line in head.lines().filter(|line| !line.starts_with("Status: ")) {
            answer.push_str(&format!("{line}\r\n"));
        }
        answer.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()));
        [answer.as_bytes(), body].concat()
    }
}
