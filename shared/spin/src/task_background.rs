use headgate_core::Background;
use spin_sdk::wit_bindgen;

/// Work beside a request, as a task of the component.
///
/// A host may end an instance once it has the whole answer, so nothing is sure to go on after that.
#[derive(Clone, Copy, Debug, Default)]
pub struct TaskBackground;

impl Background for TaskBackground {
    fn outlives_the_answer(&self) -> bool {
        false
    }

    async fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        wit_bindgen::spawn(work);
    }
}
