"""``sula doctor``: what a deploy needs, checked one after the other, each with its remedy."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from sula.cloud import stack
from sula.cloud.aws import Cloud, translated
from sula.cloud.connect import cloud_of
from sula.cloud.manage import check_parameters
from sula.cloud.ports import StackState
from sula.cloud.services import CloudFormation
from sula.config import Config
from sula.errors import SulaError
from sula.site.settings import load_settings

_LEAST_CONCURRENCY = 10
_EDGE = "us-east-1"
Resolve = Callable[[str], set[str]]


class Check(NamedTuple):
    """One thing that was looked at: how it is, and what to do about it."""

    what: str
    state: Literal["ok", "note", "wrong"]
    said: str


def addresses(name: str) -> set[str]:
    """The addresses of a name; empty where it has none."""
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(name, 443)}
    except OSError:
        return set()


def examine(config: Config, resolve: Resolve = addresses) -> Iterator[Check]:
    """Every check. What a failed one makes pointless is left out."""
    try:
        settings = load_settings(config.root)
        yield Check("settings", "ok", f"{settings.site.title}, at {settings.site.url}")
        check_parameters(config.parameters, stack.load_template())
    except SulaError as error:
        yield Check("settings", "wrong", str(error))
        return
    try:
        cloud = cloud_of(config)
        account = cloud.account()
    except SulaError as error:
        yield Check("credentials", "wrong", str(error))
        return
    yield Check("credentials", "ok", f"account {account}")
    yield from _region(config, cloud)
    yield from _guarded("quota", lambda: _quota(cloud))
    stacks = CloudFormation(cloud)
    try:
        state = stacks.describe(config.stack)
        yield from _stack(config, stacks, state)
    except SulaError as error:
        yield Check("stack", "wrong", str(error))
        return
    if state is not None and "BucketName" in state.outputs:
        yield from _guarded("function", lambda: _function(cloud, state))
        domain = config.parameters.get("Domain", "")
        if domain:
            yield from _guarded("certificate", lambda: _certificate(cloud, config.parameters))
            yield _dns(domain, state.outputs.get("DistributionDomain", ""), resolve)
            if settings.site.url != f"https://{domain}":
                yield Check("SITEURL", "wrong", f"{settings.site.url} should be https://{domain}")


def _guarded(what: str, look: Callable[[], Check]) -> Iterator[Check]:
    """A check that may not be allowed to us: then it is said so, and the others go on."""
    try:
        yield look()
    except SulaError as error:
        yield Check(what, "note", f"could not be looked at: {error}")


def _region(config: Config, cloud: Cloud) -> Iterator[Check]:
    region = cloud.endpoint.region
    given = config.parameters
    if given.get("Domain") and not given.get("CertificateArn"):
        if not given.get("HostedZoneId"):
            yield Check("domain", "wrong", "Domain needs HostedZoneId or CertificateArn beside it")
        if region != _EDGE:
            yield Check(
                "region", "wrong",
                f"the edge takes certificates from {_EDGE} alone, and this stack is in {region}: "
                f"make one there and name it as CertificateArn, or use {_EDGE}",
            )  # fmt: skip
            return
    yield Check("region", "ok", region)


def _quota(cloud: Cloud) -> Check:
    with translated("asking for Lambda's quotas"):
        limit = cloud.client("lambda").get_account_settings()["AccountLimit"]
    free = int(limit["UnreservedConcurrentExecutions"])
    if free < _LEAST_CONCURRENCY:
        return Check(
            "quota", "note",
            f"only {free} Lambda functions may run at once; edgefeed takes two. New accounts can "
            "ask for more under Service Quotas",
        )  # fmt: skip
    return Check("quota", "ok", f"{free} Lambda functions may run at once")


def _stack(config: Config, stacks: CloudFormation, state: StackState | None) -> Iterator[Check]:
    remedy = "run `sula deploy --create`"
    if state is None:
        yield Check("stack", "note", f"there is no stack {config.stack} yet: {remedy}")
    elif not state.status.endswith("_COMPLETE") or state.status == "ROLLBACK_COMPLETE":
        reason = f" ({state.reason})" if state.reason else ""
        then = stack.remedy(state.status)
        yield Check("stack", "wrong", f"{config.stack} is {state.status}{reason}: {then}")
    elif stacks.template(config.stack) != stack.load_template():
        yield Check("stack", "note", f"its template is another than this Sula's: {remedy}")
    else:
        yield Check("stack", "ok", f"{config.stack} is {state.status}")


def _function(cloud: Cloud, state: StackState) -> Check:
    with translated("looking at the function"):
        live = cloud.client("lambda").get_alias(
            FunctionName=state.outputs["FunctionName"], Name="live"
        )
    if live["FunctionVersion"] == "$LATEST":
        return Check("function", "note", "it has no code yet: run `sula deploy`")
    return Check("function", "ok", f"version {live['FunctionVersion']} is live")


def _certificate(cloud: Cloud, given: Mapping[str, str]) -> Check:
    """The certificate of the domain, which is where CloudFront looks for it, and nowhere else."""
    domain = given["Domain"]
    acm = Cloud(replace(cloud.endpoint, region=_EDGE)).client("acm")
    with translated(f"looking for the certificate in {_EDGE}"):
        arn = given.get("CertificateArn") or _arn_for(acm, domain)
        if arn is None:
            return Check("certificate", "note", f"none for {domain} in {_EDGE} yet")
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    if found["Status"] != "ISSUED":
        remedy = "the records that prove the domain may be missing"
        return Check("certificate", "wrong", f"{found['Status']}: {remedy}")
    wanted = [domain] if given.get("Www") == "no" else [domain, f"www.{domain}"]
    covered = {found["DomainName"], *found.get("SubjectAlternativeNames", ())}
    missing = [
        name
        for name in wanted
        if name not in covered and f"*.{name.partition('.')[2]}" not in covered
    ]
    if missing:
        return Check("certificate", "wrong", f"it is not for {' and '.join(missing)}")
    return Check("certificate", "ok", f"issued for {' and '.join(wanted)}")


def _arn_for(acm: Any, domain: str) -> str | None:  # noqa: ANN401 - without stubs
    pages = acm.get_paginator("list_certificates").paginate()
    found = (
        str(one["CertificateArn"])
        for page in pages
        for one in page["CertificateSummaryList"]
        if one["DomainName"] == domain
    )
    return next(found, None)


def _dns(domain: str, edge: str, resolve: Resolve) -> Check:
    here, there = resolve(domain), resolve(edge)
    if not here:
        return Check("DNS", "wrong", f"{domain} has no address yet: point it at {edge}")
    if there and not here & there:
        return Check("DNS", "note", f"{domain} leads elsewhere than {edge}")
    return Check("DNS", "ok", f"{domain} leads to {edge}")
