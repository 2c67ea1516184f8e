//! Strict stand-ins for clouds that cannot run on a laptop.
