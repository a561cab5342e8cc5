//! A JVM, asked through the programs of `testdata/java/`.
