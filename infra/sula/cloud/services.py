"""The rest of Amazon's cloud behind `sula.cloud.ports`: function, edge, stacks."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sula.cloud.aws import Cloud, code_of, translated, unless_missing
from sula.cloud.ports import Change, StackEvent, StackState
from sula.errors import CloudError, Conflict, FunctionFailed, StackError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient
    from mypy_boto3_lambda.client import LambdaClient

ALIAS = "live"
_KEPT_VERSIONS = 5
# What a version keeps of a function.
_PUBLISHED = (
    "CodeSha256", "Architectures", "Environment", "Handler", "LoggingConfig", "MemorySize", "Role",
    "Runtime", "Timeout",
)  # fmt: skip
_GITHUB = "token.actions.githubusercontent.com"
_UPDATES = 6
_WHILE_PENDING = 60.0
_CHANGE_SET_READY = 120.0


def _is_overtaken(error: Any) -> bool:  # noqa: ANN401 - botocore is not imported here
    """Whether another update of the function came in between."""
    code = code_of(error)
    # The other's code is there when ours is to be published.
    changed = code == "InvalidParameterValueException" and "codesha256" in str(error).lower()
    return changed or code == "ResourceConflictException"


class LambdaFunction:
    """`Function` in Lambda."""

    def __init__(
        self, cloud: Cloud, name: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._cloud = cloud
        self.name = name
        self._pause = pause

    @property
    def _lambda(self) -> LambdaClient:
        return cast("LambdaClient", self._cloud.client("lambda"))

    def update_code(self, code: bytes, description: str = "") -> bool:
        """See `Function.update_code`. Lambda takes one update at a time: others are waited for."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see Cloud._make

        with translated(f"updating function {self.name}"):
            for attempt in range(_UPDATES):
                try:
                    return self._update(code, description)
                except ClientError as error:
                    if not _is_overtaken(error):
                        raise
                self._pause(0.5 * 2**attempt)
        raise Unavailable(f"function {self.name} is always being updated by others; try again")

    def _update(self, code: bytes, description: str) -> bool:
        digest = base64.b64encode(hashlib.sha256(code).digest()).decode("ascii")
        live = self._lambda.get_function_configuration(FunctionName=self.name, Qualifier=ALIAS)
        latest = self._lambda.get_function_configuration(FunctionName=self.name)
        if latest["CodeSha256"] != digest:
            self._lambda.update_function_code(FunctionName=self.name, ZipFile=code)
        self._wait_until_settled()
        # Publishing what is already published returns the version there is. Settings that a
        # stack update changed reach the alias here, too.
        version = self._lambda.publish_version(
            FunctionName=self.name, CodeSha256=digest, Description=description
        )["Version"]
        if live["Version"] == version:
            return False
        self._wait_until_settled(version)
        self._lambda.update_alias(FunctionName=self.name, Name=ALIAS, FunctionVersion=version)
        self._forget_old_versions(version)
        return True

    def is_published(self) -> bool:
        """Whether the live version is the function as it now is, code and settings.

        An alias that was never moved is: there is no code to publish.
        """
        with translated(f"looking at function {self.name}"):
            live = self._lambda.get_function_configuration(FunctionName=self.name, Qualifier=ALIAS)
            latest = self._lambda.get_function_configuration(FunctionName=self.name)
        return live["Version"] == "$LATEST" or all(
            live.get(name) == latest.get(name) for name in _PUBLISHED
        )

    def _wait_until_settled(self, qualifier: str = "$LATEST") -> None:
        waited = 0.0
        while waited < _WHILE_PENDING:
            now = self._lambda.get_function_configuration(
                FunctionName=self.name, Qualifier=qualifier
            )
            if (
                now.get("LastUpdateStatus", "Successful") == "Failed"
                or now.get("State") == "Failed"
            ):
                reason = now.get("LastUpdateStatusReason") or now.get("StateReason", "")
                raise CloudError(f"function {self.name} did not take its new code: {reason}")
            if now.get("LastUpdateStatus", "Successful") == "Successful" and (
                now.get("State", "Active") in {"Active", "Inactive"}
            ):
                return
            self._pause(0.5)
            waited += 0.5
        raise Unavailable(f"function {self.name} is still updating after {waited:.0f} s; try again")

    def _forget_old_versions(self, live: str) -> None:
        pages = self._lambda.get_paginator("list_versions_by_function")
        numbers = sorted(
            int(version["Version"])
            for page in pages.paginate(FunctionName=self.name)
            for version in page["Versions"]
            if version["Version"].isdigit()
        )
        for number in numbers[:-_KEPT_VERSIONS]:
            if str(number) != live:
                # Another deploy may have done so.
                unless_missing(
                    lambda number=number: self._lambda.delete_function(  # type: ignore[misc]
                        FunctionName=self.name, Qualifier=str(number)
                    )
                )

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """See `Function.invoke`."""
        with translated(f"invoking function {self.name}"):
            answer = self._lambda.invoke(
                FunctionName=self.name, Qualifier=ALIAS, Payload=json.dumps(payload).encode()
            )
            body = answer["Payload"].read()
        decoded = json.loads(body) if body else None
        if answer.get("FunctionError"):
            said = decoded.get("errorMessage", decoded) if isinstance(decoded, dict) else decoded
            raise FunctionFailed(f"function {self.name} failed: {said}")
        return decoded if isinstance(decoded, dict) else {}


class CloudFrontEdge:
    """`Edge` in CloudFront."""

    def __init__(self, cloud: Cloud, distribution: str) -> None:
        self._cloud = cloud
        self.distribution = distribution

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        """See `Edge.invalidate`."""
        if not paths:
            return
        items = sorted(set(paths))
        with translated(f"invalidating {len(items)} paths"):
            self._cloud.client("cloudfront").create_invalidation(
                DistributionId=self.distribution,
                InvalidationBatch={
                    "Paths": {"Quantity": len(items), "Items": items},
                    "CallerReference": reference,
                },
            )


def _is_replaced(change: Mapping[str, Any]) -> bool:
    """Whether a resource will, or may, be another one afterwards.

    Of a bucket only the name asks for that; "Conditional" is said of its other properties, too.
    """
    said = change.get("Replacement", "False")
    if said == "Conditional" and change["ResourceType"] == "AWS::S3::Bucket":
        named = {detail.get("Target", {}).get("Name") for detail in change.get("Details", ())}
        return "BucketName" in named
    return bool(said != "False")


def github_provider(cloud: Cloud) -> str:
    """The ARN of the account's identity provider for GitHub; empty where it has none."""
    with translated("looking for GitHub's identity provider"):
        found = cloud.client("iam").list_open_id_connect_providers()
    arns = [str(one["Arn"]) for one in found["OpenIDConnectProviderList"]]
    return next((arn for arn in arns if arn.endswith(f":oidc-provider/{_GITHUB}")), "")


class CloudFormation:
    """`Stacks` in CloudFormation."""

    def __init__(self, cloud: Cloud, pause: Callable[[float], None] = time.sleep) -> None:
        self.cloud = cloud
        self._pause = pause

    @property
    def _cfn(self) -> CloudFormationClient:
        return cast("CloudFormationClient", self.cloud.client("cloudformation"))

    def describe(self, name: str) -> StackState | None:
        """See `Stacks.describe`."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see Cloud._make

        with translated(f"looking at stack {name}"):
            try:
                stack = self._cfn.describe_stacks(StackName=name)["Stacks"][0]
            except ClientError as error:
                # CloudFormation's way of saying 404.
                if "does not exist" in str(error):
                    return None
                raise
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        return StackState(
            status=stack["StackStatus"],
            reason=stack.get("StackStatusReason", ""),
            outputs={
                output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
            },
            parameters={
                parameter["ParameterKey"]: parameter.get("ParameterValue", "")
                for parameter in stack.get("Parameters", [])
            },
        )

    def prepare_import(self, name: str, change_set: str, template: str, bucket: str) -> None:
        """See `Stacks.prepare_import`."""
        with translated(f"taking bucket {bucket} over into stack {name}"):
            self._cfn.create_change_set(
                StackName=name,
                ChangeSetName=change_set,
                ChangeSetType="IMPORT",
                TemplateBody=template,
                ResourcesToImport=[
                    {
                        "ResourceType": "AWS::S3::Bucket",
                        "LogicalResourceId": "Bucket",
                        "ResourceIdentifier": {"BucketName": bucket},
                    }
                ],
            )
            self._changes(name, change_set)

    def prepare(
        self, name: str, change_set: str, template: str, parameters: Mapping[str, str], *, new: bool
    ) -> tuple[Change, ...]:
        """See `Stacks.prepare`."""
        with translated(f"preparing the changes of stack {name}"):
            if not new:
                self.discard(name, change_set)
            self._cfn.create_change_set(
                StackName=name,
                ChangeSetName=change_set,
                ChangeSetType="CREATE" if new else "UPDATE",
                TemplateBody=template,
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in sorted(parameters.items())
                ],
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Tags=[{"Key": "application", "Value": "sula"}],
            )
            return self._changes(name, change_set)

    def _changes(self, name: str, change_set: str) -> tuple[Change, ...]:
        waited, step = 0.0, 0.1
        while waited < _CHANGE_SET_READY:
            found = self._cfn.describe_change_set(StackName=name, ChangeSetName=change_set)
            reason = found.get("StatusReason", "")
            if found["Status"] == "FAILED":
                unchanged = "didn't contain changes" in reason or "No updates" in reason
                said = "" if unchanged else self._refusals(found["ChangeSetId"])
                self.discard(name, change_set)
                if unchanged:
                    return ()
                raise StackError(f"stack {name}: the template was refused: {said or reason}")
            if found["Status"] == "CREATE_COMPLETE":
                changes = [change["ResourceChange"] for change in found["Changes"]]
                while token := found.get("NextToken"):
                    found = self._cfn.describe_change_set(
                        StackName=name, ChangeSetName=change_set, NextToken=token
                    )
                    changes += [change["ResourceChange"] for change in found["Changes"]]
                return tuple(
                    Change(
                        action=change["Action"],  # type: ignore[arg-type]  # a new word is shown as it is
                        resource=change["LogicalResourceId"],
                        type=change["ResourceType"],
                        replacement=_is_replaced(change),
                    )
                    for change in changes
                )
            self._pause(step)
            waited, step = waited + step, min(step * 2, 2.0)
        raise Unavailable(f"stack {name}: the changes are not ready after {waited:.0f} s")

    def _refusals(self, change_set: str) -> str:
        """What CloudFormation's validation has against a change set (its ARN: a name is not found).

        The change set itself says only that it was refused. Empty where that is all there is.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see Cloud._make

        try:
            pages = self._cfn.get_paginator("describe_events").paginate(
                ChangeSetName=change_set, Filters={"FailedEvents": True}
            )
            events = [event for page in pages for event in page.get("OperationEvents", ())]
        except ClientError:
            return ""  # it need not be allowed to us
        return "; ".join(
            f"{event.get('LogicalResourceId', '')} ({event.get('ResourceType', '')}): "
            f"{event['ValidationStatusReason']}"
            for event in events
            if event.get("ValidationStatusReason") and event.get("ValidationFailureMode") != "WARN"
        )

    def execute(self, name: str, change_set: str) -> None:
        """See `Stacks.execute`."""
        with translated(f"changing stack {name}"):
            self._cfn.execute_change_set(StackName=name, ChangeSetName=change_set)

    def discard(self, name: str, change_set: str) -> None:
        """See `Stacks.discard`."""
        try:
            with translated(f"dropping the changes of stack {name}"):
                self._cfn.delete_change_set(StackName=name, ChangeSetName=change_set)
        except Conflict:
            raise
        except CloudError as error:
            # There was none: what was asked for.
            if "NotFound" not in str(error) and "does not exist" not in str(error):
                raise

    def events(self, name: str) -> list[StackEvent]:
        """See `Stacks.events`."""
        with translated(f"reading the events of stack {name}"):
            found = self._cfn.describe_stack_events(StackName=name)["StackEvents"]
        return [
            StackEvent(
                id=event["EventId"],
                resource=event.get("LogicalResourceId", ""),
                type=event.get("ResourceType", ""),
                status=event.get("ResourceStatus", ""),
                reason=event.get("ResourceStatusReason", ""),
            )
            for event in reversed(found)
        ]

    def delete(self, name: str, keep: Sequence[str] = ()) -> None:
        """See `Stacks.delete`."""
        with translated(f"deleting stack {name}"):
            if keep:
                self._cfn.delete_stack(StackName=name, RetainResources=list(keep))
            else:
                self._cfn.delete_stack(StackName=name)

    def has(self, name: str, resource: str) -> bool:
        """Whether a stack has a resource of a name."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see Cloud._make

        with translated(f"looking for {resource} in stack {name}"):
            try:
                found = self._cfn.describe_stack_resource(
                    StackName=name, LogicalResourceId=resource
                )["StackResourceDetail"]
            except ClientError as error:
                if "does not exist" in str(error):
                    return False
                raise
        return not found["ResourceStatus"].startswith("DELETE")

    def template(self, name: str) -> str:
        """The template that a stack was last made from, as it was sent."""
        with translated(f"reading the template of stack {name}"):
            body = self._cfn.get_template(StackName=name, TemplateStage="Original")
        return str(body["TemplateBody"])
