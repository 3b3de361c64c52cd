"""The annotation, document and derived sections of a study record: what the registry itself added.

Comes in: decoded JSON, through `accrual.registry.ctgov_json`. Goes out: frozen Structs, every field optional (see
`record_protocol`). Refuses: nothing. Source: OpenAPI document 2.0.3 of the ClinicalTrials.gov API v2, schemas
`AnnotationSection`, `DocumentSection`, `DerivedSection`.
"""

from __future__ import annotations

from accrual.registry.record_protocol import DateStruct, DateText, Part


class UnpostedEvent(Part, frozen=True, kw_only=True):
    """One step of results that are submitted and not yet posted."""

    type: str = ""
    date: DateText = ""
    dateUnknown: bool | None = None


class UnpostedAnnotation(Part, frozen=True, kw_only=True):
    """Results submitted and not yet posted."""

    unpostedResponsibleParty: str = ""
    unpostedEvents: tuple[UnpostedEvent, ...] = ()


class ViolationEvent(Part, frozen=True, kw_only=True):
    """One notice of non-compliance."""

    type: str = ""
    description: str = ""
    creationDate: DateText = ""
    issuedDate: DateText = ""
    releaseDate: DateText = ""
    postedDate: DateText = ""


class ViolationAnnotation(Part, frozen=True, kw_only=True):
    """Notices of non-compliance (FDAAA 801)."""

    violationEvents: tuple[ViolationEvent, ...] = ()


class AnnotationModule(Part, frozen=True, kw_only=True):
    """Notes that the registry added."""

    unpostedAnnotation: UnpostedAnnotation = UnpostedAnnotation()
    violationAnnotation: ViolationAnnotation = ViolationAnnotation()


class AnnotationSection(Part, frozen=True, kw_only=True):
    """Notes that the registry added."""

    annotationModule: AnnotationModule = AnnotationModule()


class LargeDoc(Part, frozen=True, kw_only=True):
    """One uploaded document."""

    typeAbbrev: str = ""
    hasProtocol: bool | None = None
    hasSap: bool | None = None
    hasIcf: bool | None = None
    label: str = ""
    date: DateText = ""
    uploadDate: str = ""
    filename: str = ""
    size: int | None = None


class LargeDocumentModule(Part, frozen=True, kw_only=True):
    """Uploaded protocol, analysis plan and consent form."""

    noSap: bool | None = None
    largeDocs: tuple[LargeDoc, ...] = ()


class DocumentSection(Part, frozen=True, kw_only=True):
    """Uploaded documents."""

    largeDocumentModule: LargeDocumentModule = LargeDocumentModule()


class FirstMcpInfo(Part, frozen=True, kw_only=True):
    """First posting of the certification that delays results."""

    postDateStruct: DateStruct = DateStruct()


class SubmissionInfo(Part, frozen=True, kw_only=True):
    """One round of submitting results."""

    releaseDate: DateText = ""
    unreleaseDate: DateText = ""
    unreleaseDateUnknown: bool | None = None
    resetDate: DateText = ""
    mcpReleaseN: int | None = None


class SubmissionTracking(Part, frozen=True, kw_only=True):
    """How the submission of results went."""

    estimatedResultsFirstSubmitDate: DateText = ""
    firstMcpInfo: FirstMcpInfo = FirstMcpInfo()
    submissionInfos: tuple[SubmissionInfo, ...] = ()


class MiscInfoModule(Part, frozen=True, kw_only=True):
    """The data date of this record and other derived facts."""

    versionHolder: DateText = ""
    removedCountries: tuple[str, ...] = ()
    submissionTracking: SubmissionTracking = SubmissionTracking()


class Mesh(Part, frozen=True, kw_only=True):
    """One MeSH heading."""

    id: str = ""
    term: str = ""


class BrowseLeaf(Part, frozen=True, kw_only=True):
    """One heading of the registry's browse tree."""

    id: str = ""
    name: str = ""
    asFound: str = ""
    relevance: str = ""


class BrowseBranch(Part, frozen=True, kw_only=True):
    """One branch of the registry's browse tree."""

    abbrev: str = ""
    name: str = ""


class BrowseModule(Part, frozen=True, kw_only=True):
    """MeSH headings derived from the record's own words."""

    meshes: tuple[Mesh, ...] = ()
    ancestors: tuple[Mesh, ...] = ()
    browseLeaves: tuple[BrowseLeaf, ...] = ()
    browseBranches: tuple[BrowseBranch, ...] = ()


class DerivedSection(Part, frozen=True, kw_only=True):
    """What the registry derived from the record."""

    miscInfoModule: MiscInfoModule = MiscInfoModule()
    conditionBrowseModule: BrowseModule = BrowseModule()
    interventionBrowseModule: BrowseModule = BrowseModule()
