//! Transcripts: the help of every verb, and what representative runs print. `TRYCMD=overwrite` renews them.

#[test]
fn the_transcripts_in_tests_cmd_hold() {
    trycmd::TestCases::new()
        // What help is wrapped to.
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .case("tests/cmd/help/*.md")
        .case("tests/cmd/*.md");
}
