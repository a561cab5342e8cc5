//! Choosing entries by pattern, and finding what somebody may have meant.

/// A pattern for aliases: `*` for any characters, `?` for one; without regard to case.
///
/// ```
/// let glob = truststore::Glob::new("Corp-*");
/// assert!(glob.matches("corp-ca") && !glob.matches("my-corp-ca"));
/// ```
#[derive(Debug, Clone)]
pub struct Glob(Vec<char>);

impl Glob {
    /// A pattern; every text is one.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_lowercase().chars().collect())
    }

    /// Whether the whole of `text` matches; time grows with the product of the two lengths at worst.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut at, mut p) = (0, 0);
        // Where to go on if what follows the last star does not match: one more character for it.
        let mut retry: Option<(usize, usize)> = None;
        while let Some(&c) = text.get(at) {
            match (self.0.get(p), retry) {
                (Some('*'), _) => {
                    retry = Some((p, at));
                    p += 1;
                }
                (Some(&wanted), _) if wanted == '?' || wanted == c => {
                    p += 1;
                    at += 1;
                }
                (_, Some((star, from))) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    at = from + 1;
                }
                (_, None) => return false,
            }
        }
        self.0.get(p..).is_some_and(|rest| rest.iter().all(|&c| c == '*'))
    }
}

/// Up to three of `names` that look like `wanted`, the nearest first.
pub fn near_matches<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    // A long name costs time and was hardly mistyped.
    let most = (wanted.chars().count() / 3).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = names
        .filter(|name| name.len() <= 200 && wanted.len() <= 200)
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = distance(&lower, &wanted);
            let contains = wanted.len() >= 3 && (lower.contains(&wanted) || wanted.contains(&lower));
            (distance <= most || (contains && !lower.is_empty())).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// The Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let cost = diagonal + usize::from(x != *y);
            diagonal = *cell;
            left = cost.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("corp*", "CORP-ca", true),
            ("*ca", "corp-ca-2", false),
            ("*c*a*", "xcxxa", true),
            ("c?rp", "corp", true),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "aXbXbXc", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn distances() {
        for (a, b, expected) in [("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a, b), expected);
        }
        assert_eq!(near_matches(["corp-ca", "other"].into_iter(), "corp-cq"), ["corp-ca"]);
    }
}
