use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::{Ends, PATIENCE, ends};
use crate::{ByteStream, BytesPurpose, IncomingStream};

async fn tunnel(ends: &mut Ends) -> (ByteStream, ByteStream) {
    let accept = async {
        match ends.server.1.next().await {
            Some(IncomingStream::Bytes(BytesPurpose::Http, stream)) => stream,
            other => panic!("{other:?}"),
        }
    };
    let (near, far) = tokio::join!(ends.client.0.open_bytes(BytesPurpose::Http), accept);
    (near.unwrap(), far)
}

#[tokio::test]
async fn bytes_pass_both_ways_and_each_side_closes_for_itself() {
    let mut ends = ends().await;
    let (mut near, mut far) = tunnel(&mut ends).await;
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let echo = async {
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        far.write_all(&heard).await.unwrap();
        far.shutdown().await.unwrap();
    };
    let speak = async {
        near.write_all(&sent).await.unwrap();
        near.shutdown().await.unwrap();
        let mut back = Vec::new();
        near.read_to_end(&mut back).await.unwrap();
        back
    };
    let ((), back) = tokio::join!(echo, speak);
    assert!(back == sent, "{} bytes came back of {}", back.len(), sent.len());
}

#[tokio::test]
async fn a_cut_stream_is_an_error_and_not_an_end() {
    let mut ends = ends().await;
    let (near, mut far) = tunnel(&mut ends).await;
    drop(near);
    let error = far.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    let (_near, mut far) = tunnel(&mut ends).await;
    ends.client.0.close();
    assert_eq!(far.read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_question_does_not_hang_the_asker() {
    let mut ends = ends().await;
    let (mut near, mut far) = tunnel(&mut ends).await;
    far.write_all(b"too large").await.unwrap();
    far.shutdown().await.unwrap();
    drop(far);
    let body = vec![0; 2 << 20];
    tokio::time::timeout(PATIENCE, near.write_all(&body)).await.unwrap().unwrap();
    near.shutdown().await.unwrap();
    let mut answer = String::new();
    near.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "too large");
}
