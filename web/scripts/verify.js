// Verification in the reader's own browser: the log's checkpoint, one entry or
// all of them, and that the log has only grown since this browser saw it last.
// It trusts the key on the page and nothing that the server computes.
import { equal, fromBase64, hex, openCheckpoint, parseKey, sha256, unsupported } from "./note.js";
import { Tiles, isConsistent, leafHash, rootOfInclusion, rootOfLeaves } from "./merkle.js";

const decoder = new TextDecoder();

export function verifiers(root) {
  for (const place of root.querySelectorAll("[data-verify]")) {
    for (const button of place.querySelectorAll("button[data-do]")) {
      button.hidden = false;
      button.addEventListener("click", () => run(place, button));
    }
  }
}

async function run(place, button) {
  const report = new Report(place.querySelector(".steps"), place.querySelector("[role=status]"));
  button.disabled = true;
  try {
    const reason = await unsupported();
    if (reason) throw new Error(reason);
    const log = await checkpoint(place.dataset, report);
    const todo = { entry, document: entry, whole }[button.dataset.do];
    await todo(log, place.dataset, report);
    await growth(log, report);
    report.conclude(true, "Verified in this browser.");
  } catch (error) {
    report.step(false, error.message);
    report.conclude(false, "Not verified.");
  } finally {
    button.disabled = false;
  }
}

// checkpoint fetches and opens the newest checkpoint.
async function checkpoint({ log, key }, report) {
  const parsed = await parseKey(key);
  const answer = await fetch(log + "checkpoint", { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Error(`the log gave no checkpoint (${answer.status})`);
  const signed = await answer.text();
  report.step(true, `Fetched the checkpoint from ${log}checkpoint.`);
  const tree = await openCheckpoint(signed, parsed);
  report.step(true, `Its Ed25519 signature is by ${parsed.name}, key ${hex(parsed.id)}.`);
  report.step(true, `It vouches for ${tree.size} entries with root`, hex(tree.root));
  return { ...tree, key, tiles: new Tiles(log, tree.size) };
}

// entry verifies one entry: the document's, or the log's last when the page
// names none.
async function entry(log, { index, digest, body }, report) {
  if (log.size === 0) return report.step(true, "The log is empty, so there is no entry to look for.");
  const at = index === undefined ? log.size - 1 : Number(index);
  if (at >= log.size) {
    throw new Error(`entry ${at + 1} is not under the checkpoint yet; it covers ${log.size}. Try again in a moment.`);
  }
  const leaf = await log.tiles.leaf(at);
  report.step(true, `Fetched entry ${at + 1}:`, decoder.decode(leaf));
  if (digest) await sameDocument(JSON.parse(decoder.decode(leaf)), at, digest, body, report);
  const hash = await leafHash(leaf);
  report.step(true, "Its leaf hash, SHA-256 of a zero byte and the entry, is", hex(hash));
  const path = await log.tiles.inclusion(at);
  report.step(true, `Its audit path has ${path.length} hashes, out of ${log.tiles.fetched.length} tiles:`, log.tiles.fetched.join("\n"));
  const root = await rootOfInclusion(hash, at, log.size, path);
  if (!equal(root, log.root)) throw new Error(`hashing upwards gives ${hex(root)}, which is not the checkpoint's root`);
  report.step(true, "Hashing upwards gives the checkpoint's root:", hex(root));
}

// sameDocument ties an entry to the document on the page, down to its bytes.
async function sameDocument(leaf, at, digest, body, report) {
  if (leaf.position !== at + 1) throw new Error(`the entry is for position ${leaf.position}`);
  if (leaf.sealed) {
    report.step(true, "The document is not public: its entry is sealed and shows neither digest nor name.");
  } else if (leaf.digest !== digest) {
    throw new Error(`the entry is for another document, ${leaf.digest}`);
  } else {
    report.step(true, "The entry names this document's digest.");
  }
  if (!body) return;
  const answer = await fetch(body, { credentials: "same-origin" });
  if (!answer.ok) return report.step(true, `The document's bytes are not to be had here (${answer.status}).`);
  const got = "sha256:" + hex(await sha256(new Uint8Array(await answer.arrayBuffer())));
  if (got !== digest) throw new Error(`the document's bytes have the digest ${got}`);
  report.step(true, "The document's own bytes have that digest:", got);
}

// whole computes the root from every entry of the log.
async function whole(log, _, report) {
  const hashes = [];
  const line = report.step(true, "");
  for (let at = 0; at < log.size; at++) {
    hashes.push(await leafHash(await log.tiles.leaf(at)));
    if (at % 256 === 255 || at === log.size - 1) line.textContent = `Hashed ${at + 1} of ${log.size} entries.`;
  }
  const root = await rootOfLeaves(hashes);
  if (!equal(root, log.root)) throw new Error(`all entries together give the root ${hex(root)}, not the checkpoint's`);
  report.step(true, "All entries together give the checkpoint's root:", hex(root));
}

// growth checks the log against the checkpoint that this browser saw last, so
// that a log which shows different histories to different people is found.
async function growth(log, report) {
  const name = `countersign.log.${log.origin}`;
  const kept = localStorage.getItem(name);
  if (kept) {
    const before = JSON.parse(kept);
    if (before.key !== log.key) throw new Error(`the log's key is not the one this browser saw on ${before.seen}`);
    if (before.size > log.size) throw new Error(`the log is shorter than on ${before.seen}, when it had ${before.size} entries`);
    const proof = before.size === 0 ? [] : await log.tiles.consistency(before.size);
    const good = before.size === 0 || await isConsistent(before.size, fromBase64(before.root), log.size, log.root, proof);
    if (!good) throw new Error(`the log's first ${before.size} entries are not what this browser saw on ${before.seen}`);
    report.step(true, `Nothing of the ${before.size} entries that this browser saw on ${before.seen} has changed.`);
  } else {
    report.step(true, "This browser had not seen the log before; it will remember this checkpoint and compare next time.");
  }
  localStorage.setItem(name, JSON.stringify({
    key: log.key, size: log.size, root: btoa(String.fromCharCode(...log.root)), seen: new Date().toISOString().slice(0, 10),
  }));
}

// Report shows each step as it is taken.
class Report {
  constructor(list, conclusion) {
    this.list = list;
    this.conclusion = conclusion;
    list.replaceChildren();
    conclusion.textContent = "";
    conclusion.className = "";
  }

  step(good, words, detail) {
    const item = document.createElement("li");
    const text = document.createElement("span");
    item.className = good ? "ok" : "bad";
    text.textContent = words;
    item.append(text);
    if (detail) {
      const code = document.createElement("pre");
      code.textContent = detail;
      item.append(code);
    }
    this.list.append(item);
    return text;
  }

  conclude(good, words) {
    this.conclusion.className = good ? "note good" : "note bad";
    this.conclusion.textContent = words;
  }
}
