//! Every change, as a function on a store.
