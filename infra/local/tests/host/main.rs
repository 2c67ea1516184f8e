//! The local host from outside: real components over real HTTP, in process and as a program.

#![cfg(test)]

mod backend;
mod client;
mod harness;

mod composition;
mod isolation;
mod life;
mod limits;
mod program;
mod reach;
mod reuse;
