//! API Management backends as ARM exports them: one resource, an array of resources, the answer to a list request, or a
//! template.

use super::error::{BACKENDS, BackendsErrorKind, Fault};
use super::json;
use super::tree::{Entry, Node, Value};

/// Reads the backends of an ARM document. Resources of other types in an array or a template are passed over.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Fault> {
    let root = json::read(text)?;
    let mut entries = Vec::new();
    let is_resource = root.get("properties").is_some() || root.get("type").is_some();
    if matches!(root.value, Value::List(_)) {
        resources(root, Surroundings::LIST, &mut entries)?;
    } else if let (Some(_), false) = (root.get("value"), is_resource) {
        if let Some(next) = root.get("nextLink") {
            return Err(next.fault(BackendsErrorKind::ListContinues));
        }
        resources(take(root, "value"), Surroundings::LIST, &mut entries)?;
    } else if let (Some(_), false) = (root.get("resources"), is_resource) {
        resources(take(root, "resources"), Surroundings::TEMPLATE, &mut entries)?;
    } else {
        let is_service =
            resource_type(&root, "").is_some_and(|name| name.eq_ignore_ascii_case(SERVICE));
        if !is_service && !is_backend(&root, "") {
            let place = root.get("type").unwrap_or(&root);
            return Err(place.fault(BackendsErrorKind::NotBackend));
        }
        resource(root, Surroundings::LIST, &mut entries)?;
    }
    Ok(entries)
}

const SERVICE: &str = "Microsoft.ApiManagement/service";

/// Where a resource was found.
#[derive(Clone, Copy)]
struct Surroundings<'a> {
    /// Whether texts may be template expressions.
    template: bool,
    /// The type of the resource around it, which a nested resource leaves out.
    parent: &'a str,
}

impl Surroundings<'static> {
    const LIST: Self = Self { template: false, parent: "" };
    const TEMPLATE: Self = Self { template: true, parent: "" };
}

/// The resources of a list; a template in language version 2.0 has them as an object.
fn resources(node: Node, around: Surroundings<'_>, entries: &mut Vec<Entry>) -> Result<(), Fault> {
    match node.value {
        Value::List(items) => {
            items.into_iter().try_for_each(|item| resource(item, around, entries))
        }
        Value::Table(members) => {
            members.into_iter().try_for_each(|(_, item)| resource(item, around, entries))
        }
        _ => {
            let expected = "an array of resources";
            Err(node.fault(BackendsErrorKind::WrongType { expected }))
        }
    }
}

fn resource(node: Node, around: Surroundings<'_>, entries: &mut Vec<Entry>) -> Result<(), Fault> {
    if !matches!(node.value, Value::Table(_)) {
        return Err(node.fault(BackendsErrorKind::WrongType { expected: "an object" }));
    }
    if !is_backend(&node, around.parent) {
        let parent = resource_type(&node, around.parent).unwrap_or_default();
        return match node.get("resources") {
            Some(_) => {
                let around = Surroundings { parent: &parent, ..around };
                resources(take(node, "resources"), around, entries)
            }
            None => Ok(()),
        };
    }
    let name = name(&node, around.template)?;
    if node.get("properties").is_none() {
        return Err(node.fault(BackendsErrorKind::Missing { key: "properties" }));
    }
    let mut properties = take(node, "properties");
    if around.template {
        evaluate(&mut properties)?;
    }
    entries.push(Entry { name, properties });
    Ok(())
}

/// A resource without a type is taken for a backend: that is what was asked for.
fn is_backend(node: &Node, parent: &str) -> bool {
    resource_type(node, parent).is_none_or(|name| name.eq_ignore_ascii_case(BACKENDS))
}

fn resource_type(node: &Node, parent: &str) -> Option<String> {
    let own = node.get("type")?.as_text()?;
    let is_whole = parent.is_empty()
        || own.get(..parent.len()).is_some_and(|start| start.eq_ignore_ascii_case(parent));
    Some(if is_whole { own.to_owned() } else { format!("{parent}/{own}") })
}

/// The last segment of `name`, or of `id` when there is no name.
fn name(node: &Node, template: bool) -> Result<String, Fault> {
    let missing = || node.fault(BackendsErrorKind::Missing { key: "name" });
    let found = node.get("name").or_else(|| node.get("id")).ok_or_else(missing)?;
    let text = found.as_text().ok_or_else(missing)?;
    let text = match expression(text) {
        Some(expression) if template => {
            last_literal(expression).ok_or_else(|| found.fault(BackendsErrorKind::Expression))?
        }
        Some(_) | None => text,
    };
    Ok(text.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Puts plain texts in the place of template expressions, as far as their end is a text already: that is enough for the
/// ids of a pool's services, and nothing else is guessed.
fn evaluate(node: &mut Node) -> Result<(), Fault> {
    let is_id = node.path.ends_with("].id");
    let plain = match &node.value {
        Value::Text(text) => match expression(&text.value) {
            Some(expression) => match last_literal(expression).filter(|_| is_id) {
                Some(literal) => Some(literal.to_owned()),
                None => return Err(node.fault(BackendsErrorKind::Expression)),
            },
            // `[[` stands for a text that begins with `[`.
            None => {
                text.value.strip_prefix('[').filter(|rest| rest.starts_with('[')).map(str::to_owned)
            }
        },
        _ => None,
    };
    match (&mut node.value, plain) {
        (Value::Text(text), Some(plain)) => text.value = plain,
        (Value::List(items), _) => items.iter_mut().try_for_each(evaluate)?,
        (Value::Table(members), _) => {
            members.iter_mut().try_for_each(|(_, node)| evaluate(node))?
        }
        _ => {}
    }
    Ok(())
}

/// What stands between the brackets of a template expression.
fn expression(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    (!inside.starts_with('[')).then_some(inside)
}

/// The last argument of the outermost function, when it is a literal behind another argument: `b` in
/// `resourceId('…/backends', parameters('service'), 'b')` and in `concat(parameters('service'), '/b')`.
fn last_literal(expression: &str) -> Option<&str> {
    let arguments = expression.trim().strip_suffix(')')?.trim_end().strip_suffix('\'')?;
    let (before, literal) = arguments.rsplit_once('\'')?;
    before.trim_end().ends_with(',').then_some(literal)
}

/// The value of a key that the table is known to have.
fn take(node: Node, key: &str) -> Node {
    let Node { path, offset, value } = node;
    match value {
        Value::Table(members) => {
            let found = members.into_iter().find(|(name, _)| name == key);
            found.map_or(Node { path, offset, value: Value::Null }, |(_, node)| node)
        }
        other => Node { path, offset, value: other },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_expression_is_read_when_it_is_a_literal() {
        for (text, expected) in [
            ("concat(parameters('service'), '/orders')", Some("/orders")),
            ("format('{0}/{1}', parameters('service'), 'orders')", Some("orders")),
            (
                "resourceId('Microsoft.ApiManagement/service/backends', variables('s'), 'orders' )",
                Some("orders"),
            ),
            ("parameters('backend')", None),
            ("concat(parameters('service'), '/', parameters('backend'))", None),
            ("concat('a/', toLower(concat('b', 'C')))", None),
            ("'orders'", None),
            ("", None),
        ] {
            assert_eq!(last_literal(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_in_brackets_is_an_expression_unless_the_first_is_doubled() {
        assert_eq!(expression("[a]"), Some("a"));
        assert_eq!(expression("[[a]"), None);
        assert_eq!(expression("a[0]"), None);
    }
}
