//! A component that answers 200 with an empty body: the floor that others are measured against.
