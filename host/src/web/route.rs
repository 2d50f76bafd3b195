//! The shape of a route: everything about it that the router, the checks, and the documents need.
//!
//! It holds values and no behaviour; the routes themselves are in `routes/`.

use super::command::Command;
use super::given::Given;
use super::kind::Kind;
use super::problem::Problem;
use super::question::Question;

/// One method of one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    pub(super) verb: Verb,
    /// With `{name}` for a part and `{*name}` for the rest.
    pub(super) path: &'static str,
    /// What it does, in a few words.
    pub(super) summary: &'static str,
    /// More about it, for the documents.
    pub(super) about: &'static str,
    /// Answers without a token.
    pub(super) is_open: bool,
    /// Belongs to the interface of the program that came before.
    pub(super) is_origin: bool,
    pub(super) params: &'static [Param],
    pub(super) body: Option<Form>,
    pub(super) replies: &'static [Reply],
    /// Codes of problems beyond those that every route of its kind may have.
    pub(super) fails: &'static [&'static str],
    pub(super) act: Act,
}

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    /// And HEAD.
    Get,
    Post,
    Patch,
    Delete,
}

impl Verb {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A value in the path, the query, or a header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    pub(super) default: Option<&'static str>,
    pub(super) about: &'static str,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

impl Place {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

/// The body of a request: a JSON object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// At most so many bytes.
    pub(super) limit: usize,
    pub(super) fields: &'static [Field],
    /// A body that works, for the documents and the tests.
    pub(super) example: &'static str,
}

/// A field of a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    pub(super) about: &'static str,
}

/// An answer that is not a problem.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) media: &'static str,
    /// A name in `documents/shapes.json`; of JSON answers alone.
    pub(super) shape: Option<&'static str>,
    pub(super) about: &'static str,
}

/// What a route does with a request that passed its checks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Reads.
    Ask(fn(&Given) -> Result<Question, Problem>),
    /// Changes something.
    Do(fn(&Given) -> Result<Command, Problem>),
    /// Reads a piece of a log.
    Log,
    /// Opens a WebSocket.
    Socket,
    /// Begins a stream of events.
    Stream,
    /// Says that the server is there.
    Alive,
    /// Says so in the words of the program that came before.
    OriginAlive,
    /// Describes this interface.
    Document,
    /// The page and its files.
    Asset,
}

pub(super) const JSON: &str = "application/json";
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

const AN_OBJECT: &[Reply] = &[Reply::json(200, "Object", "")];

impl Route {
    pub(super) const fn reads(
        path: &'static str,
        summary: &'static str,
        asks: fn(&Given) -> Result<Question, Problem>,
    ) -> Self {
        Self::new(Verb::Get, path, summary, Act::Ask(asks))
    }

    pub(super) const fn does(
        verb: Verb,
        path: &'static str,
        summary: &'static str,
        does: fn(&Given) -> Result<Command, Problem>,
    ) -> Self {
        Self::new(verb, path, summary, Act::Do(does))
    }

    pub(super) const fn new(
        verb: Verb,
        path: &'static str,
        summary: &'static str,
        act: Act,
    ) -> Self {
        Self {
            verb,
            path,
            summary,
            about: "",
            is_open: false,
            is_origin: false,
            params: &[],
            body: None,
            replies: AN_OBJECT,
            fails: &[],
            act,
        }
    }

    pub(super) const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    pub(super) const fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    pub(super) const fn origin(mut self) -> Self {
        self.is_origin = true;
        self
    }

    pub(super) const fn params(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    pub(super) const fn body(mut self, body: Form) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) const fn replies(mut self, replies: &'static [Reply]) -> Self {
        self.replies = replies;
        self
    }

    pub(super) const fn fails(mut self, fails: &'static [&'static str]) -> Self {
        self.fails = fails;
        self
    }
}

impl Param {
    pub(super) const fn path(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            place: Place::Path,
            kind,
            is_required: true,
            default: None,
            about,
        }
    }

    pub(super) const fn query(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            place: Place::Query,
            is_required: false,
            ..Self::path(name, kind, about)
        }
    }

    pub(super) const fn header(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            place: Place::Header,
            is_required: false,
            ..Self::path(name, kind, about)
        }
    }

    pub(super) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }
}

impl Field {
    pub(super) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            kind,
            is_required: false,
            about,
        }
    }

    pub(super) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }
}

impl Reply {
    pub(super) const fn json(status: u16, shape: &'static str, about: &'static str) -> Self {
        Self {
            status,
            media: JSON,
            shape: Some(shape),
            about,
        }
    }

    pub(super) const fn of(status: u16, media: &'static str, about: &'static str) -> Self {
        Self {
            status,
            media,
            shape: None,
            about,
        }
    }
}
