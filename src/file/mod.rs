//! One store file: open, edit, commit.
