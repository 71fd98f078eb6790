// Package script writes names of other scripts in Latin letters, by rules and
// tables alone: no service, no model, and the same answer every time.
//
// Begin with [Readings]: the ways in which a name may be met in Latin letters,
// best first. A script that writes vowels (Cyrillic, Greek, Hangul, kana) has
// one reading for each custom of writing it. Arabic and Hebrew leave short
// vowels out, so what their readings have in common with a Latin name is its
// consonants; [Skeleton] takes these from both. Chinese has a reading of its
// syllables, and one in which words with a meaning ("technology", "co ltd")
// are translated, as companies do it themselves.
//
// What no rule derives, that 小米 calls itself Xiaomi and 海康威视 Hikvision, is
// read from alias packs, package pack; [Aliases] asks them about a name that is
// in Latin letters already, as an acronym. [Han] folds traditional Chinese
// characters to simplified ones, so that lists and queries of both meet.
//
// Every function takes text as party.Fold leaves it, takes any bytes and any
// length, and is bounded in what it looks at and in what it returns. The
// package does not compare names: that is for the matcher.
//
// # Sources
//
// The tables follow, in the simplifications of lists and newspapers rather
// than with their marks: BGN/PCGN and ICAO 9303 part 3 for Cyrillic, ELOT 743
// for Greek, BGN/PCGN for Armenian and Georgian, the Revised Romanisation of
// 2000 and McCune-Reischauer for Hangul, Hanyu Pinyin (ISO 7098) for Chinese,
// Hepburn for kana.
package script

// Version names how readings and skeletons are made. It is part of a
// matcher's engine, so it changes whenever any output does.
const Version = "script/1"
