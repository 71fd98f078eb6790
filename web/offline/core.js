// The signed core of a label, as the QR code carries it: the JavaScript side
// of package label/core, as strict as that one. It decodes and verifies, and
// knows nothing of the network, of the page or of today.

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const signatureBytes = 64;
const longest = 400; // characters of an address
const encoder = new TextEncoder();

// Refused is why something is not taken for what it claims to be, in words for
// a person.
export class Refused extends Error {}

// parseAddress takes an address apart: a whole one, its path, or a label's
// number alone, in any case. Without signed content core is "".
export function parseAddress(address) {
  if (address.length > longest) throw new Refused("this is longer than the address of a label");
  const [, host = "", id, version, core = ""] =
    /^(?:https?:\/\/([0-9A-Z.:-]+))?\/L\/([0-9A-Z-]+)(?:\/(?:([0-9]+)\.([A-Z0-9]+))?)?$/i.exec(address) ??
    /^()([0-9A-Z-]+)$/i.exec(address) ?? [];
  if (!id) throw new Refused("this is not the address of a label");
  if (version !== undefined && version !== "1") throw new Refused(`the code is of version ${version}, which this page does not know`);
  return { host: host.toLowerCase(), id: parseID(id), core: core.toUpperCase() };
}

// parseID gives a label's number its one spelling and checks its last
// character, which follows from the nine before it.
export function parseID(text) {
  const [, head, tail] = /^([0-9A-Z]{5})-?([0-9A-Z]{5})$/i.exec(text) ?? [];
  if (!head) throw new Refused("a label's number is written XXXXX-XXXXX");
  const id = (head + tail).toUpperCase().replace(/[IL]/g, "1").replace(/O/g, "0");
  const values = [...id].map((c) => crockford.indexOf(c));
  if (values.includes(-1)) throw new Refused("there is no U in a label's number");
  const sum = values.slice(0, 9).reduce((s, v, i) => s + (i + 2) * v, 0);
  if (values[9] !== sum % 31) throw new Refused("the label's number is mistyped or misread: its last character does not fit the others");
  return `${id.slice(0, 5)}-${id.slice(5)}`;
}

// decode reads the signed content of a label. What it returns is a claim until
// verify has been asked.
export function decode(id, text) {
  const bytes = fromBase32(text);
  if (bytes.length <= signatureBytes) throw new Refused("the code is cut short");
  const map = bytes.subarray(0, -signatureBytes);
  return { id, ...readMap(map), map, signature: bytes.subarray(-signatureBytes) };
}

// verify finds the one of the keys that signed the label, or null.
export async function verify(label, keys) {
  const head = encoder.encode(`countersign label core v1\n${label.id}\n`);
  const signed = new Uint8Array(head.length + label.map.length);
  signed.set(head);
  signed.set(label.map, head.length);
  for (const key of keys) {
    if (await verifies(key.bytes, label.signature, signed)) return key;
  }
  return null;
}

// verifies asks the browser about one Ed25519 signature.
export async function verifies(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

// unsupported says why this browser cannot check signatures; "" when it can.
export async function unsupported() {
  if (!globalThis.crypto?.subtle) {
    return "This page was not loaded over HTTPS, so the browser gives it no cryptography.";
  }
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]);
    return "";
  } catch {
    return "This browser does not know Ed25519 signatures. Chrome 137, Firefox 129, Safari 17 and later do.";
  }
}

// fromBase32 reads RFC 4648 base32 without padding. Bits left over must be
// zero, so that each content has one spelling only.
function fromBase32(text) {
  const out = new Uint8Array(Math.floor((text.length * 5) / 8));
  let held = 0, bits = 0, at = 0;
  for (const c of text) {
    const value = base32.indexOf(c);
    if (value < 0) throw new Refused(`the code has a character that does not belong there: ${c}`);
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = held >> bits;
    held &= (1 << bits) - 1;
  }
  if (bits >= 5 || held !== 0) throw new Refused("the code is cut short or misread");
  return out;
}

// The members of the map, by their number: name, kind, and whether a label may
// do without.
const members = {
  1: ["version", "number"], 2: ["hint", "bytes", 4], 3: ["maker", "text"], 4: ["product", "text"],
  5: ["tier", "tier"], 6: ["issued", "day"], 7: ["validUntil", "day"], 8: ["supportEnd", "day", , true],
  9: ["document", "bytes", 8], 10: ["scheme", "text", 12],
};
const last = 10;
const mostTier = 99;
// Characters without a shape of their own that change how others are shown:
// controls, separators of lines, marks of direction (UAX #9, section 2).
const misleading = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const lastDay = 2932896; // 9999-12-31, in days since 1970-01-01

// readMap reads a CBOR map in the deterministic encoding of RFC 8949 section
// 4.2.1 with the members above and no others: definite lengths, shortest heads,
// keys in order, each once, nothing after it.
function readMap(bytes) {
  const from = new Reader(bytes);
  const out = {};
  let before = 0;
  for (let left = from.head(5); left > 0; left--) {
    const key = from.head(0);
    if (key <= before || key > last) throw new Refused("the code has a member that is unknown, doubled or out of order");
    const [name, kind, size] = members[key];
    out[name] = from[kind](name, size);
    before = key;
  }
  from.end();
  for (const [name, , , optional] of Object.values(members)) {
    if (out[name] === undefined && !optional) throw new Refused(`the code states no ${name}`);
  }
  if (out.version !== 1) throw new Refused(`the code is of version ${out.version}, which this page does not know`);
  return out;
}

class Reader {
  constructor(bytes) {
    this.source = bytes;
    this.at = 0;
  }

  take(count) {
    if (count > this.source.length - this.at) throw new Refused("the code is cut short");
    this.at += count;
    return this.source.subarray(this.at - count, this.at);
  }

  // head reads an item's head of one major type, and gives its argument.
  head(major) {
    const [first] = this.take(1);
    if (first >> 5 !== major) throw new Refused("the code is not made as a label's is");
    const info = first & 31;
    if (info < 24) return info;
    if (info > 26) throw new Refused("the code has a number that is too large, or a length that is open");
    const value = this.take(1 << (info - 24)).reduce((v, b) => v * 256 + b, 0);
    if (value < [24, 256, 65536][info - 24]) throw new Refused("the code has a number that is written longer than it need be");
    return value;
  }

  number() { return this.head(0); }

  tier(name) {
    const tier = this.head(0);
    if (tier > mostTier) throw new Refused(`the code's ${name} is above ${mostTier}`);
    return tier;
  }

  day(name) {
    const day = this.head(0);
    if (day > lastDay) throw new Refused(`the code's ${name} is no day`);
    return day;
  }

  bytes(name, size) {
    const length = this.head(2);
    if (length !== size) throw new Refused(`the code's ${name} has ${length} bytes, not ${size}`);
    return this.take(length);
  }

  text(name, most = longest) {
    const bytes = this.take(this.head(3));
    if (bytes.length > most) throw new Refused(`the code's ${name} is longer than ${most} bytes`);
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Refused(`the code's ${name} is not UTF-8`);
    }
    if (text === "") throw new Refused(`the code's ${name} is empty`);
    if (misleading.test(text)) throw new Refused(`the code's ${name} has control characters or marks of direction`);
    return text;
  }

  end() {
    if (this.at !== this.source.length) throw new Refused("the code has something after its end");
  }
}
