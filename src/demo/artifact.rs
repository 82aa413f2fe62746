//! A file server for the demo's one artifact, on loopback, for as long as the demo runs.

use std::net::SocketAddr;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves `content`; gives its URL and checksum.
///
/// # Errors
/// When no port can be had.
pub async fn serve(content: &'static str) -> Result<(String, String), String> {
    let listener =
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, content));
        }
    });
    let digest = Sha256::digest(content.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((format!("http://{address}/greeting.sh"), format!("sha256:{hex}")))
}

async fn answer(mut stream: TcpStream, content: &str) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") && request.len() < 16_384 {
        match stream.read(&mut chunk).await? {
            0 => return Ok(()),
            read => request.extend_from_slice(chunk.get(..read).unwrap_or_default()),
        }
    }
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(content.as_bytes()).await?;
    stream.shutdown().await
}
