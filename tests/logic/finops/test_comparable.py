"""Services, regions and units of the clouds are named alike where they compare, and null where not."""

import os
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.comparable import regions, services, units
from assets.finops.logic.comparable.coverage import coverage

EXACT = Context(prec=200)
SUBCATEGORIES = {
    "AI and Machine Learning": {
        "AI Platforms", "Bots", "Generative AI", "Machine Learning", "Natural Language Processing",
    },
    "Analytics": {
        "Analytics Platforms", "Business Intelligence", "Data Processing", "Search", "Streaming Analytics",
    },
    "Business Applications": {"Productivity and Collaboration"},
    "Compute": {
        "Containers", "End User Computing", "Quantum Compute", "Serverless Compute", "Virtual Machines",
    },
    "Databases": {
        "Caching", "Data Warehouses", "Ledger Databases", "NoSQL Databases", "Relational Databases",
        "Time Series Databases",
    },
    "Developer Tools": {
        "Developer Platforms", "Continuous Integration and Deployment", "Development Environments",
        "Source Code Management", "Quality Assurance",
    },
    "Identity": {"Identity and Access Management"},
    "Integration": {"API Management", "Messaging", "Workflow Orchestration"},
    "Internet of Things": {"IoT Analytics", "IoT Platforms"},
    "Management and Governance": {
        "Architecture", "Compliance", "Cost Management", "Data Governance", "Disaster Recovery",
        "Endpoint Management", "Observability", "Support",
    },
    "Media": {"Content Creation", "Gaming", "Media Streaming", "Mixed Reality"},
    "Migration": {"Data Migration", "Resource Migration"},
    "Mobile": set(),
    "Multicloud": {"Multicloud Integration"},
    "Networking": {
        "Application Networking", "Content Delivery", "Network Connectivity", "Network Infrastructure",
        "Network Routing", "Network Security",
    },
    "Security": {"Secret Management", "Security Posture Management", "Threat Detection and Response"},
    "Storage": {"Backup Storage", "Block Storage", "File Storage", "Object Storage", "Storage Platforms"},
    "Web": {"Application Platforms"},
    "Other": set(),
}  # fmt: skip
"""FOCUS 1.2, column ServiceSubcategory; every category also has `Other (<category>)`."""


def unit(text: str, provider: str = "*") -> tuple[str, Decimal] | None:
    found = units.parse(text, provider)
    return (found.unit, found.factor) if found else None


def lines(**columns: Sequence[str | None]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


# Services


@pytest.mark.parametrize(
    ("aws", "oracle", "neutral"),
    [
        ("AmazonEC2", "COMPUTE", "Virtual machines"),
        ("AmazonEBS", "BLOCK_STORAGE", "Block storage"),
        ("AmazonS3", "OBJECTSTORE", "Object storage"),
        ("AmazonRDS", "DATABASE", "Relational database"),
        ("AWSLambda", "FUNCTIONS", "Functions"),
        ("AmazonEKS", "OKE", "Kubernetes"),
        ("AmazonCloudWatch", "TELEMETRY", "Monitoring"),
        ("AmazonKinesis", "ORACLE_STREAMING_SERVICE", "Event streaming"),
        ("AWSELB", "LOAD_BALANCER", "Load balancing"),
        ("AmazonVPC", "NETWORK", "Virtual network"),
    ],
)
def test_the_same_service_of_two_clouds_has_one_neutral_name(aws: str, oracle: str, neutral: str) -> None:
    found = services.lookup("AWS", aws), services.lookup("Oracle", oracle)
    assert [s.comparable if s else None for s in found] == [neutral, neutral]


def test_a_code_and_the_full_name_mean_the_same_service() -> None:
    assert services.lookup("AWS", "AmazonEC2") == services.lookup("AWS", "Amazon Elastic Compute Cloud")


@given(
    row=st.sampled_from(services.table().filter(given_category="").rows(named=True)),
    change=st.sampled_from([str.upper, str.lower, str.title, lambda t: f"  {t}\t", lambda t: t.replace(" ", "  ")]),
)
def test_case_and_spaces_of_a_service_do_not_matter(row: dict[str, str], change: Callable[[str], str]) -> None:
    found = services.lookup(row["provider"], change(row["match"]))
    assert found is not None
    assert found.comparable == row["comparable_service"]


@pytest.mark.parametrize("name", ["Amazon Web Services", "aws", " AWS "])
def test_a_provider_may_be_spelled_in_its_usual_ways(name: str) -> None:
    assert services.lookup(name, "AmazonS3") == services.lookup("AWS", "AmazonS3")


@pytest.mark.parametrize(("provider", "code"), [("AWS", "2wqkpek696qhdeo7lbbjncqli"), ("Alibaba", "ECS"), ("AWS", "")])
def test_an_unknown_service_is_none(provider: str, code: str) -> None:
    assert services.lookup(provider, code) is None


def test_every_service_has_a_category_and_subcategory_that_focus_allows() -> None:
    pairs = services.table().select("ServiceCategory", "ServiceSubcategory").unique().rows()
    wrong = [(c, s) for c, s in pairs if s != f"Other ({c})" and s not in SUBCATEGORIES.get(c, set())]
    assert wrong == []


def test_no_service_is_mapped_twice() -> None:
    table = services.table().with_columns(pl.col("match").str.to_lowercase())
    assert not table.select("provider", "match", "given_category").is_duplicated().any()


def test_the_neutral_name_of_a_service_decides_its_category() -> None:
    per_name = services.table().group_by("comparable_service").agg(pl.struct("^Service.*$").n_unique())
    assert per_name.get_column("ServiceCategory").to_list() == [1] * per_name.height


def test_categories_are_filled_only_where_the_provider_gave_none() -> None:
    df = lines(
        ProviderName=["AWS", "AWS", "Oracle", "Oracle", None],
        ServiceName=["AWS Key Management Service", "AmazonS3", "block_storage", "NO_SUCH", "AmazonS3"],
        ServiceCategory=["Identity", None, None, None, None],
        ServiceSubcategory=[None, None, "File Storage", None, None],
    )
    got = services.with_services(df)
    assert got["ServiceCategory"].to_list() == ["Identity", "Storage", "Storage", None, None]
    assert got["ServiceSubcategory"].to_list() == [None, "Object Storage", "File Storage", None, None]
    assert got["x_comparable_service"].to_list() == [
        "Key management",
        "Object storage",
        "Block storage",
        None,
        None,
    ]


def test_the_category_given_tells_disks_from_machines() -> None:
    df = lines(
        ProviderName=["AWS"] * 2,
        ServiceName=["Amazon Elastic Compute Cloud"] * 2,
        ServiceCategory=["Compute", "Storage"],
    )
    assert services.with_services(df)["x_comparable_service"].to_list() == [
        "Virtual machines",
        "Block storage",
    ]


def test_missing_category_columns_are_added_and_a_second_run_changes_nothing() -> None:
    once = services.with_services(lines(ProviderName=["OCI", "AWS"], ServiceName=["COMPUTE", "?"]))
    assert once["ServiceCategory"].to_list() == ["Compute", None]
    assert services.with_services(once).equals(once)


def test_an_empty_frame_gets_the_columns() -> None:
    df = lines(ProviderName=[], ServiceName=[])
    assert services.with_services(df).schema["x_comparable_service"] == pl.String


# Regions


@pytest.mark.parametrize(
    ("aws", "oracle", "azure", "place"),
    [
        ("us-east-1", "us-ashburn-1", "eastus", "US East (Virginia)"),
        ("eu-central-1", "eu-frankfurt-1", "germanywestcentral", "Germany (Frankfurt)"),
        ("eu-west-2", "uk-london-1", "UK South", "United Kingdom (London)"),
        ("ap-northeast-1", "NRT", "Japan East", "Japan (Tokyo)"),
    ],
)
def test_regions_of_one_place_share_a_geography(aws: str, oracle: str, azure: str, place: str) -> None:
    found = regions.lookup("AWS", aws), regions.lookup("Oracle", oracle), regions.lookup("Azure", azure)
    assert {r.geography if r else None for r in found} == {place}


def test_azure_spellings_of_a_region_are_one_region() -> None:
    found = {regions.lookup("Microsoft", text) for text in ("eastus2", "EastUS2", "East US 2", "US East 2")}
    assert len(found) == 1
    assert None not in found


def test_one_place_lies_in_one_country() -> None:
    per_place = regions.table().group_by("geography").agg(pl.struct("country", "continent").n_unique().alias("n"))
    assert per_place["n"].to_list() == [1] * per_place.height


def test_countries_are_two_capital_letters_and_only_what_is_no_place_has_none() -> None:
    for row in regions.table().iter_rows(named=True):
        assert re.fullmatch("[A-Z]{2}", row["country"]) or (row["region_id"], row["country"]) == (
            "global",
            "",
        )
    assert getattr(regions.lookup("AWS", "global"), "country", "?") is None


def test_no_name_of_a_region_means_two_regions() -> None:
    names = [
        (row["provider"], name.casefold().replace(" ", ""))
        for row in regions.table().iter_rows(named=True)
        for name in {
            row["region_id"],
            row["region_name"].casefold().replace(" ", ""),
            *filter(None, row["aliases"].split(";")),
        }
    ]
    assert len(names) == len(set(names))


def test_every_region_that_botocore_knows_in_the_commercial_partition_is_mapped() -> None:
    session = pytest.importorskip("botocore.session").get_session()
    assert [r for r in session.get_available_regions("ec2") if regions.lookup("AWS", r) is None] == []


def test_a_geography_is_added_and_names_are_filled_where_null() -> None:
    df = lines(
        ProviderName=["Oracle", "AWS", "AWS", "AWS"],
        RegionId=["us-sanjose-1", "us-west-1", None, "mars-1"],
        RegionName=["San Jose", None, None, None],
    )
    got = regions.with_geography(df)
    assert got["x_geography"].to_list() == ["US West (California)", "US West (California)", None, None]
    assert got["RegionName"].to_list() == ["San Jose", "US West (N. California)", None, None]


def test_no_region_name_is_invented_where_the_frame_has_no_such_column() -> None:
    assert regions.with_geography(lines(ProviderName=["AWS"], RegionId=["us-east-1"])).columns == [
        "ProviderName", "RegionId", "x_geography",
    ]  # fmt: skip


# Units


@pytest.mark.parametrize(
    ("text", "provider", "neutral", "factor"),
    [
        ("Hrs", "AWS", "Hours", "1"),
        ("Instance per hour", "Oracle", "Hours", "1"),
        ("1 NONE HOURS INSTANCE", "Oracle", "Hours", "1"),
        ("100 Hours", "Microsoft", "Hours", "100"),
        ("10 Days", "Microsoft", "Hours", "240"),
        ("Minutes", "AWS", "Seconds", "60"),
        ("GB", "AWS", "GiB", "1"),
        ("GB-Mo", "AWS", "GiB-Months", "1"),
        ("GB Months", "Oracle", "GiB-Months", "1"),
        ("GB Per Month", "Oracle", "GiB-Months", "1"),
        ("Gigabyte Storage Capacity Per Month", "Oracle", "GiB-Months", "1"),
        ("1 GiB MONTHS STORAGE_SIZE", "Oracle", "GiB-Months", "1"),
        ("1 TiB MONTHS STORAGE_SIZE", "Oracle", "GiB-Months", "1024"),
        ("1 GiB HOURS MEMORY", "Oracle", "GiB-Hours", "1"),
        ("TB", "AWS", "GiB", "1024"),
        ("MB", "AWS", "GiB", "0.0009765625"),
        ("1 GB/Month", "Microsoft", "GB-Months", "1"),
        ("5 TB", "Microsoft", "GB", "5000"),
        ("1 GiB/Hour", "Microsoft", "GiB-Hours", "1"),
        ("Lambda-GB-Second", "AWS", "GiB-Seconds", "1"),
        ("10,000 GB memory-seconds", "Oracle", "GiB-Seconds", "10000"),
        ("1 GiB NONE DATA_TRANSFERRED", "Oracle", "GiB", "1"),
        ("1 GiB HOURS DATA_TRANSFERRED", "Oracle", "GiB", "1"),
        ("1 GiB MONTHS PERFORMANCE_UNITS", "Oracle", "Performance-Unit-GiB-Months", "1"),
        ("1 NONE HOURS OCPUS", "Oracle", "OCPU-Hours", "1"),
        ("OCPU Per Hour", "Oracle", "OCPU-Hours", "1"),
        ("vCPU-Hours", "AWS", "vCPU-Hours", "1"),
        ("LCU-Hours", "AWS", "LCU-Hours", "1"),
        ("1 Mbps HOURS BANDWIDTH", "Oracle", "Mbps-Hours", "1"),
        ("1000000 NONE NONE DATAPOINTS", "Oracle", "Datapoints", "1000000"),
        ("Million Datapoints", "Oracle", "Datapoints", "1000000"),
        ("10000 NONE NONE REQUESTS", "Oracle", "Requests", "10000"),
        ("1000000 NONE NONE FUNCTION_INVOCATIONS", "Oracle", "Requests", "1000000"),
        ("10,000 Requests Per Month", "Oracle", "Requests", "10000"),
        ("10K Requests", "*", "Requests", "10000"),
        ("Per Million Requests", "*", "Requests", "1000000"),
        ("API Requests", "AWS", "Requests", "1"),
        ("10K", "Microsoft", "Units", "10000"),
        ("1M", "Microsoft", "Units", "1000000"),
        ("1B", "Microsoft", "Units", "1000000000"),
        ("100000000", "Microsoft", "Units", "100000000"),
        ("1/Hour", "Microsoft", "Unit-Hours", "1"),
        ("1 /Month", "Microsoft", "Unit-Months", "1"),
        ("1M/Month", "Microsoft", "Unit-Months", "1000000"),
        ("1/3 Months", "Microsoft", "Unit-Months", "3"),
        ("1 Daily Unit", "Microsoft", "Unit-Hours", "24"),
        ("GiB/Second-Months", "AWS", "MiBps-Months", "1024"),
        ("MiBps-Mo", "AWS", "MiBps-Months", "1"),
    ],
)
def test_a_unit_becomes_a_comparable_one(text: str, provider: str, neutral: str, factor: str) -> None:
    assert unit(text, provider) == (neutral, Decimal(factor))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Foobars", "10K Foobars", "0 Unassigned", "0 Hours", "GB-Fortnights", "Hours/Day", "Gb",
        "1 GiB HOURS NOVELTY", "1 XiB MONTHS STORAGE_SIZE", "1,00 GB", "1.5.2 GB", "-5 GB", "10KK", "Dollar",
        "1000000000000 EiB",
    ],
)  # fmt: skip
def test_a_unit_that_is_not_understood_is_none(text: str) -> None:
    assert unit(text) is None


def test_gigabytes_are_not_converted_where_their_size_is_not_known() -> None:
    assert unit("GB") == ("GB", Decimal(1))
    assert unit("GB", "Somebody Else") == ("GB", Decimal(1))
    assert unit("GiB") == ("GiB", Decimal(1))


def test_bits_are_not_bytes() -> None:
    assert unit("Gbps") == ("Mbps", Decimal(1000))
    assert unit("MBps") == ("MBps", Decimal(1))
    assert unit("Gb", "AWS") is None


NOUNS = st.sampled_from(["Requests", "GB", "GiB-Months", "Hours", "OCPU Hours", "Datapoints", "Units/Month", "vCPU-Hours"])


@given(noun=NOUNS, size=st.integers(1, 10**9), spaces=st.sampled_from([" ", "  "]))
def test_a_block_size_multiplies_the_factor_and_nothing_else(noun: str, size: int, spaces: str) -> None:
    for provider in ("AWS", "Oracle", "Microsoft", "*"):
        plain, blocks = unit(noun, provider), unit(f"{size}{spaces}{noun}", provider)
        assert plain is not None
        assert blocks == (plain[0], plain[1] * size)


@given(noun=NOUNS, size=st.integers(1, 999), suffix=st.sampled_from([("K", 10**3), ("M", 10**6), ("B", 10**9)]))
def test_a_suffix_and_its_written_out_number_are_one_block(noun: str, size: int, suffix: tuple[str, int]) -> None:
    assert unit(f"{size}{suffix[0]} {noun}") == unit(f"{size * suffix[1]:,} {noun}") == unit(f"{size * suffix[1]} {noun}")


@given(text=st.text(max_size=40))
def test_any_text_is_either_understood_or_none(text: str) -> None:
    found = unit(text, "Oracle")
    assert found is None or 0 < found[1] < 10**14


@given(row=st.sampled_from(units.table().rows(named=True)))
def test_a_comparable_unit_is_its_own_comparable_unit(row: dict[str, str]) -> None:
    neutral = row["comparable_unit"]
    if neutral in ("B", "GB", "Instances") or row["measure"] == "whole" or neutral.startswith("Performance"):
        return
    assert unit(neutral) == (neutral, Decimal(1))


def test_two_millionths_of_a_million_datapoints_are_two_datapoints() -> None:
    df = quantities(["0.000002"], "1000000 NONE NONE DATAPOINTS")
    assert units.with_comparable_units(df).row(0)[-2:] == ("Datapoints", Decimal(2))


def quantities(values: list[str | None], pricing_unit: str | None, scale: int = 18) -> pl.DataFrame:
    amounts = pl.Series([None if v is None else Decimal(v) for v in values], dtype=pl.Decimal(38, scale))
    names = {"ProviderName": pl.lit("Oracle"), "PricingUnit": pl.lit(pricing_unit, pl.String)}
    return pl.DataFrame({"PricingQuantity": amounts}).with_columns(**names)


@given(
    values=st.lists(
        st.none() | st.decimals(Decimal(-(10**7)), Decimal(10**7), places=18, allow_nan=False),
        min_size=1,
        max_size=8,
    ),
    pricing_unit=st.sampled_from(["KB", "1 MB", "1000000 NONE NONE DATAPOINTS", "TB", "10K", "3 KiB Months", "Hours"]),
)
def test_quantities_are_exact_to_the_last_of_24_places(values: list[Decimal | None], pricing_unit: str) -> None:
    got = units.with_comparable_units(quantities([None if v is None else str(v) for v in values], pricing_unit))
    assert got.schema["x_comparable_quantity"] == pl.Decimal(38, 24)
    known = units.parse(pricing_unit, "Oracle")
    assert known is not None
    for value, found in zip(values, got["x_comparable_quantity"].to_list(), strict=True):
        exact = None if value is None else EXACT.multiply(value, known.factor)
        rounded = exact if exact is None else exact.quantize(Decimal("1e-24"), ROUND_HALF_EVEN, EXACT)
        assert found == rounded


def test_a_quantity_that_does_not_fit_is_null_and_harms_no_other() -> None:
    df = quantities(["99999999999999", "-99999999999999", "12345678901234567890", "2"], "TB")
    got = units.with_comparable_units(df)
    assert got["x_comparable_quantity"].to_list() == [None, None, None, Decimal(2048)]
    assert got["x_comparable_unit"].to_list() == ["GiB"] * 4


def test_the_largest_quantity_that_fits_is_kept() -> None:
    largest = "99999999999999.999999999999999999999999"
    got = units.with_comparable_units(quantities([largest, f"-{largest}"], "Hours", scale=24))
    assert got["x_comparable_quantity"].to_list() == [Decimal(largest), Decimal(f"-{largest}")]


@pytest.mark.parametrize("pricing_unit", [None, "Foobars"])
def test_an_unknown_unit_gives_no_unit_and_no_quantity(pricing_unit: str | None) -> None:
    got = units.with_comparable_units(quantities(["5"], pricing_unit))
    assert got.row(0)[-2:] == (None, None)


def test_rows_keep_their_order_and_the_source_columns_their_values() -> None:
    df = pl.concat([quantities(["1", "2"], "TB"), quantities(["3"], None), quantities(["4"], "Hours")])
    got = units.with_comparable_units(df)
    assert got.select(df.columns).equals(df)
    assert units.with_comparable_units(got).equals(got)


# Coverage


def test_coverage_names_what_is_not_mapped_most_frequent_first() -> None:
    df = lines(
        ProviderName=["AWS"] * 5 + ["Oracle"],
        ServiceName=["AmazonS3", "Zig", "Zag", "Zig", "AmazonEC2", "COMPUTE"],
        RegionId=["us-east-1", "us-east-1", None, None, "mars-1", None],
    )
    got = {(row["ProviderName"], row["aspect"]): row for row in coverage(df).iter_rows(named=True)}
    assert list(got) == [("AWS", "region"), ("AWS", "service"), ("Oracle", "region"), ("Oracle", "service")]
    service, region = got["AWS", "service"], got["AWS", "region"]
    assert (service["values"], service["values_mapped"], service["lines"], service["lines_mapped"]) == (
        4,
        2,
        5,
        2,
    )
    assert (service["value_share"], service["line_share"], service["unmapped"]) == (0.5, 0.4, ["Zig", "Zag"])
    assert (region["lines"], region["lines_mapped"], region["lines_without_value"]) == (3, 2, 2)
    assert got["Oracle", "region"]["line_share"] is None


def test_coverage_of_nothing_is_an_empty_table() -> None:
    assert coverage(lines(ProviderName=[], ServiceName=[])).height == 0


@pytest.fixture
def focus_data() -> Path:
    folder = os.environ.get("CLOUDOPS_DATA")
    if not folder:
        pytest.skip("CLOUDOPS_DATA names no folder of real billing files")
    return Path(folder) / "focus"


def assert_mapped(df: pl.DataFrame) -> None:
    found = coverage(df)
    assert found["lines"].sum() > 0
    poor = found.filter(pl.col("line_share") < 0.95).select("ProviderName", "aspect", "unmapped")
    assert poor.rows() == []


@pytest.mark.data
def test_the_focus_sample_is_mapped(focus_data: Path) -> None:
    path = focus_data / "focus-1.0-sample" / "focus_sample.csv"
    assert_mapped(pl.read_csv(path, infer_schema=False, null_values="NULL"))


@pytest.mark.data
@pytest.mark.parametrize("unit_column", ["cost/billingUnitReadable", "cost/skuUnitDescription"])
def test_the_oci_cost_report_is_mapped(focus_data: Path, unit_column: str) -> None:
    report = pl.concat(pl.read_csv(path, infer_schema=False) for path in sorted((focus_data / "oci-cost-report").glob("*.csv")))
    assert_mapped(
        report.select(
            ProviderName=pl.lit("Oracle"),
            ServiceName="product/service",
            RegionId="product/region",
            PricingUnit=unit_column,
        )
    )


@pytest.mark.data
def test_the_azure_export_is_mapped(focus_data: Path) -> None:
    export = pl.concat(pl.read_csv(p, infer_schema=False) for p in sorted((focus_data / "azure-ea").glob("*.csv")))
    assert_mapped(
        export.select(
            ProviderName=pl.lit("Microsoft"),
            ServiceName="MeterCategory",
            RegionId="ResourceLocation",
            PricingUnit="UnitOfMeasure",
        )
    )
