use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use crate::{PkiError, UserCa};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn agents_that_start_at_once_end_up_with_one_authority() {
    for _ in 0..10 {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("muster/pki");
        let barrier = Barrier::new(8);
        let seen: BTreeSet<Vec<u8>> = std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                UserCa::open_or_create(&dir).unwrap().certificate().to_vec()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(seen.len(), 1);
        let files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["agent-ca.pem"], "temporary files were left");
        assert_eq!((mode(&dir), mode(&dir.join("agent-ca.pem"))), (0o700, 0o600));
    }
}

#[test]
fn what_others_could_read_is_refused_with_the_remedy() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("pki");
    UserCa::open_or_create(&dir).unwrap();
    let file = dir.join("agent-ca.pem");
    set_mode(&file, 0o640);
    let error = UserCa::open_or_create(&dir).unwrap_err();
    assert!(error.to_string().contains(&format!("run `chmod 600 '{}'`", file.display())), "{error}");
    set_mode(&file, 0o600);
    set_mode(&dir, 0o755);
    let error = UserCa::open_or_create(&dir).unwrap_err();
    assert!(error.to_string().contains(&format!("run `chmod 700 '{}'`", dir.display())), "{error}");
    set_mode(&dir, 0o700);
    UserCa::open_or_create(&dir).unwrap();
}

#[test]
fn a_file_that_is_no_authority_is_named() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("pki");
    UserCa::open_or_create(&dir).unwrap();
    let file = dir.join("agent-ca.pem");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, "").unwrap();
    let error = UserCa::open_or_create(&dir).unwrap_err();
    assert!(matches!(error, PkiError::NoPem { .. }) && error.to_string().contains("agent-ca.pem"), "{error}");

    // The certificate of one authority with the key of another.
    let other = home.path().join("other");
    UserCa::open_or_create(&other).unwrap();
    let key_at = |text: &str| text.find("-----BEGIN PRIVATE KEY").unwrap();
    let foreign = fs::read_to_string(other.join("agent-ca.pem")).unwrap();
    fs::write(&file, format!("{}{}", &good[..key_at(&good)], &foreign[key_at(&foreign)..])).unwrap();
    assert!(UserCa::open_or_create(&dir).is_err());
}
