"""Which calls to Oracle's cloud are repeated, how often and for how long: the strategies that clients and calls are given.

The SDK's own defaults differ by service (none at all for databases, usage, notifications and most of monitoring), repeat 409
`IncorrectState`, which is what a second failover is answered, and invent retry tokens that are new in each call. None of that
is left to them here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from resources import patience

READING_POSTS = frozenset(
    {
        "request_summarized_usages", "summarize_metrics_data", "list_metrics", "create_cursor",
        "analyze_document", "embed_text", "batch_detect_dominant_language", "batch_detect_language_entities",
        "batch_detect_language_key_phrases", "batch_detect_language_pii_entities", "batch_detect_language_sentiments",
        "create_group_cursor", "consumer_commit", "consumer_heartbeat",
    }
)  # fmt: skip
"""Operations that are a POST and change nothing, since their question does not fit into a URL, or nothing more when repeated."""
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Methods that may be repeated (RFC 9110, 9.2.2)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the attempts of one call. Waits between them are drawn from zero to a bound that doubles (full jitter).

    Attributes:
        attempts: At most so many, the first included.
        seconds: No attempt begins later than so long after the first, nor later than who asks will wait (`resources.patience`).
        first_wait: Bound of the first wait, in seconds.
        longest_wait: Bound of any wait, in seconds.
    """

    attempts: int = 5
    seconds: float = 60.0
    first_wait: float = 1.0
    longest_wait: float = 15.0

    def wait(self, attempt: int) -> float:
        """Longest wait after an attempt, counted from 1, in seconds."""
        return float(min(self.first_wait * 2 ** (attempt - 1), self.longest_wait))


def never() -> Any:  # noqa: ANN401  # the SDK has no types of its own
    """One attempt: for a call that must not be done twice, or whose caller repeats it."""
    from oci.retry import NoneRetryStrategy

    return NoneRetryStrategy()


def repeated(limits: Limits, also: Collection[int] = ()) -> Any:  # noqa: ANN401
    """For calls that may be done twice: repeated after 429, 5xx except 501, timeouts and broken connections.

    Not after any other answer. A 409 tells of a state that only time or somebody else changes: a caller that waits for it
    looks at the state. An open circuit breaker ends the call at once. The SDK adds a retry token of its own to a call that
    is given this strategy and no token.

    Args:
        limits: How often and how long.
        also: Further statuses after which a call is repeated.
    """
    from oci.retry import ExponentialBackoffWithFullJitterRetryStrategy, retry_checkers

    checkers = [
        retry_checkers.LimitBasedRetryChecker(max_attempts=limits.attempts),
        _InTime(limits),
        _CircuitIsClosed(),
        retry_checkers.TimeoutConnectionAndServiceErrorRetryChecker(
            service_error_retry_config={status: [] for status in (429, *also)}, retry_any_5xx=True
        ),
    ]
    return ExponentialBackoffWithFullJitterRetryStrategy(
        base_sleep_time_seconds=limits.first_wait / 2,  # the SDK doubles it before the first wait
        exponent_growth_factor=2,
        max_wait_between_calls_seconds=limits.longest_wait,
        checker_container=retry_checkers.RetryCheckerContainer(checkers=checkers),
    )


def by_request(limits: Limits) -> Any:  # noqa: ANN401
    """For a whole client: a call is `repeated` where its request may be sent twice, and sent once where not.

    That is so of GET, HEAD, PUT and DELETE, of `READING_POSTS`, and of any request with an `opc-retry-token`, by which the
    service knows it again. The token is the caller's: one per thing to be done, not per call, so that a run that is repeated
    does not do it again either.
    """
    from oci.retry import NoneRetryStrategy

    class ByRequest(NoneRetryStrategy):  # type: ignore[misc]
        """Derived from the strategy for one attempt, for which the SDK invents no token."""

        def make_retrying_call(self, func_ref: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            strategy = repeated(limits) if _may_be_sent_twice(named) else never()
            return strategy.make_retrying_call(func_ref, *arguments, **named)

    return ByRequest()


def _may_be_sent_twice(request: Mapping[str, Any]) -> bool:
    return (
        str(request["method"]).upper() in _IDEMPOTENT
        or request.get("operation_name") in READING_POSTS
        or "opc-retry-token" in (request.get("header_params") or {})
    )


@dataclass(frozen=True, slots=True)
class _InTime:
    """Whether the next attempt will begin in time, however long the wait before it turns out."""

    limits: Limits

    def should_retry(self, *_failure: object, current_attempt: int, total_time_elapsed: float, **_more: object) -> bool:
        wait = self.limits.wait(current_attempt)
        return total_time_elapsed + wait <= self.limits.seconds and wait <= patience.left()


class _CircuitIsClosed:
    """Whether a request would be sent at all."""

    def should_retry(self, exception: BaseException | None = None, *_response: object, **_more: object) -> bool:
        from circuitbreaker import CircuitBreakerError

        return not isinstance(exception, CircuitBreakerError)
