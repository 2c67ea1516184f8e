use wac_graph::types::{ItemKind, Package};
use wac_graph::{CompositionGraph, EncodeOptions, plug};

/// Why a middleware could not be put in front of a component.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// One of the two is not a component.
    #[error("{which} is not a component: {reason}")]
    NotAComponent {
        /// `the middleware` or `the component`.
        which: &'static str,
        /// What the reader says.
        reason: String,
    },
    /// The middleware does not call a next handler, or the component is none.
    #[error("the middleware does not call the wasi:http/handler that the component exports")]
    NothingToPlug,
    /// The two could not be put together.
    #[error("the two cannot be composed: {0}")]
    Failed(String),
}

/// Makes one component of two: what `middleware` imports as its next handler is what `component` exports, and what the
/// whole exports is the middleware's. All other imports of both are the host's.
pub(crate) fn in_front(middleware: Vec<u8>, component: Vec<u8>) -> Result<Vec<u8>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let mut register = |which, name, bytes| {
        let not_a_component = |error: &dyn std::fmt::Display| ComposeError::NotAComponent {
            which,
            reason: error.to_string(),
        };
        let package = Package::from_bytes(name, None, bytes, graph.types_mut())
            .map_err(|error| not_a_component(&error))?;
        graph.register_package(package).map_err(|error| not_a_component(&error))
    };
    let socket = register("the middleware", "headgate:middleware", middleware)?;
    let plugged = register("the component", "headgate:component", component)?;
    let types = graph.types();
    // spin-sdk makes every component name the next handler; only a middleware calls it.
    let handles = |(name, kind): (&String, &ItemKind)| {
        name.starts_with("wasi:http/handler@")
            && matches!(kind, ItemKind::Instance(id) if types[*id].exports.contains_key("handle"))
    };
    let imported = types[graph[socket].ty()].imports.iter().any(handles);
    let exported = types[graph[plugged].ty()].exports.iter().any(handles);
    if !(imported && exported) {
        return Err(ComposeError::NothingToPlug);
    }
    plug(&mut graph, vec![plugged], socket).map_err(|error| match error {
        wac_graph::PlugError::NoPlugHappened => ComposeError::NothingToPlug,
        wac_graph::PlugError::GraphError { source } => ComposeError::Failed(source.to_string()),
    })?;
    graph.encode(EncodeOptions::default()).map_err(|error| ComposeError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_component_is_named() {
        let error = in_front(b"nothing".to_vec(), b"nothing".to_vec()).unwrap_err();
        assert!(error.to_string().starts_with("the middleware is not a component"), "{error}");
    }
}
