"""From the configuration to the cloud it names."""

from __future__ import annotations

from sula.config import Config
from sula.errors import CloudError
from sula.local import Running, read_running
from sula.target import Target


def running(config: Config) -> Running:
    """The local cloud that is up for this site. Raises `CloudError` when there is none."""
    found = read_running(config.local)
    if found is None:
        raise CloudError(
            f"the local cloud of {config.local} is not running; start it with `sula up` there, "
            "and leave it running"
        )
    return found


def connect(config: Config) -> Target:
    """The deployed stack that the configuration names. Raises `CloudError` where none is."""
    from sula.aws import Cloud, Endpoint  # noqa: PLC0415 - nobody else pays for the cloud
    from sula.services import CloudFormation  # noqa: PLC0415 - the same
    from sula.stack import outputs  # noqa: PLC0415 - the same

    if config.is_local:
        return local_target(running(config))
    cloud = Cloud(Endpoint(region=config.cloud))
    found = outputs(CloudFormation(cloud), config.stack)
    return target_of(
        cloud,
        bucket=found.bucket,
        function=found.function,
        distribution=found.distribution_id,
        dead_letters=found.dead_letters_url,
        libraries=found.architecture,
        config=config,
    )


def local_target(up: Running) -> Target:
    """The local cloud, as a deploy uses it."""
    return target_of(
        up.cloud(),
        bucket=up.bucket,
        function=up.function,
        distribution=up.distribution_id,
        dead_letters=up.dead_letters_url,
        url=up.url,
    )


def target_of(
    cloud: object,
    *,
    bucket: str,
    function: str,
    distribution: str,
    dead_letters: str,
    libraries: str = "",
    url: str = "",
    config: Config | None = None,
) -> Target:
    """Ports to one stack's resources."""
    from sula import quick  # noqa: PLC0415 - see `connect`
    from sula.aws import Cloud  # noqa: PLC0415 - the same
    from sula.services import SqsQueue  # noqa: PLC0415 - the same

    if not isinstance(cloud, Cloud):
        raise TypeError("a Cloud is needed")
    return Target(
        objects=quick.objects(cloud, bucket),
        function=quick.function(cloud, function),
        edge=quick.edge(cloud, distribution) if distribution else None,
        dead_letters=SqsQueue(cloud, dead_letters) if dead_letters else None,
        libraries=libraries,
        cache=(config.root / ".sula") if config else Target.cache,
        url=url,
    )
