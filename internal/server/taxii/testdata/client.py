# What somebody would write who uses our door by taxii2-client and checks what it
# gives by stix2-validator. It ends with an error where something is not as it
# should be. Arguments: URL of the server, user, password, and the ids of a
# collection to read and write and of one to read.
import json
import sys
import uuid

from requests.exceptions import HTTPError
from stix2validator import ValidationOptions, validate_instance
from taxii2client.v21 import Server, as_pages

url, user, password, inbox_id, readonly_id = sys.argv[1:]


def expect(condition, *said):
    if not condition:
        sys.exit("not as it should be: " + " ".join(str(s) for s in said))


def refused(status, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except HTTPError as e:
        expect(e.response.status_code == status, "status", e.response.status_code, "for", status)
        expect(e.response.json()["http_status"] == str(status), e.response.text)
    else:
        sys.exit("not refused")


server = Server(url, user=user, password=password)
expect(server.title == "A test", server.title)
expect([r.url for r in server.api_roots] == [url + "scratch/"], [r.url for r in server.api_roots])
expect(server.default is server.api_roots[0], "default")
root = server.default
expect(root.title == "Scratch" and root.versions == ["application/taxii+json;version=2.1"], root.versions)
expect(root.max_content_length > 0, root.max_content_length)

collections = {c.id: c for c in root.collections}
inbox, readonly = collections[inbox_id], collections[readonly_id]
expect(inbox.can_read and inbox.can_write and inbox.title == "Read and write", inbox.title)
expect(readonly.can_read and not readonly.can_write, readonly.title)

# What is there is valid STIX.
options = ValidationOptions(version="2.1")
objects = inbox.get_objects()["objects"]
expect(len(objects) >= 5, len(objects))
for o in objects:
    if o.get("spec_version") == "2.1":
        result = validate_instance(o, options)
        expect(result.is_valid, o["id"], [str(e) for e in result.errors])

# What is added can be read again, in pages, as it was.
ids = ["campaign--" + str(uuid.uuid4()) for _ in range(25)]
envelope = {"objects": [
    {"type": "campaign", "spec_version": "2.1", "id": i, "created": "2020-12-13T00:00:00.000Z", "modified": "2020-12-13T00:00:00.000Z", "name": "Nº 1 <&>"}
    for i in ids
]}
status = inbox.add_objects(envelope, wait_for_completion=True)
expect(status.status == "complete" and status.success_count == 25 and status.failure_count == 0, status.__dict__)
expect(root.get_status(status.id).success_count == 25, "status")
again = inbox.add_objects(envelope)
expect(again.success_count == 25 and again.failure_count == 0, "an exact duplicate is no error")

pages = list(as_pages(inbox.get_objects, per_request=10, type="campaign"))
expect([len(p["objects"]) for p in pages] == [10, 10, 5], [len(p["objects"]) for p in pages])
expect([o for p in pages for o in p["objects"]] == envelope["objects"], "objects are not as they were added")
entries = [m for p in as_pages(inbox.get_manifest, per_request=10, type="campaign") for m in p["objects"]]
expect([m["id"] for m in entries] == ids, "manifest")

# Filters.
expect([o["id"] for o in inbox.get_objects(id=ids[3:5])["objects"]] == ids[3:5], "id")
expect(inbox.get_objects(added_after=entries[-1]["date_added"]) == {}, "added_after")
expect([o["id"] for o in inbox.get_objects(added_after=entries[-2]["date_added"])["objects"]] == ids[-1:], "added_after the one before")
three = inbox.get_objects(type="indicator", spec_version="2.1", version="all")["objects"]
expect([o["name"] for o in three] == ["first", "second", "third"], three)
expect(inbox.get_object(three[0]["id"])["objects"][0]["name"] == "third", "latest")
expect(inbox.object_versions(three[0]["id"])["versions"] == [o["modified"] for o in three], "versions")

# What fails says so, object by object.
broken = dict(envelope["objects"][0], name="another")
status = inbox.add_objects({"objects": [broken]})
expect(status.failure_count == 1 and status.failures[0]["id"] == ids[0], status.failures)

inbox.delete_object(ids[0])
refused(404, inbox.get_object, ids[0])
refused(400, inbox.get_objects, version="yesterday")
refused(404, inbox.get_object, "campaign--" + str(uuid.uuid4()))
# Past the client's own checks.
readonly._can_write = True
refused(403, readonly.add_objects, envelope)
refused(401, lambda: Server(url, user=user, password="wrong").refresh())
refused(401, lambda: Server(url).refresh())
print(json.dumps({"objects": len(objects), "added": len(ids)}))
