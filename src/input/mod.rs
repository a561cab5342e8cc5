//! Any source of certificates: files, folders, standard input, other stores.
