//! The least Lambda function that the runtime crate allows, without Headgate: the floor under every measurement.

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let hello = |_: LambdaEvent<Value>| async {
        Ok::<_, Error>(json!({ "statusCode": 200, "headers": {}, "body": "hello" }))
    };
    Runtime::new(service_fn(hello)).run().await
}
