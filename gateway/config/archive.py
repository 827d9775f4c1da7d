"""What may be written of the log's archive."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from gateway.config.fields import ApiUrl, Line, PathFromBase, Period, Section


class S3(Section):
    """A bucket of an S3-compatible store. Without a key the machine's own role is asked for one.

    endpoint  where it is not Amazon's; `path_style`: the bucket is named in the path, not in the host
    cache     where files rest that questions need; of at most `cache_size` bytes
    """

    bucket: Line
    prefix: Line = ""
    region: Line = "us-east-1"
    endpoint: ApiUrl | None = None
    path_style: bool = False
    access_key_id: Line | None = None
    secret_access_key: SecretStr | None = None
    secret_access_key_file: PathFromBase | None = None
    cache: PathFromBase
    cache_size: int = Field(10_737_418_240, ge=104_857_600)

    @model_validator(mode="after")
    def _key_complete(self) -> Self:
        given = [one for one in (self.secret_access_key, self.secret_access_key_file) if one is not None]
        if len(given) > 1:
            raise ValueError("set secret_access_key or secret_access_key_file, not both")
        if bool(given) != (self.access_key_id is not None):
            raise ValueError("access_key_id and secret_access_key (or its file) belong together")
        return self


Class = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class Archive(Section):
    """Where the log goes from the store: a folder, or a bucket. Without either it stays in the store, and fills it.

    keep   for how long, by class: a purpose's first segment, "changes" or "other"; what is not named is kept for good
    every  seconds between looks
    """

    folder: PathFromBase | None = None
    s3: S3 | None = None
    keep: dict[Class, Period] = Field(default_factory=dict)
    every: float = Field(30.0, ge=0.1, le=60)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.folder is not None and self.s3 is not None:
            raise ValueError("set folder or s3, not both")
        return self
