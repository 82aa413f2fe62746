#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_ids::{RootKeyId, UnixNanos};
use muster_model::{RootKey, SigningAlgorithm};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Claims, Expected, Keyring, KeyringError, NewKey, PublicJwk, TokenError};

const NOW: UnixNanos = UnixNanos(1_000_000_000_000);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Own {
    nomad_node_name: String,
}

fn id(number: u8) -> RootKeyId {
    RootKeyId::from_bytes([number; 16])
}

fn make(keyring: &Keyring, number: u8, signing: SigningAlgorithm) -> Arc<RootKey> {
    let new = NewKey { id: id(number), signing, create_time: NOW, publish_time: None };
    Arc::new(keyring.generate(new).unwrap())
}

fn claims() -> Claims<Own> {
    Claims {
        own: Own { nomad_node_name: "n".to_owned() },
        aud: "here".to_owned(),
        exp: 1060,
        iat: 1000,
        iss: Some("me".to_owned()),
        jti: "1".to_owned(),
        nbf: 1000,
        sub: "s".to_owned(),
    }
}

const EXPECTED: Expected<'static> = Expected { audience: "here", issuer: Some("me"), now: NOW };

fn verify(keyring: &Keyring, keys: &[Arc<RootKey>], token: &str) -> Result<Claims<Own>, TokenError> {
    verify_as(keyring, keys, token, &EXPECTED)
}

fn verify_as(
    keyring: &Keyring,
    keys: &[Arc<RootKey>],
    token: &str,
    expected: &Expected<'_>,
) -> Result<Claims<Own>, TokenError> {
    keyring.verify(token, |id| keys.iter().find(|key| key.id == id).cloned(), expected)
}

/// A token with another header, its signature as it was.
fn with_header(token: &str, header: &Value) -> String {
    let rest = token.split_once('.').unwrap().1;
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[test]
fn a_token_is_believed_as_it_was_signed_and_by_its_published_key() {
    let keyring = Keyring::open(None).unwrap();
    for (number, signing) in [(1, SigningAlgorithm::Rs256), (2, SigningAlgorithm::EdDsa)] {
        let key = make(&keyring, number, signing);
        let token = keyring.sign(&key, &claims()).unwrap();
        let twice =
            [verify(&keyring, &[Arc::clone(&key)], &token), verify(&keyring, &[Arc::clone(&key)], &token)];
        assert_eq!(twice, [Ok(claims()), Ok(claims())]);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        // As a stranger does it, from the JWK alone.
        match PublicJwk::of(&key).unwrap() {
            PublicJwk::Rsa { n, e } => {
                assert_eq!((e.as_str(), signing), ("AQAB", SigningAlgorithm::Rs256));
                let public = RsaPublicKeyComponents { n: decode(&n), e: decode(&e) };
                public.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).unwrap();
            }
            PublicJwk::Ed25519 { x } => {
                let public = UnparsedPublicKey::new(&ED25519, decode(&x));
                public.verify(message.as_bytes(), &signature).unwrap();
            }
        }
    }
}

#[test]
fn the_key_decides_the_algorithm_whatever_the_token_says() {
    let keyring = Keyring::open(None).unwrap();
    let (rsa, eddsa) =
        (make(&keyring, 1, SigningAlgorithm::Rs256), make(&keyring, 2, SigningAlgorithm::EdDsa));
    let keys = [Arc::clone(&rsa), Arc::clone(&eddsa)];
    let token = keyring.sign(&rsa, &claims()).unwrap();
    for algorithm in ["none", "None", "HS256", "EdDSA", "RS512", "rs256", ""] {
        let forged = with_header(&token, &json!({"alg": algorithm, "kid": rsa.id.to_string(), "typ": "JWT"}));
        assert_eq!(verify(&keyring, &keys, &forged), Err(TokenError::Algorithm), "{algorithm}");
    }
    // The other key's algorithm under the other key's name: its signature is not there.
    let moved = with_header(&token, &json!({"alg": "EdDSA", "kid": eddsa.id.to_string(), "typ": "JWT"}));
    assert_eq!(verify(&keyring, &keys, &moved), Err(TokenError::Signature));
    let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
    assert_eq!(verify(&keyring, &keys, &unsigned), Err(TokenError::Signature));
    let own_key = json!({"alg": "RS256", "kid": rsa.id.to_string(), "crit": ["x"]});
    assert_eq!(verify(&keyring, &keys, &with_header(&token, &own_key)), Err(TokenError::Malformed));
    let foreign = with_header(&token, &json!({"alg": "RS256", "kid": id(9).to_string()}));
    assert_eq!(verify(&keyring, &keys, &foreign), Err(TokenError::UnknownKey));
    let pathless = with_header(&token, &json!({"alg": "RS256", "kid": "../../etc/passwd"}));
    assert_eq!(verify(&keyring, &keys, &pathless), Err(TokenError::UnknownKey));
    for text in ["", ".", "..", "a.b", "a.b.c.d", &"x".repeat(10_000), &format!("{token}=")] {
        assert!(verify(&keyring, &keys, text).is_err(), "{text}");
    }
}

#[test]
fn a_token_is_for_its_audience_issuer_and_time_only() {
    let keyring = Keyring::open(None).unwrap();
    let keys = [make(&keyring, 1, SigningAlgorithm::EdDsa)];
    let token = keyring.sign(&keys[0], &claims()).unwrap();
    let at = |seconds: i64| Expected { now: UnixNanos(seconds * 1_000_000_000), ..EXPECTED };
    let with = |expected: &Expected<'_>| verify_as(&keyring, &keys, &token, expected).map(|_| ());
    assert_eq!(with(&at(1059)), Ok(()));
    assert_eq!(with(&at(1060)), Err(TokenError::Expired));
    assert_eq!(with(&at(975)), Ok(()), "clocks of servers differ a little");
    assert_eq!(with(&at(900)), Err(TokenError::NotYet));
    assert_eq!(with(&Expected { audience: "there", ..EXPECTED }), Err(TokenError::Audience));
    assert_eq!(with(&Expected { issuer: None, ..EXPECTED }), Err(TokenError::Issuer));
    assert_eq!(with(&Expected { issuer: Some("you"), ..EXPECTED }), Err(TokenError::Issuer));
    let other =
        json!({"aud": "here", "exp": 1060, "iat": 1000, "nbf": 1000, "iss": "me", "jti": "1", "sub": "s"});
    let other = keyring.sign(&keys[0], &other).unwrap();
    assert_eq!(verify(&keyring, &keys, &other), Err(TokenError::Claims), "its own claims are missing");
}

#[test]
fn ciphertext_opens_where_it_belongs_and_nowhere_else() {
    let keyring = Keyring::open(None).unwrap();
    let (one, two) = (make(&keyring, 1, SigningAlgorithm::Rs256), make(&keyring, 2, SigningAlgorithm::EdDsa));
    let frame = keyring.encrypt(&one, b"secret", b"path").unwrap();
    assert!(!frame.windows(6).any(|part| part == b"secret"));
    assert_ne!(frame, keyring.encrypt(&one, b"secret", b"path").unwrap(), "a nonce of its own");
    let keys = [one, two];
    let find = |id| keys.iter().find(|key| key.id == id).cloned();
    assert_eq!(keyring.decrypt(&frame, b"path", find).unwrap().as_slice(), b"secret");
    assert!(matches!(keyring.decrypt(&frame, b"other", find), Err(KeyringError::Tampered)));
    for at in 0..frame.len() {
        let mut changed = frame.clone();
        changed[at] ^= 1;
        assert!(keyring.decrypt(&changed, b"path", find).is_err(), "byte {at}");
    }
    let mut moved = frame.clone();
    moved[1..17].copy_from_slice(id(2).as_bytes());
    assert!(matches!(keyring.decrypt(&moved, b"path", find), Err(KeyringError::Tampered)));
    for length in 0..frame.len() {
        assert!(keyring.decrypt(&frame[..length], b"path", find).is_err(), "{length} bytes");
    }
}

#[test]
fn a_key_is_opened_again_by_the_same_file_and_by_no_other() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = dir.path().join("keystore");
    let keyring = Keyring::open(Some(&place)).unwrap();
    let key = make(&keyring, 1, SigningAlgorithm::Rs256);
    let frame = keyring.encrypt(&key, b"secret", b"").unwrap();
    let again = Keyring::open(Some(&place)).unwrap();
    assert_eq!(again.decrypt(&frame, b"", |_| Some(Arc::clone(&key))).unwrap().as_slice(), b"secret");
    for stranger in [Keyring::open(Some(other.path())).unwrap(), Keyring::open(None).unwrap()] {
        let error = stranger.check(&key).unwrap_err().to_string();
        assert!(error.contains("keyring rotate") && error.contains("aead.kek"), "{error}");
    }
    // The private parts are bound to everything else of the row.
    let changes: [&dyn Fn(&mut RootKey); 5] = [
        &|key| key.id = id(7),
        &|key| key.signing = SigningAlgorithm::EdDsa,
        &|key| key.ed25519_public = vec![1; 32],
        &|key| key.rsa_public[40] ^= 1,
        &|key| key.wrapped[0].ciphertext[5] ^= 1,
    ];
    for change in changes {
        let mut changed = RootKey::clone(&key);
        change(&mut changed);
        let fresh = Keyring::open(Some(&place)).unwrap();
        assert!(matches!(fresh.check(&changed), Err(KeyringError::Undecryptable { .. })));
    }
    let shown = format!("{keyring:?}");
    assert!(shown.contains("aead-") && shown.len() < 400, "{shown}");
}

#[cfg(unix)]
#[test]
fn the_key_encryption_key_is_private_and_stays_what_it_is() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("keystore");
    Keyring::open(Some(&place)).unwrap();
    let file = place.join("aead.kek");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(&file)), (0o700, 0o600));
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1, "nothing is left beside it");
    let text = std::fs::read_to_string(&file).unwrap();

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = Keyring::open(Some(&place)).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    for garbled in ["", "muster-kek-v1:", "muster-kek-v1:AAAA\n", &text[1..]] {
        std::fs::write(&file, garbled).unwrap();
        let error = Keyring::open(Some(&place)).unwrap_err();
        assert!(matches!(error, KeyringError::Garbled { .. }), "{error}");
        assert!(!error.to_string().contains(text.trim()), "{error}");
    }
    let elsewhere = dir.path().join("elsewhere");
    std::fs::write(&elsewhere, text).unwrap();
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    assert!(matches!(Keyring::open(Some(&place)), Err(KeyringError::Kek { .. })), "no link is followed");
}

#[test]
fn private_keys_are_nowhere_in_the_row() {
    let keyring = Keyring::open(None).unwrap();
    let (one, two) = (make(&keyring, 1, SigningAlgorithm::Rs256), make(&keyring, 1, SigningAlgorithm::Rs256));
    assert_ne!(one.rsa_public, two.rsa_public);
    assert_ne!(one.wrapped[0].nonce, two.wrapped[0].nonce);
    // A PKCS#8 structure would begin like this.
    let ciphertext = &one.wrapped[0].ciphertext;
    assert!(!ciphertext.windows(4).any(|part| part == [0x30, 0x82, 0x04, 0xbd]));
    assert!(ciphertext.len() > 1000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_a_token_and_no_bytes_are_a_frame(text in "[ -~]{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let keyring = Keyring::open(None).unwrap();
        let none = |_| None;
        prop_assert!(keyring.verify::<Own>(&text, none, &EXPECTED).is_err());
        prop_assert!(keyring.decrypt(&bytes, b"", none).is_err());
    }

    #[test]
    fn a_changed_token_is_refused(at in 0..10_000usize, with in "[A-Za-z0-9_.-]") {
        thread_local! {
            static MADE: (Keyring, Arc<RootKey>, String) = {
                let keyring = Keyring::open(None).unwrap();
                let key = make(&keyring, 1, SigningAlgorithm::EdDsa);
                let token = keyring.sign(&key, &claims()).unwrap();
                (keyring, key, token)
            };
        }
        MADE.with(|(keyring, key, token)| {
            let at = at % token.len();
            let mut changed = token.clone();
            changed.replace_range(at..=at, &with);
            let verified = verify(keyring, &[Arc::clone(key)], &changed);
            prop_assert_eq!(verified.is_ok(), changed == *token, "{}", changed);
            Ok(())
        })?;
    }
}
