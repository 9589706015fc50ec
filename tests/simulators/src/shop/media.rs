//! The media library: files that were downloaded, and whether a URL downloads at all.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{product::Image, text::file_name};

/// A media file. Nothing takes one away but a create that fails: a product that drops an image leaves it here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// Its id, from the same row as products'.
    pub id: u64,
    /// Where it was downloaded from.
    pub source: String,
    /// Where it lies in the shop, from the shop's home on: `wp-content/uploads/2026/11/a-1.png`.
    pub path: String,
    /// Its title.
    pub name: String,
    /// Its alternative text.
    pub alt: String,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl Media {
    /// It as a product's image.
    pub(super) fn image(&self) -> Image {
        Image { id: self.id, src: self.source.clone(), name: self.name.clone(), alt: self.alt.clone() }
    }
}

/// The media files, by id.
#[derive(Default)]
pub(super) struct Library {
    files: BTreeMap<u64, Media>,
    /// How often a path was asked for, so that the next one finds its number without a search.
    taken: BTreeMap<String, u64>,
}

impl Library {
    pub(super) fn get(&self, id: u64) -> Option<&Media> {
        self.files.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Media> {
        self.files.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Media> {
        self.files.values()
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.files.remove(&id);
    }

    /// Keeps a file of that name in its month's folder: `a.png`, then `a-1.png`.
    pub(super) fn add(&mut self, mut media: Media, file: &str, zone: &TimeZone) {
        let month = media.created.map(|at| zone.to_datetime(at).strftime("%Y/%m").to_string());
        let folder = format!("wp-content/uploads/{}", month.unwrap_or_default());
        let (stem, end) = file.rsplit_once('.').unwrap_or((file, ""));
        let taken = self.taken.entry(format!("{folder}/{}", file.to_lowercase())).or_default();
        let name = if *taken == 0 { file.to_owned() } else { format!("{stem}-{taken}.{end}") };
        *taken += 1;
        media.path = format!("{folder}/{name}");
        media.name = name;
        self.files.insert(media.id, media);
    }

    /// Takes up an image that a test gave a product, so that it can be named by its id.
    pub(super) fn adopt(&mut self, image: &Image, created: Option<Timestamp>) {
        self.files.entry(image.id).or_insert_with(|| Media {
            id: image.id,
            source: image.src.clone(),
            path: String::new(),
            name: image.name.clone(),
            alt: image.alt.clone(),
            created,
        });
    }
}

/// What comes of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Download {
    /// An image.
    Fine,
    /// 404.
    NotFound,
    /// A page of HTML, or a file whose name has no image's end.
    NoImage,
    /// Nobody listens there.
    Refused,
}

/// What comes of downloads whose URL contains a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRule {
    /// The text.
    pub contains: String,
    /// What comes of it.
    pub download: Download,
}

/// What WordPress takes for an image by its name.
const ENDS: [&str; 10] = ["jpg", "jpeg", "jpe", "gif", "png", "bmp", "tiff", "tif", "ico", "webp"];

/// Downloads: the file's name, or why not. The first rule that fits decides; where none does, the path: one with the word `404`
/// (`/404.png`, `/a-404.png`) is not there, one with `refused` is refused, one with `html` is a page, and the rest are images
/// where their name says so.
pub(super) fn download(rules: &[ImageRule], src: &str) -> Result<String, String> {
    let src = &as_url(src);
    let failed = |why: &str| Err(format!("Error getting remote image {src}. Error: {why}"));
    let Some(url) = Url::parse(src).ok().filter(is_valid) else {
        return failed("A valid URL was not provided.");
    };
    let file = file_name(url.path().rsplit('/').next().unwrap_or_default());
    let is_image = file.rsplit_once('.').is_some_and(|(_, end)| ENDS.contains(&end.to_lowercase().as_str()));
    let rule = rules.iter().find(|rule| src.contains(&rule.contains));
    let mut words = url.path().split(|c: char| !c.is_ascii_alphanumeric());
    let by_path = words.find_map(|word| match word {
        "404" => Some(Download::NotFound),
        "refused" => Some(Download::Refused),
        "html" => Some(Download::NoImage),
        _ => None,
    });
    let by_path = by_path.unwrap_or(Download::Fine);
    match rule.map_or(by_path, |rule| rule.download) {
        Download::Fine if is_image => Ok(file),
        Download::Fine | Download::NoImage => {
            Err("Invalid image: Sorry, you are not allowed to upload this file type.".to_owned())
        }
        Download::NotFound => failed("Not Found"),
        Download::Refused => {
            let (host, port) =
                (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
            failed(&format!(
                "cURL error 7: Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server"
            ))
        }
    }
}

/// A URL as `esc_url_raw` makes one: blanks encoded, `http://` where no scheme is, nothing of a scheme that isn't http.
fn as_url(text: &str) -> String {
    let text = text.trim().replace(' ', "%20");
    let text = if text.contains(':') || text.starts_with(['/', '#', '?']) || text.is_empty() {
        text
    } else {
        format!("http://{text}")
    };
    let is_http = ["http:", "https:"].iter().any(|scheme| text.to_lowercase().starts_with(scheme));
    if is_http || !text.contains(':') { text } else { String::new() }
}

/// A host that can be looked up.
fn is_valid(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.trim_matches('.').contains('.'),
        Some(Host::Ipv4(_)) => true,
        _ => false,
    }
}
