"""What deploys and plans call on the local cloud, held against the policies made from the template.

The local cloud does not enforce them. It does make the roles, with every name filled in; so each
call is looked up in the policy as an account would, and each permission must have been needed by
some call. S3 is `tests/sula/cloud/test_roles.py`'s, where moto does enforce.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests.authored import Post
from tests.cloud.conftest import echo
from tests.cloud.site import Site

from sula.cloud.aws import Cloud
from sula.cloud.connect import target_of
from sula.cloud.services import CloudFormation, LambdaFunction
from sula.cloud.stack import outputs
from sula.cloud.target import LateError, Target
from sula.content.gather import look
from sula.local.cloud import LocalCloud
from sula.publishing.claims import Clock, claim
from sula.publishing.deploy import Deploy, Options
from sula.publishing.rollback import Rollback
from sula.publishing.wait import wait_for_feeds

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("roles")]

PROVIDER = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com"
REGION = "us-east-1"
HERE = f"{REGION}:000000000000"
GLOBAL = ":000000000000"


@dataclass
class Watched(Cloud):
    """Clients that note what they are asked: action and resource, as IAM calls them."""

    local: LocalCloud
    called: set[tuple[str, str]] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(self.local.cloud.endpoint)

    def client(self, service: str, *, retry: bool = True) -> Any:
        made = super().client(service, retry=retry)
        if service != "s3" and id(made) not in self.seen:
            self.seen.add(id(made))
            made.meta.events.register("provide-client-params.*.*", self._note)
        return made

    def _note(self, params: Mapping[str, Any], model: Any, **_: object) -> None:
        service = model.service_model.endpoint_prefix
        name = "InvokeFunction" if (service, model.name) == ("lambda", "Invoke") else model.name
        if service == "sts":
            return  # who one is may be asked by anybody
        self.called.update(getattr(self, f"_{service.replace('-', '_')}")(name, params))

    def _lambda(self, name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        version = f":{params['Qualifier']}" if "Qualifier" in params else ""
        yield f"lambda:{name}", f"arn:aws:lambda:{HERE}:function:{params['FunctionName']}{version}"

    def _cloudfront(self, name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        place = f"arn:aws:cloudfront:{GLOBAL}:distribution/{params['DistributionId']}"
        yield f"cloudfront:{name}", place

    def _cloudfront_keyvaluestore(
        self, name: str, params: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        yield f"cloudfront-keyvaluestore:{name}", params["KvsARN"]

    def _scheduler(self, name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        place = f"arn:aws:scheduler:{HERE}:schedule/{params['GroupName']}/{params['Name']}"
        yield f"scheduler:{name}", place
        if "Target" in params:
            yield "iam:PassRole", params["Target"]["RoleArn"]

    def _sqs(self, name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        yield f"sqs:{name}", f"arn:aws:sqs:{HERE}:{params['QueueUrl'].rpartition('/')[2]}"

    def _cloudformation(self, name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        # A stack that is asked for by its name is any of that name.
        place = f"arn:aws:cloudformation:{HERE}:stack/{params['StackName']}/*"
        yield f"cloudformation:{name}", place


class Behind:
    """A function whose lists never follow."""

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"pending": payload["keys"], "owed": 1, "current": True}

    def update_code(self, code: bytes, description: str = "") -> bool:
        raise NotImplementedError


@pytest.fixture(scope="module")
def site(local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    github = {"GitHubRepository": "ada/blog", "GitHubProviderArn": PROVIDER}
    with Site.made(local_cloud, tmp_path_factory.mktemp("site"), **github) as site:
        yield site


@pytest.fixture
def watched(site: Site) -> Watched:
    return Watched(site.local)


def target(site: Site, watched: Watched) -> Target:
    """As `connect` finds it."""
    return target_of(watched, outputs(CloudFormation(watched), site.name), url=site.proxy.url)


def deploy(site: Site, watched: Watched, **options: bool) -> None:
    checkout = look(site.authored.root, since=0, url=site.proxy.url)
    Deploy(checkout, target(site, watched), Options(**options), Clock()).run()


def allowed(site: Site, role: str) -> set[tuple[str, str]]:
    """Action and resource of everything that a role may do, S3 apart."""
    found = site.local.cloud.client("iam").get_role_policy(
        RoleName=f"{site.name}-{REGION}-{role}", PolicyName=role
    )["PolicyDocument"]["Statement"]
    assert all(one["Effect"] == "Allow" for one in found)
    return {
        (action, place)
        for one in found
        for action in listed(one["Action"])
        for place in listed(one["Resource"])
        if not action.startswith("s3:")
    }


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def refused(called: set[tuple[str, str]], grants: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {
        (action, place)
        for action, place in called
        if not any(action == may and fnmatchcase(place, where) for may, where in grants)
    }


def unused(called: set[tuple[str, str]], grants: set[tuple[str, str]]) -> set[str]:
    return {action for action, _ in grants} - {action for action, _ in called}


def test_the_deploy_role_may_do_what_deploys_do_and_no_more(site: Site, watched: Watched) -> None:
    authored, later = site.authored, Post("posts/later.md", "Later", "2099-01-01 09:00")
    authored.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
    authored.save(later)
    authored.put("redirects.txt", "/old/ /posts/one/\n")
    deploy(site, watched)
    authored.save(replace(later, date="2098-01-01 09:00"))
    authored.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Edited."))
    deploy(site, watched, verify=True)
    authored.remove("posts/later.md")
    deploy(site, watched)
    there = target(site, watched)
    Rollback(there, watched.objects(site.outputs.bucket)).run(1)
    with pytest.raises(LateError):
        wait_for_feeds(
            replace(there, function=Behind()), ["pages/a.html"], refresh=False, patience=0
        )
    # So often that old versions of the function are forgotten.
    function = LambdaFunction(watched, site.outputs.function)
    for revision in range(7):
        function.update_code(echo(revision))

    grants = allowed(site, "deploy")
    assert len(grants) > 15
    assert refused(watched.called, grants) == set()
    assert unused(watched.called, grants) == set()


def test_the_plan_role_may_do_what_plans_do_and_no_more(site: Site, watched: Watched) -> None:
    claim(site.objects, "dead", ["pages/posts/one/index.html"], Clock())
    checkout = look(site.authored.root, since=0, url=site.proxy.url)
    Deploy(checkout, target(site, watched), Options(), Clock()).prepared()
    grants = allowed(site, "plan")
    assert refused(watched.called, grants) == set()
    assert unused(watched.called, grants) == set()


def test_the_comparison_notices(site: Site) -> None:
    grants = allowed(site, "deploy")
    for action, place in (
        ("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:other:live"),
        ("lambda:DeleteFunction", f"arn:aws:lambda:{HERE}:function:{site.outputs.function}"),
        ("lambda:UpdateFunctionConfiguration", f"arn:aws:lambda:{HERE}:function:any"),
        ("scheduler:CreateSchedule", f"arn:aws:scheduler:{HERE}:schedule/default/x"),
        ("iam:PassRole", f"arn:aws:iam::000000000000:role/{site.name}-{REGION}-deploy"),
        ("cloudfront:CreateInvalidation", "arn:aws:cloudfront::000000000000:distribution/OTHER"),
    ):
        assert refused({(action, place)}, grants), action
    assert unused(set(), grants) == {action for action, _ in grants}


def test_github_alone_may_take_these_roles(site: Site) -> None:
    iam = site.local.cloud.client("iam")
    for role, subject in (("deploy", "ref:refs/heads/main"), ("plan", "pull_request")):
        found = iam.get_role(RoleName=f"{site.name}-{REGION}-{role}")["Role"][
            "AssumeRolePolicyDocument"
        ]
        (statement,) = found["Statement"]
        assert statement["Principal"] == {"Federated": PROVIDER}
        asked = statement["Condition"]["StringEquals"]
        assert asked["token.actions.githubusercontent.com:sub"] == f"repo:ada/blog:{subject}"
