// From a code and what the page keeps to plain words. Nothing here asks the
// network or touches the page, so the same code and the same moment always
// give the same answer.
import { Refused, decode, parseAddress, verify } from "./core.js";
import { age, inUse } from "./list.js";

const day = 24 * 60 * 60 * 1000;

// The words for each status that a list may tell of.
const statusWords = {
  suspended: ["Suspended", "The authority has suspended this label. It does not count at present."],
  withdrawn: ["Withdrawn", "The maker has given this label back."],
  revoked: ["Revoked", "The authority has taken this label away for good."],
  superseded: ["Superseded", "Another label has taken the place of this one."],
  expired: ["Expired", "This label has run out."],
};

// The reasons that lists give by the name of a rule; others are sentences.
const reasonWords = {
  "restricted-party": "the maker or a laboratory has been put on a list of restricted parties",
  "exploited-component": "it has a weakness that is being exploited and was not remedied in time",
  "malicious-component": "it contains a component that is itself an attack",
  "failed-test": "it failed a test after the label was given",
  "support-end": "the maker no longer supplies security updates",
  "criteria-retired": "the criteria that it was tested against are no longer in use",
  authority: "the authority found that the terms of the label are not kept",
};

// judge answers for an address. Its result has a state, for colour and shape;
// title and text, for the person; and where they can be told, the label, a line
// on signature and status each, notes, and the id of a label whose public page
// is of use.
export async function judge(address, { keeper, here, now, unsupported }) {
  let place, label;
  try {
    place = parseAddress(address);
    if (!place.core) return numberOnly(place.id);
    label = decode(place.id, place.core);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return refused(`${sentence(error.message)} A code that is dirty or torn may be read wrongly: try once more.`);
  }
  if (unsupported) {
    return { state: "unknown", title: "Cannot check here", text: `${unsupported} The label's public page can be asked instead.`, id: label.id };
  }
  if (keeper.keys.length === 0) {
    return { state: "unknown", title: "Cannot check yet", text: "This page has never been open with a network, so it knows no authority to check against. Connect once, then try again.", id: label.id };
  }
  const key = await verify(label, keeper.keys);
  if (!key) return unsigned(label, place, keeper, here);
  if (!inUse(key, label.issued * day)) {
    return refused(`The key that signed this was out of use on the day that the code gives, so it was not ${keeper.authority} that signed.`);
  }
  return vouched(label, place, keeper, here, now);
}

function numberOnly(id) {
  return {
    state: "unknown", title: "Only a number", id,
    text: "A label's number can be copied by anybody and proves nothing. Scan the code that is printed beside it, or look the number up on the public page.",
  };
}

// refused leads nowhere: the public page of the number that a forgery bears
// would be that of an honest label.
function refused(text) {
  return { state: "bad", title: "Not a good label", text };
}

// unsigned tells forgeries of the known authority from labels of others. Both
// are not good; only the words differ.
function unsigned(label, place, { authority, keys, state }, here) {
  const hinted = (k) => label.hint.every((b, i) => b === k.id[i]);
  if (keys.some(hinted)) {
    return refused(`This was not signed by ${authority}. The code was changed, misread, or belongs to another label. Do not rely on it.`);
  }
  const text = place.host === "" || place.host === here
    ? `The code is not signed with a key of ${authority} that this page keeps.` +
      (state.offered ? " The authority has published other keys since; see below." : "")
    : `It names the site ${place.host}. This page cannot say whether to trust that.`;
  return {
    state: "unknown", title: "Issued by somebody this page does not know",
    text: `${text} Take it for no label until you know better.`,
  };
}

function vouched(label, place, keeper, here, now) {
  const status = statusOf(label, keeper, now);
  const notes = [];
  if (place.host && place.host !== here) {
    notes.push(`The code leads to ${place.host}, not to ${here}. The signature is ${keeper.authority}'s all the same.`);
  }
  if (keeper.state.offered) notes.push("The authority has published other keys since this page first saw it; see below.");
  if (label.supportEnd !== undefined && label.supportEnd * day <= now) {
    notes.push(`The maker has promised security updates until ${lastDay(label.supportEnd)} only.`);
  }
  return { ...status, label, id: label.id, signature: `good, by ${keeper.authority}`, notes };
}

// statusOf is what is known of a label whose signature is good. Without a list
// of the last 24 hours nothing is known, whatever an older list said; what it
// said is told all the same when it speaks against the label.
function statusOf(label, { list, current }, now) {
  const entry = list?.labels.get(label.id);
  const fresh = list && age(list, now);
  if (fresh === "fresh" && entry) return against(entry, list);
  if (label.issued * day > now) {
    return unknown("Not valid yet", `The label is dated ${dayWords(label.issued)}, which is still to come. Is this phone's clock right?`);
  }
  if (label.validUntil * day <= now) {
    return { state: "bad", title: "Expired", text: `The signature is good, but the label was valid until ${lastDay(label.validUntil)} only.`, status: "expired" };
  }
  if (!list) return unknown("Status unknown", "The signature is good. But no list of the last 24 hours is here, so the label may have been suspended or revoked. Connect once.");
  if (fresh === "ahead") {
    return unknown("Status unknown", `The signature is good. But the status list is dated ${momentWords(list.issued)}, which is still to come: this phone's clock seems to be wrong. Set it right and try again.`);
  }
  if (fresh === "stale") {
    const said = entry ? `it said: ${statusWords[entry.status][0].toLowerCase()}${since(entry)}.` : "it had nothing against this label.";
    const what = current
      ? "The site has no newer one: the authority is late, or this phone's clock is ahead."
      : "Connect once.";
    return unknown("Status unknown", `The signature is good. But no list of the last 24 hours is here. The last one is of ${momentWords(list.issued)}; ${said} ${what}`, entry);
  }
  if (label.issued * day > list.issued) return unknown("Status unknown", "The signature is good. But the label is newer than the status list that is here. Connect once.");
  return {
    state: "good", title: "Active", status: `active, as of ${momentWords(list.issued)}`,
    text: `The signature is good, and nothing was held against this label as of ${momentWords(list.issued)}.`,
  };
}

function against(entry, list) {
  const [title, text] = statusWords[entry.status];
  const why = entry.reason ? ` Reason: ${(reasonWords[entry.reason] ?? entry.reason).replace(/[.\s]+$/, "")}.` : "";
  const until = entry.until ? ` So it stands until ${dayWords(entry.until)}.` : "";
  return {
    state: "bad", title: `${title}${since(entry)}`, text: `The signature is good, but: ${text[0].toLowerCase()}${text.slice(1)}${why}${until}`,
    status: `${title.toLowerCase()}${since(entry)}, as of ${momentWords(list.issued)}`,
  };
}

function unknown(title, text, entry) {
  return { state: entry ? "bad" : "unknown", title, text, status: "unknown" };
}

const since = ({ since }) => (since ? ` since ${dayWords(since)}` : "");
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

// dayWords writes a day, given as a date or in days since 1970-01-01. Days are
// those of UTC, as in the label.
export function dayWords(at) {
  const moment = typeof at === "number" ? at * day : Date.parse(at);
  if (Number.isNaN(moment)) return String(at);
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(moment);
}

// lastDay writes the day before, so that "until" is true however one reads it.
export const lastDay = (at) => dayWords(at - 1);

// momentWords writes a moment in the time of the place where one stands.
export function momentWords(at) {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(at);
}
