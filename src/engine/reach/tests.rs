//! The walls, tried one at a time.
