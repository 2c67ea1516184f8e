//! Strict fakes of the ports, named by behaviour.
