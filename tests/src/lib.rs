//! One case, every host; end to end with real peers.
