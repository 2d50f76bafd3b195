//! No event is lost or told twice, whatever happens at the same time.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

use super::service::{Fake, event, events};
use crate::web::lanes::Lanes;
use crate::web::live::feed::{Feed, Told};
use crate::web::live::hub::Next;
use crate::web::live::pace::Pace;
use crate::web::live::{Hub, Topics};
use crate::web::{Limits, LiveEvent, Service};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A record with the events up to `last`, a hub that begins there, and the way to the record.
fn scene(capacity: usize, last: u64) -> (Arc<Fake>, Arc<Hub>, Arc<Lanes>) {
    let service = Arc::new(Fake::default());
    *service.record.lock().unwrap() = events(1, last);
    let hub = Arc::new(Hub::new(capacity, last));
    let asked: Arc<dyn Service> = Arc::<Fake>::clone(&service);
    let lanes = Arc::new(Lanes::new(asked, &Limits::default()));
    (service, hub, lanes)
}

fn seqs(told: &Told) -> Vec<u64> {
    match told {
        Told::News { events, .. } => events.iter().map(|event| event.seq).collect(),
        Told::Resync { seq } => panic!("resync {seq}"),
    }
}

#[test]
fn the_ring_holds_the_last_and_knows_what_it_lost() {
    let hub = Hub::new(3, 10);
    assert_eq!(hub.last_seq(), 10);
    assert_eq!(hub.after(10, 9, 999), Next::Events(vec![]));
    assert_eq!(hub.after(9, 9, 999), Next::Gone { floor: 10 });
    assert_eq!(hub.publish(events(11, 12)), 2);
    assert_eq!(
        hub.publish(events(11, 13)),
        1,
        "what was told is not told again"
    );
    assert_eq!(hub.after(10, 9, 999), Next::Events(events(11, 13)));
    assert_eq!(hub.after(11, 1, 999), Next::Events(events(12, 12)));
    assert_eq!(
        hub.after(10, 9, 1),
        Next::Events(events(11, 11)),
        "one at least"
    );
    assert_eq!(hub.after(99, 9, 999), Next::Events(vec![]));
    hub.publish(events(14, 14));
    assert_eq!(hub.after(10, 9, 999), Next::Gone { floor: 11 });
    assert_eq!(hub.after(11, 9, 999), Next::Events(events(12, 14)));
    assert_eq!(hub.publish(vec![]), 0);
}

#[test]
fn long_events_make_the_ring_shorter() {
    let hub = Hub::new(100, 0);
    let long = |seq, n| LiveEvent {
        json: "x".repeat(n).into(),
        ..event(seq)
    };
    hub.publish((1..=10).map(|seq| long(seq, 4 << 20)).collect());
    assert_eq!(hub.after(5, 9, 999), Next::Gone { floor: 6 });
    assert!(matches!(hub.after(6, 9, usize::MAX), Next::Events(events) if events.len() == 4));
    hub.publish(vec![long(11, 17 << 20)]);
    assert!(matches!(hub.after(10, 9, 999), Next::Events(events) if events.len() == 1));
}

#[test]
fn events_that_are_never_shown_leave_no_gap() {
    // The record shows every tenth event; the hub is told of the same.
    let (service, hub, lanes) = scene(4, 0);
    let shown: Vec<_> = events(1, 200)
        .into_iter()
        .filter(|e| e.seq.is_multiple_of(10))
        .collect();
    *service.record.lock().unwrap() = shown.clone();
    hub.publish(shown);
    runtime().block_on(async {
        for since in [0, 5, 10, 155, 165, 190, 195] {
            let mut feed = Feed::new(
                Arc::clone(&hub),
                Arc::clone(&lanes),
                Some(since),
                Topics::ALL,
                Pace::new(Duration::ZERO),
            );
            assert!(feed.begin().await.unwrap());
            let mut heard = Vec::new();
            while heard.last() != Some(&200) {
                heard.extend(seqs(&feed.next().await.unwrap()));
            }
            let expected = (since + 1..=200).filter(|seq| seq.is_multiple_of(10));
            assert!(heard.into_iter().eq(expected), "{since}");
        }
    });
}

#[test]
fn a_record_that_does_not_get_on_is_not_asked_for_ever() {
    let (service, hub, lanes) = scene(2, 5);
    hub.publish(events(6, 20));
    // The record has lost what the ring no longer holds: the same page again and again.
    *service.record.lock().unwrap() = vec![];
    runtime().block_on(async {
        let mut feed = Feed::new(hub, lanes, Some(3), Topics::ALL, Pace::new(Duration::ZERO));
        let told = feed.next().await.unwrap();
        assert_eq!(told, Told::Resync { seq: 20 });
    });
    assert!(*service.n_looks.lock().unwrap() <= 2);
}

#[test]
fn waiting_may_be_given_up_at_any_moment() {
    let (service, hub, lanes) = scene(100, 0);
    runtime().block_on(async {
        let pace = Pace::new(Duration::from_micros(300));
        let mut feed = Feed::new(Arc::clone(&hub), lanes, None, Topics::ALL, pace);
        let publisher = Arc::clone(&hub);
        let publishing = tokio::spawn(async move {
            for seq in 1..=2000 {
                service.record.lock().unwrap().extend(events(seq, seq));
                publisher.publish(events(seq, seq));
                if seq % 20 == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        });
        let mut heard = Vec::new();
        while heard.last() != Some(&2000) {
            // Mostly given up before there is anything.
            let limit = Duration::from_micros(heard.len() as u64 % 7 * 100);
            if let Ok(told) = tokio::time::timeout(limit, feed.next()).await {
                heard.extend(seqs(&told.unwrap()));
            }
        }
        publishing.await.unwrap();
        assert!(heard.into_iter().eq(1..=2000));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// However events come, from wherever a viewer begins, and however often it goes and comes
    /// back: what it hears is every event after its beginning, once, in order.
    #[test]
    fn every_event_once(
        bursts in proptest::collection::vec(1_u64..40, 1..30),
        capacity in 1_usize..50,
        since in 0_u64..60,
        leaves in proptest::collection::vec(0_usize..5, 1..10),
    ) {
        let begin = 50;
        let last = begin + bursts.iter().sum::<u64>();
        let since = since.min(last);
        let (service, hub, lanes) = scene(capacity, begin);
        let publisher = Arc::clone(&hub);
        let record = Arc::clone(&service);
        let publishing = std::thread::spawn(move || {
            let mut seq = begin;
            for n in bursts {
                let burst = events(seq + 1, seq + n);
                record.record.lock().unwrap().extend(burst.clone());
                publisher.publish(burst);
                seq += n;
                std::thread::yield_now();
            }
        });
        let heard = runtime().block_on(async {
            let mut heard: Vec<u64> = Vec::new();
            let mut after = since;
            let mut leaves = leaves.iter().cycle();
            while after < last {
                let pace = Pace::new(Duration::ZERO);
                let (hub, lanes) = (Arc::clone(&hub), Arc::clone(&lanes));
                let mut feed = Feed::new(hub, lanes, Some(after), Topics::ALL, pace);
                if !feed.begin().await.unwrap() {
                    // From the future: the record has to get there first.
                    tokio::task::yield_now().await;
                    continue;
                }
                for _ in 0..=*leaves.next().unwrap() {
                    if after >= last {
                        break;
                    }
                    match feed.next().await.unwrap() {
                        Told::News { events, .. } => {
                            heard.extend(events.iter().map(|event| event.seq));
                            after = feed.after();
                        }
                        Told::Resync { .. } => break,
                    }
                }
            }
            heard
        });
        publishing.join().unwrap();
        prop_assert!(heard.into_iter().eq(since + 1..=last));
    }
}
