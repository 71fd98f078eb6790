// The Merkle tree of RFC 6962 section 2.1, read in tiles (c2sp.org/tlog-tiles).
// Nothing here is taken on trust: hashes from tiles are only ever used on the
// way to a root that a signed checkpoint names.
import { equal, sha256 } from "./note.js";

const width = 256; // hashes in a full tile
const height = 8; // levels of the tree that one tile spans
const hashSize = 32;

export const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
export const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

// split is the largest power of two below n, for n > 1.
function split(n) {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

// Tiles fetches tiles of a tree of a given size, each once.
export class Tiles {
  #held = new Map();
  constructor(base, size) {
    this.base = base;
    this.size = size;
    this.fetched = [];
  }

  // path names a tile in the tree: partial ones carry their width.
  path(level, index) {
    const perHash = width ** (level === "entries" ? 0 : level);
    const full = Math.floor(this.size / perHash);
    const here = Math.min(width, full - index * width);
    let name = String(index % 1000).padStart(3, "0");
    for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
      name = `x${String(rest % 1000).padStart(3, "0")}/${name}`;
    }
    return `tile/${level}/${name}${here < width ? `.p/${here}` : ""}`;
  }

  bytes(level, index) {
    const path = this.path(level, index);
    if (!this.#held.has(path)) this.#held.set(path, this.#fetch(path));
    return this.#held.get(path);
  }

  async #fetch(path) {
    const answer = await fetch(this.base + path, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`the log did not give ${path} (${answer.status})`);
    this.fetched.push(path);
    return new Uint8Array(await answer.arrayBuffer());
  }

  // leaf is the entry at an index, from 0, out of its bundle: entries one
  // after the other, each with its length in two bytes before it.
  async leaf(index) {
    const bundle = await this.bytes("entries", Math.floor(index / width));
    const wanted = index % width;
    let at = 0;
    for (let i = 0; at + 2 <= bundle.length; i++) {
      const length = bundle[at] * 256 + bundle[at + 1];
      if (i === wanted) return bundle.slice(at + 2, at + 2 + length);
      at += 2 + length;
    }
    throw new Error(`the log's entry bundle ends before entry ${index}`);
  }

  // full is the hash of the complete subtree over 2**level leaves, the
  // index-th of them. Every eighth level is in a tile, the others are made of
  // the tile below.
  async full(level, index) {
    const tileLevel = Math.floor(level / height);
    const within = 2 ** (level % height);
    const firstHash = index * within;
    const tile = await this.bytes(tileLevel, Math.floor(firstHash / width));
    let hashes = [];
    for (let i = 0; i < within; i++) {
      const at = ((firstHash % width) + i) * hashSize;
      if (at + hashSize > tile.length) throw new Error("a tile of the log is shorter than it should be");
      hashes.push(tile.slice(at, at + hashSize));
    }
    while (hashes.length > 1) {
      const above = [];
      for (let i = 0; i < hashes.length; i += 2) above.push(await nodeHash(hashes[i], hashes[i + 1]));
      hashes = above;
    }
    return hashes[0];
  }

  // range is the hash over the leaves from start to end, as RFC 6962 defines
  // it: start is a multiple of the power of two that the range spans.
  async range(start, end) {
    const n = end - start;
    let level = 0;
    while (2 ** level < n) level++;
    if (2 ** level === n) return this.full(level, start / n);
    const k = split(n);
    return nodeHash(await this.range(start, start + k), await this.range(start + k, end));
  }

  // inclusion is the audit path of a leaf, RFC 6962 section 2.1.1, leaf first.
  async inclusion(index, start = 0, end = this.size) {
    if (end - start === 1) return [];
    const middle = start + split(end - start);
    if (index < middle) return [...await this.inclusion(index, start, middle), await this.range(middle, end)];
    return [...await this.inclusion(index, middle, end), await this.range(start, middle)];
  }

  // consistency is the proof that the tree's first `old` leaves are those of
  // the tree seen before, RFC 6962 section 2.1.2.
  async consistency(old, start = 0, end = this.size, whole = true) {
    if (old === end) return whole ? [] : [await this.range(start, end)];
    const middle = start + split(end - start);
    if (old <= middle) return [...await this.consistency(old, start, middle, whole), await this.range(middle, end)];
    return [...await this.consistency(old, middle, end, false), await this.range(start, middle)];
  }
}

// rootOfInclusion is the root that a leaf and its audit path lead to.
export async function rootOfInclusion(hash, index, size, path) {
  const proof = [...path];
  const climb = async (start, end) => {
    if (end - start === 1) return hash;
    const middle = start + split(end - start);
    const sibling = proof.pop();
    if (!sibling) throw new Error("the proof is too short");
    return index < middle
      ? nodeHash(await climb(start, middle), sibling)
      : nodeHash(sibling, await climb(middle, end));
  };
  const root = await climb(0, size);
  if (proof.length) throw new Error("the proof is too long");
  return root;
}

// isConsistent reports whether the proof ties the old root to the new one.
export async function isConsistent(oldSize, oldRoot, newSize, newRoot, path) {
  if (oldSize === newSize) return equal(oldRoot, newRoot);
  const proof = [...path];
  // Each step gives the subtree's hash as the old tree had it and as the new
  // one has it.
  const climb = async (start, end, whole) => {
    if (oldSize === end) {
      const hash = whole ? oldRoot : proof.shift();
      return [hash, hash];
    }
    const middle = start + split(end - start);
    if (oldSize <= middle) {
      const [was, is] = await climb(start, middle, whole);
      return [was, await nodeHash(is, proof.shift() ?? new Uint8Array())];
    }
    const [was, is] = await climb(middle, end, false);
    const left = proof.shift() ?? new Uint8Array();
    return [await nodeHash(left, was), await nodeHash(left, is)];
  };
  const [was, is] = await climb(0, newSize, true);
  return proof.length === 0 && equal(was, oldRoot) && equal(is, newRoot);
}

// rootOfLeaves computes a root from every leaf hash, with nothing else.
export async function rootOfLeaves(hashes) {
  if (hashes.length === 0) return sha256(new Uint8Array());
  if (hashes.length === 1) return hashes[0];
  const k = split(hashes.length);
  return nodeHash(await rootOfLeaves(hashes.slice(0, k)), await rootOfLeaves(hashes.slice(k)));
}
