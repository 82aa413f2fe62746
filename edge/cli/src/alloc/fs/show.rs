//! Files as tables.

use muster_api::views::AllocFileInfo;

use crate::shell::Shell;
use crate::size;
use crate::table::Table;

pub(super) fn list(shell: &Shell, files: &[AllocFileInfo], machine: bool) -> Table {
    let mut table = Table::new(&["Mode", "Size", "Modified Time", "Name"]);
    for file in files {
        let name = if file.is_dir { format!("{}/", file.name) } else { file.name.clone() };
        table.row(vec![file.file_mode.clone(), sized(file, machine), modified(shell, file), name]);
    }
    table
}

pub(super) fn description(shell: &Shell, file: &AllocFileInfo, machine: bool) -> Table {
    let (size, modified) = (sized(file, machine), modified(shell, file));
    if file.content_type.is_empty() {
        let mut table = Table::new(&["Mode", "Size", "Modified Time", "Name"]);
        table.row(vec![file.file_mode.clone(), size, modified, file.name.clone()]);
        return table;
    }
    let mut table = Table::new(&["Mode", "Size", "Modified Time", "Content Type", "Name"]);
    table.row(vec![file.file_mode.clone(), size, modified, file.content_type.clone(), file.name.clone()]);
    table
}

fn sized(file: &AllocFileInfo, machine: bool) -> String {
    if machine { file.size.to_string() } else { size::bytes(file.size) }
}

fn modified(shell: &Shell, file: &AllocFileInfo) -> String {
    shell.clock.absolute_text(&file.mod_time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shell;

    fn files() -> [AllocFileInfo; 2] {
        let file = AllocFileInfo {
            name: "a.txt".into(),
            size: 1536,
            file_mode: "-rw-r--r--".into(),
            mod_time: "1970-01-01T00:16:40.5Z".into(),
            content_type: "text/plain; charset=utf-8".into(),
            ..AllocFileInfo::default()
        };
        let dir = AllocFileInfo {
            name: "local".into(),
            is_dir: true,
            size: 4096,
            file_mode: "drwxrwxrwx".into(),
            content_type: String::new(),
            ..file.clone()
        };
        [file, dir]
    }

    #[test]
    fn files_stand_in_tables() {
        let (sh, _) = shell();
        let expected = [
            "Mode        Size     Modified Time         Name",
            "-rw-r--r--  1.5 KiB  1970-01-01T00:16:40Z  a.txt",
            "drwxrwxrwx  4.0 KiB  1970-01-01T00:16:40Z  local/",
        ];
        assert_eq!(list(&sh, &files(), false).lines(), expected);
        let expected = [
            "Mode        Size  Modified Time         Content Type               Name",
            "-rw-r--r--  1536  1970-01-01T00:16:40Z  text/plain; charset=utf-8  a.txt",
        ];
        let [file, _] = files();
        assert_eq!(description(&sh, &file, true).lines(), expected);
    }
}
