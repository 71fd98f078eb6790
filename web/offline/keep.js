// What the page keeps in this browser, and how it is brought up to date: the
// authority's keys, pinned when the page first saw them, the newest status
// list, and the highest sequence of any list seen, so that an older one can
// never be played back.
import { Refused } from "./core.js";
import { fromBase64, json, openList } from "./list.js";

const place = "countersign.labels";
const lists = "countersign-labels-list";
const keysAddress = "/labels/keys.json";
const listAddress = "/labels/status-list.json";
const patience = 15000; // milliseconds for an answer
const empty = { authority: "", keys: [], pinned: 0, offered: null, sequence: 0 };
const spki = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]; // RFC 8410, before the 32 bytes

export class Keeper {
  current = false; // the list is the newest that the site has
  forgetful = false; // the browser keeps nothing, or not all; what is known goes when the page is left

  // open reads what was kept. A list that no longer verifies is as none, and so
  // is one that is not the newest, which the browser had no room for.
  static async open() {
    const keeper = new Keeper();
    keeper.state = { ...empty, ...stored() };
    keeper.keys = await opened(keeper.state.keys);
    keeper.list = null;
    try {
      const text = await (await (await caches.open(lists)).match(listAddress))?.text();
      const list = text ? await openList(text, keeper.keys) : null;
      if (list?.sequence >= keeper.state.sequence) keeper.list = list;
    } catch {
      // it is asked for again when there is a network
    }
    return keeper;
  }

  get authority() { return this.state.authority; }

  // refresh asks for keys and list, each for itself. It returns what went
  // wrong, in words; a network that is not there is "away".
  async refresh() {
    const told = new Set();
    for (const [address, take] of [[keysAddress, this.takeKeys], [listAddress, this.takeList]]) {
      try {
        await take.call(this, await get(address));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        told.add(error.message);
      }
    }
    return [...told];
  }

  // takeKeys pins the first keys that are seen. Others that come later are held
  // out to the person, and not used before accept.
  async takeKeys(text) {
    const { authority, keys } = json(text, "the authority's keys");
    if (Array.isArray(keys) && keys.length === 0) throw new Refused("the authority has published no keys yet");
    if (typeof authority !== "string" || !Array.isArray(keys) || keys.length > 64) {
      throw new Refused("the authority's keys cannot be read");
    }
    const offer = { authority: authority.slice(0, 200), keys: keys.map(({ public_key, from = "", until = "" }) => ({ public_key, from, until })) };
    await opened(offer.keys);
    if (this.state.keys.length === 0) return this.pin(offer);
    const same = spelling(offer) === spelling(this.state);
    if (same || spelling(offer) !== spelling(this.state.offered)) this.state.offered = same ? null : { ...offer, seen: Date.now() };
    this.save();
  }

  // takeList keeps a list that a pinned key signed and that is not older than
  // any seen before. It throws Refused for others, and keeps what it has.
  async takeList(text) {
    const list = await openList(text, this.keys);
    if (list.sequence < this.state.sequence) {
      throw new Refused("the status list that was offered is older than one that this page has seen, so it was refused");
    }
    this.current = true;
    if (this.list && list.issued < this.list.issued) return;
    this.list = list;
    this.state.sequence = list.sequence;
    this.save();
    try {
      await (await caches.open(lists)).put(listAddress, new Response(text));
    } catch {
      this.forgetful = true;
    }
  }

  async pin({ authority, keys }) {
    Object.assign(this.state, { authority, keys, pinned: Date.now(), offered: null });
    this.keys = await opened(keys);
    this.save();
    navigator.storage?.persist?.().catch(() => {});
  }

  // offeredKeys is what is held out, with fingerprints.
  offeredKeys() { return opened(this.state.offered?.keys ?? []); }

  // accept takes the keys that are held out, because the person says so.
  async accept() {
    if (this.state.offered) await this.pin(this.state.offered);
  }

  // forget leaves nothing behind but the page itself.
  async forget() {
    localStorage.removeItem(place);
    await caches.delete(lists);
    Object.assign(this, { state: { ...empty }, keys: [], list: null, current: false });
  }

  // save writes all but the list. Another tab may have seen a newer one.
  save() {
    this.state.sequence = Math.max(this.state.sequence, stored().sequence ?? 0);
    try {
      localStorage.setItem(place, JSON.stringify(this.state));
    } catch {
      this.forgetful = true;
    }
  }
}

// opened turns keys as they are published into what signatures are checked
// with. The id is computed, never believed.
function opened(keys) {
  return Promise.all(keys.map(async ({ public_key, from, until }) => {
    const bytes = fromBase64(public_key);
    if (bytes.length !== 32) throw new Refused("one of the authority's keys is no Ed25519 key");
    const id = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array([...spki, ...bytes])));
    return { bytes, id, from, until };
  }));
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(place) ?? "{}");
  } catch {
    return {};
  }
}

const spelling = (set) => set && JSON.stringify([set.authority, set.keys]);

async function get(address) {
  let answer, text;
  try {
    answer = await fetch(address, { cache: "no-cache", credentials: "omit", signal: AbortSignal.timeout(patience) });
    text = await answer.text();
  } catch {
    throw new Refused("away");
  }
  if (!answer.ok) throw new Refused(`${address} could not be had (status ${answer.status})`);
  return text;
}
