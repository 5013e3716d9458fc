"""From the configuration to the cloud it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sula.cloud.target import Target
from sula.config import Config
from sula.errors import CloudError
from sula.local.cloud import Running, read_running

if TYPE_CHECKING:
    from sula.cloud.aws import Cloud
    from sula.cloud.stack import Outputs


def running(config: Config) -> Running:
    """The local cloud that is up for this site. Raises `CloudError` when there is none."""
    found = read_running(config.local)
    if found is None:
        raise CloudError(
            f"the local cloud of {config.local} is not running; start it with `sula up` there, "
            "and leave it running (or name a region of Amazon's: --cloud, SULA_CLOUD)"
        )
    return found


def cloud_of(config: Config) -> Cloud:
    """The clients of the cloud that the configuration names."""
    from sula.cloud.aws import Cloud, Endpoint  # noqa: PLC0415 - nobody else pays for the cloud

    return running(config).cloud() if config.is_local else Cloud(Endpoint(region=config.cloud))


def connect(config: Config) -> Target:
    """The deployed stack that the configuration names. Raises `CloudError` where none is."""
    if config.is_local:
        return local_target(running(config))
    from sula.cloud.services import CloudFormation  # noqa: PLC0415 - nobody else pays for the cloud
    from sula.cloud.stack import outputs  # noqa: PLC0415 - the same

    cloud = cloud_of(config)
    found = outputs(CloudFormation(cloud), config.stack)
    return target_of(cloud, found, libraries=found.architecture, cache=config.root / ".sula")


def local_target(up: Running) -> Target:
    """The local cloud, as a deploy uses it."""
    if up.outputs is None:
        raise CloudError("`sula up` is still starting; try again in a moment")
    return target_of(up.cloud(), up.outputs, url=up.url)


def target_of(
    cloud: Cloud, found: Outputs, *, libraries: str = "", cache: Path = Target.cache, url: str = ""
) -> Target:
    """Ports to one stack's resources."""
    from sula.cloud import object_store  # noqa: PLC0415 - see `connect`
    from sula.cloud.keyvalues import KeyValueStore  # noqa: PLC0415 - the same
    from sula.cloud.monitoring import SqsQueue  # noqa: PLC0415 - the same
    from sula.cloud.scheduler import Scheduler  # noqa: PLC0415 - the same
    from sula.cloud.services import CloudFrontEdge, LambdaFunction  # noqa: PLC0415 - the same

    schedules = Scheduler(cloud, found.schedule_group, found.release, found.schedule_role)
    return Target(
        objects=object_store.objects(cloud, found.bucket),
        function=LambdaFunction(cloud, found.function),
        edge=CloudFrontEdge(cloud, found.distribution_id),
        dead_letters=SqsQueue(cloud, found.dead_letters_url),
        schedules=schedules if found.schedule_group else None,
        redirects=KeyValueStore(cloud, found.redirects) if found.redirects else None,
        libraries=libraries,
        cache=cache,
        url=url,
        identity=found.distribution_id,
    )
