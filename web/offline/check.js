// The page itself: takes an address from its own location, the camera, a photo
// or the keyboard, has it judged, and shows the answer.
import { unsupported } from "./core.js";
import { age } from "./list.js";
import { Keeper } from "./keep.js";
import { dayWords, judge, lastDay, momentWords } from "./judge.js";
import { Camera, fromPhoto, hasCamera, reader } from "./scan.js";

const $ = (id) => document.getElementById(id);
const shapes = {
  good: "M9 16.5l5 5L23.5 11",
  bad: "M10.5 10.5l11 11m0-11l-11 11",
  unknown: "M12.2 12.6a4 4 0 1 1 5.8 3.3c-1.4.9-2 1.6-2 3.1m0 3.9v.1",
};

let keeper, lacking, shown;

async function start() {
  $("without").hidden = true;
  $("ask").hidden = $("kept").hidden = false;
  lacking = await unsupported();
  navigator.serviceWorker?.register("/L/worker.js", { scope: "/L/" }).catch(() => {});
  if (lacking) {
    $("kept").hidden = true;
    say(`${lacking} It can lead you to a label's public page only.`);
    keeper = { keys: [], state: {}, list: null, authority: "" };
  } else {
    keeper = await Keeper.open();
    showKept();
  }
  await prepareAsking();
  const address = fromLocation();
  if (address) await check(address);
  if (!lacking) await refresh();
}

// fromLocation is the address of the label that the browser was sent to, or
// that a link carries behind the #, which no server sees.
function fromLocation() {
  if (location.hash.length > 1) return decodeURIComponent(location.hash.slice(1));
  return location.pathname === "/L/" ? "" : location.origin + location.pathname;
}

async function check(address) {
  shown = address;
  await judgeShown();
  $("result").focus({ preventScroll: true });
  $("result").scrollIntoView({ block: "nearest" });
}

async function judgeShown() {
  const address = shown;
  const answer = await judge(address, { keeper, here: location.host.toLowerCase(), now: Date.now(), unsupported: lacking });
  if (address === shown) show(answer); // else another was asked for meanwhile
}

// refresh brings keys and list up to date, and judges once more what is shown,
// without taking the person away from what they are doing.
async function refresh() {
  const told = await keeper.refresh();
  showKept();
  if (shown) await judgeShown();
  if (told.length === 0) told.push(await newsWords());
  $("news").textContent = told.includes("away") ? "No network at the moment." : told.map(sentence).join(" ");
}

// newsWords says how far the page can go after all went well. On a first visit
// the worker needs a moment to fetch the page once more.
async function newsWords() {
  if (age(keeper.list, Date.now()) !== "fresh") return "the site has nothing newer";
  const worker = navigator.serviceWorker?.ready.then(() => true);
  const kept = await Promise.race([worker, new Promise((resolve) => setTimeout(resolve, 5000))]);
  return kept && !keeper.forgetful ? "up to date, and ready for when there is no network" : "up to date";
}

function show(answer) {
  const result = $("result");
  const banner = element("div", { className: `banner ${answer.state}` }, shape(answer.state), element("h2", {}, answer.title), element("p", {}, answer.text));
  const facts = element("dl");
  if (answer.label) addFacts(facts, answer.label);
  if (answer.signature) add(facts, "Signature", answer.signature);
  if (answer.status) add(facts, "Status", answer.status);
  result.replaceChildren(banner);
  if (answer.label) {
    result.append(element("p", { className: "compare" }, "Compare with what you hold: a code can be copied to another box."));
  }
  if (facts.childElementCount) result.append(facts);
  for (const note of answer.notes ?? []) result.append(element("p", { className: "note" }, note));
  if (answer.id) {
    const link = element("a", { href: `/labels/${answer.id}` }, "The label's public page");
    result.append(element("p", { className: "onward" }, link, " (needs a network)"));
  }
  result.dataset.state = answer.state;
  result.hidden = false;
  say("Check another label:");
}

function addFacts(facts, label) {
  add(facts, "Product", label.product, "large");
  add(facts, "Maker", label.maker, "large");
  add(facts, "Number", label.id, "code");
  add(facts, "Issued by", keeper.authority);
  add(facts, "Tier", label.tier === 0 ? `none (scheme ${label.scheme})` : `${label.tier} (scheme ${label.scheme})`);
  add(facts, "Issued", dayWords(label.issued));
  add(facts, "Valid until", lastDay(label.validUntil));
  add(facts, "Updates until", label.supportEnd === undefined ? "not stated" : lastDay(label.supportEnd));
}

// showKept tells what the page knows and since when.
function showKept() {
  const { state, list } = keeper;
  const facts = element("dl");
  if (state.keys.length === 0) {
    add(facts, "Keys", "none yet: connect once");
  } else {
    add(facts, "Authority", keeper.authority);
    add(facts, state.keys.length === 1 ? "Its key" : "Its keys", `kept since ${dayWords(Math.floor(state.pinned / 86400000))}`);
    for (const key of keeper.keys) add(facts, "Fingerprint", fingerprint(key), "code");
    add(facts, "Status list", listWords(list));
  }
  if (keeper.forgetful) add(facts, "Memory", "this browser keeps nothing for this page once it is left");
  $("kept").querySelector("dl").replaceWith(facts);
  showOffer(state.offered);
}

function listWords(list) {
  if (!list) return "none yet: connect once";
  const words = { fresh: `good until ${momentWords(list.expires)}`, stale: "older than 24 hours", ahead: "dated in the future: is the clock right?" };
  return `of ${momentWords(list.issued)}, ${words[age(list, Date.now())]}`;
}

// showOffer holds out keys that the authority publishes and the page does not
// keep. They are taken only when the person says so.
async function showOffer(offered) {
  const place = $("offer");
  place.hidden = !offered;
  if (!offered) return;
  const facts = element("dl");
  add(facts, "Published by", offered.authority);
  for (const key of await keeper.offeredKeys()) {
    const known = keeper.keys.some((k) => fingerprint(k) === fingerprint(key));
    add(facts, known ? "As before" : "New", fingerprint(key) + (key.until ? `, in use until ${dayWords(key.until)}` : ""), "code");
  }
  const take = element("button", { type: "button" }, "Take these keys");
  take.addEventListener("click", async () => {
    await keeper.accept();
    await refresh();
  });
  place.querySelector("div").replaceChildren(
    element("p", {}, `On ${momentWords(offered.seen)} the site published other keys than those that this page keeps. That happens when an authority renews its keys, and also when somebody pretends to be it. Take them only if the authority has announced them, and the fingerprints are the same. Until then the page keeps to the old ones.`),
    facts, take);
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
const fingerprint = ({ id }) => [...id.slice(0, 16)].map((b) => b.toString(16).padStart(2, "0")).join("").replace(/(.{4})(?=.)/g, "$1 ");

async function prepareAsking() {
  $("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const address = $("address").value.trim();
    if (address) check(address);
  });
  $("refresh").addEventListener("click", refresh);
  $("forget").addEventListener("click", async () => {
    if (!confirm("Forget the authority's keys and the status list? The page will trust whatever keys it finds when it is next opened with a network.")) return;
    await keeper.forget();
    showKept();
    if (shown) judgeShown();
  });
  addEventListener("hashchange", () => location.hash.length > 1 && check(fromLocation()));
  addEventListener("online", () => lacking || refresh());
  const detector = await reader();
  $("ways").hidden = !detector;
  $("noreader").hidden = Boolean(detector);
  $("lead").hidden = !detector && !lacking && !shown;
  if (!detector) return;
  $("camera").hidden = !hasCamera();
  const camera = new Camera(detector, $("viewer").querySelector("video"));
  $("camera").addEventListener("click", () => scan(camera));
  $("stop").addEventListener("click", () => camera.stop());
  document.addEventListener("visibilitychange", () => document.hidden && camera.stop());
  $("photo").addEventListener("change", () => $("photo").files[0] && photo(detector, $("photo").files[0]));
}

async function scan(camera) {
  $("viewer").hidden = false;
  try {
    const text = await camera.read();
    if (text) await check(text);
  } catch {
    say("The camera cannot be used. Choose a photo of the code, or paste its address.");
  } finally {
    $("viewer").hidden = true;
  }
}

async function photo(detector, file) {
  const text = await fromPhoto(detector, file).catch(() => "");
  $("photo").value = "";
  if (text) await check(text);
  else say("No code was found in that photo. Try one that shows the code sharp, flat and whole.");
}

// say puts words before the ways to ask.
function say(words) {
  $("lead").hidden = false;
  $("lead").textContent = words;
}

function element(name, attributes = {}, ...content) {
  const e = Object.assign(document.createElement(name), attributes);
  e.append(...content);
  return e;
}

function add(list, name, value, kind = "") {
  list.append(element("dt", {}, name), element("dd", { className: kind, dir: "auto" }, value));
}

function shape(state) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", shapes[state]);
  svg.append(path);
  return svg;
}

start();
