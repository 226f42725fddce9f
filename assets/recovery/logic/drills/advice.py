"""What a person does next after a drill that did not come to its end."""

from collections.abc import Sequence

from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.plans import GOOD, OVER, SEEN, Step

_UNTOUCHED = "Nothing was changed in the cloud. Correct what is named, and run dr_drill again."
_AFTER: dict[str, str] = {
    "switch_over": "The roles are exchanged: {peer} in {peer_region} is the primary of {name}.",
    "fail_over": "{peer} in {peer_region} is the primary of {name}; the former primary is a standby only once it is reinstated.",
    "switch_back": "The roles are as they were before.",
    "make_clone": "There is a clone of {name}, {made}, which is charged until it is terminated.",
    "drop_clone": "The clone of {name} is terminated.",
    "open_snapshot": "The standby {peer} in {peer_region} is a snapshot standby: it does not follow {name}.",
    "convert_back": "The standby {peer} in {peer_region} is a standby again.",
}
_BY_HAND: dict[str, str] = {
    "switch_over": "By hand: oci db autonomous-database switchover --autonomous-database-id {id}{of_peer} --region {region}",
    "fail_over": "By hand, once it is a healthy standby: oci db autonomous-database switchover --autonomous-database-id {id}"
    "{of_peer} --region {region}",
    "make_clone": "By hand: oci db autonomous-database delete --autonomous-database-id {made} --region {region}",
    "open_snapshot": "By hand: oci db autonomous-database change-disaster-recovery-configuration --autonomous-database-id {peer} "
    "--is-snapshot-standby false --region {peer_region}",
}
_UNDOES = {"switch_over": "switch_back", "fail_over": "switch_back", "make_clone": "drop_clone", "open_snapshot": "convert_back"}


def next_step(evidence: Evidence, steps: Sequence[Step]) -> str:
    """Where the drill left the world, and what to do, in words; empty if it came to its end and left nothing behind."""
    named = _names(evidence)
    acted = [s.id for s in steps if s.acts and evidence.state(s.id) not in ("QUEUED", "SKIPPED")]
    if not acted:
        return "" if evidence.state("report") in OVER and evidence.state("mark") != "QUEUED" else _UNTOUCHED
    last, first = acted[-1], acted[0]
    if evidence.state("after") in GOOD:
        return ""
    if evidence.state(SEEN[last]) in GOOD:
        said = [_AFTER[last].format(**named)]
    else:
        request = evidence.data(last).get("work_request") or "of the database"
        said = [f"{last} was begun, and its end was not seen: look at work request {request}."]
    said.append(f"Run dr_drill with resume: {named['drill_id']}, which goes on from here and repeats nothing.")
    if evidence.state(SEEN[_UNDOES[first]]) not in GOOD:
        said.append(_BY_HAND[first].format(**named))
    return " ".join(said)


def _names(evidence: Evidence) -> dict[str, str]:
    begun = evidence.data("drill")
    peer = begun.get("peer") or {}
    return {
        "drill_id": begun.get("drill_id", ""),
        "name": begun["database"]["name"],
        "id": begun["database"]["id"],
        "region": begun["database"]["region"],
        "peer": peer.get("id") or "its local standby",
        "peer_region": peer.get("region") or begun["database"]["region"],
        "of_peer": f" --peer-db-id {peer['id']}" if peer.get("id") else "",
        "made": evidence.data("make_clone").get("made_id") or "(its OCID is not known: look for its display name)",
    }
