use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

use super::*;

/// Look-ups that give these answers, one after another; the last one for ever.
struct Names(Mutex<VecDeque<Vec<IpAddr>>>);

impl Names {
    fn of(answers: &[&[&str]]) -> Names {
        let answers = answers.iter().map(|answer| answer.iter().map(|text| text.parse().unwrap()).collect());
        Names(Mutex::new(answers.collect()))
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
        Box::pin(async { Ok(Box::new(answer.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs) })
    }
}

/// A server on the loopback that says the same to everybody, and counts who came.
struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn saying(answer: &'static [u8]) -> Server {
        Server::doing(move |mut stream: TcpStream| async move {
            stream.write_all(answer).await.unwrap();
        })
        .await
    }

    async fn doing<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> Server
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                // All of these requests fit into one read.
                assert!(stream.read(&mut request).await.unwrap() > 0);
                tokio::spawn(answer(stream));
            }
        });
        Server { address, asked }
    }

    fn at(&self, host: &str) -> Request {
        let url = format!("http://{host}:{}/", self.address.port());
        Request::new(Method::Get, Url::parse(&url).unwrap())
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

const FINE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfine";
const PRIVATE: TransportError = TransportError::Forbidden("a private address");
const LOOPBACK: TransportError = TransportError::Forbidden("a loopback address");

#[tokio::test]
async fn a_server_on_the_loopback_is_refused_and_opened_it_answers() {
    let server = Server::saying(FINE).await;
    let guarded = Https::new(Addresses::Public).unwrap();
    for host in ["127.0.0.1", "0x7f.1", "2130706433"] {
        assert_eq!(guarded.send(server.at(host)).await.unwrap_err(), LOOPBACK, "{host}");
    }
    // By name: the system's own look-up.
    let error = guarded.send(server.at("localhost")).await.unwrap_err();
    assert!(matches!(error, TransportError::Forbidden(_)), "{error:?}");
    assert!(!error.may_have_been_processed());
    assert_eq!(server.asked(), 0, "somebody was let through");

    let open = Https::new(Addresses::Any).unwrap();
    for (count, host) in ["127.0.0.1", "localhost"].into_iter().enumerate() {
        assert_eq!(open.send(server.at(host)).await.unwrap().body, b"fine");
        assert_eq!(server.asked(), count + 1);
    }
}

#[tokio::test]
async fn the_operator_s_own_address_may_be_private() {
    let server = Server::saying(FINE).await;
    let guarded = Https::new(Addresses::Public).unwrap();
    let ours = Request { by_operator: true, ..server.at("127.0.0.1") };
    assert_eq!(guarded.send(ours).await.unwrap().status, 200);
    // That opens nothing to the others.
    assert_eq!(guarded.send(server.at("127.0.0.1")).await.unwrap_err(), LOOPBACK);
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn only_the_public_ones_of_several_addresses_are_tried() {
    let server = Server::saying(FINE).await;
    // Nobody answers at the public one: if the other were tried, the server would.
    let names = Names::of(&[&["127.0.0.1", "2001:4860:4860::8888"]]);
    let guarded = Https::with(Addresses::Public, Vec::new(), names).unwrap();
    let request = Request { timeout: Duration::from_millis(300), ..server.at("shop.example") };
    let error = guarded.send(request).await.unwrap_err();
    assert!(!matches!(error, TransportError::Forbidden(_)), "{error:?}");
    assert_eq!(server.asked(), 0);

    let names = Names::of(&[&["10.0.0.1", "fd00:ec2::254"]]);
    let guarded = Https::with(Addresses::Public, Vec::new(), names).unwrap();
    assert_eq!(guarded.send(server.at("shop.example")).await.unwrap_err(), PRIVATE);
}

#[tokio::test]
async fn a_name_that_turns_private_later_gains_nothing() {
    let server = Server::saying(FINE).await;
    let names = Names::of(&[&["2001:4860:4860::8888"], &["127.0.0.1"]]);
    let guarded = Https::with(Addresses::Public, Vec::new(), names).unwrap();
    let request = || Request { timeout: Duration::from_millis(300), ..server.at("shop.example") };
    let first = guarded.send(request()).await.unwrap_err();
    assert!(!matches!(first, TransportError::Forbidden(_)), "{first:?}");
    for _ in 0..2 {
        assert_eq!(guarded.send(request()).await.unwrap_err(), LOOPBACK);
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let inner = Server::saying(FINE).await;
    let answer =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", inner.address);
    let outer = Server::saying(answer.leak().as_bytes()).await;
    let open = Https::new(Addresses::Any).unwrap();
    let answer = open.send(outer.at("127.0.0.1")).await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(inner.asked(), 0);
}

#[tokio::test]
async fn other_schemes_are_not_spoken() {
    for addresses in [Addresses::Any, Addresses::Public] {
        let https = Https::new(addresses).unwrap();
        for url in ["ftp://shop.example/", "file:///etc/passwd", "gopher://shop.example/"] {
            let request = Request::new(Method::Get, Url::parse(url).unwrap());
            let error = https.send(request).await.unwrap_err();
            assert!(matches!(error, TransportError::NotSent(_)), "{url}: {error:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_drips_ends_with_its_time() {
    let server = Server::doing(|mut stream| async move {
        let mut answer =
            b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".iter().chain(std::iter::repeat(&b'x'));
        // Until the other side hangs up.
        while stream.write_all(&[*answer.next().unwrap()]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let open = Https::new(Addresses::Any).unwrap();
    let time = Duration::from_millis(600);
    let request = Request { timeout: time, ..server.at("127.0.0.1") };
    let begun = Instant::now();
    assert_eq!(open.send(request).await.unwrap_err(), TransportError::TimedOut(time));
    assert!((time..time * 100).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_endless_answer_ends_with_its_size() {
    let server = Server::doing(|mut stream| async move {
        let mut more = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while more.is_ok() {
            more = stream.write_all(b"400\r\n").await;
            more = more.and(stream.write_all(&[b'x'; 1024]).await).and(stream.write_all(b"\r\n").await);
        }
    })
    .await;
    let open = Https::new(Addresses::Any).unwrap();
    let request = Request { max_body: 10_000, ..server.at("127.0.0.1") };
    assert_eq!(open.send(request).await.unwrap_err(), TransportError::TooLarge(10_000));
}

#[tokio::test]
async fn what_is_packed_stays_packed() {
    // 20 bytes that unpack to more: nobody unpacks them, and nobody asked for them.
    let server = Server::saying(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 20\r\nconnection: close\r\n\r\n\
          \x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0",
    )
    .await;
    let open = Https::new(Addresses::Any).unwrap();
    let request = Request { max_body: 20, ..server.at("127.0.0.1") };
    let answer = open.send(request).await.unwrap();
    assert_eq!((answer.body.len(), answer.header("content-encoding")), (20, Some("gzip")));
}
