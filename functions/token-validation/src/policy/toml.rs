use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeInteger, DeTable, DeValue};

use super::document::{BYTE_ORDER_MARK, NamedPolicy};
use super::error::{PolicyError, PolicyErrorKind};
use super::node::{Attribute, Node, Position};
use super::positions::Positions;
use super::shape::{self, Child, Shape};

/// The name of the policy that statements outside any policy make up.
const UNNAMED: &str = "default";

/// Reads a TOML document: a table per policy, in it a table per statement, whose keys are the statement's attributes.
pub(super) fn read(text: &str) -> Result<Vec<NamedPolicy>, PolicyError> {
    let positions = Positions::of(text);
    let start = text.len() - text.trim_start_matches(BYTE_ORDER_MARK).len();
    let body = text.get(start..).unwrap_or_default();
    let reader = Reader { positions, start };
    let root = DeTable::parse(body).map_err(|error| {
        let position = error.span().map_or(Position::START, |span| reader.at(&span));
        PolicyErrorKind::NotToml { reason: error.message().to_owned() }.at(position)
    })?;
    reader.policies(root.get_ref())
}

type Value<'a> = Spanned<DeValue<'a>>;

struct Reader<'a> {
    positions: Positions<'a>,
    /// How far the parsed text begins behind the document's first byte.
    start: usize,
}

impl Reader<'_> {
    fn at(&self, span: &Range<usize>) -> Position {
        self.positions.at(self.start + span.start)
    }

    fn policies(&self, root: &DeTable<'_>) -> Result<Vec<NamedPolicy>, PolicyError> {
        let mut policies = Vec::new();
        let mut unnamed = Vec::new();
        for (key, value) in root {
            let position = self.at(&key.span());
            let name = key.get_ref().as_ref();
            if shape::statement(name).is_some() {
                unnamed.extend(self.statements(name, position, value)?);
                continue;
            }
            let Some(table) = value.get_ref().as_table() else {
                return Err(PolicyErrorKind::WrongType {
                    key: name.to_owned(),
                    expected: "a table of statements",
                }
                .at(position));
            };
            let mut statements = Vec::new();
            for (key, value) in table {
                let position = self.at(&key.span());
                statements.extend(self.statements(key.get_ref(), position, value)?);
            }
            policies.push(NamedPolicy { name: name.to_owned(), statements, position });
        }
        if let Some(first) = unnamed.first() {
            let position = first.position;
            let name = UNNAMED.to_owned();
            policies.push(NamedPolicy { name, statements: unnamed, position });
        }
        for policy in &mut policies {
            policy.statements.sort_by_key(|statement| statement.position);
        }
        policies.sort_by_key(|policy| policy.position);
        Ok(policies)
    }

    /// A statement, or several of the same name from an array of tables.
    fn statements(
        &self,
        name: &str,
        position: Position,
        value: &Value<'_>,
    ) -> Result<Vec<Node>, PolicyError> {
        let Some(shape) = shape::statement(name) else {
            return Err(PolicyErrorKind::UnknownStatement {
                name: name.to_owned(),
                suggestion: shape::suggest_statement(name),
            }
            .at(position));
        };
        let wrong = |position| {
            PolicyErrorKind::WrongType { key: name.to_owned(), expected: "a table" }.at(position)
        };
        match value.get_ref() {
            DeValue::Table(table) => {
                let position = self.at(&value.span()).max(position);
                Ok(vec![self.element(shape, table, position)?])
            }
            DeValue::Array(tables) => tables
                .iter()
                .map(|item| {
                    let position = self.at(&item.span());
                    let table = item.get_ref().as_table().ok_or_else(|| wrong(position))?;
                    self.element(shape, table, position)
                })
                .collect(),
            _ => Err(wrong(position)),
        }
    }

    fn element(
        &self,
        shape: &Shape,
        table: &DeTable<'_>,
        position: Position,
    ) -> Result<Node, PolicyError> {
        let mut node = Node::new(shape.name, position);
        let mut children: Vec<(usize, Node)> = Vec::new();
        for (key, value) in table {
            let position = self.at(&key.span());
            let name = key.get_ref().as_ref();
            let child = shape.children.iter().enumerate().find(|(_, child)| child.key == name);
            if let Some((rank, child)) = child {
                children.extend(
                    self.children(child, value, position)?.into_iter().map(|node| (rank, node)),
                );
            } else if shape.text && name == "value" {
                node.text = scalar(value).ok_or_else(|| wrong(name, position))?;
            } else if !shape.attributes.contains(&name) {
                return Err(PolicyErrorKind::UnknownAttribute {
                    name: name.to_owned(),
                    element: shape.name,
                    suggestion: shape.suggest(name),
                }
                .at(position));
            } else {
                let value = scalar(value).ok_or_else(|| wrong(name, position))?;
                node.attributes.push(Attribute { name: name.to_owned(), value, position });
            }
        }
        // The keys of a table have no order, so the elements take the one that the statement asks for.
        children.sort_by_key(|(rank, _)| *rank);
        node.children = children.into_iter().map(|(_, child)| child).collect();
        Ok(node)
    }

    /// The elements that one key stands for; a value that is not an array is a list of one.
    fn children(
        &self,
        child: &Child,
        value: &Value<'_>,
        position: Position,
    ) -> Result<Vec<Node>, PolicyError> {
        let shape = child.shape.item().unwrap_or(child.shape);
        let items = match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .map(|item| self.item(child.key, shape, item, self.at(&item.span())))
                .collect::<Result<_, _>>()?,
            _ => vec![self.item(child.key, shape, value, position)?],
        };
        if child.shape.item().is_none() {
            return Ok(items);
        }
        let mut list = Node::new(child.shape.name, position);
        list.children = items;
        Ok(vec![list])
    }

    fn item(
        &self,
        key: &'static str,
        shape: &Shape,
        value: &Value<'_>,
        position: Position,
    ) -> Result<Node, PolicyError> {
        if let DeValue::Table(table) = value.get_ref()
            && !shape.attributes.is_empty()
        {
            return self.element(shape, table, position);
        }
        let mut node = Node::new(shape.name, position);
        match (scalar(value), shape.attributes) {
            (Some(text), _) if shape.text => node.text = text,
            (Some(value), [only]) => {
                node.attributes.push(Attribute { name: (*only).to_owned(), value, position });
            }
            _ => {
                let expected = match (shape.text, shape.attributes) {
                    (true, []) => "an array of strings",
                    (true, _) | (false, [_]) => "an array of strings or tables",
                    (false, _) => "an array of tables",
                };
                return Err(
                    PolicyErrorKind::WrongType { key: key.to_owned(), expected }.at(position)
                );
            }
        }
        Ok(node)
    }
}

fn wrong(key: &str, position: Position) -> PolicyError {
    let expected = "a string, an integer or a boolean";
    PolicyErrorKind::WrongType { key: key.to_owned(), expected }.at(position)
}

/// The text of a string, an integer or a boolean, as XML would have it.
fn scalar(value: &Value<'_>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.as_ref().to_owned()),
        DeValue::Integer(integer) => Some(decimal(integer)?.to_string()),
        DeValue::Boolean(boolean) => Some(boolean.to_string()),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn decimal(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
