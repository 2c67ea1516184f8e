//! What the test of the official packages stands on.

mod client;
mod cloud;
mod packages;
mod token;

pub(crate) use cloud::{
    API, APPLICATION, Cloud, PASSWORD, PUBLIC, REDIRECT, SECRET, SUBJECT, SYSTEM, USER_ASSIGNED,
};
