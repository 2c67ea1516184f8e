//! The ports on tokio, reqwest and redb; serves plain HTTP and AWS Lambda.
