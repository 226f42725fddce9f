"""Who calls, where to, and that a client is made once."""

import base64
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import oci
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from resources.errors import BadInput, Denied, Unavailable
from resources.oci.clients import _CLIENTS, OciClients


def regions(clients):
    return {r.name for r in clients.operation("identity", "list_regions")().data}


class TestClients:
    def test_there_is_one_per_service_and_region(self, clients):
        assert clients.client("budget") is clients.client("budget")
        assert clients.client("budget") is not clients.client("budget", "uk-london-1")
        assert clients.client("budget") is not clients.client("identity")

    def test_many_that_ask_at_once_are_given_the_same(self, clients):
        with ThreadPoolExecutor(8) as pool:
            given = list(pool.map(lambda _: clients.client("budget"), range(16)))
        assert len(set(map(id, given))) == 1

    def test_as_many_connections_are_kept_as_calls_may_be_on_the_way(self, clients):
        session = clients.client("budget").base_client.session
        adapter = session.get_adapter("https://example.com")
        assert adapter._pool_maxsize == clients.connections == 64

    def test_every_service_has_its_client_of_the_sdk(self, clients):
        for service, (_, kind) in _CLIENTS.items():
            assert type(clients.client(service)).__name__ == kind

    def test_the_embedded_cloud_is_asked_below_region_and_service(self, sandbox, clients):
        endpoints = [
            clients.client(service, region).base_client.endpoint
            for service, region in (("object_storage", ""), ("identity", "uk-london-1"), ("ons_messages", "us-ashburn-1"))
        ]

        assert endpoints == [
            f"{sandbox.url}/eu-frankfurt-1/object_storage",
            f"{sandbox.url}/uk-london-1/identity/20160918",
            f"{sandbox.url}/us-ashburn-1/ons/20181201",
        ]

    def test_another_region_is_another_place(self, sandbox, clients):
        create = clients.operation("object_storage", "create_bucket", "uk-london-1")
        create("acmesandbox", oci.object_storage.models.CreateBucketDetails(name="london", compartment_id=sandbox.tenancy))

        def names(region):
            found = clients.operation("object_storage", "list_buckets", region)("acmesandbox", sandbox.tenancy)
            return [b.name for b in found.data]

        assert "london" in names("uk-london-1")
        assert "london" not in names("")

    def test_oracles_cloud_is_asked_where_the_sdk_says(self, sandbox, clients_of):
        clients = clients_of(endpoint="", region="us-phoenix-1")

        assert "usageapi.us-phoenix-1" in clients.client("usage_api").base_client.endpoint
        assert "uk-london-1" in clients.client("database", "uk-london-1").base_client.endpoint

    def test_metrics_are_posted_to_an_address_of_their_own(self, clients_of):
        clients = clients_of(endpoint="", region="us-phoenix-1")

        asked = [clients.client(service).base_client.endpoint for service in ("monitoring", "monitoring_ingestion")]

        assert [address.split("/")[2].split(".")[0] for address in asked] == ["telemetry", "telemetry-ingestion"]
        assert asked[1] == "https://telemetry-ingestion.us-phoenix-1.oraclecloud.com/20180401"

    def test_a_stream_tells_the_address_of_its_messages(self, clients_of):
        clients = clients_of(endpoint="", region="us-phoenix-1")
        told = "https://cell-1.streaming.us-phoenix-1.oci.oraclecloud.com"

        assert clients.client("streaming_messages", address=told).base_client.endpoint == f"{told}/20180418"
        with pytest.raises(BadInput, match="messagesEndpoint"):
            clients.client("streaming_messages")

    def test_timeouts_are_those_of_the_settings(self, clients_of):
        clients = clients_of(connect_timeout_seconds=2, read_timeout_seconds=7)

        assert clients.client("identity").base_client.timeout == (2, 7)

    def test_an_unknown_service_is_bad_input(self, clients):
        with pytest.raises(BadInput, match="Use one of ai_document"):
            clients.client("s3")

    def test_an_asset_uses_them_as_a_resource(self, sandbox, clients):
        @dg.asset
        def regions_in_use(oracle: OciClients) -> dg.MaterializeResult:
            return dg.MaterializeResult(metadata={"count": len(regions(oracle))})

        done = dg.materialize([regions_in_use], resources={"oracle": clients})

        assert done.asset_materializations_for_node("regions_in_use")[0].metadata["count"].value == 4

    @pytest.mark.parametrize("module", ["clients", "errors", "object_storage", "paging", "policies", "retries"])
    def test_importing_a_module_loads_no_sdk(self, module):
        script = f"import sys, resources.oci.{module}; print({{'oci', 'circuitbreaker'}} & set(sys.modules))"

        assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "set()"


class TestConfigFile:
    def test_the_region_is_that_of_the_profile_unless_another_is_given(self, clients, clients_of):
        assert "/eu-frankfurt-1/" in clients.client("identity").base_client.endpoint
        assert "/uk-london-1/" in clients_of(region="uk-london-1").client("identity").base_client.endpoint

    def test_the_tenancy_is_that_of_the_profile(self, sandbox, clients):
        assert clients.tenancy() == sandbox.tenancy

    def test_a_profile_without_a_region_needs_one(self, sandbox, clients_of):
        file = Path(sandbox.config_file)
        file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if not line.startswith("region")))

        with pytest.raises((BadInput, Denied), match="region"):
            clients_of().client("identity")

    def test_a_missing_file_or_profile_is_denied(self, clients_of, tmp_path):
        with pytest.raises(Denied, match="ConfigFileNotFound"):
            clients_of(config_file=str(tmp_path / "none")).client("identity")
        with pytest.raises(Denied, match="ProfileNotFound"):
            clients_of(profile="OTHER").client("identity")

    def test_a_file_that_is_no_configuration_is_denied_and_not_shown(self, clients_of, tmp_path):
        (tmp_path / "config").write_text("pass_phrase=hunter2")

        with pytest.raises(Denied, match="oci setup config") as error:
            clients_of(config_file=str(tmp_path / "config")).tenancy()

        assert "hunter2" not in f"{error.value}{error.value.__cause__}"

    def test_a_key_that_is_none_is_denied_and_not_shown(self, sandbox, clients_of):
        key = sandbox.folder / "oci_api_key.pem"
        key.write_text("-----BEGIN PRIVATE KEY-----\nnonsense-secret\n-----END PRIVATE KEY-----\n")

        with pytest.raises(Denied, match="InvalidPrivateKey") as raised:
            clients_of().client("identity")
        assert "nonsense-secret" not in str(raised.value)

    def test_a_key_that_the_cloud_does_not_know_is_denied(self, sandbox, clients):
        sandbox.cloud.keys.keys.clear()

        with pytest.raises(Denied, match=r"401 NotAuthenticated.*fingerprint"):
            regions(clients)


def issued(sandbox, token):
    """Let the cloud know a session token by the key of the user."""
    (public,) = sandbox.cloud.keys.keys.values()
    sandbox.cloud.keys.keys = {f"ST${token}": public}


class TestSecurityToken:
    @pytest.fixture
    def configured(self, sandbox, tmp_path):
        token = tmp_path / "token"
        token.write_text("a.session.token\n")
        file = Path(sandbox.config_file)
        file.write_text(file.read_text() + f"security_token_file={token}\n")
        return token

    def test_a_session_signs_with_its_token(self, sandbox, clients_of, configured):
        issued(sandbox, "a.session.token")

        assert "eu-frankfurt-1" in regions(clients_of(principal="security token"))

    def test_a_session_that_expired_is_denied(self, sandbox, clients_of, configured):
        issued(sandbox, "another")

        with pytest.raises(Denied, match="whether they expired"):
            regions(clients_of(principal="security token"))

    def test_a_profile_without_a_session_says_how_to_log_in(self, clients_of):
        with pytest.raises(Denied, match="oci session authenticate"):
            clients_of(principal="security token").client("identity")

    def test_a_token_that_is_gone_says_how_to_log_in(self, clients_of, configured):
        configured.unlink()

        with pytest.raises(Denied, match="oci session authenticate"):
            clients_of(principal="security token").client("identity")


class TestPrincipals:
    def test_a_function_signs_with_the_token_that_it_is_given(self, sandbox, clients_of, monkeypatch):
        token = jwt(res_tenant=sandbox.tenancy, res_compartment="c", exp=time.time() + 3600)
        issued(sandbox, token)
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_RPST", token)
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", rsa_key(sandbox))
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_REGION", "eu-frankfurt-1")

        clients = clients_of(principal="resource principal")

        assert "eu-frankfurt-1" in regions(clients)
        assert clients.tenancy() == sandbox.tenancy

    def test_without_one_it_is_denied(self, clients_of):
        with pytest.raises(Denied, match="there is no resource principal here"):
            clients_of(principal="resource principal").client("identity")

    def test_an_instance_whose_metadata_do_not_answer_is_unavailable(self, clients_of, monkeypatch):
        monkeypatch.setenv("OCI_METADATA_BASE_URL", "http://127.0.0.1:1/opc/v2")

        with pytest.raises(Unavailable, match="there is no instance principal here"):
            clients_of(principal="instance principal").client("identity")


def jwt(**claims):
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), "c2ln"])


def rsa_key(sandbox):
    text = (sandbox.folder / "oci_api_key.pem").read_bytes()
    assert load_pem_private_key(text, None)
    return text.decode()
