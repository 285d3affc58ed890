//! What an operator sees of a relay: counts, never ids, addresses or who.

use crate::refuse::Refused;
use axum::http::StatusCode;
use kahriz_proto::message::Verdict;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct VerdictLabels {
    verdict: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabels {
    reason: String,
}

/// The relay's counters.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RouteLabels, Counter>,
    frames: Family<VerdictLabels, Counter>,
    refusals: Family<ReasonLabels, Counter>,
    pub(crate) received_bytes: Counter,
    pub(crate) page_bytes: Counter,
    pub(crate) page_items: Counter,
    pub(crate) uploads_cut: Counter,
    pub(crate) connections: Gauge,
    pub(crate) event_streams: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut all = Self {
            registry: Registry::with_prefix("kahriz_relay"),
            requests: Family::default(),
            frames: Family::default(),
            refusals: Family::default(),
            received_bytes: Counter::default(),
            page_bytes: Counter::default(),
            page_items: Counter::default(),
            uploads_cut: Counter::default(),
            connections: Gauge::default(),
            event_streams: Gauge::default(),
        };
        let to = &mut all.registry;
        to.register("requests", "Requests, by route and status", all.requests.clone());
        to.register("frames", "Frames judged, by verdict", all.frames.clone());
        to.register("refusals", "Requests refused, by reason", all.refusals.clone());
        let bytes = &all.received_bytes;
        to.register("received_bytes", "Bytes of frames that arrived whole", bytes.clone());
        to.register("page_bytes", "Bytes of items sent", all.page_bytes.clone());
        to.register("page_items", "Items sent", all.page_items.clone());
        to.register("uploads_cut", "Uploads that were cut or too slow", all.uploads_cut.clone());
        to.register("connections", "Open connections", all.connections.clone());
        to.register("event_streams", "Open event streams", all.event_streams.clone());
        all
    }

    pub(crate) fn count_request(&self, path: &str, status: StatusCode, refused: Option<Refused>) {
        let labels = RouteLabels { route: route(path), status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        if let Some(Refused(_, reason)) = refused {
            let labels = ReasonLabels { reason: format!("{reason:?}").to_lowercase() };
            self.refusals.get_or_create(&labels).inc();
        }
    }

    pub(crate) fn count_verdicts(&self, verdicts: &[Verdict]) {
        for verdict in verdicts {
            let labels = VerdictLabels { verdict: format!("{verdict:?}").to_lowercase() };
            self.frames.get_or_create(&labels).inc();
        }
    }

    /// All of them in Prometheus' text format.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string fails only if a metric does, and these don't.
        _ = encode(&mut text, &self.registry);
        text
    }
}

/// The route of a path; whatever is asked besides them is one.
fn route(path: &str) -> &'static str {
    const ROUTES: [&str; 10] = [
        "/v1/sync",
        "/v1/repair",
        "/v1/events",
        "/v1/roster",
        "/v1/workspaces",
        "/v1/joins",
        "/v1/letters",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("other")
}
