//! Texts as WordPress keeps them: names, slugs, file names.

/// A text field (`sanitize_text_field`): without tags and percent-encoded bytes, white space folded. Seen on 10.5 with
/// SKUs: `<i>` became nothing, and two spaces one. What begins like a tag and is none becomes entities, up to the next.
pub(super) fn stripped(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(character) = rest.chars().next() {
        let bytes = rest.as_bytes();
        if character == '<' {
            let end = rest[1..].find(['<', '>']).map_or(rest.len(), |end| end + 1);
            if rest[end..].starts_with('>') {
                rest = &rest[end + 1..];
            } else {
                let quoted = sanitised(&rest[..end]).replace('<', "&lt;");
                out.push_str(&quoted.replace('"', "&quot;").replace('\'', "&#039;"));
                rest = &rest[end..];
            }
        } else if character == '%'
            && bytes.len() > 2
            && bytes[1].is_ascii_hexdigit()
            && bytes[2].is_ascii_hexdigit()
        {
            rest = &rest[3..];
        } else {
            out.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text less one layer of backslashes (`stripslashes`).
pub(super) fn unslashed(text: &str) -> String {
    let (mut out, mut characters) = (String::with_capacity(text.len()), text.chars());
    while let Some(character) = characters.next() {
        out.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    out
}

/// A product's name: a bare `&` becomes an entity.
pub(super) fn sanitised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        out.push(character);
        if character == '&' && !begins_entity(&name[at + 1..]) {
            out.push_str("amp;");
        }
    }
    out
}

/// A term's name: a text field with `&`, `<` and `>` as entities.
pub(super) fn term_name(name: &str) -> String {
    sanitised(&stripped(name)).replace('<', "&lt;").replace('>', "&gt;")
}

fn begins_entity(rest: &str) -> bool {
    let Some((name, _)) = rest.split_once(';') else { return false };
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.len() <= 8 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A slug (`sanitize_title`): lower case, Latin letters without accents, others as percent-encoded bytes.
pub(super) fn slug(text: &str) -> String {
    let text = without_entities(&stripped_of_tags(text));
    let mut slug = String::with_capacity(text.len());
    for character in plain(&text).chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' | '_' => slug.push(character),
            '-' | '.' | '/' | ' ' | '\t' | '\n' | '\r' | '\u{a0}' | '\u{2013}' | '\u{2014}' => slug.push('-'),
            '×' => slug.push('x'),
            // Quotation marks, dots and the like go; letters of other scripts stay, as bytes.
            other if other.is_alphabetic() => {
                let mut bytes = [0; 4];
                for byte in other.encode_utf8(&mut bytes).bytes() {
                    slug.push_str(&format!("%{byte:02x}"));
                }
            }
            _ => {}
        }
    }
    slug.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

fn stripped_of_tags(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('<') {
        let Some(end) = rest[at..].find('>') else { break };
        out.push_str(&rest[..at]);
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

fn without_entities(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if begins_entity(rest)
            && let Some((_, after)) = rest.split_once(';')
        {
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The text with its HTML entities read, as far as WordPress makes them itself.
pub(super) fn decoded(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#039;", "'")
        .replace("&amp;", "&")
}

/// What names are sorted by: a collation that knows neither case nor accents.
pub(super) fn sort_key(text: &str) -> String {
    plain(text).to_lowercase()
}

/// Without accents (`remove_accents`), as far as European letters go.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match PLAIN.iter().find(|(letters, _)| letters.contains(character)) {
            Some((_, plain)) => out.push_str(plain),
            None => out.push(character),
        }
    }
    out
}

const PLAIN: [(&str, &str); 44] = [
    ("àáâãäåāăą", "a"),
    ("ÀÁÂÃÄÅĀĂĄ", "A"),
    ("æ", "ae"),
    ("Æ", "AE"),
    ("çćĉċč", "c"),
    ("ÇĆĈĊČ", "C"),
    ("ďđð", "d"),
    ("ĎĐÐ", "D"),
    ("èéêëēĕėęě", "e"),
    ("ÈÉÊËĒĔĖĘĚ", "E"),
    ("ĝğġģ", "g"),
    ("ĜĞĠĢ", "G"),
    ("ĥħ", "h"),
    ("ĤĦ", "H"),
    ("ìíîïĩīĭįı", "i"),
    ("ÌÍÎÏĨĪĬĮİ", "I"),
    ("ĵ", "j"),
    ("Ĵ", "J"),
    ("ķ", "k"),
    ("Ķ", "K"),
    ("ĺļľŀł", "l"),
    ("ĹĻĽĿŁ", "L"),
    ("ñńņňŋ", "n"),
    ("ÑŃŅŇŊ", "N"),
    ("òóôõöøōŏő", "o"),
    ("ÒÓÔÕÖØŌŎŐ", "O"),
    ("œ", "oe"),
    ("Œ", "OE"),
    ("ŕŗř", "r"),
    ("ŔŖŘ", "R"),
    ("śŝşšș", "s"),
    ("ŚŜŞŠȘ", "S"),
    ("ß", "s"),
    ("ţťŧț", "t"),
    ("ŢŤŦȚ", "T"),
    ("þ", "th"),
    ("Þ", "TH"),
    ("ùúûüũūŭůűų", "u"),
    ("ÙÚÛÜŨŪŬŮŰŲ", "U"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("ÝŶŸ", "Y"),
    ("źżž", "z"),
    ("ŹŻŽ", "Z"),
];

/// A file's name (`sanitize_file_name`): without what paths and shells mind, blanks as hyphens.
pub(super) fn file_name(name: &str) -> String {
    let kept: String = plain(name)
        .replace("%20", "-")
        .chars()
        .filter(|c| !c.is_control() && !"?[]/\\=<>:;,'\"&$#*()|~`!{}%+’«»”“".contains(*c))
        .map(|c| if c.is_whitespace() { '-' } else { c })
        .collect();
    let parts = kept.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>();
    parts.join("-").trim_matches(['.', '-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_as_recorded() {
        let check = |name: &str, expected: &str| assert_eq!(slug(name), expected, "{name}");
        check("Bøker", "boker");
        check("Klær", "klaer");
        check("Hansker &amp; votter", "hansker-votter");
        check("Mat & drikke", "mat-drikke");
        check("Størrelse", "storrelse");
        check("Finnes ikke", "finnes-ikke");
        check("<b>20</b> × 30 cm.", "20-x-30-cm");
        check("Чай", "%d1%87%d0%b0%d0%b9");
        check(" - ", "");
    }

    #[test]
    fn names_of_terms_and_files() {
        assert_eq!(term_name(" Mat & <i>drikke</i>  > fisk "), "Mat &amp; drikke &gt; fisk");
        assert_eq!(decoded(&term_name("R&D > B")), "R&D > B");
        assert_eq!(file_name("Blå  kopp (1).png"), "Bla-kopp-1.png");
        assert_eq!(file_name("a%20b.png"), "a-b.png");
        assert_eq!(stripped("x < y & \"z\" <b>1</b>"), "x &lt; y &amp; &quot;z&quot; 1");
        assert_eq!(unslashed(r"a\\b\c\"), r"a\bc");
    }
}
