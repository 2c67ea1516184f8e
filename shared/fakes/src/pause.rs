use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;

/// The result of what needs no waiting.
///
/// # Panics
///
/// When it waits: a fake that answers at once does not.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    #[expect(clippy::expect_used, reason = "to wait is the failure that this exists to report")]
    future.now_or_never().expect("the fakes answer at once")
}

/// Lets others go first, once.
pub async fn pause() {
    Pause(false).await;
}

struct Pause(bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Runs what several instances do to its end, step by step, in the order that `choices` makes, again and again.
///
/// # Panics
///
/// When they do not come to an end within a million steps.
#[expect(clippy::panic, reason = "that is the failure that this exists to report")]
pub fn interleaved(mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>, choices: &[u8]) {
    let mut choices = choices.iter().copied().cycle();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        let Some(index) = usize::from(choices.next().unwrap_or(0)).checked_rem(tasks.len()) else {
            return;
        };
        let is_done =
            tasks.get_mut(index).is_some_and(|task| task.as_mut().poll(&mut context).is_ready());
        if is_done {
            drop(tasks.remove(index));
        }
    }
    panic!("the instances do not come to an end");
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_choices_make_the_order() {
        let order = |choices: &[u8]| {
            let said = RefCell::new(Vec::new());
            let say = async |name| {
                said.borrow_mut().push(name);
                pause().await;
                said.borrow_mut().push(name);
            };
            interleaved(vec![Box::pin(say("a")), Box::pin(say("b"))], choices);
            said.into_inner()
        };
        assert_eq!(order(&[0]), ["a", "a", "b", "b"]);
        assert_eq!(order(&[0, 1]), ["a", "b", "a", "b"]);
        assert_eq!(order(&[1]), ["b", "b", "a", "a"]);
    }

    #[test]
    #[should_panic(expected = "answer at once")]
    fn what_waits_is_not_now() {
        now(pause());
    }
}
