use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeInteger, DeTable, DeValue};

use super::document::BYTE_ORDER_MARK;
use super::error::{PolicyError, PolicyErrorKind};
use super::node::{Attribute, Node, Position};
use super::positions::Positions;
use super::shape::{Child, Shape};

/// A value with its place.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// Turns the tables of a TOML document into elements, each with its place.
pub(crate) struct TomlReader<'a> {
    positions: Positions<'a>,
    /// How far the parsed text begins behind the document's first byte.
    start: usize,
}

impl<'a> TomlReader<'a> {
    /// Reads the document's outermost table, whose keys are for the caller to judge.
    pub(crate) fn parse(text: &'a str) -> Result<(Self, DeTable<'a>), PolicyError> {
        let start = text.len() - text.trim_start_matches(BYTE_ORDER_MARK).len();
        let reader = Self { positions: Positions::of(text), start };
        match DeTable::parse(text.get(start..).unwrap_or_default()) {
            Ok(root) => Ok((reader, root.into_inner())),
            Err(error) => {
                let position = error.span().map_or(Position::START, |span| reader.at(&span));
                Err(PolicyErrorKind::NotToml { reason: error.message().to_owned() }.at(position))
            }
        }
    }

    /// Where `span` begins.
    pub(crate) fn at(&self, span: &Range<usize>) -> Position {
        self.positions.at(self.start + span.start)
    }

    /// The element that a table stands for. Keys that `shape` does not know are refused.
    pub(crate) fn element(
        &self,
        shape: &Shape,
        table: &DeTable<'_>,
        position: Position,
    ) -> Result<Node, PolicyError> {
        let mut node = Node::new(shape.name, position);
        // The keys of a table have no order, so the elements take the one that the statement asks for.
        let mut children: Vec<Vec<Node>> = shape.children.iter().map(|_| Vec::new()).collect();
        for (key, value) in table {
            let position = self.at(&key.span());
            let name = key.get_ref().as_ref();
            let known = shape.children.iter().zip(&mut children);
            if let Some((child, nodes)) = known.into_iter().find(|(child, _)| child.key == name) {
                *nodes = self.children(child, value, position)?;
            } else if shape.text && name == "value" {
                node.text = scalar(value).ok_or_else(|| wrong(name, position))?;
            } else if !shape.attributes.contains(&name) {
                return Err(shape.unknown(name).at(position));
            } else {
                let value = scalar(value).ok_or_else(|| wrong(name, position))?;
                node.attributes.push(Attribute { name: name.to_owned(), value, position });
            }
        }
        node.children = children.into_iter().flatten().collect();
        Ok(node)
    }

    /// The elements that one key stands for; a value that is not an array is a list of one.
    pub(crate) fn children(
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

/// The table that the value of `key` must be; `expected` says so to whoever wrote something else.
pub(crate) fn table_of<'v, 'i>(
    value: &'v Value<'i>,
    key: &str,
    expected: &'static str,
    position: Position,
) -> Result<&'v DeTable<'i>, PolicyError> {
    let wrong = || PolicyErrorKind::WrongType { key: key.to_owned(), expected }.at(position);
    value.get_ref().as_table().ok_or_else(wrong)
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
