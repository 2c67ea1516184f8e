use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::host::{Process, RUNTIME, installed};
use crate::wire;

/// moto (PyPI), which stands in for DynamoDB, EventBridge, S3 and SQS. It takes any credentials.
#[derive(Debug)]
pub struct MotoServer {
    _process: Process,
    address: SocketAddr,
}

impl MotoServer {
    /// The account whose resources it has.
    pub const ACCOUNT: &str = "123456789012";
    /// The region that [`environment`](Self::environment) names.
    pub const REGION: &str = "eu-west-1";

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// What it says instead of becoming ready, or how to install it.
    pub fn start() -> Result<Self, String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/moto_server.py");
        let mut command = Command::new(installed("venv/bin/python")?);
        command.env_clear().arg(script);
        let (process, address) = Process::start_and_wait(&mut command)
            .map_err(|reason| format!("{reason}\nto install it, run `just setup-tests`"))?;
        Ok(Self { _process: process, address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The environment of a process whose SDK of AWS is to call this server.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", Self::REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "of-the-test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "of-the-test".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// Calls an operation of a service that speaks JSON, as `DynamoDB_20120810.CreateTable` of `dynamodb`.
    ///
    /// # Errors
    ///
    /// What was answered instead of 200.
    pub fn call(&self, service: &str, target: &str, input: &Value) -> Result<Value, String> {
        let scope = format!("20260101/{}/{service}/aws4_request", Self::REGION);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=of-the-test/{scope}, SignedHeaders=host, Signature=0"
        );
        let version = if service == "events" { "1.1" } else { "1.0" };
        let request = Request::post("/")
            .header("content-type", format!("application/x-amz-json-{version}"))
            .header("x-amz-target", target)
            .header("authorization", authorization)
            .body(Bytes::from(input.to_string()))
            .unwrap();
        let response = RUNTIME.block_on(wire::send(self.address, request))?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        if response.status() != 200 {
            return Err(format!("{target} answered {}: {text}", response.status()));
        }
        // Some operations answer nothing at all.
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Makes a table as the store needs it.
    ///
    /// # Errors
    ///
    /// What the server answered instead.
    pub fn create_table(&self, name: &str) -> Result<(), String> {
        let table = json!({
            "TableName": name,
            "KeySchema": [{ "AttributeName": "key", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "key", "AttributeType": "S" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        self.call("dynamodb", "DynamoDB_20120810.CreateTable", &table).map(|_| ())
    }

    /// Makes a bucket.
    ///
    /// # Errors
    ///
    /// What the server answered instead.
    pub fn create_bucket(&self, name: &str) -> Result<(), String> {
        let authorization = "AWS4-HMAC-SHA256 Credential=of-the-test/20260101/us-east-1/s3/aws4_request, \
            SignedHeaders=host, Signature=0";
        let request = Request::put(format!("/{name}"))
            .header("authorization", authorization)
            .header("content-type", "application/xml")
            .body(Bytes::new())
            .unwrap();
        let response = RUNTIME.block_on(wire::send(self.address, request))?;
        match response.status().as_u16() {
            200 => Ok(()),
            other => Err(format!("{other}: {}", String::from_utf8_lossy(response.body()))),
        }
    }

    /// Makes an event bus, and a queue of the same name to which a rule sends every event of it.
    ///
    /// # Errors
    ///
    /// What the server answered instead.
    pub fn create_bus_with_queue(&self, name: &str) -> Result<(), String> {
        self.call("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": name }))?;
        self.call("events", "AWSEvents.CreateEventBus", &json!({ "Name": name }))?;
        let everything = json!({ "source": [{ "prefix": "" }] }).to_string();
        let rule = json!({ "Name": name, "EventBusName": name, "EventPattern": everything });
        self.call("events", "AWSEvents.PutRule", &rule)?;
        let queue = format!("arn:aws:sqs:{}:{}:{name}", Self::REGION, Self::ACCOUNT);
        let target = json!({ "Id": "queue", "Arn": queue });
        let targets = json!({ "Rule": name, "EventBusName": name, "Targets": [target] });
        self.call("events", "AWSEvents.PutTargets", &targets).map(|_| ())
    }

    /// Takes up to ten events out of the queue of this name: EventBridge's envelopes.
    ///
    /// # Errors
    ///
    /// What the server answered instead, or what is no envelope.
    pub fn take_events(&self, queue: &str) -> Result<Vec<Value>, String> {
        let url = format!("http://{}/{}/{queue}", self.address, Self::ACCOUNT);
        let receive = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0 });
        let received = self.call("sqs", "AmazonSQS.ReceiveMessage", &receive)?;
        let none = Vec::new();
        let messages = received["Messages"].as_array().unwrap_or(&none);
        let mut events = Vec::new();
        for message in messages {
            let delete =
                json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"].as_str() });
            self.call("sqs", "AmazonSQS.DeleteMessage", &delete)?;
            let body = message["Body"].as_str().unwrap_or_default();
            events.push(serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))?);
        }
        Ok(events)
    }
}
