use headgate_core::Background;

/// Work beside and after requests, on this process's runtime.
///
/// AWS Lambda freezes a process once it has answered, so there the work is done before the answer.
#[derive(Clone, Copy, Debug)]
pub struct NativeBackground {
    /// Whether the process serves as an AWS Lambda function.
    pub lambda: bool,
}

impl Background for NativeBackground {
    fn outlives_the_answer(&self) -> bool {
        !self.lambda
    }

    async fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        if self.lambda {
            work.await;
        } else {
            // Nobody waits for it, and it can only be cut short with the runtime.
            drop(tokio::spawn(work));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_after_the_answer() {
        let (go_on, held) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        let background = NativeBackground { lambda: false };
        let work = async move {
            held.await.unwrap();
            done.send(()).unwrap();
        };
        assert!(background.begin(work).now_or_never().is_some());
        go_on.send(()).unwrap();
        finished.await.unwrap();
    }

    #[tokio::test]
    async fn on_lambda_the_answer_waits_for_the_work() {
        let (go_on, held) = oneshot::channel::<()>();
        let background = NativeBackground { lambda: true };
        let work = async move { held.await.unwrap() };
        let mut begun = Box::pin(background.begin(work));
        assert!(begun.as_mut().now_or_never().is_none());
        go_on.send(()).unwrap();
        begun.await;
    }
}
