"""An image for a function: its repository, its build, and its address by digest."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Final

import pulumi
import pulumi_docker_build as docker_build
from pulumi_aws import ecr

from components.build_context import BuildContext
from components.container_image.args import ContainerImageArgs, adapter_image, base_image, validate
from components.container_image.context import WITH_EXTRA, WITHOUT_EXTRA, ImageContext, image_context
from components.container_image.repository import CACHE_TAG, create_policies, create_repository
from components.refs import ImageRef
from components.validation import form_problems, require_valid

PLATFORMS: Final = {
    "arm64": docker_build.Platform.LINUX_ARM64,
    "x86_64": docker_build.Platform.LINUX_AMD64,
}


class ContainerImage(pulumi.ComponentResource):
    """An image with the Lambda Web Adapter, built from a package and pushed to a repository of its own. The build fails
    for an image that could not start."""

    uri: pulumi.Output[str]
    """Address by digest, as Lambda accepts it."""
    repository_url: pulumi.Output[str]
    """Address of the repository."""
    bill_of_materials: pulumi.Output[str]
    """Path of the CycloneDX document of the Python distributions in the image, on the machine that built it. The image
    has it in /usr/share/longrun."""

    def __init__(self, name: str, args: ContainerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("ContainerImage", name, form_problems(args, ContainerImageArgs) or validate(args))
        super().__init__("longrun:index:ContainerImage", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        self._args = args
        source = image_context(name, args["package"], args.get("extra"), Path(args["home"]), pulumi.log.info)
        repository = create_repository(context)
        policies = create_policies(context, repository)
        image = _build(context, source, repository, policies)
        self.repository_url = repository.repository_url
        # The password of the registry makes all outputs of the build secret.
        digest = pulumi.Output.unsecret(image.digest)
        self.uri = pulumi.Output.all(repository.repository_url, digest).apply(lambda known: image_uri(*known))
        self.bill_of_materials = pulumi.Output.from_input(build_path(source.bill_of_materials))
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    @property
    def ref(self) -> ImageRef:
        ref: ImageRef = {"uri": self.uri, "architecture": self._args["package"]["architecture"]}
        if self._args.get("entry_point"):
            ref["entry_point"] = self._args["entry_point"]
            ref["command"] = self._args["command"]
            ref["working_directory"] = self._args["working_directory"]
        return ref


OUTPUTS: Final = tuple(ContainerImage.__annotations__)


def image_uri(repository_url: str, digest: str) -> str:
    """The address without a tag: Lambda rejects the build's own, which has both."""
    return f"{repository_url}@{digest}"


def build_args(args: ContainerImageArgs) -> dict[str, str]:
    """The arguments of the Dockerfile; what is not given has its default there."""
    given = {
        "BASE_IMAGE": base_image(args),
        "ADAPTER_IMAGE": adapter_image(args),
        "ARCHITECTURE": args["package"]["architecture"],
        "EXTRA": WITH_EXTRA if "extra" in args else WITHOUT_EXTRA,
    }
    if args.get("entry_point"):
        given["ENTRY_POINT"] = json.dumps(args["entry_point"])
        given["COMMAND"] = json.dumps(args["command"])
        given["WORKING_DIRECTORY"] = args["working_directory"]
    return given


def content_tag(source: ImageContext, arguments: dict[str, str]) -> str:
    """A tag for each content: tags cannot be moved."""
    return sha256(json.dumps([source.key, arguments], sort_keys=True).encode()).hexdigest()[:32]


def build_path(path: Path) -> str:
    """The path for the build: relative to the program's folder where it lies below, so that the same content in another
    checkout is not another build."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _build(
    context: BuildContext[ContainerImageArgs],
    source: ImageContext,
    repository: ecr.Repository,
    policies: list[pulumi.Resource],
) -> docker_build.Image:
    arguments = build_args(context.args)
    address = repository.repository_url
    cached = pulumi.Output.concat(address, ":", CACHE_TAG)
    token = ecr.get_authorization_token_output(
        registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=repository)
    )
    return docker_build.Image(
        context.child("image"),
        context={"location": build_path(source.folder)},
        dockerfile={"location": build_path(source.dockerfile)},
        build_args=arguments,
        # One platform and no attestations make a manifest, not an index, which Lambda rejects. The provider's own
        # client leaves attestations out; `exec` would not.
        platforms=[PLATFORMS[context.args["package"]["architecture"]]],
        exec_=False,
        tags=[pulumi.Output.concat(address, ":", content_tag(source, arguments)), cached],
        exports=[{"registry": {"oci_media_types": False, "push": True}}],
        push=False,  # of its own: the export pushes
        cache_from=[{"registry": {"ref": cached}}],
        cache_to=[{"inline": {}}],
        build_on_preview=False,
        registries=[
            {
                "address": address.apply(lambda url: url.partition("/")[0]),
                "username": token.user_name,
                "password": token.password,
            }
        ],
        opts=context.after(*policies),
    )
