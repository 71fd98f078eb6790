// The status list: which labels of the authority are not active, signed and
// good for a day. The JavaScript side of package label/statuslist.
import { Refused, verifies } from "./core.js";

const payloadType = "application/vnd.countersign.status-list+json";
const lifetime = 24 * 60 * 60 * 1000;
const slack = 5 * 60 * 1000; // by which two clocks may differ
const most = 48 << 20; // characters
const spelling = /^[0-9A-Z]{5}-[0-9A-Z]{5}$/;
const statuses = ["suspended", "expired", "withdrawn", "revoked", "superseded"];

// openList verifies the signature of a list and reads it. Whether it is fresh
// is another question, since it depends on when one asks.
export async function openList(text, keys) {
  if (text.length > most) throw new Refused("the status list is too long");
  const { payloadType: type, payload, signatures } = json(text, "the status list");
  if (type !== payloadType) throw new Refused("what was offered as the status list is something else");
  const bytes = fromBase64(payload);
  const key = await signer(bytes, signatures, keys);
  if (!key) throw new Refused("the status list is not signed with a key that this page keeps");
  const list = read(json(new TextDecoder().decode(bytes), "the status list"));
  if (!inUse(key, list.issued)) throw new Refused("the status list is signed with a key that was not in use when it was made");
  return list;
}

// age says whether a list may be believed at the moment now: "fresh", "stale",
// or "ahead" when it was made later than this machine's clock says it is.
export function age(list, now) {
  if (list.issued > now + slack) return "ahead";
  return now < Math.min(list.expires, list.issued + lifetime) ? "fresh" : "stale";
}

// inUse reports whether a key was still one to sign with at a moment. When it
// began to be is not asked: nothing is older than the key that signed it, so an
// older date is only a date that was written down.
export function inUse(key, moment) {
  return !key.until || moment < Date.parse(key.until);
}

export function fromBase64(text) {
  let bytes;
  try {
    bytes = atob(text);
  } catch {
    throw new Refused("what was offered has a part that is not base64");
  }
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes.charCodeAt(i);
  return out;
}

// json reads an object, of which what says what it should be.
export function json(text, what) {
  try {
    const value = JSON.parse(text);
    if (value && typeof value === "object") return value;
  } catch {
    // told below
  }
  throw new Refused(`what was offered as ${what} cannot be read`);
}

// signer is the key that vouches for the payload, by the pre-authentication
// encoding of DSSE.
async function signer(payload, signatures, keys) {
  if (!Array.isArray(signatures) || signatures.length > 16) throw new Refused("the status list carries no signatures");
  const head = new TextEncoder().encode(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `);
  const signed = new Uint8Array(head.length + payload.length);
  signed.set(head);
  signed.set(payload, head.length);
  for (const { sig } of signatures) {
    const signature = fromBase64(String(sig).replace(/-/g, "+").replace(/_/g, "/"));
    for (const key of keys) {
      if (await verifies(key.bytes, signature, signed)) return key;
    }
  }
  return null;
}

function read(list) {
  if (list.status_list !== "v1") throw new Refused("the status list is of a version that this page does not know");
  const issued = Date.parse(list.issued), expires = Date.parse(list.expires);
  if (!Number.isSafeInteger(list.sequence) || !(issued < expires) || !Array.isArray(list.labels)) {
    throw new Refused("the status list lacks its sequence, its dates or its labels");
  }
  const labels = new Map();
  for (const entry of list.labels) {
    if (!statuses.includes(entry.status) || !spelling.test(entry.id) || labels.has(entry.id)) {
      throw new Refused("the status list has an entry that cannot be read");
    }
    labels.set(entry.id, entry);
  }
  return { sequence: list.sequence, issued, expires, labels };
}
