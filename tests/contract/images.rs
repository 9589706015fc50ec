//! Where the shop fetches images from.

use std::net::Ipv4Addr;

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// One pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A host of images: `contract.png` is one, with any query; `404.png` isn't there; `page.html` is a page.
#[derive(Clone)]
pub(crate) struct Images {
    base: Result<String, String>,
}

impl Images {
    /// The simulated shop looks at the address alone.
    pub(crate) fn simulated() -> Images {
        Images { base: Ok("https://images.example/".to_owned()) }
    }

    /// The host that is given; else one of our own, which only a shop on this machine can reach.
    pub(crate) async fn real(shop: &str, given: Option<String>) -> Images {
        if let Some(base) = given {
            return Images { base: Ok(format!("{}/", base.trim_end_matches('/'))) };
        }
        let near = ["://127.0.0.1", "://localhost"].iter().any(|host| shop.contains(host));
        if !near {
            let why = "the shop can't reach this machine; give it a host of images by SHOP_IMAGE_URL";
            return Images { base: Err(why.to_owned()) };
        }
        Images { base: Ok(serve().await) }
    }

    /// The address of an image, another for each number; or why there is none.
    pub(crate) fn fine(&self, number: u64) -> Result<String, String> {
        self.base.clone().map(|base| format!("{base}contract.png?n={number}"))
    }

    /// The address of an image that is not there.
    pub(crate) fn missing(&self) -> Result<String, String> {
        self.base.clone().map(|base| format!("{base}404.png"))
    }
}

/// Serves the pixel on the loopback for as long as the program runs; the address.
async fn serve() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("the loopback has a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    format!("http://{address}/")
}

async fn answer(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(length) if length > 0 && request.len() < 1 << 16 => request.extend_from_slice(&part[..length]),
            _ => return,
        }
    }
    let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned();
    let pixel = STANDARD.decode(PIXEL).expect("the pixel is Base64");
    let (status, kind, body) = match path.split('?').next() {
        Some("/contract.png") => ("200 OK", "image/png", pixel),
        _ => ("404 Not Found", "text/html", b"<html><body>Not here</body></html>".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A shop that hangs up early has seen enough.
    let _ = stream.write_all(&[head.into_bytes(), body].concat()).await;
    let _ = stream.shutdown().await;
}
