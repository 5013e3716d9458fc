"""A rollback over S3's own versions: the site as it was, byte for byte, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from tests.authored import Authored, Post

from sula.cloud.aws import Cloud, Endpoint
from sula.cloud.target import Target
from sula.errors import CloudError
from sula.publishing.claims import Clock
from sula.publishing.deploy import Deploy, Options
from sula.publishing.rollback import Rollback

BUCKET = "bucket"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        cloud = Cloud(Endpoint("us-east-1", access_key="test", secret_key="test"))
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield cloud


@pytest.fixture
def before(tmp_path: Path, cloud: Cloud) -> dict[str, bytes]:
    """What was public two deploys ago: since then one post changed twice, and others came and went.

    Of the pictures one was replaced.
    """
    site = Authored(tmp_path / "site")

    def deploy() -> None:
        target = Target(cloud.objects(BUCKET))
        Deploy(site.look(), target, Options(force=True), Clock(now=lambda: site.now)).run()

    site.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00"))
    site.put("content/images/a.svg", "<svg/>")
    deploy()
    found = public(cloud)
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Mended."))
    site.put("content/images/a.svg", "<svg id='a'/>")
    site.remove("posts/two.md")
    site.save(Post("posts/three.md", "Three", "2026-01-03 09:00"))
    deploy()
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Mended again."))
    deploy()
    return found


def public(cloud: Cloud) -> dict[str, bytes]:
    s3: Any = cloud.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="pages/")["Contents"]
    return {
        one["Key"]: s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed
    }


def roll_back(cloud: Cloud, deploys: int) -> Any:
    objects = cloud.objects(BUCKET)
    return Rollback(Target(objects), objects, wait=False).run(deploys)


def test_the_site_is_as_it_was(cloud: Cloud, before: dict[str, bytes]) -> None:
    done = roll_back(cloud, 2)
    assert public(cloud) == before
    assert done.published.written == {
        "pages/images/a.svg", "pages/posts/one/index.html", "pages/posts/two/index.html",
    }  # fmt: skip
    assert done.published.removed == {"pages/posts/three/index.html"}
    assert done.revision == 4
    # It is one deploy more, and can itself be taken back.
    roll_back(cloud, 1)
    assert "pages/posts/three/index.html" in public(cloud)


def test_there_is_no_going_back_to_what_is_kept_no_longer(
    cloud: Cloud, before: dict[str, bytes]
) -> None:
    s3: Any = cloud.client("s3")
    key, now = "pages/posts/one/index.html", public(cloud)
    first = s3.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"][-1]
    s3.delete_object(Bucket=BUCKET, Key=key, VersionId=first["VersionId"])
    with pytest.raises(CloudError, match=f"1 objects .* kept no longer, {key} among them"):
        roll_back(cloud, 2)
    with pytest.raises(CloudError, match="the history has 2 earlier deploys, not 3"):
        roll_back(cloud, 3)
    assert public(cloud) == now != before
