"""What the optional parts of the template become on the local cloud, and what a reader then gets.

What it cannot say: `MonthlyBudget` (ministack does not know the type), and whether a domain without
a certificate is refused at once (it does not look at the template's rules). Certificates are
issued there without anybody looking at the records that prove the domain, and a change set does
not list what goes because its condition no longer holds.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.authored import Post
from tests.cloud.site import Site

from sula.cloud import stack
from sula.cloud.doctor import examine
from sula.cloud.services import CloudFormation
from sula.local.cloud import LocalCloud
from sula.local.edge_proxy import EdgeProxy

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("parameters")]

DOMAIN, WWW = "blog.example", "www.blog.example"
CLOUDFRONTS_ZONE = "Z2FDTNDATAQYW2"


@pytest.fixture(scope="module")
def zone(local_cloud: LocalCloud) -> str:
    made = local_cloud.cloud.client("route53").create_hosted_zone(
        Name=DOMAIN, CallerReference="parameters"
    )
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]


@pytest.fixture(scope="module")
def parameters(zone: str) -> dict[str, str]:
    return {
        "Domain": DOMAIN,
        "HostedZoneId": zone,
        "AccessLogs": "yes",
        "AccessLogDays": "7",
        "AlarmEmail": "me@blog.example",
        "HistoryDays": "30",
        "LogRetentionDays": "14",
        "PriceClass": "PriceClass_All",
        "Architecture": "x86_64",
    }


@pytest.fixture(scope="module")
def site(
    local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory, parameters: dict[str, str]
) -> Iterator[Site]:
    with Site.made(local_cloud, tmp_path_factory.mktemp("site"), **parameters) as site:
        site.authored.settings["SITEURL"] = f"https://{DOMAIN}"
        site.authored.save_settings()
        site.authored.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
        site.deploy()
        yield site


def client(site: Site, service: str) -> Any:
    return site.local.cloud.client(service)


def distribution(site: Site) -> dict[str, Any]:
    found = client(site, "cloudfront").get_distribution(Id=site.outputs.distribution_id)
    config: dict[str, Any] = found["Distribution"]["DistributionConfig"]
    return config


def records(site: Site, zone: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = client(site, "route53").list_resource_record_sets(HostedZoneId=zone)
    return {
        (one["Name"].rstrip("."), one["Type"]): one["AliasTarget"]
        for one in found["ResourceRecordSets"]
        if "AliasTarget" in one
    }


def ask(site: Site, host: str, path: str) -> tuple[int, http.client.HTTPMessage]:
    """A reader who typed one of the site's names: the edge goes by the Host header."""
    with EdgeProxy(port=0, cloud_port=site.local.port, domain=host) as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers


def test_the_domain_is_the_sites_address(site: Site) -> None:
    assert site.outputs.site_url == f"https://{DOMAIN}"
    assert distribution(site)["Aliases"]["Items"] == [DOMAIN, WWW]
    assert ask(site, DOMAIN, "/posts/one/")[0] == 200
    assert ask(site, DOMAIN, "/feed.xml")[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/posts/one/", "/posts/one", "/feed.xml?utm_source=x", "/nothing/", "/é/"]
)
def test_www_leads_to_the_apex_and_says_so_once(site: Site, path: str) -> None:
    path = path.replace("é", "%C3%A9")
    status, headers = ask(site, WWW, path)
    assert (status, headers["Location"]) == (301, f"https://{DOMAIN}{path}")


@pytest.mark.parametrize("path", ["/../state/record.json.gz", "/%2e%2e/x", "/a%00b"])
def test_no_trick_is_redirected(site: Site, path: str) -> None:
    status, headers = ask(site, WWW, path)
    assert status in {400, 404}
    assert headers["Location"] is None


def test_the_certificate_is_for_both_names_and_old_tls_is_refused(site: Site) -> None:
    used = distribution(site)["ViewerCertificate"]
    assert used["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert used["SSLSupportMethod"] == "sni-only"
    made = client(site, "acm").describe_certificate(CertificateArn=used["ACMCertificateArn"])
    certificate = made["Certificate"]
    assert set(certificate["SubjectAlternativeNames"]) == {DOMAIN, WWW}
    assert {one["ValidationMethod"] for one in certificate["DomainValidationOptions"]} == {"DNS"}


def test_both_names_lead_to_the_edge_over_both_protocols(site: Site, zone: str) -> None:
    found = records(site, zone)
    assert found.keys() == {(name, kind) for name in (DOMAIN, WWW) for kind in ("A", "AAAA")}
    for target in found.values():
        assert target["DNSName"].rstrip(".") == site.outputs.distribution_domain
        assert target["HostedZoneId"] == CLOUDFRONTS_ZONE


def test_the_edge_is_as_the_parameters_say(site: Site) -> None:
    config = distribution(site)
    assert config["HttpVersion"] == "http2and3"
    assert config["IsIPV6Enabled"]
    assert config["PriceClass"] == "PriceClass_All"
    logging = config["Logging"]
    assert logging["Enabled"]
    assert not logging["IncludeCookies"]
    assert logging["Bucket"].startswith(site.outputs.access_log_bucket + ".s3.")


def test_the_function_its_log_and_the_mail_are_as_the_parameters_say(site: Site) -> None:
    function = client(site, "lambda").get_function_configuration(FunctionName=site.outputs.function)
    assert function["Architectures"] == ["x86_64"]
    (group,) = client(site, "logs").describe_log_groups(logGroupNamePrefix=site.outputs.log_group)[
        "logGroups"
    ]
    assert group["retentionInDays"] == 14
    mails = [
        one["Endpoint"]
        for one in client(site, "sns").list_subscriptions()["Subscriptions"]
        if one["TopicArn"].endswith(f":{site.name}-alarms")
    ]
    assert mails == ["me@blog.example"]


def test_the_bucket_is_shut_to_everybody_but_the_edge(site: Site) -> None:
    """By its settings: the local cloud itself turns no stranger away."""
    s3, bucket = client(site, "s3"), site.outputs.bucket
    shut = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(shut.values()) == {True}
    owned = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owned == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    (allowed,) = (one for one in policy if one["Effect"] == "Allow")
    edge = f"arn:aws:cloudfront::000000000000:distribution/{site.outputs.distribution_id}"
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"AWS:SourceArn": edge}}
    assert allowed["Action"] == "s3:GetObject"
    assert sorted(allowed["Resource"]) == [
        f"arn:aws:s3:::{bucket}/lists/*", f"arn:aws:s3:::{bucket}/pages/*",
    ]  # fmt: skip


def test_the_doctor_knows_certificate_and_dns(site: Site, parameters: dict[str, str]) -> None:
    config = site.configured(**parameters)
    found = {one.what: one for one in examine(config, lambda _: {"192.0.2.1"})}
    assert found["certificate"].state == "ok"
    assert found["DNS"].state == "ok"
    assert "SITEURL" not in found
    assert found["certificate"].said == f"issued for {DOMAIN} and {WWW}"
    other = client(site, "acm").request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")
    given = site.configured(**parameters | {"CertificateArn": other["CertificateArn"]})
    half = {one.what: one for one in examine(given, lambda _: {"192.0.2.1"})}
    assert half["certificate"] == ("certificate", "wrong", f"it is not for {WWW}")
    lost = {one.what: one for one in examine(config, lambda _: set())}
    assert lost["DNS"].state == "wrong"


def test_without_www_and_log_both_are_gone(
    site: Site, zone: str, parameters: dict[str, str]
) -> None:
    """The last of these tests: it changes the stack."""
    bucket = site.outputs.access_log_bucket
    stacks = CloudFormation(site.local.cloud)
    wanted = parameters | {"Www": "no", "AccessLogs": "no"}
    made = stack.ensure(
        stacks, site.name, stack.load_template(), wanted,
        progress=lambda _: None, allow_losses=True,
    )  # fmt: skip
    assert made.access_log_bucket == ""
    assert not site.local.cloud.objects(bucket).exists()
    assert {name for name, _ in records(site, zone)} == {DOMAIN}
    assert distribution(site)["Aliases"]["Items"] == [DOMAIN]
    assert ask(site, DOMAIN, "/posts/one/")[0] == 200
    assert ask(site, WWW, "/posts/one/")[0] != 200
