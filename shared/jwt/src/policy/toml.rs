use ::toml::de::DeValue;

use super::document::NamedPolicy;
use super::error::{PolicyError, PolicyErrorKind};
use super::node::{Node, Position};
use super::shape;
use super::toml_reader::{TomlReader, Value, table_of};

/// The name of the policy that statements outside any policy make up.
const UNNAMED: &str = "default";

/// Reads a TOML document: a table per policy, in it a table per statement, whose keys are the statement's attributes.
pub(super) fn read(text: &str) -> Result<Vec<NamedPolicy>, PolicyError> {
    let (reader, root) = TomlReader::parse(text)?;
    let mut policies = Vec::new();
    let mut unnamed = Vec::new();
    for (key, value) in &root {
        let position = reader.at(&key.span());
        let name = key.get_ref().as_ref();
        if shape::statement(name).is_some() {
            add_statements(&reader, name, position, value, &mut unnamed)?;
            continue;
        }
        let mut statements = Vec::new();
        for (key, value) in table_of(value, name, "a table of statements", position)? {
            let position = reader.at(&key.span());
            add_statements(&reader, key.get_ref(), position, value, &mut statements)?;
        }
        let policy = NamedPolicy { name: name.to_owned(), statements, position };
        put_in_order(policy, &mut policies, |policy| policy.position);
    }
    if let Some(first) = unnamed.first() {
        let position = first.position;
        let name = UNNAMED.to_owned();
        // No other name can be given twice: TOML refuses a second table of the same name.
        if let Some(named) = policies.iter().find(|policy| policy.name == UNNAMED) {
            return Err(PolicyErrorKind::PolicyTwice { name }.at(position.max(named.position)));
        }
        let policy = NamedPolicy { name, statements: unnamed, position };
        put_in_order(policy, &mut policies, |policy| policy.position);
    }
    Ok(policies)
}

/// Adds a statement, or several of the same name from an array of tables.
fn add_statements(
    reader: &TomlReader<'_>,
    name: &str,
    position: Position,
    value: &Value<'_>,
    statements: &mut Vec<Node>,
) -> Result<(), PolicyError> {
    let Some(shape) = shape::statement(name) else {
        return Err(PolicyErrorKind::UnknownStatement {
            name: name.to_owned(),
            suggestion: shape::suggest_statement(name),
        }
        .at(position));
    };
    let mut add = |value, position, begin: Position| {
        let table = table_of(value, name, "a table", position)?;
        let statement = reader.element(shape, table, begin)?;
        put_in_order(statement, statements, |statement| statement.position);
        Ok(())
    };
    let begin = reader.at(&value.span());
    match value.get_ref() {
        DeValue::Array(tables) => tables.iter().try_for_each(|item| {
            let begin = reader.at(&item.span());
            add(item, begin, begin)
        }),
        _ => add(value, position, begin.max(position)),
    }
}

/// Inserts what begins at `place` before whatever begins behind it. The place is sought from the end: tables are
/// mostly read in the order in which they stand.
fn put_in_order<T>(item: T, items: &mut Vec<T>, place: impl Fn(&T) -> Position) {
    let before = items.iter().rposition(|other| place(other) <= place(&item));
    items.insert(before.map_or(0, |index| index + 1), item);
}
