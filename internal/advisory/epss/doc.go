// Package epss reads the daily scores of FIRST's Exploit Prediction Scoring
// System: how likely each CVE is to be exploited within 30 days.
//
// Begin with [Recognise] and [Read]. The file is comma-separated, with columns
// cve, epss and percentile; since February 2022 a line above the header names
// the model and the day.
package epss
