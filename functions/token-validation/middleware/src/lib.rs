//! token-validation as a middleware component in front of another.
