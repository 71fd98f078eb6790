// Signed notes, the form of checkpoints (c2sp.org/signed-note), and keys as a
// log publishes them: "origin+hash+key", the key's first byte naming Ed25519.

const encoder = new TextEncoder();

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}

export function join(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
export const equal = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

// parseKey reads a verifier key and checks that its hash belongs to it.
export async function parseKey(text) {
  const [, name, hash, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  if (!name) throw new Error("the log's key is not of the form origin+hash+key");
  const key = fromBase64(encoded);
  if (key[0] !== 1 || key.length !== 33) throw new Error("the log's key is not an Ed25519 key");
  const id = (await sha256(encoder.encode(name + "\n"), key)).slice(0, 4);
  if (hex(id) !== hash) throw new Error("the log's key does not belong to its name");
  return { name, id, bytes: key.slice(1) };
}

// unsupported says why this browser cannot check signatures; "" when it can.
export async function unsupported() {
  if (!globalThis.crypto?.subtle) {
    return "This page was not loaded over HTTPS or from this machine, so the browser gives it no cryptography.";
  }
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]);
    return "";
  } catch {
    return "This browser does not know Ed25519 signatures (Chrome 137, Firefox 129, Safari 17 and later do).";
  }
}

// openCheckpoint verifies a signed checkpoint and reads origin, size and root.
export async function openCheckpoint(signed, key) {
  const cut = signed.indexOf("\n\n");
  if (cut < 0) throw new Error("the checkpoint carries no signature");
  const text = signed.slice(0, cut + 1);
  const lines = signed.slice(cut + 2).split("\n").filter((l) => l.startsWith("— "));
  const imported = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
  let good = false;
  for (const line of lines) {
    const [, name, encoded] = line.split(" ");
    const signature = fromBase64(encoded);
    if (name !== key.name || !equal(signature.slice(0, 4), key.id)) continue;
    good ||= await crypto.subtle.verify("Ed25519", imported, signature.slice(4), encoder.encode(text));
  }
  if (!good) throw new Error("the checkpoint is not signed by the log's key");
  const [origin, size, root] = text.split("\n");
  if (origin !== key.name) throw new Error(`the checkpoint is of another log, ${origin}`);
  if (!/^(0|[1-9]\d{0,14})$/.test(size)) throw new Error("the checkpoint states no size");
  return { origin, size: Number(size), root: fromBase64(root) };
}
