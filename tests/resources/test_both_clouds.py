"""Two stores seen as one: the listing is that of both, in key order, and each key leads to its own store."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.both_clouds import BothClouds
from resources.errors import NotFound
from resources.object_store import LocalObjectStore


def stores(folder):
    for name in ("a", "o"):
        (folder / name).mkdir()
    return BothClouds(aws=LocalObjectStore(root=str(folder / "a")), oci=LocalObjectStore(root=str(folder / "o")))


@pytest.fixture
def store(tmp_path):
    return stores(tmp_path)


def listed(store, prefix="", **more):
    return [found.key for page in store.pages(prefix, **more) for found in page]


def test_each_key_leads_to_the_store_of_its_cloud(store, tmp_path):
    put = store.put("oci/x.csv", b"1")
    assert (tmp_path / "o" / "x.csv").read_bytes() == b"1"
    assert (store.head("oci/x.csv"), store.get("oci/x.csv")) == (put, b"1")
    with store.open("oci/x.csv") as stream, store.fetch("oci/x.csv") as file:
        assert (stream.read(), file.read_bytes()) == (b"1", b"1")
    store.delete("oci/x.csv")
    with pytest.raises(NotFound):
        store.get("oci/x.csv")


def test_a_file_of_aws_has_the_key_that_it_has_without_oracles_bucket(store):
    for key in ("2026/a.csv", "z/b.csv"):
        store.aws.put(key, b"1")
    store.oci.put("c.csv", b"2")

    assert listed(store) == ["2026/a.csv", "oci/c.csv", "z/b.csv"]
    assert (store.head("z/b.csv"), store.get("z/b.csv")) == (store.aws.head("z/b.csv"), b"1")


def test_what_lies_below_the_prefix_of_oracle_in_the_store_of_aws_is_not_seen(store):
    store.aws.put("oci/copy.csv", b"1")

    assert listed(store) == []
    with pytest.raises(NotFound):
        store.get("oci/copy.csv")


NAMES = st.lists(
    st.text("ab/.", min_size=1, max_size=4).filter(
        lambda n: n.strip("/.") == n and "//" not in n and "/." not in n and "./" not in n
    ),
    unique=True,
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    NAMES,
    NAMES,
    NAMES,
    st.sampled_from(["", "a", "aws", "aws/", "aws/a", "o", "oci/", "oci/b", "x", "x/a"]),
    st.sampled_from([None, "a", "aws/", "aws/a", "aws0", "oci/", "oci/a", "oci0", "x/a", "z"]),
)
def test_a_listing_is_that_of_all_keys_sorted(tmp_path_factory, of_aws, of_others, of_oci, prefix, after):
    store = stores(tmp_path_factory.mktemp("both"))
    keys = []
    for begin, names in (("aws/", of_aws), ("x/", of_others), ("oci/", of_oci)):
        for name in names:
            if any(other != name and (other + "/").startswith(name + "/") for other in names):
                continue  # a folder of this machine cannot hold a file and a folder of one name
            store.put(begin + name, b"x")
            keys.append(begin + name)
    expected = [key for key in sorted(keys) if key.startswith(prefix) and (after is None or key > after)]
    assert listed(store, prefix, start_after=after, page_size=2) == expected
