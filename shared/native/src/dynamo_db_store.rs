use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use headgate_core::redis_layout::{LONGEST_KEY, StorePrefix};
use headgate_core::{KeyValue, KeyValueError, Swap};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::aws::{AwsFailure, configuration};

/// A store in a table of DynamoDB, which any number of machines share.
///
/// The table's key is the string `key`, and it has no sort key; the value is the binary attribute `value`. Region,
/// credentials and endpoint are found as by every SDK of AWS (`AWS_REGION`, the role, `AWS_ENDPOINT_URL_DYNAMODB`), at the
/// first use. The role needs `dynamodb:GetItem`, `PutItem`, `DeleteItem` and `Scan` on the table.
///
/// Each operation is one call, and reads are consistent: a read unit for each 4 KB, a write unit for each 1 KB, also when
/// a swap conflicts. [`list`](KeyValue::list) reads the *whole table*, whosever its keys are, 1 MB in a call, and is paid so:
/// a function that lists needs a small table of its own. A value must fit into an item with its key: 400 KB, less than
/// other stores take. A call that gets no answer within five seconds fails, a list within thirty. What may be done twice is
/// tried up to three times; a swap is tried once, since it may have been done.
#[derive(Clone)]
pub struct DynamoDbStore(Arc<Inner>);

struct Inner {
    table: String,
    prefix: StorePrefix,
    client: OnceCell<Client>,
}

/// How long one call may take, with what is read before the first.
const DEADLINE: Duration = Duration::from_secs(5);

/// How long a list may take, which is one call for each megabyte.
const LIST_DEADLINE: Duration = Duration::from_secs(30);

/// What an item may hold: its attributes' names and values.
const LONGEST_ITEM: usize = 400 * 1024;

const KEY: &str = "key";
const VALUE: &str = "value";

impl DynamoDbStore {
    /// Makes the store in the table of this name, or of this ARN. Nothing is called yet.
    #[must_use]
    pub fn in_table(table: impl Into<String>, prefix: StorePrefix) -> Self {
        Self(Arc::new(Inner { table: table.into(), prefix, client: OnceCell::new() }))
    }

    async fn client(&self) -> Result<&Client, KeyValueError> {
        let made = self.0.client.get_or_try_init(|| async {
            let configuration = configuration().await;
            if configuration.region().is_none() {
                let reason = "the region of DynamoDB is not known: set AWS_REGION";
                return Err(KeyValueError::NoAccess(reason.to_owned()));
            }
            let attempts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(2))
                .build();
            let config = Config::from(&configuration).to_builder().timeout_config(attempts);
            Ok(Client::from_conf(config.build()))
        });
        made.await
    }

    /// Makes one call within the deadline.
    async fn call<T, E>(
        &self,
        call: impl AsyncFnOnce(&Client) -> Result<T, SdkError<E>>,
    ) -> Result<T, KeyValueError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let called = timeout(DEADLINE, async {
            let client = self.client().await?;
            call(client).await.map_err(|error| self.error(error.into()))
        });
        called.await.unwrap_or_else(|_| Err(self.error(AwsFailure::TimedOut)))
    }

    fn stored(&self, key: &str) -> Result<AttributeValue, KeyValueError> {
        self.0.prefix.stored(key).map(AttributeValue::S)
    }

    /// The item with this value, as far as it fits.
    fn put(
        &self,
        client: &Client,
        key: AttributeValue,
        value: AttributeValue,
    ) -> PutItemFluentBuilder {
        client.put_item().table_name(&self.0.table).item(KEY, key).item(VALUE, value)
    }

    fn fitting(&self, key: &str, value: &[u8]) -> Result<AttributeValue, KeyValueError> {
        let most = self.longest_at(key.len());
        if value.len() > most {
            return Err(KeyValueError::TooLong { most });
        }
        Ok(AttributeValue::B(Blob::new(value)))
    }

    /// The longest value that an item holds with a key of this length.
    fn longest_at(&self, key: usize) -> usize {
        LONGEST_ITEM - KEY.len() - VALUE.len() - self.0.prefix.beginning("").len() - key
    }

    /// Says what to fix. The service's own text is not repeated: it may quote what was sent.
    fn error(&self, failure: AwsFailure) -> KeyValueError {
        let table = &self.0.table;
        let (code, status) = match failure {
            AwsFailure::TimedOut => {
                return KeyValueError::Unavailable(format!(
                    "DynamoDB did not answer within {} s: see whether this machine reaches it",
                    DEADLINE.as_secs()
                ));
            }
            AwsFailure::NoAnswer(reason) => {
                return KeyValueError::Unavailable(format!(
                    "DynamoDB cannot be reached ({reason}): see AWS_REGION and AWS_ENDPOINT_URL_DYNAMODB"
                ));
            }
            AwsFailure::NotAsked(reason) => {
                return KeyValueError::NoAccess(format!(
                    "DynamoDB cannot be asked ({reason}): give this process credentials of AWS"
                ));
            }
            AwsFailure::Answered { code, status } => (code, status),
        };
        match code.as_str() {
            "ResourceNotFoundException" => KeyValueError::NoAccess(format!(
                "the table {table} does not exist in this region: make it, with the string key {KEY:?}"
            )),
            "ValidationException" => KeyValueError::NoAccess(format!(
                "the table {table} takes no such item: its only key must be the string {KEY:?}"
            )),
            "AccessDeniedException" => KeyValueError::NoAccess(format!(
                "the role may not use the table {table}: allow it dynamodb:GetItem, PutItem, DeleteItem and Scan"
            )),
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignatureException"
            | "ExpiredTokenException" => KeyValueError::NoAccess(format!(
                "DynamoDB refuses the credentials ({code}): give this process others"
            )),
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException" => KeyValueError::Unavailable(format!(
                "the table {table} is over its throughput ({code}): give it on-demand capacity"
            )),
            "" => KeyValueError::Unavailable(format!("DynamoDB answers with the status {status}")),
            code => KeyValueError::Unavailable(format!("DynamoDB answers {code}")),
        }
    }
}

impl KeyValue for DynamoDbStore {
    fn longest_value(&self) -> usize {
        self.longest_at(LONGEST_KEY)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        let stored = self.stored(key)?;
        let found = self
            .call(async |client| {
                let get = client.get_item().table_name(&self.0.table).key(KEY, stored);
                get.consistent_read(true).send().await
            })
            .await?;
        match found.item.and_then(|mut item| item.remove(VALUE)) {
            None => Ok(None),
            Some(AttributeValue::B(value)) => Ok(Some(value.into_inner())),
            Some(_) => Err(KeyValueError::Unavailable(format!(
                "an item of the table {} has a {VALUE:?} that is not binary: give the store a table of its own",
                self.0.table
            ))),
        }
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        let stored = self.stored(key)?;
        let value = self.fitting(key, value)?;
        self.call(async |client| self.put(client, stored, value).send().await).await.map(|_| ())
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        let stored = self.stored(key)?;
        let deleted = self.call(async |client| {
            client.delete_item().table_name(&self.0.table).key(KEY, stored).send().await
        });
        deleted.await.map(|_| ())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        let beginning = AttributeValue::S(self.0.prefix.beginning(prefix));
        let scan = async {
            let mut keys = Vec::new();
            let mut next = None;
            loop {
                let page = self
                    .call(async |client| {
                        let scan = client.scan().table_name(&self.0.table).consistent_read(true);
                        let scan = scan
                            .filter_expression("begins_with(#key, :beginning)")
                            .projection_expression("#key")
                            .expression_attribute_names("#key", KEY)
                            .expression_attribute_values(":beginning", beginning.clone());
                        scan.set_exclusive_start_key(next.take()).send().await
                    })
                    .await?;
                for mut item in page.items.unwrap_or_default() {
                    if let Some(AttributeValue::S(stored)) = item.remove(KEY) {
                        keys.extend(self.0.prefix.own(&stored).map(str::to_owned));
                    }
                }
                match page.last_evaluated_key.filter(|key| !key.is_empty()) {
                    Some(last) => next = Some(last),
                    None => return Ok(keys),
                }
            }
        };
        timeout(LIST_DEADLINE, scan).await.unwrap_or_else(|_| {
            Err(KeyValueError::Unavailable(format!(
                "the table {} is too large to be listed within {} s: give the store a table of its own",
                self.0.table,
                LIST_DEADLINE.as_secs()
            )))
        })
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        let stored = self.stored(key)?;
        let new = self.fitting(key, new)?;
        self.call(async |client| {
            let put = self.put(client, stored, new);
            let put = match expected {
                None => put
                    .condition_expression("attribute_not_exists(#key)")
                    .expression_attribute_names("#key", KEY),
                Some(expected) => put
                    .condition_expression("#value = :expected")
                    .expression_attribute_names("#value", VALUE)
                    .expression_attribute_values(
                        ":expected",
                        AttributeValue::B(Blob::new(expected)),
                    ),
            };
            // A second attempt would conflict with the first, when only the answer to that was lost.
            let once = Config::builder().retry_config(RetryConfig::disabled());
            let swapped = put.customize().config_override(once).send().await;
            match swapped {
                Ok(_) => Ok(Swap::Stored),
                Err(error) if is_conflict(&error) => Ok(Swap::Conflict),
                Err(error) => Err(error),
            }
        })
        .await
    }
}

fn is_conflict(error: &SdkError<PutItemError>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

/// Shows where the store is.
impl fmt::Debug for DynamoDbStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DynamoDbStore")
            .field("table", &self.0.table)
            .field("prefix", &self.0.prefix)
            .finish()
    }
}
