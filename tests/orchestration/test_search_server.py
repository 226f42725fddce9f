"""The search server over HTTP, as clients reach it: answers, limits, refusals, and nothing given away."""

import json
import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from openapi_spec_validator import validate

from orchestration.http_guard import Limits, TokenBuckets, host_name, is_loopback
from orchestration.searching import Weights
from resources.errors import BadInput, Unavailable
from resources.knowledge_base.interface import Filter
from resources.search_log import SearchLog
from tests.small_search import SmallSearch
from tests.uvicorns import serving

INJECTIONS = (
    "' OR 1=1 --", "\"; DROP TABLE kb_documents; --", "<script>alert(1)</script>", "{{7*7}} ${7*7} %{7*7}", "../../etc/passwd",
    "\x00\x1b[31m\r\nSet-Cookie: a=b", "\u202etxt.exe", "${jndi:ldap://x}", "a" * 190, "*", "\\", "%", "💣" * 90,
)  # fmt: skip


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return SearchLog(root=str(tmp_path_factory.mktemp("log")))


@pytest.fixture(scope="module")
def searches():
    return SmallSearch()


@pytest.fixture(scope="module")
def client(searches, log):
    with serving(searches, log) as made:
        yield made


def is_problem(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert set(told) == {"type", "title", "status", "detail", "advice"}
    assert told["status"] == status
    assert all(told.values())
    assert "Traceback" not in response.text
    assert "/secret" not in response.text
    return told


def test_a_question_is_answered_with_parts_of_the_score_and_noted(client, log, searches):
    before = log.read({})
    response = client.get("/search", params={"q": "vendor termination risk", "k": 2})

    answer = response.json()
    assert response.status_code == 200
    assert [r["document_id"] for r in answer["results"]] == ["contract", "hostile"]
    first = answer["results"][0]
    assert (first["rank"], first["department"], first["created_date"], first["tags"]) == (
        1,
        "Legal",
        "2025-05-01",
        ["contract", "vendor"],
    )
    assert [first["passage"][a:b] for a, b in first["highlights"]] == ["vendor", "termination", "risk"]
    assert first["components"]["recency"] is None
    assert searches.asked[-1] == ("vendor termination risk", Filter(), 2, Weights(), date(2026, 3, 2))
    (noted,) = log.read(before.position).searches
    assert (noted.query_id, noted.document_ids) == (answer["query_id"], ("contract", "hostile"))


def test_every_filter_and_weight_reaches_the_search(client, searches):
    query = "q=vendor&department=Legal&department=HR&from=2025-01-01&to=2025-12-31&tag=vendor&tag=contract&language=en&k=7"
    answer = client.get(f"/search?{query}&recency=0.5&popularity=0.25").json()

    assert [r["document_id"] for r in answer["results"]] == ["contract"]
    _, where, k, weights, _ = searches.asked[-1]
    assert where == Filter(
        frozenset({"Legal", "HR"}), date(2025, 1, 1), date(2025, 12, 31), frozenset({"vendor", "contract"}), frozenset({"en"})
    )
    assert (k, weights) == (7, Weights(0.5, 0.25))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "q: Field required"),
        ("q=", "q: "),
        ("q=%3F%3F", "no words"),
        ("q=" + "a" * 2001, "q: String should have at most 2000 characters"),
        ("q=a&k=0", "k: "),
        ("q=a&k=101", "k: "),
        ("q=a&k=ten", "k: "),
        ("q=a&departmnet=Legal", "departmnet: "),
        ("q=a&from=31.12.2025", "from: "),
        ("q=a&to=0", "to: "),
        ("q=a&from=1700006400", "from: "),
        ("q=a&from=2026-01-01T00:00:00", "from: "),
        ("q=a&from=2026-02-01&to=2026-01-01", "`from` is after `to`"),
        ("q=a&recency=nan", "recency: "),
        ("q=a&popularity=11", "popularity: "),
        ("q=a" + "&tag=x" * 51, "tag: "),
        ("q=a&tag=" + "x" * 201, "tag.0: "),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_name(client, query, said):
    assert said in is_problem(client.get(f"/search?{query}"), 422)["detail"]


def test_a_question_as_long_as_allowed_is_answered_whatever_its_script(client):
    for letter in "a日🚀":
        assert client.get("/search", params={"q": letter * 1999 + "a"}).status_code == 200


@pytest.mark.parametrize("name", ["q", "department", "tag", "language", "from", "to", "k", "recency", "popularity", "unknown"])
def test_injection_attempts_are_text_or_refused(client, name):
    for text in INJECTIONS:
        response = client.get("/search", params={"q": "vendor", name: text})
        assert response.status_code in (200, 422)
        assert "set-cookie" not in response.headers
        if response.status_code == 422:
            is_problem(response, 422)
        elif name in ("department", "tag", "language"):
            assert response.json()["results"] == []


def test_a_head_that_is_too_large_ends_there(client):
    is_problem(client.get("/search?q=" + "a" * 40_000), 431)
    assert client.get("/", headers={"x-much": "a" * 200_000}).status_code == 400
    assert client.get("/health").status_code == 200


def test_an_unknown_path_or_method_is_a_problem(client):
    is_problem(client.get("/../../etc/passwd"), 404)
    is_problem(client.get("/search.py"), 404)
    told = client.put("/search?q=a", content=b"{}", headers={"content-type": "application/json"})
    is_problem(told, 405)
    assert told.headers["allow"] == "GET"


def vote(client, body=None, **headers):
    usual = {"query_id": "q1", "document_id": "contract", "useful": True}
    given = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post("/feedback", content=body if isinstance(body, bytes) else json.dumps(body or usual), headers=given)


def test_a_vote_is_noted(client, log):
    before = log.read({})
    assert (vote(client).status_code, vote(client).json()) == (201, {"recorded": True})
    votes = log.read(before.position).votes
    assert [(v.query_id, v.document_id, v.useful, v.by) for v in votes] == [("q1", "contract", True, None)] * 2


def test_a_vote_of_another_sites_page_is_refused(client):
    own = str(client.base_url).rstrip("/")
    assert vote(client, origin=own, sec_fetch_site="same-origin").status_code == 201
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", own.replace("http", "https"), f"{own}.evil.example"):
        is_problem(vote(client, origin=origin), 403)
    is_problem(vote(client, sec_fetch_site="cross-site"), 403)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        is_problem(vote(client, content_type=kind), 415)


def test_another_sites_page_cannot_make_searches_either(client):
    is_problem(client.get("/search?q=a", headers={"sec-fetch-site": "cross-site"}), 403)
    answer = client.get("/search?q=vendor", headers={"sec-fetch-site": "none"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"\xff", b'{"query_id": "q1"}', {"query_id": "../x", "document_id": "d", "useful": True},
        {"query_id": "q", "document_id": "", "useful": True}, {"query_id": "q", "document_id": "d", "useful": "yes"},
        {"query_id": "q", "document_id": "d", "useful": True, "by": "boss"}, b'{"a":' * 3000,
        b'{"query_id": "q", "document_id": "\\ud800", "useful": true}',
    ],
)  # fmt: skip
def test_a_malformed_vote_is_refused(client, body):
    answer = vote(client, body)
    is_problem(answer, 400 if answer.status_code == 400 else 422)


def test_a_body_that_is_too_large_is_refused_whatever_its_length_is_said_to_be(client):
    is_problem(vote(client, b" " * 16_385), 413)
    chunks = (b" " * 4096 for _ in range(5))
    is_problem(client.post("/feedback", content=chunks, headers={"content-type": "application/json"}), 413)


def test_a_request_that_could_be_taken_for_two_is_refused_and_what_follows_is_not_read(client):
    host = f"Host: localhost:{client.base_url.port}\r\n"
    head = (
        f"POST /feedback HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
    )
    with socket.create_connection(("127.0.0.1", client.base_url.port)) as connection:
        connection.settimeout(5)
        connection.sendall(f"{head}\r\n0\r\n\r\nGET /health HTTP/1.1\r\n{host}\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_only_names_of_this_machine_are_answered(client):
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "0.0.0.0:80", "[::2]:80"):
        is_problem(client.get("/search?q=vendor", headers={"host": host}), 421)
        assert client.get("/", headers={"host": host}).status_code == 421
    for host in ("localhost", "LOCALHOST:99", "127.0.0.1:5", "[::1]:8080"):
        assert client.get("/health", headers={"host": host}).status_code == 200


def test_a_configured_name_is_answered(log):
    with serving(SmallSearch(), log, Limits(hosts=frozenset({"search.example.com"}))) as client:
        assert client.get("/health", headers={"host": "search.example.com:443"}).status_code == 200


@pytest.mark.parametrize(
    ("header", "name"),
    [("a.b:80", "a.b"), ("A.B", "a.b"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a:b", "a:b"), ("", ""), (":80", "")],
)
def test_a_host_header_names_a_host_without_its_port(header, name):
    assert host_name(header) == name


def test_addresses_of_this_machine_are_known():
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "127.8.8.8")] == [True] * 4
    assert [is_loopback(h) for h in ("10.0.0.1", "::", "::2", "search.example.com")] == [False] * 4


@pytest.mark.parametrize("path", ["/", "/search?q=vendor", "/search", "/health", "/docs", "/nothing", "/search.js"])
def test_every_response_protects_the_page(client, path):
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert "server" not in headers


def test_the_page_and_the_description_load_nothing_from_elsewhere(client):
    for path in ("/", "/docs", "/search.js", "/search.css", "/icon.svg"):
        page = client.get(path)
        assert page.status_code == 200
        assert "//" not in page.text.replace("http://www.w3.org/2000/svg", "").replace("https?:\\/\\/", "").replace(
            "\n// ", ""
        ).lstrip("/")


def test_the_interface_is_described(client):
    described = client.get("/openapi.json").json()
    validate(described)
    assert set(described["paths"]) == {"/search", "/feedback", "/health"}
    assert "Result" in described["components"]["schemas"]
    assert described["paths"]["/search"]["get"]["responses"]["422"]["content"].keys() == {"application/problem+json"}
    page = client.get("/docs").text
    for word in ("GET /search", "POST /feedback", "department", "repeatable", "at most 2000 characters", "query_id"):
        assert word in page
    assert "cdn" not in page


def test_health_tells_what_answers(client):
    told = client.get("/health").json()
    assert told == {
        "live": True, "ready": True, "reason": None, "generation_id": "20260302T080000000000Z-abc", "rows": 0,
        "model_version": "words@1#aaaaaaaaaaaa", "age_seconds": 3600,
    }  # fmt: skip


def test_without_an_index_the_server_is_live_and_says_that_it_is_not_ready(log):
    with serving(SmallSearch(generation=None), log) as client:
        health = client.get("/health")
        assert (health.status_code, health.json()["live"], health.json()["ready"]) == (503, True, False)
        assert health.json()["reason"] == "There is no index yet."
        assert is_problem(client.get("/search?q=vendor"), 503)["title"] == "Not ready"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Unavailable("/secret/kb is locked", "see /secret"), 503),
        (OSError("/secret"), 500),
        (BadInput("made by /secret", "see /secret"), 503),
    ],
)
def test_a_failure_gives_nothing_away_and_is_logged(log, caplog, failure, status):
    searches = SmallSearch()
    with caplog.at_level(logging.WARNING), serving(searches, log) as client:
        searches.failure = failure
        response = client.get("/search?q=vendor")
        is_problem(response, status)
        assert "content-security-policy" in response.headers
        searches.failure = None
        assert client.get("/search?q=vendor").status_code == 200
    assert "/secret" in caplog.text


def test_who_asks_too_often_is_told_when_to_ask_again(log):
    with serving(SmallSearch(), log, Limits(per_second=0.2, burst=3)) as client:
        answers = [client.get("/search?q=vendor") for _ in range(5)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
        is_problem(answers[-1], 429)
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 5
        assert vote(client).status_code == 429
        spoofed = client.get("/search?q=vendor", headers={"x-forwarded-for": "9.9.9.9", "forwarded": "for=9.9.9.9"})
        assert spoofed.status_code == 429
        assert client.get("/health").status_code == 200


def test_a_bucket_fills_again_and_no_further_than_its_size():
    now = 0.0
    buckets = TokenBuckets(2, 3, lambda: now)
    assert [buckets.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait("b") == 0
    now = 0.5
    assert [buckets.wait("a"), buckets.wait("a") > 0] == [0, True]
    now = 1000.0
    assert [buckets.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_buckets_do_not_grow_for_ever():
    buckets = TokenBuckets(1, 1)
    for n in range(10_500):
        buckets.wait(str(n))
    assert len(buckets._buckets) == 10_000


def test_more_searches_at_once_than_allowed_are_told_to_come_back(log):
    searches = SmallSearch()
    with serving(searches, log, Limits(per_second=1000, burst=1000, at_once=2)) as client, ThreadPoolExecutor(6) as pool:
        searches.seconds = 0.5
        answers = list(pool.map(lambda _: client.get("/search?q=vendor"), range(6)))
        assert sorted(a.status_code for a in answers) == [200, 200, 503, 503, 503, 503]
        busy = next(a for a in answers if a.status_code == 503)
        assert (is_problem(busy, 503)["title"], busy.headers["retry-after"]) == ("Busy", "1")
        assert client.get("/search?q=vendor").status_code == 200
    assert searches.most_at_work == 2


def test_a_search_that_takes_too_long_is_given_up_and_its_place_stays_taken_until_it_ends(log):
    searches = SmallSearch()
    with serving(searches, log, Limits(per_second=1000, burst=1000, at_once=1, seconds=0.2)) as client:
        searches.seconds = 0.8
        is_problem(client.get("/search?q=vendor"), 504)
        is_problem(client.get("/search?q=vendor"), 503)
        searches.seconds = 0
        time.sleep(0.9)
        assert client.get("/search?q=vendor").status_code == 200


def test_a_body_that_never_ends_is_given_up(log):
    with (
        serving(SmallSearch(), log, Limits(seconds=0.3)) as client,
        socket.create_connection(("127.0.0.1", client.base_url.port)) as slow,
    ):
        slow.settimeout(5)
        head = f"POST /feedback HTTP/1.1\r\nHost: localhost:{client.base_url.port}\r\nContent-Type: application/json\r\n"
        slow.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert slow.recv(1000).startswith(b"HTTP/1.1 504 ")


def test_a_log_that_cannot_be_written_fails_no_search_but_says_so_to_who_votes(tmp_path):
    (tmp_path / "file").write_text("")
    with serving(SmallSearch(), SearchLog(root=str(tmp_path / "file" / "log"))) as client:
        assert client.get("/search?q=vendor").status_code == 200
        is_problem(vote(client), 503)


def test_models_are_loaded_before_the_first_question(log):
    searches = SmallSearch()
    before = log.read({})
    with serving(searches, log):
        assert len(searches.asked) == 1
    assert log.read(before.position).searches == ()
