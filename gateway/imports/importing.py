"""Imports as the doors know them: brought, worked at by whoever has the lease, looked at, taken back."""

import asyncio
import contextlib
import hashlib
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import structlog

from gateway.imports import samples
from gateway.imports.batch import Batch
from gateway.imports.reading import check_options
from gateway.imports.rejects import rejects
from gateway.imports.rows import FileRefused, House, Options, Rejected, Row
from gateway.imports.trying import Trial
from gateway.imports.undoing import Undoing
from gateway.metrics import observed
from gateway.state.imports import ENDED, LEASE, Import, Imports, Lost, State
from suppression.errors import Conflict, InvalidInput, NotFound, StoreUnavailable, Unavailable
from suppression.model import App, Sender
from suppression.purposes import Catalogue
from suppression.store import codec
from suppression.store.store import Store

_GENERATIONS = 100  # of one list that is brought, taken back, and brought again
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Spooled:
    """A list's file as it lies here. `digest`: of its bytes."""

    path: Path = field(repr=False)
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Brought:
    """Who brings a list, and how it is to be read. `own_sender`: of an app's key, "" for support."""

    options: Options
    source: str
    actor: str
    own_sender: str = ""

    @property
    def identity(self) -> str:
        said = sorted(asdict(self.options).items())
        return "|".join((self.source, self.own_sender, *(f"{name}={value}" for name, value in said)))


class Importing:
    """The imports of one process. `spool`: the folder for what comes in by HTTP."""

    def __init__(
        self,
        store: Store,
        catalogue: Callable[[], Catalogue],
        senders: Mapping[str, Sender],
        apps: Mapping[str, App],
        *,
        spool: Path,
        data_dir: Path | None = None,
    ) -> None:
        self.store = store
        self.imports = Imports(store.client.bulk)
        self.spool = spool
        self.brought = asyncio.Event()
        self._catalogue = catalogue
        self._senders = senders
        self._apps = apps
        self._data_dir = data_dir
        self._owner = f"{socket.gethostname()}:{secrets.token_hex(8)}"

    # Bringing.

    async def begin(
        self, brought: Brought, file: Spooled, *, dry_run: bool = False, spooled: bool = True
    ) -> tuple[Import, bool]:
        """The import of this list, and whether it is a new one. The same list, said the same way, is the same
        import: it goes on where it stopped, and a whole one has no second effect. One that was undone begins anew.
        """
        self.check(brought)
        stem = f"{file.digest}|{brought.identity}"
        if dry_run:
            return await self._create(brought, file, secrets.token_hex(8), dry_run=True, spooled=spooled)
        for generation in range(_GENERATIONS):
            import_id = hashlib.sha256(f"{stem}|{generation}".encode()).hexdigest()[:16]
            one, new = await self._create(brought, file, import_id, dry_run=False, spooled=spooled)
            if one.state in {State.INTERRUPTED, State.FAILED}:
                again = {"state": State.WAITING, "path": file.path, "fault": ""}
                await self.imports.open(one.id, spooled=spooled, **again)
                return replace(one, state=State.WAITING, path=str(file.path)), True
            if one.state is not State.UNDONE:
                return one, new
        raise Conflict("this list was taken back too often")

    def check(self, brought: Brought) -> None:
        """FileRefused for options that cannot be, before anything of a list is taken."""
        check_options(brought.options, self.house(brought.own_sender))

    async def _create(
        self, brought: Brought, file: Spooled, import_id: str, *, dry_run: bool, spooled: bool
    ) -> tuple[Import, bool]:
        one = Import(
            import_id,
            State.WAITING,
            brought.source,
            brought.actor,
            brought.own_sender,
            codec.milliseconds(self.store.now()),
            asdict(brought.options),
            dry_run=dry_run,
            path=str(file.path),
            size=file.size,
        )
        made = await self.imports.create(one, spooled=spooled)
        if made:
            self.brought.set()
        return await self.imports.find(import_id), made

    async def start(self, import_id: str, actor: str) -> Import:
        """A list that was tried is run: its file is still here. Conflict for any other."""
        tried = await self.imports.find(import_id)
        path = Path(tried.path)
        if tried.state is not State.TRIED or not await asyncio.to_thread(path.exists):
            raise Conflict("only a list that was tried, and whose file is still kept, can be started")
        options = Options(**tried.options)
        digest = await asyncio.to_thread(digest_of, path)
        brought = Brought(options, tried.source, actor, tried.own_sender)
        one, taken = await self.begin(brought, Spooled(path, tried.size, digest))
        if not taken and one.path != tried.path:  # the very list was brought before
            await asyncio.to_thread(self._remove, path)
        return one

    async def undo(self, import_id: str, actor: str) -> Import:
        """Begin to take it back. Conflict while it runs; one that was tried only has nothing to take back."""
        one = await self.imports.find(import_id)
        if one.state in {State.UNDOING, State.UNDONE}:
            return one
        if one.dry_run or one.state not in {State.DONE, State.INTERRUPTED, State.FAILED}:
            raise Conflict(f"an import that is {one.state} is not taken back")
        await self.imports.open(one.id, state=State.UNDOING, undone_by=actor)
        self.brought.set()
        return replace(one, state=State.UNDOING, undone_by=actor)

    def rejects(self, import_id: str) -> AsyncIterator[bytes]:
        """The rejected rows as CSV, in pieces."""
        return rejects(self.store, self.imports, import_id)

    async def samples(self, one: Import, count: int) -> tuple[Sequence[Row], Sequence[Rejected]]:
        """The first rows that were understood, while its file is kept, and the first that were rejected."""
        house = self.house(one.own_sender)
        return (
            await samples.understood(one, house, count),
            await samples.rejected(self.store, self.imports, one.id, count),
        )

    async def is_kept(self, one: Import) -> bool:
        """Whether its file is still here."""
        return await asyncio.to_thread(Path(one.path).exists)

    async def give_up(self, one: Import) -> None:
        """A list that was tried will not be run: nothing of it stays. Conflict for any other."""
        if one.state is not State.TRIED:
            raise Conflict("only a list that was tried can be given up")
        await asyncio.to_thread(self._remove, Path(one.path))

    # Working.

    def house(self, own_sender: str) -> House:
        now = self.store.now()
        return House(self._catalogue(), self._senders, self._apps, now, own_sender or None)

    async def work(self) -> int:
        """At all that waits, one after the other; how many it were."""
        done = 0
        for import_id in await self.imports.waiting():
            if await self.imports.lease(import_id, self._owner):
                done += 1
                await self.work_at(import_id)
        return done

    async def work_at(self, import_id: str) -> None:
        """One that is ours, to its end, or until the store is away: it waits then for whoever goes on."""
        renewing = asyncio.create_task(self._renew(import_id))
        try:
            await self._work_at(await self.imports.find(import_id))
        except Lost:
            _log.info("import_goes_on_elsewhere", id=import_id)
        except NotFound:
            _log.warning("import_gone", id=import_id)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            with contextlib.suppress(StoreUnavailable):
                await self.imports.give_back(import_id, self._owner)

    async def work_alone(self, import_id: str) -> Import:
        """For a process whose file nobody else reads: to its end. FileRefused, OSError, Conflict, StoreUnavailable."""
        await self.imports.take(import_id, self._owner)
        one = await self.imports.find(import_id)
        if not one.ended:
            try:
                await self._step_through(one)
            except Lost:
                raise Conflict("another process goes on with this list") from None
        return await self.imports.find(import_id)

    async def _work_at(self, one: Import) -> None:
        try:
            await self._step_through(one)
        except FileRefused as refused:
            await self._ended(one, State.FAILED, str(refused))
        except FileNotFoundError:
            await self._ended(one, State.INTERRUPTED, "its file is gone: bring the list again")
        except OSError as error:
            await self._ended(one, State.INTERRUPTED, f"its file cannot be read: {error.strerror}")
        except (Unavailable, Lost, NotFound):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a list holds, no worker ends for it
            _log.error("import_broke", id=one.id, error=type(error).__name__)
            await self._ended(one, State.FAILED, "an error of the gateway's own")
        state = (await self.imports.find(one.id)).state
        if state in ENDED:
            observed.import_ended(state.value)
        if state in {State.DONE, State.FAILED}:
            await asyncio.to_thread(self._remove, Path(one.path))

    async def _step_through(self, one: Import) -> None:
        if one.state is State.UNDOING:
            await Undoing(self.store, self.imports, one, self._owner).run()
        elif one.dry_run:
            await Trial(self.store, self.imports, one, self._owner).run(self.house(one.own_sender))
        else:
            batch = Batch(self.store, self.imports, one, self._owner, self._data_dir)
            await batch.run(self.house(one.own_sender))

    async def _ended(self, one: Import, state: State, fault: str) -> None:
        _log.warning("import_ended_early", id=one.id, state=state.value, fault=fault)
        fields = {"state": state, "fault": fault}
        await self.imports.step(one.id, self._owner, fields, ends=True)

    async def _renew(self, import_id: str) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            with contextlib.suppress(StoreUnavailable):
                await self.imports.lease(import_id, self._owner, renew=True)

    def _remove(self, path: Path) -> None:
        """Only what is in the spool: a command's file is its user's."""
        if path.parent == self.spool:
            path.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def label(text: str) -> str:
    """What entries name as their source. InvalidInput for what would not be kept as it is written."""
    if not 0 < len(text) <= 64 or not text.isprintable() or "|" in text:
        raise InvalidInput("a label has 1 to 64 characters that can be printed, and no |")
    return text
