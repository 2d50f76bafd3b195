//! One connection: HTTP/1.1 with bounds, and the checks that every request passes first.
//!
//! A panic of ours ends the request it happened in, with a 500, and nothing else.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::select;
use tokio::sync::watch;

use super::desk::Desk;
use super::dispatch::{dispatch, refuse};
use super::guard::{check_arrival, check_origin, seal};
use super::patience::Patient;
use super::problem::Problem;
use super::routes::by_path;

/// The head of a request has at most so many bytes,
const MAX_HEAD: usize = 16 << 10;
/// and so many headers.
const MAX_HEADERS: usize = 64;
/// What is kept of one connection in memory before its client has taken it.
const BUFFER: usize = 64 << 10;

/// Who answers the requests of all connections.
#[derive(Clone)]
pub(super) struct Door {
    desk: Arc<Desk>,
    rooms: Router,
}

impl Door {
    pub(super) fn new(desk: Arc<Desk>) -> Self {
        let mut rooms = Router::new();
        for (path, routes) in by_path() {
            let desk = Arc::clone(&desk);
            let routes: Arc<[_]> = routes.into();
            let answers = any(move |request: Request| dispatch(desk, routes, request));
            rooms = rooms.route(path, answers);
        }
        let lost = Arc::clone(&desk);
        let rooms = rooms.fallback(move |request: Request| async move {
            let problem = Problem::new("not_found", "there is nothing at this path")
                .fix("see /api/v1/openapi.json for what there is");
            let (parts, body) = request.into_parts();
            refuse(&lost, problem.into(), &parts, Some(body)).await
        });
        Self { desk, rooms }
    }

    /// Serve one connection until it ends; when the server goes, until the request at hand is done.
    pub(super) async fn serve(self, stream: TcpStream, leaving: watch::Receiver<bool>) {
        let limits = &self.desk.options.limits;
        let stream = TokioIo::new(Patient::new(stream, limits.stall));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_headers(MAX_HEADERS)
            .max_header_size(MAX_HEAD)
            .max_buf_size(BUFFER);
        let door = &self;
        let answers = service_fn(move |request: Request<Incoming>| {
            let door = door.clone();
            async move { Ok::<_, Infallible>(door.answer(request.map(Body::new)).await) }
        });
        let connection = http.serve_connection(stream, answers).with_upgrades();
        let mut connection = pin!(connection);
        // How a connection ends is the client's affair; there is nobody to tell.
        let ended = select! {
            ended = connection.as_mut() => Some(ended.is_ok()),
            () = super::live::left(leaving) => None,
        };
        if ended.is_none() {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await.is_ok();
        }
    }

    async fn answer(&self, request: Request) -> Response {
        let path = request.uri().path().chars().take(200).collect::<String>();
        let mut response = match caught(self.admit(request)).await {
            Some(response) => response,
            None => self.desk.lanes.panicked(&path).into_response(),
        };
        seal(response.headers_mut());
        response
    }

    async fn admit(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let is_safe = parts.method == Method::GET || parts.method == Method::HEAD;
        let admitted = check_arrival(&parts, &self.desk.names).and_then(|()| {
            if is_safe {
                return Ok(());
            }
            check_origin(&parts)
        });
        if let Err(problem) = admitted {
            let mut response = refuse(&self.desk, problem.into(), &parts, Some(body)).await;
            // Whoever does not mean this server keeps no place in it.
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
            return response;
        }
        let rooms = TowerToHyperService::new(self.rooms.clone());
        match rooms.call(Request::from_parts(parts, body)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// What `work` comes to; `None` when it panics.
async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        // What the work had borrowed is dropped with it and never looked at again.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match polled {
            Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
