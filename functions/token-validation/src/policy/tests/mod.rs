mod documents;
mod errors;
mod explanations;
mod properties;
mod references;
mod support;
