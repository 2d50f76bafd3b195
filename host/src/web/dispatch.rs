//! From a request to an answer: the order of the checks, in one place.
//!
//! Method, token, form, then the work. Nothing of a body is read before all of that holds.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::assets;
use super::body::{Read, check_length, expect_json, fields};
use super::desk::Desk;
use super::documents;
use super::given::Given;
use super::guard::check_token;
use super::live::{open_socket, open_stream};
use super::log::log;
use super::parameters::parameters;
use super::problem::{Problem, Refusal};
use super::render::{Written, write_answer, write_done};
use super::route::{Act, JSON, Route};

/// Answer a request for one of the routes of a path.
pub(super) async fn dispatch(
    desk: Arc<Desk>,
    routes: Arc<[&'static Route]>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut body = Some(body);
    let answered = match choose(&routes, &parts.method) {
        Ok(route) => answer(&desk, route, &mut parts, &mut body)
            .await
            .map_err(|mut refusal| {
                refusal.to_origin = route.is_origin;
                refusal
            }),
        Err(refusal) => Err(refusal),
    };
    match answered {
        Ok(response) => response,
        Err(refusal) => refuse(&desk, refusal, &parts, body).await,
    }
}

/// Answer with a problem, and let the client finish what it sends.
pub(super) async fn refuse(
    desk: &Desk,
    refusal: Refusal,
    parts: &Parts,
    body: Option<Body>,
) -> Response {
    // A client that asks first whether it may send has not begun, and need not.
    let asks = parts.headers.contains_key(header::EXPECT);
    if let Some(body) = body.filter(|body| !asks && !body.is_end_stream()) {
        super::body::drain(body, desk.options.limits.send).await;
    }
    refusal.into_response()
}

fn choose(routes: &[&'static Route], method: &Method) -> Result<&'static Route, Refusal> {
    let wanted = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let found = routes.iter().find(|route| route.verb.as_str() == wanted);
    found.copied().ok_or_else(|| {
        let mut allowed: Vec<&str> = routes.iter().map(|route| route.verb.as_str()).collect();
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        let allowed = allowed.join(", ");
        let problem = Problem::new("method_not_allowed", format!("this path takes {allowed}"));
        let header = HeaderValue::from_str(&allowed).ok();
        Refusal {
            header: header.map(|value| Box::new((header::ALLOW, value))),
            ..Refusal::from(problem)
        }
    })
}

async fn answer(
    desk: &Arc<Desk>,
    route: &'static Route,
    parts: &mut Parts,
    body: &mut Option<Body>,
) -> Result<Response, Refusal> {
    if !route.is_open {
        check_token(parts, &desk.options.token)?;
    }
    let in_path = in_path(parts).await?;
    let mut given = parameters(route, parts, &in_path)?;
    // Held until the work is done: its bytes are in memory as long.
    let _read = read_body(desk, route, parts, body, &mut given).await?;
    let is_head = parts.method == Method::HEAD;
    let written = match route.act {
        Act::Ask(asks) => {
            let question = asks(&given)?;
            let seen = given.text("if-none-match");
            let read = move |service: &dyn super::Service| {
                write_answer(service.answer(question)?, seen.as_deref())
            };
            desk.lanes.read(route.path, read).await?
        }
        Act::Do(does) => {
            let command = does(&given)?;
            let done = move |service: &dyn super::Service| write_done(&service.perform(command)?);
            desk.lanes.act(route.path, done).await?
        }
        Act::Log => log(desk, &given).await?,
        Act::Socket => return Ok(open_socket(desk, parts).await?),
        Act::Stream => return Ok(open_stream(desk, &given, is_head).await?),
        Act::Alive => alive(),
        Act::OriginAlive => origin_alive(desk),
        Act::Document => {
            let document = desk
                .document
                .get_or_init(|| documents::openapi_bytes().into());
            Written::new(StatusCode::OK, JSON, document.clone())
        }
        Act::Asset => assets::asset(&given)?,
    };
    Ok(written.into_response())
}

/// The decoded parts of the path.
async fn in_path(parts: &mut Parts) -> Result<Vec<(String, String)>, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params =
        params.map_err(|_| Problem::new("not_found", "the path is not percent-encoded UTF-8"))?;
    let pairs = params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(pairs.collect())
}

async fn read_body(
    desk: &Desk,
    route: &Route,
    parts: &Parts,
    body: &mut Option<Body>,
    given: &mut Given,
) -> Result<Option<Read>, Problem> {
    let has_body = body.as_ref().is_some_and(|body| !body.is_end_stream());
    if !matches!(route.act, Act::Do(_)) {
        return Ok(None);
    }
    expect_json(&parts.headers, has_body)?;
    let Some(form) = &route.body else {
        if has_body {
            return Err(Problem::new("invalid_request", "this route takes no body"));
        }
        return Ok(None);
    };
    // Taken only when it is read, so that the body of a refused request can be drained.
    if let Some(body) = body.as_ref() {
        check_length(form, body)?;
    }
    let body = body.take().unwrap_or_default();
    let read = desk.bodies.read(body, form).await?;
    fields(form, &read.bytes, given)?;
    Ok(Some(read))
}

fn alive() -> Written {
    let body = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    Written::new(StatusCode::OK, JSON, body.to_string())
}

fn origin_alive(desk: &Desk) -> Written {
    let now = desk.options.clock.now().to_string();
    let body = json!({"status": "healthy", "service": "tollgate", "timestamp": now});
    Written::new(StatusCode::OK, JSON, body.to_string())
}
